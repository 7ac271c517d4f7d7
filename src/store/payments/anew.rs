//! Paying again: a new instruction for what two people approved anew, and never for anything else (I4, I9).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::approved::{self, Approved};
use super::batch;
use super::obligation::{self, Payment};
use super::orders::{self, NewOrder};
use super::{new_ids, payer_account};
use crate::audit::entry::Action;
use crate::domain::claim::SubsidyKind;
use crate::domain::ledger::{Entry, Event, Hop};
use crate::domain::money::Fen;
use crate::domain::payment::{Cause, InstructionId, Parts, Payee, PaymentId, PaymentState};
use crate::domain::pooling::CityAccounts;
use crate::store::StoreError;
use crate::store::act::Act;
use crate::store::bulk::Rows;
use crate::store::codec;
use crate::store::lease;
use crate::store::ledger;
use crate::store::record::Actor;
use crate::store::record::payment::{InstructOutcome, Reinstruct};
use crate::store::record::pooling::Fence;
use crate::store::seal::Sealer;
use crate::store::sql::bulk_statements;
use crate::store::transaction::Transaction;

bulk_statements! {
    /// What the first instruction of a payment was about: all of it, but for what was set off.
    FIND_FIRST_PARTS(payment_id: Bytes) = "
        SELECT instruction.payment_id, instruction_part.subsidy, instruction_part.amount_fen
        FROM {input} CROSS JOIN instruction CROSS JOIN instruction_part
        WHERE instruction.payment_id = input.payment_id AND instruction.attempt = 1
            AND instruction_part.instruction_id = instruction.instruction_id";
    FIND_POSTED(payment_id: Bytes) = "
        SELECT ledger_entry.about, ledger_entry.subsidy, ledger_entry.event,
            CAST(SUM(ledger_entry.amount_fen) AS BIGINT)
        FROM {input} CROSS JOIN ledger_entry
        WHERE ledger_entry.about = input.payment_id AND ledger_entry.subsidy IS NOT NULL
            AND ledger_entry.event IN ('booked', 'came-back', 'reinstated')
        GROUP BY ledger_entry.about, ledger_entry.subsidy, ledger_entry.event";
}

/// Makes new instructions.
pub(super) struct InstructAnew {
    pub(super) fence: Fence,
    pub(super) actor: Actor,
    pub(super) accounts: CityAccounts,
    pub(super) payments: Vec<Reinstruct>,
    pub(super) at: Timestamp,
}

impl Act for InstructAnew {
    type Output = Vec<InstructOutcome>;

    fn weight(&self) -> usize {
        self.payments.len()
    }

    async fn run(&self, transaction: &mut Transaction) -> Result<Vec<InstructOutcome>, StoreError> {
        let Self { fence, actor, accounts: _, payments: wanted, at } = self;
        lease::check(transaction, *fence).await?;
        let mut known = Known::load(transaction, wanted).await?;
        let mut new_id = new_ids(*at);
        let sealer = transaction.sealer.clone();
        let mut made = Made::default();
        let mut outcomes = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            // Taken out: named twice it is stale the second time.
            let payment = known.payments.remove(&wanted.payment_id);
            let approved = |it: &Payment| it.state == PaymentState::Approved && it.payer.city() == fence.city;
            outcomes.push(match payment.filter(approved) {
                Some(payment) => self.again(payment, wanted, &known, &sealer, &mut new_id, &mut made)?,
                None => InstructOutcome::Stale,
            });
        }
        let Made { mut payments, orders, moves, entries } = made;
        obligation::keep(transaction, &mut payments, Action::PaymentMoved, actor, *at).await?;
        obligation::follow(transaction, &moves, actor, *at).await?;
        ledger::post(transaction, &entries, *at).await?;
        let mut batches: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for payment in &payments {
            batches.entry(payment.batch_id).or_default().insert(payment.payer);
        }
        let ordered = payments.iter().filter_map(|it| Some((it, orders.get(&it.payment_id)?.clone())));
        let ordered = ordered.collect();
        orders::make(transaction, ordered, actor, *at).await?;
        for (id, payers) in batches {
            batch::refuse_overdrawn(transaction, id, &payers).await?;
        }
        Ok(outcomes)
    }
}

/// What is to be written.
#[derive(Default)]
struct Made {
    payments: Vec<Payment>,
    orders: HashMap<PaymentId, NewOrder>,
    moves: Vec<(PaymentId, PaymentState, PaymentState)>,
    entries: Vec<Entry>,
}

impl InstructAnew {
    fn again(
        &self,
        mut payment: Payment,
        wanted: &Reinstruct,
        known: &Known,
        sealer: &Sealer,
        new_id: &mut impl FnMut() -> uuid::Uuid,
        made: &mut Made,
    ) -> Result<InstructOutcome, StoreError> {
        let id = payment.payment_id;
        let mut to = payment.to(sealer)?;
        let none = Approved::new();
        let claims = known.claims.get(&id).unwrap_or(&none);
        let cause = match &wanted.account {
            None => Some(Cause::NoAccount),
            Some(account) => {
                let hash = approved::hash(&payment, account, claims, sealer)?;
                (payment.approval_hash != Some(hash)).then_some(Cause::AccountChanged)
            }
        };
        (to.account, to.name) = (wanted.account.clone(), wanted.payee_name.clone());
        payment.pay_to(&to, sealer)?;
        if let Some(cause) = cause {
            payment.owe(cause);
            made.payments.push(payment);
            return Ok(InstructOutcome::Owed(id, cause));
        }
        let Some(payee_account) = to.account else { return Err(StoreError::Corrupt("account")) };
        let instruction_id = InstructionId(new_id());
        let (parts, returned) = known.owed(&payment, claims)?;
        if orders::sum(&parts)? != payment.owed()? {
            return Err(StoreError::Corrupt("amount"));
        }
        self.reinstate(&payment, instruction_id, returned, &mut made.entries);
        let payer_account = payer_account(&self.accounts, payment.payer)?.account.clone();
        let order =
            NewOrder { instruction_id, parts, payer_account, payee_account, payee_name: to.name, purpose: to.purpose };
        made.moves.push((id, payment.state, PaymentState::Instructed));
        payment.state = PaymentState::Instructed;
        payment.cause = None;
        payment.attempts = payment.attempts.saturating_add(1);
        made.orders.insert(id, order);
        made.payments.push(payment);
        Ok(InstructOutcome::Instructed(id))
    }

    /// What came back is payable again.
    fn reinstate(&self, payment: &Payment, id: InstructionId, returned: Parts, entries: &mut Vec<Entry>) {
        let Payee::Enterprise(enterprise) = &payment.payee else { return };
        let legs = Hop::Reinstated { enterprise: enterprise.clone() }.legs();
        for (subsidy, amount) in returned {
            let name = format!("{id}/{}", codec::subsidy_code(subsidy));
            entries.push(legs.entry(name, payment.slice(subsidy, self.at), amount, Some(payment.payment_id.0)));
        }
    }
}

type BySubsidy = BTreeMap<SubsidyKind, Fen>;

/// What was posted about a payment, by subsidy.
#[derive(Default)]
struct Posted {
    booked: BySubsidy,
    came_back: BySubsidy,
    reinstated: BySubsidy,
}

/// The payments with all that decides what is owed of them.
struct Known {
    payments: HashMap<PaymentId, Payment>,
    claims: HashMap<PaymentId, Approved>,
    first_parts: HashMap<PaymentId, BySubsidy>,
    posted: HashMap<PaymentId, Posted>,
}

impl Known {
    async fn load(transaction: &mut Transaction, wanted: &[Reinstruct]) -> Result<Self, StoreError> {
        let ids: BTreeSet<PaymentId> = wanted.iter().map(|it| it.payment_id).collect();
        let mut first = Rows::new(&FIND_FIRST_PARTS, transaction.backend());
        let mut posted = Rows::new(&FIND_POSTED, transaction.backend());
        for id in &ids {
            first.bytes(id.0.as_bytes().as_slice());
            posted.bytes(id.0.as_bytes().as_slice());
        }
        let claims = approved::find(transaction, ids.iter().copied()).await?;
        let payments = obligation::find(transaction, ids).await?;
        let first: Vec<(Vec<u8>, String, i64)> = transaction.tx.fetch(first).await?;
        let mut first_parts: HashMap<PaymentId, BySubsidy> = HashMap::new();
        for (id, subsidy, amount) in first {
            let parts = first_parts.entry(PaymentId(codec::uuid(&id)?)).or_default();
            parts.insert(codec::subsidy(&subsidy)?, Fen::new(amount));
        }
        let found: Vec<(Vec<u8>, String, String, i64)> = transaction.tx.fetch(posted).await?;
        let mut posted: HashMap<PaymentId, Posted> = HashMap::new();
        for (id, subsidy, event, amount) in found {
            let posted = posted.entry(PaymentId(codec::uuid(&id)?)).or_default();
            let sums = match Event::from_code(&event) {
                Some(Event::Booked) => &mut posted.booked,
                Some(Event::CameBack) => &mut posted.came_back,
                Some(Event::Reinstated) => &mut posted.reinstated,
                Some(_) | None => return Err(StoreError::Corrupt("event")),
            };
            sums.insert(codec::subsidy(&subsidy)?, Fen::new(amount));
        }
        Ok(Self { payments, claims, first_parts, posted })
    }

    /// What is still owed of a payment, and what of it stands as come back; both by subsidy.
    fn owed(&self, payment: &Payment, claims: &Approved) -> Result<(Parts, Parts), StoreError> {
        let corrupt = || StoreError::Corrupt("amount");
        let mut whole = self.first_parts.get(&payment.payment_id).cloned().unwrap_or_default();
        if whole.is_empty() {
            for (subsidy, amount, _) in claims.values() {
                let sum = whole.entry(*subsidy).or_default();
                *sum = sum.checked_add(*amount).ok_or_else(corrupt)?;
            }
        }
        let nothing = Posted::default();
        let Posted { booked, came_back, reinstated } = self.posted.get(&payment.payment_id).unwrap_or(&nothing);
        let of = |sums: &BySubsidy, subsidy| sums.get(&subsidy).copied().unwrap_or_default();
        let (mut owed, mut returned) = (Parts::new(), Parts::new());
        for (subsidy, amount) in whole {
            let back = of(came_back, subsidy);
            let left = amount.checked_sub(of(booked, subsidy)).and_then(|it| it.checked_add(back));
            owed.push((subsidy, left.ok_or_else(corrupt)?));
            returned.push((subsidy, back.checked_sub(of(reinstated, subsidy)).ok_or_else(corrupt)?));
        }
        owed.retain(|(_, amount)| *amount > Fen::ZERO);
        returned.retain(|(_, amount)| *amount > Fen::ZERO);
        Ok((owed, returned))
    }
}
