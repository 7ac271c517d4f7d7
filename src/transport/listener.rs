//! Accepts connections on one TLS port: bounded in number, handshakes off the loop, and a drain that ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Connection, Tasks};
use super::tls::TlsSource;

/// A full table of file descriptors does not empty by asking at once again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Once cut, connections only have to be dropped.
const CUT_WAIT: Duration = Duration::from_secs(1);

/// What one listener allows. The defaults are those of the gateway.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; one over is closed unanswered, so that its caller tries another node at once.
    pub connections: usize,
    /// Handshakes at once; more wait in the kernel's queue, each for as long as a handshake may take.
    pub handshakes: usize,
    /// A TLS handshake takes two round trips; who needs longer is stuck, or holds a place on purpose.
    pub handshake: Duration,
    /// From the handshake's end to the end of HTTP/2's opening, or of HTTP/1's headers.
    pub opening: Duration,
    /// Requests and streams at once on one connection.
    pub streams: u32,
    /// Headers of one request, after decompression.
    pub header_bytes: u32,
    /// Streams reset for faults of the peer's (MadeYouReset) before the connection is closed; hyper's default is 1,024.
    pub local_error_resets: usize,
    /// Streams reset by the peer before they are served (Rapid Reset) before the connection is closed.
    pub pending_accept_resets: usize,
    /// A ping is sent when a connection was silent this long, and
    pub keepalive: Duration,
    /// a connection is closed when its ping was not answered for this long.
    pub keepalive_timeout: Duration,
    /// Connections end after this, give or take a tenth, so that callers spread over nodes and revoked certificates go.
    pub age: Duration,
    /// What an aged connection is given to finish.
    pub age_grace: Duration,
    /// What all connections are given to finish at shutdown. Then they are cut, even those a stuck client holds.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2_048,
            handshakes: 256,
            handshake: Duration::from_secs(5),
            opening: Duration::from_secs(10),
            streams: 100,
            header_bytes: 8 * 1_024,
            local_error_resets: 100,
            pending_accept_resets: 20,
            keepalive: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(10),
            age: Duration::from_secs(30 * 60),
            age_grace: Duration::from_secs(30),
            drain: Duration::from_secs(8),
        }
    }
}

/// Serves `app` until `shutdown` is done, then lets connections finish for as long as `limits.drain` and returns.
///
/// Every request carries `Arc<Peer>` as an extension. TLS settings are read anew for each handshake.
pub async fn serve(
    listener: TcpListener,
    tls: TlsSource,
    app: Router,
    shutdown: impl Future<Output = ()>,
    limits: Limits,
) -> io::Result<()> {
    let tasks = Tasks { tracker: TaskTracker::new(), drain: CancellationToken::new(), cut: CancellationToken::new() };
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening");
    tokio::select! {
        () = shutdown => {}
        () = accept_all(&listener, &tls, &app, &limits, &tasks) => {}
    }
    // Closes the port: who comes now is told so by the kernel at once.
    drop(listener);
    tasks.drain.cancel();
    tasks.tracker.close();
    tracing::info!(%address, tasks = tasks.tracker.len(), "draining");
    if tokio::time::timeout(limits.drain, tasks.tracker.wait()).await.is_err() {
        tracing::warn!(%address, tasks = tasks.tracker.len(), "drain limit reached, cutting what is left");
        tasks.cut.cancel();
        // A task that blocks its thread cannot be cut; the process ends all the same.
        let _ = tokio::time::timeout(CUT_WAIT, tasks.tracker.wait()).await;
    }
    tracing::info!(%address, "closed");
    Ok(())
}

/// Accepts without end.
async fn accept_all(listener: &TcpListener, tls: &TlsSource, app: &Router, limits: &Limits, tasks: &Tasks) {
    let connections = Arc::new(Semaphore::new(limits.connections));
    let handshakes = Arc::new(Semaphore::new(limits.handshakes));
    let mut number: u64 = 0;
    loop {
        let Ok(handshake) = Arc::clone(&handshakes).acquire_owned().await else { return };
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_of_one_connection(&error) {
                    tracing::warn!(%error, "cannot accept");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                continue;
            }
        };
        let Ok(place) = Arc::clone(&connections).try_acquire_owned() else {
            metrics::counter!("hufu_connections_refused_total").increment(1);
            continue;
        };
        number = number.wrapping_add(1);
        let tls = Arc::clone(&tls.borrow());
        let connection =
            Connection { number, address, limits: *limits, tasks: tasks.clone(), app: app.clone(), place, handshake };
        tasks.tracker.spawn(connection.serve(stream, tls));
    }
}

/// Whether only the connection that was to be accepted is gone, so that the next may be fine.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind())
}
