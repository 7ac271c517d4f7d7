//! Logs and metrics. Neither ever carries an identity number, a name, a phone or an account (I11): what is logged are ids,
//! codes, counts and durations.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::prelude::*;

/// Buckets of every `_seconds` histogram: from a fast lookup to the longest deadline.
#[expect(clippy::disallowed_types, reason = "seconds, not money")]
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0];

/// Why logs or metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log filter is not understood: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("logs were set up already")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
    #[error("metrics cannot be set up: {0}")]
    Metrics(String),
}

/// Sends logs to standard error, as text or as one JSON object a line.
pub fn init_logs(filter: &str, json: bool) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    if json {
        registry.with(lines.json()).try_init()?;
    } else {
        registry.with(lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))).try_init()?;
    }
    Ok(())
}

/// Collects metrics; the handle renders them in Prometheus's text form.
pub fn init_metrics() -> Result<PrometheusHandle, TelemetryError> {
    PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| TelemetryError::Metrics(error.to_string()))
}
