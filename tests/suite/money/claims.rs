//! Enterprises and their claims, as the registries know them and as they are submitted.

use futures::future::join_all;
use hufu::domain::claim::{ClaimId, ClaimRoute, Graduate as Hired, Person, Subject, Workforce};
use hufu::domain::identity::{BankAccount, EnterpriseName, PersonName};
use hufu::workflows::NewClaim;
use hufu::workflows::submit::SubmitRequest;

use super::town::{Town, region};
use crate::support::fresh_request_id;
use crate::support::people::{Firm, Graduate};

/// 1,500 yuan a graduate, and 500 yuan a head (一(一), 一(二)).
pub(super) const FEN_A_GRADUATE: i64 = 150_000;
pub(super) const FEN_A_HEAD: i64 = 50_000;

/// What is claimed.
#[derive(Clone)]
pub(super) enum What {
    Hired(Box<Graduate>),
    Kept,
}

impl What {
    pub(super) fn subsidy(&self) -> &'static str {
        match self {
            Self::Hired(_) => "job-expansion",
            Self::Kept => "retention-training",
        }
    }
}

/// The account that the tax department names for a firm's claim.
pub(super) fn named(firm: &Firm) -> Option<&str> {
    firm.corporate_account.as_deref().or(firm.contribution_account.as_deref())
}

impl Town {
    /// Submits claims in their order, and has them assessed as far as the registries answer.
    pub(super) async fn submit(&self, claims: Vec<(Firm, What)>) -> Vec<ClaimId> {
        let caller = self.caller();
        let submitted = claims.iter().map(|(firm, what)| {
            let request = SubmitRequest {
                request_id: fresh_request_id(),
                digest: [1; 32],
                claim: new_claim(firm, what),
                wait: std::time::Duration::ZERO,
            };
            self.gateway.submit(&caller, request)
        });
        let records = join_all(submitted).await;
        self.assess().await;
        records.into_iter().map(|it| it.unwrap().claim.claim_id).collect()
    }

    /// Has the registries and the bank know a firm, under the name that the bank has for its account.
    pub(super) fn know(&self, firm: &Firm) {
        self.registries.enter_firm(firm);
        if let Some(account) = named(firm) {
            self.vault().open(&BankAccount::parse(account).unwrap(), &firm.name).unwrap();
        }
    }
}

fn new_claim(firm: &Firm, what: &What) -> NewClaim {
    let (sheet_id, subject) = match what {
        What::Hired(graduate) => {
            let person = Person {
                name: PersonName::parse(&graduate.name).unwrap(),
                resident_id: graduate.resident_id.clone(),
                phone: None,
            };
            let hired = Hired {
                person,
                graduated_on: Some(graduate.graduated_on),
                contract_from: Some(graduate.hired_on),
                contract_until: None,
                dispatch: None,
            };
            ("job-expansion-2022", Subject::Graduate(hired))
        }
        What::Kept => {
            ("retention-training-2022", Subject::Workforce(Workforce { claimed_headcount: None, roster: Vec::new() }))
        }
    };
    NewClaim {
        sheet_id: sheet_id.to_owned(),
        route: ClaimRoute::SelfApplied,
        enterprise: firm.uscc.clone(),
        enterprise_name: EnterpriseName::parse(&firm.name).ok(),
        region: region(&firm.region),
        account: None,
        subject,
    }
}
