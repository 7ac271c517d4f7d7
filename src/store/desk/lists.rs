//! Pages of suspects, each read off an index whatever a million of them are.
//!
//! An index by rule and state tells the order within each of them. So a page is the best of what each rule and state has to give: one
//! statement asks them all, every answer a text of at most a page, and the merge is here. Nothing is walked that is not shown, except
//! a person's own suspects and what a search found, which are few.

use std::collections::{BTreeSet, HashMap};

use super::search::{self, Found};
use crate::domain::suspect::stake::{Band, RISK_UNWEIGHED, Stake};
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::store::StoreError;
use crate::store::bulk::{Bulk, Rows};
use crate::store::pool::{Pool, on_pool};
use crate::store::record::desk::{SuspectOrder, SuspectPage};
use crate::store::record::{SuspectFilter, SuspectRecord};
use crate::store::seal::Sealer;
use crate::store::sql::{bulk_statements, statements};
use crate::store::suspects;

/// The best of one part of a scope as `risk:sequence,risk:sequence`. The number of rows is part of the text, so that both databases plan
/// for it. The columns are all in the index, so that nothing else is read.
macro_rules! best_of {
    ($risk:literal, $condition:literal, $order:literal, $rows:literal) => {
        concat!(
            "SELECT (
                SELECT string_agg(CAST(page.risk AS TEXT) || ':' || CAST(page.sequence AS TEXT), ',')
                FROM (
                    SELECT ",
            $risk,
            " AS risk, scope.sequence FROM suspect_scope AS scope WHERE ",
            $condition,
            " ORDER BY ",
            $order,
            " LIMIT ",
            $rows,
            ") AS page)
            FROM {input}"
        )
    };
}

macro_rules! by_risk {
    ($rows:literal) => {
        best_of!(
            "scope.risk",
            "scope.scope = input.scope AND scope.rule = input.rule AND scope.state = input.state
             AND scope.risk >= input.least AND (scope.risk, scope.sequence) < (input.below_risk, input.below)",
            "scope.risk DESC, scope.sequence DESC",
            $rows
        )
    };
}

macro_rules! by_age {
    ($rows:literal) => {
        best_of!(
            "0",
            "scope.scope = input.scope AND scope.rule = input.rule AND scope.state = input.state
             AND scope.band = input.band AND scope.sequence < input.below",
            "scope.sequence DESC",
            $rows
        )
    };
}

statements! {
    /// All of a scope, by age.
    NEWEST_OF_SCOPE = "
        SELECT sequence FROM suspect_scope WHERE scope = $1 AND sequence < $2 ORDER BY sequence DESC LIMIT $3";
    OF_PERSON_BY_RISK = "
        SELECT risk, sequence FROM suspect_scope
        WHERE assignee = $1 AND scope = $2 AND state = $3 AND risk >= $4 AND (risk, sequence) < ($5, $6)
            AND (rule = $7 OR $7 = '')
        ORDER BY risk DESC, sequence DESC LIMIT $8";
    OF_PERSON_BY_AGE = "
        SELECT risk, sequence FROM suspect_scope
        WHERE assignee = $1 AND scope = $2 AND state = $3 AND risk >= $4 AND risk < $5 AND sequence < $6
            AND (rule = $7 OR $7 = '')
        ORDER BY sequence DESC LIMIT $8";
}

bulk_statements! {
    FEW_BY_RISK(scope: Text, rule: Text, state: Text, least: Integer, below_risk: Integer, below: Integer) = by_risk!("101");
    MANY_BY_RISK(scope: Text, rule: Text, state: Text, least: Integer, below_risk: Integer, below: Integer) =
        by_risk!("501");
    FEW_BY_AGE(scope: Text, rule: Text, state: Text, band: Integer, below: Integer) = by_age!("101");
    MANY_BY_AGE(scope: Text, rule: Text, state: Text, band: Integer, below: Integer) = by_age!("501");
}

/// The most suspects of a page, and the one more that tells whether there is another.
const PAGE_MAX: usize = 501;
/// Pages up to this length ask for no more than they show.
const FEW: usize = 101;
/// Above every risk.
const RISK_END: i64 = i64::MAX;
/// By what risks are told apart into bands: see [`Stake::risks_of`].
pub(super) const BAND_WIDTH: i64 = 1_000_000_000_000_000;

/// A suspect's place in either order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) risk: i64,
    pub(super) sequence: i64,
}

/// A page of suspects; `limit` is what it shows.
pub(in crate::store) async fn page(
    readers: &Pool,
    sealer: &Sealer,
    filter: &SuspectFilter,
) -> Result<SuspectPage, StoreError> {
    let shown = usize::try_from(filter.limit).unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX - 1);
    let marks = match &filter.search {
        Some(search) => match search::find(readers, sealer, search, filter.seen_from).await? {
            Found::TooMany => return Ok(SuspectPage { is_too_broad: true, ..SuspectPage::default() }),
            Found::Sequences(found) => search::marks(readers, filter, found).await?,
        },
        None => marks(readers, filter, shown + 1).await?,
    };
    let marks = ordered(marks, filter.order, shown + 1);
    let has_more = marks.len() > shown;
    let marks = marks.get(..shown.min(marks.len())).unwrap_or_default();
    let next = marks.last().filter(|_| has_more).map(|last| match filter.order {
        SuspectOrder::Newest { .. } => SuspectOrder::Newest { before: Some(last.sequence) },
        SuspectOrder::Risk { .. } => SuspectOrder::Risk { after: Some((last.risk, last.sequence)) },
    });
    let sequences: Vec<i64> = marks.iter().map(|mark| mark.sequence).collect();
    let suspects = in_order(suspects::seen(readers, sealer, filter.within, &sequences).await?, &sequences);
    Ok(SuspectPage { suspects, next, is_too_broad: false })
}

/// Suspects in the order of their sequences.
pub(super) fn in_order(records: Vec<SuspectRecord>, sequences: &[i64]) -> Vec<SuspectRecord> {
    let mut found: HashMap<i64, SuspectRecord> = records.into_iter().map(|it| (it.sequence, it)).collect();
    sequences.iter().filter_map(|sequence| found.remove(sequence)).collect()
}

/// Those after the cursor, best first.
fn ordered(mut marks: Vec<Mark>, order: SuspectOrder, limit: usize) -> Vec<Mark> {
    match order {
        SuspectOrder::Newest { before } => {
            marks.retain(|mark| before.is_none_or(|before| mark.sequence < before));
            marks.sort_unstable_by_key(|mark| std::cmp::Reverse(mark.sequence));
        }
        SuspectOrder::Risk { after } => {
            marks.retain(|mark| after.is_none_or(|(risk, sequence)| *mark < Mark { risk, sequence }));
            marks.sort_unstable_by_key(|mark| std::cmp::Reverse(*mark));
        }
    }
    // A suspect that moved while it was looked for may have been seen in both places.
    let mut seen = BTreeSet::new();
    marks.retain(|mark| seen.insert(mark.sequence));
    marks.truncate(limit);
    marks
}

async fn marks(readers: &Pool, filter: &SuspectFilter, wanted: usize) -> Result<Vec<Mark>, StoreError> {
    if let Some(person) = &filter.assignee {
        return of_person(readers, filter, person, wanted).await;
    }
    let is_plain = filter.rule.is_none() && filter.states.is_empty() && filter.band.is_none();
    match filter.order {
        SuspectOrder::Newest { before } if is_plain => {
            let (before, limit) = (before.unwrap_or(i64::MAX), i64::try_from(wanted).unwrap_or(i64::MAX));
            let found: Vec<(i64,)> = on_pool!(readers, pool => {
                sqlx::query_as(NEWEST_OF_SCOPE).bind(filter.within.as_str()).bind(before).bind(limit).fetch_all(pool).await
            })?;
            Ok(found.into_iter().map(|(sequence,)| Mark { risk: 0, sequence }).collect())
        }
        SuspectOrder::Newest { before } => {
            let bulk = if wanted <= FEW { &FEW_BY_AGE } else { &MANY_BY_AGE };
            parts(readers, filter, bulk, |rows| {
                for band in bands(filter.band) {
                    rows(&[band / BAND_WIDTH, before.unwrap_or(i64::MAX)]);
                }
            })
            .await
        }
        SuspectOrder::Risk { after } => {
            let bulk = if wanted <= FEW { &FEW_BY_RISK } else { &MANY_BY_RISK };
            let (least, below_risk, below) = between(filter.band, after);
            parts(readers, filter, bulk, |rows| rows(&[least, below_risk, below])).await
        }
    }
}

/// Asks every rule and state of the filter, with the numbers that `ask` gives for each.
async fn parts(
    readers: &Pool,
    filter: &SuspectFilter,
    bulk: &'static Bulk,
    ask: impl Fn(&mut dyn FnMut(&[i64])) + Send,
) -> Result<Vec<Mark>, StoreError> {
    let mut rows = Rows::new(bulk, readers.backend());
    for rule in rules(filter.rule) {
        for state in states(filter) {
            ask(&mut |numbers| {
                rows.text(filter.within.as_str()).text(rule.code()).text(state.code());
                for number in numbers {
                    rows.integer(*number);
                }
            });
        }
    }
    let found: Vec<(Option<String>,)> = readers.fetch(rows).await?;
    let texts = found.iter().filter_map(|(text,)| text.as_deref());
    texts.flat_map(|text| text.split(',')).map(mark).collect()
}

fn mark(text: &str) -> Result<Mark, StoreError> {
    let read = || {
        let (risk, sequence) = text.split_once(':')?;
        Some(Mark { risk: risk.parse().ok()?, sequence: sequence.parse().ok()? })
    };
    read().ok_or(StoreError::Corrupt("place in a list"))
}

/// A person's own: the index leads with the person, and what it does not order is few.
async fn of_person(
    readers: &Pool,
    filter: &SuspectFilter,
    person: &str,
    wanted: usize,
) -> Result<Vec<Mark>, StoreError> {
    let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
    let rule = filter.rule.map_or("", SuspectRule::code);
    let mut marks = Vec::new();
    for state in states(filter) {
        let found: Vec<(i64, i64)> = on_pool!(readers, pool => match filter.order {
            SuspectOrder::Risk { after } => {
                let (least, below_risk, below) = between(filter.band, after);
                sqlx::query_as(OF_PERSON_BY_RISK)
                    .bind(person).bind(filter.within.as_str()).bind(state.code())
                    .bind(least).bind(below_risk).bind(below).bind(rule).bind(limit).fetch_all(pool).await
            }
            SuspectOrder::Newest { before } => {
                let (least, end) = filter.band.map_or((0, RISK_END), Stake::risks_of);
                sqlx::query_as(OF_PERSON_BY_AGE)
                    .bind(person).bind(filter.within.as_str()).bind(state.code())
                    .bind(least).bind(end).bind(before.unwrap_or(i64::MAX)).bind(rule).bind(limit).fetch_all(pool).await
            }
        })?;
        marks.extend(found.into_iter().map(|(risk, sequence)| Mark { risk, sequence }));
    }
    Ok(marks)
}

/// The least risk that is asked for, and the place below which it is.
fn between(band: Option<Band>, after: Option<(i64, i64)>) -> (i64, i64, i64) {
    let (least, end) = band.map_or((0, RISK_END), Stake::risks_of);
    // No sequence is below 1: none at the very end of the band.
    let (risk, sequence) = after.unwrap_or((RISK_END, i64::MAX)).min((end, 0));
    (least, risk, sequence)
}

/// The lowest risk of each band that is asked for; what nobody has weighed is in none.
fn bands(band: Option<Band>) -> Vec<i64> {
    match band {
        Some(band) => vec![Stake::risks_of(band).0],
        None => Band::ALL.into_iter().map(|it| Stake::risks_of(it).0).chain([RISK_UNWEIGHED]).collect(),
    }
}

fn rules(rule: Option<SuspectRule>) -> Vec<SuspectRule> {
    rule.map_or_else(|| SuspectRule::ALL.to_vec(), |rule| vec![rule])
}

/// The states that are asked for, each once.
pub(super) fn states(filter: &SuspectFilter) -> BTreeSet<SuspectState> {
    if filter.states.is_empty() { SuspectState::ALL.into() } else { filter.states.iter().copied().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Fen;

    #[test]
    fn the_width_of_a_band_is_that_of_the_index() {
        for band in Band::ALL {
            let (low, end) = Stake::risks_of(band);
            assert_eq!((low % BAND_WIDTH, end - low), (0, BAND_WIDTH));
            let most = Stake::new(band, Fen::new(i64::MAX), 1_000, 0).risk;
            assert_eq!(
                (Stake::new(band, Fen::new(1), 1, 99).risk / BAND_WIDTH, most / BAND_WIDTH),
                (low / BAND_WIDTH, low / BAND_WIDTH)
            );
        }
        assert!(RISK_UNWEIGHED / BAND_WIDTH > Stake::risks_of(Band::Stoppable).0 / BAND_WIDTH);
    }

    #[test]
    fn a_band_ends_where_the_cursor_does_or_where_it_ends() {
        let (low, end) = Stake::risks_of(Band::Recoverable);
        assert_eq!(between(None, None), (0, RISK_END, 0));
        assert_eq!(between(Some(Band::Recoverable), None), (low, end, 0));
        assert_eq!(between(Some(Band::Recoverable), Some((low + 5, 7))), (low, low + 5, 7));
        assert_eq!(between(Some(Band::Recoverable), Some((end + 5, 7))), (low, end, 0));
    }
}
