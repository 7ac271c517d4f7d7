//! `hufu serve`: a node, until it is told to stop.

use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::exit::{Exit, Failure};
use super::node;
use crate::config::Settings;
use crate::telemetry;

/// Starts a node.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hufu serve --config hufu.toml\n  HUFU__DATABASE__URL=postgres://… hufu serve --config hufu.toml\n\n\
Every setting with its default: docs/hufu.toml"
)]
pub struct Serve {
    /// The settings file; without one, every setting has its default.
    #[arg(long, env = "HUFU_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    /// Serves until SIGTERM or Ctrl-C, then drains.
    pub async fn run(self) -> Result<Exit, Failure> {
        let settings = Settings::load(self.config.as_deref()).map_err(Failure::settings)?;
        telemetry::init_logs(&settings.log.filter, settings.log.json).map_err(Failure::settings)?;
        let metrics = telemetry::init_metrics().map_err(Failure::failed)?;
        let stop = stop_signal()?;
        let node = node::start(&settings, Some(metrics)).await?;
        stop.await;
        tracing::info!("draining");
        node.stop().await?;
        tracing::info!("stopped");
        Ok(Exit::Done)
    }
}

/// Listens for SIGTERM and Ctrl-C from now on; what is returned waits for one of them. Called before anything is up, so that no signal
/// finds a node that does not know what to do with it.
pub fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
