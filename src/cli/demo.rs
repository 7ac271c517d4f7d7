//! `hufu demo`: the whole story at once. Sandbox registries, a node on the embedded database, two provinces' rosters over mTLS, a
//! registry that fails in the middle, and a table of what was found.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use tokio::time::Instant;
use tonic::transport::Channel;

use super::connection::Connection;
use super::demo_report::{MinistryFigures, Outcome, Report};
use super::exit::{Exit, Failure};
use super::import::{Answers, RosterFile, default_batch, submit};
use super::roster::{Terms, date};
use super::{console, demo_money, node, output, pki, sandbox, serve, suspects};
use crate::config::{Settings, Upstream as UpstreamSettings};
use crate::domain::caller::Role;
use crate::domain::claim::ClaimRoute;
use crate::domain::eligibility::evidence::DeclarationKind;
use crate::domain::identity::Region;
use crate::proto::claims::v1 as pb;
use crate::proto::claims::v1::claim_service_client::ClaimServiceClient;
use crate::proto::console::v1::CreateLinkRequest;
use crate::proto::policy::v1 as policy_pb;
use crate::proto::policy::v1::policy_service_client::PolicyServiceClient;
use crate::sandbox::story::{self, Story};
use crate::sandbox::{Fault, FaultSwitch, Running, Sandbox, SandboxSettings, Scale, Seed, World, story_start};
use crate::telemetry;

/// Longer than any pause that an unanswered claim makes in the story.
const VERDICTS_WITHIN: Duration = Duration::from_secs(120);

/// The registry stays away at least this long, however fast the rosters go in.
const OUTAGE_LASTS: Duration = Duration::from_secs(2);

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
    #[arg(long, default_value_t = Seed::DEMO.0, value_name = "NUMBER")]
    seed: u64,
    /// A small population, for trying out.
    #[arg(long)]
    small: bool,
    /// Where database, certificates and rosters go; must be new or empty. By default a folder that is removed at the end.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// The node's port; 0 takes a free one.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port: u16,
}

/// Everything that runs while the story is told.
pub(super) struct Stage {
    folder: PathBuf,
    story: Story,
    pub(super) world: Arc<World>,
    pub(super) sandbox: Running,
    node: node::RunningNode,
}

impl Demo {
    pub async fn run(self) -> Result<Exit, Failure> {
        telemetry::init_logs("error", false).map_err(Failure::failed)?;
        let temporary = tempfile::Builder::new().prefix("hufu-demo-").tempdir().map_err(Failure::failed)?;
        let folder = self.dir.clone().unwrap_or_else(|| temporary.path().to_owned());
        let stage = Stage::set(&self, folder).await?;
        let report = stage.tell().await?;
        report.show(self.json)?;
        if !self.once {
            stage.invite().await?;
            serve::stop_signal()?.await;
        }
        stage.node.stop().await?;
        stage.sandbox.shutdown().await;
        Ok(if report.is_good() { Exit::Done } else { Exit::Attention })
    }
}

impl Stage {
    async fn set(demo: &Demo, folder: PathBuf) -> Result<Self, Failure> {
        make_empty(&folder)?;
        output::say(format!("folder of this demo: {}", folder.display()));
        let pki_folder = folder.join("pki");
        let ca = pki::init(&pki_folder, &[])?;
        for (name, organization, region, roles) in CALLERS {
            let region = Region::parse(region).map_err(Failure::failed)?;
            pki::issue_caller(&ca, &pki_folder, name, &pki::caller_uri(region, organization, "demo", roles)?)?;
        }
        let scale = if demo.small { Scale::small() } else { Scale::demo() };
        let world = Arc::new(World::generate(Seed(demo.seed), scale));
        let story = Story::of(&world);
        let settings = SandboxSettings {
            tls: Some(sandbox::server_tls(&pki_folder)?),
            accounts: demo_money::agency_accounts(),
            // A call that times out is told at once.
            silence: Duration::ZERO,
            ..SandboxSettings::default()
        };
        let sandbox = Sandbox::start(Arc::clone(&world), settings).await.map_err(Failure::failed)?;
        let node = node::start(&settings_of(&folder, &sandbox, demo.port), None).await?;
        output::say(format!("registries, bank and finance are up, and the node: https://{}", node.address));
        Ok(Self { folder, story, world, sandbox, node })
    }

    /// Tells the story, and reports what came of it.
    async fn tell(&self) -> Result<Report, Failure> {
        let folder = self.folder.join("rosters");
        std::fs::create_dir_all(&folder).map_err(Failure::failed)?;
        let paths = self.story.write_files(&folder).map_err(Failure::failed)?;
        self.declare().await?;
        output::say(format!("{} rosters lie in {}; two provinces submit them", paths.len(), folder.display()));
        let rosters: Vec<_> = self.story.rosters.iter().zip(&paths).collect();
        let (shandong, henan): (Vec<_>, Vec<_>) =
            rosters.into_iter().partition(|(roster, _)| roster.region.as_str().starts_with("37"));
        let started = Instant::now();
        let bar = output::progress("submitted");
        let outage = tokio::spawn(outage(self.sandbox.faults.clone(), bar.clone(), self.story.expected().claims));
        let (shandong, henan) =
            tokio::try_join!(self.import_all("liaocheng", &shandong, &bar), self.import_all("puyang", &henan, &bar))?;
        outage.await.map_err(Failure::failed)?;
        let elapsed = started.elapsed();
        let answers: Vec<Answers> = shandong.into_iter().chain(henan).collect();
        output::say("the claims are decided; now the ministry's list");
        let ministry = self.take_ministry_list(&folder).await?;
        output::say("now the money");
        let money = self.move_money().await?;
        let outcome = Outcome::collect([self.channel("shandong")?, self.channel("henan")?]).await?;
        Ok(Report::of(&self.story, &answers, &outcome, (ministry, money), elapsed))
    }

    /// The counties' declarations, each entered by its city.
    async fn declare(&self) -> Result<(), Failure> {
        for (index, declaration) in Story::declarations().into_iter().enumerate() {
            let caller = if declaration.region.as_str().starts_with("37") { "liaocheng" } else { "puyang" };
            let kind = match declaration.kind {
                DeclarationKind::RiskArea => policy_pb::DeclarationKind::RiskArea,
                DeclarationKind::StaticManagement => policy_pb::DeclarationKind::StaticManagement,
            };
            let declaration = policy_pb::Declaration {
                region: declaration.region.to_string(),
                kind: kind.into(),
                from: Some(date(declaration.from)),
                until: declaration.until.map(date),
                declared_at: None,
            };
            let request = policy_pb::DeclareRiskAreaRequest {
                request_id: format!("demo-declaration-{index:03}"),
                declaration: Some(declaration),
            };
            PolicyServiceClient::new(self.channel(caller)?).declare_risk_area(request).await?;
        }
        Ok(())
    }

    /// Submits a city's rosters one after the other, then waits for all verdicts.
    async fn import_all(
        &self,
        caller: &str,
        rosters: &[(&story::RosterFile, &PathBuf)],
        bar: &ProgressBar,
    ) -> Result<Vec<Answers>, Failure> {
        let client = ClaimServiceClient::new(self.channel(caller)?);
        let mut submitted = Vec::new();
        for (roster, path) in rosters {
            let file = RosterFile::read(path)?;
            let batch = default_batch(&file.name);
            submitted.push(submit(client.clone(), &file, &terms(roster), &batch, bar).await?);
        }
        let mut answers = Vec::new();
        for roster in submitted {
            answers.push(roster.follow(client.clone(), VERDICTS_WITHIN, &ProgressBar::hidden()).await?);
        }
        Ok(answers)
    }

    /// Has the province's desk take in what the ministry sent down.
    async fn take_ministry_list(&self, folder: &Path) -> Result<MinistryFigures, Failure> {
        let list = &self.story.ministry;
        let file = RosterFile::read(&list.write_file(folder).map_err(Failure::failed)?)?;
        let (answers, _) = suspects::import::import(self.channel(DESK)?, &file, list.region).await?;
        Ok(MinistryFigures::of(&answers))
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

    pub(super) fn channel(&self, caller: &str) -> Result<Channel, Failure> {
        self.connection(caller).channel()
    }

    /// How a guest goes on from here.
    async fn invite(&self) -> Result<(), Failure> {
        let Connection { server, ca, cert, key } = self.connection("shandong");
        let (ca, cert, key) = (ca.display(), cert.display(), key.display());
        output::say(format!(
            "\nThe node stays up until Ctrl-C. Call it:\n\n  \
             buf curl --protocol grpc --cacert {ca} --cert {cert} --key {key} -d '{{\"page_size\": 3}}' \\\n    \
             {server}/hufu.suspects.v1.SuspectService/ListSuspects\n\n  \
             hufu suspects pull --server {server} --ca {ca} --cert {cert} --key {key} --out suspects.xlsx\n"
        ));
        let Connection { cert, key, .. } = self.connection(DESK);
        let (cert, key) = (cert.display(), key.display());
        output::say(
            "The fraud-review desk, in a browser that is told to trust the demo's certificate; one link a person:\n",
        );
        for person in REVIEWERS {
            output::say(format!("  {person}: {}", self.link(person).await?));
        }
        output::say(format!(
            "\nEach is good once, for five minutes. Another:\n\n  \
             hufu console link --server {server} --ca {ca} --cert {cert} --key {key} --person wang.min\n"
        ));
        Ok(())
    }

    /// A link that lets a person into the console.
    async fn link(&self, person: &str) -> Result<String, Failure> {
        let request = CreateLinkRequest { person: person.to_owned(), ..Default::default() };
        let made = console::create(self.channel(DESK)?, request).await?;
        Ok(console::at(&self.connection(DESK).server, &made.path))
    }
}

/// The caller who lets persons into the console.
const DESK: &str = "desk";
/// Two of them: nobody approves what they made.
const REVIEWERS: [&str; 2] = ["wang.min", "gao.jun"];

/// Who calls in the story: certificate, organization, region, roles.
const CALLERS: [(&str, &str, &str, &[Role]); 5] = [
    ("liaocheng", "liaocheng", "371500", &OFFICE),
    ("puyang", "puyang", "410900", &OFFICE),
    ("shandong", "shandong", "370000", &PROVINCE),
    ("henan", "henan", "410000", &PROVINCE),
    (DESK, "shandong", "370000", &Role::ALL),
];

/// What a city's office does in the story, each step by another person.
const OFFICE: [Role; 8] = [
    Role::ClaimsSubmit,
    Role::ClaimsRead,
    Role::PolicyDeclare,
    Role::ClaimsReview,
    Role::ClaimsApprove,
    Role::PoolingFile,
    Role::PoolingRun,
    Role::MoneyRead,
];

/// What a province's reviewers do.
const PROVINCE: [Role; 6] = [
    Role::ClaimsRead,
    Role::SuspectsRead,
    Role::SuspectsJudge,
    Role::ClawbackHandle,
    Role::ClawbackApprove,
    Role::MoneyRead,
];

fn make_empty(folder: &Path) -> Result<(), Failure> {
    let unusable = |error: &dyn std::fmt::Display| Failure::settings(format!("--dir {}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(|error| unusable(&error))?;
    let mut entries = std::fs::read_dir(folder).map_err(|error| unusable(&error))?;
    if entries.next().is_some() { Err(unusable(&"is not empty")) } else { Ok(()) }
}

fn settings_of(folder: &Path, sandbox: &Running, port: u16) -> Settings {
    let pki = folder.join("pki");
    let mut settings = Settings::default();
    settings.node.listen.set_port(port);
    settings.node.story_clock = Some(story_start());
    settings.database.url = format!("sqlite://{}", folder.join("hufu.db").display());
    settings.database.key_file = folder.join("master.key");
    settings.tls.certificate = pki.join("node.pem");
    settings.tls.key = pki.join("node.key");
    settings.tls.client_ca = pki.join("ca.pem");
    settings.tls.client_certificate = pki.join("node-client.pem");
    settings.tls.client_key = pki.join("node-client.key");
    settings.assess.first_pause_ms = 500;
    settings.assess.longest_pause_ms = 4_000;
    settings.pooling.city = demo_money::cities();
    for (upstream, address) in &sandbox.addrs {
        settings.upstream.insert(upstream.owner(), UpstreamSettings::at(format!("https://{address}")));
    }
    settings
}

fn terms(roster: &story::RosterFile) -> Terms {
    Terms {
        sheet_id: roster.kind.sheet_id().to_owned(),
        route: match roster.route {
            ClaimRoute::Automatic => pb::ClaimRoute::Automatic,
            ClaimRoute::SelfApplied => pb::ClaimRoute::SelfApplied,
        },
        enterprise: None,
        region: Some(roster.region),
        region_names: Story::region_names(),
    }
}

/// Takes a registry down while the middle of the rosters is submitted.
async fn outage(faults: FaultSwitch, submitted: ProgressBar, claims: usize) {
    let outage = Story::outage();
    let share = |permille: u32| claims as u64 * u64::from(permille) / 1_000;
    until_submitted(&submitted, share(outage.after_permille)).await;
    faults.set(outage.upstream, Fault::Down);
    output::say(format!("{} goes down", outage.upstream.code()));
    tokio::join!(until_submitted(&submitted, share(outage.until_permille)), tokio::time::sleep(OUTAGE_LASTS));
    faults.set(outage.upstream, Fault::Healthy);
    output::say(format!("{} is back", outage.upstream.code()));
}

async fn until_submitted(submitted: &ProgressBar, claims: u64) {
    while submitted.position() < claims {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
