//! What may be held once (I2): an entitlement's slot, and who stands when two want it.

use serde::{Deserialize, Serialize};

use super::claim::{Claim, DispatchSide, Subject};
use super::identity::{ResidentId, Uscc};

/// The key of a slot, before the store turns it into a keyed index. Two spellings of a person give one key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnceKey {
    Person(ResidentId),
    Enterprise(Uscc),
}

/// Who stands when two claims want one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precedence {
    /// The first receipt keeps the slot (the sheet's default).
    FirstReceipt,
    /// The host that really funds the contributions stands, whenever it comes (五(一), worked case 6).
    FundingHost,
}

/// One slot a claim asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRequest {
    /// The exclusion group of the sheet, e.g. `graduate-award`.
    pub group: String,
    pub key: OnceKey,
    /// `None`: the claim as a whole. `Some(i)`: worker `i` of its roster.
    pub unit: Option<usize>,
    pub precedence: Precedence,
}

/// The group in which a dispatched worker is counted once, on one side or the other (五(一)).
pub const WORKER_GROUP_SUFFIX: &str = "/worker";

/// The slots a claim must hold. `group` is the exclusion group of its sheet.
pub fn slots_of(claim: &Claim, group: &str) -> Vec<SlotRequest> {
    match &claim.subject {
        Subject::Graduate(graduate) => vec![SlotRequest {
            group: group.to_owned(),
            key: OnceKey::Person(graduate.person.resident_id.clone()),
            unit: None,
            precedence: Precedence::FirstReceipt,
        }],
        Subject::Workforce(workforce) => {
            let whole = SlotRequest {
                group: group.to_owned(),
                key: OnceKey::Enterprise(claim.enterprise.clone()),
                unit: None,
                precedence: Precedence::FirstReceipt,
            };
            let workers = workforce.roster.iter().enumerate().map(|(index, worker)| SlotRequest {
                group: format!("{group}{WORKER_GROUP_SUFFIX}"),
                key: OnceKey::Person(worker.person.resident_id.clone()),
                unit: Some(index),
                precedence: match worker.side {
                    DispatchSide::Agency => Precedence::FirstReceipt,
                    DispatchSide::Host => Precedence::FundingHost,
                },
            });
            std::iter::once(whole).chain(workers).collect()
        }
    }
}
