//! Set-off (六(三)): what an enterprise owes back is kept from what it is still to get.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::obligation::Payment;
use super::orders;
use crate::audit::entry::{Action, Entry as AuditEntry, Subject};
use crate::domain::clawback::{CaseId, CaseMoney, CaseState, CaseStep};
use crate::domain::identity::{Region, Uscc};
use crate::domain::ledger::{Entry, Hop, Slice};
use crate::domain::money::Fen;
use crate::domain::payment::{Parts, Payee, PaymentId, covered};
use crate::store::StoreError;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::record::Actor;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

/// Who keeps money back: nobody decides it anew, the demand said so.
const PERSON: &str = "hufu/pooling";
const STEP: &str = "set-off";

bulk_statements! {
    /// Of a city alone: what another city paid out is not its fund's.
    FIND_OPEN_CASES(enterprise: Text, city: Text) = "
        SELECT clawback_case.case_id, clawback_case.enterprise, clawback_case.region, clawback_case.state,
            clawback_case.version, clawback_case.amount_fen, clawback_case.repaid_fen, clawback_case.set_off_fen,
            clawback_case.waived_fen
        FROM {input} CROSS JOIN clawback_case
        WHERE clawback_case.enterprise = input.enterprise AND clawback_case.city = input.city
            AND clawback_case.set_off = 1 AND clawback_case.state IN ('demanded', 'repaying', 'referred')
        ORDER BY clawback_case.demanded_at, clawback_case.case_id";
    KEEP_FROM_CASES(
        case_id: Bytes, before: Integer, version: Integer, state: Text, set_off_fen: Integer, changed_at: Integer,
    ) = "
        UPDATE clawback_case SET
            version = input.version, state = input.state, set_off_fen = input.set_off_fen,
            changed_at = input.changed_at
        FROM {input} WHERE clawback_case.case_id = input.case_id AND clawback_case.version = input.before";
    ENTER_EVENTS(
        case_id: Bytes, version: Integer, at: Integer, person: Text, step: Text, text: Text, amount_fen: Integer,
    ) = "INSERT INTO clawback_event ({columns}) SELECT {columns} FROM {input}";
}

#[derive(sqlx::FromRow)]
struct CaseRow {
    case_id: Vec<u8>,
    enterprise: String,
    region: String,
    state: String,
    version: i64,
    amount_fen: i64,
    repaid_fen: i64,
    set_off_fen: i64,
    waived_fen: i64,
}

/// A case with something outstanding.
struct Case {
    case_id: CaseId,
    region: Region,
    state: CaseState,
    version: i64,
    money: CaseMoney,
    /// What was kept for it, payment by payment.
    kept: Vec<(PaymentId, Fen, CaseState)>,
}

/// The cases of some enterprises, the oldest demand first.
pub(super) struct Cases(HashMap<String, Vec<Case>>);

impl Cases {
    pub(super) async fn load(
        transaction: &mut Transaction,
        city: Region,
        enterprises: BTreeSet<&Uscc>,
    ) -> Result<Self, StoreError> {
        let mut rows = Rows::new(&FIND_OPEN_CASES, transaction.backend());
        for enterprise in enterprises {
            rows.text(enterprise.as_str()).text(city.as_str());
        }
        let found: Vec<CaseRow> = transaction.tx.fetch(rows).await?;
        let mut cases: HashMap<String, Vec<Case>> = HashMap::new();
        for row in found {
            let money = CaseMoney {
                amount: Fen::new(row.amount_fen),
                repaid: Fen::new(row.repaid_fen),
                set_off: Fen::new(row.set_off_fen),
                waived: Fen::new(row.waived_fen),
            };
            let case = Case {
                case_id: CaseId(codec::uuid(&row.case_id)?),
                region: codec::region(&row.region)?,
                state: CaseState::from_code(&row.state).ok_or(StoreError::Corrupt("state"))?,
                version: row.version,
                money,
                kept: Vec::new(),
            };
            cases.entry(row.enterprise).or_default().push(case);
        }
        Ok(Self(cases))
    }

    /// Keeps what is outstanding from a payment, and gives what is left of its parts.
    pub(super) fn set_off(
        &mut self,
        payment: &mut Payment,
        parts: Parts,
        at: Timestamp,
        entries: &mut Vec<Entry>,
    ) -> Result<Parts, StoreError> {
        let corrupt = || StoreError::Corrupt("amount");
        let mut left = parts;
        let Payee::Enterprise(enterprise) = payment.payee.clone() else { return Ok(left) };
        let (event, debit, credit) = Hop::SetOff { enterprise: enterprise.clone() }.accounts();
        for case in self.0.get_mut(enterprise.as_str()).into_iter().flatten() {
            let keep = case.money.outstanding().min(orders::sum(&left)?);
            if keep <= Fen::ZERO {
                continue;
            }
            let kept = covered(&left, keep).ok_or_else(corrupt)?;
            for (subsidy, amount) in kept.iter().filter(|(_, amount)| *amount > Fen::ZERO) {
                entries.push(Entry {
                    key: format!(
                        "{}/{}/{}/{}",
                        event.code(),
                        payment.payment_id,
                        case.case_id,
                        codec::subsidy_code(*subsidy)
                    ),
                    event,
                    slice: Slice { subsidy: Some(*subsidy), ..payment.slice(at) },
                    debit: debit.clone(),
                    credit: credit.clone(),
                    amount: *amount,
                    about: Some(case.case_id.0),
                });
            }
            let rest =
                left.iter().zip(kept).map(|((subsidy, amount), (_, kept))| Some((*subsidy, amount.checked_sub(kept)?)));
            let rest: Parts = rest.collect::<Option<_>>().ok_or_else(corrupt)?;
            left = rest.into_iter().filter(|(_, amount)| *amount > Fen::ZERO).collect();
            case.keep(payment.payment_id, keep)?;
            payment.set_off = payment.set_off.checked_add(keep).ok_or_else(corrupt)?;
        }
        Ok(left)
    }

    /// Keeps the cases that something was kept for, with an event each.
    pub(super) async fn keep(
        self,
        transaction: &mut Transaction,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(&KEEP_FROM_CASES, transaction.backend());
        let mut events = Rows::new(&ENTER_EVENTS, transaction.backend());
        let mut cases: Vec<Case> = self.0.into_values().flatten().filter(|it| !it.kept.is_empty()).collect();
        cases.sort_unstable_by_key(|it| it.case_id);
        for Case { case_id, region, state, version, money, kept } in cases {
            let row = case_id.0.as_bytes().as_slice();
            let mut last = version;
            for (payment_id, amount, state) in kept {
                last += 1;
                events
                    .bytes(row)
                    .integer(last)
                    .integer(at.as_millisecond())
                    .text(PERSON)
                    .text(STEP)
                    .text(format!("从应发补助中抵扣，付款编号{payment_id}").as_str())
                    .integer(amount.get());
                transaction.append(&AuditEntry {
                    at,
                    actor: actor.0.clone(),
                    action: Action::CaseMoved,
                    subject: Subject::Case(case_id.0),
                    region,
                    state: Some(state.code()),
                    version: Some(last),
                    detail: format!("step={STEP} amount_fen={}", amount.get()),
                });
            }
            rows.bytes(row)
                .integer(version)
                .integer(last)
                .text(state.code())
                .integer(money.set_off.get())
                .integer(at.as_millisecond());
        }
        let expected = rows.count();
        if transaction.tx.execute(rows).await? != expected {
            return Err(StoreError::Contended);
        }
        transaction.tx.execute(events).await.map(drop)
    }
}

impl Case {
    fn keep(&mut self, payment_id: PaymentId, amount: Fen) -> Result<(), StoreError> {
        self.money = self.money.keep(amount).map_err(|_| StoreError::Corrupt("amount of a case"))?;
        let step = CaseStep::Repay { remaining: self.money.outstanding() };
        self.state = self.state.after(step).map_err(|_| StoreError::Corrupt("state of a case"))?;
        self.kept.push((payment_id, amount, self.state));
        Ok(())
    }
}
