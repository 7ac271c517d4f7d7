//! The money's path over the real stack: a county and the city file, the city runs, finance and the bank are played, and enterprises
//! are paid to the fen.

use std::collections::BTreeMap;
use std::time::Duration;

use hufu::config::{FundAccount, Pooling, PoolingCity, PoolingPlace, Settings, Upstream};
use hufu::connectors::{Limits, Treasury, UpstreamSettings};
use hufu::domain::caller::Role;
use hufu::domain::eligibility::evidence::Owner;
use hufu::domain::identity::{BankAccount, Region};
use hufu::domain::money::Fen;
use hufu::proto::claims::v1 as claims;
use hufu::proto::pooling::v1 as pb;
use hufu::proto::pooling::v1::pooling_service_client::PoolingServiceClient;
use hufu::sandbox::{self, Running, Sandbox, SandboxSettings};
use hufu::tables::{StatementEncoding, write_csv};
use tonic::transport::Channel;

use super::{reason_of, refusal};
use crate::sandbox::small_world;
use crate::support::claims::state;
use crate::support::people::{Firm, firm, graduate};
use crate::support::{Caller, Database, Harness, eventually, fresh_request_id};

const CITY: &str = "371500";
const COUNTY: &str = "371502";
/// What a graduate is worth (一(一)).
const SUBSIDY: i64 = 150_000;

fn account(number: u32) -> BankAccount {
    BankAccount::parse(&format!("37150{number:011}")).unwrap()
}

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

/// The city with its own account and the county's.
fn pooling() -> Pooling {
    let place = |name: &str, number| PoolingPlace {
        name: name.to_owned(),
        account: account(number),
        account_name: format!("{name}失业保险经办机构"),
    };
    let fund = FundAccount { account: account(1), name: "聊城市财政局".to_owned() };
    let places = BTreeMap::from([(region(CITY), place("聊城市", 2)), (region(COUNTY), place("东昌府区", 3))]);
    let city = PoolingCity { name: "聊城市".to_owned(), fund, place: places };
    Pooling { every_minutes: 0, city: BTreeMap::from([(region(CITY), city)]) }
}

/// Finance and the bank, played.
struct Money {
    running: Running,
}

impl Money {
    /// With the accounts of the agencies, and of these firms.
    async fn start(firms: &[&Firm]) -> Self {
        let city = &pooling().city[&region(CITY)];
        let places = city.place.values().map(|place| (place.account.clone(), place.account_name.clone()));
        let agencies = places.chain([(city.fund.account.clone(), city.fund.name.clone())]);
        let payees = firms.iter().map(|firm| (account_of(firm), firm.name.clone()));
        let accounts = agencies.chain(payees).collect();
        let settings = SandboxSettings { accounts, silence: Duration::ZERO, ..SandboxSettings::default() };
        Self { running: Sandbox::start(small_world(), settings).await.unwrap() }
    }

    /// Has a node talk to them, and move the city's money.
    fn configure(&self, settings: &mut Settings) {
        for owner in Owner::MONEY {
            settings.upstream.insert(owner, Upstream::at(self.uri(owner)));
        }
        settings.pooling = pooling();
    }

    fn uri(&self, owner: Owner) -> String {
        let at = if owner == Owner::Bank { sandbox::Upstream::Bank } else { sandbox::Upstream::Finance };
        format!("http://{}", self.running.addr(at))
    }

    fn paid_to(&self, account: &BankAccount) -> i64 {
        self.running.vault().paid_to(account).get()
    }

    /// The bank's first statement of an account, as a file.
    async fn first_statement(&self, of: &BankAccount) -> Vec<u8> {
        let upstream = |owner| UpstreamSettings { uri: self.uri(owner), tls: None, limits: Limits::default() };
        let settings = Owner::MONEY.into_iter().map(|owner| (owner, upstream(owner))).collect();
        let treasury = Treasury::connect(&settings, "office".to_owned()).unwrap().unwrap();
        let statement = treasury.statement(of, 1).await.unwrap().unwrap();
        write_csv(&statement, StatementEncoding::Gb18030).unwrap()
    }

    async fn end(self) {
        assert_eq!(self.running.vault().total(), self.running.vault().came_in());
        self.running.shutdown().await;
    }
}

fn account_of(firm: &Firm) -> BankAccount {
    BankAccount::parse(firm.corporate_account.as_ref().unwrap()).unwrap()
}

fn client(caller: &Caller) -> PoolingServiceClient<Channel> {
    PoolingServiceClient::new(caller.channel.clone())
}

/// A graduate of the firm is claimed for, passed by one person and approved by another.
async fn approved(hufu: &Harness, firm: &Firm, graduate_name: &str) -> String {
    let office = hufu.office(&firm.region);
    let claimed = graduate(graduate_name).hired_by(firm).known_to(hufu).claim().submit(&office).await;
    for (person, decision) in [("wang.li", claims::ReviewDecision::Pass), ("li.si", claims::ReviewDecision::Approve)] {
        let request = claims::ReviewClaimRequest {
            request_id: fresh_request_id(),
            claim_id: claimed.claim_id.clone(),
            version: office.claim(&claimed.claim_id).await.unwrap().version,
            person: person.to_owned(),
            decision: decision.into(),
            comment: String::new(),
        };
        office.claims().review_claim(request).await.unwrap();
    }
    claimed.claim_id
}

fn filing(region: &str, claims: i64) -> pb::FileClaimsRequest {
    pb::FileClaimsRequest {
        request_id: fresh_request_id(),
        region: region.to_owned(),
        person: "zhao.liu".to_owned(),
        expected: Some(pb::ControlTotals { claims, amount_fen: claims * SUBSIDY }),
    }
}

async fn run(city: &Caller) -> Vec<pb::Step> {
    let request = pb::RunPoolingRequest { city: CITY.to_owned() };
    client(city).run_pooling(request).await.unwrap().into_inner().steps
}

async fn batches(city: &Caller) -> Vec<pb::Batch> {
    client(city).list_batches(pb::ListBatchesRequest::default()).await.unwrap().into_inner().batches
}

/// Runs again and again until the one batch is closed.
async fn run_until_closed(city: &Caller) -> pb::Batch {
    eventually("the batch is closed", async || {
        run(city).await;
        batches(city).await.pop().filter(|batch| batch.state() == pb::BatchState::Closed)
    })
    .await
}

async fn payments(city: &Caller, batch_id: &str, state: pb::PaymentState) -> Vec<pb::Payment> {
    let request = pb::ListPaymentsRequest { batch_id: batch_id.to_owned(), state: state.into(), ..Default::default() };
    client(city).list_payments(request).await.unwrap().into_inner().payments
}

async fn review(
    office: &Caller,
    payment: &pb::Payment,
    person: &str,
    decision: pb::PaymentDecision,
) -> Result<pb::Payment, tonic::Status> {
    let request = pb::ReviewPaymentRequest {
        request_id: fresh_request_id(),
        payment_id: payment.payment_id.clone(),
        version: payment.version,
        person: person.to_owned(),
        decision: decision.into(),
    };
    Ok(client(office).review_payment(request).await?.into_inner().payment.unwrap())
}

async fn claims_are_filed_pooled_and_paid(database: Database) {
    let (county_firm, city_firm) = (firm("甲公司"), firm("乙公司").in_region(CITY));
    let money = Money::start(&[&county_firm, &city_firm]).await;
    let story = async |hufu: &Harness| {
        let (county, city) = (hufu.office(COUNTY), hufu.office(CITY));
        let firms = [county_firm.clone().known_to(hufu), city_firm.clone().known_to(hufu)];
        let first = approved(hufu, &firms[0], "王小明").await;
        let second = approved(hufu, &firms[1], "李小红").await;

        let differs = refusal(client(&county).file_claims(filing(COUNTY, 2)).await);
        assert_eq!(reason_of(&differs), "CONTROL_TOTALS_DIFFER");
        let request = filing(COUNTY, 1);
        let filed = client(&county).file_claims(request.clone()).await.unwrap().into_inner();
        let again = client(&county).file_claims(request).await.unwrap().into_inner();
        assert!(filed.filing.is_some() && filed.filing == again.filing, "the same request is one filing");
        client(&city).file_claims(filing(CITY, 1)).await.unwrap();

        let plan = pb::PlanPoolingRequest { city: CITY.to_owned() };
        let plan = client(&city).plan_pooling(plan).await.unwrap().into_inner();
        assert!(plan.total == Some(pb::ControlTotals { claims: 2, amount_fen: 2 * SUBSIDY }));
        let names: Vec<_> = plan.lines.iter().map(|line| line.region_name.as_str()).collect();
        assert_eq!(names, ["聊城市", "东昌府区"]);

        let batch = run_until_closed(&city).await;
        for claim_id in [first, second] {
            assert_eq!(state(&city.claim(&claim_id).await.unwrap()), "paid");
        }
        let paid: Vec<_> = firms.iter().map(|firm| money.paid_to(&account_of(firm))).collect();
        assert_eq!(paid, [SUBSIDY, SUBSIDY]);
        assert_eq!(payments(&city, &batch.batch_id, pb::PaymentState::Paid).await.len(), 3, "a transfer, two payouts");
        shows_what_it_did(&city, &batch).await;

        let file = money.first_statement(&account(3)).await;
        let import = |file| pb::ImportStatementRequest { region: COUNTY.to_owned(), file, file_name: String::new() };
        let posted = client(&city).import_statement(import(file)).await.unwrap().into_inner();
        assert!(posted.repeated && posted.number == 1, "the run had it already");
        let large = refusal(client(&city).import_statement(import(vec![b'x'; 300 * 1_024])).await);
        assert_eq!(reason_of(&large), "FIELDS_INVALID", "larger than other calls may be, and read");
    };
    Harness::tell_with(database, |settings| money.configure(settings), story).await;
    money.end().await;
}

/// A closed batch: its hops agree, its papers are there, and nothing of it is left to instruct.
async fn shows_what_it_did(city: &Caller, batch: &pb::Batch) {
    let request = pb::GetBatchRequest { batch_id: batch.batch_id.clone() };
    let shown = client(city).get_batch(request).await.unwrap().into_inner();
    let hop = |name: &str| shown.hops.iter().find(|hop| hop.hop == name).map(|hop| hop.amount_fen);
    for name in ["asked", "granted", "arrived", "paid"] {
        assert_eq!(hop(name), Some(2 * SUBSIDY), "{name}");
    }
    assert!(shown.application_html.contains("东昌府区") && shown.application_html.contains("3,000.00"));
    assert!(shown.application_xlsx.starts_with(b"PK"));
    assert_eq!((batch.city_name.as_str(), batch.stopped.as_str()), ("聊城市", ""));
    let export = pb::ExportInstructionsRequest { batch_id: batch.batch_id.clone() };
    let nothing = refusal(client(city).export_instructions(export).await);
    assert_eq!(reason_of(&nothing), "PAYMENT_FILE_NO_ORDERS");
    let request = pb::GetPoolingStatusRequest { city: CITY.to_owned() };
    let status = client(city).get_pooling_status(request).await.unwrap().into_inner().status.unwrap();
    assert!(status.open_batches.is_empty() && status.paid_out_this_month && status.owed == 0);
}

async fn what_came_back_is_paid_after_two_people_approve_it(database: Database) {
    let closing = firm("甲公司");
    let elsewhere = firm("甲公司").with_corporate_account(account(9).as_str());
    let money = Money::start(&[&closing, &elsewhere]).await;
    money.running.vault().close(&account_of(&closing)).unwrap();
    let story = async |hufu: &Harness| {
        let (county, city) = (hufu.office(COUNTY), hufu.office(CITY));
        let known = closing.clone().known_to(hufu);
        let claim_id = approved(hufu, &known, "王小明").await;
        client(&county).file_claims(filing(COUNTY, 1)).await.unwrap();
        let owed = eventually("the payout came back", async || {
            run(&city).await;
            payments(&city, "", pb::PaymentState::Owed).await.pop()
        })
        .await;
        assert_eq!((owed.cause.as_str(), owed.attempts, owed.paid_fen), ("account-closed", 1, 0));

        elsewhere.clone().known_to(hufu);
        use pb::PaymentDecision::{Approve, Pass};
        let without = hufu.caller(COUNTY, &[Role::ClaimsApprove]);
        assert_eq!(reason_of(&refusal(review(&without, &owed, "wang.li", Pass).await)), "ROLE_MISSING");
        let reviewed = review(&county, &owed, "wang.li", Pass).await.unwrap();
        assert_eq!(reason_of(&refusal(review(&county, &reviewed, "wang.li", Approve).await)), "SAME_PERSON");
        let approved = review(&county, &reviewed, "li.si", Approve).await.unwrap();
        assert!(approved.state() == pb::PaymentState::Approved);

        run_until_closed(&city).await;
        assert_eq!(state(&city.claim(&claim_id).await.unwrap()), "paid");
        assert_eq!(money.paid_to(&account(9)), SUBSIDY);
        assert_eq!(money.running.vault().balance(&account_of(&closing)), Fen::ZERO);
    };
    Harness::tell_with(database, |settings| money.configure(settings), story).await;
    money.end().await;
}

macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => { $(
        mod $story {
            use super::Database;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                super::$story(Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                super::$story(Database::Postgres).await;
            }
        }
    )+ };
}

on_both_databases![claims_are_filed_pooled_and_paid, what_came_back_is_paid_after_two_people_approve_it];
