//! Every RPC of the five contracts, over a real socket.

use std::collections::BTreeSet;

use futures::StreamExt;
use hufu::proto::awardhistory::v1 as awardhistory;
use hufu::proto::awardhistory::v1::award_history_service_client::AwardHistoryServiceClient;
use hufu::proto::common::v1 as common;
use hufu::proto::credential::v1 as credential;
use hufu::proto::credential::v1::credential_service_client::CredentialServiceClient;
use hufu::proto::employment::v1 as employment;
use hufu::proto::employment::v1::employment_service_client::EmploymentServiceClient;
use hufu::proto::insurance::v1 as insurance;
use hufu::proto::insurance::v1::insurance_service_client::InsuranceServiceClient;
use hufu::proto::taxregistry::v1 as taxregistry;
use hufu::proto::taxregistry::v1::tax_registry_service_client::TaxRegistryServiceClient;
use hufu::sandbox::population::{Part, Resident};
use hufu::sandbox::{SandboxSettings, ServerTls, Upstream, story_start};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use tonic::Code;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use super::{channel, context, day, key, month, small_world, start};

/// A graduate with a diploma, papers and an award: something to find in every registry.
fn somebody() -> Resident {
    let world = small_world();
    world.graduates().iter().find(|it| it.part == Part::AlreadyAwarded).unwrap().clone()
}

fn is_dated(provenance: &Option<common::Provenance>) -> bool {
    let start = story_start().as_second();
    provenance
        .as_ref()
        .is_some_and(|it| !it.reference.is_empty() && it.as_of.as_ref().is_some_and(|as_of| as_of.seconds == start))
}

#[tokio::test]
async fn the_credential_registry_says_who_holds_which_diploma() {
    let running = start(SandboxSettings::default()).await;
    let mut client = CredentialServiceClient::new(channel(&running, Upstream::Credential));
    let somebody = somebody();
    let stranger = common::PersonKey { resident_id: "11010519491231002X".to_owned(), name: "某某".to_owned() };
    let nonsense = common::PersonKey { resident_id: "1".to_owned(), name: "某某".to_owned() };
    let persons = vec![key(&somebody), stranger, nonsense];
    let request = credential::BatchGetDiplomasRequest { context: context("c-1"), persons };
    let results = client.batch_get_diplomas(request).await.unwrap().into_inner().results;
    let [known, stranger, nonsense] = results.as_slice() else { panic!("one result each") };
    let Some(credential::diplomas_result::Outcome::Record(record)) = &known.outcome else { panic!() };
    assert_eq!(record.name.as_deref(), Some(somebody.name.as_str()));
    assert!(record.resident_id == known.resident_id && record.diplomas.len() == 1 && is_dated(&record.provenance));
    let Some(credential::diplomas_result::Outcome::Record(record)) = &stranger.outcome else { panic!() };
    assert!(record.name.is_none() && record.diplomas.is_empty() && is_dated(&record.provenance));
    let Some(credential::diplomas_result::Outcome::Error(error)) = &nonsense.outcome else { panic!() };
    assert!(error.code() == common::ItemErrorCode::Invalid);

    let request = credential::StreamGraduatesRequest { context: context("c-2"), graduation_year: 2022 };
    let mut stream = client.stream_graduates(request).await.unwrap().into_inner();
    let (mut seen, mut complete) = (BTreeSet::new(), None);
    while let Some(message) = stream.next().await {
        let message = message.unwrap();
        assert!(complete.is_none() && message.records.len() <= 1_000);
        seen.extend(message.records.into_iter().map(|it| it.resident_id));
        complete = message.complete;
    }
    let in_2021 = small_world().graduates().iter().filter(|it| it.part == Part::GraduatedEarly).count();
    assert_eq!(seen.len(), small_world().graduates().len() - in_2021);
    assert_eq!(complete, Some(seen.len() as i64));
    running.shutdown().await;
}

#[tokio::test]
async fn the_insurance_database_answers_for_persons() {
    let running = start(SandboxSettings::default()).await;
    let mut client = InsuranceServiceClient::new(channel(&running, Upstream::Insurance));
    let somebody = somebody();
    let request = insurance::BatchGetContributionsRequest {
        context: context("i-1"),
        persons: vec![key(&somebody)],
        from: month(2022, 1),
        until: month(2022, 12),
    };
    let results = client.batch_get_contributions(request).await.unwrap().into_inner().results;
    let Some(insurance::contributions_result::Outcome::Record(record)) = &results[0].outcome else { panic!() };
    assert!(is_dated(&record.provenance) && record.standings.len() == 1);
    assert!(record.standings[0].standing() == insurance::Standing::Current);
    let last = record.contributions.iter().map(|it| it.month.as_ref().unwrap().month).max();
    assert_eq!(last, Some(10), "November has not begun");
    assert!(record.contributions.iter().all(|it| it.paid && it.funded_by_uscc.is_empty()));

    let too_long = insurance::BatchGetContributionsRequest {
        context: context("i-2"),
        persons: Vec::new(),
        from: month(2020, 1),
        until: month(2022, 2),
    };
    assert_eq!(client.batch_get_contributions(too_long).await.err().unwrap().code(), Code::InvalidArgument);
    running.shutdown().await;
}

#[tokio::test]
async fn the_insurance_database_answers_for_enterprises() {
    let running = start(SandboxSettings::default()).await;
    let mut client = InsuranceServiceClient::new(channel(&running, Upstream::Insurance));
    let world = small_world();
    let agency = world.enterprises.iter().find(|it| it.is_dispatch_agency()).unwrap();
    let usccs = vec![agency.uscc.as_str().to_owned(), "91350100M000100Y43".to_owned()];

    let request = insurance::BatchGetEnrollmentsRequest { context: context("i-3"), usccs: usccs.clone() };
    let results = client.batch_get_enrollments(request).await.unwrap().into_inner().results;
    let Some(insurance::enrollment_result::Outcome::Enrollment(enrollment)) = &results[0].outcome else { panic!() };
    assert!(enrollment.dispatch_agency && enrollment.sector == "7263" && is_dated(&enrollment.provenance));
    assert!(enrollment.level() == insurance::EnrollmentLevel::County);
    assert!(matches!(results[1].outcome, Some(insurance::enrollment_result::Outcome::NotEnrolled(_))));

    let (from, until) = (month(2022, 1), month(2022, 12));
    let request = insurance::BatchGetHeadcountsRequest { context: context("i-4"), usccs, from, until };
    let results = client.batch_get_headcounts(request).await.unwrap().into_inner().results;
    let Some(insurance::headcounts_result::Outcome::Headcounts(headcounts)) = &results[0].outcome else { panic!() };
    assert_eq!(headcounts.months.len(), 10, "November has not begun");
    assert!(headcounts.months.iter().all(|it| it.contributing > it.funded_by_hosts && it.funded_by_hosts > 0));

    let request = insurance::StreamRosterRequest {
        context: context("i-5"),
        uscc: agency.uscc.as_str().to_owned(),
        month: month(2022, 3),
    };
    let messages: Vec<_> = client.stream_roster(request).await.unwrap().into_inner().collect().await;
    let last = messages.last().unwrap().as_ref().unwrap();
    assert_eq!(last.complete, Some(i64::from(headcounts.months[2].contributing)));
    let funded = last.entries.iter().filter(|it| !it.funded_by_uscc.is_empty()).count();
    assert_eq!(funded, headcounts.months[2].funded_by_hosts as usize);

    for (region, some) in [("3715", true), ("370000", true), ("371502", true), ("110000", false)] {
        let request = insurance::StreamNewlyInsuredRequest {
            context: context("i-6"),
            region: region.to_owned(),
            from: month(2022, 6),
            until: month(2022, 9),
        };
        let messages: Vec<_> = client.stream_newly_insured(request).await.unwrap().into_inner().collect().await;
        let last = messages.last().unwrap().as_ref().unwrap();
        assert_eq!(last.complete.is_some_and(|it| it > 0), some, "{region}");
        assert!(last.entries.iter().all(|it| it.region.starts_with(region.trim_end_matches('0'))));
    }
    running.shutdown().await;
}

#[tokio::test]
async fn the_tax_registry_names_accounts_in_force() {
    let running = start(SandboxSettings::default()).await;
    let mut client = TaxRegistryServiceClient::new(channel(&running, Upstream::TaxRegistry));
    let world = small_world();
    let enterprise = world.enterprises.iter().find(|it| it.is_plain()).unwrap();
    let uscc = enterprise.uscc.as_str().to_owned();
    let ask = |uscc: &str, on| taxregistry::GetEnterpriseAccountsRequest {
        context: context("t-1"),
        uscc: uscc.to_owned(),
        on,
    };
    let answer = client.get_enterprise_accounts(ask(&uscc, day(2022, 10, 10))).await.unwrap().into_inner();
    let accounts = answer.accounts.unwrap();
    assert_eq!(accounts.corporate.unwrap().number, enterprise.corporate.as_ref().unwrap().number.as_str());
    assert!(accounts.uscc == uscc && is_dated(&accounts.provenance));
    let answer = client.get_enterprise_accounts(ask(&uscc, day(2001, 1, 1))).await.unwrap().into_inner();
    assert!(answer.accounts.unwrap().corporate.is_none());
    let unknown = client.get_enterprise_accounts(ask("91350100M000100Y43", day(2022, 10, 10))).await;
    assert_eq!(unknown.err().unwrap().code(), Code::NotFound);

    let usccs: Vec<String> = world.enterprises.iter().map(|it| it.uscc.as_str().to_owned()).collect();
    let request = taxregistry::BatchGetEnterpriseAccountsRequest {
        context: context("t-2"),
        usccs: usccs.clone(),
        on: day(2022, 10, 10),
    };
    let results = client.batch_get_enterprise_accounts(request).await.unwrap().into_inner().results;
    assert_eq!(results.iter().map(|it| &it.uscc).collect::<Vec<_>>(), usccs.iter().collect::<Vec<_>>());
    running.shutdown().await;
}

#[tokio::test]
async fn the_employment_system_and_the_award_history_answer() {
    let running = start(SandboxSettings::default()).await;
    let somebody = somebody();
    let persons = vec![key(&somebody)];
    let mut client = EmploymentServiceClient::new(channel(&running, Upstream::Employment));
    let request = employment::BatchGetEmploymentRequest { context: context("e-1"), persons: persons.clone() };
    let results = client.batch_get_employment(request).await.unwrap().into_inner().results;
    let Some(employment::employment_result::Outcome::Record(record)) = &results[0].outcome else { panic!() };
    assert!(record.registrations.len() == 1 && record.contracts[0].signed && is_dated(&record.provenance));

    let mut client = AwardHistoryServiceClient::new(channel(&running, Upstream::AwardHistory));
    let request = awardhistory::BatchGetPersonAwardsRequest { context: context("a-1"), persons };
    let results = client.batch_get_person_awards(request).await.unwrap().into_inner().results;
    let Some(awardhistory::person_awards_result::Outcome::Awards(awards)) = &results[0].outcome else { panic!() };
    assert!(awards.subject == results[0].resident_id && awards.awards.len() == 1 && is_dated(&awards.provenance));

    let usccs = vec![small_world().enterprises[0].uscc.as_str().to_owned()];
    let request = awardhistory::BatchGetEnterpriseAwardsRequest { context: context("a-2"), usccs };
    let results = client.batch_get_enterprise_awards(request).await.unwrap().into_inner().results;
    let Some(awardhistory::enterprise_awards_result::Outcome::Awards(awards)) = &results[0].outcome else { panic!() };
    assert!(awards.awards.is_empty());
    running.shutdown().await;
}

#[tokio::test]
async fn more_than_a_batch_twice_the_same_and_no_purpose_are_refused() {
    let running = start(SandboxSettings::default()).await;
    let mut client = CredentialServiceClient::new(channel(&running, Upstream::Credential));
    let world = small_world();
    let persons = |count: usize| world.residents.iter().take(count).map(key).collect::<Vec<_>>();
    let mut ask = async |context, persons| {
        let request = credential::BatchGetDiplomasRequest { context, persons };
        client.batch_get_diplomas(request).await.map(|it| it.into_inner().results.len()).map_err(|it| it.code())
    };
    assert_eq!(ask(context("b-1"), persons(500)).await, Ok(500));
    assert_eq!(ask(context("b-2"), persons(501)).await, Err(Code::InvalidArgument));
    assert_eq!(ask(context("b-3"), [persons(1), persons(1)].concat()).await, Err(Code::InvalidArgument));
    assert_eq!(ask(None, persons(1)).await, Err(Code::InvalidArgument));
    let purposeless = context("b-4").map(|it| common::InquiryContext { purpose: 0, ..it });
    assert_eq!(ask(purposeless, persons(1)).await, Err(Code::InvalidArgument));
    running.shutdown().await;
}

#[tokio::test]
async fn each_upstream_tells_its_health_and_its_contract() {
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::{ServerReflectionRequest, server_reflection_response::MessageResponse};

    let running = start(SandboxSettings::default()).await;
    let services = [
        (Upstream::TaxRegistry, "hufu.taxregistry.v1.TaxRegistryService"),
        (Upstream::Credential, "hufu.credential.v1.CredentialService"),
        (Upstream::Insurance, "hufu.insurance.v1.InsuranceService"),
        (Upstream::Employment, "hufu.employment.v1.EmploymentService"),
        (Upstream::AwardHistory, "hufu.awardhistory.v1.AwardHistoryService"),
        (Upstream::Finance, "hufu.finance.v1.FinanceService"),
        (Upstream::Bank, "hufu.bank.v1.BankService"),
    ];
    assert_eq!(services.map(|it| it.0), Upstream::ALL);
    for (upstream, service) in services {
        let request = HealthCheckRequest { service: service.to_owned() };
        let health = HealthClient::new(channel(&running, upstream)).check(request).await.unwrap().into_inner();
        assert_eq!(health.status(), ServingStatus::Serving);
        let request = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::FileContainingSymbol(service.to_owned())),
        };
        let mut reflection = ServerReflectionClient::new(channel(&running, upstream));
        let stream = futures::stream::iter([request]);
        let mut answers = reflection.server_reflection_info(stream).await.unwrap().into_inner();
        let answer = answers.next().await.unwrap().unwrap().message_response;
        assert!(matches!(answer, Some(MessageResponse::FileDescriptorResponse(_))), "{service}");
    }
    running.shutdown().await;
}

#[tokio::test]
async fn with_certificates_only_callers_of_the_authority_are_let_in() {
    let ca = authority();
    let (server_cert, server_key) = issued(&ca, ExtendedKeyUsagePurpose::ServerAuth);
    let tls = ServerTls { cert_pem: server_cert, key_pem: server_key, client_ca_pem: ca.pem() };
    let running = start(SandboxSettings { tls: Some(tls), ..SandboxSettings::default() }).await;
    let ask = async |identity: Option<(String, String)>| {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca.pem())).domain_name("localhost");
        if let Some((cert, key)) = identity {
            tls = tls.identity(Identity::from_pem(cert, key));
        }
        let endpoint = Endpoint::from_shared(format!("https://{}", running.addr(Upstream::Credential))).unwrap();
        let mut client = CredentialServiceClient::new(endpoint.tls_config(tls).unwrap().connect_lazy());
        let request = credential::BatchGetDiplomasRequest { context: context("m-1"), persons: vec![key(&somebody())] };
        client.batch_get_diplomas(request).await.is_ok()
    };
    assert!(ask(Some(issued(&ca, ExtendedKeyUsagePurpose::ClientAuth))).await);
    assert!(!ask(None).await);
    assert!(!ask(Some(issued(&authority(), ExtendedKeyUsagePurpose::ClientAuth))).await);
    running.shutdown().await;
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issued(ca: &CertifiedIssuer<'static, KeyPair>, usage: ExtendedKeyUsagePurpose) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.extended_key_usages = vec![usage];
    (params.signed_by(&key, ca).unwrap().pem(), key.serialize_pem())
}
