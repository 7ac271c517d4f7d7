//! What can be done with a suspect by who looks at it: one form each, and none that would be refused.

use maud::{Markup, html};

use super::head::claim_called;
use super::typed::{Act, Typed, at, beside};
use crate::domain::caller::{Caller, Role};
use crate::domain::claim::ClaimState;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::SuspectState;
use crate::domain::suspect::desk::{DismissalReason, JUDGE_DAYS, NewFact};
use crate::web::error::Violation;
use crate::web::lang::Lang;
use crate::web::pages::suspects::asked::LIST;
use crate::web::pages::suspects::table::own_desks;
use crate::web::parts;
use crate::workflows::record::desk::{DeskRecord, UnmaskReason};
use crate::workflows::record::{SuspectRecord, SuspectSide};

/// What the forms are made of.
pub(super) struct Forms<'a> {
    pub(super) lang: Lang,
    pub(super) caller: &'a Caller,
    pub(super) person: &'a OperatorId,
    pub(super) suspect: &'a SuspectRecord,
    /// The desk that the forms act at.
    pub(super) desk: &'a DeskRecord,
    /// Whether the caller must say for which province it acts.
    pub(super) asks_province: bool,
    /// What every form carries against forgery.
    pub(super) guard: Markup,
    /// A request id for each form: the same form sent twice is one request.
    pub(super) request_id: String,
    /// When the page was made, in milliseconds.
    pub(super) seen: i64,
    /// What was typed into the form that was sent, with what is wrong with it.
    pub(super) typed: &'a Typed,
    pub(super) faults: &'a [Violation],
}

impl Forms<'_> {
    fn may(&self, role: Role) -> bool {
        self.caller.roles.contains(&role)
    }

    fn typed(&self, act: Act) -> Option<&Typed> {
        Some(self.typed).filter(|typed| typed.act == act && !typed.request_id.is_empty())
    }

    fn fault(&self, act: Act, field: &str) -> Option<&str> {
        self.typed(act).and_then(|_| at(self.lang, self.faults, field))
    }

    /// What tells the forms of two provinces' desks apart; nothing where there is one.
    fn mark_of(&self, desk: &DeskRecord) -> String {
        if self.asks_province { format!("-{}", desk.province) } else { String::new() }
    }

    fn is_mine_to_work(&self) -> bool {
        self.desk.desk.assignee.as_ref().is_none_or(|assignee| assignee == self.person)
    }
}

/// The panel with all of them.
pub(super) fn actions(forms: &Forms<'_>) -> Markup {
    let lang = forms.lang;
    let closed = forms.desk.desk.state.is_closed();
    let judges = forms.may(Role::SuspectsJudge);
    let assigns = forms.may(Role::SuspectsAssign);
    if !judges && !assigns {
        return html! { p.faint { (lang.pick("您的权限只能查看疑点，不能办理。", "You may look at suspects, but not work on them.")) } };
    }
    html! {
        @if forms.asks_province { p.under { (lang.pick("办理下列事项：", "Acts here are")) (for_province(lang, forms.desk)) } }
        @if closed {
            (clawback(forms))
            @if judges { (reopen(forms)) (comment(forms)) }
        } @else {
            @if judges && forms.is_mine_to_work() {
                @if forms.desk.desk.state != SuspectState::Investigating { (take_up(forms)) }
                (judge(forms))
            } @else if judges { (others(forms)) }
            @if assigns { (assign(forms)) }
            @if judges { (reopen(forms)) (comment(forms)) }
        }
    }
}

/// What each form carries unseen.
fn hidden(forms: &Forms<'_>, act: &str) -> Markup {
    hidden_at(forms, act, forms.desk)
}

/// The same for one of several desks.
fn hidden_at(forms: &Forms<'_>, act: &str, desk: &DeskRecord) -> Markup {
    html! {
        (forms.guard)
        (parts::hidden("act", act))
        (parts::hidden("request_id", &format!("{}-{act}{}", forms.request_id, forms.mark_of(desk))))
        (parts::hidden("version", &desk.version.to_string()))
        (parts::hidden("seen", &forms.seen.to_string()))
        @if forms.asks_province { (parts::hidden("province", desk.province.as_str())) }
    }
}

fn address(forms: &Forms<'_>) -> String {
    format!("{LIST}/{}", forms.suspect.suspect_id)
}

fn others(forms: &Forms<'_>) -> Markup {
    let words = forms.lang.pick(
        "此疑点由他人承办，须由负责人改派后才能办理。",
        "It is another person's; who leads the team may give it to you.",
    );
    html! { p.note { (words) } }
}

fn take_up(forms: &Forms<'_>) -> Markup {
    let lang = forms.lang;
    html! {
        form.act.row-form method="post" action=(address(forms)) {
            (hidden(forms, "take-up"))
            button type="submit" { (lang.pick("由我核实", "Take it up")) }
            span.faint { (lang.pick(format!("此后有{JUDGE_DAYS}天作出结论"), format!("then there are {JUDGE_DAYS} days to judge it"))) }
        }
    }
}

fn judge(forms: &Forms<'_>) -> Markup {
    let lang = forms.lang;
    let typed = forms.typed(Act::Judge);
    let finding = typed.map(|it| it.finding.as_str()).unwrap_or_default();
    let reason = typed.map(|it| it.reason.as_str()).unwrap_or_default();
    html! {
        form.act.act-judge method="post" action=(address(forms)) aria-labelledby="judge" {
            h3 #judge { (lang.pick("作出结论", "Judge")) }
            (hidden(forms, "judge"))
            fieldset.findings aria-describedby=[forms.fault(Act::Judge, "finding").map(|_| "judge-finding-fault")] {
                legend.unseen { (lang.pick("结论", "Finding")) }
                @for (code, words) in [("confirm", lang.pick("属实", "It is true")), ("dismiss", lang.pick("不属实", "It is not"))] {
                    label.finding { input type="radio" name="finding" value=(code) required checked[finding == code]; span { (words) } }
                }
            }
            (beside("judge-finding-fault", forms.fault(Act::Judge, "finding")))
            div.reason-of-dismissal {
                div.field {
                    label for="judge-reason" { (lang.pick("不属实的原因", "Why it is not")) }
                    select #judge-reason name="reason" aria-describedby=[forms.fault(Act::Judge, "reason").map(|_| "judge-reason-fault")] {
                        option value="" { (lang.pick("请选择", "choose")) }
                        @for it in DismissalReason::ALL {
                            option value=(it.code()) selected[reason == it.code()] { (lang.pick(it.zh(), it.en())) }
                        }
                    }
                }
                (beside("judge-reason-fault", forms.fault(Act::Judge, "reason")))
            }
            (words(forms, Act::Judge, "judge-words", lang.pick("依据（不写证件号码、电话）", "On what evidence (no numbers of persons)")))
            button.primary type="submit" { (lang.pick("作出结论", "Judge it")) }
        }
    }
}

fn assign(forms: &Forms<'_>) -> Markup {
    let lang = forms.lang;
    let typed = forms.typed(Act::Assign).map(|it| it.assignee.as_str()).unwrap_or_default();
    html! {
        form.act method="post" action=(address(forms)) aria-labelledby="assign" {
            h3 #assign { (lang.pick("分派", "Give it to")) }
            (hidden(forms, "assign"))
            div.row-form {
                div.field {
                    label for="assignee" { (lang.pick("承办人编号", "Person's id")) }
                    input #assignee name="assignee" value=(typed) required maxlength="64" autocomplete="off" placeholder="wang.li"
                        aria-describedby=[forms.fault(Act::Assign, "assignee").map(|_| "assignee-fault")];
                }
                button type="submit" { (lang.pick("分派", "Give")) }
            }
            (beside("assignee-fault", forms.fault(Act::Assign, "assignee")))
        }
    }
}

fn comment(forms: &Forms<'_>) -> Markup {
    let lang = forms.lang;
    html! {
        details.act-more open[forms.typed(Act::Comment).is_some()] {
            summary { (lang.pick("记录进展", "Write down a comment")) }
            form.act method="post" action=(address(forms)) {
                (hidden(forms, "comment"))
                (words(forms, Act::Comment, "comment-words", lang.pick("进展", "Comment")))
                button type="submit" { (lang.pick("记录", "Write down")) }
            }
        }
    }
}

/// Each closed desk of the person's can be opened again, whatever the other province's stands at.
fn reopen(forms: &Forms<'_>) -> Markup {
    let closed = own_desks(forms.suspect, forms.caller.region).filter(|desk| desk.desk.state.is_closed());
    html! { @for desk in closed { (reopen_at(forms, desk)) } }
}

fn reopen_at(forms: &Forms<'_>, desk: &DeskRecord) -> Markup {
    let lang = forms.lang;
    let typed = forms.typed(Act::Reopen).filter(|it| !forms.asks_province || it.province == desk.province.as_str());
    let fact = typed.map(|it| it.fact.as_str()).unwrap_or_default();
    let fault = typed.and_then(|_| forms.fault(Act::Reopen, "fact"));
    let mark = forms.mark_of(desk);
    let (id, fault_id) = (format!("fact{mark}"), format!("fact{mark}-fault"));
    html! {
        details.act-more open[typed.is_some()] {
            summary {
                (lang.pick("有新情况，重新核实", "Open again because of a new fact"))
                @if forms.asks_province { (for_province(lang, desk)) }
            }
            form.act method="post" action=(address(forms)) {
                (hidden_at(forms, "reopen", desk))
                div.field {
                    label for=(id) { (lang.pick("新情况", "What is new")) }
                    select id=(id) name="fact" required aria-describedby=[fault.map(|_| &fault_id)] {
                        option value="" { (lang.pick("请选择", "choose")) }
                        @for it in NewFact::ALL { option value=(it.code()) selected[fact == it.code()] { (lang.pick(it.zh(), it.en())) } }
                    }
                }
                (beside(&fault_id, fault))
                (words_of(typed, forms, Act::Reopen, &format!("reopen-words{mark}"), lang.pick("说明", "In words")))
                button type="submit" { (lang.pick("重新核实", "Open again")) }
            }
        }
    }
}

fn for_province(lang: Lang, desk: &DeskRecord) -> String {
    let province = lang.province(desk.province);
    lang.pick(format!("（代{province}）"), format!(" (for {province})"))
}

/// A confirmed suspect leads to a case for each of its claims that was paid.
fn clawback(forms: &Forms<'_>) -> Markup {
    let lang = forms.lang;
    let suspect = forms.suspect;
    if !forms.may(Role::ClawbackHandle) || forms.desk.desk.state != SuspectState::Confirmed {
        return html! {};
    }
    let sides = suspect.first.iter().map(|side| (side, true)).chain([(&suspect.second, false)]);
    let paid = sides.filter(|(side, _)| side.state == ClaimState::Paid && forms.caller.region.covers(side.region));
    html! {
        @for (side, is_first) in paid {
            a.primary href=(format!("/console/clawback/new?suspect={}&claim={}", suspect.suspect_id, side.claim_id)) {
                (lang.pick("起草追回：", "Draft a clawback: ")) (claim_called(lang, suspect, is_first))
            }
        }
    }
}

/// The field for words, kept as typed.
fn words(forms: &Forms<'_>, act: Act, id: &str, label: &str) -> Markup {
    words_of(forms.typed(act), forms, act, id, label)
}

/// The same where only one of several forms was typed into.
fn words_of(typed: Option<&Typed>, forms: &Forms<'_>, act: Act, id: &str, label: &str) -> Markup {
    let fault = typed.and_then(|_| forms.fault(act, "words"));
    let typed = typed.map(|it| it.words.as_str()).unwrap_or_default();
    html! {
        div.field.wrong[fault.is_some()] {
            label for=(id) { (label) }
            textarea id=(id) name="words" rows="3" maxlength="200" required aria-invalid=[fault.map(|_| "true")]
                aria-describedby=[fault.map(|_| format!("{id}-fault"))] { (typed) }
            (beside(&format!("{id}-fault"), fault))
        }
    }
}

/// For each claim with a person: the form to see the person in the open. The answer is a page of its own, shown once.
pub(super) fn unmask(forms: &Forms<'_>) -> Markup {
    let lang = forms.lang;
    let suspect = forms.suspect;
    let sides = suspect.first.iter().map(|side| (side, true)).chain([(&suspect.second, false)]);
    let seen: Vec<(&SuspectSide, bool)> =
        sides.filter(|(side, _)| side.person.is_some() && forms.caller.region.covers(side.region)).collect();
    if seen.is_empty() || !forms.may(Role::SuspectsUnmask) {
        return html! {};
    }
    html! {
        details.act-more {
            summary { (lang.pick("查看姓名和证件号码", "See the name and number in the open")) }
            p.faint { (lang.pick("须写明理由；谁在何时为何查看，都记入审计。", "Give a reason; who looked, when and why is kept in the audit log.")) }
            @for (side, is_first) in seen.iter().copied() {
                form.act method="post" action=(format!("{}/unmask", address(forms))) autocomplete="off" {
                    (forms.guard)
                    (parts::hidden("claim", &side.claim_id.to_string()))
                    @if seen.len() > 1 { h3 { (claim_called(lang, suspect, is_first)) } }
                    (unmask_fields(lang, if is_first { "first" } else { "second" }, ("", ""), &[]))
                }
            }
        }
    }
}

/// The fields of that form, kept as typed; `id` keeps those of two claims apart.
pub(super) fn unmask_fields(lang: Lang, id: &str, (reason, words): (&str, &str), faults: &[Violation]) -> Markup {
    let (of_reason, of_words) = (at(lang, faults, "reason"), at(lang, faults, "words"));
    html! {
        div.field.wrong[of_reason.is_some()] {
            label for=(format!("{id}-reason")) { (lang.pick("理由", "Reason")) }
            select id=(format!("{id}-reason")) name="reason" {
                option value="" { (lang.pick("请选择", "choose")) }
                @for it in UnmaskReason::ALL { option value=(it.code()) selected[reason == it.code()] { (lang.pick(it.zh(), it.en())) } }
            }
            (beside(&format!("{id}-reason-fault"), of_reason))
        }
        div.field.wrong[of_words.is_some()] {
            label for=(format!("{id}-words")) { (lang.pick("说明", "In words")) }
            input id=(format!("{id}-words")) name="words" value=(words) maxlength="200" autocomplete="off";
            (beside(&format!("{id}-words-fault"), of_words))
        }
        button type="submit" { (lang.pick("查看一次", "See it once")) }
    }
}
