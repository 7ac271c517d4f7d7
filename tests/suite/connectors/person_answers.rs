//! What is believed about a person: diplomas, contributions, employment, awards. One field that cannot be read, and the record waits.

use hufu::domain::eligibility::evidence::{
    Answer, Award, AwardKind, ContributionMonth, ContributionRecord, CredentialRecord, Diploma, EmploymentContract,
    EmploymentRecord, EmploymentRegistration, InstitutionKind, MissingCause, Standing,
};
use hufu::domain::identity::{PersonName, Region};
use hufu::proto::awardhistory::v1 as awardhistory;
use hufu::proto::common::v1 as common;
use hufu::proto::credential::v1 as credential;
use hufu::proto::employment::v1 as employment;
use hufu::proto::insurance::v1 as insurance;
use jiff::civil::date;
use prost_types::Timestamp;

use super::fake::Fake;
use super::{calm, cause, inquiry, month, now, persons, provenance, uscc, wire, wire_month};

const UNRECOGNIZED: Option<MissingCause> = Some(MissingCause::Unrecognized);

/// Asserts why each edit of a good record makes the answer missing, if it does.
macro_rules! check {
    ($answer:ident: $($expected:expr => $edit:expr;)+) => {$(
        assert_eq!(cause(&$answer($edit).await), $expected, "{}", stringify!($edit));
    )+};
}

fn known<T>(value: T) -> Answer<T> {
    let as_of = now() - jiff::SignedDuration::from_hours(1);
    Answer::Known { value, as_of, received_at: now(), reference: "answer-1".to_owned() }
}

async fn diplomas(edit: impl Fn(&mut credential::CredentialRecord)) -> Answer<CredentialRecord> {
    let (fake, registries) = Fake::with(&calm()).await;
    let diploma = |institution: &str, kind: credential::InstitutionKind| credential::Diploma {
        institution: institution.to_owned(),
        institution_kind: kind.into(),
        graduated_on: wire(date(2022, 6, 30)),
        certificate_issued: true,
        certificate_number: "104471202205000001".to_owned(),
    };
    let mut record = credential::CredentialRecord {
        resident_id: persons(1)[0].resident_id.as_str().to_owned(),
        name: Some("王　小明".to_owned()),
        diplomas: vec![
            diploma("聊城大学", credential::InstitutionKind::Regular),
            diploma("国家开放大学", credential::InstitutionKind::Online),
        ],
        provenance: provenance(),
    };
    edit(&mut record);
    fake.diplomas.answers(move |request, _| {
        let resident_id = request.persons[0].resident_id.clone();
        let outcome = Some(credential::diplomas_result::Outcome::Record(record.clone()));
        Ok(credential::BatchGetDiplomasResponse { results: vec![credential::DiplomasResult { resident_id, outcome }] })
    });
    registries.credentials(&persons(1), &inquiry(), now()).await.into_values().next().unwrap()
}

#[tokio::test]
async fn a_diploma_of_an_unknown_kind_counts_neither_for_nor_against() {
    let diploma = |institution: &str, institution_kind| Diploma {
        institution: institution.to_owned(),
        institution_kind,
        graduated_on: date(2022, 6, 30),
        certificate_issued: true,
        certificate_number: "104471202205000001".to_owned(),
    };
    // In one order, whatever order they come in.
    let expected = known(CredentialRecord {
        name: Some(PersonName::parse("王小明").unwrap()),
        diplomas: vec![diploma("国家开放大学", InstitutionKind::Online), diploma("聊城大学", InstitutionKind::Regular)],
    });
    assert_eq!(diplomas(|_| {}).await, expected);
    assert_eq!(diplomas(|it| it.diplomas.reverse()).await, expected);
    check! { diplomas:
        UNRECOGNIZED => |it| it.diplomas[0].institution_kind = 99;
        UNRECOGNIZED => |it| it.diplomas[0].institution_kind = 0;
        UNRECOGNIZED => |it| it.diplomas[0].institution.clear();
        UNRECOGNIZED => |it| it.diplomas[0].institution = "大".repeat(201);
        UNRECOGNIZED => |it| it.diplomas[0].institution = "\u{1b}[2J".to_owned();
        None => |it| it.diplomas[0].certificate_number.clear();
        None => |it| it.diplomas.clear();
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_read_is_not_the_same_as_none() {
    check! { diplomas:
        UNRECOGNIZED => |it| it.name = Some(String::new());
        UNRECOGNIZED => |it| it.name = Some("王5明".to_owned());
        UNRECOGNIZED => |it| it.name = None;
        None => |it| { it.name = None; it.diplomas.clear() };
    }
}

#[tokio::test]
async fn a_date_that_is_no_day_of_the_calendar_is_not_believed() {
    check! { diplomas:
        UNRECOGNIZED => |it| it.diplomas[0].graduated_on = None;
        UNRECOGNIZED => |it| it.diplomas[0].graduated_on = Some(common::Date { year: 2022, month: 2, day: 29 });
        UNRECOGNIZED => |it| it.diplomas[0].graduated_on = Some(common::Date { year: 2022, month: 13, day: 1 });
        UNRECOGNIZED => |it| it.diplomas[0].graduated_on = Some(common::Date { year: 0, month: 0, day: 0 });
        UNRECOGNIZED => |it| it.diplomas[0].graduated_on = Some(common::Date { year: 22, month: 6, day: 30 });
        UNRECOGNIZED => |it| it.diplomas[0].graduated_on = Some(common::Date { year: 2200, month: 1, day: 1 });
        UNRECOGNIZED => |it| it.diplomas[0].graduated_on = Some(common::Date { year: 2022, month: 262, day: 1 });
        UNRECOGNIZED => |it| it.diplomas[0].graduated_on = Some(common::Date { year: 2022, month: 6, day: -1 });
        None => |it| it.diplomas[0].graduated_on = Some(common::Date { year: 2020, month: 2, day: 29 });
    }
}

#[tokio::test]
async fn an_answer_without_its_source_or_from_the_future_is_not_believed() {
    fn as_of(record: &mut credential::CredentialRecord, seconds_from_now: i64) {
        let as_of = Timestamp { seconds: now().as_second() + seconds_from_now, nanos: 0 };
        record.provenance.as_mut().unwrap().as_of = Some(as_of);
    }
    check! { diplomas:
        UNRECOGNIZED => |it| it.provenance = None;
        UNRECOGNIZED => |it| it.provenance.as_mut().unwrap().as_of = None;
        UNRECOGNIZED => |it| it.provenance.as_mut().unwrap().reference.clear();
        UNRECOGNIZED => |it| it.provenance.as_mut().unwrap().as_of = Some(Timestamp { seconds: 0, nanos: -1 });
        UNRECOGNIZED => |it| it.provenance.as_mut().unwrap().as_of = Some(Timestamp { seconds: i64::MAX, nanos: 0 });
        UNRECOGNIZED => |it| as_of(it, 301);
        None => |it| as_of(it, 300);
        None => |it| as_of(it, -86_400 * 365);
    }
}

async fn contributions(edit: impl Fn(&mut insurance::ContributionRecord)) -> Answer<ContributionRecord> {
    let (fake, registries) = Fake::with(&calm()).await;
    let contribution = |number, funded_by_uscc: String| insurance::Contribution {
        month: wire_month(number),
        enrolled_by_uscc: uscc(1).as_str().to_owned(),
        funded_by_uscc,
        paid: true,
    };
    let standing = insurance::EnrollmentStanding {
        uscc: uscc(1).as_str().to_owned(),
        standing: insurance::Standing::Current.into(),
    };
    let mut record = insurance::ContributionRecord {
        resident_id: persons(1)[0].resident_id.as_str().to_owned(),
        name: Some("王小明".to_owned()),
        contributions: vec![contribution(8, uscc(2).as_str().to_owned()), contribution(7, String::new())],
        standings: vec![standing],
        provenance: provenance(),
    };
    edit(&mut record);
    fake.contributions.answers(move |request, _| {
        assert!((request.from, request.until) == (wire_month(6), wire_month(9)));
        let resident_id = request.persons[0].resident_id.clone();
        let outcome = Some(insurance::contributions_result::Outcome::Record(record.clone()));
        let results = vec![insurance::ContributionsResult { resident_id, outcome }];
        Ok(insurance::BatchGetContributionsResponse { results })
    });
    let answers = registries.contributions(&persons(1), month(6), month(9), &inquiry(), now()).await;
    answers.into_values().next().unwrap()
}

#[tokio::test]
async fn contributions_are_believed_within_the_months_asked_and_without_contradiction() {
    let contribution =
        |number, funded_by| ContributionMonth { month: month(number), enrolled_by: uscc(1), funded_by, paid: true };
    let expected = ContributionRecord {
        name: Some(PersonName::parse("王小明").unwrap()),
        months: vec![contribution(7, uscc(1)), contribution(8, uscc(2))],
        standings: vec![(uscc(1), Standing::Current)],
    };
    assert_eq!(contributions(|_| {}).await, known(expected));
    check! { contributions:
        UNRECOGNIZED => |it| it.contributions[0].month = wire_month(5);
        UNRECOGNIZED => |it| it.contributions[0].month = wire_month(10);
        UNRECOGNIZED => |it| it.contributions[0].month = wire_month(0);
        UNRECOGNIZED => |it| it.contributions[0].month = None;
        UNRECOGNIZED => |it| it.contributions[0].enrolled_by_uscc.clear();
        UNRECOGNIZED => |it| it.contributions[0].funded_by_uscc = "91371500".to_owned();
        UNRECOGNIZED => |it| { let mut other = it.contributions[0].clone(); other.paid = false; it.contributions.push(other) };
        UNRECOGNIZED => |it| { let mut other = it.standings[0].clone(); other.standing = 3; it.standings.push(other) };
        UNRECOGNIZED => |it| it.standings[0].standing = 99;
        UNRECOGNIZED => |it| it.standings[0].standing = 0;
        UNRECOGNIZED => |it| it.standings[0].uscc.clear();
        UNRECOGNIZED => |it| it.name = None;
        UNRECOGNIZED => |it| { it.name = None; it.contributions.clear() };
        Some(MissingCause::AnsweredForAnother) => |it| it.resident_id.clear();
        None => |it| { let same = it.contributions[0].clone(); it.contributions.push(same) };
        None => |it| { it.name = None; it.contributions.clear(); it.standings.clear() };
    }
}

async fn employment(edit: impl Fn(&mut employment::EmploymentRecord)) -> Answer<EmploymentRecord> {
    let (fake, registries) = Fake::with(&calm()).await;
    let registration = employment::EmploymentRegistration {
        uscc: uscc(1).as_str().to_owned(),
        registered_on: wire(date(2022, 7, 10)),
    };
    let contract = employment::EmploymentContract {
        uscc: uscc(1).as_str().to_owned(),
        from: wire(date(2022, 7, 1)),
        until: wire(date(2025, 6, 30)),
        signed: true,
    };
    let mut record = employment::EmploymentRecord {
        resident_id: persons(1)[0].resident_id.as_str().to_owned(),
        registrations: vec![registration],
        contracts: vec![contract],
        provenance: provenance(),
    };
    edit(&mut record);
    fake.employment.answers(move |request, _| {
        let resident_id = request.persons[0].resident_id.clone();
        let outcome = Some(employment::employment_result::Outcome::Record(record.clone()));
        Ok(employment::BatchGetEmploymentResponse {
            results: vec![employment::EmploymentResult { resident_id, outcome }],
        })
    });
    registries.employment(&persons(1), &inquiry(), now()).await.into_values().next().unwrap()
}

#[tokio::test]
async fn a_contract_that_ends_before_it_begins_is_not_believed() {
    let expected = EmploymentRecord {
        registrations: vec![EmploymentRegistration { enterprise: uscc(1), registered_on: date(2022, 7, 10) }],
        contracts: vec![EmploymentContract {
            enterprise: uscc(1),
            from: date(2022, 7, 1),
            until: Some(date(2025, 6, 30)),
            signed: true,
        }],
    };
    assert_eq!(employment(|_| {}).await, known(expected));
    check! { employment:
        UNRECOGNIZED => |it| it.contracts[0].until = wire(date(2022, 6, 30));
        UNRECOGNIZED => |it| it.contracts[0].from = None;
        UNRECOGNIZED => |it| it.contracts[0].uscc.clear();
        UNRECOGNIZED => |it| it.registrations[0].registered_on = None;
        UNRECOGNIZED => |it| it.registrations[0].uscc = "not a code".to_owned();
        Some(MissingCause::AnsweredForAnother) => |it| it.resident_id.clear();
        None => |it| it.contracts[0].until = None;
        None => |it| it.contracts[0].until = wire(date(2022, 7, 1));
        None => |it| { it.contracts.clear(); it.registrations.clear() };
    }
}

async fn awards(edit: impl Fn(&mut awardhistory::Awards)) -> Answer<Vec<Award>> {
    let (fake, registries) = Fake::with(&calm()).await;
    let award = awardhistory::Award {
        kind: awardhistory::AwardKind::HiringSubsidy.into(),
        uscc: uscc(1).as_str().to_owned(),
        region: "371502".to_owned(),
        awarded_on: wire(date(2022, 8, 1)),
        reference: "award-1".to_owned(),
    };
    let subject = persons(1)[0].resident_id.as_str().to_owned();
    let mut record = awardhistory::Awards { subject, awards: vec![award], provenance: provenance() };
    edit(&mut record);
    fake.person_awards.answers(move |request, _| {
        let resident_id = request.persons[0].resident_id.clone();
        let outcome = Some(awardhistory::person_awards_result::Outcome::Awards(record.clone()));
        let results = vec![awardhistory::PersonAwardsResult { resident_id, outcome }];
        Ok(awardhistory::BatchGetPersonAwardsResponse { results })
    });
    registries.person_awards(&persons(1), &inquiry(), now()).await.into_values().next().unwrap()
}

#[tokio::test]
async fn an_award_that_cannot_be_told_from_our_own_accuses_nobody() {
    let expected = vec![Award {
        kind: AwardKind::HiringSubsidy,
        enterprise: uscc(1),
        region: Region::parse("371502").unwrap(),
        awarded_on: date(2022, 8, 1),
        reference: "award-1".to_owned(),
    }];
    assert_eq!(awards(|_| {}).await, known(expected));
    check! { awards:
        UNRECOGNIZED => |it| it.awards[0].reference.clear();
        UNRECOGNIZED => |it| it.awards[0].kind = 99;
        UNRECOGNIZED => |it| it.awards[0].kind = 0;
        UNRECOGNIZED => |it| it.awards[0].region = "37150".to_owned();
        UNRECOGNIZED => |it| it.awards[0].region = "000000".to_owned();
        UNRECOGNIZED => |it| it.awards[0].awarded_on = None;
        UNRECOGNIZED => |it| it.awards[0].uscc.clear();
        Some(MissingCause::AnsweredForAnother) => |it| it.subject = uscc(1).as_str().to_owned();
        None => |it| it.awards.clear();
    }
}
