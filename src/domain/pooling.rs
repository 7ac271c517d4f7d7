//! County filings and the city's pooling batch (二(二), 三): what is asked for, of whom, and the totals that two hops must agree on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::calendar::Month;
use super::claim::{ClaimId, SubsidyKind};
use super::identity::{BankAccount, Region, Uscc};
use super::money::Fen;

/// Claims of one filing: as many as one transaction records in under a second. A county with more files again.
pub const FILING_CLAIMS_MAX: u32 = 10_000;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Reads either form of a UUID; `None` when it is neither.
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::try_parse(text).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+ };
}

ids! {
    /// A county filing's name (UUID version 7).
    FilingId
    /// A pooling batch's name (UUID version 7); in 32 hexadecimal digits the id of its funding application.
    BatchId
}

/// Where a county filing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilingState {
    /// Sealed by the county; waits for the city.
    Sealed,
    /// In a batch.
    Pooled,
    /// Its control totals do not agree; its claims went back to the county.
    Rejected,
}

impl FilingState {
    pub const ALL: [Self; 3] = [Self::Sealed, Self::Pooled, Self::Rejected];

    pub fn code(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Pooled => "pooled",
            Self::Rejected => "rejected",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Sealed => "已报送",
            Self::Pooled => "已汇总",
            Self::Rejected => "总数不符，已退回",
        }
    }
}

/// Where a pooling batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchState {
    /// Filings are being taken up.
    Gathering,
    /// Complete: what is in it does not change any more.
    Sealed,
    /// Finance has the application.
    Asked,
    /// Finance granted it, in whole or in part; the money is awaited.
    Granted,
    /// The money is there to the fen, and its claims are funded.
    Funded,
    /// Transfers to the counties are under way.
    Transferring,
    /// Payouts are under way.
    Paying,
    /// Every claim in it is paid or out of it, and no fen is left.
    Closed,
    /// Finance refused it; its claims went back.
    Refused,
}

impl BatchState {
    pub const ALL: [Self; 9] = [
        Self::Gathering,
        Self::Sealed,
        Self::Asked,
        Self::Granted,
        Self::Funded,
        Self::Transferring,
        Self::Paying,
        Self::Closed,
        Self::Refused,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Gathering => "gathering",
            Self::Sealed => "sealed",
            Self::Asked => "asked",
            Self::Granted => "granted",
            Self::Funded => "funded",
            Self::Transferring => "transferring",
            Self::Paying => "paying",
            Self::Closed => "closed",
            Self::Refused => "refused",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Gathering => "汇总中",
            Self::Sealed => "已封存",
            Self::Asked => "已向财政申请",
            Self::Granted => "财政已核准，待到账",
            Self::Funded => "资金已到账",
            Self::Transferring => "拨付中",
            Self::Paying => "发放中",
            Self::Closed => "已办结",
            Self::Refused => "财政未核准",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Gathering => "gathering",
            Self::Sealed => "sealed",
            Self::Asked => "asked finance",
            Self::Granted => "granted, money awaited",
            Self::Funded => "funded",
            Self::Transferring => "transferring",
            Self::Paying => "paying",
            Self::Closed => "closed",
            Self::Refused => "refused by finance",
        }
    }

    /// Whether anything is still to be done.
    pub fn is_open(self) -> bool {
        match self {
            Self::Gathering
            | Self::Sealed
            | Self::Asked
            | Self::Granted
            | Self::Funded
            | Self::Transferring
            | Self::Paying => true,
            Self::Closed | Self::Refused => false,
        }
    }
}

/// What two hops must agree on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlTotals {
    pub claims: u64,
    pub amount: Fen,
}

impl ControlTotals {
    /// With one more claim; `None` on overflow.
    pub fn with(self, amount: Fen) -> Option<Self> {
        Some(Self { claims: self.claims.checked_add(1)?, amount: self.amount.checked_add(amount)? })
    }

    /// Both together; `None` on overflow.
    pub fn and(self, other: Self) -> Option<Self> {
        Some(Self { claims: self.claims.checked_add(other.claims)?, amount: self.amount.checked_add(other.amount)? })
    }
}

/// One claim as the money's path knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathClaim {
    pub claim_id: ClaimId,
    pub region: Region,
    pub subsidy: SubsidyKind,
    pub enterprise: Uscc,
    pub amount: Fen,
    /// People paid for.
    pub units: u32,
    /// The last day on which it must be paid (二(一)2).
    pub due_on: Option<Date>,
    /// Its place in the order of receipt.
    pub received_sequence: i64,
}

/// One line of a funding application: a county's people and money under one subsidy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchLine {
    /// The county, unit, or the city itself for municipal-level enterprises.
    pub region: Region,
    pub subsidy: SubsidyKind,
    pub enterprises: u32,
    pub people: u32,
    pub claims: u32,
    pub amount: Fen,
}

/// The lines of a batch while its claims are counted, in any order. Of a claim no more is kept than its enterprise, once a line.
#[derive(Debug, Default)]
pub struct Lines {
    lines: BTreeMap<(Region, SubsidyKind), (BTreeSet<Uscc>, BatchLine)>,
}

impl Lines {
    /// Counts one more claim; `None` on overflow.
    pub fn add(&mut self, claim: &PathClaim) -> Option<()> {
        let (region, subsidy) = (claim.region, claim.subsidy);
        let (enterprises, line) = self.lines.entry((region, subsidy)).or_insert_with(|| {
            let line = BatchLine { region, subsidy, enterprises: 0, people: 0, claims: 0, amount: Fen::ZERO };
            (BTreeSet::new(), line)
        });
        if !enterprises.contains(&claim.enterprise) {
            enterprises.insert(claim.enterprise.clone());
            line.enterprises = line.enterprises.checked_add(1)?;
        }
        line.people = line.people.checked_add(claim.units)?;
        line.claims = line.claims.checked_add(1)?;
        line.amount = line.amount.checked_add(claim.amount)?;
        Some(())
    }

    /// The lines, by region and subsidy.
    pub fn finish(self) -> Vec<BatchLine> {
        self.lines.into_values().map(|(_, line)| line).collect()
    }
}

/// A funding application as finance gets it (二(二), 三), on the wire and on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundingApplication {
    pub batch_id: BatchId,
    pub city: Region,
    pub month: Month,
    /// Within the month, from 1.
    pub number: u32,
    /// By region and subsidy.
    pub lines: Vec<BatchLine>,
    pub total: ControlTotals,
    /// SHA-256 over the claims, their amounts and approvals.
    pub content_hash: [u8; 32],
}

/// What finance answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FundingDecision {
    /// Finance has never had the application.
    NotKnown,
    Pending,
    /// Granted, in whole or in part.
    Granted(Grant),
    Refused {
        document_number: String,
        reason: String,
    },
}

/// What finance granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Every line of the application, 0 included.
    pub lines: Vec<GrantedLine>,
    pub document_number: String,
    /// Why less was granted; empty where all was.
    pub reason: String,
    pub decided_on: Date,
}

/// What is granted for one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedLine {
    pub region: Region,
    pub subsidy: SubsidyKind,
    pub granted: Fen,
}

/// Why a grant cannot be followed: a person must ask finance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrantFault {
    #[error("grant leaves out a line of the application, or has one twice or too many")]
    LinesDiffer,
    #[error("grant gives a line more than was asked, or less than nothing")]
    AmountOutOfBounds,
}

/// Compares a grant with what was asked, and gives its sum.
pub fn check_grant(asked: &[BatchLine], grant: &Grant) -> Result<Fen, GrantFault> {
    let key = |region, subsidy| (region, subsidy);
    let asked: BTreeMap<_, _> = asked.iter().map(|it| (key(it.region, it.subsidy), it.amount)).collect();
    let granted: BTreeMap<_, _> = grant.lines.iter().map(|it| (key(it.region, it.subsidy), it.granted)).collect();
    if granted.len() != grant.lines.len() || !asked.keys().eq(granted.keys()) {
        return Err(GrantFault::LinesDiffer);
    }
    let fits = asked.values().zip(granted.values()).all(|(asked, granted)| Fen::ZERO <= *granted && granted <= asked);
    if !fits {
        return Err(GrantFault::AmountOutOfBounds);
    }
    Fen::checked_sum(granted.into_values()).ok_or(GrantFault::AmountOutOfBounds)
}

/// Which claims of a line a grant covers: whole claims, the earliest due first, a claim without a last day after those that have one, then
/// the earliest received. The first that no longer fits ends it, so that nobody is passed over for being larger.
#[derive(Clone, Copy, Debug)]
pub struct Cover {
    /// What is left for the next claim; nothing once one did not fit.
    left: Option<Fen>,
}

impl Cover {
    pub fn new(granted: Fen) -> Self {
        Self { left: Some(granted) }
    }

    /// Whether the next claim in that order is covered.
    pub fn covers(&mut self, amount: Fen) -> bool {
        let left = self.left.and_then(|left| left.checked_sub(amount));
        self.left = left.filter(|left| *left >= Fen::ZERO);
        self.left.is_some()
    }
}

/// Why a claim that was filed is not in the batch, or one in the batch is not paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOut {
    /// Asked again, the registries give another answer: the verdict or the account changed, and the approval is void.
    Changed,
    /// Asked again, a registry did not answer: the claim stays approved for the next batch.
    Unanswered,
    /// Finance granted less than was asked.
    NotGranted,
    /// Finance refused the batch.
    Refused,
}

impl LeftOut {
    pub fn code(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Unanswered => "unanswered",
            Self::NotGranted => "not-granted",
            Self::Refused => "refused",
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Changed => "复核结果变化，须重新审核",
            Self::Unanswered => "有关部门未答复，留待下批",
            Self::NotGranted => "财政未全额核准，留待下批",
            Self::Refused => "财政未核准",
        }
    }
}

/// Why a batch stands still until a person, or another authority, acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// Less or more arrived than was granted.
    ArrivalDiffers { granted: Fen, arrived: Fen },
    /// Finance has the application with another content.
    ApplicationDiffers,
    /// The grant does not fit the application.
    GrantDoesNotFit,
    /// Two hops differ.
    TotalsDiffer { expected: ControlTotals, found: ControlTotals },
}

impl Stop {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ArrivalDiffers { .. } => "ARRIVAL_DIFFERS",
            Self::ApplicationDiffers => "APPLICATION_DIFFERS",
            Self::GrantDoesNotFit => "GRANT_DOES_NOT_FIT",
            Self::TotalsDiffer { .. } => "CONTROL_TOTALS_DIFFER",
        }
    }

    /// What officials are shown, with both figures.
    pub fn zh(&self) -> String {
        match self {
            Self::ArrivalDiffers { granted, arrived } => {
                let difference = arrived.checked_sub(*granted).unwrap_or_default();
                format!("财政核准{granted}元，实际到账{arrived}元，相差{difference}元")
            }
            Self::ApplicationDiffers => "财政部门已收到同一编号但内容不同的申请".to_owned(),
            Self::GrantDoesNotFit => "财政核准明细与申请明细不一致".to_owned(),
            Self::TotalsDiffer { expected, found } => format!(
                "控制总数不符：应为{}笔{}元，实为{}笔{}元",
                expected.claims, expected.amount, found.claims, found.amount
            ),
        }
    }

    /// The same in English.
    pub fn en(&self) -> String {
        match self {
            Self::ArrivalDiffers { granted, arrived } => format!("granted {granted} yuan, arrived {arrived} yuan"),
            Self::ApplicationDiffers => "finance has this application with another content".to_owned(),
            Self::GrantDoesNotFit => "the grant does not fit the lines of the application".to_owned(),
            Self::TotalsDiffer { expected, found } => format!(
                "control totals differ: expected {} claims of {} yuan, found {} of {} yuan",
                expected.claims, expected.amount, found.claims, found.amount
            ),
        }
    }
}

/// An account of the agency's own, with the name that the bank knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgencyAccount {
    pub account: BankAccount,
    pub name: String,
}

/// The accounts that a city's money goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityAccounts {
    /// Where money goes that is given back to the fund.
    pub fund: AgencyAccount,
    /// 支出户 of the city and of each county and unit.
    pub expenditure: BTreeMap<Region, AgencyAccount>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(id: u128, region: &str, fen: i64) -> PathClaim {
        PathClaim {
            claim_id: ClaimId(Uuid::from_u128(id)),
            region: Region::parse(region).unwrap(),
            subsidy: SubsidyKind::JobExpansion,
            enterprise: Uscc::parse("91350100M000100Y43").unwrap(),
            amount: Fen::new(fen),
            units: 1,
            due_on: None,
            received_sequence: 1,
        }
    }

    fn lines(claims: &[PathClaim]) -> Vec<BatchLine> {
        let mut lines = Lines::default();
        claims.iter().for_each(|claim| lines.add(claim).unwrap());
        lines.finish()
    }

    #[track_caller]
    fn check_covered(granted: i64, expected: [bool; 5]) {
        let mut cover = Cover::new(Fen::new(granted));
        assert_eq!([100, 100, 500, 100, 0].map(|fen| cover.covers(Fen::new(fen))), expected, "{granted}");
    }

    #[test]
    fn a_grant_in_part_covers_whole_claims_up_to_the_first_that_does_not_fit() {
        check_covered(0, [false; 5]);
        check_covered(99, [false; 5]);
        check_covered(100, [true, false, false, false, false]);
        check_covered(250, [true, true, false, false, false]);
        check_covered(699, [true, true, false, false, false]);
        check_covered(700, [true, true, true, false, false]);
        check_covered(800, [true; 5]);
    }

    #[test]
    fn lines_count_an_enterprise_once() {
        let claims = [claim(1, "371502", 100), claim(3, "371503", 7), claim(2, "371502", 50)];
        let lines = lines(&claims);
        let figures: Vec<_> = lines.iter().map(|it| (it.enterprises, it.people, it.claims, it.amount.get())).collect();
        assert_eq!(figures, [(1, 2, 2, 150), (1, 1, 1, 7)]);
    }

    #[test]
    fn a_grant_must_answer_every_line_within_what_was_asked() {
        let asked = lines(&[claim(1, "371502", 100), claim(2, "371503", 50)]);
        let check = |lines: &[(&str, i64)], expected| {
            let lines = lines.iter().map(|(region, fen)| GrantedLine {
                region: Region::parse(region).unwrap(),
                subsidy: SubsidyKind::JobExpansion,
                granted: Fen::new(*fen),
            });
            let grant = Grant {
                lines: lines.collect(),
                document_number: "1".into(),
                reason: String::new(),
                decided_on: Date::constant(2022, 10, 10),
            };
            assert_eq!(check_grant(&asked, &grant), expected);
        };
        check(&[("371502", 100), ("371503", 50)], Ok(Fen::new(150)));
        check(&[("371502", 100), ("371503", 0)], Ok(Fen::new(100)));
        check(&[("371502", 100)], Err(GrantFault::LinesDiffer));
        check(&[("371502", 100), ("371502", 50)], Err(GrantFault::LinesDiffer));
        check(&[("371502", 101), ("371503", 49)], Err(GrantFault::AmountOutOfBounds));
        check(&[("371502", -1), ("371503", 50)], Err(GrantFault::AmountOutOfBounds));
    }
}
