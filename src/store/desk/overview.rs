//! The desk in numbers: read off the tallies, and off the ends of two indexes. Nothing is counted here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;

use super::alarms;
use super::lists::in_order;
use super::tally::{Happened, days_of, monday_of};
use crate::domain::calendar::cst_date;
use crate::domain::identity::{Level, Region};
use crate::domain::money::Fen;
use crate::domain::suspect::desk::{DismissalReason, TAKE_UP_DAYS};
use crate::domain::suspect::stake::{Band, RISK_UNWEIGHED, Stake};
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::store::bulk::Rows;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::SuspectRecord;
use crate::store::record::desk::{DeskOverview, Precision, Tally, Week};
use crate::store::seal::Sealer;
use crate::store::sql::{bulk_statements, statements};
use crate::store::{Access, Read, Store, StoreError, suspects};

statements! {
    TALLIES = "
        SELECT rule, state, band, suspects, amount_fen FROM suspect_tally WHERE scope = $1 AND suspects <> 0
        ORDER BY rule, state, band";
    /// Every week there ever was, which are some hundred rows a year.
    FLOW = "SELECT monday, rule, event, suspects FROM suspect_flow WHERE scope = $1";
    /// Desks of a province past their deadline, the longest first, page by page; whether each is of a place.
    LATE_IN_PROVINCE = "
        SELECT late.sequence, late.due_at, scope.sequence FROM (
            SELECT sequence, due_at FROM suspect_desk
            WHERE province = $1 AND due_at < $2 AND due_at >= $3 AND (due_at > $3 OR sequence > $4)
            ORDER BY due_at, sequence LIMIT $5) AS late
        LEFT JOIN suspect_scope AS scope ON scope.scope = $6 AND scope.sequence = late.sequence
        ORDER BY late.due_at, late.sequence";
    LATE_ANYWHERE = "
        SELECT sequence, due_at FROM suspect_desk
        WHERE due_at IS NOT NULL AND due_at < $1 ORDER BY due_at, sequence LIMIT $2";
}

bulk_statements! {
    /// The oldest of each rule and band that nobody has.
    OLDEST_OPEN(scope: Text, rule: Text, band: Integer) = "
        SELECT (
            SELECT string_agg(CAST(oldest.sequence AS TEXT), ',') FROM (
                SELECT scope.sequence FROM suspect_scope AS scope
                WHERE scope.scope = input.scope AND scope.rule = input.rule AND scope.state = 'open'
                    AND scope.band = input.band
                ORDER BY scope.sequence LIMIT 100) AS oldest)
        FROM {input}";
}

/// The most suspects of either list.
const LISTED_MAX: usize = 100;
/// Late desks of a province that are looked through at once …
const LATE_PAGE: i64 = 5_000;
/// … and how often: a hundred thousand are more than any province lets lie.
const LATE_PAGES_MAX: usize = 20;
/// How many weeks are given.
const WEEKS: i64 = 26;

impl Store {
    /// The desk of a region in numbers, as of the access.
    pub async fn desk_overview(&self, within: Region, access: &Access) -> Result<DeskOverview, StoreError> {
        let (readers, sealer) = (&self.inner.pools.readers, &self.inner.sealer);
        let tallies = tallies(readers, within).await?;
        let flow = flow(readers, within).await?;
        let overdue = overdue(readers, sealer, within, access.at).await?;
        let alarms = alarms::both_closed(readers, sealer, within, alarms::ALARMS_MAX).await?;
        let count = overdue.len() + alarms.len();
        self.write_down(Read::suspects(within), access, count).await?;
        let precisions = precisions(&tallies, &flow);
        let weeks = weeks(&flow, cst_date(access.at));
        Ok(DeskOverview { tallies, precisions, weeks, alarms, overdue })
    }

    /// How many suspects of a region stand where. Of no person and no claim, so that a read of it is nothing for the log.
    pub async fn desk_tallies(&self, within: Region) -> Result<Vec<Tally>, StoreError> {
        tallies(&self.inner.pools.readers, within).await
    }
}

type TallyRow = (String, String, String, i64, i64);

async fn tallies(readers: &Pool, within: Region) -> Result<Vec<Tally>, StoreError> {
    let rows: Vec<TallyRow> = on_pool!(readers, pool => {
        sqlx::query_as(TALLIES).bind(within.as_str()).fetch_all(pool).await
    })?;
    let read = |(rule, state, band, suspects, amount): TallyRow| {
        const BROKEN: StoreError = StoreError::Corrupt("tally");
        Ok(Tally {
            rule: SuspectRule::from_code(&rule).ok_or(BROKEN)?,
            state: SuspectState::from_code(&state).ok_or(BROKEN)?,
            band: Band::from_code(&band).ok_or(BROKEN)?,
            suspects: u64::try_from(suspects).map_err(|_| BROKEN)?,
            amount: Fen::new(amount),
        })
    };
    rows.into_iter().map(read).collect()
}

/// So many of something in a week.
struct Flow {
    monday: i64,
    rule: SuspectRule,
    what: Happened,
    suspects: u64,
}

async fn flow(readers: &Pool, within: Region) -> Result<Vec<Flow>, StoreError> {
    let rows: Vec<(i64, String, String, i64)> = on_pool!(readers, pool => {
        sqlx::query_as(FLOW).bind(within.as_str()).fetch_all(pool).await
    })?;
    let read = |(monday, rule, event, suspects): (i64, String, String, i64)| {
        const BROKEN: StoreError = StoreError::Corrupt("flow");
        Ok(Flow {
            monday,
            rule: SuspectRule::from_code(&rule).ok_or(BROKEN)?,
            what: Happened::from_code(&event).ok_or(BROKEN)?,
            suspects: u64::try_from(suspects).map_err(|_| BROKEN)?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// How well each rule hits that has ever raised anything: judgments that stand, however few.
fn precisions(tallies: &[Tally], flow: &[Flow]) -> Vec<Precision> {
    let raised: BTreeSet<SuspectRule> = tallies.iter().map(|it| it.rule).chain(flow.iter().map(|it| it.rule)).collect();
    let of = |rule: SuspectRule| {
        let (mut confirmed, mut dismissed) = (0_i64, BTreeMap::<DismissalReason, i64>::new());
        for it in flow.iter().filter(|it| it.rule == rule) {
            let count = i64::try_from(it.suspects).unwrap_or(i64::MAX);
            match it.what {
                Happened::Confirmed => confirmed += count,
                Happened::Reopened(None) => confirmed -= count,
                Happened::Dismissed(Some(reason)) => *dismissed.entry(reason).or_default() += count,
                Happened::Reopened(Some(Some(reason))) => *dismissed.entry(reason).or_default() -= count,
                Happened::Opened | Happened::Dismissed(None) | Happened::Reopened(Some(None)) => {}
            }
        }
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        let dismissed = dismissed.into_iter().map(|(reason, it)| (reason, count(it))).filter(|(_, it)| *it > 0);
        Precision { rule, confirmed: count(confirmed), dismissed: dismissed.collect() }
    };
    raised.into_iter().map(of).collect()
}

/// The last weeks, those in which nothing happened among them.
fn weeks(flow: &[Flow], today: Date) -> Vec<Week> {
    let this = monday_of(today);
    let week = |back: i64| {
        let monday = this.saturating_sub(jiff::Span::new().days(back * 7));
        let mut week = Week { monday, opened: 0, confirmed: 0, dismissed: 0 };
        for it in flow.iter().filter(|it| it.monday == days_of(monday)) {
            match it.what {
                Happened::Opened => week.opened += it.suspects,
                Happened::Confirmed => week.confirmed += it.suspects,
                Happened::Dismissed(_) => week.dismissed += it.suspects,
                Happened::Reopened(_) => {}
            }
        }
        week
    };
    (0..WEEKS).rev().map(week).collect()
}

/// Suspects past a deadline of one of the region's desks, the longest first.
async fn overdue(
    readers: &Pool,
    sealer: &Sealer,
    within: Region,
    now: Timestamp,
) -> Result<Vec<SuspectRecord>, StoreError> {
    let mut late = BTreeSet::new();
    for sequence in late_desks(readers, within, now).await?.into_iter().chain(oldest_open(readers, within).await?) {
        late.insert(sequence);
    }
    let sequences: Vec<i64> = late.into_iter().collect();
    let found = suspects::seen(readers, sealer, within, &sequences).await?;
    let mut due: HashMap<i64, Timestamp> = HashMap::new();
    for record in &found {
        if let Some(at) = due_at(record, within).filter(|at| *at < now) {
            due.insert(record.sequence, at);
        }
    }
    let mut sequences: Vec<i64> = sequences.into_iter().filter(|sequence| due.contains_key(sequence)).collect();
    sequences.sort_by_key(|sequence| (due.get(sequence).copied(), *sequence));
    sequences.truncate(LISTED_MAX);
    Ok(in_order(found, &sequences))
}

/// The first deadline of the desks that a region has to do with.
fn due_at(record: &SuspectRecord, within: Region) -> Option<Timestamp> {
    let own = record.desks.iter().filter(|it| within.level() == Level::Ministry || it.province == within.province());
    own.filter_map(|it| it.desk.due_at).min()
}

async fn late_desks(readers: &Pool, within: Region, now: Timestamp) -> Result<Vec<i64>, StoreError> {
    if within.level() != Level::Ministry {
        return late_in_province(readers, within, now).await;
    }
    let (now, limit) = (now.as_millisecond(), i64::try_from(LISTED_MAX).unwrap_or(i64::MAX));
    let found: Vec<(i64, i64)> = on_pool!(readers, pool => {
        sqlx::query_as(LATE_ANYWHERE).bind(now).bind(limit).fetch_all(pool).await
    })?;
    Ok(found.into_iter().map(|(sequence, _)| sequence).collect())
}

/// Late desks lie by province: those of a county are looked for among them until enough are found, however many come before.
async fn late_in_province(readers: &Pool, within: Region, now: Timestamp) -> Result<Vec<i64>, StoreError> {
    let (mut found, mut after) = (Vec::new(), (i64::MIN, i64::MIN));
    for _ in 0..LATE_PAGES_MAX {
        let page: Vec<(i64, i64, Option<i64>)> = on_pool!(readers, pool => {
            sqlx::query_as(LATE_IN_PROVINCE)
                .bind(within.province().as_str())
                .bind(now.as_millisecond())
                .bind(after.0)
                .bind(after.1)
                .bind(LATE_PAGE)
                .bind(within.as_str())
                .fetch_all(pool)
                .await
        })?;
        let is_last = i64::try_from(page.len()).is_ok_and(|read| read < LATE_PAGE);
        after = page.last().map_or(after, |(sequence, due_at, _)| (*due_at, *sequence));
        found.extend(page.into_iter().filter_map(|(_, _, own)| own));
        if is_last || found.len() >= LISTED_MAX {
            break;
        }
    }
    found.truncate(LISTED_MAX);
    Ok(found)
}

/// Those that nobody has touched are due some days after they were opened, which is the order of their sequences.
async fn oldest_open(readers: &Pool, within: Region) -> Result<Vec<i64>, StoreError> {
    const { assert!(TAKE_UP_DAYS > 0, "a suspect is due after it was opened") };
    let mut rows = Rows::new(&OLDEST_OPEN, readers.backend());
    let bands = Band::ALL.into_iter().map(|band| Stake::risks_of(band).0).chain([RISK_UNWEIGHED]);
    for risk in bands {
        for rule in SuspectRule::ALL {
            rows.text(within.as_str()).text(rule.code()).integer(risk / super::lists::BAND_WIDTH);
        }
    }
    let found: Vec<(Option<String>,)> = readers.fetch(rows).await?;
    let texts = found.iter().filter_map(|(text,)| text.as_deref());
    let read = |text: &str| text.parse().map_err(|_| StoreError::Corrupt("place of a suspect"));
    let mut oldest: Vec<i64> = texts.flat_map(|text| text.split(',')).map(read).collect::<Result<_, _>>()?;
    oldest.sort_unstable();
    oldest.truncate(LISTED_MAX);
    Ok(oldest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(monday: i64, what: Happened, suspects: u64) -> Flow {
        Flow { monday, rule: SuspectRule::EnterpriseTwice, what, suspects }
    }

    #[test]
    fn a_judgment_that_was_opened_again_does_not_count() {
        let error = DismissalReason::RegistryError;
        let flow = [
            flow(0, Happened::Opened, 9),
            flow(0, Happened::Confirmed, 4),
            flow(7, Happened::Dismissed(Some(error)), 3),
            flow(7, Happened::Reopened(None), 1),
            flow(14, Happened::Reopened(Some(Some(error))), 2),
        ];
        let [precision] = &precisions(&[], &flow)[..] else { panic!("one rule") };
        assert_eq!((precision.confirmed, &precision.dismissed), (3, &BTreeMap::from([(error, 1)])));
        assert_eq!(precision.permille(), Some(750));
    }

    #[test]
    fn there_are_as_many_weeks_whatever_happened() {
        let today = Date::constant(2022, 10, 12);
        let monday = days_of(Date::constant(2022, 10, 10));
        let flow = [
            flow(monday, Happened::Opened, 2),
            flow(monday - 7, Happened::Dismissed(None), 1),
            flow(monday - 26 * 7, Happened::Opened, 5),
        ];
        let weeks = weeks(&flow, today);
        assert_eq!(weeks.len(), 26);
        assert_eq!(weeks.first().map(|it| it.monday.to_string()), Some("2022-04-18".to_owned()));
        let sums =
            weeks.iter().fold((0, 0, 0), |sum, it| (sum.0 + it.opened, sum.1 + it.confirmed, sum.2 + it.dismissed));
        assert_eq!(sums, (2, 0, 1));
        assert_eq!(weeks.last().map(|it| (it.monday.to_string(), it.opened)), Some(("2022-10-10".to_owned(), 2)));
    }
}
