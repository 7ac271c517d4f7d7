//! Whose hands a case went through, and what they must leave to others: no step is one person's alone (I8).

use super::{CaseState, CaseStep};

/// Who did what in a case, as `organization/person`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hands {
    /// Found the suspect true.
    pub confirmed_by: String,
    pub drafted_by: String,
    /// The last to propose a waiver.
    pub waiver_by: Option<String>,
}

/// The earlier step that keeps a person from a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    Confirmed,
    Drafted,
    ProposedWaiver,
}

impl Earlier {
    pub fn zh(self) -> &'static str {
        match self {
            Self::Confirmed => "您核实了该疑点",
            Self::Drafted => "您起草了本案",
            Self::ProposedWaiver => "您提出了核销",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Confirmed => "you confirmed the suspect",
            Self::Drafted => "you drafted the case",
            Self::ProposedWaiver => "you proposed the waiver",
        }
    }
}

impl Hands {
    /// What this person did before that leaves the step to somebody else; `None` where nothing does.
    pub fn bar(&self, person: &str, step: CaseStep) -> Option<Earlier> {
        let drafted = (self.drafted_by == person).then_some(Earlier::Drafted);
        match step {
            CaseStep::Approve => drafted.or((self.confirmed_by == person).then_some(Earlier::Confirmed)),
            CaseStep::ApproveWaiver => (self.waiver_by.as_deref() == Some(person)).then_some(Earlier::ProposedWaiver),
            CaseStep::Drop => drafted,
            CaseStep::RecordReply
            | CaseStep::NoReply
            | CaseStep::Demand
            | CaseStep::Repay { .. }
            | CaseStep::Refer
            | CaseStep::ProposeWaiver => None,
        }
    }
}

impl CaseState {
    /// The steps that persons may take from here. Repayments have a way of their own.
    pub fn steps(self) -> impl Iterator<Item = CaseStep> {
        CaseStep::BY_PERSONS.into_iter().filter(move |step| self.after(*step).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_the_step_that_answers_their_own() {
        let hands = Hands {
            confirmed_by: "lc-hrss/wang.li".into(),
            drafted_by: "lc-hrss/li.na".into(),
            waiver_by: Some("lc-hrss/zhao.min".into()),
        };
        let check = |person: &str, step, expected| assert_eq!(hands.bar(person, step), expected, "{person} {step:?}");
        check("lc-hrss/wang.li", CaseStep::Approve, Some(Earlier::Confirmed));
        check("lc-hrss/li.na", CaseStep::Approve, Some(Earlier::Drafted));
        check("lc-hrss/zhao.min", CaseStep::Approve, None);
        check("lc-hrss/zhao.min", CaseStep::ApproveWaiver, Some(Earlier::ProposedWaiver));
        check("lc-hrss/li.na", CaseStep::ApproveWaiver, None);
        check("lc-hrss/li.na", CaseStep::Drop, Some(Earlier::Drafted));
        check("lc-hrss/wang.li", CaseStep::Drop, None);
        // The same name in another organization is another person.
        check("dz-hrss/li.na", CaseStep::Approve, None);
        for step in [CaseStep::RecordReply, CaseStep::NoReply, CaseStep::Demand, CaseStep::Refer] {
            check("lc-hrss/li.na", step, None);
        }
    }

    #[test]
    fn a_closed_case_takes_no_step() {
        for state in CaseState::ALL {
            assert_eq!(state.steps().next().is_none(), state.is_closed(), "{state:?}");
        }
        assert!(CaseState::Drafted.steps().eq([CaseStep::Approve, CaseStep::Drop]));
    }
}
