//! A statement posted: whether its turn has come, what its lines fit, and its rows.

use std::collections::HashSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::matching::{Fit, Fits};
use super::{arrivals, booked, content, matching, repaid};
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::statement::{Statement, StatementFault, Totals};
use crate::store::act::Act;
use crate::store::bulk::Rows;
use crate::store::pool::{Pool, on_pool, on_tx};
use crate::store::record::payment::{PostStatement, StatementOutcome, UnmatchedLine};
use crate::store::seal::{Index, Sealer};
use crate::store::sql::{bulk_statements, statements};
use crate::store::transaction::Transaction;
use crate::store::{StoreError, codec, suspects};

statements! {
    LAST_STATEMENT = "SELECT number, closing_fen FROM statement WHERE region = $1 ORDER BY number DESC LIMIT 1";
    FIND_STATEMENT = "SELECT content_hash FROM statement WHERE region = $1 AND number = $2";
    ENTER_STATEMENT = "
        INSERT INTO statement (statement_id, region, number, opening_fen, closing_fen, lines, credit_fen, debit_fen,
            content_hash, posted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
}

bulk_statements! {
    FIND_REFERENCES(region: Text, bank_reference: Text) = "
        SELECT line.bank_reference FROM {input} CROSS JOIN statement_line AS line
        WHERE line.region = input.region AND line.bank_reference = input.bank_reference";
    ENTER_LINES(
        region: Text, bank_reference: Text, statement_id: Bytes, line: Integer, booked_on: Text, direction: Text,
        amount_fen: Integer, fits: Text, about: Bytes,
    ) = "INSERT INTO statement_line ({columns}) SELECT {columns} FROM {input}";
}

/// Posts a statement whose lines come to its totals.
pub(super) struct Post {
    posting: PostStatement,
    totals: Totals,
    hash: Index,
}

impl Post {
    pub(super) fn new(posting: PostStatement, totals: Totals, sealer: &Sealer) -> Self {
        let hash = content::hash(&posting.statement, sealer);
        Self { posting, totals, hash }
    }
}

impl Act for Post {
    type Output = StatementOutcome;

    fn weight(&self) -> usize {
        self.posting.statement.lines.len().max(1)
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<StatementOutcome, StoreError> {
        if let Some(outcome) = self.out_of_turn(transaction).await? {
            return Ok(outcome);
        }
        if let Some(line) = self.repeated_reference(transaction).await? {
            return Ok(StatementOutcome::Refused(StatementFault::RepeatedReference { line }));
        }
        let PostStatement { actor, region, statement, at } = &self.posting;
        let at = codec::kept(*at);
        let mut fits = Fits::of(&statement.lines);
        let named = matching::ids_of(&statement.lines);
        repaid::recorded(transaction, *region, &mut fits).await?;
        arrivals::post(transaction, *region, &named, &mut fits, (actor, at)).await?;
        booked::post(transaction, *region, &named, &mut fits, (actor, at)).await?;
        repaid::post(transaction, *region, &mut fits, (actor, at)).await?;
        let id = suspects::new_id(at)?;
        self.enter(transaction, id, &fits, at).await?;
        let unmatched = self.unmatched(&fits);
        transaction.append(&Entry {
            at,
            actor: actor.0.clone(),
            action: Action::StatementPosted,
            subject: Subject::Statement(id),
            region: *region,
            state: Some("posted"),
            version: None,
            detail: format!("number={} lines={} unmatched={}", statement.number, self.totals.lines, unmatched.len()),
        });
        Ok(StatementOutcome::Posted { lines: self.totals.lines, unmatched })
    }
}

impl Post {
    /// What is to be answered instead of posting it: it was posted before, or its turn has not come.
    async fn out_of_turn(&self, transaction: &mut Transaction) -> Result<Option<StatementOutcome>, StoreError> {
        let PostStatement { region, statement, .. } = &self.posting;
        let last: Option<(i64, i64)> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(LAST_STATEMENT).bind(region.as_str()).fetch_optional(connection).await
        })?;
        let seen: Option<(Vec<u8>,)> = on_tx!(transaction.tx, connection => {
            sqlx::query_as(FIND_STATEMENT)
                .bind(region.as_str())
                .bind(i64::from(statement.number))
                .fetch_optional(connection)
                .await
        })?;
        if let Some((hash,)) = seen {
            return Ok(Some(if hash == self.hash {
                StatementOutcome::Repeated
            } else {
                StatementOutcome::Refused(StatementFault::OtherContent)
            }));
        }
        // An account may hold money from before the first statement: the balance that one opens with is taken as it is.
        let last = last.map(self::last).transpose()?;
        let expected = last.map_or(Some(1), |(number, _)| number.checked_add(1));
        let expected = expected.ok_or(StoreError::Corrupt("number of a statement"))?;
        let fault = match last {
            _ if statement.number != expected => Some(StatementFault::OutOfOrder { expected, found: statement.number }),
            Some((_, closing)) if statement.opening != closing => {
                Some(StatementFault::Opening { expected: closing, found: statement.opening })
            }
            Some(_) | None => None,
        };
        Ok(fault.map(StatementOutcome::Refused))
    }

    /// The first line, from 1, whose reference an earlier statement had.
    async fn repeated_reference(&self, transaction: &mut Transaction) -> Result<Option<usize>, StoreError> {
        let PostStatement { region, statement, .. } = &self.posting;
        let mut rows = Rows::new(&FIND_REFERENCES, transaction.backend());
        for line in &statement.lines {
            rows.text(region.as_str()).text(line.bank_reference.as_str());
        }
        let found: Vec<(String,)> = transaction.tx.fetch(rows).await?;
        let found: HashSet<&str> = found.iter().map(|(reference,)| reference.as_str()).collect();
        let first = statement.lines.iter().position(|line| found.contains(line.bank_reference.as_str()));
        Ok(first.map(|index| index + 1))
    }

    async fn enter(
        &self,
        transaction: &mut Transaction,
        id: Uuid,
        fits: &Fits<'_>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let PostStatement { region, statement, .. } = &self.posting;
        let Statement { number, opening, closing, .. } = statement;
        let Totals { lines, credit, debit } = self.totals;
        let count = i64::try_from(lines).map_err(|_| StoreError::Corrupt("number of lines"))?;
        on_tx!(transaction.tx, connection => {
            sqlx::query(ENTER_STATEMENT)
                .bind(id.as_bytes().as_slice())
                .bind(region.as_str())
                .bind(i64::from(*number))
                .bind(opening.get())
                .bind(closing.get())
                .bind(count)
                .bind(credit.get())
                .bind(debit.get())
                .bind(self.hash.to_vec())
                .bind(at.as_millisecond())
                .execute(connection)
                .await?;
        });
        let mut rows = Rows::new(&ENTER_LINES, transaction.backend());
        for (number, (line, fit)) in (1_i64..).zip(fits.all()) {
            rows.text(region.as_str())
                .text(line.bank_reference.as_str())
                .bytes(id.as_bytes().as_slice())
                .integer(number)
                .text(line.booked_on.to_string().as_str())
                .text(line.direction.code())
                .integer(line.amount.get())
                .text(fit.as_ref().map(Fit::code))
                .bytes(fit.as_ref().map(|fit| fit.about().as_bytes().as_slice()));
        }
        transaction.tx.execute(rows).await.map(drop)
    }

    fn unmatched(&self, fits: &Fits<'_>) -> Vec<UnmatchedLine> {
        let unmatched = fits.all().filter(|(_, fit)| fit.is_none()).map(|(line, _)| UnmatchedLine {
            region: self.posting.region,
            bank_reference: line.bank_reference.clone(),
            booked_on: line.booked_on,
            direction: line.direction,
            amount: line.amount,
        });
        unmatched.collect()
    }
}

/// Number and closing balance of the last statement of a place's account.
pub(super) async fn last_statement(readers: &Pool, region: Region) -> Result<Option<(u32, Fen)>, StoreError> {
    let row: Option<(i64, i64)> = on_pool!(readers, pool => {
        sqlx::query_as(LAST_STATEMENT).bind(region.as_str()).fetch_optional(pool).await
    })?;
    row.map(last).transpose()
}

fn last((number, closing): (i64, i64)) -> Result<(u32, Fen), StoreError> {
    Ok((codec::count(number)?, Fen::new(closing)))
}
