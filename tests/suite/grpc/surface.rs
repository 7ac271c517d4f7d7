//! What a node shows besides its contracts: reflection in development alone, health always, and nothing to those it does not know.

use hufu::config::{Environment, Settings};
use tonic::Code;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use super::{reason_of, refusal};
use crate::support::claims::verdict;
use crate::support::people::{firm, graduate};
use crate::support::{Caller, Database, Harness, on_both_databases};

/// The services of the gateway's own contracts.
const OWN: [&str; 7] = [
    "hufu.claims.v1.ClaimService",
    "hufu.suspects.v1.SuspectService",
    "hufu.clawback.v1.ClawbackService",
    "hufu.ledger.v1.LedgerService",
    "hufu.pooling.v1.PoolingService",
    "hufu.policy.v1.PolicyService",
    "hufu.reports.v1.ReportService",
];

/// The names of the services that a node says it has.
async fn services(caller: &Caller) -> Result<Vec<String>, tonic::Status> {
    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(caller.channel.clone());
    let mut answers = client.server_reflection_info(tokio_stream::iter([question])).await?.into_inner();
    let ServerReflectionResponse { message_response: Some(MessageResponse::ListServicesResponse(list)), .. } =
        answers.message().await?.unwrap()
    else {
        panic!("not a list of services");
    };
    Ok(list.service.into_iter().map(|service| service.name).collect())
}

async fn health(caller: &Caller, service: &str) -> Result<i32, tonic::Status> {
    let request = HealthCheckRequest { service: service.to_owned() };
    Ok(HealthClient::new(caller.channel.clone()).check(request).await?.into_inner().status)
}

async fn health_answers_for_the_node_and_each_service(hufu: &Harness) {
    let caller = hufu.caller("371502", &[]);
    for service in [""].into_iter().chain(OWN) {
        assert_eq!(health(&caller, service).await.unwrap(), i32::from(ServingStatus::Serving), "{service}");
    }
    assert_eq!(refusal(health(&caller, "hufu.claims.v2.ClaimService").await).code(), Code::NotFound);
    assert_eq!(refusal(health(&hufu.stranger(), "").await).code(), Code::Unauthenticated);
}

async fn a_development_node_explains_itself(hufu: &Harness) {
    let services = services(&hufu.caller("371502", &[])).await.unwrap();
    for own in OWN {
        assert!(services.iter().any(|it| it == own), "{own} is not among {services:?}");
    }
}

fn production(settings: &mut Settings) {
    settings.node.environment = Environment::Production;
    settings.node.story_clock = None;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_production_node_does_not() {
    Harness::tell_with(Database::Sqlite, production, async |hufu| {
        let caller = hufu.office("371502");
        let refused = refusal(services(&caller).await);
        assert_eq!(refused.code(), Code::Unimplemented, "{refused:?}");
        assert_eq!(health(&caller, "").await.unwrap(), i32::from(ServingStatus::Serving));
        // By the real clock the deadline of 2023-01-31 has passed, and the registries' answers are old.
        let firm = firm("甲公司").known_to(hufu);
        let claim = graduate("王小明").hired_by(&firm).known_to(hufu).claim().submit(&caller).await;
        assert!(verdict(&claim).starts_with("not entitled: APPLIED_TOO_LATE 四"), "{}", verdict(&claim));
    })
    .await;
}

async fn an_unknown_call_is_unimplemented(hufu: &Harness) {
    let caller = hufu.office("371502");
    let mut client = tonic::client::Grpc::new(caller.channel.clone());
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/hufu.claims.v1.ClaimService/DeleteClaim");
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let refused = refusal(client.unary(tonic::Request::new(()), path, codec).await);
    assert_eq!((refused.code(), reason_of(&refused).as_str()), (Code::Unimplemented, "METHOD_UNKNOWN"));
}

on_both_databases![
    health_answers_for_the_node_and_each_service,
    a_development_node_explains_itself,
    an_unknown_call_is_unimplemented,
];
