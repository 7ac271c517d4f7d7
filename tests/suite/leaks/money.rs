//! The money's path with personal data and accounts wherever they can be put: what is paid, what comes back, what is claimed back.

use std::collections::BTreeMap;

use hufu::config::{FundAccount, Pooling, PoolingCity, PoolingPlace, Settings};
use hufu::domain::identity::{BankAccount, Region};
use hufu::domain::money::Fen;
use hufu::domain::statement::{Direction, Statement, StatementLine, Totals};
use hufu::proto::claims::v1 as claims;
use hufu::proto::clawback::v1 as clawback;
use hufu::proto::clawback::v1::clawback_service_client::ClawbackServiceClient;
use hufu::proto::ledger::v1 as ledger;
use hufu::proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use hufu::proto::pooling::v1 as pooling;
use hufu::proto::pooling::v1::pooling_service_client::PoolingServiceClient;
use hufu::proto::suspects::v1 as suspects;
use hufu::sandbox::population::World;
use hufu::sandbox::upstreams::Running;
use hufu::tables::{StatementEncoding, write_csv};
use tonic::transport::Channel;

use super::people::{Person, enterprise};
use super::provoke::Provoker;
use super::recorder::Recorder;
use super::scanner::Secret;

const CITY: &str = "371500";
/// Runs until nothing moves, at the most: the bank is asked before every round.
const RUNS: usize = 12;

fn account(number: usize) -> BankAccount {
    BankAccount::parse(&format!("37158840561{number:08}")).unwrap()
}

/// Where a firm's money goes after its account was closed.
fn new_account() -> BankAccount {
    account(900)
}

fn places(world: &World) -> Vec<Region> {
    let city = Region::parse(CITY).unwrap();
    let mut places: Vec<Region> = world.enterprises.iter().map(|it| it.enrollment_region).collect();
    places.push(city);
    places.retain(|place| city.covers(*place));
    places.sort();
    places.dedup();
    places
}

/// The agencies' accounts, whose numbers are as secret as any.
pub(super) fn agency_accounts(world: &World) -> Vec<(BankAccount, String)> {
    let own =
        places(world).into_iter().enumerate().map(|(number, place)| (account(number + 2), format!("{place}支出户")));
    own.chain([(account(1), "聊城市财政局".to_owned())]).collect()
}

pub(super) fn secrets(world: &World) -> Vec<Secret> {
    let accounts = agency_accounts(world).into_iter().map(|(account, _)| account).chain([new_account()]);
    accounts.map(|account| Secret::Digits(account.as_str().to_owned())).collect()
}

/// Has a node move the money of 聊城市.
pub(super) fn settle_in(world: &World, settings: &mut Settings) {
    let place = |(place, (account, account_name)): (Region, (BankAccount, String))| {
        (place, PoolingPlace { name: place.to_string(), account, account_name })
    };
    let place: BTreeMap<_, _> = places(world).into_iter().zip(agency_accounts(world)).map(place).collect();
    let fund = FundAccount { account: account(1), name: "聊城市财政局".to_owned() };
    let city = PoolingCity { name: "聊城市".to_owned(), fund, place };
    settings.pooling = Pooling { every_minutes: 0, city: BTreeMap::from([(Region::parse(CITY).unwrap(), city)]) };
}

/// Takes claims along the path, and makes every mistake on it.
pub(super) struct Cashier<'a> {
    world: &'a World,
    bureaus: &'a Running,
    pooling: PoolingServiceClient<Recorder>,
    ledger: LedgerServiceClient<Recorder>,
    clawback: ClawbackServiceClient<Recorder>,
    /// For what is the bank's own: files of instructions name accounts, and are not searched.
    unheard: PoolingServiceClient<Channel>,
}

/// How far it came.
#[derive(Debug, Default)]
pub(super) struct Came {
    pub(super) approved: usize,
    pub(super) paid: usize,
    pub(super) returned: usize,
    pub(super) settled: bool,
}

impl<'a> Cashier<'a> {
    pub(super) fn new(world: &'a World, bureaus: &'a Running, recorder: &Recorder, unheard: Channel) -> Self {
        Self {
            world,
            bureaus,
            pooling: PoolingServiceClient::new(recorder.clone()),
            ledger: LedgerServiceClient::new(recorder.clone()),
            clawback: ClawbackServiceClient::new(recorder.clone()),
            unheard: PoolingServiceClient::new(unheard),
        }
    }

    /// All registries answer; these claims are the city's.
    pub(super) async fn pay(&mut self, provoker: &mut Provoker, claims: Vec<claims::ClaimSubmission>) -> Came {
        let mut approved = Vec::new();
        for claim in claims {
            let Some(claim_id) = provoker.submit(claim.clone(), 5).await else { continue };
            if self.approve(provoker, &claim_id).await {
                approved.push((claim_id, claim));
            }
        }
        let (_, first) = approved.first().expect("somebody is entitled");
        self.close_account_of(&first.uscc);
        for place in places(self.world) {
            let request = pooling::FileClaimsRequest {
                request_id: provoker.request_id(),
                region: place.to_string(),
                person: "zhao.liu".to_owned(),
                expected: None,
            };
            provoker.note(self.pooling.file_claims(request).await);
        }
        self.run(provoker).await;
        let returned = self.pay_what_came_back(provoker).await;
        self.run(provoker).await;
        let mut settled = false;
        for (claim_id, submission) in approved.iter().rev() {
            let answer = provoker.claims.get_claim(claims::GetClaimRequest { claim_id: claim_id.clone() }).await;
            if provoker.note(answer).and_then(|it| it.claim).is_some_and(|it| it.state() == claims::ClaimState::Paid) {
                settled = self.claw_back(provoker, claim_id, submission).await;
                break;
            }
        }
        self.read_everything(provoker).await;
        let paid = self.payments(provoker, pooling::PaymentState::Paid).await.len();
        Came { approved: approved.len(), paid, returned, settled }
    }

    async fn approve(&mut self, provoker: &mut Provoker, claim_id: &str) -> bool {
        use claims::ReviewDecision::{Approve, Pass, SendBack};
        for (person, decision) in [("wang.li", Pass), ("wang.li", Approve), ("li.na", SendBack), ("li.na", Approve)] {
            let answer = provoker.claims.get_claim(claims::GetClaimRequest { claim_id: claim_id.to_owned() }).await;
            let Some(claim) = provoker.note(answer).and_then(|it| it.claim) else { return false };
            let request = claims::ReviewClaimRequest {
                request_id: provoker.request_id(),
                claim_id: claim_id.to_owned(),
                version: claim.version,
                person: person.to_owned(),
                decision: decision.into(),
                // A number in the reason: it is not sent back for that.
                comment: if decision == SendBack { account(1).as_str().to_owned() } else { String::new() },
            };
            let answer = provoker.claims.review_claim(request).await;
            provoker.note(answer);
        }
        let answer = provoker.claims.get_claim(claims::GetClaimRequest { claim_id: claim_id.to_owned() }).await;
        provoker.note(answer).and_then(|it| it.claim).is_some_and(|it| it.state() == claims::ClaimState::Approved)
    }

    fn close_account_of(&self, uscc: &str) {
        let firm = self.world.enterprises.iter().find(|it| it.uscc.as_str() == uscc).unwrap();
        for account in firm.corporate.iter().chain(&firm.contribution) {
            self.bureaus.vault().close(&account.number).unwrap();
        }
        self.bureaus.vault().open(&new_account(), firm.name.as_str()).unwrap();
    }

    async fn run(&mut self, provoker: &mut Provoker) {
        for _ in 0..RUNS {
            let answer = self.pooling.run_pooling(pooling::RunPoolingRequest { city: CITY.to_owned() }).await;
            provoker.note(answer);
            let batches = self.pooling.list_batches(pooling::ListBatchesRequest::default()).await;
            for batch in provoker.note(batches).map(|it| it.batches).unwrap_or_default() {
                let batch_id = batch.batch_id;
                let request = pooling::ExportInstructionsRequest { batch_id };
                drop(self.unheard.export_instructions(request).await);
            }
        }
    }

    async fn payments(&mut self, provoker: &mut Provoker, state: pooling::PaymentState) -> Vec<pooling::Payment> {
        let request = pooling::ListPaymentsRequest { state: state.into(), page_size: 500, ..Default::default() };
        let answer = self.pooling.list_payments(request).await;
        provoker.note(answer).map(|it| it.payments).unwrap_or_default()
    }

    /// Two people agree to the account that the tax department names now. Gives how many came back.
    async fn pay_what_came_back(&mut self, provoker: &mut Provoker) -> usize {
        let owed = self.payments(provoker, pooling::PaymentState::Owed).await;
        for payment in &owed {
            let firm = self.world.enterprises.iter().find(|it| it.uscc.as_str() == payment.payee).unwrap();
            self.bureaus.corrections.change_corporate(&firm.uscc, Some(new_account()));
            let mut version = payment.version;
            use pooling::PaymentDecision::{Approve, Pass};
            for (person, decision) in [("wang.li", Pass), ("wang.li", Approve), ("li.na", Approve)] {
                let request = pooling::ReviewPaymentRequest {
                    request_id: provoker.request_id(),
                    payment_id: payment.payment_id.clone(),
                    version,
                    person: person.to_owned(),
                    decision: decision.into(),
                };
                let answer = self.pooling.review_payment(request).await;
                version = provoker.note(answer).and_then(|it| it.payment).map_or(version, |it| it.version);
            }
        }
        owed.len()
    }

    /// Another enterprise claims for somebody who was paid for; the case goes to its end, and the enterprise repays with personal data
    /// in its remittance. Gives whether it is settled.
    async fn claw_back(
        &mut self,
        provoker: &mut Provoker,
        claim_id: &str,
        submission: &claims::ClaimSubmission,
    ) -> bool {
        let again = claims::ClaimSubmission { uscc: enterprise(4), ..submission.clone() };
        let second = provoker.submit(again, 5).await.expect("is accepted");
        let listed = suspects::ListSuspectsRequest { page_size: 500, ..Default::default() };
        let listed = provoker.suspects.list_suspects(listed).await;
        let suspects = provoker.note(listed).map(|it| it.suspects).unwrap_or_default();
        let about = |it: &suspects::Suspect| it.second.as_ref().is_some_and(|side| side.claim_id == second);
        let suspect_id = suspects.into_iter().find(about).expect("the double is found").suspect_id;
        for reason in [account(1).as_str(), "合同与参保记录相符"] {
            let request = suspects::DecideSuspectRequest {
                request_id: provoker.request_id(),
                suspect_id: suspect_id.clone(),
                person: "wang.li".to_owned(),
                decision: suspects::SuspectDecision::Confirm.into(),
                reason: reason.to_owned(),
                ..suspects::DecideSuspectRequest::default()
            };
            let answer = provoker.suspects.decide_suspect(request).await;
            provoker.note(answer);
        }
        let mut case = None;
        for facts in [account(1).as_str(), "该毕业生已由另一企业申领"] {
            let request = clawback::DraftCaseRequest {
                request_id: provoker.request_id(),
                suspect_id: suspect_id.clone(),
                claim_id: claim_id.to_owned(),
                amount_fen: 0,
                person: "zhao.min".to_owned(),
                facts: facts.to_owned(),
            };
            let answer = self.clawback.draft_case(request).await;
            case = case.or(provoker.note(answer).and_then(|it| it.case));
        }
        let case =
            self.demand(provoker, case.unwrap_or_else(|| panic!("nothing is drafted: {:?}", provoker.reasons))).await;
        let to = self.account_of(Region::parse(&case.region).unwrap());
        let remittance = format!("{} {} {}", case.case_number, new_account().as_str(), Person::all()[0].number);
        let repaid = Fen::new(case.amount_fen);
        self.bureaus.vault().credit(&Person::all()[0].name, &to, repaid, "", &remittance).unwrap();
        self.run(provoker).await;
        let answer = self.clawback.get_case(clawback::GetCaseRequest { case_id: case.case_id }).await;
        let case = provoker.note(answer).and_then(|it| it.case);
        case.is_some_and(|it| it.state() == clawback::CaseState::Settled)
    }

    async fn demand(&mut self, provoker: &mut Provoker, mut case: clawback::Case) -> clawback::Case {
        use clawback::CaseStep::{Approve, Demand, RecordReply};
        for (person, step) in
            [("zhao.min", Approve), ("li.na", Approve), ("zhao.min", RecordReply), ("zhao.min", Demand)]
        {
            for text in [Person::all()[0].number.as_str(), "企业无异议"] {
                let request = clawback::AdvanceCaseRequest {
                    request_id: provoker.request_id(),
                    case_id: case.case_id.clone(),
                    version: case.version,
                    person: person.to_owned(),
                    step: step.into(),
                    text: text.to_owned(),
                    set_off: false,
                };
                let answer = self.clawback.advance_case(request).await;
                case = provoker.note(answer).and_then(|it| it.case).unwrap_or(case);
            }
        }
        for person in &Person::all() {
            let request = clawback::RecordRepaymentRequest {
                request_id: provoker.request_id(),
                case_id: case.case_id.clone(),
                amount_fen: 1,
                bank_reference: person.number.clone(),
                person: "zhao.min".to_owned(),
            };
            provoker.note(self.clawback.record_repayment(request).await);
        }
        case
    }

    /// Personal data where ids, tokens, names and files belong.
    pub(super) async fn misplace(&mut self, provoker: &mut Provoker, person: &Person) {
        for text in [&person.number, &person.account, &person.name, &person.phone] {
            self.misplace_in_pooling(provoker, text).await;
            let text = || text.clone();
            let slice = Some(ledger::Slice { region: text(), batch_id: text(), subsidy: text(), month: None });
            let request =
                ledger::ListEntriesRequest { slice, account: format!("payable/{}", text()), ..Default::default() };
            provoker.note(self.ledger.list_entries(request).await);
            let request = ledger::ListAccountsRequest { kind: text(), page_token: text(), ..Default::default() };
            provoker.note(self.ledger.list_accounts(request).await);
            provoker.note(self.ledger.check_ledger(ledger::CheckLedgerRequest { region: text() }).await);
            let request = clawback::RecordRepaymentRequest {
                request_id: text(),
                case_id: text(),
                amount_fen: 1,
                bank_reference: text(),
                person: text(),
            };
            provoker.note(self.clawback.record_repayment(request).await);
            let request = clawback::DraftCaseRequest {
                request_id: provoker.request_id(),
                suspect_id: text(),
                claim_id: text(),
                amount_fen: 1,
                person: text(),
                facts: text(),
            };
            provoker.note(self.clawback.draft_case(request).await);
            provoker.note(self.clawback.get_case(clawback::GetCaseRequest { case_id: text() }).await);
            let request = clawback::ListCasesRequest { region: text(), page_token: text(), ..Default::default() };
            provoker.note(self.clawback.list_cases(request).await);
        }
        self.import_statements(provoker, person).await;
    }

    async fn misplace_in_pooling(&mut self, provoker: &mut Provoker, text: &str) {
        let text = || text.to_owned();
        for region in [text(), CITY.to_owned()] {
            let request = pooling::FileClaimsRequest {
                request_id: text(),
                region: region.clone(),
                person: text(),
                expected: None,
            };
            provoker.note(self.pooling.file_claims(request).await);
            let file = text().into_bytes();
            let request = pooling::ImportStatementRequest { region, file, file_name: text() };
            provoker.note(self.pooling.import_statement(request).await);
        }
        let request = pooling::ListFilingsRequest { region: text(), page_token: text(), ..Default::default() };
        provoker.note(self.pooling.list_filings(request).await);
        provoker.note(self.pooling.run_pooling(pooling::RunPoolingRequest { city: text() }).await);
        provoker.note(self.pooling.plan_pooling(pooling::PlanPoolingRequest { city: text() }).await);
        provoker.note(self.pooling.get_pooling_status(pooling::GetPoolingStatusRequest { city: text() }).await);
        provoker.note(self.pooling.get_batch(pooling::GetBatchRequest { batch_id: text() }).await);
        let request = pooling::ListPaymentsRequest { region: text(), batch_id: text(), ..Default::default() };
        provoker.note(self.pooling.list_payments(request).await);
        let request = pooling::ReviewPaymentRequest {
            request_id: text(),
            payment_id: text(),
            version: 1,
            person: text(),
            decision: pooling::PaymentDecision::Pass.into(),
        };
        provoker.note(self.pooling.review_payment(request).await);
        let request = pooling::ExportInstructionsRequest { batch_id: text() };
        provoker.note(self.pooling.export_instructions(request).await);
    }

    /// Statements with personal data in every line: of an account of the city's, but far ahead; of another account; and cut off.
    async fn import_statements(&mut self, provoker: &mut Provoker, person: &Person) {
        let city = Region::parse(CITY).unwrap();
        let own = self.account_of(city);
        for (of, number) in [(own, 900), (new_account(), 1)] {
            let whole = statement(of, number, person);
            let cut_off = whole[..whole.len() - 30].to_vec();
            for file in [whole, cut_off] {
                self.import(provoker, city, file, person).await;
            }
        }
    }

    /// The same where the bank has said nothing yet: they are posted, and every line fits nothing.
    pub(super) async fn post_strays(&mut self, provoker: &mut Provoker, person: &Person) {
        for place in places(self.world) {
            let file = statement(self.account_of(place), 1, person);
            self.import(provoker, place, file, person).await;
        }
        self.read_everything(provoker).await;
    }

    async fn import(&mut self, provoker: &mut Provoker, place: Region, file: Vec<u8>, person: &Person) {
        let (region, file_name) = (place.to_string(), person.number.clone());
        let request = pooling::ImportStatementRequest { region, file, file_name };
        provoker.note(self.pooling.import_statement(request).await);
    }

    fn account_of(&self, place: Region) -> BankAccount {
        account(places(self.world).iter().position(|it| *it == place).unwrap() + 2)
    }

    async fn read_everything(&mut self, provoker: &mut Provoker) {
        let answer = self.pooling.list_batches(pooling::ListBatchesRequest::default()).await;
        for batch in provoker.note(answer).map(|it| it.batches).unwrap_or_default() {
            let answer = self.pooling.get_batch(pooling::GetBatchRequest { batch_id: batch.batch_id }).await;
            provoker.note(answer);
        }
        provoker.note(self.pooling.list_filings(pooling::ListFilingsRequest::default()).await);
        provoker.note(self.pooling.list_payments(pooling::ListPaymentsRequest::default()).await);
        let city = || CITY.to_owned();
        provoker.note(self.pooling.plan_pooling(pooling::PlanPoolingRequest { city: city() }).await);
        provoker.note(self.pooling.get_pooling_status(pooling::GetPoolingStatusRequest { city: city() }).await);
        let request = ledger::ListEntriesRequest { page_size: 500, ..Default::default() };
        provoker.note(self.ledger.list_entries(request).await);
        let request = ledger::ListAccountsRequest { page_size: 500, ..Default::default() };
        provoker.note(self.ledger.list_accounts(request).await);
        provoker.note(self.ledger.get_trial_balance(ledger::GetTrialBalanceRequest::default()).await);
        provoker.note(self.ledger.check_ledger(ledger::CheckLedgerRequest::default()).await);
        provoker.note(self.clawback.list_cases(clawback::ListCasesRequest::default()).await);
        provoker.note(self.clawback.get_recovery(clawback::GetRecoveryRequest::default()).await);
    }
}

/// One line that says who was paid.
fn statement(of: BankAccount, number: u32, person: &Person) -> Vec<u8> {
    let line = StatementLine {
        bank_reference: "B-1".to_owned(),
        booked_on: jiff::civil::date(2022, 10, 10),
        direction: Direction::Credit,
        amount: Fen::new(1),
        end_to_end_id: Some(person.account.clone()),
        return_cause: None,
        remittance: format!("{} {} {}", person.name, person.number, person.account),
    };
    let declared = Totals { lines: 1, credit: Fen::new(1), debit: Fen::ZERO };
    let (opening, closing) = (Fen::ZERO, Fen::new(1));
    let statement = Statement { account: of, number, opening, closing, declared, lines: vec![line] };
    write_csv(&statement, StatementEncoding::Utf8).unwrap()
}
