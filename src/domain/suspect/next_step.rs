//! What the law asks next of whoever has a suspect (六(三)): look into it at once, say in writing what it is, stop or get back the money.

use super::SuspectState;
use crate::domain::claim::ClaimState;

/// The next step in Chinese and in English, with its clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextStep {
    pub zh: &'static str,
    pub en: &'static str,
}

/// What comes next at a desk, where these claims of the suspect, those that may be looked at, stand so.
pub fn next_step(state: SuspectState, claims: &[ClaimState]) -> NextStep {
    let any = |test: fn(ClaimState) -> bool| claims.iter().copied().any(test);
    match state {
        SuspectState::Open => step(
            "依据六(三)，疑点数据应及时核实：请分派专人，或由本人接办",
            "六(三): suspects are looked into at once: give it to a person, or take it up yourself",
        ),
        SuspectState::Assigned => {
            step("依据六(三)，受派人应及时接办核实", "六(三): whoever it was given to takes it up and looks into it")
        }
        SuspectState::Investigating => step(
            "依据六(三)，核对证明材料与登记机构答复，作出属实或不属实的结论并写明理由；结论前款项不得发放",
            "六(三): compare documents and the registries' answers, then say in writing whether it is true; nothing is paid before",
        ),
        SuspectState::Confirmed if any(is_paid) => step(
            "依据六(三)，已发放的资金应及时追回：起草追回案件，经另一人批准后告知企业并听取陈述申辩；拒不退回的，依法追究责任",
            "六(三): what was paid is got back: draft a case, have another person approve it, hear the enterprise; who does not repay \
             is held liable",
        ),
        SuspectState::Confirmed if any(is_out) => step(
            "依据六(三)，支付指令已发出：待银行回执后，已付的追回，退回的不再发放",
            "六(三): the payment is out: once the bank has answered, get back what was paid, and pay nothing that came back",
        ),
        SuspectState::Confirmed if any(is_open) => step(
            "依据六(三)，不得发放：将该申领退回重新核定，或由企业撤回",
            "六(三): it must not be paid: send the claim back to assessment, or have the enterprise withdraw it",
        ),
        SuspectState::Confirmed => step(
            "依据六(三)，资金未发放，无须追回：归档备查",
            "六(三): nothing was paid, nothing is to be got back: file it",
        ),
        SuspectState::Dismissed if any(is_open) => step(
            "依据二(一)，疑点已排除：符合条件的申领应继续审核，并在规定期限内发放",
            "二(一): the suspicion is gone: review what is entitled, and pay it in time",
        ),
        SuspectState::Dismissed => step("疑点已排除：归档备查", "the suspicion is gone: file it"),
    }
}

const fn step(zh: &'static str, en: &'static str) -> NextStep {
    NextStep { zh, en }
}

fn is_paid(state: ClaimState) -> bool {
    state == ClaimState::Paid
}

fn is_out(state: ClaimState) -> bool {
    matches!(state, ClaimState::Instructed | ClaimState::InDoubt)
}

fn is_open(state: ClaimState) -> bool {
    !matches!(state, ClaimState::Refused | ClaimState::Withdrawn | ClaimState::Paid) && !is_out(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_its_next_step() {
        use ClaimState::{Held, InDoubt, Paid, Refused, Withdrawn};
        let says = |state, claims: &[ClaimState], words: &str| {
            let next = next_step(state, claims);
            assert!(next.zh.contains(words) && !next.en.is_empty(), "{state:?} {claims:?}: {}", next.zh);
        };
        says(SuspectState::Open, &[Paid, Held], "分派");
        says(SuspectState::Assigned, &[Paid, Held], "接办");
        says(SuspectState::Investigating, &[Paid, Held], "写明理由");
        says(SuspectState::Confirmed, &[Paid, Paid], "追回");
        says(SuspectState::Confirmed, &[InDoubt], "待银行回执");
        says(SuspectState::Confirmed, &[Held], "不得发放");
        says(SuspectState::Confirmed, &[Refused], "无须追回");
        says(SuspectState::Dismissed, &[Held], "继续审核");
        says(SuspectState::Dismissed, &[Withdrawn, Refused], "归档");
    }

    #[test]
    fn what_is_asked_of_an_open_desk_cites_the_notice() {
        for state in SuspectState::ALL.into_iter().filter(|it| *it != SuspectState::Dismissed) {
            for claim in ClaimState::ALL {
                assert!(next_step(state, &[claim]).zh.contains("六(三)"), "{state:?} {claim:?}");
            }
        }
    }
}
