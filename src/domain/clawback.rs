//! The clawback case (六(三)): from a confirmed suspect with a paid claim to the last fen. A notice and a reply come before any demand,
//! and no step is one person's alone (I7, I8).

pub mod hands;
pub mod papers;

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::money::Fen;

/// A case's name (UUID version 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub Uuid);

impl CaseId {
    /// Reads either form of a UUID; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseState {
    /// Proposed by one person.
    Drafted,
    /// Approved by another: the notice, with the facts and the right to reply, is out.
    Noticed,
    /// The reply is recorded, or the time for it has passed.
    Heard,
    /// 限期退回通知书 is out; the amount is receivable.
    Demanded,
    /// Some of it came back.
    Repaying,
    /// All of it came back.
    Settled,
    /// 追究责任: handed over; what is not repaid stays receivable.
    Referred,
    /// A waiver is proposed by one person and waits for another.
    WaiverProposed,
    /// Given up by two people, with a reason.
    Waived,
    /// Dropped before any demand: the reply convinced, or the suspicion fell.
    Dropped,
}

impl CaseState {
    pub const ALL: [Self; 10] = [
        Self::Drafted,
        Self::Noticed,
        Self::Heard,
        Self::Demanded,
        Self::Repaying,
        Self::Settled,
        Self::Referred,
        Self::WaiverProposed,
        Self::Waived,
        Self::Dropped,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Noticed => "noticed",
            Self::Heard => "heard",
            Self::Demanded => "demanded",
            Self::Repaying => "repaying",
            Self::Settled => "settled",
            Self::Referred => "referred",
            Self::WaiverProposed => "waiver-proposed",
            Self::Waived => "waived",
            Self::Dropped => "dropped",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Drafted => "待审批",
            Self::Noticed => "已告知，待陈述申辩",
            Self::Heard => "已听取陈述申辩",
            Self::Demanded => "已责令限期退回",
            Self::Repaying => "分期退回中",
            Self::Settled => "已全额追回",
            Self::Referred => "已移送追责",
            Self::WaiverProposed => "拟核销，待审批",
            Self::Waived => "已核销",
            Self::Dropped => "已撤销",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Drafted => "waits for approval",
            Self::Noticed => "noticed, reply awaited",
            Self::Heard => "heard",
            Self::Demanded => "repayment demanded",
            Self::Repaying => "repaying",
            Self::Settled => "settled",
            Self::Referred => "referred",
            Self::WaiverProposed => "waiver proposed",
            Self::Waived => "waived",
            Self::Dropped => "dropped",
        }
    }

    /// Whether the case is over.
    pub fn is_closed(self) -> bool {
        match self {
            Self::Settled | Self::Waived | Self::Dropped => true,
            Self::Drafted
            | Self::Noticed
            | Self::Heard
            | Self::Demanded
            | Self::Repaying
            | Self::Referred
            | Self::WaiverProposed => false,
        }
    }

    /// Whether what is outstanding stands in the ledger as receivable, and money may come in.
    pub fn is_demanded(self) -> bool {
        match self {
            Self::Demanded | Self::Repaying | Self::Referred | Self::WaiverProposed => true,
            Self::Drafted | Self::Noticed | Self::Heard | Self::Settled | Self::Waived | Self::Dropped => false,
        }
    }
}

/// A step of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseStep {
    /// By another person than who drafted it and who confirmed the suspect; sends the notice.
    Approve,
    /// The enterprise's reply.
    RecordReply,
    /// The time for a reply has passed without one.
    NoReply,
    Demand,
    /// Money came back; `remaining` is what is outstanding after it.
    Repay {
        remaining: Fen,
    },
    Refer,
    ProposeWaiver,
    /// By another person than who proposed it.
    ApproveWaiver,
    /// By another person than who drafted it.
    Drop,
}

impl CaseStep {
    /// All but repayments, in the order of a case's life.
    pub const BY_PERSONS: [Self; 8] = [
        Self::Approve,
        Self::RecordReply,
        Self::NoReply,
        Self::Demand,
        Self::Refer,
        Self::ProposeWaiver,
        Self::ApproveWaiver,
        Self::Drop,
    ];

    /// The step of persons with this word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::BY_PERSONS.into_iter().find(|step| step.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Approve => "批准并发出告知书",
            Self::RecordReply => "记录陈述申辩",
            Self::NoReply => "期满未申辩",
            Self::Demand => "责令限期退回",
            Self::Repay { .. } => "登记退回",
            Self::Refer => "移送追究责任",
            Self::ProposeWaiver => "提出核销",
            Self::ApproveWaiver => "批准核销",
            Self::Drop => "撤销案件",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Approve => "approve and send the notice",
            Self::RecordReply => "record the reply",
            Self::NoReply => "no reply in time",
            Self::Demand => "demand the repayment",
            Self::Repay { .. } => "record a repayment",
            Self::Refer => "refer for liability",
            Self::ProposeWaiver => "propose a waiver",
            Self::ApproveWaiver => "approve the waiver",
            Self::Drop => "drop the case",
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::RecordReply => "record-reply",
            Self::NoReply => "no-reply",
            Self::Demand => "demand",
            Self::Repay { .. } => "repay",
            Self::Refer => "refer",
            Self::ProposeWaiver => "propose-waiver",
            Self::ApproveWaiver => "approve-waiver",
            Self::Drop => "drop",
        }
    }
}

/// The step does not follow from where the case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a case that is {} takes no step {}", .state.code(), .step.code())]
pub struct StepRefused {
    pub state: CaseState,
    pub step: CaseStep,
}

impl CaseState {
    /// Where a step leads.
    pub fn after(self, step: CaseStep) -> Result<Self, StepRefused> {
        let after = match (self, step) {
            (Self::Drafted, CaseStep::Approve) => Self::Noticed,
            (Self::Noticed, CaseStep::RecordReply | CaseStep::NoReply) => Self::Heard,
            (Self::Heard, CaseStep::Demand) => Self::Demanded,
            (
                Self::Demanded | Self::Repaying | Self::Referred | Self::WaiverProposed,
                CaseStep::Repay { remaining },
            ) => {
                match (remaining == Fen::ZERO, self) {
                    (true, _) => Self::Settled,
                    // Handed over it stays so, whatever comes in.
                    (false, Self::Referred) => Self::Referred,
                    (false, _) => Self::Repaying,
                }
            }
            (Self::Demanded | Self::Repaying, CaseStep::Refer) => Self::Referred,
            (Self::Demanded | Self::Repaying | Self::Referred, CaseStep::ProposeWaiver) => Self::WaiverProposed,
            (Self::WaiverProposed, CaseStep::ApproveWaiver) => Self::Waived,
            (Self::Drafted | Self::Noticed | Self::Heard, CaseStep::Drop) => Self::Dropped,
            (
                state,
                step @ (CaseStep::Approve
                | CaseStep::RecordReply
                | CaseStep::NoReply
                | CaseStep::Demand
                | CaseStep::Repay { .. }
                | CaseStep::Refer
                | CaseStep::ProposeWaiver
                | CaseStep::ApproveWaiver
                | CaseStep::Drop),
            ) => return Err(StepRefused { state, step }),
        };
        Ok(after)
    }
}

/// The money of a case. Repaid, set off and waived together never exceed the amount, which never exceeds what was paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseMoney {
    /// To be got back.
    pub amount: Fen,
    pub repaid: Fen,
    /// Kept from what the enterprise was still owed.
    pub set_off: Fen,
    pub waived: Fen,
}

/// Why money is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepaymentRefused {
    #[error("a repayment must be above 0")]
    NotPositive,
    #[error("a repayment exceeds what is outstanding")]
    ExceedsOutstanding,
}

impl CaseMoney {
    /// What is still to come back.
    pub fn outstanding(self) -> Fen {
        let parts = [self.repaid, self.set_off, self.waived];
        parts.into_iter().try_fold(self.amount, Fen::checked_sub).unwrap_or(Fen::ZERO)
    }

    /// With a repayment.
    pub fn repay(self, amount: Fen) -> Result<Self, RepaymentRefused> {
        self.fits(amount)?;
        let repaid = self.repaid.checked_add(amount).ok_or(RepaymentRefused::ExceedsOutstanding)?;
        Ok(Self { repaid, ..self })
    }

    /// With an amount kept from a payout.
    pub fn keep(self, amount: Fen) -> Result<Self, RepaymentRefused> {
        self.fits(amount)?;
        let set_off = self.set_off.checked_add(amount).ok_or(RepaymentRefused::ExceedsOutstanding)?;
        Ok(Self { set_off, ..self })
    }

    fn fits(self, amount: Fen) -> Result<(), RepaymentRefused> {
        if amount <= Fen::ZERO {
            return Err(RepaymentRefused::NotPositive);
        }
        if amount > self.outstanding() { Err(RepaymentRefused::ExceedsOutstanding) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [CaseStep; 10] = [
        CaseStep::Approve,
        CaseStep::RecordReply,
        CaseStep::NoReply,
        CaseStep::Demand,
        CaseStep::Repay { remaining: Fen::new(1) },
        CaseStep::Repay { remaining: Fen::ZERO },
        CaseStep::Refer,
        CaseStep::ProposeWaiver,
        CaseStep::ApproveWaiver,
        CaseStep::Drop,
    ];

    /// Every state and every step, `.` where the step is refused.
    #[test]
    fn each_step_leads_where_the_notice_allows_and_nowhere_else() {
        use CaseState as It;
        let check = |state: CaseState, expected: [Option<CaseState>; 10]| {
            assert_eq!(STEPS.map(|step| state.after(step).ok()), expected, "{state:?}");
        };
        let none = [None; 10];
        let with = |at: &[(usize, CaseState)]| {
            let mut row = none;
            at.iter().for_each(|(index, state)| row[*index] = Some(*state));
            row
        };
        check(It::Drafted, with(&[(0, It::Noticed), (9, It::Dropped)]));
        check(It::Noticed, with(&[(1, It::Heard), (2, It::Heard), (9, It::Dropped)]));
        check(It::Heard, with(&[(3, It::Demanded), (9, It::Dropped)]));
        let demanded = [(4, It::Repaying), (5, It::Settled), (6, It::Referred), (7, It::WaiverProposed)];
        check(It::Demanded, with(&demanded));
        check(It::Repaying, with(&demanded));
        check(It::Referred, with(&[(4, It::Referred), (5, It::Settled), (7, It::WaiverProposed)]));
        check(It::WaiverProposed, with(&[(4, It::Repaying), (5, It::Settled), (8, It::Waived)]));
        for closed in [It::Settled, It::Waived, It::Dropped] {
            assert!(closed.is_closed());
            check(closed, none);
        }
    }

    #[test]
    fn never_more_comes_back_than_is_outstanding() {
        let money = CaseMoney { amount: Fen::new(100), ..CaseMoney::default() };
        let after = money.repay(Fen::new(60)).unwrap().keep(Fen::new(30)).unwrap();
        assert_eq!(after.outstanding(), Fen::new(10));
        assert_eq!(after.repay(Fen::new(11)), Err(RepaymentRefused::ExceedsOutstanding));
        assert_eq!(after.keep(Fen::new(11)), Err(RepaymentRefused::ExceedsOutstanding));
        assert_eq!(after.repay(Fen::ZERO), Err(RepaymentRefused::NotPositive));
        assert_eq!(after.repay(Fen::new(10)).unwrap().outstanding(), Fen::ZERO);
    }
}
