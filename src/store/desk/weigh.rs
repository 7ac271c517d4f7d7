//! Suspects on the scales: which are to be weighed, and what came of it. Derived rows, made anew whenever a claim moves: they have no
//! entries in the audit log, but for claims being opened.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::keys::{self, term_index, terms_of};
use super::scopes::{self, RiskMove};
use super::{FIND_STAKES, StakeRow, basis, stake};
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::claim::ClaimId;
use crate::domain::identity::Region;
use crate::domain::suspect::{SuspectId, SuspectRule};
use crate::store::act::Act;
use crate::store::bulk::Rows;
use crate::store::pool::{Pool, on_pool, on_tx};
use crate::store::record::weigh::{
    FOLLOWED_AT_ONCE, Progress, ToWeigh, TurnedPage, WEIGHED_AT_ONCE, WeighedSuspect, Weighing, WeighingOutcome,
    WeighingPage,
};
use crate::store::seal::{Index, Sealer};
use crate::store::sql::{bulk_statements, statements};
use crate::store::transaction::Transaction;
use crate::store::{Store, StoreError, audit, codec};

statements! {
    READ_PROGRESS = "SELECT name, sequence FROM desk_progress";
    MOVE_PROGRESS = "UPDATE desk_progress SET sequence = $3 WHERE name = $1 AND sequence = $2";
    OPENED = "
        SELECT sequence, suspect_id, rule, first_claim, second_claim, unit FROM suspect
        WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    /// Suspects whose claims, or the cases about them, moved between two places in the log.
    MOVED = "
        SELECT suspect.sequence, suspect.suspect_id, suspect.rule, suspect.first_claim, suspect.second_claim, suspect.unit
        FROM (
            SELECT suspect.sequence FROM audit_entry AS entry CROSS JOIN suspect
            WHERE entry.sequence > $1 AND entry.sequence <= $2 AND entry.subject_kind = 'claim'
                AND entry.state IS NOT NULL AND suspect.second_claim = entry.subject_id
            UNION
            SELECT suspect.sequence FROM audit_entry AS entry CROSS JOIN suspect
            WHERE entry.sequence > $1 AND entry.sequence <= $2 AND entry.subject_kind = 'claim'
                AND entry.state IS NOT NULL AND suspect.first_claim = entry.subject_id
            UNION
            SELECT suspect.sequence FROM audit_entry AS entry CROSS JOIN clawback_case CROSS JOIN suspect
            WHERE entry.sequence > $1 AND entry.sequence <= $2 AND entry.subject_kind = 'case'
                AND entry.state IS NOT NULL AND clawback_case.case_id = entry.subject_id
                AND suspect.second_claim = clawback_case.claim_id
        ) AS moved CROSS JOIN suspect
        WHERE suspect.sequence = moved.sequence AND moved.sequence > $3 ORDER BY moved.sequence LIMIT $4";
    TURNED = "
        SELECT sequence, band, amount_fen, weight, risk, due_on FROM suspect_stake
        WHERE weigh_at <= $1 ORDER BY weigh_at, sequence LIMIT $2";
}

bulk_statements! {
    SOME(sequence: Integer) = "
        SELECT suspect.sequence, suspect.suspect_id, suspect.rule, suspect.first_claim, suspect.second_claim, suspect.unit
        FROM {input} CROSS JOIN suspect WHERE suspect.sequence = input.sequence";
    /// Until a claim moves, or for good: what cannot be read is not counted anew.
    PUT_OFF(sequence: Integer) = "
        UPDATE suspect_stake SET weigh_at = NULL FROM {input} WHERE suspect_stake.sequence = input.sequence";
    ENTER_STAKES(
        sequence: Integer, band: Text, amount_fen: Integer, weight: Integer, risk: Integer, due_on: Text,
        weighed_at: Integer, weigh_at: Integer,
    ) = "
        INSERT INTO suspect_stake ({columns}) SELECT {columns} FROM {input} WHERE true
        ON CONFLICT (sequence) DO UPDATE SET
            band = excluded.band, amount_fen = excluded.amount_fen, weight = excluded.weight, risk = excluded.risk,
            due_on = excluded.due_on, weighed_at = excluded.weighed_at, weigh_at = excluded.weigh_at";
    ENTER_KEYS(key_index: Bytes, sequence: Integer) =
        "INSERT INTO suspect_key ({columns}) SELECT {columns} FROM {input} WHERE true ON CONFLICT DO NOTHING";
    ENTER_TERMS(term_index: Bytes, enterprise: Text) =
        "INSERT INTO enterprise_term ({columns}) SELECT {columns} FROM {input} WHERE true ON CONFLICT DO NOTHING";
}

/// Who weighs, as the log names it: the node itself.
const SCALES: &str = "hufu/desk";

impl Store {
    /// How far weighing has come.
    pub async fn weighing_progress(&self) -> Result<Progress, StoreError> {
        progress(&self.inner.pools.readers).await
    }

    /// Suspects that were opened after one, oldest first; at most [`WEIGHED_AT_ONCE`].
    pub async fn suspects_opened_after(&self, sequence: i64) -> Result<WeighingPage, StoreError> {
        let pool = &self.inner.pools.readers;
        let rows: Vec<SuspectRow> = on_pool!(pool, pool => {
            sqlx::query_as(OPENED).bind(sequence).bind(i64::from(WEIGHED_AT_ONCE)).fetch_all(pool).await
        })?;
        with_claims(pool, &self.inner.sealer, rows).await
    }

    /// Suspects of which a claim moved between two places in the log (after, to), those after one of them; at most
    /// [`WEIGHED_AT_ONCE`].
    pub async fn suspects_moved(&self, (after, to): (i64, i64), beyond: i64) -> Result<WeighingPage, StoreError> {
        let pool = &self.inner.pools.readers;
        let rows: Vec<SuspectRow> = on_pool!(pool, pool => {
            sqlx::query_as(MOVED)
                .bind(after)
                .bind(to)
                .bind(beyond)
                .bind(i64::from(WEIGHED_AT_ONCE))
                .fetch_all(pool)
                .await
        })?;
        with_claims(pool, &self.inner.sealer, rows).await
    }

    /// Where the log may be followed to from a place.
    pub async fn follow_to(&self, after: i64) -> Result<i64, StoreError> {
        let head = audit::latest_sequence(&self.inner.pools.readers).await?;
        Ok(head.min(after.saturating_add(FOLLOWED_AT_ONCE)).max(after))
    }

    /// Stakes that time alone has changed since they were weighed; at most [`WEIGHED_AT_ONCE`].
    pub async fn stakes_turned(&self, now: Timestamp) -> Result<TurnedPage, StoreError> {
        let rows: Vec<TurnedRow> = on_pool!(&self.inner.pools.readers, pool => {
            sqlx::query_as(TURNED).bind(now.as_millisecond()).bind(i64::from(WEIGHED_AT_ONCE)).fetch_all(pool).await
        })?;
        let open = |(sequence, band, amount, weight, risk, due_on): TurnedRow| {
            let due_on = due_on.as_deref().map(codec::date).transpose()?;
            Ok((sequence, stake(&(sequence, band, amount, weight, risk))?, due_on))
        };
        let mut page = TurnedPage::default();
        for row in rows {
            let sequence = row.0;
            match readable(open(row))? {
                Some(turned) => page.stakes.push(turned),
                None => page.unreadable.push(sequence),
            }
        }
        Ok(page)
    }

    /// Writes down what suspects weigh, unless somebody else wrote since they were read.
    pub async fn record_weighing(&self, weighing: Weighing) -> Result<WeighingOutcome, StoreError> {
        let sealer = &self.inner.sealer;
        let mut keys: BTreeSet<(Index, i64)> = BTreeSet::new();
        let mut terms: BTreeSet<(Index, String)> = BTreeSet::new();
        for suspect in &weighing.opened {
            keys.extend(keys::of_suspect(suspect, sealer).into_iter().map(|key| (key, suspect.sequence)));
            for (enterprise, name) in keys::names(suspect) {
                let own = terms_of(name).into_iter().map(|term| term_index(&term, sealer));
                terms.extend(own.map(|term| (term, enterprise.as_str().to_owned())));
            }
        }
        self.act(RecordWeighing { weighing, keys, terms }).await
    }
}

/// What was read; `None` where the row itself is broken. Every other error is not the row's.
pub(in crate::store) fn readable<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Corrupt(_)) => Ok(None),
        read => read.map(Some),
    }
}

type SuspectRow = (i64, Vec<u8>, String, Option<Vec<u8>>, Vec<u8>, i64);
type TurnedRow = (i64, String, i64, i64, i64, Option<String>);

async fn progress(readers: &Pool) -> Result<Progress, StoreError> {
    let rows: Vec<(String, i64)> = on_pool!(readers, pool => sqlx::query_as(READ_PROGRESS).fetch_all(pool).await)?;
    let of: HashMap<String, i64> = rows.into_iter().collect();
    let at = |name: &str| of.get(name).copied().ok_or(StoreError::Corrupt("progress"));
    Ok(Progress { suspects: at("suspects")?, claims: at("claims")?, written: at("written")? })
}

/// One suspect with its claims.
pub(super) async fn one(readers: &Pool, sealer: &Sealer, sequence: i64) -> Result<ToWeigh, StoreError> {
    at(readers, sealer, &BTreeSet::from([sequence])).await?.suspects.pop().ok_or(StoreError::Corrupt("suspect"))
}

/// Some suspects with their claims, in no order.
pub(super) async fn at(readers: &Pool, sealer: &Sealer, sequences: &BTreeSet<i64>) -> Result<WeighingPage, StoreError> {
    let mut rows = Rows::new(&SOME, readers.backend());
    for sequence in sequences {
        rows.integer(*sequence);
    }
    with_claims(readers, sealer, readers.fetch(rows).await?).await
}

/// Suspects with their claims, as far as both can be read.
async fn with_claims(readers: &Pool, sealer: &Sealer, rows: Vec<SuspectRow>) -> Result<WeighingPage, StoreError> {
    const BROKEN: StoreError = StoreError::Corrupt("reference to a claim");
    let ids = rows.iter().flat_map(|(_, _, _, first, second, _)| first.iter().chain([second]));
    // An id that is none is missing below.
    let ids: BTreeSet<ClaimId> = ids.filter_map(|id| codec::claim_id(id).ok()).collect();
    let claims = basis::read(readers, sealer, &ids).await?;
    let claim = |id: &[u8]| claims.get(&codec::claim_id(id)?).cloned().ok_or(BROKEN);
    let open = |(sequence, id, rule, first, second, unit): SuspectRow| {
        Ok(ToWeigh {
            sequence,
            suspect_id: SuspectId(codec::uuid(&id)?),
            rule: SuspectRule::from_code(&rule).ok_or(StoreError::Corrupt("rule"))?,
            first: first.as_deref().map(claim).transpose()?,
            second: claim(&second)?,
            unit: codec::unit(unit),
        })
    };
    let mut page = WeighingPage::default();
    for row in rows {
        let sequence = row.0;
        match readable(open(row))? {
            Some(suspect) => page.suspects.push(suspect),
            None => page.unreadable.push(sequence),
        }
    }
    Ok(page)
}

/// What was weighed, ready to be written.
struct RecordWeighing {
    weighing: Weighing,
    keys: BTreeSet<(Index, i64)>,
    terms: BTreeSet<(Index, String)>,
}

impl Act for RecordWeighing {
    type Output = WeighingOutcome;

    fn weight(&self) -> usize {
        let rows = self.weighing.weighed.len().saturating_add(self.keys.len()).saturating_add(self.terms.len());
        rows.max(1)
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<WeighingOutcome, StoreError> {
        let Weighing { seen, suspects, claims, opened: _, put_off, claims_read, at, .. } = &self.weighing;
        // This one first: whoever finds it moved has changed nothing.
        let moves = [
            ("written", seen.written, seen.written.saturating_add(1)),
            ("suspects", seen.suspects, *suspects),
            ("claims", seen.claims, *claims),
        ];
        for (name, before, after) in moves {
            if !move_progress(transaction, name, before, after).await? {
                // Nobody moves another than `written` by itself.
                return if name == "written" { Ok(WeighingOutcome::Overtaken) } else { Err(StoreError::Contended) };
            }
        }
        let skipped = self.enter_stakes(transaction).await?;
        self.enter_keys(transaction).await?;
        let mut rows = Rows::new(&PUT_OFF, transaction.backend());
        for sequence in put_off {
            rows.integer(*sequence);
        }
        transaction.tx.execute(rows).await?;
        if *claims_read > 0 {
            transaction.append(&Entry {
                at: codec::kept(*at),
                actor: SCALES.to_owned(),
                action: Action::ClaimsRead,
                subject: Subject::Claims,
                region: Region::MINISTRY,
                state: None,
                version: None,
                detail: format!("purpose=weigh count={claims_read}"),
            });
        }
        Ok(WeighingOutcome::Written { skipped })
    }
}

impl RecordWeighing {
    /// Enters what was weighed, and has scopes and tallies follow. Gives those whose rows from before cannot be read: nobody knows what
    /// was counted of them.
    async fn enter_stakes(&self, transaction: &mut Transaction) -> Result<Vec<i64>, StoreError> {
        let Weighing { weighed, at, .. } = &self.weighing;
        let backend = transaction.backend();
        let mut finding = Rows::new(&FIND_STAKES, backend);
        for it in weighed {
            finding.integer(it.sequence);
        }
        let (mut before, mut skipped) = (HashMap::new(), BTreeSet::new());
        for row in transaction.tx.fetch::<StakeRow>(finding).await? {
            match readable(stake(&row))? {
                Some(stake) => drop(before.insert(row.0, stake)),
                None => drop(skipped.insert(row.0)),
            }
        }
        let scopes = scopes::find(transaction, weighed.iter().map(|it| it.sequence)).await?;
        skipped.extend(scopes.unreadable());
        let mut rows = Rows::new(&ENTER_STAKES, backend);
        let mut moves = Vec::new();
        for it in weighed.iter().filter(|it| !skipped.contains(&it.sequence)) {
            let WeighedSuspect { sequence, stake, due_on, weigh_at } = it;
            let due_on = due_on.map(|date| date.to_string());
            rows.integer(*sequence)
                .text(stake.band.code())
                .integer(stake.amount.get())
                .integer(i64::from(stake.weight))
                .integer(stake.risk)
                .text(due_on.as_deref())
                .integer(at.as_millisecond())
                .integer(weigh_at.map(Timestamp::as_millisecond));
            let old = before.get(sequence).copied();
            moves.push(RiskMove { sequence: *sequence, old, new: *stake });
        }
        transaction.tx.execute(rows).await?;
        moves.retain(|it| it.old != Some(it.new));
        scopes::set_risk(transaction, &scopes, &moves).await?;
        Ok(skipped.into_iter().collect())
    }

    async fn enter_keys(&self, transaction: &mut Transaction) -> Result<(), StoreError> {
        let backend = transaction.backend();
        let (mut keys, mut terms) = (Rows::new(&ENTER_KEYS, backend), Rows::new(&ENTER_TERMS, backend));
        for (key, sequence) in &self.keys {
            keys.bytes(key.as_slice()).integer(*sequence);
        }
        for (term, enterprise) in &self.terms {
            terms.bytes(term.as_slice()).text(enterprise.as_str());
        }
        transaction.tx.execute(keys).await?;
        transaction.tx.execute(terms).await.map(drop)
    }
}

/// Moves one progress from where it was seen; says whether it was still there.
async fn move_progress(transaction: &mut Transaction, name: &str, before: i64, after: i64) -> Result<bool, StoreError> {
    let moved = on_tx!(transaction.tx, connection => {
        sqlx::query(MOVE_PROGRESS)
            .bind(name)
            .bind(before)
            .bind(after)
            .execute(connection)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(moved == 1)
}
