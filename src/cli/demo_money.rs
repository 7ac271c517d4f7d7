//! The demo's second half: the money. Two people review, counties file, the cities pool and pay; one account is closed, one bank call
//! times out after its effect, and a graduate paid in two provinces is clawed back in two instalments.

use std::collections::{BTreeMap, BTreeSet};

use super::demo::Stage;
use super::exit::Failure;
use super::output;
use super::pages::{PAGE_SIZE, pages};
use super::review::{self, Waiting, Wish};
use crate::config::{FundAccount, PoolingCity, PoolingPlace};
use crate::domain::identity::{BankAccount, Region, Uscc};
use crate::domain::money::Fen;
use crate::proto::claims::v1 as claims;
use crate::proto::claims::v1::claim_service_client::ClaimServiceClient;
use crate::proto::clawback::v1 as clawback;
use crate::proto::clawback::v1::clawback_service_client::ClawbackServiceClient;
use crate::proto::ledger::v1 as ledger;
use crate::proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::pooling::v1 as pooling;
use crate::proto::pooling::v1::pooling_service_client::PoolingServiceClient;
use crate::proto::suspects::v1 as suspects;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;
use crate::sandbox::BankMode;
use crate::sandbox::story;

/// Runs after which everything that can be paid is: each takes the path as far as it goes.
const RUNS_MAX: usize = 12;

/// Who does what. Nobody approves what they passed (I8).
const REVIEWER: &str = "li.na";
const APPROVER: &str = "zhao.qiang";
const FILER: &str = "zhou.min";
const JUDGE: &str = "sun.wei";
const DRAFTER: &str = "liu.yang";
const CASE_APPROVER: &str = "chen.jing";

/// What came of the money.
#[derive(Clone, Debug, Default)]
pub struct MoneyStory {
    pub paid_fen: i64,
    pub clawed_back_fen: i64,
    /// Drawn from the fund, less what went back.
    pub drawn_fen: i64,
    /// Both sides of the trial balance.
    pub balance: Vec<(String, String, i64, i64)>,
    /// What does not agree, in words.
    pub differences: Vec<String>,
    /// What the story wanted to happen and did not.
    pub missed: Vec<&'static str>,
}

/// The cities' offices, and the provinces' reviewers.
const OFFICES: [(&str, &str, &str); 2] = [("371500", "liaocheng", "shandong"), ("410900", "puyang", "henan")];

impl Stage {
    /// Tells the money's story to its end.
    pub(super) async fn move_money(&self) -> Result<MoneyStory, Failure> {
        let mut told = MoneyStory::default();
        for (city, office, _) in OFFICES {
            let regions = self.review_all(office).await?;
            for region in &regions {
                self.file(office, region).await?;
            }
            output::say(format!("{city}: {} places have filed", regions.len()));
        }
        let closed = self.make_trouble().await?;
        self.run_all().await?;
        let mended = self.mend_returned(&closed).await?;
        self.sandbox.faults.set_bank(Vec::new());
        self.run_all().await?;
        if mended == 0 {
            told.missed.push("a payment that comes back and is paid to the new account");
        }
        told.clawed_back_fen = self.claw_back().await?;
        if told.clawed_back_fen == 0 {
            told.missed.push("a double claim across provinces that is clawed back");
        }
        self.run_all().await?;
        self.close_the_books(&mut told).await?;
        Ok(told)
    }

    /// Passes and approves every entitled claim that an office sees; gives the regions that can file.
    async fn review_all(&self, office: &str) -> Result<BTreeSet<String>, Failure> {
        let mut client = ClaimServiceClient::new(self.channel(office)?);
        for (state, person, decision) in [
            (Waiting::Assessed, REVIEWER, claims::ReviewDecision::Pass),
            (Waiting::Reviewed, APPROVER, claims::ReviewDecision::Approve),
        ] {
            let wish = Wish { person: person.to_owned(), decision, comment: String::new() };
            let bar = output::progress("reviewed");
            let reviews = review::review_all(client.clone(), ("", state), usize::MAX, &wish, &bar).await;
            bar.finish_and_clear();
            if let Some(refused) = reviews?.refused.first() {
                return Err(Failure::failed(format!("{}: {}", refused.claim_id, refused.message)));
            }
        }
        let approved = pages(usize::MAX, async |page_token| {
            let (state, page_size) = (claims::ClaimState::Approved.into(), PAGE_SIZE);
            let request = claims::ListClaimsRequest { state, page_size, page_token, ..Default::default() };
            let page = client.list_claims(request).await?.into_inner();
            Ok((page.claims, page.next_page_token))
        });
        Ok(approved.await?.into_iter().map(|claim| claim.region).collect())
    }

    async fn file(&self, office: &str, region: &str) -> Result<(), Failure> {
        let mut client = PoolingServiceClient::new(self.channel(office)?);
        let mut number = 0;
        loop {
            number += 1;
            let request = pooling::FileClaimsRequest {
                request_id: format!("demo-filing-{region}-{number}"),
                region: region.to_owned(),
                person: FILER.to_owned(),
                expected: None,
            };
            if client.file_claims(request).await?.into_inner().left == 0 {
                return Ok(());
            }
        }
    }

    /// One enterprise's account is closed, and another's payment times out after its effect. Gives the first.
    async fn make_trouble(&self) -> Result<Uscc, Failure> {
        let mut client = ClaimServiceClient::new(self.channel("liaocheng")?);
        let state = claims::ClaimState::Filed.into();
        let request = claims::ListClaimsRequest { state, page_size: PAGE_SIZE, ..claims::ListClaimsRequest::default() };
        let filed = client.list_claims(request).await?.into_inner().claims;
        let enterprises: BTreeSet<Uscc> = filed.iter().filter_map(|claim| Uscc::parse(&claim.uscc).ok()).collect();
        let mut paid_to = enterprises.into_iter().filter_map(|uscc| {
            let account = self.world.enterprise(&uscc)?.corporate.as_ref()?.number.clone();
            Some((uscc, account))
        });
        let missing = || Failure::failed("the story has too few enterprises with a corporate account");
        let (closed, account) = paid_to.next().ok_or_else(missing)?;
        let (_, silent) = paid_to.next().ok_or_else(missing)?;
        self.sandbox
            .faults
            .set_bank(vec![BankMode::ReturnClosed.for_account(account), BankMode::TimeoutAfter.for_account(silent)]);
        output::say("the bank has one account closed, and lets one call time out after its effect");
        Ok(closed)
    }

    /// Runs both cities until nothing moves, and shows what was done.
    async fn run_all(&self) -> Result<(), Failure> {
        for (city, office, _) in OFFICES {
            let mut client = PoolingServiceClient::new(self.channel(office)?);
            let mut said = BTreeSet::new();
            for _ in 0..RUNS_MAX {
                let request = pooling::RunPoolingRequest { city: city.to_owned() };
                let report = client.run_pooling(request).await?.into_inner();
                for step in &report.steps {
                    if said.insert(step.message_zh.clone()) {
                        output::say(format!("  {city} {}", step.message_zh));
                    }
                }
                if !report.steps.iter().any(moves) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The tax department names another account for the enterprise; two people approve each payment that came back. Gives how many.
    async fn mend_returned(&self, closed: &Uscc) -> Result<usize, Failure> {
        let name = self.world.enterprise(closed).map(|it| it.name.as_str().to_owned()).unwrap_or_default();
        let account = BankAccount::parse("6200000000004321").map_err(Failure::failed)?;
        self.sandbox.vault().open(&account, &name).map_err(Failure::failed)?;
        self.sandbox.corrections.change_corporate(closed, Some(account));
        let mut client = PoolingServiceClient::new(self.channel("liaocheng")?);
        let state = pooling::PaymentState::Owed.into();
        let request =
            pooling::ListPaymentsRequest { state, page_size: PAGE_SIZE, ..pooling::ListPaymentsRequest::default() };
        let owed = client.list_payments(request).await?.into_inner().payments;
        let count = owed.len();
        for payment in owed {
            output::say(format!("  {} {}元 {}", payment.payee, Fen::new(payment.amount_fen), payment.cause_zh));
            let review = |version, person: &str, decision: pooling::PaymentDecision| pooling::ReviewPaymentRequest {
                request_id: format!("demo-{}-{version}", payment.payment_id),
                payment_id: payment.payment_id.clone(),
                version,
                person: person.to_owned(),
                decision: decision.into(),
            };
            let passed = review(payment.version, REVIEWER, pooling::PaymentDecision::Pass);
            let passed = client.review_payment(passed).await?.into_inner().payment.unwrap_or_default();
            client.review_payment(review(passed.version, APPROVER, pooling::PaymentDecision::Approve)).await?;
        }
        Ok(count)
    }

    /// Claws back what was paid for a graduate who was claimed in both provinces, in two instalments. Gives how much.
    async fn claw_back(&self) -> Result<i64, Failure> {
        for (city, office, province) in OFFICES {
            let Some((suspect, claim)) = self.double_that_was_paid(province).await? else { continue };
            let case = self.demand(province, &suspect, &claim).await?;
            let account = expenditure_account(&case.region)?;
            let half = case.amount_fen / 2;
            for instalment in [half, case.amount_fen - half] {
                self.sandbox
                    .vault()
                    .credit("退款单位", &account, Fen::new(instalment), "", &case.case_number)
                    .map_err(Failure::failed)?;
                let request = pooling::RunPoolingRequest { city: city.to_owned() };
                PoolingServiceClient::new(self.channel(office)?).run_pooling(request).await?;
            }
            let request = clawback::GetCaseRequest { case_id: case.case_id.clone() };
            let after = ClawbackServiceClient::new(self.channel(province)?).get_case(request).await?.into_inner();
            let after = after.case.unwrap_or_default();
            output::say(format!("  {} 追回{}元，分两次退回", after.case_number, Fen::new(after.repaid_fen)));
            return Ok(after.repaid_fen);
        }
        Ok(0)
    }

    /// A suspect across provinces, one of whose claims was paid: the suspect, and that claim.
    async fn double_that_was_paid(&self, province: &str) -> Result<Option<(String, String)>, Failure> {
        let mut client = SuspectServiceClient::new(self.channel(province)?);
        let rule = "person_two_provinces".to_owned();
        let request =
            suspects::ListSuspectsRequest { rule, page_size: PAGE_SIZE, ..suspects::ListSuspectsRequest::default() };
        let listed = client.list_suspects(request).await?.into_inner().suspects;
        Ok(listed.into_iter().find_map(|suspect| {
            let sides = [suspect.first, suspect.second].into_iter().flatten();
            let mut paid = sides.filter(|side| !side.outside && side.state() == claims::ClaimState::Paid);
            paid.next().map(|side| (suspect.suspect_id.clone(), side.claim_id))
        }))
    }

    /// From the confirmed suspect to the demand.
    async fn demand(&self, province: &str, suspect: &str, claim: &str) -> Result<clawback::Case, Failure> {
        let channel = self.channel(province)?;
        let judged = suspects::DecideSuspectRequest {
            request_id: format!("demo-judge-{suspect}"),
            suspect_id: suspect.to_owned(),
            person: JUDGE.to_owned(),
            decision: suspects::SuspectDecision::Confirm.into(),
            reason: "两省参保与就业登记并列核对，实际在外省就业".to_owned(),
            ..suspects::DecideSuspectRequest::default()
        };
        SuspectServiceClient::new(channel.clone()).decide_suspect(judged).await?;
        let mut client = ClawbackServiceClient::new(channel);
        let draft = clawback::DraftCaseRequest {
            request_id: format!("demo-draft-{claim}"),
            suspect_id: suspect.to_owned(),
            claim_id: claim.to_owned(),
            amount_fen: 0,
            person: DRAFTER.to_owned(),
            facts: "同一毕业生在两省分别申领一次性扩岗补助，本省已发放".to_owned(),
        };
        let mut case = client.draft_case(draft).await?.into_inner().case.unwrap_or_default();
        let steps = [
            (CASE_APPROVER, clawback::CaseStep::Approve, ""),
            (DRAFTER, clawback::CaseStep::RecordReply, "企业承认毕业生已离职，同意退回"),
            (DRAFTER, clawback::CaseStep::Demand, ""),
        ];
        for (person, step, text) in steps {
            let advance = clawback::AdvanceCaseRequest {
                request_id: format!("demo-case-{}-{}", case.case_id, case.version),
                case_id: case.case_id.clone(),
                version: case.version,
                person: person.to_owned(),
                step: step.into(),
                text: text.to_owned(),
                set_off: false,
            };
            case = client.advance_case(advance).await?.into_inner().case.unwrap_or_default();
        }
        Ok(case)
    }

    /// Adds both cities' trial balances up, and has each ledger checked.
    async fn close_the_books(&self, told: &mut MoneyStory) -> Result<(), Failure> {
        let mut kinds: BTreeMap<String, (String, i64, i64)> = BTreeMap::new();
        for (city, office, _) in OFFICES {
            let mut client = LedgerServiceClient::new(self.channel(office)?);
            let trial = client.get_trial_balance(ledger::GetTrialBalanceRequest::default()).await?.into_inner();
            if trial.debit_fen != trial.credit_fen {
                told.differences.push(format!("{city}: debits {} credits {}", trial.debit_fen, trial.credit_fen));
            }
            for account in trial.kinds {
                let (_, debit, credit) = kinds.entry(account.kind).or_insert((account.kind_zh, 0, 0));
                *debit += account.debit_fen;
                *credit += account.credit_fen;
            }
            let checked = client.check_ledger(ledger::CheckLedgerRequest::default()).await?.into_inner();
            told.differences.extend(checked.differences.into_iter().map(|it| it.message_zh));
            self.count_paid(office, told).await?;
        }
        let fund = kinds.get("fund").map_or(0, |(_, debit, credit)| credit - debit);
        told.drawn_fen = fund;
        told.balance = kinds.into_iter().map(|(kind, (zh, debit, credit))| (zh, kind, debit, credit)).collect();
        Ok(())
    }

    async fn count_paid(&self, office: &str, told: &mut MoneyStory) -> Result<(), Failure> {
        let mut client = PoolingServiceClient::new(self.channel(office)?);
        let paid = pages(usize::MAX, async |page_token| {
            let (state, page_size) = (pooling::PaymentState::Paid.into(), PAGE_SIZE);
            let request = pooling::ListPaymentsRequest { state, page_size, page_token, ..Default::default() };
            let page = client.list_payments(request).await?.into_inner();
            Ok((page.payments, page.next_page_token))
        });
        let paid = paid.await?;
        let payouts = paid.iter().filter(|it| it.kind() == pooling::PaymentKind::Payout);
        told.paid_fen += payouts.map(|it| it.paid_fen).sum::<i64>();
        let batches = client.list_batches(pooling::ListBatchesRequest::default()).await?.into_inner().batches;
        if batches.iter().any(|batch| batch.state() != pooling::BatchState::Closed) {
            told.missed.push("every batch closed to the last fen");
        }
        Ok(())
    }
}

/// The cities of the story, as a node's settings name them.
pub fn cities() -> BTreeMap<Region, PoolingCity> {
    let city = |city: story::StoryCity| {
        let place = city.expenditure.into_iter().map(|it| {
            (it.region, PoolingPlace { name: it.place.to_owned(), account: it.account, account_name: it.holder })
        });
        let fund = FundAccount { account: city.fund.account, name: city.fund.holder };
        (city.region, PoolingCity { name: city.name.to_owned(), fund, place: place.collect() })
    };
    story::cities().into_iter().map(city).collect()
}

/// The agencies' accounts, as the bank knows them.
pub fn agency_accounts() -> Vec<(BankAccount, String)> {
    let all = story::cities().into_iter().flat_map(|city| city.expenditure.into_iter().chain([city.fund]));
    all.map(|it| (it.account, it.holder)).collect()
}

/// Whether a step changed anything.
fn moves(step: &pooling::Step) -> bool {
    const STANDING: [&str; 4] = ["DECISION_PENDING", "ARRIVAL_AWAITED", "UPSTREAM_UNANSWERED", "PAYOUTS_WAIT"];
    !step.needs_attention && !STANDING.contains(&step.code.as_str())
}

fn expenditure_account(region: &str) -> Result<BankAccount, Failure> {
    let region = Region::parse(region).map_err(Failure::failed)?;
    let accounts = story::cities().into_iter().flat_map(|city| city.expenditure);
    accounts
        .into_iter()
        .find(|account| account.region == region)
        .map(|account| account.account)
        .ok_or_else(|| Failure::failed("the case's place has no expenditure account"))
}
