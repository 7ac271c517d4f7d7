//! What two claims say of each other.

use super::{About, Side, Sign, Signs, is_gone};
use crate::domain::calendar::cst_date;
use crate::domain::claim::{ClaimState, DispatchPapers, Subject};
use crate::domain::eligibility::evidence::{ContributionRecord, EmploymentRecord, PersonEvidence, Standing};
use crate::domain::identity::Uscc;
use crate::domain::suspect::SuspectRule;

pub(super) fn collect(rule: SuspectRule, first: &Side<'_>, second: &Side<'_>, signs: &mut Signs) {
    let mut both = |sign| {
        signs.insert((sign, About::Both));
    };
    claims(first, second, &mut both);
    persons(first, second, &mut both);
    insured(first, second, &mut both);
    employed(first, second, &mut both);
    if agreed(first, second) || agreed(second, first) {
        both(Sign::DispatchAgreed);
    }
    if rule == SuspectRule::WorkerBothSides && one_funds(first, second) {
        both(Sign::HostFunds);
    }
    same(rule, first, second, signs);
    for (side, about) in [(first, About::First), (second, About::Second)] {
        of_one(side, about, signs);
    }
}

/// What makes the two meet: the rule says it, so that it is no secret of either claim.
fn same(rule: SuspectRule, first: &Side<'_>, second: &Side<'_>, signs: &mut Signs) {
    let is_one_enterprise = first.claim.enterprise == second.claim.enterprise;
    if rule == SuspectRule::EnterpriseTwice && is_one_enterprise {
        signs.insert((Sign::SameUscc, About::Rule));
    }
    let numbers = first.person().zip(second.person()).filter(|_| rule.is_about_a_person());
    if numbers.is_some_and(|(one, other)| one.resident_id == other.resident_id) {
        signs.insert((Sign::SameResidentId, About::Rule));
    }
}

fn claims(first: &Side<'_>, second: &Side<'_>, both: &mut impl FnMut(Sign)) {
    let (one, other) = (first.claim, second.claim);
    if one.enterprise == other.enterprise {
        if cst_date(one.received_at) == cst_date(other.received_at) {
            both(Sign::SameDay);
        }
        if one.route != other.route {
            both(Sign::RoutesDiffer);
        }
    } else {
        if one.account.is_some() && one.account == other.account {
            both(Sign::SameAccount);
        }
        if one.enterprise_name.is_some() && one.enterprise_name == other.enterprise_name {
            both(Sign::SameEnterpriseName);
        }
        let place = |side: &Side<'_>| Some(side.evidence?.enterprise.enrollment.value()?.place_of_business);
        if place(first).is_some() && place(first) == place(second) {
            both(Sign::SamePlace);
        }
    }
    if is_gone(first.state) || is_gone(second.state) {
        both(Sign::OneGone);
    } else if is_on_the_way(first.state) && is_on_the_way(second.state) {
        both(Sign::BothOnTheWay);
    }
}

fn persons(first: &Side<'_>, second: &Side<'_>, both: &mut impl FnMut(Sign)) {
    let Some((one, other)) = first.person().zip(second.person()) else { return };
    both(if one.name == other.name { Sign::SameName } else { Sign::NameDiffers });
    if let Some((one, other)) = one.phone.as_ref().zip(other.phone.as_ref()) {
        both(if one == other { Sign::SamePhone } else { Sign::PhoneDiffers });
    }
}

/// Where the person is paid for: whatever either side was answered counts for both.
fn insured(first: &Side<'_>, second: &Side<'_>, both: &mut impl FnMut(Sign)) {
    if first.claim.enterprise == second.claim.enterprise {
        return;
    }
    let records: Vec<&ContributionRecord> = answers(first, second).filter_map(|it| it.contributions.value()).collect();
    if records.is_empty() {
        return;
    }
    let is_paid = |under: &Uscc| records.iter().flat_map(|it| &it.months).any(|it| it.paid && it.enrolled_by == *under);
    match (is_paid(&first.claim.enterprise), is_paid(&second.claim.enterprise)) {
        (true, true) => both(Sign::EnrolledAtBoth),
        (true, false) | (false, true) => both(Sign::EnrolledAtOneOnly),
        (false, false) => {}
    }
}

fn employed(first: &Side<'_>, second: &Side<'_>, both: &mut impl FnMut(Sign)) {
    if first.claim.enterprise == second.claim.enterprise {
        return;
    }
    let records: Vec<&EmploymentRecord> = answers(first, second).filter_map(|it| it.employment.value()).collect();
    let works = |at: &Uscc| {
        let signed = |it: &&EmploymentRecord| it.contracts.iter().any(|it| it.signed && it.enterprise == *at);
        let registered = |it: &&EmploymentRecord| it.registrations.iter().any(|it| it.enterprise == *at);
        records.iter().any(|it| signed(it) || registered(it))
    };
    match (works(&first.claim.enterprise), works(&second.claim.enterprise)) {
        (true, true) => both(Sign::EmployedAtBoth),
        (true, false) | (false, true) => both(Sign::EmployedAtOneOnly),
        (false, false) => {}
    }
}

fn answers<'a>(first: &Side<'a>, second: &Side<'a>) -> impl Iterator<Item = &'a PersonEvidence> {
    first.person_evidence().into_iter().chain(second.person_evidence())
}

/// Whether one side says that it dispatches the graduate to the other, and names both papers (五(二)).
fn agreed(agency: &Side<'_>, host: &Side<'_>) -> bool {
    let Subject::Graduate(graduate) = &agency.claim.subject else { return false };
    let is_named = |number: &Option<String>| number.as_ref().is_some_and(|it| !it.trim().is_empty());
    let is_whole = |it: &DispatchPapers| is_named(&it.dispatch_agreement) && is_named(&it.sharing_agreement);
    graduate.dispatch.as_ref().is_some_and(|papers| papers.host == host.claim.enterprise && is_whole(papers))
}

/// Whether the months say who really pays for the worker (五(一)): one of the two, in every month that either of them paid.
fn one_funds(first: &Side<'_>, second: &Side<'_>) -> bool {
    let funds = |by: &Uscc| {
        let mut months = answers(first, second).filter_map(|it| it.contributions.value()).flat_map(|it| &it.months);
        months.any(|it| it.paid && it.funded_by == *by)
    };
    funds(&first.claim.enterprise) != funds(&second.claim.enterprise)
}

/// What the registries say of one of the two by itself.
fn of_one(side: &Side<'_>, about: About, signs: &mut Signs) {
    let mut add = |sign| {
        signs.insert((sign, about));
    };
    let enrollment = side.evidence.and_then(|it| it.enterprise.enrollment.value());
    if enrollment.is_some_and(|it| it.enrollment_region != side.claim.region) {
        add(Sign::EnrolledElsewhere);
    }
    let Some((person, answers)) = side.person().zip(side.person_evidence()) else { return };
    let differs = |name: Option<&_>| name.is_some_and(|name| *name != person.name);
    if answers.credential.value().is_some_and(|it| differs(it.name.as_ref())) {
        add(Sign::CredentialDisagrees);
    }
    let Some(record) = answers.contributions.value() else { return };
    if differs(record.name.as_ref()) {
        add(Sign::InsuranceDisagrees);
    }
    let mut here = record.standings.iter().filter(|(under, _)| *under == side.claim.enterprise);
    if here.any(|(_, standing)| matches!(standing, Standing::Suspended | Standing::Ended)) {
        add(Sign::ContributionsStopped);
    }
}

/// Whether the claim is entitled, and goes on to money unless somebody stops it.
fn is_on_the_way(state: ClaimState) -> bool {
    state.is_approved() || matches!(state, ClaimState::Assessed | ClaimState::Reviewed)
}
