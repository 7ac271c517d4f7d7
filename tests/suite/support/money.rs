//! A node that moves the money of 聊城市, with a finance bureau and a bank that answer over real sockets.

use hufu::clock::Clock;
use hufu::config::{FundAccount, PoolingCity, PoolingPlace, Settings, Upstream as At};
use hufu::domain::eligibility::evidence::Owner;
use hufu::domain::identity::{BankAccount, Region};
use hufu::proto::claims::v1 as pb;
use hufu::proto::pooling::v1::{FileClaimsRequest, RunPoolingRequest};
use hufu::sandbox::{Running, Sandbox, SandboxSettings, Upstream};

use super::claims::state;
use super::people::Firm;
use super::{Caller, Database, Harness, STORY_BEGINS, fresh_request_id};
use crate::sandbox::small_world;

/// Places with an expenditure account; the first is the city.
const PLACES: [(&str, &str); 4] =
    [("371500", "聊城市"), ("371502", "东昌府区"), ("371503", "茌平区"), ("371521", "阳谷县")];
/// Far more runs than a batch has steps.
const RUNS_MAX: usize = 20;

/// Tells a story in which money moves.
pub(crate) async fn tell(database: Database, story: impl AsyncFnOnce(&Harness, &Running)) {
    let accounts = PLACES.iter().map(|(place, name)| (expenditure(place), (*name).to_owned()));
    let settings = SandboxSettings {
        accounts: accounts.chain([(fund(), "聊城市财政局".to_owned())]).collect(),
        clock: Clock::starting_at(STORY_BEGINS.parse().unwrap()),
        ..SandboxSettings::default()
    };
    let bureaus = Sandbox::start(small_world(), settings).await.unwrap();
    Harness::tell_with(database, |settings| moves_money(settings, &bureaus), async |hufu| story(hufu, &bureaus).await)
        .await;
    bureaus.shutdown().await;
}

fn moves_money(settings: &mut Settings, bureaus: &Running) {
    for (owner, upstream) in [(Owner::Finance, Upstream::Finance), (Owner::Bank, Upstream::Bank)] {
        let at = At {
            uri: format!("http://{}", bureaus.addr(upstream)),
            ca: None,
            certificate: None,
            key: None,
            server_name: None,
            total_deadline_ms: None,
            attempt_timeout_ms: None,
            max_concurrent: None,
        };
        settings.upstream.insert(owner, at);
    }
    let place = |(code, name): (&str, &str)| {
        let named = PoolingPlace { name: name.to_owned(), account: expenditure(code), account_name: name.to_owned() };
        (Region::parse(code).unwrap(), named)
    };
    let city = PoolingCity {
        name: "聊城市".to_owned(),
        fund: FundAccount { account: fund(), name: "聊城市财政局".to_owned() },
        place: PLACES.into_iter().map(place).collect(),
    };
    settings.pooling.city.insert(Region::parse("371500").unwrap(), city);
}

/// The expenditure account of a place.
pub(crate) fn expenditure(place: &str) -> BankAccount {
    BankAccount::parse(&format!("37001{place}01")).unwrap()
}

fn fund() -> BankAccount {
    BankAccount::parse("3700137150099").unwrap()
}

impl Firm {
    /// Has the bank know its corporate account.
    pub(crate) fn banks_with(self, bureaus: &Running) -> Self {
        let account = BankAccount::parse(self.corporate_account.as_ref().unwrap()).unwrap();
        bureaus.vault().open(&account, &self.name).unwrap();
        self
    }
}

impl Caller {
    /// Has a county's entitled claim approved, filed, pooled, funded and paid, all by a system that may do everything in the city.
    pub(crate) async fn pay(&self, claim: &pb::Claim) -> pb::Claim {
        self.approve(claim).await;
        let filing = FileClaimsRequest {
            request_id: fresh_request_id(),
            region: claim.region.clone(),
            person: "wang.li".to_owned(),
            expected: None,
        };
        self.pooling().file_claims(filing).await.unwrap();
        for _ in 0..RUNS_MAX {
            let run = RunPoolingRequest { city: "371500".to_owned() };
            self.pooling().run_pooling(run).await.unwrap();
            let now = self.claim(&claim.claim_id).await.unwrap();
            if state(&now) == "paid" {
                return now;
            }
        }
        panic!("not paid: {}", state(&self.claim(&claim.claim_id).await.unwrap()));
    }
}
