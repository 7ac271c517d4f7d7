//! Why there is no page, and the page that says so: designed, in both languages, with what to do next.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::html;

use super::lang::Lang;
use super::layout::{self, Nav};
use super::parts;
use super::session::Session;
use crate::domain::rights::Denied;
use crate::workflows::Refusal;

/// Why a page or an action is not given. Carries no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageError {
    /// Does not exist, or is not the person's to see: the two look alike on purpose.
    NotFound,
    Denied(Denied),
    /// The form did not come from a page of ours, or from an earlier session.
    Forged,
    /// The form's fields, each with what is wrong with it in both languages.
    Form(Vec<Violation>),
    /// The page took too long.
    Late,
    /// What the workflow said.
    Refused(Refusal),
}

/// One field that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub field: &'static str,
    pub zh: String,
    pub en: String,
}

impl PageError {
    /// One wrong field.
    pub fn field(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Form(vec![Violation { field, zh: zh.into(), en: en.into() }])
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::Refused(Refusal::NotFound) => StatusCode::NOT_FOUND,
            Self::Denied(_) | Self::Forged | Self::Refused(Refusal::OutsideRegion | Refusal::Denied(_)) => {
                StatusCode::FORBIDDEN
            }
            Self::Form(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Late => StatusCode::GATEWAY_TIMEOUT,
            Self::Refused(Refusal::Overloaded { .. } | Refusal::UnmaskQuota) => StatusCode::TOO_MANY_REQUESTS,
            Self::Refused(Refusal::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused(Refusal::Internal { .. }) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Refused(
                Refusal::RequestIdReused
                | Refusal::AlreadyWithdrawn
                | Refusal::UnknownSheet
                | Refusal::SubjectDoesNotFitSheet
                | Refusal::Precondition(_),
            ) => StatusCode::CONFLICT,
        }
    }

    /// Heading and explanation.
    pub fn words(&self, lang: Lang) -> (&'static str, String) {
        let (heading, zh, en): ((&str, &str), String, String) = match self {
            Self::NotFound | Self::Refused(Refusal::NotFound) => (
                ("没有此页面或记录", "Nothing here"),
                "它可能不存在，也可能不在您的辖区或权限之内。".into(),
                "It may not exist, or it may lie outside your region or your rights.".into(),
            ),
            Self::Denied(denied) => denied_words(*denied),
            Self::Forged => (
                ("请从本系统页面重新提交", "Please submit again from our page"),
                "该表单已过期，或不是从本系统页面提交的；没有任何改动。请返回页面刷新后重试。".into(),
                "The form is too old or did not come from a page of ours; nothing was changed. Go back, reload, try again.".into(),
            ),
            Self::Form(_) => (
                ("有几项填写需要修改", "Some fields need another look"),
                "没有任何改动。".into(),
                "Nothing was changed.".into(),
            ),
            Self::Late => (
                ("处理超时", "This took too long"),
                "请稍后刷新；刚才的操作可能已经完成，请先查看结果再重试。".into(),
                "Reload in a moment. What you did may have been carried out: look before you try again.".into(),
            ),
            Self::Refused(refusal) => refused(refusal),
        };
        (lang.pick(heading.0, heading.1), lang.pick(zh, en))
    }

    /// The error as its page, or as a part of one.
    pub(super) fn framed(&self, frame: &Frame) -> Response {
        let (heading, words) = self.words(frame.lang);
        let body = html! {
            (parts::notice_page(self.is_ours(), heading, html! {
                p { (words) }
                @if let Self::Form(violations) = self {
                    ul { @for it in violations { li { (frame.lang.pick(&it.zh, &it.en)) } } }
                }
                @if let Self::Refused(Refusal::Internal { error_id }) = self {
                    p.mono { (frame.lang.pick("错误编号 ", "error id ")) (error_id) }
                }
                p { a.button href="/console" { (frame.lang.pick("回到今日", "Back to today")) } }
            }))
        };
        let page = match &frame.session {
            _ if frame.wants_part => html! { div.alert role="alert" { strong { (heading) } " " (words) } },
            Some(session) => layout::page(session, Nav::None, heading, body),
            None => layout::plain(frame.lang, heading, "/console", body),
        };
        (self.status(), page).into_response()
    }

    fn is_ours(&self) -> bool {
        self.status().is_server_error()
    }
}

fn denied_words(denied: Denied) -> ((&'static str, &'static str), String, String) {
    match denied {
        Denied::RoleMissing(role) => (
            ("您没有此项权限", "You may not do this"),
            format!("此处需要“{}”权限（{}）。如工作需要，请联系本单位管理员。", role.zh(), role.code()),
            format!(
                "This takes the role {} ({}). Ask your administrator if your work needs it.",
                role.code(),
                role.en()
            ),
        ),
        Denied::NotInTheTable => {
            (("您没有此项权限", "You may not do this"), "此操作未开放。".into(), "This is open to nobody.".into())
        }
        Denied::RegionOutsideCaller => (
            ("不在您的辖区内", "Outside your region"),
            "该地区不在您的辖区之内。".into(),
            "This region lies outside yours.".into(),
        ),
    }
}

fn refused(refusal: &Refusal) -> ((&'static str, &'static str), String, String) {
    match refusal {
        Refusal::Precondition(reason) => {
            (("现在不能这样做", "Not possible now"), reason.zh(), sentence(&reason.to_string()))
        }
        Refusal::Overloaded { .. } => {
            (("系统繁忙", "Too busy"), "请稍候片刻再刷新。".into(), "Please reload in a moment.".into())
        }
        Refusal::UnmaskQuota => (
            ("今日查看次数已满", "No more looks today"),
            "今日查看完整身份信息的次数已满，请明日再试。".into(),
            "You have looked at as many people in the open as one may within a day.".into(),
        ),
        Refusal::Denied(denied) => denied_words(*denied),
        Refusal::Unavailable => (
            ("数据库暂不可用", "The database does not answer"),
            "请稍后刷新；没有数据丢失。".into(),
            "Please reload in a moment; nothing is lost.".into(),
        ),
        Refusal::Internal { .. } => (
            ("系统内部错误", "A fault of ours"),
            "请凭错误编号联系运维。".into(),
            "Please tell your operators the error id.".into(),
        ),
        Refusal::RequestIdReused => (
            ("请求编号已用于另一请求", "Request id used before"),
            "请刷新页面后重新提交。".into(),
            "Reload the page and submit again.".into(),
        ),
        Refusal::AlreadyWithdrawn => (("该申领已撤回", "Claim is withdrawn"), String::new(), String::new()),
        Refusal::UnknownSheet => (("没有此政策表", "No such policy sheet"), String::new(), String::new()),
        Refusal::SubjectDoesNotFitSheet => {
            (("申领对象与补贴不符", "Subject does not fit the subsidy"), String::new(), String::new())
        }
        Refusal::NotFound => (("没有此记录", "No such record"), String::new(), String::new()),
        Refusal::OutsideRegion => (("不在您的辖区内", "Outside your region"), String::new(), String::new()),
    }
}

/// Our errors are in lower case without a full stop; on a page they are sentences.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect()).unwrap_or_default()
}

/// Where an error is shown.
pub(super) struct Frame {
    pub(super) lang: Lang,
    pub(super) session: Option<Session>,
    pub(super) wants_part: bool,
}

impl From<Refusal> for PageError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Denied> for PageError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// A handler's error on its way to the guard, which knows who asks, and draws it.
impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
