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
/// Calls that work through a city's month.
const LONG: [&str; 3] = [
    "hufu.pooling.v1.PoolingService/RunPooling",
    "hufu.pooling.v1.PoolingService/PlanPooling",
    "hufu.pooling.v1.PoolingService/ImportStatement",
];
/// Long enough for those who watch the node's health to hear that it goes.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What the door knows.
pub(super) struct Door {
    unary: Places,
    streams: Places,
    unary_deadline: Duration,
    long_deadline: Duration,
    shutdown: CancellationToken,
}

impl Door {
    pub(super) fn new(limits: &CallLimits, shutdown: CancellationToken) -> Self {
        Self {
            unary: Places::new(limits.unary, limits.unary_per_caller, limits.pause),
            streams: Places::new(limits.streams, limits.streams_per_caller, limits.pause),
            unary_deadline: limits.unary_deadline,
            long_deadline: limits.long_deadline,
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

    /// A single call's time.
    fn longest(&self, rpc: &str) -> Duration {
        if LONG.contains(&rpc) { self.long_deadline } else { self.unary_deadline }
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
        let longest = door.longest(rpc);
        timeout(asked.unwrap_or(longest).min(longest), handled).await
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
    use std::convert::Infallible;

    use axum::{Router, middleware, routing};
    use futures::{StreamExt, stream};
    use http_body::Body as _;
    use prost::Message;
    use prost_types::FileDescriptorSet;
    use tonic::Code;
    use tonic_types::StatusExt;
    use tower::ServiceExt;

    use crate::transport::peer::{Identity, PeerName};

    const QUICK: &str = "/hufu.policy.v1.PolicyService/ListSheets";
    const SLOW: &str = "/hufu.policy.v1.PolicyService/GetSheet";
    const LONGER: &str = "/hufu.pooling.v1.PoolingService/RunPooling";
    const PANICS: &str = "/hufu.policy.v1.PolicyService/ListRiskAreas";
    const NEEDS_ROLE: &str = "/hufu.claims.v1.ClaimService/GetClaim";
    const ENDLESS: &str = "/hufu.claims.v1.ClaimService/WatchClaims";
    const BREAKS: &str = "/hufu.suspects.v1.SuspectService/PullSuspects";
    const HEALTH: &str = "/grpc.health.v1.Health/Watch";
    const FORGOTTEN: &str = "/hufu.claims.v1.ClaimService/NotInTheTable";

    /// Handlers of every temper behind one door.
    fn house(limits: CallLimits, shutdown: CancellationToken) -> Router {
        let done = || async { Status::ok("").into_http::<Body>() };
        let endless = || async { Response::new(Body::from_stream(stream::pending::<Result<&str, Infallible>>())) };
        let breaks = || async {
            let first = stream::iter([Ok::<_, Infallible>("first")]);
            Response::new(Body::from_stream(first.chain(stream::poll_fn(|_| panic!("while streaming")))))
        };
        async fn panics() -> Response {
            panic!("while handling")
        }
        let door = Arc::new(Door::new(&limits, shutdown));
        Router::new()
            .route(QUICK, routing::post(done))
            .route(NEEDS_ROLE, routing::post(done))
            .route(FORGOTTEN, routing::post(done))
            .route(SLOW, routing::post(std::future::pending::<Response>))
            .route(LONGER, routing::post(std::future::pending::<Response>))
            .route(PANICS, routing::post(panics))
            .route(ENDLESS, routing::post(endless))
            .route(HEALTH, routing::post(endless))
            .route(BREAKS, routing::post(breaks))
            .layer(middleware::from_fn_with_state(door, pass))
    }

    fn request(path: &str, caller: Option<&str>, time: Option<&str>) -> Request {
        let identity = caller.map_or(Identity::Anonymous, |uri| Identity::Named(PeerName::parse(uri).unwrap()));
        let mut request = Request::post(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(Arc::new(Peer { address: ([127, 0, 0, 1], 1).into(), identity }));
        if let Some(time) = time {
            request.headers_mut().insert("grpc-timeout", time.parse().unwrap());
        }
        request
    }

    const OFFICE: Option<&str> = Some("hufu://371500/lc-hrss/office");

    /// The reason that comes back, from the headers or at the end of the body.
    async fn reason(house: &Router, request: Request) -> String {
        let response = house.clone().oneshot(request).await.unwrap();
        let (parts, mut body) = response.into_parts();
        let mut headers = parts.headers;
        while let Some(frame) = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await {
            if let Ok(trailers) = frame.unwrap().into_trailers() {
                headers = trailers;
            }
        }
        let status = Status::from_header_map(&headers).unwrap();
        if status.code() == Code::Ok {
            return "OK".to_owned();
        }
        status.get_error_details().error_info().unwrap().reason.clone()
    }

    #[tokio::test]
    async fn only_known_callers_with_the_right_come_in() {
        let house = house(CallLimits::default(), CancellationToken::new());
        let check = async |path, caller, expected: &str| {
            assert_eq!(reason(&house, request(path, caller, None)).await, expected, "{path} by {caller:?}");
        };
        check(QUICK, OFFICE, "OK").await;
        check(QUICK, None, "CERTIFICATE_REQUIRED").await;
        check(QUICK, Some("hufu://999999/a/b"), "CALLER_MALFORMED").await;
        check(NEEDS_ROLE, OFFICE, "ROLE_MISSING").await;
        check(NEEDS_ROLE, Some("hufu://371500/a/b?role=claims.submit"), "ROLE_MISSING").await;
        check(NEEDS_ROLE, Some("hufu://371500/a/b?role=claims.read"), "OK").await;
        check(FORGOTTEN, Some("hufu://000000/a/b?role=claims.read"), "METHOD_UNKNOWN").await;
    }

    #[tokio::test(start_paused = true)]
    async fn every_call_ends() {
        let shutdown = CancellationToken::new();
        let house = house(CallLimits::default(), shutdown.clone());
        let watcher = Some("hufu://371500/a/b?role=claims.read&role=suspects.read&role=pooling.run");
        let timed = async |path, time, expected: &str| {
            let start = tokio::time::Instant::now();
            assert_eq!(reason(&house, request(path, watcher, time)).await, expected, "{path} in {time:?}");
            start.elapsed().as_millis()
        };
        assert_eq!(timed(SLOW, None, "DEADLINE_EXCEEDED").await, 10_000);
        assert_eq!(timed(SLOW, Some("250m"), "DEADLINE_EXCEEDED").await, 250);
        assert_eq!(timed(SLOW, Some("1H"), "DEADLINE_EXCEEDED").await, 10_000);
        assert_eq!(timed(LONGER, None, "DEADLINE_EXCEEDED").await, 600_000);
        assert_eq!(timed(LONGER, Some("20S"), "DEADLINE_EXCEEDED").await, 20_000);
        assert_eq!(timed(ENDLESS, Some("1M"), "DEADLINE_EXCEEDED").await, 60_000);
        timed(PANICS, None, "INTERNAL").await;
        timed(BREAKS, None, "INTERNAL").await;
        shutdown.cancel();
        assert_eq!(timed(HEALTH, None, "SHUTTING_DOWN").await, LAST_WORDS.as_millis());
    }

    #[tokio::test]
    async fn what_is_too_much_is_shed_and_places_come_back() {
        let limits = CallLimits { unary: 2, unary_per_caller: 1, streams: 1, ..CallLimits::default() };
        let house = house(limits, CancellationToken::new());
        let call = |path, caller| house.clone().oneshot(request(path, caller, None));
        let mut slow = Box::pin(call(SLOW, OFFICE));
        assert!(futures::poll!(&mut slow).is_pending());
        assert_eq!(reason(&house, request(QUICK, OFFICE, None)).await, "CALLER_OVERLOADED");
        let other = Some("hufu://371500/a/b?role=claims.read");
        assert_eq!(reason(&house, request(QUICK, other, None)).await, "OK");
        let stream = call(ENDLESS, other).await.unwrap();
        assert_eq!(reason(&house, request(HEALTH, OFFICE, None)).await, "OVERLOADED", "a stream keeps its place");
        assert_eq!(reason(&house, request(QUICK, other, None)).await, "OK", "streams and single calls have their own");
        drop((slow, stream));
        assert_eq!(reason(&house, request(QUICK, OFFICE, None)).await, "OK");
        assert_eq!(call(HEALTH, OFFICE).await.map(|response| response.status().as_u16()).unwrap(), 200);
    }

    /// Every call that any contract served here has, and whether it streams.
    fn served() -> BTreeMap<String, bool> {
        let sets = [
            crate::proto::DESCRIPTOR_SET,
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        let files = sets.into_iter().flat_map(|set| FileDescriptorSet::decode(set).unwrap().file);
        let upstream = ["taxregistry", "credential", "insurance", "employment", "awardhistory", "finance", "bank"];
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
