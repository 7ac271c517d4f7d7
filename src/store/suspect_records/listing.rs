//! Records as they are read: with their suspects, and what became of the money.

use std::collections::{BTreeSet, HashMap};

use crate::domain::claim::ClaimId;
use crate::domain::identity::Level;
use crate::domain::money::Fen;
use crate::domain::suspect::record::{MinistryRecord, Unmatched};
use crate::store::bulk::Rows;
use crate::store::pool::{Pool, on_pool};
use crate::store::record::SuspectRecord;
use crate::store::record::suspect_records::{RecordFilter, RecordFinding, RecordMoney};
use crate::store::seal::{Place, Sealer};
use crate::store::sql::{bulk_statements, statements};
use crate::store::{StoreError, codec, suspects};

macro_rules! page_where {
    ($condition:literal) => {
        concat!(
            "SELECT record_index, sequence, received_at, unmatched, matched_at, sealed FROM suspect_record WHERE ",
            $condition,
            " AND sequence > $2 ORDER BY sequence LIMIT $3"
        )
    };
}

statements! {
    PAGE_OF_COUNTY = page_where!("region = $1");
    PAGE_OF_CITY = page_where!("city = $1");
    PAGE_OF_PROVINCE = page_where!("province = $1");
    PAGE_OF_ALL = page_where!("$1 = '000000'");
}

bulk_statements! {
    FIND_LINKS(record_index: Bytes) = "
        SELECT matched.record_index, matched.suspect_sequence, matched.claim_id
        FROM {input} CROSS JOIN suspect_record_match AS matched WHERE matched.record_index = input.record_index
        ORDER BY matched.record_index, matched.suspect_sequence";
    /// What was paid for a claim, and what its cases brought back.
    FIND_MONEY(claim_id: Bytes) = "
        SELECT claim.claim_id, CASE WHEN claim.state = 'paid' THEN COALESCE(approval.amount_fen, 0) ELSE 0 END,
            CAST((SELECT COALESCE(SUM(repaid_fen + set_off_fen), 0) FROM clawback_case AS kept
                WHERE kept.claim_id = claim.claim_id) AS BIGINT),
            CAST((SELECT COALESCE(SUM(amount_fen - repaid_fen - set_off_fen - waived_fen), 0)
                FROM clawback_case AS kept
                WHERE kept.claim_id = claim.claim_id AND kept.demanded_at IS NOT NULL AND kept.state <> 'dropped')
                AS BIGINT)
        FROM {input} CROSS JOIN claim LEFT JOIN approval ON approval.claim_id = claim.claim_id
        WHERE claim.claim_id = input.claim_id";
}

/// The most records read at once: their suspects are some 20 each at the very most.
const RECORDS_READ_MAX: u32 = 501;

type PageRow = (Vec<u8>, i64, i64, Option<String>, Option<i64>, Vec<u8>);
type LinkRow = (Vec<u8>, i64, Vec<u8>);
type MoneyRow = (Vec<u8>, i64, i64, i64);

/// What a record is linked with.
#[derive(Default)]
struct Links {
    suspects: BTreeSet<i64>,
    claims: BTreeSet<ClaimId>,
}

pub(super) async fn page(
    readers: &Pool,
    sealer: &Sealer,
    filter: &RecordFilter,
) -> Result<Vec<RecordFinding>, StoreError> {
    let RecordFilter { within, after, limit } = *filter;
    let sql = match within.level() {
        Level::County => PAGE_OF_COUNTY,
        Level::Municipal => PAGE_OF_CITY,
        Level::Province => PAGE_OF_PROVINCE,
        Level::Ministry => PAGE_OF_ALL,
    };
    let rows: Vec<PageRow> = on_pool!(readers, pool => {
        let limit = i64::from(limit.min(RECORDS_READ_MAX));
        sqlx::query_as(sql).bind(within.as_str()).bind(after).bind(limit).fetch_all(pool).await
    })?;
    let links = links(readers, &rows).await?;
    let suspects = find_suspects(readers, sealer, &links).await?;
    let money = find_money(readers, &links).await?;
    let none = Links::default();
    let finding = |(index, sequence, received_at, unmatched, matched_at, sealed): PageRow| {
        let links = links.get(&index).unwrap_or(&none);
        let record: MinistryRecord = sealer.open_json(Place::SuspectRecord, &index, sealed)?;
        let broken = || StoreError::Corrupt("record");
        Ok(RecordFinding {
            sequence,
            number: record.number,
            kind: record.kind,
            received_at: codec::timestamp(received_at)?,
            unmatched: unmatched.map(|code| Unmatched::from_code(&code).ok_or_else(broken)).transpose()?,
            matched_at: matched_at.map(codec::timestamp).transpose()?,
            suspects: links.suspects.iter().filter_map(|it| suspects.get(it).cloned()).collect(),
            money: sum(links.claims.iter().filter_map(|it| money.get(it)))?,
        })
    };
    rows.into_iter().map(finding).collect()
}

async fn links(readers: &Pool, rows: &[PageRow]) -> Result<HashMap<Vec<u8>, Links>, StoreError> {
    let mut asking = Rows::new(&FIND_LINKS, readers.backend());
    for (index, ..) in rows {
        asking.bytes(index.as_slice());
    }
    let found: Vec<LinkRow> = readers.fetch(asking).await?;
    let mut links: HashMap<Vec<u8>, Links> = HashMap::new();
    for (index, suspect, claim) in found {
        let of = links.entry(index).or_default();
        of.suspects.insert(suspect);
        of.claims.insert(codec::claim_id(&claim)?);
    }
    Ok(links)
}

async fn find_suspects(
    readers: &Pool,
    sealer: &Sealer,
    links: &HashMap<Vec<u8>, Links>,
) -> Result<HashMap<i64, SuspectRecord>, StoreError> {
    let sequences: BTreeSet<i64> = links.values().flat_map(|it| it.suspects.iter().copied()).collect();
    let found = suspects::at(readers, sealer, &sequences.into_iter().collect::<Vec<_>>()).await?;
    Ok(found.into_iter().map(|it| (it.sequence, it)).collect())
}

async fn find_money(
    readers: &Pool,
    links: &HashMap<Vec<u8>, Links>,
) -> Result<HashMap<ClaimId, RecordMoney>, StoreError> {
    let mut rows = Rows::new(&FIND_MONEY, readers.backend());
    for claim in links.values().flat_map(|it| it.claims.iter()).collect::<BTreeSet<_>>() {
        rows.bytes(claim.0.as_bytes().as_slice());
    }
    let found: Vec<MoneyRow> = readers.fetch(rows).await?;
    let open = |(claim, paid, recovered, outstanding): MoneyRow| {
        let [paid, recovered, outstanding] = [paid, recovered, outstanding].map(Fen::new);
        Ok((codec::claim_id(&claim)?, RecordMoney { paid, recovered, outstanding }))
    };
    found.into_iter().map(open).collect()
}

fn sum<'m>(of: impl Iterator<Item = &'m RecordMoney> + Clone) -> Result<RecordMoney, StoreError> {
    let total = |part: fn(&RecordMoney) -> Fen| {
        Fen::checked_sum(of.clone().map(part)).ok_or(StoreError::Corrupt("amount of a claim"))
    };
    Ok(RecordMoney {
        paid: total(|it| it.paid)?,
        recovered: total(|it| it.recovered)?,
        outstanding: total(|it| it.outstanding)?,
    })
}
