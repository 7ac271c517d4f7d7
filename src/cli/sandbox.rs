//! `hufu sandbox`: the five registries over a seeded population, as real servers, with faults on demand.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::connection::read_text;
use super::exit::{Exit, Failure};
use super::{output, serve};
use crate::clock::Clock;
use crate::sandbox::story::Story;
use crate::sandbox::{
    FaultSpec, FaultSwitch, Sandbox, SandboxSettings, Scale, Seed, ServerTls, Upstream, World, story_start,
};

/// Runs the registries until Ctrl-C.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hufu sandbox --pki pki --rosters rosters\n  hufu sandbox --pki pki --fault credential=down --fault insurance=slow:3s\n  \
hufu sandbox --pki pki --faults faults.txt     (one fault a line; read again whenever the file changes)\n\n\
Faults: healthy, down, refusing, slow:3s, partial:0.4, another, unknown-enum, all-yes, stale; before the = one of tax-registry, credential, insurance, \
employment, award-history."
)]
pub struct SandboxCommand {
    /// The population: the same seed makes the same people.
    #[arg(long, default_value_t = Seed::DEMO.0, value_name = "NUMBER")]
    seed: u64,
    /// A small population, for trying out.
    #[arg(long)]
    small: bool,
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    bind: IpAddr,
    /// The first of five ports, in the order tax-registry, credential, insurance, employment, award-history.
    #[arg(long, default_value_t = 7501, value_name = "PORT")]
    port: u16,
    /// The folder that `hufu pki init` made; its node certificate is shown, its authority is asked for.
    #[arg(long, default_value = "pki", value_name = "FOLDER")]
    pki: PathBuf,
    /// A fault from the start; may be given several times.
    #[arg(long = "fault", value_name = "REGISTRY=FAULT")]
    faults: Vec<String>,
    /// A file of faults, read again whenever it changes.
    #[arg(long = "faults", value_name = "FILE")]
    fault_file: Option<PathBuf>,
    /// Also write the rosters of the population's offices to a folder.
    #[arg(long, value_name = "FOLDER")]
    rosters: Option<PathBuf>,
}

impl SandboxCommand {
    pub async fn run(self) -> Result<Exit, Failure> {
        let faults = self
            .faults
            .iter()
            .map(|text| {
                text.parse::<FaultSpec>().map_err(|error| Failure::settings(format!("--fault {text}: {error}")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let scale = if self.small { Scale::small() } else { Scale::demo() };
        let world = Arc::new(World::generate(Seed(self.seed), scale));
        if let Some(folder) = &self.rosters {
            Story::of(&world).write_files(folder).map_err(Failure::settings)?;
            output::line(format!("{}: rosters", folder.display()));
        }
        let bind = Upstream::ALL
            .into_iter()
            .zip(self.port..)
            .map(|(it, port)| (it, SocketAddr::new(self.bind, port)))
            .collect();
        let settings = SandboxSettings {
            bind,
            tls: Some(server_tls(&self.pki)?),
            faults: FaultSwitch::set_to(faults),
            switches_file: self.fault_file,
            clock: Clock::starting_at(story_start()),
        };
        let running = Sandbox::start(world, settings).await.map_err(Failure::settings)?;
        for (upstream, address) in &running.addrs {
            output::line(format!("{} https://{address}", upstream.code()));
        }
        output::say(format!("the population lives on {0}: set node.story_clock = \"{0}\"", story_start()));
        serve::stop_signal()?.await;
        running.shutdown().await;
        Ok(Exit::Done)
    }
}

/// The certificates of a folder that `hufu pki init` made: the registries show the node's, and ask for one of the same authority.
pub fn server_tls(pki: &Path) -> Result<ServerTls, Failure> {
    Ok(ServerTls {
        cert_pem: read_text(&pki.join("node.pem"))?,
        key_pem: read_text(&pki.join("node.key"))?,
        client_ca_pem: read_text(&pki.join("ca.pem"))?,
    })
}
