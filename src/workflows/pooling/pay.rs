//! Passes the money on and pays it: transfers to the counties, payouts to the account that the tax department names at this moment
//! (I9), and back to the fund what turned out not to be needed.

use std::collections::BTreeMap;

use super::StepDone;
use super::point::{Point, at};
use super::recheck::{Account, Named, RECHECK_MAX, Recheck};
use super::run::Run;
use crate::domain::calendar::cst_date;
use crate::domain::claim::{ClaimId, SubsidyKind};
use crate::domain::identity::{BankAccount, Uscc};
use crate::domain::payment::{Payee, PaymentState};
use crate::store::Access;
use crate::store::record::payment::{
    Instruct, InstructOutcome, MakeTransfers, NewPayout, Payable, PaymentFilter, PaymentRecord, Reinstruct,
    TransferOutcome,
};
use crate::store::record::pooling::{BatchRecord, OnPath};
use crate::workflows::{Gateway, Refusal};

/// Enterprises paid in one transaction.
const PAYOUTS_AT_ONCE: u32 = 500;
/// Payments instructed anew in one transaction.
const REINSTRUCT_AT_ONCE: u32 = 500;

/// What the answers about an enterprise's claims make of it.
enum Ready {
    Payout(NewPayout),
    /// A registry does not answer on one of its claims: one enterprise is one payment, so all of it waits.
    Waits,
}

impl Run<'_> {
    pub(super) async fn transfer(&mut self, batch: &BatchRecord) -> Result<(), Refusal> {
        let transfers = MakeTransfers {
            fence: self.fence,
            actor: self.actor.clone(),
            batch_id: batch.batch_id,
            accounts: self.city.accounts.clone(),
            at: self.now(),
        };
        match at(Point::MakeTransfers, self.gateway.inner.store.make_transfers(transfers)).await? {
            TransferOutcome::Made(count) => self.did(StepDone::transfers(count)),
            TransferOutcome::Stale => {}
            TransferOutcome::NoAccount(places) => {
                places.into_iter().for_each(|place| self.note(StepDone::no_account(place)));
            }
        }
        Ok(())
    }

    /// Makes the payouts of every enterprise whose place has its money.
    pub(super) async fn pay_out(&mut self, batch: &BatchRecord) -> Result<(), Refusal> {
        let access = Access { actor: self.actor.clone(), person: None, purpose: "instruct", at: self.now() };
        let store = &self.gateway.inner.store;
        let mut waiting = 0;
        let mut payable = store.payable(batch.batch_id, None, PAYOUTS_AT_ONCE, &access).await?;
        while let Some(last) = payable.last() {
            let after = Some((last.place, last.enterprise.clone()));
            let (payouts, waits) = self.gateway.ready(payable).await?;
            waiting += waits;
            // Those after them are read and opened while these are written.
            let next = store.payable(batch.batch_id, after, PAYOUTS_AT_ONCE, &access);
            let (next, done) = tokio::join!(next, self.instruct(batch, payouts));
            done?;
            payable = next?;
        }
        if waiting > 0 {
            self.note(StepDone::unanswered_payees(waiting));
        }
        Ok(())
    }

    async fn instruct(&mut self, batch: &BatchRecord, payouts: Vec<NewPayout>) -> Result<(), Refusal> {
        if payouts.is_empty() {
            return Ok(());
        }
        let voided = payouts.iter().map(|it| it.changed.len() as u64).sum();
        let instruct = Instruct {
            fence: self.fence,
            actor: self.actor.clone(),
            batch_id: batch.batch_id,
            accounts: self.city.accounts.clone(),
            payouts,
            at: self.now(),
        };
        let outcomes = at(Point::Instruct, self.gateway.inner.store.instruct(instruct)).await?;
        let (mut instructed, mut owed) = (0_u64, 0_u64);
        for outcome in outcomes {
            match outcome {
                InstructOutcome::Instructed(_) | InstructOutcome::SetOff(_) => instructed += 1,
                InstructOutcome::Owed(..) => owed += 1,
                InstructOutcome::Nothing => self.progressed = true,
                InstructOutcome::Stale => {}
            }
        }
        if instructed > 0 {
            self.did(StepDone::instructed(instructed));
        }
        if owed > 0 {
            self.did(StepDone::owed(owed));
        }
        if voided > 0 {
            self.did(StepDone::voided(voided));
        }
        Ok(())
    }

    /// Makes new instructions for what two people approved anew.
    pub(super) async fn reinstruct(&mut self) -> Result<(), Refusal> {
        let state = Some(PaymentState::Approved);
        let filter =
            PaymentFilter { within: self.region, batch_id: None, state, before: None, limit: REINSTRUCT_AT_ONCE };
        let approved = self.gateway.inner.store.payments(&filter).await?;
        if approved.is_empty() {
            return Ok(());
        }
        let Some(named) = self.gateway.accounts_of(&approved).await? else {
            self.note(StepDone::unanswered_payees(approved.len() as u64));
            return Ok(());
        };
        let payments = named
            .into_iter()
            .map(|(payment, named)| {
                let payee_name = named.as_ref().map_or_else(|| payment.payee_name.clone(), |it| it.1.clone());
                Reinstruct { payment_id: payment.payment_id, account: named.map(|it| it.0), payee_name }
            })
            .collect();
        let (accounts, now) = (self.city.accounts.clone(), self.now());
        let made = self.gateway.inner.store.reinstruct(self.fence, self.actor.clone(), accounts, payments, now);
        let outcomes = at(Point::Reinstruct, made).await?;
        let count = outcomes.iter().filter(|it| matches!(it, InstructOutcome::Instructed(_))).count() as u64;
        if count > 0 {
            self.did(StepDone::reinstructed(count));
        }
        Ok(())
    }

    pub(super) async fn return_what_is_left(&mut self, batch: &BatchRecord) -> Result<(), Refusal> {
        let (accounts, now) = (self.city.accounts.clone(), self.now());
        let returns =
            self.gateway.inner.store.make_returns(self.fence, self.actor.clone(), batch.batch_id, accounts, now);
        let count = at(Point::MakeReturns, returns).await?;
        if count > 0 {
            self.did(StepDone::returns(count));
        }
        Ok(())
    }
}

impl Gateway {
    /// Asks about the claims of some enterprises again, and says what is to be paid to each; and how many must wait.
    async fn ready(&self, payable: Vec<Payable>) -> Result<(Vec<NewPayout>, u64), Refusal> {
        let claims: Vec<OnPath> = payable.iter().flat_map(|it| it.claims.iter().cloned()).collect();
        let mut answers: BTreeMap<ClaimId, Recheck> = BTreeMap::new();
        for some in claims.chunks(RECHECK_MAX as usize) {
            let given = self.recheck(some, Account::MayDiffer).await?;
            answers.extend(some.iter().map(|it| it.path.claim_id).zip(given));
        }
        let (mut payouts, mut waiting) = (Vec::with_capacity(payable.len()), 0);
        for enterprise in payable {
            match ready_one(enterprise, &mut answers) {
                Ready::Payout(payout) => payouts.push(payout),
                Ready::Waits => waiting += 1,
            }
        }
        Ok((payouts, waiting))
    }

    /// The accounts that payments would go to now: of the agency by the settings, of enterprises by the tax department. `None` where it
    /// does not answer on one of them.
    pub(super) async fn accounts_of(
        &self,
        payments: &[PaymentRecord],
    ) -> Result<Option<Vec<(PaymentRecord, Option<(BankAccount, String)>)>>, Refusal> {
        let enterprises: Vec<Uscc> = payments
            .iter()
            .filter_map(|it| match &it.payee {
                Payee::Enterprise(uscc) => Some(uscc.clone()),
                Payee::County(_) | Payee::Fund(_) => None,
            })
            .collect();
        let now = self.inner.clock.now();
        let inquiry = self.inquiry_for_payment();
        let named = self.inner.registries.tax_accounts(&enterprises, cst_date(now), &inquiry, now).await;
        let mut found = Vec::with_capacity(payments.len());
        for payment in payments {
            let account = match &payment.payee {
                Payee::Enterprise(uscc) => {
                    let Some(accounts) = named.get(uscc).and_then(|answer| answer.value()) else { return Ok(None) };
                    let fallback = payment.subsidies.iter().all(|it| *it == SubsidyKind::JobExpansion);
                    let contribution = accounts.contribution.as_ref().filter(|_| fallback);
                    let name = accounts.name.as_ref().map_or(payment.payee_name.as_str(), |it| it.as_str());
                    accounts.corporate.as_ref().or(contribution).map(|it| (it.clone(), name.to_owned()))
                }
                Payee::County(_) | Payee::Fund(_) => self.agency_account(payment),
            };
            found.push((payment.clone(), account));
        }
        Ok(Some(found))
    }

    fn agency_account(&self, payment: &PaymentRecord) -> Option<(BankAccount, String)> {
        let accounts = &self.city(payment.payer.city())?.accounts;
        let account = match &payment.payee {
            Payee::County(region) => accounts.expenditure.get(region)?,
            Payee::Fund(_) => &accounts.fund,
            Payee::Enterprise(_) => return None,
        };
        Some((account.account.clone(), account.name.clone()))
    }
}

fn ready_one(enterprise: Payable, answers: &mut BTreeMap<ClaimId, Recheck>) -> Ready {
    let Payable { place, enterprise, claims, compared } = enterprise;
    let mut named: Option<Named> = None;
    let (mut pay, mut changed) = (Vec::new(), Vec::new());
    for (claim, compared) in claims.iter().zip(compared) {
        match answers.remove(&claim.path.claim_id) {
            Some(Recheck::Same(now)) => {
                pay.push(compared);
                named.get_or_insert(now);
            }
            Some(Recheck::Changed(record)) => changed.push(*record),
            Some(Recheck::Unanswered) | None => return Ready::Waits,
        }
    }
    let claimed_name = claims.iter().find_map(|claim| claim.record.claim.enterprise_name.as_ref());
    let registered = named.as_ref().and_then(|it| it.name.clone());
    let payee_name = registered.or_else(|| claimed_name.map(|it| it.as_str().to_owned()));
    Ready::Payout(NewPayout {
        place,
        payee_name: payee_name.unwrap_or_else(|| enterprise.as_str().to_owned()),
        account: named.map(|it| it.payee.account),
        purpose: purpose(&claims),
        enterprise,
        pay,
        changed,
    })
}

/// 用途, as the bank shows it to the enterprise.
fn purpose(claims: &[OnPath]) -> String {
    let of = |subsidy| claims.iter().any(|claim| claim.path.subsidy == subsidy);
    match (of(SubsidyKind::JobExpansion), of(SubsidyKind::RetentionTraining)) {
        (true, true) => "一次性扩岗补助、一次性留工培训补助",
        (true, false) => "一次性扩岗补助",
        (false, _) => "一次性留工培训补助",
    }
    .to_owned()
}
