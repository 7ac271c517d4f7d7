//! Asks about claims again, before they are pooled and before they are instructed: doubles, slots, standing and accounts as they are at
//! this moment (二(二), 五(二)).

use crate::connectors::Purpose;
use crate::domain::eligibility::assess::assess;
use crate::domain::eligibility::evidence::{Evidence, TaxAccounts};
use crate::domain::eligibility::verdict::{Payee, Verdict};
use crate::store::record::pooling::OnPath;
use crate::store::record::{AssessmentRecord, Decision};
use crate::workflows::assess::state_after;
use crate::workflows::gather::{Ask, Needs};
use crate::workflows::{Gateway, Refusal};

/// Claims asked about at once: as many as one question to a registry takes.
pub(super) const RECHECK_MAX: u32 = 500;

/// What asking again gave.
pub(super) enum Recheck {
    /// The same award.
    Same(Named),
    /// Another verdict: the claim leaves the path with it.
    Changed(Box<AssessmentRecord>),
    /// A registry does not answer: nobody knows (I5).
    Unanswered,
}

/// What the tax department names now.
pub(super) struct Named {
    pub(super) payee: Payee,
    /// The enterprise's registered name; absent where the registry gives none.
    pub(super) name: Option<String>,
}

/// Whether an account that is not the approved one changes the verdict.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// Before money is asked for: the claim is reviewed again with its new account.
    MustBeAsApproved,
    /// Once the money is there: the claim stays funded, and the payment waits for two people.
    MayDiffer,
}

impl Gateway {
    /// Asks about at most [`RECHECK_MAX`] claims again; the answers are in their order.
    pub(super) async fn recheck(&self, claims: &[OnPath], account: Account) -> Result<Vec<Recheck>, Refusal> {
        let asks: Vec<Option<Ask<'_>>> = claims.iter().map(|claim| self.ask_on_path(claim)).collect();
        let known: Vec<Ask<'_>> = asks.iter().flatten().copied().collect();
        let needs = Needs::of(&known, self.inner.clock.now());
        let gathered = self.gather(needs, Purpose::AssessClaim).await?;
        let answers = claims.iter().zip(asks).map(|(claim, ask)| match ask {
            Some(ask) => compare(claim, ask, gathered.evidence(ask), account),
            None => Recheck::Unanswered,
        });
        Ok(answers.collect())
    }

    /// A claim whose sheet this node no longer has waits.
    fn ask_on_path<'a>(&'a self, claim: &'a OnPath) -> Option<Ask<'a>> {
        let sheet = self.inner.catalog.get(&claim.record.claim.sheet_id)?;
        Some(Ask { claim: &claim.record.claim, sheet, units_taken: &claim.units_taken })
    }
}

fn compare(claim: &OnPath, ask: Ask<'_>, evidence: Evidence, account: Account) -> Recheck {
    let assessment = assess(ask.claim, ask.sheet, &evidence);
    let approved = claim.record.decision.as_ref().map(|decision| &decision.verdict);
    let payee = match &assessment.verdict {
        Verdict::Unknown { .. } => return Recheck::Unanswered,
        Verdict::Entitled { payee, .. } => {
            let is_same = approved.is_some_and(|it| match account {
                Account::MustBeAsApproved => it.is_same_award(&assessment.verdict),
                Account::MayDiffer => it.is_same_but_for_the_account(&assessment.verdict),
            });
            is_same.then(|| payee.clone())
        }
        Verdict::NotEntitled { .. } | Verdict::Held { .. } => None,
    };
    match payee {
        Some(payee) => {
            let name = evidence.enterprise.accounts.value().and_then(registered_name);
            Recheck::Same(Named { payee, name })
        }
        None => {
            let decided_at = evidence.decided_at;
            Recheck::Changed(Box::new(AssessmentRecord {
                claim_id: claim.path.claim_id,
                version: claim.record.version,
                state: state_after(&assessment.verdict),
                decision: Decision { verdict: assessment.verdict, sheet_version: ask.sheet.version, decided_at },
                evidence,
                findings: assessment.findings,
                next_attempt_at: None,
            }))
        }
    }
}

fn registered_name(accounts: &TaxAccounts) -> Option<String> {
    accounts.name.as_ref().map(|name| name.as_str().to_owned())
}
