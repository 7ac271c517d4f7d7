//! How the database goes about the queries of the desk, in its own words: for the benchmark, and for whoever wonders why a list is slow.

use sqlx::{AssertSqlSafe, Row};

use super::{lists, overview, search};
use crate::store::bulk::{Bulk, Kind};
use crate::store::pool::Pool;
use crate::store::{Store, StoreError};

/// How one query is gone about.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The query, its blanks tidied.
    pub query: String,
    /// Line by line.
    pub steps: Vec<String>,
}

impl Store {
    /// The plans of every query behind lists, searches and numbers. No query is run.
    pub async fn desk_plans(&self) -> Result<Vec<Plan>, StoreError> {
        let readers = &self.inner.pools.readers;
        let bulk = [lists::BULK_STATEMENTS, search::BULK_STATEMENTS, overview::BULK_STATEMENTS];
        let plain = [lists::STATEMENTS, search::STATEMENTS, overview::STATEMENTS];
        let bulk = bulk.into_iter().flatten().map(|it| with_samples(it, readers));
        let plain = plain.into_iter().flatten().map(|it| sampled(it));
        let mut plans = Vec::new();
        for query in plain.chain(bulk) {
            let steps = steps(readers, &query).await?;
            plans.push(Plan { query: query.split_whitespace().collect::<Vec<_>>().join(" "), steps });
        }
        Ok(plans)
    }
}

async fn steps(readers: &Pool, query: &str) -> Result<Vec<String>, StoreError> {
    match readers {
        Pool::Sqlite(pool) => {
            let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"))).fetch_all(pool).await?;
            rows.iter().map(|row| Ok(row.try_get("detail")?)).collect()
        }
        Pool::Postgres(pool) => {
            let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN {query}"))).fetch_all(pool).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
        }
    }
}

/// A statement over many rows with one sample row, because PostgreSQL plans with values.
fn with_samples(bulk: &'static Bulk, readers: &Pool) -> String {
    let sql = bulk.sql(readers.backend()).to_owned();
    match readers {
        // SQLite plans without them.
        Pool::Sqlite(_) => sql,
        Pool::Postgres(_) => bulk.columns().iter().enumerate().fold(sql, |sql, (at, (name, kind))| {
            let (element, value) = match kind {
                Kind::Text => ("text", text_of(name)),
                Kind::Integer => ("bigint", number_of(name)),
                Kind::Bytes => ("bytea", r"'\x00'"),
            };
            sql.replace(&format!("${}::{element}[]", at + 1), &format!("ARRAY[{value}]::{element}[]"))
        }),
    }
}

fn text_of(column: &str) -> &'static str {
    match column {
        "scope" => "'000000'",
        "rule" => "'person_two_enterprises'",
        "state" => "'open'",
        _ => "''",
    }
}

fn number_of(column: &str) -> &'static str {
    match column {
        "below_risk" | "below" => "9223372036854775807",
        "band" => "2",
        _ => "0",
    }
}

/// A plain statement with samples in place of its parameters, the last first: `$1` is the beginning of `$10`.
fn sampled(sql: &str) -> String {
    (1..=9).rev().fold(sql.to_owned(), |sql, at| {
        let parameter = format!("${at}");
        let sample = SAMPLES.iter().find(|(before, _)| sql.contains(&format!("{before} {parameter}")));
        sql.replace(&parameter, sample.map_or("0", |(_, sample)| sample))
    })
}

/// What stands before a parameter, and what it may be.
const SAMPLES: [(&str, &str); 11] = [
    ("assignee =", "'organization/person'"),
    ("scope =", "'000000'"),
    ("scope.scope =", "'000000'"),
    ("province =", "'370000'"),
    ("state =", "'open'"),
    ("rule =", "''"),
    ("suspect_id =", r"'\x00'"),
    ("first_claim =", r"'\x00'"),
    ("second_claim =", r"'\x00'"),
    ("term_index =", r"'\x00'"),
    ("LIMIT", "51"),
];
