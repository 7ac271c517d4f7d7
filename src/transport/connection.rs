//! One connection, from its handshake to its end.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use http::Request;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::listener::Limits;
use super::peer::{Identity, Peer};

/// The fixed beginning of every HTTP/2 connection (RFC 9113, 3.4). hyper waits for it without a limit.
const PREFACE_BYTES: usize = 24;
/// Connections of one burst end at this many different ages.
const AGE_STEPS: u64 = 61;

/// Runs what belongs to connections, so that a drain can wait for all of it and cut it.
#[derive(Clone)]
pub(super) struct Tasks {
    pub(super) tracker: TaskTracker,
    /// Finish what is under way, take nothing new.
    pub(super) drain: CancellationToken,
    /// Stop at once.
    pub(super) cut: CancellationToken,
}

impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let cut = self.cut.clone();
        self.tracker.spawn(async move {
            let _ = cut.run_until_cancelled(future).await;
        });
    }
}

/// A connection that was accepted.
pub(super) struct Connection {
    pub(super) number: u64,
    pub(super) address: SocketAddr,
    pub(super) limits: Limits,
    pub(super) tasks: Tasks,
    pub(super) app: Router,
    /// Its place among the connections, given back when it is dropped.
    pub(super) place: OwnedSemaphorePermit,
    /// Its place among the handshakes.
    pub(super) handshake: OwnedSemaphorePermit,
}

impl Connection {
    /// Shakes hands and serves until either side ends it.
    pub(super) async fn serve(self, stream: TcpStream, tls: Arc<ServerConfig>) {
        let Self { number, address, limits, tasks, app, place, handshake } = self;
        // Answers are small and awaited.
        let _ = stream.set_nodelay(true);
        let shaken = tokio::select! {
            shaken = timeout(limits.handshake, TlsAcceptor::from(tls).accept(stream)) => shaken,
            () = tasks.drain.cancelled() => return,
        };
        drop(handshake);
        let stream = match shaken {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return refused(address, &error.to_string()),
            Err(_) => return refused(address, "handshake took too long"),
        };
        let gauge = metrics::gauge!("hufu_connections");
        gauge.increment(1);
        let identity = Identity::of(stream.get_ref().1.peer_certificates());
        let peer = Arc::new(Peer { address, identity });
        let cut = tasks.cut.clone();
        let served = serve_http(stream, app, peer, number, limits, tasks);
        // Dropping the connection is what frees a drain from a client that neither reads nor leaves.
        if let Some(Err(error)) = cut.run_until_cancelled(served).await {
            tracing::debug!(%address, %error, "connection failed");
        }
        gauge.decrement(1);
        drop(place);
    }
}

fn refused(address: SocketAddr, error: &str) {
    metrics::counter!("hufu_handshakes_refused_total").increment(1);
    tracing::debug!(%address, error, "handshake refused");
}

async fn serve_http(
    stream: TlsStream<TcpStream>,
    app: Router,
    peer: Arc<Peer>,
    number: u64,
    limits: Limits,
    tasks: Tasks,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let drain = tasks.drain.clone();
    let builder = builder(is_http2, &limits, tasks);
    let received = Arc::new(AtomicUsize::new(0));
    let io = TokioIo::new(Counted { stream, received: Arc::clone(&received) });
    let service = app.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&peer));
        request
    });
    let mut served = pin!(builder.serve_connection(io, TowerToHyperService::new(service)));
    let mut opening = pin!(sleep(limits.opening));
    let mut is_open = !is_http2;
    let mut end = pin!(sleep(age_of(number, limits.age)));
    let mut is_ending = false;
    loop {
        tokio::select! {
            result = served.as_mut() => return result,
            () = &mut opening, if !is_open => {
                if received.load(Ordering::Relaxed) < PREFACE_BYTES {
                    return Err("connection was not opened in time".into());
                }
                is_open = true;
            }
            () = drain.cancelled(), if !is_ending => {
                is_ending = true;
                served.as_mut().graceful_shutdown();
                // The drain has a limit of its own.
                end.as_mut().reset(Instant::now() + limits.drain + limits.age_grace);
            }
            () = &mut end => {
                if is_ending {
                    return Err("connection did not end in time".into());
                }
                is_ending = true;
                served.as_mut().graceful_shutdown();
                end.as_mut().reset(Instant::now() + limits.age_grace);
            }
        }
    }
}

/// The protocol was agreed in the handshake, so nothing is guessed from the first bytes.
fn builder(is_http2: bool, limits: &Limits, tasks: Tasks) -> auto::Builder<Tasks> {
    let builder = auto::Builder::new(tasks);
    let mut builder = if is_http2 { builder.http2_only() } else { builder.http1_only() };
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_bytes)
        .max_local_error_reset_streams(limits.local_error_resets)
        .max_pending_accept_reset_streams(limits.pending_accept_resets)
        .keep_alive_interval(limits.keepalive)
        .keep_alive_timeout(limits.keepalive_timeout);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.opening)
        // hyper refuses less than 8 KiB.
        .max_buf_size(usize::try_from(limits.header_bytes).unwrap_or(usize::MAX).max(8 * 1_024));
    builder
}

/// Spreads the ages of connections from nine to eleven tenths.
fn age_of(number: u64, age: Duration) -> Duration {
    let share = u32::try_from(number.wrapping_mul(37) % AGE_STEPS).unwrap_or_default();
    let tenth = age / 10;
    age.saturating_sub(tenth).saturating_add(tenth.saturating_mul(2) / 60 * share)
}

/// A stream that counts what it receives.
struct Counted<S> {
    stream: S,
    received: Arc<AtomicUsize>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.received.fetch_add(buf.filled().len().saturating_sub(before), Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
