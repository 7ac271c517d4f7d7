//! How statements are written down: each is a constant beside its use, valid on both databases, and listed so that all can be prepared.

use super::bulk::Bulk;
use super::packed::Packed;
use super::pool::{Backend, Pool, on_pool};
use super::{
    StoreError, advance, assessments, audit, batch_steps, batches, books, cases, claims, declarations, desk, filings,
    hops, instructions, key_check, lease, ledger, listing, overview, path, payments, radar, requests, reviews, slots,
    suspect_records, suspects, transaction,
};
use crate::domain::identity::{Level, Region};

/// Names statements and lists them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* const $name: &str = $text;)*
        /// Every statement of this file.
        pub(in crate::store) const STATEMENTS: &[&str] = &[$($name),*];
    };
}
pub(super) use statements;

/// Names statements over many rows, with the columns of those rows, and lists them.
macro_rules! bulk_statements {
    ($($(#[$doc:meta])* $name:ident($($column:ident: $kind:ident),* $(,)?) = $text:expr;)*) => {
        $(
            $(#[$doc])*
            static $name: $crate::store::bulk::Bulk = $crate::store::bulk::Bulk::new(
                &[$((stringify!($column), $crate::store::bulk::Kind::$kind)),*],
                $text,
            );
        )*
        /// Every statement over many rows of this file.
        pub(in crate::store) static BULK_STATEMENTS: &[&$crate::store::bulk::Bulk] = &[$(&$name),*];
    };
}
pub(super) use bulk_statements;

const STATEMENTS: &[&[&str]] = &[
    key_check::STATEMENTS,
    transaction::STATEMENTS,
    audit::STATEMENTS,
    audit::listing::STATEMENTS,
    listing::STATEMENTS,
    claims::STATEMENTS,
    slots::STATEMENTS,
    suspects::STATEMENTS,
    declarations::STATEMENTS,
    lease::STATEMENTS,
    ledger::STATEMENTS,
    assessments::STATEMENTS,
    reviews::STATEMENTS,
    path::STATEMENTS,
    path::batch::STATEMENTS,
    advance::STATEMENTS,
    filings::STATEMENTS,
    batches::STATEMENTS,
    batch_steps::STATEMENTS,
    batch_steps::seal::STATEMENTS,
    batch_steps::grant::STATEMENTS,
    batch_steps::fund::STATEMENTS,
    hops::STATEMENTS,
    overview::STATEMENTS,
    radar::STATEMENTS,
    instructions::STATEMENTS,
    super::statements::post::STATEMENTS,
    books::accounts::STATEMENTS,
    books::entries::STATEMENTS,
    books::moved::STATEMENTS,
    books::check::STATEMENTS,
    books::check::balances::STATEMENTS,
    books::check::hops::STATEMENTS,
    books::check::bank::STATEMENTS,
    cases::draft::STATEMENTS,
    cases::repay::STATEMENTS,
    cases::read::STATEMENTS,
    desk::lists::STATEMENTS,
    desk::overview::STATEMENTS,
    desk::search::STATEMENTS,
    desk::views::STATEMENTS,
    suspect_records::listing::STATEMENTS,
    suspect_records::retry::STATEMENTS,
    desk::kept::STATEMENTS,
    desk::escalate::STATEMENTS,
    desk::alarms::STATEMENTS,
    desk::weigh::STATEMENTS,
    desk::dossier::STATEMENTS,
    desk::unmask::STATEMENTS,
    super::older::STATEMENTS,
];

static BULK_STATEMENTS: &[&[&Bulk]] = &[
    transaction::BULK_STATEMENTS,
    requests::BULK_STATEMENTS,
    claims::BULK_STATEMENTS,
    slots::BULK_STATEMENTS,
    suspects::BULK_STATEMENTS,
    desk::BULK_STATEMENTS,
    desk::lists::BULK_STATEMENTS,
    desk::overview::BULK_STATEMENTS,
    desk::scopes::BULK_STATEMENTS,
    desk::search::BULK_STATEMENTS,
    desk::tally::BULK_STATEMENTS,
    desk::kept::BULK_STATEMENTS,
    desk::steps::BULK_STATEMENTS,
    desk::alarms::BULK_STATEMENTS,
    desk::basis::BULK_STATEMENTS,
    desk::weigh::BULK_STATEMENTS,
    desk::dossier::BULK_STATEMENTS,
    assessments::BULK_STATEMENTS,
    ledger::BULK_STATEMENTS,
    path::BULK_STATEMENTS,
    advance::BULK_STATEMENTS,
    batch_steps::seal::BULK_STATEMENTS,
    batch_steps::grant::BULK_STATEMENTS,
    cases::kept::BULK_STATEMENTS,
    cases::repay::BULK_STATEMENTS,
    instructions::BULK_STATEMENTS,
    super::statements::post::BULK_STATEMENTS,
    super::statements::arrivals::BULK_STATEMENTS,
    super::statements::repaid::BULK_STATEMENTS,
    suspect_records::matching::BULK_STATEMENTS,
    suspect_records::import::BULK_STATEMENTS,
    suspect_records::listing::BULK_STATEMENTS,
    suspect_records::retry::BULK_STATEMENTS,
    super::older::BULK_STATEMENTS,
];

static PACKED_STATEMENTS: &[&[&Packed]] = &[path::PACKED_STATEMENTS, path::batch::PACKED_STATEMENTS];

/// Has the database prepare every statement there is, so that one it does not understand shows at the start.
pub(super) async fn prepare_all(pool: &Pool, backend: Backend) -> Result<usize, StoreError> {
    use sqlx::{Executor, SqlSafeStr};
    let plain = STATEMENTS.iter().chain(payments::STATEMENTS).copied().flatten().copied();
    let bulk = BULK_STATEMENTS.iter().chain(payments::BULK_STATEMENTS).copied().flatten().map(|it| it.sql(backend));
    let packed = PACKED_STATEMENTS.iter().copied().flatten().map(|it| it.sql(backend));
    let all: Vec<&'static str> = plain.chain(bulk).chain(packed).collect();
    for sql in &all {
        on_pool!(pool, pool => pool.prepare(sql.into_sql_str()).await.map(drop))?;
    }
    Ok(all.len())
}

/// The pattern that the code of every place within a region fits, for columns that are filtered while they are walked anyway.
pub(super) fn like(within: Region) -> String {
    let code = within.as_str();
    let digits = match within.level() {
        Level::Ministry => 0,
        Level::Province => 2,
        Level::Municipal => 4,
        Level::County => 6,
    };
    let mut pattern: String = code.chars().take(digits).collect();
    if digits < code.len() {
        pattern.push('%');
    }
    pattern
}
