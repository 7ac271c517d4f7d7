//! One call under way: counted, timed and logged when it ends, however it ends. Nothing of its content is.

use tokio::time::Instant;
use tonic::Code;

use super::limits::Place;
use crate::transport::code::code_name;

/// A call under way. One that is dropped before it is finished was given up by its caller.
pub(super) struct Call {
    pub(super) rpc: &'static str,
    /// `organization/system`; empty while nobody is known.
    pub(super) caller: String,
    started: Instant,
    /// Given back with the call.
    place: Option<Place>,
    is_finished: bool,
}

impl Call {
    pub(super) fn new(rpc: &'static str) -> Self {
        Self { rpc, caller: String::new(), started: Instant::now(), place: None, is_finished: false }
    }

    pub(super) fn admit(&mut self, place: Place) {
        self.place = Some(place);
    }

    /// Notes how it ended; only the first time counts.
    pub(super) fn finish(&mut self, code: Code) {
        if std::mem::replace(&mut self.is_finished, true) {
            return;
        }
        self.place = None;
        let (rpc, code, elapsed) = (self.rpc, code_name(code), self.started.elapsed());
        metrics::counter!("hufu_rpc_total", "rpc" => rpc, "code" => code).increment(1);
        metrics::histogram!("hufu_rpc_seconds", "rpc" => rpc).record(elapsed);
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(rpc, caller = self.caller, code, elapsed_ms, "call");
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.finish(Code::Cancelled);
    }
}
