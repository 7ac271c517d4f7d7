//! The clients of the registries, against scripted servers over real sockets: what is believed, and what a bad upstream can do.

use std::collections::BTreeMap;
use std::time::Duration;

use hufu::connectors::{BreakerState, ConnectorError, Inquiry, Limits, Purpose, Registries, UpstreamSettings};
use hufu::domain::calendar::Month;
use hufu::domain::claim::Person;
use hufu::domain::eligibility::evidence::{Answer, MissingCause, Owner};
use hufu::domain::identity::{PersonName, ResidentId, Uscc};
use hufu::proto::common::v1 as common;
use hufu::transport::client::ClientTls;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

mod batches;
mod enterprise_answers;
mod fake;
mod person_answers;
mod privacy;
mod retries;
mod sandbox;
mod shedding;
mod tls;
mod treasury;
mod treasury_answers;

/// Long enough for a loaded machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The instant that every answer in these tests is received at.
fn now() -> Timestamp {
    "2022-10-10T01:00:00Z".parse().unwrap()
}

fn month(number: i8) -> Month {
    Month::new(2022, number).unwrap()
}

fn inquiry() -> Inquiry {
    Inquiry {
        purpose: Purpose::AssessClaim, legal_basis: "聊人社字〔2022〕32号 二(一)".to_owned(), id: Uuid::new_v4()
    }
}

/// Made-up persons, each different.
fn persons(count: u16) -> Vec<Person> {
    (0..count).map(person).collect()
}

fn person(number: u16) -> Person {
    let birth = date(2000, 1, 1).checked_add(jiff::Span::new().days(i64::from(number / 900))).unwrap();
    let resident_id = ResidentId::from_parts("371502", birth, number % 900 + 1).unwrap();
    Person { name: PersonName::parse("王小明").unwrap(), resident_id, phone: None }
}

fn uscc(number: u32) -> Uscc {
    Uscc::from_body(&format!("913715{number:011}")).unwrap()
}

/// One RPC's worth of patience for tests that are about what is answered, not when.
fn calm() -> Limits {
    Limits { total_deadline: PATIENCE, attempt_timeout: PATIENCE, attempts_max: 1, ..Limits::default() }
}

/// All five registries at one address.
fn registries(uri: &str, tls: Option<ClientTls>, limits: &Limits) -> Result<Registries, ConnectorError> {
    let upstream = || UpstreamSettings { uri: uri.to_owned(), tls: tls.clone(), limits: limits.clone() };
    let settings: BTreeMap<Owner, UpstreamSettings> = Owner::UPSTREAMS.into_iter().map(|it| (it, upstream())).collect();
    Registries::connect(&settings, "hufu-test".to_owned())
}

fn breaker(registries: &Registries, owner: Owner) -> BreakerState {
    registries.health().into_iter().find(|it| it.owner == owner).unwrap().breaker
}

/// Why an answer is missing; `None` when it is known.
fn cause<T>(answer: &Answer<T>) -> Option<MissingCause> {
    match answer {
        Answer::Known { .. } => None,
        Answer::Missing(cause) => Some(*cause),
    }
}

/// How many answers are known, and how many are missing for each cause.
fn counts<K, T>(answers: &BTreeMap<K, Answer<T>>) -> BTreeMap<Option<MissingCause>, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers.values() {
        *counts.entry(cause(answer)).or_default() += 1;
    }
    counts
}

fn wire(date: Date) -> Option<common::Date> {
    Some(common::Date { year: date.year().into(), month: date.month().into(), day: date.day().into() })
}

fn wire_month(number: i32) -> Option<common::Month> {
    Some(common::Month { year: 2022, month: number })
}

/// As of an hour before it is received.
fn provenance() -> Option<common::Provenance> {
    let as_of = prost_types::Timestamp { seconds: now().as_second() - 3_600, nanos: 0 };
    Some(common::Provenance { as_of: Some(as_of), reference: "answer-1".to_owned() })
}
