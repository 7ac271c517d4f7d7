//! The registries of a node: played, made to fail and to lie, and asked about people whose data are known here.

use std::path::Path;
use std::sync::Arc;

use hufu::config::{Settings, Upstream as UpstreamSettings};
use hufu::domain::identity::Region;
use hufu::proto::claims::v1 as pb;
use hufu::proto::claims::v1::claim_submission::Subject;
use hufu::proto::common::v1::Date;
use hufu::sandbox::faults::{Fault, FaultSpec, Upstream};
use hufu::sandbox::population::{Part, Resident, Scale, Seed, World};
use hufu::sandbox::upstreams::{Running, Sandbox, SandboxSettings, ServerTls};
use hufu::transport::dev_pki::DevCa;
use tempfile::TempDir;
use tonic::transport::Channel;

use super::money::{self, Came, Cashier};
use super::people::Person;
use super::provoke::Provoker;
use super::recorder::Recorder;
use super::scanner::Secret;
use crate::process::{now, upstream};

/// All the ways in which a registry fails; slow is longer than the node waits.
const FAULTS: [&str; 8] =
    ["down", "refusing", "slow:3s", "partial:0.5", "another", "unknown-enum", "all-yes", "stale:400d"];
/// Graduates asked about under each fault.
const GRADUATES_EACH: usize = 4;
/// Graduates whose way is followed to the payment, if they are entitled.
const GRADUATES_PAID: usize = 8;

/// The five registries, in this process.
pub(super) struct Registries {
    world: Arc<World>,
    running: Running,
    certificates: TempDir,
}

impl Registries {
    pub(super) async fn start() -> Self {
        let certificates = tempfile::tempdir().unwrap();
        let ca = DevCa::create(now()).unwrap();
        ca.save(certificates.path()).unwrap();
        ca.issue_caller("hufu://000000/hufu/node").unwrap().save(certificates.path(), "node").unwrap();
        let server = ca.issue_server(&["127.0.0.1"]).unwrap();
        let tls = ServerTls { cert_pem: server.cert, key_pem: server.key, client_ca_pem: ca.cert_pem().to_owned() };
        let world = Arc::new(World::generate(Seed(17), Scale::small()));
        let accounts = money::agency_accounts(&world);
        let settings = SandboxSettings { tls: Some(tls), accounts, ..SandboxSettings::default() };
        let running = Sandbox::start(Arc::clone(&world), settings).await.unwrap();
        Self { world, running, certificates }
    }

    /// Has a node ask them, and give up soon.
    pub(super) fn settle_in(&self, settings: &mut Settings) {
        let file = |name: &str| -> Option<std::path::PathBuf> { Some(Path::join(self.certificates.path(), name)) };
        settings.upstream = Upstream::ALL
            .map(|played| {
                let to = UpstreamSettings {
                    ca: file("ca.pem"),
                    certificate: file("node.pem"),
                    key: file("node.key"),
                    total_deadline_ms: Some(1_000),
                    attempt_timeout_ms: Some(400),
                    ..upstream(&format!("https://{}", self.running.addr(played)))
                };
                (played.owner(), to)
            })
            .into();
        settings.node.story_clock = Some(hufu::sandbox::population::story_start());
        settings.assess.first_pause_ms = 200;
        settings.assess.longest_pause_ms = 400;
        money::settle_in(&self.world, settings);
    }

    /// What the registries know about people and must not be repeated. Their names are everyday names, and are not looked for.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let people = self.world.graduates().iter().flat_map(|person| {
            [Secret::Number(person.resident_id.as_str().to_owned()), Secret::Digits(person.phone.as_str().to_owned())]
        });
        let accounts = self.world.enterprises.iter().flat_map(|it| it.corporate.iter().chain(&it.contribution));
        let firms = accounts.map(|account| Secret::Digits(account.number.as_str().to_owned()));
        people.chain(firms).chain(money::secrets(&self.world)).collect()
    }

    /// Submits graduates while the registries fail in each way, all alike, and then while they do not.
    pub(super) async fn fail_in_every_way(&self, provoker: &mut Provoker) {
        let mut graduates = self.world.graduates().iter();
        for fault in FAULTS.into_iter().chain(["healthy"]) {
            let fault: Fault = fault.parse().unwrap();
            self.running.faults.replace(Upstream::ALL.map(|upstream| FaultSpec { upstream, fault }));
            for (place, graduate) in graduates.by_ref().take(GRADUATES_EACH).enumerate() {
                let claim = self.submission(graduate);
                // The last is waited for; its verdict, or its lack of one, is answered.
                let is_last = place + 1 == GRADUATES_EACH;
                provoker.submit(claim.clone(), i64::from(is_last)).await;
                if is_last {
                    provoker.check(claim).await;
                }
            }
        }
    }

    /// Has graduates of 聊城市 claimed for, paid, paid again and claimed back, while nothing ails the registries.
    pub(super) async fn move_money(&self, provoker: &mut Provoker, recorder: &Recorder, unheard: Channel) -> Came {
        let city = Region::parse("371500").unwrap();
        // The others were claimed for before.
        let graduates = self.world.graduates().iter().skip((FAULTS.len() + 1) * GRADUATES_EACH);
        let graduates = graduates.filter(|it| it.part == Part::Ordinary);
        let claims =
            graduates.map(|it| self.submission(it)).filter(|it| city.covers(Region::parse(&it.region).unwrap()));
        let claims: Vec<_> = claims.take(GRADUATES_PAID).collect();
        let mut cashier = Cashier::new(&self.world, &self.running, recorder, unheard);
        let person = &Person::all()[6];
        cashier.misplace(provoker, person).await;
        let came = cashier.pay(provoker, claims).await;
        cashier.misplace(provoker, person).await;
        cashier.post_strays(provoker, person).await;
        came
    }

    fn submission(&self, graduate: &Resident) -> pb::ClaimSubmission {
        let enterprise = self.world.enterprise(&graduate.jobs[0].employer).unwrap();
        let person = pb::Person {
            name: graduate.name.as_str().to_owned(),
            resident_id: graduate.resident_id.as_str().to_owned(),
            phone: graduate.phone.as_str().to_owned(),
        };
        let graduated_on = Some(Date { year: 2022, month: 6, day: 30 });
        let account = enterprise.contribution.as_ref().or(enterprise.corporate.as_ref());
        pb::ClaimSubmission {
            sheet_id: "job-expansion-2022".to_owned(),
            route: pb::ClaimRoute::SelfApplied.into(),
            uscc: enterprise.uscc.as_str().to_owned(),
            enterprise_name: enterprise.name.as_str().to_owned(),
            region: enterprise.enrollment_region.as_str().to_owned(),
            account: account.map(|account| account.number.as_str().to_owned()).unwrap_or_default(),
            subject: Some(Subject::Graduate(pb::Graduate {
                person: Some(person),
                graduated_on,
                contract_from: None,
                contract_until: None,
                dispatch: None,
            })),
        }
    }
}
