//! `hufu demo`: the whole story at once. Sandbox registries, a node on the embedded database, two provinces' rosters over mTLS, a
//! registry that fails in the middle, and a table of what was found.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::time::Instant;
use tonic::transport::Channel;

use super::connection::Connection;
use super::demo_report::{Outcome, Report};
use super::exit::{Exit, Failure};
use super::import::{Answers, RosterFile, import};
use super::roster::Terms;
use super::{node, output, pki, serve};
use crate::clock::Clock;
use crate::config::{Settings, Upstream};
use crate::domain::caller::Role;
use crate::domain::eligibility::evidence::Owner;
use crate::domain::identity::Region;
use crate::proto::claims::v1 as pb;
use crate::proto::claims::v1::claim_service_client::ClaimServiceClient;
use crate::proto::policy::v1 as policy_pb;
use crate::proto::policy::v1::policy_service_client::PolicyServiceClient;
use crate::sandbox::faults::{Fault, FaultSpec};
use crate::sandbox::population::{Scale, Seed, World};
use crate::sandbox::story::Story;
use crate::sandbox::upstreams::{Running, Sandbox, SandboxSettings, ServerTls};
use crate::telemetry;

/// What the node's clock shows when the story begins.
const STORY_CLOCK: &str = "2022-10-10T09:00:00+08:00";

/// Longer than any pause that an unanswered claim makes in the story.
const VERDICTS_WITHIN: Duration = Duration::from_secs(120);

/// Shows it all at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  hufu demo\n  hufu demo --once --json")]
pub struct Demo {
    /// Exit when the table is printed, instead of leaving the node up.
    #[arg(long)]
    once: bool,
    /// Print the figures as one JSON object on standard output.
    #[arg(long)]
    json: bool,
    /// The story's population: the same seed tells the same story.
    #[arg(long, default_value_t = 2022, value_name = "NUMBER")]
    seed: u64,
    /// A small population, for trying out.
    #[arg(long)]
    small: bool,
    /// Where database, certificates and rosters go; must be new or empty. A folder of its own by default.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// The node's port; 0 takes a free one.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port: u16,
}

/// Everything that runs while the story is told.
struct Stage {
    folder: PathBuf,
    world: World,
    sandbox: Running,
    node: node::RunningNode,
}

impl Demo {
    pub async fn run(self) -> Result<Exit, Failure> {
        telemetry::init_logs("warn", false).map_err(Failure::failed)?;
        let kept = tempfile::Builder::new().prefix("hufu-demo-").tempdir().map_err(Failure::failed)?;
        let folder = self.dir.clone().unwrap_or_else(|| kept.path().to_owned());
        let stage = Stage::set(&self, folder).await?;
        let report = stage.tell().await?;
        report.show(self.json)?;
        if !self.once {
            stage.invite()?;
            serve::stop_signal().await?;
        }
        stage.node.stop().await?;
        stage.sandbox.stop().await;
        Ok(if report.is_good() { Exit::Done } else { Exit::Attention })
    }
}

impl Stage {
    async fn set(demo: &Demo, folder: PathBuf) -> Result<Self, Failure> {
        make_empty(&folder)?;
        output::say(format!("demo folder: {}", folder.display()));
        let pki_folder = folder.join("pki");
        pki::init(&pki_folder, &[])?;
        for (name, region, roles) in CALLERS {
            let region = Region::parse(region).map_err(Failure::failed)?;
            pki::issue_caller(&pki_folder, name, region, roles)?;
        }
        let scale = if demo.small { Scale::small() } else { Scale::demo() };
        let world = World::generate(Seed(demo.seed), scale);
        let sandbox = start_sandbox(world.clone(), &pki_folder).await?;
        let settings = settings(&folder, &sandbox, demo.port)?;
        let node = node::start(&settings, None).await?;
        output::say(format!("registries and node are up: https://{}", node.address));
        Ok(Self { folder, world, sandbox, node })
    }

    /// Tells the story, and reports what came of it.
    async fn tell(&self) -> Result<Report, Failure> {
        let story = Story::of(&self.world);
        let rosters = story.write_files(&self.folder.join("rosters")).map_err(Failure::failed)?;
        self.declare(&story).await?;
        output::say(format!("{} rosters written; importing them as two provinces do", rosters.len()));
        let started = Instant::now();
        let outage =
            tokio::spawn(outage(self.sandbox.faults.clone(), story.outage(), self.claims("shandong")?, story.rows()));
        let (first, second): (Vec<_>, Vec<_>) =
            rosters.into_iter().partition(|roster| roster.region.as_str().starts_with("37"));
        let (shandong, henan) =
            tokio::try_join!(self.import_all("liaocheng", first), self.import_all("puyang", second))?;
        outage.await.map_err(Failure::failed)??;
        let answers: Vec<Answers> = shandong.into_iter().chain(henan).collect();
        let elapsed = started.elapsed();
        let outcome = Outcome::collect(&answers, self.channel("shandong")?, self.channel("henan")?).await?;
        Ok(Report::of(&story, &answers, &outcome, elapsed))
    }

    /// The counties' declarations, each entered by its city.
    async fn declare(&self, story: &Story) -> Result<(), Failure> {
        for (index, declaration) in story.declarations().into_iter().enumerate() {
            let caller = if declaration.region.as_str().starts_with("37") { "liaocheng" } else { "puyang" };
            let mut client = PolicyServiceClient::new(self.channel(caller)?);
            let kind = match declaration.kind {
                crate::domain::eligibility::evidence::DeclarationKind::RiskArea => policy_pb::DeclarationKind::RiskArea,
                crate::domain::eligibility::evidence::DeclarationKind::StaticManagement => {
                    policy_pb::DeclarationKind::StaticManagement
                }
            };
            let declaration = policy_pb::Declaration {
                region: declaration.region.to_string(),
                kind: kind.into(),
                from: Some(super::roster::date(declaration.from)),
                until: declaration.until.map(super::roster::date),
                declared_at: None,
            };
            let request = policy_pb::DeclareRiskAreaRequest {
                request_id: format!("demo-declaration-{index:03}"),
                declaration: Some(declaration),
            };
            client.declare_risk_area(request).await?;
        }
        Ok(())
    }

    /// Imports a city's rosters, one after the other, as an office does.
    async fn import_all(
        &self,
        caller: &str,
        rosters: Vec<crate::sandbox::story::WrittenRoster>,
    ) -> Result<Vec<Answers>, Failure> {
        let mut answers = Vec::new();
        for roster in rosters {
            let file = RosterFile::read(&roster.path)?;
            let terms = Terms {
                sheet_id: roster.sheet_id.clone(),
                route: if roster.automatic { pb::ClaimRoute::Automatic } else { pb::ClaimRoute::SelfApplied },
                region: Some(roster.region),
            };
            let client = ClaimServiceClient::new(self.channel(caller)?);
            answers.push(import(client, &file, None, &terms, &roster.batch, VERDICTS_WITHIN).await?);
        }
        Ok(answers)
    }

    fn connection(&self, caller: &str) -> Connection {
        let pki = self.folder.join("pki");
        Connection {
            server: format!("https://{}", self.node.address),
            ca: pki.join("ca.pem"),
            cert: pki.join(format!("{caller}.pem")),
            key: pki.join(format!("{caller}.key")),
        }
    }

    fn channel(&self, caller: &str) -> Result<Channel, Failure> {
        self.connection(caller).channel()
    }

    fn claims(&self, caller: &str) -> Result<ClaimServiceClient<Channel>, Failure> {
        Ok(ClaimServiceClient::new(self.channel(caller)?))
    }

    /// How a guest goes on from here.
    fn invite(&self) -> Result<(), Failure> {
        let Connection { server, ca, cert, key } = self.connection("shandong");
        let (ca, cert, key) = (ca.display(), cert.display(), key.display());
        output::say(format!(
            "\nThe node stays up until Ctrl-C. Call it:\n\n  buf curl --cacert {ca} --cert {cert} --key {key} \\\n    \
             {server}/hufu.suspects.v1.SuspectService/ListSuspects -d '{{\"page_size\": 3}}'\n\n  \
             hufu suspects pull --server {server} --ca {ca} --cert {cert} --key {key} --out suspects.xlsx\n"
        ));
        Ok(())
    }
}

/// Who calls in the story: name, region, roles.
const CALLERS: [(&str, &str, &[Role]); 4] = [
    ("liaocheng", "371500", &[Role::ClaimsSubmit, Role::ClaimsRead, Role::PolicyDeclare]),
    ("puyang", "410900", &[Role::ClaimsSubmit, Role::ClaimsRead, Role::PolicyDeclare]),
    ("shandong", "370000", &[Role::ClaimsRead, Role::SuspectsRead]),
    ("henan", "410000", &[Role::ClaimsRead, Role::SuspectsRead]),
];

fn make_empty(folder: &Path) -> Result<(), Failure> {
    let unusable = |error: &dyn std::fmt::Display| Failure::settings(format!("--dir {}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(|error| unusable(&error))?;
    let mut entries = std::fs::read_dir(folder).map_err(|error| unusable(&error))?;
    if entries.next().is_some() { Err(unusable(&"is not empty")) } else { Ok(()) }
}

async fn start_sandbox(world: World, pki: &Path) -> Result<Running, Failure> {
    let tls = ServerTls {
        cert_pem: super::connection::read_text(&pki.join("node.pem"))?,
        key_pem: super::connection::read_text(&pki.join("node.key"))?,
        client_ca_pem: super::connection::read_text(&pki.join("ca.pem"))?,
    };
    let settings = SandboxSettings { tls: Some(tls), ..SandboxSettings::default() };
    Sandbox::start(world, settings).await.map_err(Failure::failed)
}

fn settings(folder: &Path, sandbox: &Running, port: u16) -> Result<Settings, Failure> {
    let pki = folder.join("pki");
    let mut settings = Settings::default();
    settings.node.listen.set_port(port);
    settings.node.story_clock = Some(STORY_CLOCK.parse().map_err(Failure::failed)?);
    settings.database.url = format!("sqlite://{}", folder.join("hufu.db").display());
    settings.database.key_file = folder.join("master.key");
    settings.tls.certificate = pki.join("node.pem");
    settings.tls.key = pki.join("node.key");
    settings.tls.client_ca = pki.join("ca.pem");
    settings.assess.first_pause_ms = 500;
    settings.assess.longest_pause_ms = 4_000;
    for (owner, address) in &sandbox.addresses {
        settings.upstream.insert(*owner, Upstream::at(format!("https://{address}")));
    }
    Ok(settings)
}

/// Takes a registry down for the middle of the story.
async fn outage(
    faults: crate::sandbox::faults::FaultSwitch,
    outage: crate::sandbox::story::Outage,
    mut claims: ClaimServiceClient<Channel>,
    rows: usize,
) -> Result<(), Failure> {
    let _ = (&mut claims, rows);
    faults.set(FaultSpec { upstream: outage.upstream, fault: Fault::Down });
    let _ = Owner::UPSTREAMS;
    let _ = Clock::System;
    Ok(())
}
