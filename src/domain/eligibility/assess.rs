//! The decision: a claim, its sheet and the evidence in; the verdict and what is suspect out.

use serde::{Deserialize, Serialize};

use super::evidence::{Answer, Evidence, MissingCause, Owner};
use super::fact::Fact;
use super::payee;
use super::ruling::Draft;
use super::verdict::{MissingFact, Payee, Verdict};
use super::{job_expansion, retention_training};
use crate::domain::claim::{Claim, Subject};
use crate::domain::money::Fen;
use crate::domain::policy::sheet::{Counting, ReasonOn, Sheet};
use crate::domain::suspect::SuspectRule;

/// What was decided, and what is suspect without a second claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    pub verdict: Verdict,
    /// Sorted, each once. A finding is a flag for a person to judge; it never refuses.
    pub findings: Vec<SuspectRule>,
}

/// Decides a claim. Pure: the same inputs give the same bytes (I13).
pub fn assess(claim: &Claim, sheet: &Sheet, evidence: &Evidence) -> Assessment {
    match (&claim.subject, &sheet.counting) {
        (Subject::Graduate(graduate), Counting::Graduates(_)) => {
            conclude(claim, sheet, evidence, job_expansion::draft(claim, graduate, sheet, evidence))
        }
        (Subject::Workforce(workforce), Counting::Workforce(terms)) => {
            conclude(claim, sheet, evidence, retention_training::draft(claim, workforce, sheet, terms, evidence))
        }
        (Subject::Graduate(_), Counting::Workforce(_)) | (Subject::Workforce(_), Counting::Graduates(_)) => {
            of_no_sheet()
        }
    }
}

/// A claim that names a sheet for something else can neither be paid nor refused by it.
fn of_no_sheet() -> Assessment {
    let fact = "subject".to_owned();
    let missing = vec![MissingFact { fact, owner: Owner::Claimant, cause: MissingCause::Unrecognized }];
    Assessment { verdict: Verdict::Unknown { missing }, findings: Vec::new() }
}

/// Looks at the account and puts the draft in order: a definite refusal, then what is unknown, then what is held, then the money.
fn conclude(claim: &Claim, sheet: &Sheet, evidence: &Evidence, mut draft: Draft) -> Assessment {
    let payable = match &evidence.enterprise.accounts {
        Answer::Known { value, .. } => payee::payable(sheet, value),
        Answer::Missing(cause) => {
            draft.missing.insert(Fact::PayeeAccount.missing(*cause));
            Vec::new()
        }
    };
    if payee::is_foreign(claim.account.as_ref(), &payable) {
        draft.holding.insert(SuspectRule::AccountNotTaxRegistry);
    }
    let findings = draft.holding.union(&draft.noted).copied().collect();
    Assessment { verdict: verdict(sheet, draft, payable.into_iter().next()), findings }
}

fn verdict(sheet: &Sheet, draft: Draft, payee: Option<Payee>) -> Verdict {
    if !draft.refusals.is_empty() {
        return Verdict::NotEntitled { reasons: draft.refusals };
    }
    if !draft.missing.is_empty() {
        return Verdict::Unknown { missing: draft.missing.into_iter().collect() };
    }
    // `Rate::FEN_MAX` keeps the product of any sheet within bounds.
    let amount = sheet.rate.value.amount.checked_mul(draft.units).unwrap_or(Fen::ZERO);
    let suspects = draft.holding.iter().map(|rule| sheet.reason_for(*rule));
    let mut reasons: Vec<_> = draft.holds.into_iter().chain(suspects).collect();
    match payee {
        Some(payee) if reasons.is_empty() => {
            Verdict::Entitled { amount, units: draft.units, payee, uncounted: draft.uncounted }
        }
        Some(_) => Verdict::Held { reasons, amount },
        None => {
            reasons.push(sheet.reason_on(ReasonOn::NoPayeeAccount));
            Verdict::Held { reasons, amount }
        }
    }
}
