//! Clawback cases (六(三)): the board by state, one case with its steps, its papers to print, a case to be drafted.

mod board;
mod case;
mod draft;
mod paper;
mod steps;

use axum::Router;
use axum::routing::{get, post};

use crate::domain::calendar::{cst_date, days_inclusive};
use crate::domain::clawback::{CaseId, CaseState};
use crate::web::error::PageError;
use crate::web::lang::Lang;
use crate::web::parts::Tone;
use crate::web::{Session, Web};
use crate::workflows::record::clawback::CaseRecord;
use jiff::civil::Date;

pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/console/clawback", get(board::page).post(draft::submit))
        .route("/console/clawback/new", get(draft::page))
        .route("/console/clawback/{case}", get(case::page))
        .route("/console/clawback/{case}/papers/{paper}", get(paper::page))
        .route("/console/clawback/{case}/steps", post(steps::advance))
        .route("/console/clawback/{case}/repayments", post(steps::repay))
}

/// Where a case is shown.
fn address(id: CaseId) -> String {
    format!("/console/clawback/{id}")
}

fn case_id(text: &str) -> Result<CaseId, PageError> {
    CaseId::parse(text).ok_or(PageError::NotFound)
}

/// What a state's color means: red is left to what is late.
fn tone(state: CaseState) -> Tone {
    match state {
        CaseState::Settled => Tone::Good,
        CaseState::Waived | CaseState::Dropped => Tone::Plain,
        CaseState::Referred => Tone::Warn,
        CaseState::Drafted
        | CaseState::Noticed
        | CaseState::Heard
        | CaseState::Demanded
        | CaseState::Repaying
        | CaseState::WaiverProposed => Tone::Busy,
    }
}

/// What is to be done next, and by whom.
fn next(lang: Lang, state: CaseState) -> &'static str {
    match state {
        CaseState::Drafted => lang.pick("由另一人批准", "another person approves"),
        CaseState::Noticed => lang.pick("听取陈述申辩", "hear the reply"),
        CaseState::Heard => lang.pick("责令退回，或撤销", "demand, or drop"),
        CaseState::Demanded => lang.pick("等待退回", "await the repayment"),
        CaseState::Repaying => lang.pick("等待余款", "await the rest"),
        CaseState::Referred => lang.pick("跟踪处理结果", "follow the outcome"),
        CaseState::WaiverProposed => lang.pick("由另一人批准核销", "another person approves the waiver"),
        CaseState::Settled | CaseState::Waived | CaseState::Dropped => lang.pick("已办结", "closed"),
    }
}

/// How long a case has stood where it is, in words, and how pressing that is. A draft that waits for a week is late as well.
fn ageing(lang: Lang, case: &CaseRecord, today: Date) -> (Tone, String) {
    /// Days before the last one from which on it is near.
    const NEAR_DAYS: i64 = 3;
    /// Days after which something without a last day is late.
    const PATIENCE_DAYS: i64 = 7;
    let days = |from: Date, to: Date| days_inclusive(from, to).saturating_sub(1);
    let since = days(cst_date(case.changed_at), today);
    match pending_day(case) {
        Some(due) if due < today => {
            let late = days(due, today);
            (Tone::Bad, lang.pick(format!("逾期{late}天"), format!("{late} days late")))
        }
        Some(due) => {
            let left = days(today, due);
            let tone = if left <= NEAR_DAYS { Tone::Warn } else { Tone::Plain };
            (tone, lang.pick(format!("剩{left}天"), format!("{left} days left")))
        }
        None => {
            let is_late = since > PATIENCE_DAYS && !case.state.is_closed();
            let tone = if is_late { Tone::Warn } else { Tone::Plain };
            (tone, lang.pick(format!("已{since}天"), format!("for {since} days")))
        }
    }
}

/// The last day that somebody is still waited for: once the reply is heard, its day is past whatever the calendar says.
fn pending_day(case: &CaseRecord) -> Option<Date> {
    case.due_on.filter(|_| case.state == CaseState::Noticed || case.state.is_demanded())
}

fn state_words(session: &Session, state: CaseState) -> &'static str {
    session.lang.pick(state.zh(), state.en())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::claim::ClaimId;
    use crate::domain::clawback::CaseMoney;
    use crate::domain::clawback::hands::Hands;
    use crate::domain::identity::{Region, Uscc};
    use crate::domain::suspect::{SuspectId, SuspectRule};

    fn case(state: CaseState, due_on: Option<Date>) -> CaseRecord {
        let at = "2022-10-10T01:00:00Z".parse().unwrap();
        CaseRecord {
            case_id: CaseId(uuid::Uuid::from_u128(1)),
            case_number: "ZH-371502-2022-000001".into(),
            suspect_id: SuspectId(uuid::Uuid::from_u128(2)),
            claim_id: ClaimId(uuid::Uuid::from_u128(3)),
            region: Region::parse("371502").unwrap(),
            enterprise: Uscc::parse("91350100M000100Y43").unwrap(),
            rule: SuspectRule::PersonTwoEnterprises,
            state,
            money: CaseMoney::default(),
            set_off: false,
            due_on,
            facts: String::new(),
            hands: Hands { confirmed_by: "a/b".into(), drafted_by: "a/c".into(), waiver_by: None },
            version: 1,
            drafted_at: at,
            changed_at: at,
        }
    }

    #[test]
    fn what_is_late_is_red_and_what_is_near_is_amber() {
        let today = Date::constant(2022, 10, 20);
        let check = |state, due_on: Option<Date>, expected: (Tone, &str)| {
            assert_eq!(ageing(Lang::Zh, &case(state, due_on), today), (expected.0, expected.1.to_owned()));
        };
        let day = |day| Some(Date::constant(2022, 10, day));
        check(CaseState::Demanded, day(19), (Tone::Bad, "逾期1天"));
        // The last day is still in time.
        check(CaseState::Demanded, day(20), (Tone::Warn, "剩0天"));
        check(CaseState::Demanded, day(23), (Tone::Warn, "剩3天"));
        check(CaseState::Demanded, day(24), (Tone::Plain, "剩4天"));
        check(CaseState::Noticed, day(24), (Tone::Plain, "剩4天"));
        // Nobody is waited for any more: the reply was heard.
        check(CaseState::Heard, day(24), (Tone::Warn, "已10天"));
        check(CaseState::Drafted, None, (Tone::Warn, "已10天"));
        // What is over is never late.
        check(CaseState::Settled, day(1), (Tone::Plain, "已10天"));
    }
}
