//! Parts of the audit log: what is asked for, and its entries.

use jiff::civil::Date;
use uuid::Uuid;

use super::super::status::Fault;
use super::field;
use super::record::timestamp;
use super::violation::Violations;
use crate::domain::calendar::parse_day;
use crate::domain::caller::Caller;
use crate::domain::operator::OperatorId;
use crate::domain::rights::narrow;
use crate::proto::audit::v1 as pb;
use crate::workflows::record::desk::{AuditFilter, AuditPage, AuditRecord};

/// Letters of the longest organization, as in a certificate.
const ORGANIZATION_LETTERS_MAX: usize = 64;

/// Reads which entries are asked for, narrowed to the caller's region.
pub(in crate::services) fn filter(caller: &Caller, request: pb::ListEntriesRequest) -> Result<AuditFilter, Fault> {
    let pb::ListEntriesRequest { region, person, subject_id, day, page_size, page_token } = request;
    let mut violations = Violations::default();
    let region = field::region(&region, &mut violations);
    let person = person_asked(caller, &person, &mut violations);
    let subject = subject_asked(&subject_id, &mut violations);
    let day = day_asked(&day, &mut violations);
    let limit = field::page_size(page_size, &mut violations);
    let before = field::token(&page_token, "page_token", field::sequence, &mut violations);
    let limit = violations.or(limit)?;
    Ok(AuditFilter {
        within: narrow(caller, region)?,
        person: person.map(|it| it.as_str().to_owned()),
        subject,
        day,
        before,
        limit,
    })
}

/// A person by name within the caller's organization, or of any with the organization in front; empty is all.
fn person_asked(caller: &Caller, text: &str, violations: &mut Violations) -> Option<OperatorId> {
    if text.is_empty() {
        return None;
    }
    let Some((organization, person)) = text.split_once('/') else {
        return field::operator(caller, text, violations);
    };
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-');
    if !(1..=ORGANIZATION_LETTERS_MAX).contains(&organization.len()) || !organization.chars().all(is_plain) {
        let en = "organization is not 1 to 64 letters, digits, `.`, `_` or `-`";
        violations.add("person", "ORGANIZATION_MALFORMED", en, "机构名应为1至64个字母、数字、点、下划线或连字符");
        return None;
    }
    let read = OperatorId::new(organization, person);
    read.map_err(|error| violations.add("person", error.code(), error.to_string(), error.zh())).ok()
}

fn subject_asked(text: &str, violations: &mut Violations) -> Option<Uuid> {
    if text.is_empty() {
        return None;
    }
    let read = Uuid::try_parse(text).ok();
    if read.is_none() {
        let en = "id is not one that this node gave out";
        violations.add("subject_id", "ID_MALFORMED", en, "编号不是本节点给出的编号");
    }
    read
}

fn day_asked(text: &str, violations: &mut Violations) -> Option<Date> {
    if text.is_empty() {
        return None;
    }
    let read = parse_day(text);
    if read.is_none() {
        violations.add("day", "DATE_IMPOSSIBLE", "day is not a date as YYYY-MM-DD", "日期应为存在的 YYYY-MM-DD");
    }
    read
}

/// A page, and the token to go on.
pub(in crate::services) fn page(page: AuditPage) -> pb::ListEntriesResponse {
    pb::ListEntriesResponse {
        entries: page.entries.into_iter().map(entry).collect(),
        next_page_token: page.next.map(|next| next.to_string()).unwrap_or_default(),
    }
}

fn entry(record: AuditRecord) -> pb::AuditEntry {
    let AuditRecord { sequence, at, actor, person, action, subject_kind, subject_id, region, state, detail } = record;
    pb::AuditEntry {
        sequence,
        at: Some(timestamp(at)),
        actor,
        person: person.unwrap_or_default(),
        action,
        subject_kind,
        subject_id: subject_id.map(|id| id.to_string()).unwrap_or_default(),
        region,
        state: state.unwrap_or_default(),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Region;
    use tonic::Status;
    use tonic_types::StatusExt;

    fn check(spoil: impl FnOnce(&mut pb::ListEntriesRequest), expected: Result<Option<&str>, &str>) {
        let caller = Caller {
            organization: "lc-hrss".into(),
            system: "desk".into(),
            region: Region::parse("371502").unwrap(),
            roles: std::collections::BTreeSet::new(),
            person: None,
        };
        let mut request = pb::ListEntriesRequest::default();
        spoil(&mut request);
        let found = filter(&caller, request).map(|it| it.person).map_err(|fault| {
            let status = Status::from(fault);
            let details = status.get_error_details();
            let first = details.bad_request().and_then(|it| it.field_violations.first().cloned());
            first.map_or_else(|| details.error_info().unwrap().reason.clone(), |it| it.reason)
        });
        assert_eq!(found, expected.map(|it| it.map(str::to_owned)).map_err(str::to_owned));
    }

    #[test]
    fn a_part_of_the_log_is_read_or_refused() {
        check(|_| {}, Ok(None));
        check(|it| it.person = "Wang.Li".into(), Ok(Some("lc-hrss/wang.li")));
        check(|it| it.person = "jn-hrss/wang.li".into(), Ok(Some("jn-hrss/wang.li")));
        check(|it| it.person = "/wang.li".into(), Err("ORGANIZATION_MALFORMED"));
        check(|it| it.person = "a/b/c".into(), Err("PERSON_ILLEGAL_CHARACTER"));
        check(|it| it.person = "13800000000".into(), Err("PERSON_LOOKS_LIKE_NUMBER"));
        check(|it| it.subject_id = "7".into(), Err("ID_MALFORMED"));
        check(|it| it.day = "2022-10-10".into(), Ok(None));
        for day in ["2022-02-30", "20221010", "2022-10-10T09:00", "x"] {
            check(|it| it.day = day.into(), Err("DATE_IMPOSSIBLE"));
        }
        check(|it| it.region = "371503".into(), Err("REGION_OUTSIDE_CALLER"));
        check(|it| it.page_token = "x".into(), Err("TOKEN_MALFORMED"));
    }
}
