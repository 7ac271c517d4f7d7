//! Everything that is served, under one router.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::{Extension, Router, middleware, routing};
use futures::FutureExt;
use http::{StatusCode, header};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::audit::Audit;
use super::claims::Claims;
use super::clawback::Clawback;
use super::console::Console;
use super::door::{Door, pass};
use super::ledger::Ledger;
use super::limits::{ANSWER_BYTES, CallLimits, PAYMENT_FILES_BYTES, STATEMENT_BYTES, STREAM_ITEM_BYTES, UNARY_BYTES};
use super::policy::Policy;
use super::pooling::Pooling;
use super::reports::Reports;
use super::status::Fault;
use super::suspects::Suspects;
use crate::proto::DESCRIPTOR_SET;
use crate::proto::audit::v1::audit_service_server::AuditServiceServer;
use crate::proto::claims::v1::claim_service_server::ClaimServiceServer;
use crate::proto::clawback::v1::clawback_service_server::ClawbackServiceServer;
use crate::proto::console::v1::console_service_server::ConsoleServiceServer;
use crate::proto::ledger::v1::ledger_service_server::LedgerServiceServer;
use crate::proto::policy::v1::policy_service_server::PolicyServiceServer;
use crate::proto::pooling::v1::pooling_service_server::PoolingServiceServer;
use crate::proto::reports::v1::report_service_server::ReportServiceServer;
use crate::proto::suspects::v1::suspect_service_server::SuspectServiceServer;
use crate::transport::peer::{Identity, Peer};
use crate::workflows::Gateway;

/// The calls whose messages are larger.
const SUBMIT_CLAIMS: &str = "/hufu.claims.v1.ClaimService/SubmitClaims";
const IMPORT_STATEMENT: &str = "/hufu.pooling.v1.PoolingService/ImportStatement";
const EXPORT_INSTRUCTIONS: &str = "/hufu.pooling.v1.PoolingService/ExportInstructions";
/// Names whose health is told; the empty one is the node as a whole.
const HEALTH: [&str; 10] = [
    "",
    ClaimServiceServer::<Claims>::NAME,
    SuspectServiceServer::<Suspects>::NAME,
    ClawbackServiceServer::<Clawback>::NAME,
    AuditServiceServer::<Audit>::NAME,
    ConsoleServiceServer::<Console>::NAME,
    LedgerServiceServer::<Ledger>::NAME,
    PolicyServiceServer::<Policy>::NAME,
    PoolingServiceServer::<Pooling>::NAME,
    ReportServiceServer::<Reports>::NAME,
];

/// Renders the metrics as Prometheus reads them.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// What is served, and how much of it.
#[derive(Clone, Default)]
pub struct ServiceSettings {
    /// Whether callers may learn the contracts from the node; off in production.
    pub reflection: bool,
    /// What `GET /metrics` answers to those with a certificate; without it there is no such page.
    pub metrics: Option<MetricsText>,
    pub limits: CallLimits,
}

/// The gateway's services, health, and reflection where it is on. Must be called within a Tokio runtime.
///
/// When `shutdown` is cancelled, health turns to NOT_SERVING and every stream ends; calls under way are finished.
pub fn router(gateway: Gateway, settings: ServiceSettings, shutdown: CancellationToken) -> Router {
    let ServiceSettings { reflection, metrics, limits } = settings;
    let claims = Claims { gateway: gateway.clone(), limits, shutdown: shutdown.clone() };
    let suspects = Suspects { gateway: gateway.clone(), shutdown: shutdown.clone() };
    let claims = ClaimServiceServer::new(claims).max_encoding_message_size(ANSWER_BYTES);
    let suspects = SuspectServiceServer::new(suspects).max_encoding_message_size(ANSWER_BYTES);
    let clawback = ClawbackServiceServer::new(Clawback { gateway: gateway.clone() });
    let ledger = LedgerServiceServer::new(Ledger { gateway: gateway.clone() });
    let (clawback, ledger) =
        (clawback.max_encoding_message_size(ANSWER_BYTES), ledger.max_encoding_message_size(ANSWER_BYTES));
    let pooling = PoolingServiceServer::new(Pooling { gateway: gateway.clone() });
    let files_out = pooling.clone().max_encoding_message_size(PAYMENT_FILES_BYTES + ANSWER_BYTES);
    let pooling = pooling.max_encoding_message_size(ANSWER_BYTES);
    let files_in = pooling.clone().max_decoding_message_size(STATEMENT_BYTES);
    let audit = AuditServiceServer::new(Audit { gateway: gateway.clone() }).max_encoding_message_size(ANSWER_BYTES);
    let console = ConsoleServiceServer::new(Console { gateway: gateway.clone() });
    let reports = ReportServiceServer::new(Reports { gateway: gateway.clone() });
    let policy = PolicyServiceServer::new(Policy { gateway }).max_encoding_message_size(ANSWER_BYTES);
    let mut routes = Routes::new(claims.clone().max_decoding_message_size(UNARY_BYTES))
        .add_service(suspects.max_decoding_message_size(UNARY_BYTES))
        .add_service(clawback.max_decoding_message_size(UNARY_BYTES))
        .add_service(ledger.max_decoding_message_size(UNARY_BYTES))
        .add_service(audit.max_decoding_message_size(UNARY_BYTES))
        .add_service(console.max_decoding_message_size(UNARY_BYTES))
        .add_service(policy.max_decoding_message_size(UNARY_BYTES))
        .add_service(reports.max_encoding_message_size(ANSWER_BYTES).max_decoding_message_size(UNARY_BYTES))
        .add_service(pooling.max_decoding_message_size(UNARY_BYTES));
    routes = with_health(routes, shutdown.clone());
    if reflection {
        routes = with_reflection(routes);
    }
    let large = claims.max_decoding_message_size(STREAM_ITEM_BYTES);
    let door = Arc::new(Door::new(&limits, shutdown));
    let calls = routes
        .into_axum_router()
        .reset_fallback()
        .route_service(SUBMIT_CLAIMS, large)
        .route_service(IMPORT_STATEMENT, files_in)
        .route_service(EXPORT_INSTRUCTIONS, files_out.max_decoding_message_size(UNARY_BYTES))
        .layer(middleware::from_fn_with_state(door, pass));
    let pages = match metrics {
        Some(text) => Router::new().route("/metrics", routing::get(move |peer| metrics_page(peer, text))),
        None => Router::new(),
    };
    calls.merge(pages).fallback(nothing_here)
}

fn with_health(routes: Routes, shutdown: CancellationToken) -> Routes {
    let reporter = HealthReporter::new();
    let service = tonic_health::server::HealthService::from_health_reporter(reporter.clone());
    for name in HEALTH {
        // Nobody else has the reporter yet, so nothing is waited for.
        let _ = reporter.set_service_status(name, ServingStatus::Serving).now_or_never();
    }
    tokio::spawn(async move {
        shutdown.cancelled().await;
        for name in HEALTH {
            reporter.set_service_status(name, ServingStatus::NotServing).await;
        }
    });
    routes.add_service(tonic_health::pb::health_server::HealthServer::new(service))
}

/// Reflection in both versions: older clients ask for v1alpha alone. Error details are among the types, so that clients can show them.
fn with_reflection(routes: Routes) -> Routes {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    match (builder().build_v1(), builder().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => routes.add_service(v1).add_service(v1alpha),
        (Err(error), _) | (_, Err(error)) => {
            // The sets are constants; a test reads them.
            tracing::error!(%error, "reflection is not served");
            routes
        }
    }
}

async fn metrics_page(peer: Option<Extension<Arc<Peer>>>, text: MetricsText) -> Response {
    match peer.as_ref().map(|peer| &peer.identity) {
        Some(Identity::Named(_)) => page(StatusCode::OK, text()),
        Some(Identity::Anonymous | Identity::Malformed(_)) | None => {
            page(StatusCode::FORBIDDEN, "a client certificate is required\n".to_owned())
        }
    }
}

async fn nothing_here(request: Request) -> Response {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let is_grpc = content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    if is_grpc {
        Status::from(Fault::unimplemented()).into_http()
    } else {
        page(StatusCode::NOT_FOUND, "not found\n".to_owned())
    }
}

fn page(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
