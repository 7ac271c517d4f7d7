//! What a list is searched for. Names and numbers are compared by keyed index, and never leave this file (I11).

use std::collections::BTreeSet;

use uuid::Uuid;

use super::keys::{SuspectKey, term_index, terms_of};
use super::lists::{Mark, states};
use crate::domain::claim::ClaimId;
use crate::domain::identity::{PersonName, Region, ResidentId, Uscc};
use crate::domain::suspect::stake::Stake;
use crate::store::bulk::Rows;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::SuspectFilter;
use crate::store::record::desk::{SEARCH_CHARACTERS_MAX, SuspectSearch};
use crate::store::seal::{Index, Sealer};
use crate::store::sql::{bulk_statements, statements};
use crate::store::{StoreError, codec};

statements! {
    WITH_ID = "SELECT sequence FROM suspect WHERE suspect_id = $1";
    /// Of one claim there are few, whichever side it is on.
    OF_CLAIM = "
        SELECT sequence FROM suspect WHERE first_claim = $1
        UNION SELECT sequence FROM suspect WHERE second_claim = $1 ORDER BY sequence DESC LIMIT 2000";
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
                ORDER BY held.sequence DESC LIMIT 2000) AS newest)
        FROM {input}";
    SCOPE_OF(scope: Text, sequence: Integer) = "
        SELECT scope.sequence, scope.rule, scope.state, scope.risk, scope.assignee
        FROM {input} CROSS JOIN suspect_scope AS scope
        WHERE scope.scope = input.scope AND scope.sequence = input.sequence";
    SIDES_OF(sequence: Integer) = "
        SELECT suspect.sequence, 2 AS side, claim.claim_id, claim.region, claim.enterprise
        FROM {input} CROSS JOIN suspect CROSS JOIN claim
        WHERE suspect.sequence = input.sequence AND claim.claim_id = suspect.second_claim
        UNION ALL
        SELECT suspect.sequence, 1 AS side, claim.claim_id, claim.region, claim.enterprise
        FROM {input} CROSS JOIN suspect CROSS JOIN claim
        WHERE suspect.sequence = input.sequence AND claim.claim_id = suspect.first_claim";
}

/// Enterprises that one search may fit: of more, the words are too few to mean any.
const ENTERPRISES_MAX: usize = 200;
/// Enterprises with the rarest word that are looked through for the others. The statement that counts looks no further either.
const CANDIDATES_MAX: usize = 5_000;
/// The newest suspects of what was found; an enterprise alone can have more. The statement looks no further either.
const SUSPECTS_MAX: usize = 2_000;

/// What was found.
pub(super) enum Found {
    Sequences(Vec<i64>),
    TooMany,
}

/// Suspects that a text fits: an id, a code, a person's number, or else an enterprise's words or a person's full name. What a claim
/// outside the reader's region fits is not found: the answer would tell what the list hides.
pub(super) async fn find(
    readers: &Pool,
    sealer: &Sealer,
    search: &SuspectSearch,
    seen_from: Region,
) -> Result<Found, StoreError> {
    let SuspectSearch::Text(text) = search;
    let text = text.trim();
    if text.is_empty() || text.chars().nth(SEARCH_CHARACTERS_MAX).is_some() {
        return Ok(Found::Sequences(Vec::new()));
    }
    if let Ok(id) = Uuid::try_parse(text) {
        return with_id(readers, id, seen_from).await.map(Found::Sequences);
    }
    // A number of eighteen digits may be either.
    let (code, number) = (Uscc::parse(text).ok(), ResidentId::parse(text).ok());
    let mut found = Vec::new();
    let codes: BTreeSet<String> = if code.is_some() || number.is_some() {
        if let Some(number) = number {
            // Whoever sees one claim of a person's two sees the person.
            found.extend(with_keys(readers, [SuspectKey::Person.index(number.as_str(), sealer)].into()).await?);
        }
        code.into_iter().map(|it| it.as_str().to_owned()).collect()
    } else {
        let Some(codes) = enterprises(readers, sealer, text).await? else { return Ok(Found::TooMany) };
        if let Ok(name) = PersonName::parse(text) {
            found.extend(named(readers, sealer, &name, seen_from).await?);
        }
        codes
    };
    let keys = codes.iter().map(|it| SuspectKey::Enterprise.index(it, sealer)).collect();
    let of_enterprises = with_keys(readers, keys).await?;
    let own = |side: &PlainSide| codes.contains(&side.enterprise);
    found.extend(with_side(readers, of_enterprises, seen_from, own).await?);
    Ok(Found::Sequences(found))
}

/// Suspects of a person whom a claim within the region calls by a full name: the other claim may call the same one differently.
async fn named(readers: &Pool, sealer: &Sealer, name: &PersonName, seen_from: Region) -> Result<Vec<i64>, StoreError> {
    let mut found = Vec::new();
    for (number, key) in [(1, SuspectKey::FirstName), (2, SuspectKey::Name)] {
        let called = with_keys(readers, [key.index(name.as_str(), sealer)].into()).await?;
        found.extend(with_side(readers, called, seen_from, |side| side.number == number).await?);
    }
    Ok(found)
}

async fn with_id(readers: &Pool, id: Uuid, seen_from: Region) -> Result<Vec<i64>, StoreError> {
    let of = async |sql: &'static str| -> Result<Vec<i64>, StoreError> {
        let found: Vec<(i64,)> = on_pool!(readers, pool => {
            sqlx::query_as(sql).bind(id.as_bytes().as_slice()).fetch_all(pool).await
        })?;
        Ok(found.into_iter().map(|(sequence,)| sequence).collect())
    };
    let mut found = with_side(readers, of(OF_CLAIM).await?, seen_from, |side| side.claim == ClaimId(id)).await?;
    found.extend(of(WITH_ID).await?);
    Ok(found)
}

/// One side of a suspect, in plain columns.
pub(super) struct PlainSide {
    pub(super) sequence: i64,
    /// 1 or 2.
    number: u8,
    claim: ClaimId,
    pub(super) region: Region,
    enterprise: String,
}

/// The sides of some suspects, in no order.
pub(super) async fn sides_of(
    readers: &Pool,
    sequences: impl IntoIterator<Item = i64>,
) -> Result<Vec<PlainSide>, StoreError> {
    let mut rows = Rows::new(&SIDES_OF, readers.backend());
    for sequence in sequences {
        rows.integer(sequence);
    }
    let found: Vec<(i64, i32, Vec<u8>, String, String)> = readers.fetch(rows).await?;
    let read = |(sequence, number, claim, region, enterprise): (i64, i32, Vec<u8>, String, String)| {
        let number = u8::try_from(number).map_err(|_| StoreError::Corrupt("side"))?;
        let (claim, region) = (codec::claim_id(&claim)?, codec::region(&region)?);
        Ok(PlainSide { sequence, number, claim, region, enterprise })
    };
    found.into_iter().map(read).collect()
}

/// Those of which a claim within a region is what was looked for.
async fn with_side(
    readers: &Pool,
    found: Vec<i64>,
    seen_from: Region,
    is_it: impl Fn(&PlainSide) -> bool,
) -> Result<Vec<i64>, StoreError> {
    if seen_from == Region::MINISTRY {
        return Ok(found);
    }
    let sides = sides_of(readers, found).await?;
    let own = sides.iter().filter(|side| seen_from.covers(side.region) && is_it(side));
    Ok(own.map(|side| side.sequence).collect::<BTreeSet<_>>().into_iter().collect())
}

/// The codes of enterprises whose names have all the words; `None` where they are too many.
async fn enterprises(readers: &Pool, sealer: &Sealer, text: &str) -> Result<Option<BTreeSet<String>>, StoreError> {
    let terms: BTreeSet<Index> =
        text.split_whitespace().flat_map(terms_of).map(|term| term_index(&term, sealer)).collect();
    let mut rows = Rows::new(&COUNT_TERMS, readers.backend());
    for term in &terms {
        rows.bytes(term.as_slice());
    }
    let mut counted: Vec<(Vec<u8>, i64)> = readers.fetch(rows).await?;
    counted.sort_by_key(|(_, count)| *count);
    let mut counted = counted.into_iter();
    let Some((rarest, count)) = counted.next() else { return Ok(Some(BTreeSet::new())) };
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
    Ok(Some(found.into_iter().collect()).filter(|found: &BTreeSet<_>| found.len() <= ENTERPRISES_MAX))
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
    // One may be found by both its claims.
    for sequence in found.into_iter().collect::<BTreeSet<_>>() {
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
    Ok(places
        .iter()
        .filter(|row| fits(row))
        .map(|(sequence, .., risk, _)| Mark { risk: *risk, sequence: *sequence })
        .collect())
}
