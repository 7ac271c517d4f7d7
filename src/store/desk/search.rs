//! What a list is searched for. Names and numbers are compared by keyed index, and never leave this file (I11).

use std::collections::BTreeSet;

use super::keys::{SuspectKey, term_index, terms_of};
use super::lists::{Mark, states};
use crate::domain::identity::{PersonName, ResidentId, Uscc};
use crate::domain::suspect::stake::Stake;
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::SuspectFilter;
use crate::store::record::desk::{SEARCH_CHARACTERS_MAX, SuspectSearch};
use crate::store::seal::{Index, Sealer};
use crate::store::sql::{bulk_statements, statements};

statements! {
    /// A claim's or a suspect's own id.
    WITH_ID = "
        SELECT sequence FROM suspect WHERE suspect_id = $1
        UNION SELECT sequence FROM suspect WHERE first_claim = $1
        UNION SELECT sequence FROM suspect WHERE second_claim = $1";
    ENTERPRISES_WITH_TERM = "SELECT enterprise FROM enterprise_term WHERE term_index = $1 LIMIT $2";
}

bulk_statements! {
    /// How many enterprises have a word, as far as it matters.
    COUNT_TERMS(term_index: Bytes) = "
        SELECT input.term_index, (
            SELECT COUNT(*) FROM (
                SELECT 1 AS one FROM enterprise_term AS term WHERE term.term_index = input.term_index LIMIT 5001) AS counted)
        FROM {input}";
    /// Which of some enterprises have a word too.
    KEEP_TERMS(term_index: Bytes, enterprise: Text) = "
        SELECT term.enterprise FROM {input} CROSS JOIN enterprise_term AS term
        WHERE term.term_index = input.term_index AND term.enterprise = input.enterprise";
    /// The newest of what hangs at a key.
    WITH_KEYS(key_index: Bytes) = "
        SELECT (
            SELECT string_agg(CAST(newest.sequence AS TEXT), ',') FROM (
                SELECT held.sequence FROM suspect_key AS held WHERE held.key_index = input.key_index
                ORDER BY held.sequence DESC LIMIT 5000) AS newest)
        FROM {input}";
    SCOPE_OF(scope: Text, sequence: Integer) = "
        SELECT scope.sequence, scope.rule, scope.state, scope.risk, scope.assignee
        FROM {input} CROSS JOIN suspect_scope AS scope
        WHERE scope.scope = input.scope AND scope.sequence = input.sequence";
}

/// Enterprises that one search may fit: of more, the words are too few to mean any.
const ENTERPRISES_MAX: usize = 200;
/// Enterprises with the rarest word that are looked through for the others. The statement that counts looks no further either.
const CANDIDATES_MAX: usize = 5_000;
/// The newest suspects of what was found; an enterprise alone can have more. The statement looks no further either.
const SUSPECTS_MAX: usize = 5_000;

/// What was found.
pub(super) enum Found {
    Sequences(Vec<i64>),
    TooMany,
}

/// Suspects that a text fits: an id, a code, a person's number, or else an enterprise's words or a person's full name.
pub(super) async fn find(readers: &Pool, sealer: &Sealer, search: &SuspectSearch) -> Result<Found, StoreError> {
    let SuspectSearch::Text(text) = search;
    let text = text.trim();
    if text.is_empty() || text.chars().nth(SEARCH_CHARACTERS_MAX).is_some() {
        return Ok(Found::Sequences(Vec::new()));
    }
    if let Ok(id) = uuid::Uuid::try_parse(text) {
        let found: Vec<(i64,)> = on_pool!(readers, pool => {
            sqlx::query_as(WITH_ID).bind(id.as_bytes().as_slice()).fetch_all(pool).await
        })?;
        return Ok(Found::Sequences(found.into_iter().map(|(sequence,)| sequence).collect()));
    }
    // A number of eighteen digits may be either.
    let code = Uscc::parse(text).ok().map(|it| SuspectKey::Enterprise.index(it.as_str(), sealer));
    let number = ResidentId::parse(text).ok().map(|it| SuspectKey::Person.index(it.as_str(), sealer));
    let mut keys: BTreeSet<Index> = code.into_iter().chain(number).collect();
    if keys.is_empty() {
        keys.extend(PersonName::parse(text).ok().map(|it| SuspectKey::Name.index(it.as_str(), sealer)));
        let Some(enterprises) = enterprises(readers, sealer, text).await? else { return Ok(Found::TooMany) };
        keys.extend(enterprises.iter().map(|it| SuspectKey::Enterprise.index(it, sealer)));
    }
    with_keys(readers, keys).await.map(Found::Sequences)
}

/// The codes of enterprises whose names have all the words; `None` where they are too many.
async fn enterprises(readers: &Pool, sealer: &Sealer, text: &str) -> Result<Option<Vec<String>>, StoreError> {
    let terms: BTreeSet<Index> =
        text.split_whitespace().flat_map(terms_of).map(|term| term_index(&term, sealer)).collect();
    let mut rows = Rows::new(&COUNT_TERMS, readers.backend());
    for term in &terms {
        rows.bytes(term.as_slice());
    }
    let mut counted: Vec<(Vec<u8>, i64)> = readers.fetch(rows).await?;
    counted.sort_by_key(|(_, count)| *count);
    let mut counted = counted.into_iter();
    let Some((rarest, count)) = counted.next() else { return Ok(Some(Vec::new())) };
    if usize::try_from(count).is_ok_and(|count| count > CANDIDATES_MAX) {
        return Ok(None);
    }
    let limit = i64::try_from(CANDIDATES_MAX).unwrap_or(i64::MAX);
    let found: Vec<(String,)> = on_pool!(readers, pool => {
        sqlx::query_as(ENTERPRISES_WITH_TERM).bind(rarest).bind(limit).fetch_all(pool).await
    })?;
    let mut found: Vec<String> = found.into_iter().map(|(enterprise,)| enterprise).collect();
    for (term, _) in counted {
        let mut rows = Rows::new(&KEEP_TERMS, readers.backend());
        for enterprise in &found {
            rows.bytes(term.as_slice()).text(enterprise.as_str());
        }
        found = readers.fetch::<(String,)>(rows).await?.into_iter().map(|(enterprise,)| enterprise).collect();
    }
    Ok(Some(found).filter(|found| found.len() <= ENTERPRISES_MAX))
}

async fn with_keys(readers: &Pool, keys: BTreeSet<Index>) -> Result<Vec<i64>, StoreError> {
    let mut rows = Rows::new(&WITH_KEYS, readers.backend());
    for key in &keys {
        rows.bytes(key.as_slice());
    }
    let found: Vec<(Option<String>,)> = readers.fetch(rows).await?;
    let texts = found.iter().filter_map(|(text,)| text.as_deref());
    let read = |text: &str| text.parse().map_err(|_| StoreError::Corrupt("place of a suspect"));
    let sequences: BTreeSet<i64> = texts.flat_map(|text| text.split(',')).map(read).collect::<Result<_, _>>()?;
    Ok(sequences.into_iter().rev().take(SUSPECTS_MAX).collect())
}

type ScopeRow = (i64, String, String, i64, Option<String>);

/// The places in the list of those that fit the rest of the filter too.
pub(super) async fn marks(readers: &Pool, filter: &SuspectFilter, found: Vec<i64>) -> Result<Vec<Mark>, StoreError> {
    let mut rows = Rows::new(&SCOPE_OF, readers.backend());
    for sequence in found {
        rows.text(filter.within.as_str()).integer(sequence);
    }
    let states: BTreeSet<&str> = states(filter).into_iter().map(|it| it.code()).collect();
    let (least, end) = filter.band.map_or((0, i64::MAX), Stake::risks_of);
    let fits = |(_, rule, state, risk, assignee): &ScopeRow| {
        filter.rule.is_none_or(|it| it.code() == rule)
            && states.contains(state.as_str())
            && (least..end).contains(risk)
            && filter.assignee.as_ref().is_none_or(|it| assignee.as_ref() == Some(it))
    };
    let places: Vec<ScopeRow> = readers.fetch(rows).await?;
    Ok(places.iter().filter(|row| fits(row)).map(|(sequence, .., risk, _)| Mark { risk: *risk, sequence: *sequence }).collect())
}
