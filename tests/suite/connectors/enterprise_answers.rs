//! What is believed about an enterprise: accounts, enrollment, headcounts, awards of its own.

use std::collections::BTreeMap;

use hufu::domain::calendar::Month;
use hufu::domain::eligibility::evidence::{
    Answer, Award, EnrollmentLevel, EnterpriseEnrollment, EntityType, Headcount, MissingCause, TaxAccounts,
};
use hufu::domain::identity::{BankAccount, EnterpriseName, Region};
use hufu::proto::awardhistory::v1 as awardhistory;
use hufu::proto::insurance::v1 as insurance;
use hufu::proto::taxregistry::v1 as taxregistry;
use insurance::enrollment_result::Outcome;
use jiff::civil::date;

use super::fake::Fake;
use super::{calm, cause, inquiry, month, now, provenance, uscc, wire, wire_month};

const UNRECOGNIZED: Option<MissingCause> = Some(MissingCause::Unrecognized);
const ANOTHER: Option<MissingCause> = Some(MissingCause::AnsweredForAnother);

/// Asserts why each edit of a good record makes the answer missing, if it does.
macro_rules! check {
    ($answer:ident: $($expected:expr => $edit:expr;)+) => {$(
        assert_eq!(cause(&$answer($edit).await), $expected, "{}", stringify!($edit));
    )+};
}

/// Two accounts in force on the day asked for, 2022-10-10.
async fn accounts(edit: impl Fn(&mut taxregistry::EnterpriseAccounts)) -> Answer<TaxAccounts> {
    let (fake, registries) = Fake::with(&calm()).await;
    let account = |number: &str| {
        Some(taxregistry::BankAccount {
            number: number.to_owned(),
            bank_name: "中国银行聊城分行".to_owned(),
            effective_from: wire(date(2020, 1, 1)),
            effective_until: None,
        })
    };
    let mut record = taxregistry::EnterpriseAccounts {
        uscc: uscc(1).as_str().to_owned(),
        name: "聊城某某有限公司".to_owned(),
        corporate: account("3715000012345678"),
        contribution: account("3715000087654321"),
        provenance: provenance(),
    };
    edit(&mut record);
    fake.accounts.answers(move |request, _| {
        assert!(request.on == wire(date(2022, 10, 10)));
        let outcome = Some(taxregistry::enterprise_accounts_result::Outcome::Accounts(record.clone()));
        let results = vec![taxregistry::EnterpriseAccountsResult { uscc: request.usccs[0].clone(), outcome }];
        Ok(taxregistry::BatchGetEnterpriseAccountsResponse { results })
    });
    let answers = registries.tax_accounts(&[uscc(1)], date(2022, 10, 10), &inquiry(), now()).await;
    answers.into_values().next().unwrap()
}

fn corporate(record: &mut taxregistry::EnterpriseAccounts) -> &mut taxregistry::BankAccount {
    record.corporate.as_mut().unwrap()
}

#[tokio::test]
async fn an_account_out_of_force_is_none_and_a_malformed_one_is_not_believed() {
    let read = |number| Some(BankAccount::parse(number).unwrap());
    let name = Some(EnterpriseName::parse("聊城某某有限公司").unwrap());
    let both = TaxAccounts { corporate: read("3715000012345678"), contribution: read("3715000087654321"), name };
    let second = TaxAccounts { corporate: None, ..both.clone() };
    let nameless = TaxAccounts { name: None, ..both.clone() };
    type Edit = fn(&mut taxregistry::EnterpriseAccounts);
    let cases: [(Edit, &TaxAccounts); 9] = [
        (|_| {}, &both),
        (|it| it.name.clear(), &nameless),
        (|it| it.name = "联系电话13800000000".to_owned(), &nameless),
        (|it| corporate(it).number = "3715 0000 1234 5678".to_owned(), &both),
        (|it| corporate(it).effective_until = wire(date(2022, 10, 10)), &both),
        (|it| corporate(it).effective_from = wire(date(2022, 10, 10)), &both),
        (|it| corporate(it).effective_until = wire(date(2022, 10, 9)), &second),
        (|it| corporate(it).effective_from = wire(date(2022, 10, 11)), &second),
        (|it| it.corporate = None, &second),
    ];
    for (edit, expected) in cases {
        assert_eq!(accounts(edit).await.value(), Some(expected));
    }
    check! { accounts:
        UNRECOGNIZED => |it| corporate(it).number.clear();
        UNRECOGNIZED => |it| corporate(it).number = "账号12345678".to_owned();
        UNRECOGNIZED => |it| corporate(it).effective_from = None;
        UNRECOGNIZED => |it| corporate(it).effective_until = wire(date(2019, 12, 31));
        UNRECOGNIZED => |it| { corporate(it).effective_until = wire(date(2021, 1, 1)); corporate(it).number.clear() };
        UNRECOGNIZED => |it| it.provenance = None;
        ANOTHER => |it| it.uscc = uscc(2).as_str().to_owned();
        ANOTHER => |it| it.uscc = it.uscc.to_lowercase() + " ";
    }
}

async fn enrollment(edit: impl Fn(&mut insurance::Enrollment)) -> Answer<EnterpriseEnrollment> {
    let mut record = insurance::Enrollment {
        uscc: uscc(1).as_str().to_owned(),
        name: "聊城某某有限公司".to_owned(),
        entity_type: insurance::EntityType::Enterprise.into(),
        sector: "6210".to_owned(),
        level: insurance::EnrollmentLevel::Municipal.into(),
        enrollment_region: "371500".to_owned(),
        place_of_business: "3715A1".to_owned(),
        dispatch_agency: true,
        provenance: provenance(),
    };
    edit(&mut record);
    enrollment_outcome(Some(Outcome::Enrollment(record))).await
}

async fn enrollment_outcome(outcome: Option<Outcome>) -> Answer<EnterpriseEnrollment> {
    let (fake, registries) = Fake::with(&calm()).await;
    fake.enrollments.answers(move |request, _| {
        let results = vec![insurance::EnrollmentResult { uscc: request.usccs[0].clone(), outcome: outcome.clone() }];
        Ok(insurance::BatchGetEnrollmentsResponse { results })
    });
    registries.enrollments(&[uscc(1)], &inquiry(), now()).await.into_values().next().unwrap()
}

#[tokio::test]
async fn an_enrollment_is_believed_whole_or_not_at_all() {
    let expected = EnterpriseEnrollment {
        name: EnterpriseName::parse("聊城某某有限公司").unwrap(),
        entity_type: EntityType::Enterprise,
        sector: "6210".to_owned(),
        level: EnrollmentLevel::Municipal,
        enrollment_region: Region::parse("371500").unwrap(),
        place_of_business: Region::parse("3715A1").unwrap(),
        is_dispatch_agency: true,
    };
    assert_eq!(enrollment(|_| {}).await.value(), Some(&expected));
    assert_eq!(enrollment(|it| it.sector.insert(0, 'H')).await.value(), Some(&expected));
    check! { enrollment:
        UNRECOGNIZED => |it| it.entity_type = 99;
        UNRECOGNIZED => |it| it.entity_type = 0;
        UNRECOGNIZED => |it| it.level = 99;
        UNRECOGNIZED => |it| it.level = 0;
        UNRECOGNIZED => |it| it.name.clear();
        UNRECOGNIZED => |it| it.sector.clear();
        UNRECOGNIZED => |it| it.sector = "6".to_owned();
        UNRECOGNIZED => |it| it.sector = "62100".to_owned();
        UNRECOGNIZED => |it| it.sector = "餐饮".to_owned();
        UNRECOGNIZED => |it| it.enrollment_region.clear();
        UNRECOGNIZED => |it| it.place_of_business = "聊城市".to_owned();
        UNRECOGNIZED => |it| it.provenance = None;
        ANOTHER => |it| it.uscc = uscc(2).as_str().to_owned();
        None => |it| it.dispatch_agency = false;
    }
}

/// Until the evidence can say so: waiting is right, and refusing on a guess is not.
#[tokio::test]
async fn not_enrolled_waits() {
    let not_enrolled = Outcome::NotEnrolled(insurance::NotEnrolled { provenance: provenance() });
    assert_eq!(cause(&enrollment_outcome(Some(not_enrolled)).await), UNRECOGNIZED);
    assert_eq!(cause(&enrollment_outcome(None).await), UNRECOGNIZED);
}

async fn headcounts(edit: impl Fn(&mut insurance::Headcounts)) -> Answer<BTreeMap<Month, Headcount>> {
    let (fake, registries) = Fake::with(&calm()).await;
    let headcount =
        |number, contributing| insurance::Headcount { month: wire_month(number), contributing, funded_by_hosts: 0 };
    let mut record = insurance::Headcounts {
        uscc: uscc(1).as_str().to_owned(),
        months: vec![headcount(9, 31), headcount(8, 0)],
        provenance: provenance(),
    };
    edit(&mut record);
    fake.headcounts.answers(move |request, _| {
        assert!((request.from, request.until) == (wire_month(8), wire_month(9)));
        let outcome = Some(insurance::headcounts_result::Outcome::Headcounts(record.clone()));
        let results = vec![insurance::HeadcountsResult { uscc: request.usccs[0].clone(), outcome }];
        Ok(insurance::BatchGetHeadcountsResponse { results })
    });
    let answers = registries.headcounts(&[uscc(1)], month(8), month(9), &inquiry(), now()).await;
    answers.into_values().next().unwrap()
}

#[tokio::test]
async fn headcounts_that_cannot_be_counted_are_not_believed() {
    let headcount = |contributing, funded_by_hosts| Headcount { contributing, funded_by_hosts };
    let expected = BTreeMap::from([(month(8), headcount(0, 0)), (month(9), headcount(31, 0))]);
    assert_eq!(headcounts(|_| {}).await.value(), Some(&expected));
    // A month left out is unknown, not zero.
    let expected = BTreeMap::from([(month(9), headcount(31, 31))]);
    let answer = headcounts(|it| {
        it.months[0].funded_by_hosts = 31;
        it.months.truncate(1);
    });
    assert_eq!(answer.await.value(), Some(&expected));
    check! { headcounts:
        UNRECOGNIZED => |it| it.months[0].contributing = -1;
        UNRECOGNIZED => |it| it.months[0].funded_by_hosts = -1;
        UNRECOGNIZED => |it| it.months[0].funded_by_hosts = 32;
        UNRECOGNIZED => |it| it.months[0].month = wire_month(10);
        UNRECOGNIZED => |it| it.months[0].month = None;
        UNRECOGNIZED => |it| it.months[0].month = wire_month(8);
        ANOTHER => |it| it.uscc.clear();
        None => |it| { let same = it.months[0]; it.months.push(same) };
        None => |it| it.months.clear();
    }
}

/// 25 months are the most that the contract answers; more, or none at all, is not asked.
#[tokio::test]
async fn a_span_that_the_contract_does_not_allow_is_not_asked() {
    let (fake, registries) = Fake::with(&calm()).await;
    let month = |year, number| Month::new(year, number).unwrap();
    for (from, until, expected) in [
        (month(2022, 1), month(2024, 2), MissingCause::NotAsked),
        (month(2022, 2), month(2022, 1), MissingCause::NotAsked),
        // Asked, by a server without a script.
        (month(2022, 1), month(2024, 1), MissingCause::Unavailable),
    ] {
        let answers = registries.headcounts(&[uscc(1)], from, until, &inquiry(), now()).await;
        assert_eq!(cause(&answers[&uscc(1)]), Some(expected), "{from} to {until}");
    }
    assert_eq!(fake.headcounts.calls(), 1);
}

async fn awards(edit: impl Fn(&mut awardhistory::Awards)) -> Answer<Vec<Award>> {
    let (fake, registries) = Fake::with(&calm()).await;
    let award = awardhistory::Award {
        kind: awardhistory::AwardKind::RetentionTraining.into(),
        uscc: uscc(1).as_str().to_owned(),
        region: "410100".to_owned(),
        awarded_on: wire(date(2022, 8, 1)),
        reference: "award-1".to_owned(),
    };
    let subject = uscc(1).as_str().to_owned();
    let mut record = awardhistory::Awards { subject, awards: vec![award], provenance: provenance() };
    edit(&mut record);
    fake.enterprise_awards.answers(move |request, _| {
        let outcome = Some(awardhistory::enterprise_awards_result::Outcome::Awards(record.clone()));
        let results = vec![awardhistory::EnterpriseAwardsResult { uscc: request.usccs[0].clone(), outcome }];
        Ok(awardhistory::BatchGetEnterpriseAwardsResponse { results })
    });
    registries.enterprise_awards(&[uscc(1)], &inquiry(), now()).await.into_values().next().unwrap()
}

#[tokio::test]
async fn an_award_of_another_enterprise_is_not_held_against_this_one() {
    check! { awards:
        None => |_| {};
        None => |it| it.awards.clear();
        ANOTHER => |it| it.awards[0].uscc = uscc(2).as_str().to_owned();
        ANOTHER => |it| it.subject.clear();
        UNRECOGNIZED => |it| it.awards[0].kind = 99;
    }
}
