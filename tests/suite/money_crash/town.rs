//! A city on a node of its own process, with the other bureaus and the bank in the test's: what the bank remembers outlives the node.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hufu::cli::demo_money;
use hufu::config::Settings;
use hufu::domain::caller::Role;
use hufu::domain::identity::{BankAccount, Uscc};
use hufu::proto::claims::v1 as claims;
use hufu::proto::common::v1::Date;
use hufu::sandbox::population::{Part, Resident};
use hufu::sandbox::vault::BookingKind;
use hufu::sandbox::{Running, Sandbox, SandboxSettings, Switching, Upstream, story_start};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::office::{CITY, Office};
use crate::process::{Engine, NodeProcess, upstream};
use crate::sandbox::small_world;

/// A graduate, in fen (一(一)).
pub(super) const FEN_A_GRADUATE: i64 = 150_000;
/// The city's prefix.
const OF_THE_CITY: &str = "3715";
/// Three counties and the municipal level: what crash points are tried with.
const FEW_PLACES: [&str; 4] = ["371502", "371503", "371521", CITY];
/// Claims of each of them.
const FEW: usize = 10;

/// Between a town's rest and its copies; longer than a lease.
pub(super) const LATER: SignedDuration = SignedDuration::from_mins(10);

/// What is to be paid, by claim: to whom.
pub(super) type Dues = BTreeMap<String, Uscc>;

/// A node with its people and the bank that it pays through.
pub(super) struct Town {
    pub(super) node: NodeProcess,
    pub(super) bureaus: Running,
    pub(super) office: Office,
    pub(super) dues: Dues,
    /// What enterprises were made to give back, in fen.
    pub(super) repaid_fen: i64,
    folder: TempDir,
    /// What its node's clock shows when it starts.
    pub(super) begins: Timestamp,
}

/// A town at rest: nobody runs, and copies can be made.
pub(super) struct Rest {
    node: NodeProcess,
    dues: Dues,
    repaid_fen: i64,
    folder: TempDir,
    begins: Timestamp,
}

impl Town {
    /// A town in which every graduate of the city is claimed, and one of them twice.
    pub(super) async fn found(engine: Engine) -> Self {
        let folder = new_folder();
        let bureaus = open_bureaus(folder.path(), Duration::ZERO).await;
        let node = NodeProcess::prepare(engine, settings(&bureaus, story_start())).await;
        let (dues, repaid_fen, begins) = (Dues::new(), 0, story_start());
        let mut town = Self { office: office(&node), node, bureaus, dues, repaid_fen, folder, begins };
        town.start().await;
        town.office.submit(submissions()).await;
        let once_more = twice(&town.office.list(claims::ClaimState::Assessed).await.unwrap());
        town.office.submit(vec![once_more]).await;
        let entitled = town.office.list(claims::ClaimState::Assessed).await.unwrap();
        town.dues = entitled.into_iter().map(|it| (it.claim_id, Uscc::parse(&it.uscc).unwrap())).collect();
        assert!(town.dues.len() >= 60, "only {} claims are entitled", town.dues.len());
        town
    }

    pub(super) async fn start(&mut self) {
        self.node.start().await;
        self.office = office(&self.node);
    }

    pub(super) async fn start_armed(&mut self, crash_at: &str) {
        self.node.start_armed(crash_at).await;
        self.office = office(&self.node);
    }

    /// Has some claims of a few places approved and filed; they are all that is to be paid.
    pub(super) async fn file_few(&mut self) {
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        let mut few = self.office.list(claims::ClaimState::Assessed).await.unwrap();
        // The oldest first: the one that is claimed twice is among them.
        few.reverse();
        few.retain(|claim| {
            let taken = taken.entry(claim.region.clone()).or_default();
            *taken += 1;
            FEW_PLACES.contains(&claim.region.as_str()) && *taken <= FEW
        });
        self.dues.retain(|claim_id, _| few.iter().any(|claim| claim.claim_id == *claim_id));
        assert!(taken.contains_key(CITY) && self.dues.len() >= 20, "{} claims, {taken:?}", self.dues.len());
        self.office.approve(few).await.unwrap();
        self.office.file_all().await.unwrap();
    }

    /// Stops in good order.
    pub(super) async fn rest(mut self) -> Rest {
        let exited = self.node.terminate().await;
        assert!(exited.status.success(), "{exited:?}");
        let Self { node, bureaus, dues, repaid_fen, folder, begins, .. } = self;
        bureaus.shutdown().await;
        Rest { node, dues, repaid_fen, folder, begins }
    }

    /// Removes it with its database. Where many towns share a thread, none may wait for a server that waits for another of them.
    pub(super) async fn remove(self) {
        tokio::task::spawn_blocking(move || drop(self)).await.unwrap();
    }

    /// Everybody does as they should, and finance makes good what it moved wrongly.
    pub(super) fn clear_sky(&self) {
        self.bureaus.faults.replace(Vec::<Switching>::new());
        let vault = self.bureaus.vault();
        vault.pass_time().unwrap();
        for (application, _) in vault.applications() {
            let batch = hufu::domain::pooling::BatchId::parse(&application.application_id).unwrap();
            vault.move_rest(batch).unwrap();
        }
    }

    /// How many payments the bank booked, whatever came back of them.
    pub(super) fn payments_booked(&self) -> usize {
        self.bureaus.vault().journal().iter().filter(|it| it.kind == BookingKind::Payment).count()
    }
}

impl Rest {
    /// The same town again, from its files; the node is not started.
    pub(super) async fn copy(&self) -> Town {
        self.copy_silent(Duration::ZERO).await
    }

    /// With bureaus that keep a call open for so long that they do not answer.
    pub(super) async fn copy_silent(&self, silence: Duration) -> Town {
        let folder = new_folder();
        fs::copy(journal(self.folder.path()), journal(folder.path())).unwrap();
        let bureaus = open_bureaus(folder.path(), silence).await;
        // Time has passed since, so that another may hold the city's lease.
        let begins = self.begins + LATER;
        let node = self.node.copy(settings(&bureaus, begins)).await;
        let (dues, repaid_fen) = (self.dues.clone(), self.repaid_fen);
        Town { office: office(&node), node, bureaus, dues, repaid_fen, folder, begins }
    }
}

/// Settings of a node that knows the bureaus, and whose clock shows a moment when it starts.
pub(super) fn settings(bureaus: &Running, begins: Timestamp) -> impl FnOnce(&mut Settings) + use<> {
    let addresses = bureaus.addrs.clone();
    move |settings| {
        settings.node.story_clock = Some(begins);
        settings.pooling.city = demo_money::cities();
        settings.assess.first_pause_ms = 100;
        let at = |it: Upstream| (it.owner(), upstream(&format!("http://{}", addresses[&it])));
        settings.upstream = Upstream::ALL.map(at).into();
    }
}

/// Whoever may do everything in the province.
pub(super) fn office(node: &NodeProcess) -> Office {
    let roles: Vec<String> = Role::ALL.iter().map(|role| format!("role={}", role.code())).collect();
    Office::new(node.caller("370000", "desk", &roles.join("&")))
}

/// The account that an enterprise is to be paid to.
pub(super) fn account_of(enterprise: &Uscc) -> BankAccount {
    let known = small_world().enterprise(enterprise).cloned().unwrap();
    known.corporate.or(known.contribution).unwrap().number
}

fn new_folder() -> TempDir {
    tempfile::Builder::new().prefix("hufu-bank.").tempdir().unwrap()
}

fn journal(folder: &Path) -> PathBuf {
    folder.join("bank.journal")
}

async fn open_bureaus(folder: &Path, silence: Duration) -> Running {
    let accounts = demo_money::agency_accounts();
    let journal = Some(journal(folder));
    let settings = SandboxSettings { accounts, journal, silence, ..SandboxSettings::default() };
    Sandbox::start(small_world(), settings).await.unwrap()
}

/// A claim for each graduate of the city about whom nothing is particular.
fn submissions() -> Vec<claims::ClaimSubmission> {
    let world = small_world();
    let ordinary = world.graduates().iter().filter(|it| it.part == Part::Ordinary);
    ordinary.filter_map(|graduate| submission(graduate, &graduate.jobs.first()?.employer)).collect()
}

/// The graduate of a claim, claimed by another enterprise of the city.
fn twice(entitled: &[claims::Claim]) -> claims::ClaimSubmission {
    let world = small_world();
    let first = entitled.iter().rfind(|it| FEW_PLACES.contains(&it.region.as_str())).unwrap();
    let other = entitled.iter().find(|it| it.uscc != first.uscc).unwrap();
    let is_meant = |it: &&Resident| {
        let masked = hufu::domain::identity::ResidentId::masked(&it.resident_id);
        masked == first.resident_id_masked && it.jobs[0].employer.as_str() == first.uscc
    };
    let graduate = world.graduates().iter().find(is_meant).unwrap();
    submission(graduate, &Uscc::parse(&other.uscc).unwrap()).unwrap()
}

fn submission(graduate: &Resident, claimant: &Uscc) -> Option<claims::ClaimSubmission> {
    let world = small_world();
    let enterprise = world.enterprise(claimant)?;
    let is_meant = enterprise.enrollment_region.as_str().starts_with(OF_THE_CITY)
        && enterprise.claims_by_notice()
        && enterprise.dispatch == hufu::sandbox::population::Dispatch::Neither;
    let (job, diploma) = (graduate.jobs.first()?, graduate.diplomas.first()?);
    let person = claims::Person {
        name: graduate.name.as_str().to_owned(),
        resident_id: graduate.resident_id.as_str().to_owned(),
        phone: String::new(),
    };
    let hired = claims::Graduate {
        person: Some(person),
        graduated_on: Some(date(diploma.graduated_on)),
        contract_from: Some(date(job.contract.as_ref()?.from)),
        contract_until: None,
        dispatch: None,
    };
    is_meant.then(|| claims::ClaimSubmission {
        sheet_id: "job-expansion-2022".to_owned(),
        route: claims::ClaimRoute::SelfApplied.into(),
        uscc: claimant.as_str().to_owned(),
        enterprise_name: enterprise.name.as_str().to_owned(),
        region: enterprise.enrollment_region.to_string(),
        account: String::new(),
        subject: Some(claims::claim_submission::Subject::Graduate(hired)),
    })
}

fn date(date: jiff::civil::Date) -> Date {
    Date { year: date.year().into(), month: date.month().into(), day: date.day().into() }
}
