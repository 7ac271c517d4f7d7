//! `hufu sandbox`: the five registries over a seeded population, as real servers, with faults on demand.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::Args;

use super::connection::read_text;
use super::exit::{Exit, Failure};
use super::{output, serve};
use crate::domain::eligibility::evidence::Owner;
use crate::sandbox::faults::FaultSpec;
use crate::sandbox::population::{Scale, Seed, World};
use crate::sandbox::story::Story;
use crate::sandbox::upstreams::{Sandbox, SandboxSettings, ServerTls};

/// Runs the registries until Ctrl-C.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hufu sandbox --pki pki --rosters rosters\n  hufu sandbox --pki pki --fault credential=down --fault insurance=slow:3s\n  \
hufu sandbox --pki pki --faults faults.txt     (one fault a line; read again whenever the file changes)\n\n\
Faults: healthy, down, slow:3s, partial:0.4, another, unknown-enum, stale, yes; before the = one of tax-registry, credential, insurance, \
employment, award-history."
)]
pub struct SandboxCommand {
    /// The population: the same seed makes the same people.
    #[arg(long, default_value_t = 2022, value_name = "NUMBER")]
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
        let world = World::generate(Seed(self.seed), scale);
        if let Some(folder) = &self.rosters {
            Story::of(&world).write_files(folder).map_err(Failure::settings)?;
            output::line(format!("{}: rosters", folder.display()));
        }
        let tls = ServerTls {
            cert_pem: read_text(&self.pki.join("node.pem"))?,
            key_pem: read_text(&self.pki.join("node.key"))?,
            client_ca_pem: read_text(&self.pki.join("ca.pem"))?,
        };
        let bind =
            |owner: usize| SocketAddr::new(self.bind, self.port.saturating_add(u16::try_from(owner).unwrap_or(0)));
        let binds = Owner::UPSTREAMS.into_iter().enumerate().map(|(index, owner)| (owner, bind(index))).collect();
        let settings = SandboxSettings { binds, tls: Some(tls), fault_file: self.fault_file };
        let running = Sandbox::start(world, settings).await.map_err(Failure::settings)?;
        for fault in faults {
            running.faults.set(fault);
        }
        for (owner, address) in &running.addresses {
            output::line(format!("{} https://{address}", owner.code()));
        }
        serve::stop_signal().await?;
        running.stop().await;
        Ok(Exit::Done)
    }
}
