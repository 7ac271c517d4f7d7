//! What a claim says, field by field, so that two can be laid side by side: masked to be shown, whole to be compared.

use jiff::civil::Date;

use super::weight::Side;
use crate::domain::calendar::cst_date;
use crate::domain::claim::{ClaimRoute, DispatchPapers, DispatchSide, Graduate, Subject, Workforce};
use crate::domain::identity::personal_number;

/// One field of one claim.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// A stable name.
    pub name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
    /// Masked; empty where the claim does not say.
    pub shown: String,
    /// In the open, to be compared and never shown.
    pub whole: String,
}

/// The fields of a claim, in the order in which they are read. Claims of one subsidy have the same ones.
pub fn fields(side: &Side<'_>) -> Vec<Field> {
    let claim = side.claim;
    let name = claim.enterprise_name.as_ref().map(|it| it.as_str()).unwrap_or_default();
    let account = claim.account.as_ref();
    let mut fields = vec![
        open("enterprise", "统一社会信用代码", "social credit code", claim.enterprise.as_str()),
        open("enterprise_name", "企业名称", "enterprise", name),
        open("region", "参保地", "place of enrollment", claim.region.as_str()),
        open("sheet", "政策表", "policy sheet", &claim.sheet_id),
        open("route", "申领方式", "route", route(claim.route)),
        open("received_on", "受理日期", "received on", &cst_date(claim.received_at).to_string()),
        masked("account", "收款账户", "account", account.map(|it| (it.masked(), it.as_str()))),
    ];
    if let Some(person) = side.person() {
        let phone = person.phone.as_ref().map(|it| (it.masked(), it.as_str()));
        fields.push(masked("person_name", "姓名", "name", Some((person.name.masked(), person.name.as_str()))));
        let number = Some((person.resident_id.masked(), person.resident_id.as_str()));
        fields.push(masked("resident_id", "身份证号", "resident number", number));
        fields.push(masked("phone", "手机号", "phone", phone));
    }
    match &claim.subject {
        Subject::Graduate(graduate) => of_graduate(graduate, &mut fields),
        Subject::Workforce(workforce) => of_workforce(workforce, side.unit, &mut fields),
    }
    fields
}

fn of_graduate(graduate: &Graduate, fields: &mut Vec<Field>) {
    let papers = graduate.dispatch.as_ref();
    let host = papers.map(|it| it.host.as_str()).unwrap_or_default();
    let paper = |number: fn(&DispatchPapers) -> Option<&String>| {
        papers.and_then(number).map(|number| (without_long_numbers(number), number.as_str()))
    };
    fields.extend([
        open("graduated_on", "毕业日期", "graduated on", &day(graduate.graduated_on)),
        open("contract_from", "合同起始", "contract from", &day(graduate.contract_from)),
        open("contract_until", "合同终止", "contract until", &day(graduate.contract_until)),
        open("host", "用工单位", "host employer", host),
        masked("dispatch_agreement", "派遣协议", "dispatch agreement", paper(|it| it.dispatch_agreement.as_ref())),
        masked("sharing_agreement", "分配协议", "sharing agreement", paper(|it| it.sharing_agreement.as_ref())),
    ]);
}

fn of_workforce(workforce: &Workforce, unit: Option<usize>, fields: &mut Vec<Field>) {
    let headcount = workforce.claimed_headcount.map(|it| it.to_string()).unwrap_or_default();
    fields.push(open("claimed_headcount", "申报人数", "claimed headcount", &headcount));
    fields.push(open("roster", "派遣花名册人数", "rostered workers", &workforce.roster.len().to_string()));
    if let Some(worker) = unit.and_then(|unit| workforce.roster.get(unit)) {
        let side = match worker.side {
            DispatchSide::Agency => "派遣单位 agency",
            DispatchSide::Host => "用工单位 host",
        };
        fields.push(open("worker_side", "计入方", "counted by", side));
    }
}

fn route(route: ClaimRoute) -> &'static str {
    match route {
        ClaimRoute::Automatic => "免申即享 automatic",
        ClaimRoute::SelfApplied => "自主申请 self-applied",
    }
}

fn day(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

fn open(name: &'static str, zh: &'static str, en: &'static str, text: &str) -> Field {
    Field { name, zh, en, shown: text.to_owned(), whole: text.to_owned() }
}

fn masked(name: &'static str, zh: &'static str, en: &'static str, text: Option<(String, &str)>) -> Field {
    let (shown, whole) = text.map(|(shown, whole)| (shown, whole.to_owned())).unwrap_or_default();
    Field { name, zh, en, shown, whole }
}

/// From so many digits on, a number may be somebody's.
const LONG_NUMBER: usize = 8;

/// Agreements are numbered as their offices like: a number as long as a phone's is not shown.
fn without_long_numbers(text: &str) -> String {
    // Written in groups, which of them belong to the number is not guessed at.
    if personal_number::stands_in(text) {
        return text.chars().map(|it| if it.is_numeric() || matches!(it, 'x' | 'X') { '*' } else { it }).collect();
    }
    let mut shown = String::with_capacity(text.len());
    let mut run = String::new();
    for character in text.chars().map(Some).chain([None]) {
        match character {
            Some(digit) if digit.is_numeric() || matches!(digit, 'x' | 'X') && !run.is_empty() => run.push(digit),
            other => {
                let is_long = run.chars().count() >= LONG_NUMBER;
                if is_long {
                    shown.extend(run.chars().map(|_| '*'));
                } else {
                    shown.push_str(&run);
                }
                run.clear();
                shown.extend(other);
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_number_in_an_agreement_is_not_shown() {
        let check = |text: &str, expected: &str| assert_eq!(without_long_numbers(text), expected);
        check("聊派2022-17号", "聊派2022-17号");
        check("协议13844550001号", "协议***********号");
        check("协议１３８４４５５０００１", "协议***********");
        check("37150219990101001X", "******************");
        check("138-4455-0001 的协议", "***-****-**** 的协议");
        check("371502 19991231 001X", "****** ******** ****");
        check("1234567", "1234567");
        check("X-1", "X-1");
    }
}
