//! Where every call comes in: who calls, whether it may, whether there is room, and for how long.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use uuid::Uuid;

use super::auth::caller_of;
use super::call::Call;
use super::limits::{CallLimits, Places, timeout_asked};
use super::observed::{Observed, code_of};
use super::status::Fault;
use crate::domain::caller::Caller;
use crate::domain::rights::{RIGHTS, authorize};
use crate::transport::peer::Peer;

/// Calls that go on for as long as there is something to say; every other one has a deadline.
const STREAMS: [&str; 6] = [
    "hufu.claims.v1.ClaimService/SubmitClaims",
    "hufu.claims.v1.ClaimService/WatchClaims",
    "hufu.suspects.v1.SuspectService/PullSuspects",
    "grpc.health.v1.Health/Watch",
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];
/// Long enough for those who watch the node's health to hear that it goes.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What the door knows.
pub(super) struct Door {
    unary: Places,
    streams: Places,
    unary_deadline: Duration,
    shutdown: CancellationToken,
}

impl Door {
    pub(super) fn new(limits: &CallLimits, shutdown: CancellationToken) -> Self {
        Self {
            unary: Places::new(limits.unary, limits.unary_per_caller, limits.pause),
            streams: Places::new(limits.streams, limits.streams_per_caller, limits.pause),
            unary_deadline: limits.unary_deadline,
            shutdown,
        }
    }

    /// Says who calls, and gives the call its place.
    fn admit(&self, request: &Request, call: &mut Call) -> Result<Caller, Fault> {
        let caller = caller_of(request.extensions().get::<Arc<Peer>>())?;
        call.caller = caller.key();
        authorize(&caller, call.rpc)?;
        let places = if is_stream(call.rpc) { &self.streams } else { &self.unary };
        call.admit(places.take(&call.caller)?);
        Ok(caller)
    }

    /// What ends a stream from outside: the time its caller gave it, and for streams that are not ours the shutdown. Our own end
    /// at shutdown by themselves, with what is under way.
    fn end_of(&self, rpc: &str, asked: Option<Duration>) -> Option<BoxFuture<'static, Fault>> {
        let is_ours = rpc.starts_with("hufu.");
        if !is_stream(rpc) || (is_ours && asked.is_none()) {
            return None;
        }
        let shutdown = self.shutdown.clone();
        let gone = async move {
            if is_ours {
                return std::future::pending().await;
            }
            shutdown.cancelled().await;
            sleep(LAST_WORDS).await;
        };
        let late = async move {
            match asked {
                Some(asked) => sleep(asked).await,
                None => std::future::pending().await,
            }
        };
        Some(Box::pin(async move {
            tokio::select! {
                () = gone => Fault::shutting_down(),
                () = late => Fault::deadline_exceeded(),
            }
        }))
    }
}

/// Lets a call in, or answers why not.
pub(super) async fn pass(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    // What is not in the table is counted under one name: callers do not make up ours.
    let rpc = RIGHTS.iter().find(|right| right.rpc == path).map_or("unknown", |right| right.rpc);
    let mut call = Call::new(rpc);
    let caller = match door.admit(&request, &mut call) {
        Ok(caller) => caller,
        Err(fault) => return answer(call, fault),
    };
    request.extensions_mut().insert(Arc::new(caller));
    let asked = timeout_asked(request.headers());
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    let handled = if is_stream(rpc) {
        Ok(handled.await)
    } else {
        timeout(asked.unwrap_or(door.unary_deadline).min(door.unary_deadline), handled).await
    };
    let response = match handled {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            let fault = panicked(rpc);
            return answer(call, fault);
        }
        Err(_) => return answer(call, Fault::deadline_exceeded()),
    };
    if let Some(code) = code_of(response.headers()) {
        call.finish(code);
        return response;
    }
    let end = door.end_of(rpc, asked);
    response.map(|body| Body::new(Observed::new(body, call, end)))
}

fn is_stream(rpc: &str) -> bool {
    STREAMS.contains(&rpc)
}

fn answer(mut call: Call, fault: Fault) -> Response {
    let status = Status::from(fault);
    call.finish(status.code());
    status.into_http()
}

/// The answer to a fault of ours. What the panic said stays out of it, and out of the log: it may quote what was being handled.
pub(super) fn panicked(rpc: &str) -> Fault {
    let error_id = Uuid::new_v4().to_string();
    tracing::error!(rpc, error_id, "handler panicked");
    Fault::internal(error_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use prost::Message;
    use prost_types::FileDescriptorSet;

    /// Every call that any contract served here has, and whether it streams.
    fn served() -> BTreeMap<String, bool> {
        let sets = [
            crate::proto::DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        let files = sets.into_iter().flat_map(|set| FileDescriptorSet::decode(set).unwrap().file);
        let upstream = ["taxregistry", "credential", "insurance", "employment", "awardhistory"];
        files
            .filter(|file| !upstream.iter().any(|area| file.package() == format!("hufu.{area}.v1")))
            .flat_map(|file| {
                let package = file.package().to_owned();
                file.service.into_iter().flat_map(move |service| {
                    let name = format!("{package}.{}", service.name());
                    let methods = service.method.into_iter();
                    methods.map(move |it| {
                        (format!("{name}/{}", it.name()), it.client_streaming() || it.server_streaming())
                    })
                })
            })
            .collect()
    }

    #[test]
    fn every_call_that_is_served_has_its_right_and_its_kind() {
        let served = served();
        let named: BTreeMap<String, bool> =
            RIGHTS.iter().map(|right| (right.rpc.to_owned(), is_stream(right.rpc))).collect();
        // Health gained a List that this version of tonic-health may or may not have; what is not in the table is denied.
        let known = served.into_iter().filter(|(rpc, _)| rpc != "grpc.health.v1.Health/List").collect();
        assert_eq!(named, known);
    }
}
