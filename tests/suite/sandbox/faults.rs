//! Each fault does what it says, and can be switched while the servers run.

use std::time::Duration;

use futures::StreamExt;
use hufu::proto::awardhistory::v1 as awardhistory;
use hufu::proto::awardhistory::v1::award_history_service_client::AwardHistoryServiceClient;
use hufu::proto::common::v1 as common;
use hufu::proto::credential::v1 as credential;
use hufu::proto::credential::v1::credential_service_client::CredentialServiceClient;
use hufu::proto::insurance::v1 as insurance;
use hufu::proto::insurance::v1::insurance_service_client::InsuranceServiceClient;
use hufu::proto::taxregistry::v1 as taxregistry;
use hufu::proto::taxregistry::v1::tax_registry_service_client::TaxRegistryServiceClient;
use hufu::sandbox::population::Part;
use hufu::sandbox::{Fault, FaultSpec, FaultSwitch, Running, SandboxSettings, Upstream, story_start};
use tonic::{Code, Status};

use super::{channel, context, day, failing, key, month, small_world, start};

/// Asks the credential registry for this many people; the records that come back, each with the number asked about.
async fn diplomas(
    running: &Running,
    inquiry: &str,
    count: usize,
) -> Result<Vec<(String, credential::CredentialRecord)>, Status> {
    let mut client = CredentialServiceClient::new(channel(running, Upstream::Credential));
    let persons = small_world().graduates().iter().take(count).map(key).collect();
    let request = credential::BatchGetDiplomasRequest { context: context(inquiry), persons };
    let results = client.batch_get_diplomas(request).await?.into_inner().results;
    Ok(results
        .into_iter()
        .map(|it| match it.outcome {
            Some(credential::diplomas_result::Outcome::Record(record)) => (it.resident_id, record),
            _ => panic!("an answer each"),
        })
        .collect())
}

fn fault(text: &str) -> Fault {
    text.parse().unwrap()
}

#[tokio::test]
async fn down_answers_unavailable_until_it_is_switched_back() {
    let running = failing(Upstream::Credential, Fault::Down).await;
    assert_eq!(diplomas(&running, "d-1", 1).await.err().unwrap().code(), Code::Unavailable);
    running.faults.set(Upstream::Credential, Fault::Healthy);
    assert_eq!(diplomas(&running, "d-2", 1).await.unwrap().len(), 1);
    running.shutdown().await;
}

#[tokio::test]
async fn refusing_drops_every_new_connection() {
    let running = failing(Upstream::Credential, Fault::Refusing).await;
    let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", running.addr(Upstream::Credential)));
    let failed = match endpoint.unwrap().connect().await {
        Err(_) => true,
        Ok(channel) => {
            let request = credential::BatchGetDiplomasRequest { context: context("r-1"), persons: Vec::new() };
            CredentialServiceClient::new(channel).batch_get_diplomas(request).await.is_err()
        }
    };
    assert!(failed);
    running.faults.set(Upstream::Credential, Fault::Healthy);
    assert!(diplomas(&running, "r-2", 1).await.is_ok());
    running.shutdown().await;
}

#[tokio::test]
async fn slow_answers_rightly_and_late() {
    let running = failing(Upstream::Credential, Fault::Slow(Duration::from_millis(300))).await;
    let early = tokio::time::timeout(Duration::from_millis(150), diplomas(&running, "s-1", 1)).await;
    assert!(early.is_err());
    assert_eq!(diplomas(&running, "s-2", 1).await.unwrap().len(), 1);
    running.shutdown().await;
}

#[tokio::test]
async fn partial_leaves_out_a_share_and_cuts_streams() {
    let running = failing(Upstream::Credential, fault("partial:0.4")).await;
    let first = diplomas(&running, "p-1", 200).await.unwrap();
    assert!((80..160).contains(&first.len()), "{}", first.len());
    let numbers = |answers: &[(String, credential::CredentialRecord)]| -> Vec<String> {
        answers.iter().map(|it| it.0.clone()).collect()
    };
    let repeated = diplomas(&running, "p-1", 200).await.unwrap();
    assert_eq!(numbers(&first), numbers(&repeated), "the same question has the same gaps");
    let anew = diplomas(&running, "p-2", 200).await.unwrap();
    assert_ne!(numbers(&first), numbers(&anew), "another question has others");

    let mut client = CredentialServiceClient::new(channel(&running, Upstream::Credential));
    let request = credential::StreamGraduatesRequest { context: context("p-3"), graduation_year: 2022 };
    let messages: Vec<_> = client.stream_graduates(request).await.unwrap().into_inner().collect().await;
    assert!(!messages.is_empty() && messages.iter().all(|it| it.as_ref().unwrap().complete.is_none()));
    running.shutdown().await;
}

#[tokio::test]
async fn answers_for_another_never_name_who_was_asked_about() {
    let running = failing(Upstream::Credential, Fault::AnswersForAnother).await;
    for count in [1, 2, 50] {
        // The first graduate is whom a single question is answered with.
        let mut client = CredentialServiceClient::new(channel(&running, Upstream::Credential));
        let persons = small_world().graduates().iter().skip(1).take(count).map(key).collect();
        let request = credential::BatchGetDiplomasRequest { context: context("o-1"), persons };
        let results = client.batch_get_diplomas(request).await.unwrap().into_inner().results;
        assert_eq!(results.len(), count);
        for result in results {
            let Some(credential::diplomas_result::Outcome::Record(record)) = result.outcome else { panic!() };
            assert_ne!(result.resident_id, record.resident_id);
        }
    }
    running.faults.set(Upstream::TaxRegistry, Fault::AnswersForAnother);
    let usccs: Vec<String> = small_world().enterprises[..3].iter().map(|it| it.uscc.as_str().to_owned()).collect();
    let request =
        taxregistry::BatchGetEnterpriseAccountsRequest { context: context("o-2"), usccs, on: day(2022, 10, 10) };
    let mut client = TaxRegistryServiceClient::new(channel(&running, Upstream::TaxRegistry));
    for result in client.batch_get_enterprise_accounts(request).await.unwrap().into_inner().results {
        let Some(taxregistry::enterprise_accounts_result::Outcome::Accounts(accounts)) = result.outcome else {
            panic!()
        };
        assert_ne!(result.uscc, accounts.uscc);
    }
    running.shutdown().await;
}

#[tokio::test]
async fn unknown_enums_are_raw_values_of_no_version() {
    let faults = Upstream::ALL.map(|upstream| FaultSpec { upstream, fault: Fault::UnknownEnum });
    let settings = SandboxSettings { faults: FaultSwitch::set_to(faults), ..SandboxSettings::default() };
    let running = start(settings).await;
    let answers = diplomas(&running, "u-1", 5).await.unwrap();
    assert!(answers.iter().all(|(_, record)| record.diplomas[0].institution_kind == 99));

    let usccs = vec![small_world().enterprises[0].uscc.as_str().to_owned()];
    let mut client = InsuranceServiceClient::new(channel(&running, Upstream::Insurance));
    let request = insurance::BatchGetEnrollmentsRequest { context: context("u-2"), usccs: usccs.clone() };
    let results = client.batch_get_enrollments(request).await.unwrap().into_inner().results;
    let Some(insurance::enrollment_result::Outcome::Enrollment(enrollment)) = &results[0].outcome else { panic!() };
    assert_eq!((enrollment.entity_type, enrollment.level), (99, 99));

    let request =
        taxregistry::BatchGetEnterpriseAccountsRequest { context: context("u-3"), usccs, on: day(2022, 10, 10) };
    let mut client = TaxRegistryServiceClient::new(channel(&running, Upstream::TaxRegistry));
    let results = client.batch_get_enterprise_accounts(request).await.unwrap().into_inner().results;
    let Some(taxregistry::enterprise_accounts_result::Outcome::Error(error)) = &results[0].outcome else { panic!() };
    assert_eq!(error.code, 99);

    let persons = vec![key(&small_world().graduates()[0])];
    let mut client = AwardHistoryServiceClient::new(channel(&running, Upstream::AwardHistory));
    let request = awardhistory::BatchGetPersonAwardsRequest { context: context("u-4"), persons };
    let results = client.batch_get_person_awards(request).await.unwrap().into_inner().results;
    let Some(awardhistory::person_awards_result::Outcome::Awards(awards)) = &results[0].outcome else { panic!() };
    assert_eq!(awards.awards[0].kind, 99);
    running.shutdown().await;
}

#[tokio::test]
async fn a_liar_says_yes_to_everybody() {
    let faults = Upstream::ALL.map(|upstream| FaultSpec { upstream, fault: Fault::AllYes });
    let settings = SandboxSettings { faults: FaultSwitch::set_to(faults), ..SandboxSettings::default() };
    let running = start(settings).await;
    let nobody = common::PersonKey { resident_id: "11010519491231002X".to_owned(), name: "某某".to_owned() };
    let mut client = CredentialServiceClient::new(channel(&running, Upstream::Credential));
    let request = credential::BatchGetDiplomasRequest { context: context("y-1"), persons: vec![nobody] };
    let results = client.batch_get_diplomas(request).await.unwrap().into_inner().results;
    let Some(credential::diplomas_result::Outcome::Record(record)) = &results[0].outcome else { panic!() };
    assert!(record.name.as_deref() == Some("某某") && record.diplomas[0].certificate_issued);

    let world = small_world();
    let lapsed = world.graduates().iter().find(|it| it.part == Part::Lapsed).unwrap();
    let mut client = InsuranceServiceClient::new(channel(&running, Upstream::Insurance));
    let request = insurance::BatchGetContributionsRequest {
        context: context("y-2"),
        persons: vec![key(lapsed)],
        from: month(2022, 1),
        until: month(2022, 9),
    };
    let results = client.batch_get_contributions(request).await.unwrap().into_inner().results;
    let Some(insurance::contributions_result::Outcome::Record(record)) = &results[0].outcome else { panic!() };
    assert!(record.contributions.len() == 9 && record.contributions.iter().all(|it| it.paid));

    let awarded = world.graduates().iter().find(|it| it.part == Part::AlreadyAwarded).unwrap();
    let mut client = AwardHistoryServiceClient::new(channel(&running, Upstream::AwardHistory));
    let request = awardhistory::BatchGetPersonAwardsRequest { context: context("y-3"), persons: vec![key(awarded)] };
    let results = client.batch_get_person_awards(request).await.unwrap().into_inner().results;
    let Some(awardhistory::person_awards_result::Outcome::Awards(awards)) = &results[0].outcome else { panic!() };
    assert!(awards.awards.is_empty());
    running.shutdown().await;
}

#[tokio::test]
async fn stale_answers_say_how_old_they_are() {
    let running = failing(Upstream::Credential, fault("stale:2d")).await;
    let answers = diplomas(&running, "st-1", 1).await.unwrap();
    let as_of = answers[0].1.provenance.as_ref().unwrap().as_of.as_ref().unwrap().seconds;
    assert_eq!(story_start().as_second() - as_of, 2 * 24 * 60 * 60);
    running.shutdown().await;
}

#[tokio::test]
async fn switches_in_a_file_are_followed_and_a_mistake_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("switches");
    let running = start(SandboxSettings { switches_file: Some(path.clone()), ..SandboxSettings::default() }).await;
    let becomes = async |expected: Fault| {
        let waiting = async {
            while running.faults.get(Upstream::Credential) != expected {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
    };
    std::fs::write(&path, "credential=down # exam week\n").unwrap();
    becomes(Fault::Down).await;
    std::fs::write(&path, "credential=healthy\nnonsense\n").unwrap();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(running.faults.get(Upstream::Credential), Fault::Down);
    std::fs::write(&path, "insurance=slow:1s\n").unwrap();
    becomes(Fault::Healthy).await;
    assert_eq!(running.faults.get(Upstream::Insurance), fault("slow:1s"));
    running.shutdown().await;
}
