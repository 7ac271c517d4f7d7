//! Single fields: read, or noted as a violation under their path.

use std::fmt::Display;
use std::time::Duration;

use jiff::civil::Date;

use super::violation::{FieldError, Violations};
use crate::domain::calendar::Month;
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimId;
use crate::domain::clawback::CaseId;
use crate::domain::identity::{Region, Uscc};
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::payment::PaymentId;
use crate::domain::pooling::BatchId;
use crate::domain::suspect::SuspectId;
use crate::domain::written;
use crate::proto::common::v1 as common;

const REQUEST_ID_LENGTH: std::ops::RangeInclusive<usize> = 8..=64;
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;
const PAGE_DEFAULT: u32 = 50;
const PAGE_MAX: u32 = 500;

/// Notes a fault under a path that is only written when there is one.
pub(super) fn parsed<T, E: FieldError>(
    result: Result<T, E>,
    path: impl Display,
    violations: &mut Violations,
) -> Option<T> {
    result.map_err(|error| violations.add(path.to_string(), error.reason(), error.to_string(), error.zh())).ok()
}

/// A field that may be left empty.
pub(super) fn optional<T, E: FieldError>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
    path: impl Display,
    violations: &mut Violations,
) -> Option<T> {
    if text.trim().is_empty() { None } else { parsed(parse(text), path, violations) }
}

pub(in crate::services) fn request_id(text: String, violations: &mut Violations) -> Option<String> {
    if REQUEST_ID_LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(text);
    }
    let en = "request_id is not 8 to 64 visible ASCII characters";
    violations.add("request_id", "REQUEST_ID_MALFORMED", en, "请求编号应为8至64个可见ASCII字符");
    None
}

/// A short text in somebody's own words; surrounding blanks are typing.
pub(super) fn text(text: &str, path: impl Display, violations: &mut Violations) -> Option<String> {
    parsed(written::line(text), path, violations)
}

/// A text that goes into the audit log, where no personal data may stand (I11).
pub(in crate::services) fn reason_text(words: &str, path: &str, violations: &mut Violations) -> Option<String> {
    parsed(written::reason(words), path, violations)
}

/// A longer text of the same kind, for the file of a case.
pub(in crate::services) fn paragraph(words: &str, path: &str, violations: &mut Violations) -> Option<String> {
    parsed(written::paragraph(words), path, violations)
}

/// A text that may not be left empty.
pub(in crate::services) fn given(text: Option<String>, path: &str, violations: &mut Violations) -> Option<String> {
    if text.as_ref().is_some_and(String::is_empty) {
        missing(path, violations);
        return None;
    }
    text
}

pub(super) fn date(date: Option<common::Date>, path: impl Display, violations: &mut Violations) -> Option<Date> {
    let date = date?;
    let civil = i16::try_from(date.year)
        .ok()
        .filter(|_| YEARS.contains(&date.year))
        .and_then(|year| Date::new(year, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok());
    if civil.is_none() {
        let en = "date is not a day of the years 1900 to 2199";
        violations.add(path.to_string(), "DATE_IMPOSSIBLE", en, "日期不存在或不在1900至2199年之间");
    }
    civil
}

/// A span that may be absent (zero) and is at most `longest`.
pub(in crate::services) fn duration(
    duration: Option<prost_types::Duration>,
    longest: Duration,
    path: &str,
    violations: &mut Violations,
) -> Option<Duration> {
    let Some(duration) = duration else { return Some(Duration::ZERO) };
    // Part by part: prost's own conversion negates what is negative, which the lowest number does not survive.
    let parts = u64::try_from(duration.seconds).ok().zip(u32::try_from(duration.nanos).ok());
    let read = parts.map(|(seconds, nanos)| Duration::new(seconds, nanos)).filter(|read| *read <= longest);
    if read.is_none() {
        let en = format!("duration is not between 0 and {} s", longest.as_secs());
        violations.add(path, "DURATION_OUT_OF_RANGE", en, "时长超出允许范围");
    }
    read
}

/// A region that a request may name to narrow its answer.
pub(in crate::services) fn region(text: &str, violations: &mut Violations) -> Option<Region> {
    optional(text, Region::parse, "region", violations)
}

pub(in crate::services) fn uscc(text: &str, violations: &mut Violations) -> Option<Uscc> {
    optional(text, Uscc::parse, "uscc", violations)
}

pub(in crate::services) fn claim_id(text: &str, path: &str, violations: &mut Violations) -> Option<ClaimId> {
    named(ClaimId::parse(text), path, violations)
}

pub(in crate::services) fn suspect_id(text: &str, path: &str, violations: &mut Violations) -> Option<SuspectId> {
    named(SuspectId::parse(text), path, violations)
}

pub(in crate::services) fn case_id(text: &str, path: &str, violations: &mut Violations) -> Option<CaseId> {
    named(CaseId::parse(text), path, violations)
}

/// A batch that a part of the ledger is narrowed to; empty is all.
pub(super) fn batch_asked(text: &str, path: &str, violations: &mut Violations) -> Option<BatchId> {
    if text.is_empty() { None } else { named(BatchId::parse(text), path, violations) }
}

/// The person who acts, as the calling system asserts it: of the caller's own organization, whatever is sent. A caller that is one person
/// acts as no other.
pub(in crate::services) fn operator(caller: &Caller, person: &str, violations: &mut Violations) -> Option<OperatorId> {
    let operator = colleague(caller, person, "person", violations)?;
    if caller.person.as_ref().is_some_and(|own| *own != operator) {
        violations.add_another_person();
        return None;
    }
    Some(operator)
}

/// A person of the caller's organization.
pub(in crate::services) fn colleague(
    caller: &Caller,
    person: &str,
    path: &str,
    violations: &mut Violations,
) -> Option<OperatorId> {
    parsed(OperatorId::new(&caller.organization, person), path, violations)
}

/// The version of a record that a person saw.
pub(in crate::services) fn version(version: i64, violations: &mut Violations) -> Option<i64> {
    if version < 1 {
        let en = "version is not one that a record has had";
        violations.add("version", "VERSION_NOT_POSITIVE", en, "版本号应为大于0的整数");
        return None;
    }
    Some(version)
}

/// The same where a person need not say; 0 is not said.
pub(in crate::services) fn version_if_seen(seen: i64, violations: &mut Violations) -> Option<i64> {
    if seen == 0 { None } else { version(seen, violations) }
}

/// The province whose desk is meant, where the caller's region does not tell.
pub(in crate::services) fn province(text: &str, violations: &mut Violations) -> Option<Region> {
    optional(text, Region::parse, "province", violations)
}

/// An amount above 0.
pub(in crate::services) fn amount(fen: i64, path: &str, violations: &mut Violations) -> Option<Fen> {
    if fen <= 0 {
        violations.add(path, "AMOUNT_NOT_POSITIVE", "amount is not above 0", "金额应大于0");
        return None;
    }
    Some(Fen::new(fen))
}

/// A bank's own reference of a booking.
pub(in crate::services) fn bank_reference(text: &str, violations: &mut Violations) -> Option<String> {
    parsed(written::bank_reference(text), "bank_reference", violations)
}

/// A month that may be absent.
pub(super) fn month(month: Option<common::Month>, path: &str, violations: &mut Violations) -> Option<Month> {
    let asked = month?;
    let read = i16::try_from(asked.year)
        .ok()
        .filter(|_| YEARS.contains(&asked.year))
        .and_then(|year| Month::new(year, i8::try_from(asked.month).ok()?));
    if read.is_none() {
        let en = "month is not one of the years 1900 to 2199";
        violations.add(path, "MONTH_IMPOSSIBLE", en, "月份不存在或不在1900至2199年之间");
    }
    read
}

pub(in crate::services) fn batch_id(text: &str, path: &str, violations: &mut Violations) -> Option<BatchId> {
    named(BatchId::parse(text), path, violations)
}

pub(in crate::services) fn payment_id(text: &str, path: &str, violations: &mut Violations) -> Option<PaymentId> {
    named(PaymentId::parse(text), path, violations)
}

fn named<T>(id: Option<T>, path: &str, violations: &mut Violations) -> Option<T> {
    if id.is_none() {
        violations.add(path, "ID_MALFORMED", "id is not one that this node gave out", "编号不是本节点给出的编号");
    }
    id
}

/// How many to answer: absent means the default, too many means as many as there may be.
pub(in crate::services) fn page_size(asked: i32, violations: &mut Violations) -> Option<u32> {
    match u32::try_from(asked) {
        Ok(0) => Some(PAGE_DEFAULT),
        Ok(asked) => Some(asked.min(PAGE_MAX)),
        Err(_) => {
            violations.add("page_size", "PAGE_SIZE_NEGATIVE", "page size is negative", "每页条数不能为负");
            None
        }
    }
}

/// A token that this node gave out: a place in an order. Empty is no token.
pub(in crate::services) fn token<T>(
    text: &str,
    path: &str,
    parse: impl FnOnce(&str) -> Option<T>,
    violations: &mut Violations,
) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    let token = parse(text);
    if token.is_none() {
        violations.add(path, "TOKEN_MALFORMED", "token is not one that this node gave out", "令牌不是本节点给出的令牌");
    }
    token
}

/// A place in the order of changes or suspects, as a token holds it.
pub(in crate::services) fn sequence(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

pub(in crate::services) fn missing(path: impl Display, violations: &mut Violations) {
    violations.add(path.to_string(), "FIELD_MISSING", "field is required", "此字段必填");
}

/// An enum's value that is not said, or not known to this version: neither is ever taken for something.
pub(super) fn unknown_value(value: i32, path: impl Display, violations: &mut Violations) {
    let (reason, en, zh) = if value == 0 {
        ("ENUM_UNSPECIFIED", "value is required", "此项必选")
    } else {
        ("ENUM_UNKNOWN", "value is not known to this version", "本版本不认识此取值")
    };
    violations.add(path.to_string(), reason, en, zh);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::ResidentId;

    /// `Ok(None)` is a field left empty.
    fn check<T: PartialEq + std::fmt::Debug>(
        read: impl FnOnce(&mut Violations) -> Option<T>,
        expected: Result<Option<T>, &str>,
    ) {
        let mut violations = Violations::default();
        let value = read(&mut violations);
        let reason = violations.first(9).0.into_iter().map(|it| it.reason).next();
        assert_eq!(reason.map_or(Ok(value), Err), expected.map_err(str::to_owned));
    }

    #[test]
    fn a_request_id_is_visible_ascii_of_a_bounded_length() {
        let id = |text: &str| {
            let expected = if matches!(text.len(), 8..=64) && !text.contains([' ', '\n', 'é']) {
                Ok(Some(text.to_owned()))
            } else {
                Err("REQUEST_ID_MALFORMED")
            };
            check(|violations| request_id(text.to_owned(), violations), expected);
        };
        for length in [0, 7, 8, 64, 65] {
            id(&"a".repeat(length));
        }
        for text in ["with a blank", "with\nanother line", "caféine-1", "0192-ab:cd/~!"] {
            id(text);
        }
    }

    #[test]
    fn a_reason_has_no_room_for_a_number_of_somebodys() {
        let reason = |text: &str, expected| check(|violations| reason_text(text, "reason", violations), expected);
        reason(" 企业申请有误 ", Ok(Some("企业申请有误".to_owned())));
        reason("2022-10-10 的 1234567890 号函", Ok(Some("2022-10-10 的 1234567890 号函".to_owned())));
        reason("请联系13800000000", Err("TEXT_PERSONAL_NUMBER"));
        reason("１３８００００００００", Err("TEXT_PERSONAL_NUMBER"));
        reason("a\u{7}b", Err("TEXT_CONTROL_CHARACTER"));
        reason(&"字".repeat(200), Ok(Some("字".repeat(200))));
        reason(&"字".repeat(201), Err("TEXT_TOO_LONG"));
    }

    #[test]
    fn a_person_is_of_the_calling_organization_and_is_no_number() {
        let caller = Caller {
            organization: "lc-hrss".into(),
            system: "desk".into(),
            region: Region::parse("371502").unwrap(),
            roles: std::collections::BTreeSet::new(),
            person: None,
        };
        let person = |text: &str, expected: Result<Option<&str>, &str>| {
            let expected = expected.map(|it| it.map(OperatorId::kept));
            check(|violations| operator(&caller, text, violations), expected);
        };
        person("Wang.Li", Ok(Some("lc-hrss/wang.li")));
        person("", Err("PERSON_EMPTY"));
        person("13800000000", Err("PERSON_LOOKS_LIKE_NUMBER"));
        person("other/wang.li", Err("PERSON_ILLEGAL_CHARACTER"));
        person(&"a".repeat(65), Err("PERSON_TOO_LONG"));
    }

    #[test]
    fn who_is_one_person_acts_as_no_other() {
        let own = OperatorId::kept("lc-hrss/wang.li");
        let caller = Caller {
            organization: "lc-hrss".into(),
            system: "console".into(),
            region: Region::parse("371502").unwrap(),
            roles: std::collections::BTreeSet::new(),
            person: Some(own.clone()),
        };
        let mut violations = Violations::default();
        assert_eq!(operator(&caller, "WANG.LI", &mut violations), Some(own));
        assert!(violations.is_empty());
        assert_eq!(operator(&caller, "li.na", &mut violations), None);
        assert!(violations.is_another_person() && !violations.is_empty());
        check(|violations| operator(&caller, "", violations), Err("PERSON_EMPTY"));
        assert!(colleague(&caller, "li.na", "assignee", &mut Violations::default()).is_some());
    }

    #[test]
    fn what_belongs_to_a_case_is_bounded() {
        let said = |text: &str, expected| check(|violations| paragraph(text, "text", violations), expected);
        said(&"字".repeat(500), Ok(Some("字".repeat(500))));
        said(&"字".repeat(501), Err("TEXT_TOO_LONG"));
        said("电话13800000000", Err("TEXT_PERSONAL_NUMBER"));
        let given_text = |text: &str, expected: Result<Option<&str>, &str>| {
            let expected = expected.map(|it| it.map(str::to_owned));
            check(|violations| given(reason_text(text, "reason", violations), "reason", violations), expected);
        };
        given_text(" ", Err("FIELD_MISSING"));
        given_text("属实", Ok(Some("属实")));
        check(|violations| amount(0, "amount_fen", violations), Err("AMOUNT_NOT_POSITIVE"));
        check(|violations| amount(1, "amount_fen", violations), Ok(Some(Fen::new(1))));
        check(|violations| version(0, violations), Err("VERSION_NOT_POSITIVE"));
        let reference = |text: &str, expected: Result<Option<&str>, &str>| {
            let expected = expected.map(|it| it.map(str::to_owned));
            check(|violations| bank_reference(text, violations), expected);
        };
        reference(" B-1 ", Ok(Some("B-1")));
        let person = ResidentId::from_parts("371502", jiff::civil::date(1999, 12, 31), 17).unwrap();
        reference(person.as_str(), Err("BANK_REFERENCE_PERSONAL"));
        reference("202210100000000017", Ok(Some("202210100000000017")));
        reference("", Err("BANK_REFERENCE_MALFORMED"));
        reference("流水", Err("BANK_REFERENCE_MALFORMED"));
        let of = |year, number| common::Month { year, month: number };
        check(|violations| month(Some(of(2022, 13)), "slice.month", violations), Err("MONTH_IMPOSSIBLE"));
        check(|violations| month(Some(of(2022, 12)), "slice.month", violations), Ok(Month::new(2022, 12)));
        check(|violations| month(None, "slice.month", violations), Ok(None));
    }

    #[test]
    fn a_date_is_a_day_that_exists() {
        let day = |year, month, day, expected| {
            check(|violations| date(Some(common::Date { year, month, day }), "d", violations), expected);
        };
        day(2024, 2, 29, Ok(Some(Date::constant(2024, 2, 29))));
        day(1900, 1, 1, Ok(Some(Date::constant(1900, 1, 1))));
        for (y, m, d) in [(2023, 2, 29), (0, 0, 0), (1899, 12, 31), (2200, 1, 1), (2022, 13, 1), (2022, 1, 300)] {
            day(y, m, d, Err("DATE_IMPOSSIBLE"));
        }
        check(|violations| date(None, "d", violations), Ok(None));
    }

    #[test]
    fn a_span_is_bounded() {
        let span = |seconds, nanos, expected| {
            let given = prost_types::Duration { seconds, nanos };
            check(|violations| duration(Some(given), Duration::from_secs(8), "d", violations), expected);
        };
        span(8, 0, Ok(Some(Duration::from_secs(8))));
        span(0, 1, Ok(Some(Duration::from_nanos(1))));
        span(8, 1, Err("DURATION_OUT_OF_RANGE"));
        span(-1, 0, Err("DURATION_OUT_OF_RANGE"));
        span(0, -1, Err("DURATION_OUT_OF_RANGE"));
        for (seconds, nanos) in [(i64::MIN, i32::MIN), (i64::MAX, i32::MAX), (i64::MIN, 0)] {
            span(seconds, nanos, Err("DURATION_OUT_OF_RANGE"));
        }
        check(|violations| duration(None, Duration::ZERO, "d", violations), Ok(Some(Duration::ZERO)));
    }

    #[test]
    fn pages_and_tokens_are_bounded() {
        let page = |asked, expected| check(|violations| page_size(asked, violations), expected);
        page(0, Ok(Some(50)));
        page(7, Ok(Some(7)));
        page(i32::MAX, Ok(Some(500)));
        page(-1, Err("PAGE_SIZE_NEGATIVE"));
        let place = |text, expected| check(|violations| token(text, "t", sequence, violations), expected);
        place("", Ok(None));
        place("0", Ok(Some(0)));
        place("9223372036854775807", Ok(Some(i64::MAX)));
        for text in ["9223372036854775808", "-1", "+1", " 1", "x"] {
            place(text, Err("TOKEN_MALFORMED"));
        }
    }
}
