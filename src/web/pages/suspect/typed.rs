//! What a person typed into a form of this page: read into a step, or kept as typed with what is wrong beside each field.

use maud::{Markup, html};
use serde::Deserialize;

use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::desk::{DeskStep, DismissalReason, NewFact};
use crate::domain::written;
use crate::web::error::Violation;
use crate::web::lang::Lang;

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
pub(in crate::web) fn fault(field: &'static str, zh: &str, en: &str) -> Violation {
    Violation { field, zh: zh.to_owned(), en: en.to_owned() }
}

/// The words of a fault at a field.
pub(in crate::web) fn at<'a>(lang: Lang, faults: &'a [Violation], field: &str) -> Option<&'a str> {
    faults.iter().find(|fault| fault.field == field).map(|fault| lang.pick(fault.zh.as_str(), fault.en.as_str()))
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
    pub(in crate::web) fn read(&self, caller: &Caller, person: &OperatorId) -> Result<Read, Vec<Violation>> {
        let mut faults = Vec::new();
        let mut noted = |result: Result<DeskStep, Violation>| result.map_err(|found| faults.push(found)).ok();
        let step = match self.act {
            Act::Unsaid => noted(Err(act_missing())),
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
            code => Region::parse(code).map(Some).map_err(|_| faults.push(province_unknown())).ok(),
        };
        match (step, words, province) {
            (Some(step), Some(words), Some(province)) if faults.is_empty() => Ok(Read { step, words, province }),
            _ => Err(faults),
        }
    }

    fn finding(&self) -> Result<DeskStep, Violation> {
        match self.finding.as_str() {
            "confirm" => Ok(DeskStep::Confirm),
            "dismiss" => DismissalReason::from_code(&self.reason).map(DeskStep::Dismiss).ok_or_else(reason_missing),
            _ => Err(finding_missing()),
        }
    }

    fn assignment(&self, caller: &Caller, person: &OperatorId) -> Result<DeskStep, Violation> {
        let assignee = match self.assignee.trim() {
            "me" => person.clone(),
            named => OperatorId::new(&caller.organization, named)
                .map_err(|error| fault("assignee", error.zh(), &error.to_string()))?,
        };
        Ok(DeskStep::Assign { assignee })
    }

    fn new_fact(&self) -> Result<DeskStep, Violation> {
        NewFact::from_code(&self.fact).map(DeskStep::Reopen).ok_or_else(fact_missing)
    }
}

fn act_missing() -> Violation {
    fault("act", "没有说明要办理什么", "it is not said what is to be done")
}

fn finding_missing() -> Violation {
    fault("finding", "请选择属实或不属实", "choose whether it is true")
}

fn reason_missing() -> Violation {
    fault("reason", "不属实的，请选择原因", "choose why it is not true")
}

fn fact_missing() -> Violation {
    fault("fact", "请选择有何新情况", "choose what is new")
}

fn province_unknown() -> Violation {
    fault("province", "请选择代哪一省办理", "choose the province to act for")
}

/// Words for the record, as every text that goes into it (I11).
pub(in crate::web) fn words(typed: &str, needed: bool) -> Result<String, Violation> {
    match written::reason(typed) {
        Ok(words) if words.is_empty() && needed => Err(fault("words", "请写明依据", "write down on what evidence")),
        Ok(words) => Ok(words),
        Err(error) => Err(fault("words", error.zh(), &error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::written::WrittenError;

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

    /// What is a fault of any text is one here; who presses Enter in a field of several rows means a blank by it.
    #[test]
    fn words_have_no_room_for_a_number_of_somebodys() {
        let check = |text: &str, expected: Result<&str, &str>| {
            assert_eq!(words(text, true).map_err(|fault| fault.zh), expected.map(str::to_owned).map_err(str::to_owned));
        };
        check(" 属实 ", Ok("属实"));
        check("已去函核对。\r\n属实。", Ok("已去函核对。 属实。"));
        check("\r\n", Err("请写明依据"));
        check("请联系138-0013-8000", Err(WrittenError::PersonalNumber.zh()));
        check("a\u{7}b", Err(WrittenError::ControlCharacter.zh()));
        check(&"字".repeat(201), Err(WrittenError::LineTooLong.zh()));
    }
}
