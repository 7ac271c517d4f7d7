//! A suspect: two claims that cannot both be paid, or one that does not fit the registries. A flag, never a finding of guilt (I7).

pub mod answers;
pub mod at_stake;
pub mod desk;
pub mod fields;
pub mod next_step;
pub mod record;
pub mod stake;
pub mod view;
pub mod weight;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::claim::ClaimId;
use super::identity::{Region, Uscc};

pub use desk::SuspectState;

/// A suspect's name (UUID version 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SuspectId(pub Uuid);

impl SuspectId {
    /// Reads the hyphenated form; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl std::fmt::Display for SuspectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Why something is suspect. The code begins with what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspectRule {
    /// One graduate, two enterprises of one province (五(二), worked case 12).
    PersonTwoEnterprises,
    /// One graduate claimed twice by the same enterprise under another request (worked case 14).
    PersonResubmitted,
    /// One graduate claimed in two provinces (六(三) 跨省重复享受, worked case 16).
    PersonTwoProvinces,
    /// The graduate already served the hiring subsidy, or this one elsewhere (五(二), worked case 15).
    PersonAlreadyAwarded,
    /// Number and name disagree with a registry (六(三) 身份不实).
    PersonIdentityDisagrees,
    /// One enterprise claims retention training twice, by two routes or in two places (五(一)).
    EnterpriseTwice,
    /// A worker on both sides of a dispatch (五(一), worked case 6).
    WorkerBothSides,
    /// The account in the claim is not the tax department's (二(一), worked case 17).
    AccountNotTaxRegistry,
}

impl SuspectRule {
    pub const ALL: [Self; 8] = [
        Self::PersonTwoEnterprises,
        Self::PersonResubmitted,
        Self::PersonTwoProvinces,
        Self::PersonAlreadyAwarded,
        Self::PersonIdentityDisagrees,
        Self::EnterpriseTwice,
        Self::WorkerBothSides,
        Self::AccountNotTaxRegistry,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::PersonTwoEnterprises => "person_two_enterprises",
            Self::PersonResubmitted => "person_resubmitted",
            Self::PersonTwoProvinces => "person_two_provinces",
            Self::PersonAlreadyAwarded => "person_already_awarded",
            Self::PersonIdentityDisagrees => "person_identity_disagrees",
            Self::EnterpriseTwice => "enterprise_twice",
            Self::WorkerBothSides => "worker_both_sides",
            Self::AccountNotTaxRegistry => "account_not_tax_registry",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code() == code)
    }

    /// Whether the suspicion is about one person, and not about the enterprise.
    pub fn is_about_a_person(self) -> bool {
        match self {
            Self::PersonTwoEnterprises
            | Self::PersonResubmitted
            | Self::PersonTwoProvinces
            | Self::PersonAlreadyAwarded
            | Self::PersonIdentityDisagrees
            | Self::WorkerBothSides => true,
            Self::EnterpriseTwice | Self::AccountNotTaxRegistry => false,
        }
    }

    /// The clause the rule rests on.
    pub fn clause(self) -> &'static str {
        match self {
            Self::PersonTwoEnterprises | Self::PersonResubmitted | Self::PersonAlreadyAwarded => "五(二)",
            Self::PersonTwoProvinces | Self::PersonIdentityDisagrees => "六(三)",
            Self::EnterpriseTwice | Self::WorkerBothSides => "五(一)",
            Self::AccountNotTaxRegistry => "二(一)",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::PersonTwoEnterprises => "同一毕业生被两户企业申领",
            Self::PersonResubmitted => "同一企业对同一毕业生重复申领",
            Self::PersonTwoProvinces => "同一毕业生跨省重复申领",
            Self::PersonAlreadyAwarded => "毕业生已享受互斥补贴",
            Self::PersonIdentityDisagrees => "身份信息与登记不一致",
            Self::EnterpriseTwice => "同一企业重复申领留工培训补助",
            Self::WorkerBothSides => "派遣职工被派遣与用工双方同时计入",
            Self::AccountNotTaxRegistry => "收款账户与税务部门提供的不一致",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::PersonTwoEnterprises => "one graduate claimed by two enterprises",
            Self::PersonResubmitted => "one graduate claimed again by the same enterprise",
            Self::PersonTwoProvinces => "one graduate claimed in two provinces",
            Self::PersonAlreadyAwarded => "the graduate already served an excluding subsidy",
            Self::PersonIdentityDisagrees => "number and name disagree with a registry",
            Self::EnterpriseTwice => "one enterprise claims retention training twice",
            Self::WorkerBothSides => "a worker is counted on both sides of a dispatch",
            Self::AccountNotTaxRegistry => "the account is not the one the tax department names",
        }
    }
}

/// One side of a suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspectClaim {
    pub claim_id: ClaimId,
    pub region: Region,
    pub received_at: Timestamp,
}

/// What a claim that wants a slot, or holds it, looks like to the rule that compares them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotContender {
    pub claim: SuspectClaim,
    pub enterprise: Uscc,
}

/// Which rule a collision at a slot is. Pure: the store calls it inside the transaction that saw the collision.
pub fn rule_of_collision(first: &SlotContender, second: &SlotContender, slot: CollidingSlot) -> SuspectRule {
    match slot {
        CollidingSlot::Worker => SuspectRule::WorkerBothSides,
        CollidingSlot::Enterprise => SuspectRule::EnterpriseTwice,
        CollidingSlot::Graduate if first.claim.region.province() != second.claim.region.province() => {
            SuspectRule::PersonTwoProvinces
        }
        CollidingSlot::Graduate if first.enterprise == second.enterprise => SuspectRule::PersonResubmitted,
        CollidingSlot::Graduate => SuspectRule::PersonTwoEnterprises,
    }
}

/// What kind of slot two claims met at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CollidingSlot {
    Graduate,
    Enterprise,
    Worker,
}
