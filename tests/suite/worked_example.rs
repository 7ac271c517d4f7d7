//! `docs/pooling.md`, played: every table there is compared with what a node, a finance bureau and a bank make of the same story.

use std::collections::BTreeMap;

use hufu::domain::identity::BankAccount;
use hufu::domain::ledger::{AccountKind, Side};
use hufu::domain::money::Fen;
use hufu::proto::claims::v1 as claims;
use hufu::proto::clawback::v1 as clawback;
use hufu::proto::insurance::v1::Standing;
use hufu::proto::ledger::v1 as ledger;
use hufu::proto::policy::v1 as policy;
use hufu::proto::pooling::v1 as pb;
use hufu::proto::suspects::v1::SuspectDecision;
use hufu::sandbox::Running;
use hufu::sandbox::faults::FinanceMode;
use jiff::civil::date;

use crate::support::claims::{state, workforce_of};
use crate::support::people::{Firm, Graduate, firm, graduate};
use crate::support::{Caller, Database, Harness, eventually, fresh_request_id, money, wire};

const EXAMPLE: &str = include_str!("../../docs/pooling.md");
const CITY: &str = "371500";
/// Where the zones are: the city's own enterprise does its business in the first.
const ZONES: [&str; 2] = ["371502", "371521"];

/// A table as the document has it, or as the story came out: its header first.
type Table = Vec<Vec<String>>;

/// The tables of a document by the names in front of them.
fn tables(document: &str) -> BTreeMap<&str, Table> {
    let mut found: BTreeMap<&str, Table> = BTreeMap::new();
    let mut named = None;
    for line in document.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("<!-- table: ").and_then(|rest| rest.strip_suffix(" -->")) {
            named = Some(name);
            assert!(found.insert(name, Table::new()).is_none(), "two tables are named {name}");
        } else if let Some((name, cells)) = named.zip(line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|'))) {
            let cells: Vec<String> = cells.split('|').map(|cell| cell.trim().to_owned()).collect();
            let is_rule = cells.iter().all(|cell| cell.bytes().all(|byte| b"-:".contains(&byte)));
            if !is_rule {
                found.entry(name).or_default().push(cells);
            }
        } else if !line.is_empty() {
            named = None;
        }
    }
    found
}

/// What came out, by the names of the tables.
#[derive(Default)]
struct Found(BTreeMap<&'static str, Table>);

impl Found {
    fn put<const N: usize>(
        &mut self,
        name: &'static str,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        let rows = rows.into_iter().map(Vec::from);
        self.0.insert(name, std::iter::once(header.map(str::to_owned).to_vec()).chain(rows).collect());
    }

    /// Cell by cell, so that what differs is named.
    fn compare(&self) {
        let expected = tables(EXAMPLE);
        assert!(expected.keys().eq(self.0.keys()), "{:?} and {:?}", expected.keys(), self.0.keys());
        for (name, table) in expected {
            let found = &self.0[name];
            for (row, cells) in table.iter().enumerate() {
                assert_eq!(found.get(row), Some(cells), "table {name}, row {row}");
            }
            assert_eq!(found.len(), table.len(), "rows of table {name}");
        }
    }
}

fn yuan(fen: i64) -> String {
    Fen::new(fen).to_string()
}

/// The eight enterprises, and the graduates of whom more is to be told.
struct Town {
    firms: BTreeMap<char, Firm>,
    stops_contributing: Graduate,
    paid_elsewhere: Graduate,
    /// Of the last-named, at G.
    claim_of_g: claims::Claim,
}

impl Town {
    /// Claims are submitted, assessed, and decided on by two people.
    async fn settle(hufu: &Harness, bureaus: &Running) -> Self {
        let city = hufu.office(CITY);
        for zone in ZONES {
            let declaration = policy::Declaration {
                region: zone.to_owned(),
                kind: policy::DeclarationKind::RiskArea.into(),
                from: Some(wire::day(date(2022, 3, 14))),
                until: Some(wire::day(date(2022, 4, 8))),
                declared_at: None,
            };
            let request =
                policy::DeclareRiskAreaRequest { request_id: fresh_request_id(), declaration: Some(declaration) };
            city.policy().declare_risk_area(request).await.unwrap();
        }
        let in_place = |name: char, place: &str| firm(&format!("{name}公司")).in_region(place);
        let firms = [
            ('A', in_place('A', "371502").with_headcount(37)),
            ('B', in_place('B', "371502")),
            ('C', in_place('C', "371502")),
            ('D', in_place('D', "371503")),
            ('E', in_place('E', "371521").with_headcount(12)),
            ('F', in_place('F', CITY)),
            ('G', in_place('G', CITY)),
            ('H', in_place('H', "371502").with_headcount(20).insured_by_city(CITY)),
        ];
        let firms: BTreeMap<char, Firm> =
            firms.into_iter().map(|(name, firm)| (name, firm.known_to(hufu).banks_with(bureaus))).collect();
        let mut hired: BTreeMap<char, Vec<(Graduate, claims::Claim)>> = BTreeMap::new();
        for (name, people) in [('A', "甲乙丙"), ('B', "丁"), ('C', "戊"), ('D', "己庚"), ('F', "辛壬癸"), ('G', "子")]
        {
            for person in people.chars() {
                let graduate = graduate(&format!("学生{person}")).hired_by(&firms[&name]).known_to(hufu);
                let claim = city.approve(&graduate.claim().submit(&city).await).await;
                hired.entry(name).or_default().push((graduate, claim));
            }
        }
        for name in ['A', 'E', 'H'] {
            city.approve(&workforce_of(&firms[&name]).submit(&city).await).await;
        }
        let (stops_contributing, _) = hired[&'D'][1].clone();
        let (paid_elsewhere, claim_of_g) = hired[&'G'][0].clone();
        Self { firms, stops_contributing, paid_elsewhere, claim_of_g }
    }

    fn account(&self, name: char) -> BankAccount {
        BankAccount::parse(self.firms[&name].corporate_account.as_ref().unwrap()).unwrap()
    }

    /// The letter of a payee that is an enterprise.
    fn letter(&self, uscc: &str) -> Option<char> {
        self.firms.iter().find(|(_, firm)| firm.uscc.as_str() == uscc).map(|(letter, _)| *letter)
    }
}

async fn file(city: &Caller) -> Vec<pb::Filing> {
    let mut filings = Vec::new();
    for place in ["371500", "371502", "371503", "371521"] {
        let request = pb::FileClaimsRequest {
            request_id: fresh_request_id(),
            region: place.to_owned(),
            person: "zhao.liu".to_owned(),
            expected: None,
        };
        filings.extend(city.pooling().file_claims(request).await.unwrap().into_inner().filing);
    }
    filings
}

async fn run(city: &Caller) {
    city.pooling().run_pooling(pb::RunPoolingRequest { city: CITY.to_owned() }).await.unwrap();
}

async fn batch(city: &Caller) -> pb::GetBatchResponse {
    let batches = city.pooling().list_batches(pb::ListBatchesRequest::default()).await.unwrap().into_inner().batches;
    let [batch] = batches.try_into().unwrap_or_else(|all: Vec<_>| panic!("{} batches", all.len()));
    city.pooling().get_batch(pb::GetBatchRequest { batch_id: batch.batch_id }).await.unwrap().into_inner()
}

async fn payments(city: &Caller) -> Vec<pb::Payment> {
    let request = pb::ListPaymentsRequest { page_size: 500, ..Default::default() };
    city.pooling().list_payments(request).await.unwrap().into_inner().payments
}

async fn entries(city: &Caller) -> Vec<ledger::Entry> {
    let request = ledger::ListEntriesRequest { page_size: 500, ..Default::default() };
    let page = city.ledger().list_entries(request).await.unwrap().into_inner();
    assert!(page.next_page_token.is_empty(), "one page holds all of it");
    page.entries
}

/// Balances by kind of account, each on one side; those that are nothing are left out.
fn trial(found: &mut Found, name: &'static str, nets: BTreeMap<AccountKind, i64>) {
    let row = |(kind, net): (AccountKind, i64)| {
        let normal = if net > 0 { Side::Debit } else { Side::Credit };
        assert_eq!(kind.normal_side(), normal, "{name}: {}", kind.code());
        [kind.code().to_owned(), yuan(net.max(0)), yuan((-net).max(0))]
    };
    let rows: Vec<_> = nets.into_iter().filter(|(_, net)| *net != 0).map(row).collect();
    found.put(name, ["account", "debit", "credit"], rows);
}

/// As the node sums it up now; nothing in its books differs from anything else it knows.
async fn trial_now(found: &mut Found, name: &'static str, city: &Caller) {
    let check = city.ledger().check_ledger(ledger::CheckLedgerRequest::default()).await.unwrap().into_inner();
    let codes: Vec<_> = check.differences.iter().map(|it| it.code.as_str()).collect();
    assert!(codes.is_empty(), "{name}: {codes:?}");
    let sums = city.ledger().get_trial_balance(ledger::GetTrialBalanceRequest::default()).await.unwrap().into_inner();
    assert_eq!(sums.debit_fen, sums.credit_fen);
    let net = |it: &ledger::Account| (AccountKind::from_code(&it.kind).unwrap(), it.debit_fen - it.credit_fen);
    trial(found, name, sums.kinds.iter().map(net).collect());
}

/// As it stood before the first instruction: a run does not stop there, and the entries tell.
async fn trial_when_funded(found: &mut Found, city: &Caller) {
    let mut nets: BTreeMap<AccountKind, i64> = BTreeMap::new();
    for entry in entries(city).await.iter().take_while(|it| it.event != "instructed") {
        let kind = |account: &str| AccountKind::from_code(account.split('/').next().unwrap()).unwrap();
        *nets.entry(kind(&entry.debit)).or_default() += entry.amount_fen;
        *nets.entry(kind(&entry.credit)).or_default() -= entry.amount_fen;
    }
    trial(found, "trial-funded", nets);
}

/// What the counties filed, and what finance was asked for.
fn filed_and_asked(found: &mut Found, filings: &[pb::Filing], asked: &pb::GetBatchResponse) {
    let name = |region: &str| asked.lines.iter().find(|it| it.region == region).unwrap().region_name.clone();
    let rows = filings.iter().map(|it| {
        let sealed = it.sealed.unwrap();
        [it.region.clone(), name(&it.region), sealed.claims.to_string(), yuan(sealed.amount_fen)]
    });
    found.put("filings", ["region", "place", "claims", "yuan"], rows);
    let rows = asked.lines.iter().map(|it| {
        let counts = [it.enterprises, it.people, it.claims].map(|count| count.to_string());
        let [enterprises, people, claims] = counts;
        [it.region.clone(), it.subsidy.clone(), enterprises, people, claims, yuan(it.amount_fen)]
    });
    found.put("application", ["region", "subsidy", "enterprises", "people", "claims", "yuan"], rows);
    let total = asked.batch.as_ref().unwrap().total.unwrap().amount_fen;
    assert_eq!(asked.lines.iter().map(|it| it.amount_fen).sum::<i64>(), total);
    for cell in tables(EXAMPLE)["application"].iter().skip(1).map(|row| &row[5]) {
        assert!(asked.application_html.contains(cell.as_str()), "{cell} is not in the paper");
    }
}

/// B's new account is what the tax department names from now on; two people agree to it.
async fn approve_anew(hufu: &Harness, bureaus: &Running, town: &Town, city: &Caller) {
    let elsewhere = town.firms[&'B'].clone().with_corporate_account("62170099000000001");
    elsewhere.known_to(hufu).banks_with(bureaus);
    let mut owed = payments(city).await.into_iter().find(|it| it.state() == pb::PaymentState::Owed).unwrap();
    assert_eq!((town.letter(&owed.payee), owed.cause.as_str()), (Some('B'), "account-closed"));
    for (person, decision) in [("wang.li", pb::PaymentDecision::Pass), ("li.na", pb::PaymentDecision::Approve)] {
        let request = pb::ReviewPaymentRequest {
            request_id: fresh_request_id(),
            payment_id: owed.payment_id.clone(),
            version: owed.version,
            person: person.to_owned(),
            decision: decision.into(),
        };
        owed = city.pooling().review_payment(request).await.unwrap().into_inner().payment.unwrap();
    }
}

fn paid_out(found: &mut Found, town: &Town, payments: &[pb::Payment]) {
    let of_kind = |kind| payments.iter().filter(move |it| it.kind() == kind);
    let mut rows: Vec<_> = of_kind(pb::PaymentKind::Transfer)
        .map(|it| [it.payer.clone(), it.payee.clone(), yuan(it.amount_fen)])
        .collect();
    rows.sort();
    found.put("transfers", ["payer", "payee", "yuan"], rows);
    let row = |it: &pb::Payment| {
        let letter = town.letter(&it.payee).unwrap().to_string();
        let (claims, instructions) = (it.claims.to_string(), it.attempts.to_string());
        [it.payer.clone(), letter, claims, yuan(it.amount_fen), instructions, yuan(it.paid_fen)]
    };
    let mut rows: Vec<_> = of_kind(pb::PaymentKind::Payout).map(row).collect();
    rows.sort();
    found.put("payouts", ["payer", "enterprise", "claims", "yuan", "instructions", "paid"], rows);
}

/// Another province's claim for G's graduate tells of the double; one person confirms it, a second drafts, a third approves.
async fn demand_back(hufu: &Harness, town: &Town) -> String {
    let city = hufu.office(CITY);
    let away = firm("濮阳软件").in_region("410902").known_to(hufu);
    let both = town.paid_elsewhere.clone().also_hired_by([&away]).known_to(hufu);
    let second = both.claim().by(&away).submit(&hufu.office("410902")).await;
    assert_eq!(state(&second), "held");
    let suspect_id = city.only_suspect().await.suspect_id;
    city.judge(&suspect_id, "wang.li", SuspectDecision::Confirm).await.unwrap();
    let draft = clawback::DraftCaseRequest {
        request_id: fresh_request_id(),
        suspect_id,
        claim_id: town.claim_of_g.claim_id.clone(),
        amount_fen: 0,
        person: "zhao.min".to_owned(),
        facts: "该毕业生在外省亦已享受补助".to_owned(),
    };
    let mut case = city.clawback().draft_case(draft).await.unwrap().into_inner().case.unwrap();
    let steps = [
        ("li.na", clawback::CaseStep::Approve, ""),
        ("zhao.min", clawback::CaseStep::RecordReply, "企业无异议"),
        ("zhao.min", clawback::CaseStep::Demand, ""),
    ];
    for (person, step, text) in steps {
        let request = clawback::AdvanceCaseRequest {
            request_id: fresh_request_id(),
            case_id: case.case_id.clone(),
            version: case.version,
            person: person.to_owned(),
            step: step.into(),
            text: text.to_owned(),
            set_off: false,
        };
        case = city.clawback().advance_case(request).await.unwrap().into_inner().case.unwrap();
    }
    case.case_number
}

async fn story(hufu: &Harness, bureaus: &Running) {
    let (city, mut found) = (hufu.office(CITY), Found::default());
    let town = Town::settle(hufu, bureaus).await;
    let filings = file(&city).await;
    bureaus.faults.set_finance([FinanceMode::Pending]);
    run(&city).await;
    let asked = batch(&city).await;
    assert!(asked.batch.as_ref().unwrap().state() == pb::BatchState::Asked);
    filed_and_asked(&mut found, &filings, &asked);

    town.stops_contributing.clone().with_standing(Standing::Suspended).known_to(hufu);
    bureaus.vault().close(&town.account('B')).unwrap();
    bureaus.faults.set_finance([]);
    eventually("only B's payment is left, and what D is not paid is back", async || {
        run(&city).await;
        let open: Vec<_> =
            payments(&city).await.into_iter().filter(|it| it.state() != pb::PaymentState::Paid).collect();
        let returned = entries(&city).await.iter().any(|it| it.event == "booked" && it.debit.starts_with("fund/"));
        (open.len() == 1 && open[0].state() == pb::PaymentState::Owed && returned).then_some(())
    })
    .await;
    trial_when_funded(&mut found, &city).await;
    trial_now(&mut found, "trial-returned", &city).await;

    approve_anew(hufu, bureaus, &town, &city).await;
    let is_closed = async || {
        run(&city).await;
        (batch(&city).await.batch.unwrap().state() == pb::BatchState::Closed).then_some(())
    };
    eventually("the batch is closed", is_closed).await;
    paid_out(&mut found, &town, &payments(&city).await);

    let case_number = demand_back(hufu, &town).await;
    for fen in [50_000, 100_000] {
        let remittance = format!("退回补助{case_number}");
        bureaus.vault().credit("G公司", &money::expenditure(CITY), Fen::new(fen), "", &remittance).unwrap();
        run(&city).await;
    }
    eventually("what G repaid is back in the fund", async || {
        run(&city).await;
        let back = |it: &pb::Payment| it.kind() == pb::PaymentKind::Return && it.state() == pb::PaymentState::Paid;
        let returned: i64 = payments(&city).await.iter().filter(|it| back(it)).map(|it| it.paid_fen).sum();
        (returned == 300_000).then_some(())
    })
    .await;
    trial_now(&mut found, "trial-closed", &city).await;
    found.compare();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_what_happens_on_sqlite() {
    money::tell(Database::Sqlite, story).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_what_happens_on_postgres() {
    money::tell(Database::Postgres, story).await;
}
