//! How many suspects stand where, and what happened in which week: counted as they move, so that nobody counts a million.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::calendar::cst_date;
use crate::domain::identity::Region;
use crate::domain::suspect::desk::DismissalReason;
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

bulk_statements! {
    ADD_TO_TALLY(scope: Text, rule: Text, state: Text, band: Text, suspects: Integer, amount_fen: Integer) = "
        INSERT INTO suspect_tally ({columns}) SELECT {columns} FROM {input} WHERE true
        ON CONFLICT (scope, rule, state, band) DO UPDATE SET
            suspects = suspect_tally.suspects + excluded.suspects,
            amount_fen = suspect_tally.amount_fen + excluded.amount_fen";
    ADD_TO_FLOW(scope: Text, monday: Integer, rule: Text, event: Text, suspects: Integer) = "
        INSERT INTO suspect_flow ({columns}) SELECT {columns} FROM {input} WHERE true
        ON CONFLICT (scope, monday, rule, event) DO UPDATE SET suspects = suspect_flow.suspects + excluded.suspects";
}

/// What a suspect is counted under.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing<'a> {
    pub(super) scope: Region,
    pub(super) rule: &'a str,
    pub(super) state: SuspectState,
    pub(super) band: Band,
}

/// What is counted by the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    Opened,
    Confirmed,
    /// Why, where that is known.
    Dismissed(Option<DismissalReason>),
    /// With the reason that no longer stands, where it had been dismissed.
    Reopened(Option<Option<DismissalReason>>),
}

impl Happened {
    fn code(self) -> String {
        match self {
            Self::Opened => "opened".to_owned(),
            Self::Confirmed => "confirmed".to_owned(),
            Self::Dismissed(None) => "dismissed".to_owned(),
            Self::Dismissed(Some(reason)) => format!("dismissed:{}", reason.code()),
            Self::Reopened(None) => "reopened:confirmed".to_owned(),
            Self::Reopened(Some(was)) => format!("reopened:{}", Self::Dismissed(was).code()),
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        match code.split_once(':') {
            None if code == "opened" => Some(Self::Opened),
            None if code == "confirmed" => Some(Self::Confirmed),
            None if code == "dismissed" => Some(Self::Dismissed(None)),
            Some(("dismissed", reason)) => DismissalReason::from_code(reason).map(|it| Self::Dismissed(Some(it))),
            Some(("reopened", was)) => match Self::from_code(was)? {
                Self::Confirmed => Some(Self::Reopened(None)),
                Self::Dismissed(reason) => Some(Self::Reopened(Some(reason))),
                Self::Opened | Self::Reopened(_) => None,
            },
            None | Some(_) => None,
        }
    }
}

type StandingKey = (Region, String, &'static str, &'static str);

/// What a transaction adds to the counts.
#[derive(Default)]
pub(in crate::store) struct Tallies {
    standing: BTreeMap<StandingKey, (i64, i64)>,
    flow: BTreeMap<(Region, i64, String, String), i64>,
}

impl Tallies {
    /// A suspect that is opened: nobody knows yet what is at stake.
    pub(in crate::store) fn opened(&mut self, scope: Region, rule: SuspectRule, at: Timestamp) {
        let standing = Standing { scope, rule: rule.code(), state: SuspectState::Open, band: Band::Nothing };
        self.count(&standing, 1, 0);
        self.happened(scope, at, rule.code(), Happened::Opened);
    }

    pub(super) fn count(&mut self, standing: &Standing<'_>, suspects: i64, amount_fen: i64) {
        let Standing { scope, rule, state, band } = *standing;
        let entry = self.standing.entry((scope, rule.to_owned(), state.code(), band.code())).or_default();
        *entry = (entry.0 + suspects, entry.1 + amount_fen);
    }

    pub(super) fn happened(&mut self, scope: Region, at: Timestamp, rule: &str, what: Happened) {
        let key = (scope, days_of(monday_of(cst_date(at))), rule.to_owned(), what.code());
        *self.flow.entry(key).or_default() += 1;
    }

    pub(in crate::store) async fn save(self, transaction: &mut Transaction) -> Result<(), StoreError> {
        let backend = transaction.backend();
        let (mut standing, mut flow) = (Rows::new(&ADD_TO_TALLY, backend), Rows::new(&ADD_TO_FLOW, backend));
        for ((scope, rule, state, band), (suspects, amount_fen)) in self.standing {
            if (suspects, amount_fen) != (0, 0) {
                standing.text(scope.as_str()).text(rule.as_str()).text(state).text(band);
                standing.integer(suspects).integer(amount_fen);
            }
        }
        for ((scope, monday, rule, event), suspects) in self.flow {
            flow.text(scope.as_str()).integer(monday).text(rule.as_str()).text(event.as_str()).integer(suspects);
        }
        transaction.tx.execute(standing).await?;
        transaction.tx.execute(flow).await.map(drop)
    }
}

/// The Monday of a day's week.
pub(super) fn monday_of(day: Date) -> Date {
    let after_monday = i64::from(day.weekday().to_monday_zero_offset());
    day.saturating_sub(jiff::Span::new().days(after_monday))
}

const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days since 1970-01-01, as the table has them.
pub(super) fn days_of(day: Date) -> i64 {
    EPOCH.duration_until(day).as_hours().div_euclid(24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday_in_china() {
        let week = |instant: &str| monday_of(cst_date(instant.parse().unwrap())).to_string();
        assert_eq!(week("2022-10-09T15:59:59Z"), "2022-10-03");
        assert_eq!(week("2022-10-09T16:00:00Z"), "2022-10-10");
        assert_eq!(week("2022-12-31T16:00:00Z"), "2022-12-26");
        // What the migration counts with.
        for instant in ["1970-01-01T00:00:00Z", "2022-10-09T15:59:59Z", "2022-10-09T16:00:00Z", "2024-02-29T12:00:00Z"]
        {
            let at: Timestamp = instant.parse().unwrap();
            let day = (at.as_millisecond() / 1_000 + 28_800) / 86_400;
            assert_eq!(days_of(monday_of(cst_date(at))), day - (day + 3) % 7, "{instant}");
        }
    }

    #[test]
    fn what_happened_is_read_back_as_it_was_written() {
        let reasons = DismissalReason::ALL.into_iter().map(Some).chain([None]);
        let both = reasons.flat_map(|it| [Happened::Dismissed(it), Happened::Reopened(Some(it))]);
        for what in both.chain([Happened::Opened, Happened::Confirmed, Happened::Reopened(None)]) {
            assert_eq!(Happened::from_code(&what.code()), Some(what));
        }
        for code in ["", "reopened", "reopened:opened", "dismissed:", "dismissed:x", "reopened:reopened:confirmed"] {
            assert_eq!(Happened::from_code(code), None, "{code}");
        }
    }
}
