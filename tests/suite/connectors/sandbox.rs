//! The contract from both ends: what the sandbox answers, the connectors read; what it does wrong, they notice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use hufu::connectors::{Limits, Registries, UpstreamSettings};
use hufu::domain::calendar::Month;
use hufu::domain::claim::Person;
use hufu::domain::eligibility::evidence::{Answer, MissingCause};
use hufu::domain::identity::Uscc;
use hufu::sandbox::population::{STORY_DAY, booked_until};
use hufu::sandbox::{Fault, Running, Sandbox, SandboxSettings, Scale, Seed, Upstream, World, story_start};

use super::{calm, cause, inquiry};

/// A played world, and clients of it.
struct Played {
    world: Arc<World>,
    running: Running,
    registries: Registries,
}

impl Played {
    async fn start(limits: &Limits) -> Self {
        let world = Arc::new(World::generate(Seed::DEMO, Scale::small()));
        let running = Sandbox::start(Arc::clone(&world), SandboxSettings::default()).await.unwrap();
        let settings = running.addrs.iter().map(|(upstream, address)| {
            let uri = format!("http://{address}");
            (upstream.owner(), UpstreamSettings { uri, tls: None, limits: limits.clone() })
        });
        let registries = Registries::connect(&settings.collect(), "hufu-test".to_owned()).unwrap();
        Self { world, running, registries }
    }

    /// The causes of what is missing, by RPC, over everybody in the world.
    async fn missing(&self) -> BTreeMap<&'static str, BTreeSet<MissingCause>> {
        let residents = self.world.residents.iter();
        let persons: Vec<Person> = residents
            .map(|it| Person { name: it.name.clone(), resident_id: it.resident_id.clone(), phone: None })
            .collect();
        let usccs: Vec<Uscc> = self.world.enterprises.iter().map(|it| it.uscc.clone()).collect();
        let (from, until) = (Month::new(2022, 1).unwrap(), booked_until());
        let (of, inquiry, now) = (&self.registries, inquiry(), story_start());
        BTreeMap::from([
            ("accounts", causes(&of.tax_accounts(&usccs, STORY_DAY, &inquiry, now).await)),
            ("diplomas", causes(&of.credentials(&persons, &inquiry, now).await)),
            ("contributions", causes(&of.contributions(&persons, from, until, &inquiry, now).await)),
            ("enrollments", causes(&of.enrollments(&usccs, &inquiry, now).await)),
            ("headcounts", causes(&of.headcounts(&usccs, from, until, &inquiry, now).await)),
            ("employment", causes(&of.employment(&persons, &inquiry, now).await)),
            ("person awards", causes(&of.person_awards(&persons, &inquiry, now).await)),
            ("enterprise awards", causes(&of.enterprise_awards(&usccs, &inquiry, now).await)),
        ])
    }
}

fn causes<K, T>(answers: &BTreeMap<K, Answer<T>>) -> BTreeSet<MissingCause> {
    assert!(!answers.is_empty());
    answers.values().filter_map(cause).collect()
}

#[tokio::test]
async fn everything_that_a_truthful_registry_answers_is_read() {
    let played = Played::start(&calm()).await;
    for (rpc, causes) in played.missing().await {
        assert!(causes.is_empty(), "{rpc}: {causes:?}");
    }
}

/// Every fault is seen in every RPC for what it is, and nothing worse.
#[tokio::test]
async fn every_fault_is_seen_for_what_it_is() {
    let hasty = Limits { attempt_timeout: Duration::from_millis(300), ..calm() };
    for (fault, expected) in [
        (Fault::Down, MissingCause::Unavailable),
        (Fault::Refusing, MissingCause::Unavailable),
        (Fault::Slow(Duration::from_secs(30)), MissingCause::Unavailable),
        (Fault::AnswersForAnother, MissingCause::AnsweredForAnother),
        (Fault::UnknownEnum, MissingCause::Unrecognized),
    ] {
        let limits = if matches!(fault, Fault::Slow(_)) { hasty.clone() } else { calm() };
        let played = Played::start(&limits).await;
        for upstream in Upstream::ALL {
            played.running.faults.set(upstream, fault);
        }
        for (rpc, causes) in played.missing().await {
            assert_eq!(causes, BTreeSet::from([expected]), "{rpc} when {fault:?}");
        }
    }
}
