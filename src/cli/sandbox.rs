//! `hufu sandbox`: the five registries, finance and the bank over a seeded population, as real servers, with faults on demand.

mod population;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::connection::read_text;
use super::exit::{Exit, Failure};
use super::{output, serve};
use crate::clock::Clock;
use crate::domain::identity::BankAccount;
use crate::sandbox::story::Story;
use crate::sandbox::{
    FaultSwitch, Sandbox, SandboxSettings, Scale, Seed, ServerTls, Switching, Upstream, World, story_start,
};

/// Runs the registries, finance and the bank until Ctrl-C; or makes a population to match.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  hufu sandbox --pki pki --rosters rosters\n  hufu sandbox --pki pki --fault credential=down --fault insurance=slow:3s\n  \
hufu sandbox --pki pki --faults faults.txt     (one fault a line; read again whenever the file changes)\n  \
hufu sandbox --pki pki --journal bank.jsonl --account 37150000000000000001=聊城市人社局 --fault bank=return-closed:0.1\n\n\
Faults: healthy, down, refusing, slow:3s, partial:0.4, another, unknown-enum, all-yes, stale; before the = one of tax-registry, credential, insurance, \
employment, award-history. For finance and bank: healthy, down, refusing, slow:3s, and for bank partial:0.4.\n\
What finance does besides: pending, part:0.6, refuse, timeout-before, timeout-after, less:0.1, more:0.1, twice.\n\
What bank does besides, to all, to a share (:0.1), to what is paid to one account (:account:6200…) or to one instruction (:id:…): refuse, \
timeout-before, timeout-after, accept-then-fail, duplicate-notice, return-closed, return-name, return-number, late-return, part-payment, hold, \
statement-missing-line, statement-repeated, statement-wrong-total."
)]
pub struct SandboxCommand {
    #[command(subcommand)]
    instead: Option<Instead>,
    /// The population: the same seed makes the same people.
    #[arg(long, default_value_t = Seed::DEMO.0, value_name = "NUMBER")]
    seed: u64,
    /// A small population, for trying out.
    #[arg(long)]
    small: bool,
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    bind: IpAddr,
    /// The first of seven ports, in the order tax-registry, credential, insurance, employment, award-history, finance, bank.
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
    /// A file in which bank and finance keep what they remember, to have it again after a restart.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// An account at the bank besides those of the population's enterprises; may be given several times.
    #[arg(long = "account", value_name = "NUMBER=NAME")]
    accounts: Vec<String>,
    /// Also write the rosters of the population's offices to a folder.
    #[arg(long, value_name = "FOLDER")]
    rosters: Option<PathBuf>,
}

/// What is done instead of running the registries.
#[derive(Debug, Subcommand)]
enum Instead {
    Population(population::Population),
}

impl SandboxCommand {
    pub async fn run(self) -> Result<Exit, Failure> {
        if let Some(Instead::Population(command)) = self.instead {
            return command.run();
        }
        let faults = self
            .faults
            .iter()
            .map(|text| {
                text.parse::<Switching>().map_err(|error| Failure::settings(format!("--fault {text}: {error}")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let accounts = self.accounts.iter().map(|text| account(text)).collect::<Result<Vec<_>, _>>()?;
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
            journal: self.journal,
            accounts,
            ..SandboxSettings::default()
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

/// An account at the bank, and whose it is.
fn account(text: &str) -> Result<(BankAccount, String), Failure> {
    let refused = || Failure::settings(format!("--account {text}: write <number>=<name>"));
    let (number, name) = text.split_once('=').ok_or_else(refused)?;
    Ok((BankAccount::parse(number).map_err(|_| refused())?, name.trim().to_owned()))
}

/// The certificates of a folder that `hufu pki init` made: the registries show the node's, and ask for one of the same authority.
pub fn server_tls(pki: &Path) -> Result<ServerTls, Failure> {
    Ok(ServerTls {
        cert_pem: read_text(&pki.join("node.pem"))?,
        key_pem: read_text(&pki.join("node.key"))?,
        client_ca_pem: read_text(&pki.join("ca.pem"))?,
    })
}
