//! 告知书 and 限期退回通知书 as pages of their own, to be printed on A4.

use axum::extract::{Path, State};
use maud::{Markup, html};

use super::{address, case_id};
use crate::web::error::PageError;
use crate::web::layout::{self, Nav};
use crate::web::{Session, Web};

/// Title, number and addressee stand above the text, the agency and the day below it.
const HEAD_LINES: usize = 3;
const FOOT_LINES: usize = 2;

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Path((case, paper)): Path<(String, String)>,
) -> Result<Markup, PageError> {
    let lang = session.lang;
    let id = case_id(&case)?;
    let file = web.gateway.case(&session.caller, id).await?;
    let (text, zh, en) = match paper.as_str() {
        "notice" => (file.notice, "告知书", "Notice"),
        "demand" => (file.demand, "限期退回通知书", "Demand"),
        _ => return Err(PageError::NotFound),
    };
    let text = text.ok_or(PageError::NotFound)?;
    let number = &file.case.case_number;
    let title = lang.pick(format!("{zh} {number}"), format!("{en} {number}"));
    let body = html! {
        p.paper-tools {
            a.button href=(address(id)) { (lang.pick("回到案件", "Back to the case")) }
            button.primary type="button" data-print { (lang.pick("打印", "Print")) }
            span.hint { (lang.pick("也可用Ctrl+P打印或存为PDF。", "Or press Ctrl+P.")) }
        }
        (sheet(&text))
    };
    Ok(layout::page(&session, Nav::Clawback, &title, body))
}

/// The text as the enterprise gets it, in Chinese whatever the page's language is.
fn sheet(text: &str) -> Markup {
    let lines: Vec<&str> = text.lines().collect();
    let (head, rest) = lines.split_at(lines.len().min(HEAD_LINES));
    let (body, foot) = rest.split_at(rest.len().saturating_sub(FOOT_LINES));
    html! {
        article.paper lang="zh-CN" {
            @for (class, line) in ["paper-title", "paper-number", "paper-addressee"].into_iter().zip(head) { p.(class) { (line) } }
            // The blanks that begin a paragraph on paper are the style's to give.
            @for line in body { p.paper-text { (line.trim_start_matches('　')) } }
            div.paper-foot { @for line in foot { p { (line) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_a_paper_is_printed_once() {
        let text = "标题\n案件编号：1\n某公司：\n　　一、事实：<甲>。\n　　二、依据。\n某经办机构\n2022年10月28日";
        let shown = sheet(text).0;
        for line in
            ["标题", "案件编号：1", "某公司：", "一、事实：&lt;甲&gt;。", "二、依据。", "某经办机构", "2022年10月28日"]
        {
            assert_eq!(shown.matches(line).count(), 1, "{line} in {shown}");
        }
        // Nothing is lost of a text of another length either.
        assert!(sheet("只有一行").0.contains("只有一行"));
    }
}
