//! Lists of suspects, the desk in numbers, and saved views: requests in, answers out.

use super::super::status::Fault;
use super::field::{self, parsed};
use super::suspect::{dismissal_word, rule_asked, state_word, suspect};
use super::violation::{FieldError, Violations};
use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::domain::rights::narrow;
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::view::{ViewError, ViewName, ViewQuery};
use crate::proto::suspects::v1 as pb;
use crate::workflows::record::SuspectFilter;
use crate::workflows::record::desk::{
    DeskOverview, Precision, SEARCH_CHARACTERS_MAX, SavedView, SuspectOrder, SuspectPage, SuspectSearch, Tally, Week,
};

/// Reads which suspects to list.
pub(in crate::services) fn filter(caller: &Caller, request: pb::ListSuspectsRequest) -> Result<SuspectFilter, Fault> {
    let pb::ListSuspectsRequest { region, rule, page_size, page_token, states, band, assignee, text, order } = request;
    let mut violations = Violations::default();
    let region = field::region(&region, &mut violations);
    let rule = rule_asked(&rule, &mut violations);
    let page_size = field::page_size(page_size, &mut violations);
    let states: Vec<SuspectState> = states.iter().filter_map(|it| state_asked(*it, &mut violations)).collect();
    let band = band_asked(band, &mut violations);
    let assignee = assignee_asked(caller, &assignee, &mut violations);
    let search = search_asked(&text, &mut violations);
    let order = order_asked(order, &page_token, &mut violations);
    let (limit, order) = violations.or(page_size.zip(order))?;
    let within = narrow(caller, region)?;
    Ok(SuspectFilter { rule, states, band, assignee, search, order, ..SuspectFilter::newest(within, limit) })
}

/// A page, as a caller of this region sees it.
pub(in crate::services) fn page(page: SuspectPage, seen_from: Region) -> pb::ListSuspectsResponse {
    let SuspectPage { suspects, next, is_too_broad: _ } = page;
    let next_page_token = next.and_then(SuspectOrder::place).unwrap_or_default();
    let suspects = suspects.into_iter().map(|it| suspect(it, seen_from)).collect();
    pb::ListSuspectsResponse { suspects, next_page_token }
}

fn state_asked(value: i32, violations: &mut Violations) -> Option<SuspectState> {
    let state = SuspectState::ALL.into_iter().find(|state| i32::from(state_word(*state)) == value);
    if state.is_none() {
        field::unknown_value(value, "states", violations);
    }
    state
}

fn band_asked(value: i32, violations: &mut Violations) -> Option<Band> {
    match pb::SuspectBand::try_from(value) {
        Ok(pb::SuspectBand::Unspecified) => None,
        Ok(pb::SuspectBand::Nothing) => Some(Band::Nothing),
        Ok(pb::SuspectBand::Recoverable) => Some(Band::Recoverable),
        Ok(pb::SuspectBand::Stoppable) => Some(Band::Stoppable),
        Err(_) => {
            field::unknown_value(value, "band", violations);
            None
        }
    }
}

/// `organization/person`, or a person of the caller's organization.
fn assignee_asked(caller: &Caller, text: &str, violations: &mut Violations) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (organization, person) = text.split_once('/').unwrap_or((&caller.organization, text));
    let person = parsed(OperatorId::new(organization, person), "assignee", violations)?;
    Some(person.as_str().to_owned())
}

fn search_asked(text: &str, violations: &mut Violations) -> Option<SuspectSearch> {
    let text = text.trim();
    if text.chars().nth(SEARCH_CHARACTERS_MAX).is_some() {
        violations.add("text", "TEXT_TOO_LONG", "text exceeds 64 characters", "文字超过64个字");
        return None;
    }
    if text.chars().any(char::is_control) {
        violations.add("text", "TEXT_CONTROL_CHARACTER", "text has a control character", "文字含有控制字符");
        return None;
    }
    Some(text).filter(|text| !text.is_empty()).map(|text| SuspectSearch::Text(text.to_owned()))
}

/// A token belongs to the order that it was given out in.
fn order_asked(order: i32, token: &str, violations: &mut Violations) -> Option<SuspectOrder> {
    let order = match pb::SuspectOrder::try_from(order) {
        Ok(pb::SuspectOrder::Unspecified | pb::SuspectOrder::Newest) => SuspectOrder::Newest { before: None },
        Ok(pb::SuspectOrder::Risk) => SuspectOrder::Risk { after: None },
        Err(_) => {
            field::unknown_value(order, "order", violations);
            return None;
        }
    };
    let place = field::token(token, "page_token", |text| order.from_place(text), violations);
    Some(place.unwrap_or(order))
}

/// The desk in numbers, as a caller of this region sees it.
pub(in crate::services) fn overview(overview: DeskOverview, seen_from: Region) -> pb::GetDeskResponse {
    let DeskOverview { tallies, precisions, weeks, alarms, overdue } = overview;
    pb::GetDeskResponse {
        tallies: tallies.into_iter().map(tally).collect(),
        precisions: precisions.iter().map(precision).collect(),
        weeks: weeks.into_iter().map(week).collect(),
        alarms: alarms.into_iter().map(|it| suspect(it, seen_from)).collect(),
        overdue: overdue.into_iter().map(|it| suspect(it, seen_from)).collect(),
    }
}

fn tally(tally: Tally) -> pb::DeskTally {
    let Tally { rule, state, band, suspects, amount } = tally;
    let band = match band {
        Band::Nothing => pb::SuspectBand::Nothing,
        Band::Recoverable => pb::SuspectBand::Recoverable,
        Band::Stoppable => pb::SuspectBand::Stoppable,
    };
    pb::DeskTally {
        rule: rule.code().to_owned(),
        state: state_word(state).into(),
        band: band.into(),
        suspects: count(suspects),
        amount_fen: amount.get(),
    }
}

fn precision(precision: &Precision) -> pb::DeskPrecision {
    let all: u64 = precision.dismissed.values().sum();
    let false_matches = precision.false_matches();
    let dismissals = precision.dismissed.iter().map(|(reason, suspects)| pb::DeskDismissals {
        reason: dismissal_word(*reason).into(),
        suspects: count(*suspects),
    });
    pb::DeskPrecision {
        rule: precision.rule.code().to_owned(),
        confirmed: count(precision.confirmed),
        false_matches: count(false_matches),
        other_dismissals: count(all.saturating_sub(false_matches)),
        dismissals: dismissals.collect(),
    }
}

fn week(week: Week) -> pb::DeskWeek {
    let Week { monday, opened, confirmed, dismissed } = week;
    let [opened, confirmed, dismissed] = [opened, confirmed, dismissed].map(count);
    pb::DeskWeek { monday: monday.to_string(), opened, confirmed, dismissed }
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Reads whose view to keep under which name, and what it is; with no query it is to be forgotten.
pub(in crate::services) fn view(
    caller: &Caller,
    request: &pb::SaveViewRequest,
) -> Result<(OperatorId, ViewName, Option<ViewQuery>), Fault> {
    let mut violations = Violations::default();
    let person = field::operator(caller, &request.person, &mut violations);
    let name = parsed(ViewName::parse(&request.name), "name", &mut violations);
    let query = field::optional(&request.query, ViewQuery::parse, "query", &mut violations);
    let (person, name) = violations.or(person.zip(name))?;
    Ok((person, name, query))
}

pub(in crate::services) fn views(views: Vec<SavedView>) -> pb::ListViewsResponse {
    let views = views.into_iter().map(|SavedView { name, query }| pb::SavedView { name, query }).collect();
    pb::ListViewsResponse { views }
}

impl FieldError for ViewError {
    fn reason(&self) -> &'static str {
        self.code()
    }

    fn zh(&self) -> &'static str {
        Self::zh(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::suspect::SuspectRule;

    fn caller() -> Caller {
        Caller {
            organization: "lc-hrss".into(),
            system: "desk".into(),
            region: Region::parse("370000").unwrap(),
            roles: std::collections::BTreeSet::new(),
            person: None,
        }
    }

    fn check(change: impl FnOnce(&mut pb::ListSuspectsRequest)) -> Option<SuspectFilter> {
        let mut request = pb::ListSuspectsRequest::default();
        change(&mut request);
        filter(&caller(), request).ok()
    }

    #[test]
    fn a_list_is_of_all_unless_something_is_asked_for() {
        let all = check(|_| ()).unwrap();
        assert_eq!((all.within.as_str(), all.limit, all.order), ("370000", 50, SuspectOrder::Newest { before: None }));
        assert!(all.rule.is_none() && all.states.is_empty() && all.band.is_none());
        assert!(all.assignee.is_none() && all.search.is_none());
        let some = check(|it| {
            it.rule = "enterprise_twice".into();
            it.states = vec![pb::SuspectState::Open.into(), pb::SuspectState::Dismissed.into()];
            it.band = pb::SuspectBand::Stoppable.into();
            it.assignee = "Wang.Li".into();
            it.text = " 聊城 ".into();
            it.order = pb::SuspectOrder::Risk.into();
            it.page_token = "2000000000000007.9".into();
            it.region = "371502".into();
        })
        .unwrap();
        assert_eq!((some.within.as_str(), some.rule), ("371502", Some(SuspectRule::EnterpriseTwice)));
        assert_eq!(some.states, [SuspectState::Open, SuspectState::Dismissed]);
        assert_eq!((some.band, some.assignee.as_deref()), (Some(Band::Stoppable), Some("lc-hrss/wang.li")));
        assert_eq!(some.search, Some(SuspectSearch::Text("聊城".into())));
        assert_eq!(some.order, SuspectOrder::Risk { after: Some((2_000_000_000_000_007, 9)) });
        let other = check(|it| it.assignee = "sd-hrss/zhao".into()).unwrap();
        assert_eq!(other.assignee.as_deref(), Some("sd-hrss/zhao"));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        assert!(check(|it| it.states = vec![0]).is_none());
        assert!(check(|it| it.states = vec![99]).is_none());
        assert!(check(|it| it.band = 99).is_none());
        assert!(check(|it| it.order = 99).is_none());
        assert!(check(|it| it.rule = "x".into()).is_none());
        assert!(check(|it| it.text = "字".repeat(65)).is_none());
        assert!(check(|it| it.text = "a\u{0}b".into()).is_none());
        assert!(check(|it| it.assignee = "13800000000".into()).is_none());
        assert!(check(|it| it.region = "410000".into()).is_none());
        assert!(check(|it| it.page_token = "1.2".into()).is_none(), "a token by risk, in the order by age");
        for token in ["1", "1.", ".1", "-1.2", "1.2.3", "x.1"] {
            let by_risk = check(|it| {
                it.order = pb::SuspectOrder::Risk.into();
                it.page_token = token.into();
            });
            assert!(by_risk.is_none(), "{token}");
        }
    }

    #[test]
    fn a_token_reads_back_as_the_place_it_was_given_out_for() {
        let by_risk = SuspectOrder::Risk { after: Some((9_000_000_000_000_000, 12)) };
        let token = by_risk.place().unwrap();
        let read = order_asked(pb::SuspectOrder::Risk.into(), &token, &mut Violations::default());
        assert_eq!(read, Some(by_risk));
    }
}
