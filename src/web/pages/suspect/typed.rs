//! What a person typed into a form of this page: read into a step, or kept as typed with what is wrong beside each field.

use maud::{Markup, html};
use serde::Deserialize;

use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::desk::{DeskStep, DismissalReason, NewFact};
use crate::web::lang::Lang;

/// As the contract's texts.
const WORDS_CHARACTERS_MAX: usize = 200;
/// Shorter than a phone number, so that neither one nor an identity number hides in a text.
const DIGITS_RUN_MAX: usize = 10;

/// Which form was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::web) enum Act {
    /// No form of ours.
    #[default]
    Unsaid,
    Judge,
    TakeUp,
    Assign,
    Comment,
    Reopen,
}

/// The fields of all forms; each sends its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Typed {
    pub(in crate::web) act: Act,
    /// Made with the form, so that sending it twice is one request.
    pub(in crate::web) request_id: String,
    /// Of the desk that the person saw.
    pub(in crate::web) version: Option<i64>,
    /// When the page was made, in milliseconds: what came later is new to the person.
    pub(in crate::web) seen: Option<i64>,
    pub(in crate::web) province: String,
    pub(in crate::web) finding: String,
    pub(in crate::web) reason: String,
    pub(in crate::web) fact: String,
    pub(in crate::web) assignee: String,
    pub(in crate::web) words: String,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) struct Fault {
    pub(in crate::web) field: &'static str,
    pub(in crate::web) zh: &'static str,
    pub(in crate::web) en: &'static str,
}

const fn fault(field: &'static str, zh: &'static str, en: &'static str) -> Fault {
    Fault { field, zh, en }
}

/// The words of a fault at a field.
pub(in crate::web) fn at(lang: Lang, faults: &[Fault], field: &str) -> Option<&'static str> {
    faults.iter().find(|fault| fault.field == field).map(|fault| lang.pick(fault.zh, fault.en))
}

/// What is wrong, beside its field.
pub(in crate::web) fn beside(id: &str, fault: Option<&str>) -> Markup {
    html! { @if let Some(fault) = fault { p.field-error id=(id) role="alert" { (fault) } } }
}

/// A form that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Read {
    pub(in crate::web) step: DeskStep,
    pub(in crate::web) words: String,
    pub(in crate::web) province: Option<Region>,
}

impl Typed {
    /// The step that the form asks for.
    pub(in crate::web) fn read(&self, caller: &Caller, person: &OperatorId) -> Result<Read, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut noted = |result: Result<DeskStep, Fault>| result.map_err(|found| faults.push(found)).ok();
        let step = match self.act {
            Act::Unsaid => noted(Err(ACT_MISSING)),
            Act::Judge => noted(self.finding()),
            Act::TakeUp => Some(DeskStep::TakeUp),
            Act::Assign => noted(self.assignment(caller, person)),
            Act::Comment => Some(DeskStep::Comment),
            Act::Reopen => noted(self.new_fact()),
        };
        let needs_words = matches!(self.act, Act::Judge | Act::Comment | Act::Reopen);
        let words = words(&self.words, needs_words).map_err(|found| faults.push(found)).ok();
        let province = match self.province.trim() {
            "" => Some(None),
            code => Region::parse(code).map(Some).map_err(|_| faults.push(PROVINCE_UNKNOWN)).ok(),
        };
        match (step, words, province) {
            (Some(step), Some(words), Some(province)) if faults.is_empty() => Ok(Read { step, words, province }),
            _ => Err(faults),
        }
    }

    fn finding(&self) -> Result<DeskStep, Fault> {
        match self.finding.as_str() {
            "confirm" => Ok(DeskStep::Confirm),
            "dismiss" => DismissalReason::from_code(&self.reason).map(DeskStep::Dismiss).ok_or(REASON_MISSING),
            _ => Err(FINDING_MISSING),
        }
    }

    fn assignment(&self, caller: &Caller, person: &OperatorId) -> Result<DeskStep, Fault> {
        let assignee = match self.assignee.trim() {
            "me" => person.clone(),
            named => OperatorId::new(&caller.organization, named)
                .map_err(|error| Fault { zh: error.zh(), ..ASSIGNEE_UNREADABLE })?,
        };
        Ok(DeskStep::Assign { assignee })
    }

    fn new_fact(&self) -> Result<DeskStep, Fault> {
        NewFact::from_code(&self.fact).map(DeskStep::Reopen).ok_or(FACT_MISSING)
    }
}

const ACT_MISSING: Fault = fault("act", "没有说明要办理什么", "it is not said what is to be done");
const FINDING_MISSING: Fault = fault("finding", "请选择属实或不属实", "choose whether it is true");
const REASON_MISSING: Fault = fault("reason", "不属实的，请选择原因", "choose why it is not true");
const FACT_MISSING: Fault = fault("fact", "请选择有何新情况", "choose what is new");
const ASSIGNEE_UNREADABLE: Fault =
    fault("assignee", "", "the person's id has letters, digits, dots, underscores and hyphens");
const PROVINCE_UNKNOWN: Fault = fault("province", "请选择代哪一省办理", "choose the province to act for");
const WORDS_MISSING: Fault = fault("words", "请写明依据", "write down on what evidence");
const WORDS_TOO_LONG: Fault = fault("words", "文字超过200个字", "text exceeds 200 characters");
const WORDS_CONTROL: Fault = fault("words", "文字中含有控制字符", "text has a control character");
const WORDS_PERSONAL: Fault =
    fault("words", "文字中含有电话或证件号码，请删去", "text has a number as long as a phone or identity number");

/// Words for the record: without a number of somebody's (I11).
pub(in crate::web) fn words(typed: &str, needed: bool) -> Result<String, Fault> {
    let words = typed.replace("\r\n", "\n").trim().to_owned();
    let personal = words.split(|it: char| !it.is_numeric()).any(|run| run.chars().count() > DIGITS_RUN_MAX);
    match () {
        () if words.is_empty() && needed => Err(WORDS_MISSING),
        () if words.chars().count() > WORDS_CHARACTERS_MAX => Err(WORDS_TOO_LONG),
        () if words.chars().any(char::is_control) => Err(WORDS_CONTROL),
        () if personal => Err(WORDS_PERSONAL),
        () => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: Typed) -> Result<Read, Vec<&'static str>> {
        let person = OperatorId::new("lc-hrss", "wang.li").unwrap();
        let caller = Caller {
            organization: "lc-hrss".into(),
            system: "console".into(),
            region: Region::parse("371500").unwrap(),
            roles: std::collections::BTreeSet::new(),
            person: Some(person.clone()),
        };
        typed.read(&caller, &person).map_err(|faults| faults.into_iter().map(|fault| fault.field).collect())
    }

    fn typed(act: Act, change: impl FnOnce(&mut Typed)) -> Typed {
        let mut typed = Typed { act, words: "合同与参保记录不符".into(), ..Typed::default() };
        change(&mut typed);
        typed
    }

    #[test]
    fn a_dismissal_needs_its_reason_and_a_judgment_its_words() {
        let step = |typed| read(typed).map(|it| it.step);
        assert_eq!(step(typed(Act::Judge, |it| it.finding = "confirm".into())), Ok(DeskStep::Confirm));
        assert_eq!(step(typed(Act::Judge, |it| it.finding = "dismiss".into())), Err(vec!["reason"]));
        let dismissed = |it: &mut Typed| (it.finding, it.reason) = ("dismiss".into(), "put-right".into());
        assert_eq!(step(typed(Act::Judge, dismissed)), Ok(DeskStep::Dismiss(DismissalReason::PutRight)));
        assert_eq!(step(typed(Act::Judge, |it| it.words.clear())), Err(vec!["finding", "words"]));
        assert_eq!(step(typed(Act::Reopen, |_| {})), Err(vec!["fact"]));
        assert_eq!(step(typed(Act::Comment, |it| it.words = " ".into())), Err(vec!["words"]));
        assert_eq!(step(typed(Act::TakeUp, |it| it.words.clear())), Ok(DeskStep::TakeUp));
    }

    #[test]
    fn to_take_it_oneself_is_to_be_the_assignee() {
        let person = OperatorId::new("lc-hrss", "wang.li").unwrap();
        let step = |name: &str| read(typed(Act::Assign, |it| it.assignee = name.into())).map(|it| it.step);
        assert_eq!(step("me"), Ok(DeskStep::Assign { assignee: person }));
        assert_eq!(step("王丽"), Err(vec!["assignee"]));
        assert_eq!(step(""), Err(vec!["assignee"]));
    }

    #[test]
    fn words_have_no_room_for_a_number_of_somebodys() {
        let check =
            |text: &str, expected: Result<&str, Fault>| assert_eq!(words(text, true), expected.map(str::to_owned));
        check(" 属实 ", Ok("属实"));
        check("请联系１３８００００００００", Err(WORDS_PERSONAL));
        check("a\u{7}b", Err(WORDS_CONTROL));
        check(&"字".repeat(201), Err(WORDS_TOO_LONG));
    }
}
