//! What two rows in the open must meet, a rule at a time. The kernel only says which two to ask about.

use super::evidence::{Evidence, Piece, equal};
use super::name::{self, Agreement};
use super::number::{self, Apart};
use super::place::{County, Province};
use super::programme::Programme;
use super::rarity::NameCounts;
use super::row::Row;
use super::rule::MatchRule;

/// What is a parameter of the matching, and how common names are.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Near-identical people are reported from so many hundredths of a bit on, where the check character alone does not settle it.
    pub near_threshold: i32,
    pub names: &'a NameCounts,
}

/// Ten bits beyond what chance brings together: about one in a thousand such pairs is two persons.
pub const NEAR_THRESHOLD: i32 = 1_000;

/// The evidence of a rule for two rows, if it holds. The order of the two changes nothing.
pub fn holds(rule: MatchRule, one: &Row, other: &Row, terms: Terms<'_>) -> Option<Evidence> {
    match rule {
        MatchRule::PersonTwoProvinces
        | MatchRule::PersonTwoSubsidies
        | MatchRule::PersonTwoEnterprises
        | MatchRule::PersonResubmitted => {
            same_person(one, other).filter(|(found, _)| *found == rule).map(|(_, evidence)| evidence)
        }
        MatchRule::PersonNearlyIdentical => nearly_identical(one, other, terms),
        // About one row: see `impossible`.
        MatchRule::PersonNumberImpossible => None,
        MatchRule::EnterpriseTwoCounties => two_counties(one, other),
        MatchRule::AccountShared => account_shared(one, other),
        MatchRule::PhoneShared => phone_shared(one, other),
    }
}

/// Which of the rules of one person holds; none for two persons.
pub fn same_person(one: &Row, other: &Row) -> Option<(MatchRule, Evidence)> {
    if one.programme.conflict() != other.programme.conflict()
        || number::apart(&one.number, &other.number) != Apart::Same
    {
        return None;
    }
    let names = name::agreement(one.name.as_ref(), other.name.as_ref());
    let mut evidence = Evidence::of_pair(one, other, names);
    evidence.add_apart(Apart::Same);
    let rule = if Province::differ(one.province.as_ref(), other.province.as_ref()) {
        MatchRule::PersonTwoProvinces
    } else if one.programme != other.programme {
        MatchRule::PersonTwoSubsidies
    } else if equal(one.enterprise.as_ref(), other.enterprise.as_ref()) == Some(true) {
        MatchRule::PersonResubmitted
    } else {
        // An enterprise that cannot be read does not make the person two, nor the claims one.
        MatchRule::PersonTwoEnterprises
    };
    Some((rule, evidence))
}

/// Numbers near one another of which one is in doubt, and names that agree.
///
/// What the check character settles holds with an equal name or a variant of it; the rest by weight.
fn nearly_identical(one: &Row, other: &Row, terms: Terms<'_>) -> Option<Evidence> {
    if one.programme.conflict() != other.programme.conflict() {
        return None;
    }
    let apart = number::apart(&one.number, &other.number);
    let is_by_check = match apart {
        Apart::OneSlip | Apart::CommonRepair => true,
        Apart::OneSlipUnchecked | Apart::TwoSlips => false,
        Apart::Same | Apart::Far | Apart::BothSound | Apart::Unknown => return None,
    };
    let names = name::agreement(one.name.as_ref(), other.name.as_ref());
    let is_alike = names <= Agreement::SameSound;
    let is_met = is_by_check || is_alike && number::share_a_part(&one.number, &other.number);
    if !is_met {
        return None;
    }
    let mut evidence = Evidence::of_pair(one, other, names);
    evidence.add_apart(apart);
    if let Some(name) = one.name.as_ref().filter(|_| is_alike) {
        evidence.add_rarity(terms.names.points(name::sound(name)));
    }
    let is_settled = apart == Apart::OneSlip && names <= Agreement::Variant;
    (is_settled || evidence.total() >= terms.near_threshold).then_some(evidence)
}

/// The evidence that the number of a row alone is untrue.
pub fn impossible(row: &Row) -> Option<Evidence> {
    let mut evidence = Evidence::default();
    evidence.add(Piece::NumberImpossible);
    row.number.is_impossible().then_some(evidence)
}

fn two_counties(one: &Row, other: &Row) -> Option<Evidence> {
    let is_retention = |row: &Row| row.programme == Programme::RetentionTraining;
    let is_twice = is_retention(one)
        && is_retention(other)
        && equal(one.enterprise.as_ref(), other.enterprise.as_ref()) == Some(true)
        && County::differ(one.county.as_ref(), other.county.as_ref());
    let mut evidence = Evidence::default();
    evidence.add(Piece::SameEnterprise);
    is_twice.then_some(evidence)
}

fn account_shared(one: &Row, other: &Row) -> Option<Evidence> {
    let is_shared = equal(one.account.as_ref(), other.account.as_ref()) == Some(true)
        && equal(one.enterprise.as_ref(), other.enterprise.as_ref()) == Some(false);
    let mut evidence = Evidence::default();
    evidence.add(Piece::SameAccount);
    is_shared.then_some(evidence)
}

fn phone_shared(one: &Row, other: &Row) -> Option<Evidence> {
    let is_shared = equal(one.phone.as_ref(), other.phone.as_ref()) == Some(true)
        && equal(one.enterprise.as_ref(), other.enterprise.as_ref()) == Some(false)
        && are_two_persons(one, other);
    let mut evidence = Evidence::default();
    evidence.add(Piece::SamePhone);
    if equal(one.account.as_ref(), other.account.as_ref()) == Some(true) {
        evidence.add(Piece::SameAccount);
    }
    is_shared.then_some(evidence)
}

/// Whether two rows are known to be about two persons: a number typed wrong makes no second person of one name.
fn are_two_persons(one: &Row, other: &Row) -> bool {
    match number::apart(&one.number, &other.number) {
        Apart::Far | Apart::BothSound => true,
        Apart::Same | Apart::Unknown => false,
        Apart::OneSlip | Apart::CommonRepair | Apart::OneSlipUnchecked | Apart::TwoSlips => {
            name::agreement(one.name.as_ref(), other.name.as_ref()) > Agreement::SameSound
        }
    }
}
