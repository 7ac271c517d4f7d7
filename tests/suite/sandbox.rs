//! The sandbox: its world repeats, its servers keep the contracts, its faults do what they say, its story adds up.

mod faults;
mod funding;
mod money;
mod payments;
mod provinces;
mod servers;
mod story;
mod verdicts;
mod world;

use std::sync::{Arc, OnceLock};

use hufu::proto::common::v1 as common;
use hufu::sandbox::population::{Resident, Scale, Seed, World};
use hufu::sandbox::{Fault, FaultSwitch, Running, Sandbox, SandboxSettings, Upstream};
use tonic::transport::{Channel, Endpoint};

/// The small world, made once.
pub(crate) fn small_world() -> Arc<World> {
    static WORLD: OnceLock<Arc<World>> = OnceLock::new();
    Arc::clone(WORLD.get_or_init(|| Arc::new(World::generate(Seed(7), Scale::small()))))
}

async fn start(settings: SandboxSettings) -> Running {
    Sandbox::start(small_world(), settings).await.unwrap()
}

/// A sandbox in which one upstream fails.
async fn failing(upstream: Upstream, fault: Fault) -> Running {
    let faults = FaultSwitch::default();
    faults.set(upstream, fault);
    start(SandboxSettings { faults, ..SandboxSettings::default() }).await
}

fn channel(running: &Running, upstream: Upstream) -> Channel {
    Endpoint::from_shared(format!("http://{}", running.addr(upstream))).unwrap().connect_lazy()
}

fn context(inquiry_id: &str) -> Option<common::InquiryContext> {
    Some(common::InquiryContext {
        inquiry_id: inquiry_id.to_owned(),
        asking_system: "suite".to_owned(),
        purpose: common::Purpose::AssessClaim.into(),
        legal_basis: "聊人社字〔2022〕32号 二(一)".to_owned(),
    })
}

fn key(resident: &Resident) -> common::PersonKey {
    common::PersonKey { resident_id: resident.resident_id.as_str().to_owned(), name: resident.name.as_str().to_owned() }
}

fn month(year: i32, month: i32) -> Option<common::Month> {
    Some(common::Month { year, month })
}

fn day(year: i32, month: i32, day: i32) -> Option<common::Date> {
    Some(common::Date { year, month, day })
}
