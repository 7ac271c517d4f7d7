//! `hufu serve`: a node, until it is told to stop.

use std::path::PathBuf;

use clap::Args;

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
        let node = node::start(&settings, Some(metrics)).await?;
        stop_signal().await?;
        tracing::info!("draining");
        node.stop().await?;
        tracing::info!("stopped");
        Ok(Exit::Done)
    }
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn stop_signal() -> Result<(), Failure> {
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(Failure::failed)?;
    tokio::select! {
        _ = terminate.recv() => {}
        pressed = tokio::signal::ctrl_c() => pressed.map_err(Failure::failed)?,
    }
    Ok(())
}
