//! All cases at a glance: a column for each stage, what is late first; how much came back; and the list of one state.

use axum::extract::{Query, State};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use super::{address, ageing, next, pending_day, state_words, tone};
use crate::domain::calendar::cst_date;
use crate::domain::clawback::{CaseId, CaseState};
use crate::domain::money::Fen;
use crate::web::error::PageError;
use crate::web::layout::{self, Nav};
use crate::web::pages::help;
use crate::web::parts::{self, Column};
use crate::web::{Session, Web};
use crate::workflows::record::clawback::{CaseFilter, CaseRecord, RecoveryLine};

/// Cases shown of one state on the board; its list has them all.
const CARDS_MAX: u32 = 12;
/// Cases on a page of a list.
const PAGE_SIZE: u32 = 50;

/// The stages, in the order of a case's life.
const STAGES: [(&str, &str, &[CaseState]); 7] = [
    ("草拟", "Drafted", &[CaseState::Drafted]),
    ("告知", "Noticed", &[CaseState::Noticed]),
    ("陈述申辩", "Heard", &[CaseState::Heard]),
    ("限期退回", "Demanded", &[CaseState::Demanded]),
    ("退回中", "Repaying", &[CaseState::Repaying]),
    ("移送、核销", "Referred, waivers", &[CaseState::Referred, CaseState::WaiverProposed]),
    ("结清", "Closed", &[CaseState::Settled, CaseState::Waived, CaseState::Dropped]),
];

/// What is asked of the page.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// A state's code: its list instead of the board.
    #[serde(default)]
    state: String,
    /// The last case of the page before.
    #[serde(default)]
    before: String,
}

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let today = cst_date(web.gateway.now());
    let title = session.lang.pick("追回", "Clawback");
    let state = CaseState::from_code(&asked.state);
    let body = match state {
        Some(state) => list(&web, &session, state, &asked.before, today).await?,
        None => board(&web, &session, today).await?,
    };
    let body = html! { (help::panel(&session, Nav::Clawback)) (body) };
    Ok(layout::page(&session, Nav::Clawback, title, body))
}

async fn board(web: &Web, session: &Session, today: Date) -> Result<Markup, PageError> {
    let lang = session.lang;
    let mut stages = Vec::with_capacity(STAGES.len());
    for (zh, en, states) in STAGES {
        let mut cases = Vec::new();
        let mut over = Vec::new();
        for state in states {
            let mut found = read(web, session, *state, None, CARDS_MAX).await?;
            if over_limit(&mut found, CARDS_MAX) {
                over.push(*state);
            }
            cases.extend(found);
        }
        // The most pressing first; what has no last day by how long it has waited.
        cases.sort_by_key(|case| (pending_day(case).is_none(), pending_day(case), case.changed_at));
        stages.push((lang.pick(zh, en), states, cases, over));
    }
    let recovery = web.gateway.recovery(&session.caller, session.caller.region).await?;
    if stages.iter().all(|(_, _, cases, _)| cases.is_empty()) {
        return Ok(parts::empty(
            lang.pick("还没有追回案件", "No case yet"),
            lang.pick(
                "疑点核实属实且补助已发放的，在疑点页面起草追回案件，由另一人批准后发出告知书。",
                "Once a suspect is confirmed and its claim was paid, draft a case on the suspect's page; another person approves it.",
            ),
        ));
    }
    Ok(html! {
        (recovered(session, &recovery))
        div.board tabindex="0" role="region" aria-label=(lang.pick("追回案件看板", "Board of cases")) {
            @for (words, states, cases, over) in &stages {
                section.board-column aria-label=(words) {
                    h2.board-heading {
                        span { (words) }
                        span.tab-count { (cases.len()) @if !over.is_empty() { "+" } }
                    }
                    @for case in cases { (card(session, case, today)) }
                    @if cases.is_empty() { p.board-none { (lang.pick("无", "none")) } }
                    @for state in *states {
                        @if !cases.is_empty() && (over.contains(state) || states.len() == 1) {
                            a.board-more href=(list_address(*state)) {
                                (lang.pick("全部", "All: ")) (state_words(session, *state))
                            }
                        }
                    }
                }
            }
        }
    })
}

fn card(session: &Session, case: &CaseRecord, today: Date) -> Markup {
    let lang = session.lang;
    let (how, age) = ageing(lang, case, today);
    let amount = if case.state.is_closed() { case.money.amount } else { case.money.outstanding() };
    html! {
        article.case-card data-row {
            h3.case-number { a href=(address(case.case_id)) { (case.case_number) } }
            p.case-amount { (parts::yuan(lang, amount)) }
            p.case-rule { (lang.pick(case.rule.zh(), case.rule.en())) }
            p.case-place { (session.place(case.region)) }
            p.case-place { span.mono { (case.enterprise.as_str()) } }
            p.case-foot {
                @if case.state.is_closed() {
                    (parts::badge(tone(case.state), state_words(session, case.state)))
                } @else {
                    (parts::badge(how, &age))
                    span.case-next { (next(lang, case.state)) }
                }
            }
        }
    }
}

/// How much came back of what was demanded, by cause.
fn recovered(session: &Session, lines: &[RecoveryLine]) -> Markup {
    let lang = session.lang;
    if lines.is_empty() {
        return html! {};
    }
    let columns = [
        Column::text(lang.pick("原因", "Cause")),
        Column::number(lang.pick("案件", "Cases")),
        Column::number(lang.pick("责令退回（元）", "Demanded (yuan)")),
        Column::number(lang.pick("已追回（元）", "Came back (yuan)")),
        Column::text(lang.pick("追回率", "Rate")),
        Column::number(lang.pick("核销（元）", "Waived (yuan)")),
        Column::number(lang.pick("欠30天内", "Owed, < 30 days")),
        Column::number(lang.pick("30至90天", "30 to 90")),
        Column::number(lang.pick("90天以上", "longer")),
    ];
    let rows = lines.iter().map(|line| {
        let [young, middle, old] = line.outstanding;
        let permille = permille(line.recovered, line.demanded);
        let rate = format!("{}.{}%", permille / 10, permille % 10);
        let cells = vec![
            html! { (lang.pick(line.rule.zh(), line.rule.en())) },
            parts::count(line.cases),
            parts::fen(line.demanded),
            parts::fen(line.recovered),
            parts::bar(permille, &rate),
            parts::fen(line.waived),
            parts::fen(young),
            parts::fen(middle),
            parts::fen(old),
        ];
        (None, cells)
    });
    parts::card(
        lang.pick("追回情况", "What came back"),
        parts::table(lang.pick("各原因追回情况", "What came back, by cause"), &columns, rows),
    )
}

/// So much of a whole in thousandths, rounded down: what is not wholly back is never shown as all.
fn permille(part: Fen, whole: Fen) -> u64 {
    let product = i128::from(part.get()) * 1_000;
    product.checked_div(i128::from(whole.get())).and_then(|it| u64::try_from(it).ok()).unwrap_or_default()
}

async fn list(web: &Web, session: &Session, state: CaseState, before: &str, today: Date) -> Result<Markup, PageError> {
    let lang = session.lang;
    let before = CaseId::parse(before);
    let mut cases = read(web, session, state, before, PAGE_SIZE).await?;
    let has_more = over_limit(&mut cases, PAGE_SIZE);
    let next_page =
        cases.last().filter(|_| has_more).map(|last| format!("{}&before={}", list_address(state), last.case_id));
    let first = before.map(|_| list_address(state));
    let tabs = CaseState::ALL.into_iter().map(|it| (state_words(session, it), list_address(it), None, it == state));
    let all = (lang.pick("看板", "Board"), "/console/clawback".to_owned(), None, false);
    let columns = [
        Column::text(lang.pick("案件", "Case")),
        Column::text(lang.pick("原因", "Cause")),
        Column::text(lang.pick("地区", "Place")),
        Column::text(lang.pick("企业", "Enterprise")),
        Column::number(lang.pick("金额（元）", "Amount (yuan)")),
        Column::number(lang.pick("尚欠（元）", "Outstanding (yuan)")),
        Column::text(lang.pick("期限", "Due")),
        Column::text(lang.pick("下一步", "Next")),
    ];
    let rows = cases.iter().map(|case| {
        let (how, age) = ageing(lang, case, today);
        let cells = vec![
            html! { a href=(address(case.case_id)) { (case.case_number) } },
            html! { (lang.pick(case.rule.zh(), case.rule.en())) },
            html! { (session.place(case.region)) },
            html! { span.mono { (case.enterprise.as_str()) } },
            parts::fen(case.money.amount),
            parts::fen(case.money.outstanding()),
            html! { @if let Some(due) = pending_day(case) { (parts::day(due)) " " } (parts::badge(how, &age)) },
            html! { (next(lang, case.state)) },
        ];
        (Some(address(case.case_id)), cells)
    });
    Ok(html! {
        (parts::tabs(lang.pick("按状态", "By state"), std::iter::once(all).chain(tabs)))
        @if cases.is_empty() {
            (parts::empty(lang.pick("没有此状态的案件", "No case in this state"), next(lang, state)))
        } @else {
            (parts::table(state_words(session, state), &columns, rows))
            (parts::pager(lang, first.as_deref(), next_page.as_deref()))
        }
    })
}

fn list_address(state: CaseState) -> String {
    format!("/console/clawback?state={}", state.code())
}

/// One more than is shown, to see whether there is more.
async fn read(
    web: &Web,
    session: &Session,
    state: CaseState,
    before: Option<CaseId>,
    shown: u32,
) -> Result<Vec<CaseRecord>, PageError> {
    let filter =
        CaseFilter { within: session.caller.region, state: Some(state), before, limit: shown.saturating_add(1) };
    Ok(web.gateway.cases(&session.caller, filter).await?)
}

/// Whether there were more than are shown; the rest is cut off.
fn over_limit(cases: &mut Vec<CaseRecord>, shown: u32) -> bool {
    let shown = usize::try_from(shown).unwrap_or(usize::MAX);
    let is_over = cases.len() > shown;
    cases.truncate(shown);
    is_over
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_its_column() {
        for state in CaseState::ALL {
            assert_eq!(STAGES.iter().filter(|(_, _, states)| states.contains(&state)).count(), 1, "{state:?}");
        }
    }

    #[test]
    fn a_rate_is_never_rounded_up_to_all() {
        let rate = |part, whole| permille(Fen::new(part), Fen::new(whole));
        assert_eq!((rate(0, 0), rate(1, 3), rate(999_999, 1_000_000), rate(5, 5)), (0, 333, 999, 1_000));
        assert_eq!(rate(i64::MAX, i64::MAX), 1_000);
    }
}
