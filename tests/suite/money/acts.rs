//! What people, enterprises and time do in a story, drawn from its seed; the auditor is told what was meant.

use std::collections::BTreeMap;

use futures::future::join_all;
use hufu::domain::calendar::cst_date;
use hufu::domain::claim::ClaimId;
use hufu::domain::clawback::{CaseId, CaseState, CaseStep};
use hufu::domain::eligibility::evidence::{Declaration, DeclarationKind};
use hufu::domain::eligibility::verdict::Verdict;
use hufu::domain::identity::{BankAccount, Region};
use hufu::domain::money::Fen;
use hufu::domain::payment::PaymentState;
use hufu::domain::pooling::BatchId;
use hufu::domain::suspect::SuspectState;
use hufu::proto::insurance::v1::Standing;
use hufu::store::Access;
use hufu::store::record::Actor;
use hufu::store::record::payment::{PaymentAct, PaymentFilter, PaymentRecord};
use hufu::store::record::review::{ReviewAct, Reviewed};
use hufu::workflows::Refusal;
use jiff::{SignedDuration, ToSpan};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::auditor::{Approved, Auditor};
use super::claims::{FEN_A_GRADUATE, FEN_A_HEAD, What, named};
use super::desk::{PEOPLE, is_same_person};
use super::names::Names;
use super::town::{CITIES, Town, expenditure, fund, region};
use crate::support::fresh_request_id;
use crate::support::people::{Firm, firm, graduate, numbered};

/// Enterprises of each place: so few that most are paid by several batches.
const FIRMS_A_PLACE: usize = 2;
/// People paid for at an enterprise that kept its workforce.
const HEADS: std::ops::Range<i32> = 3..40;

pub(super) struct Employer {
    pub(super) firm: Firm,
    heads: i32,
    kept_claimed: bool,
}

pub(super) struct Claimed {
    pub(super) id: ClaimId,
    employer: usize,
    what: What,
    fen: i64,
    order: (jiff::civil::Date, usize),
}

/// A town in which things happen.
pub(super) struct Story {
    pub(super) town: Town,
    pub(super) rng: ChaCha8Rng,
    pub(super) auditor: Auditor,
    pub(super) employers: Vec<Employer>,
    pub(super) claims: Vec<Claimed>,
    /// Who passed what, as this test saw it.
    passed_by: BTreeMap<Uuid, &'static str>,
    cases: Vec<CaseId>,
    /// Money at the bank that nobody here asked for, by place.
    pub(super) stray: BTreeMap<String, i64>,
    people: usize,
    accounts: u64,
    /// What went differently from what people may do.
    pub(super) findings: Vec<String>,
    /// What the runs said of themselves.
    pub(super) said: Vec<String>,
}

impl Story {
    pub(super) async fn begin(town: Town, seed: u64) -> Self {
        let places = CITIES.iter().flat_map(|(city, counties)| {
            let of_city =
                counties.iter().chain([city]).map(|it| (expenditure(it).as_str().to_owned(), (*it).to_owned()));
            of_city.chain([(fund(city).as_str().to_owned(), (*city).to_owned())]).collect::<Vec<_>>()
        });
        let mut story = Self {
            town,
            rng: ChaCha8Rng::seed_from_u64(seed),
            auditor: Auditor::new(places),
            employers: Vec::new(),
            claims: Vec::new(),
            passed_by: BTreeMap::new(),
            cases: Vec::new(),
            stray: BTreeMap::new(),
            people: 0,
            accounts: 0,
            findings: Vec::new(),
            said: Vec::new(),
        };
        for (city, counties) in CITIES {
            for place in counties.into_iter().chain([city]) {
                for _ in 0..FIRMS_A_PLACE {
                    story.found(place);
                }
            }
            for county in counties {
                story.declare(county).await;
            }
        }
        story
    }

    fn person(&mut self) -> &'static str {
        PEOPLE.choose(&mut self.rng).unwrap()
    }

    fn new_account(&mut self) -> String {
        self.accounts += 1;
        format!("6222{:012}", self.accounts)
    }

    fn found(&mut self, place: &str) {
        let heads = self.rng.random_range(HEADS);
        let firm = firm(&numbered("企业", self.employers.len())).in_region(place).with_headcount(heads);
        let account = self.new_account();
        let firm = if self.rng.random_bool(0.2) {
            firm.without_corporate_account().with_contribution_account(&account)
        } else {
            firm.with_corporate_account(&account)
        };
        self.employers.push(Employer { firm, heads, kept_claimed: false });
        self.enter(self.employers.len() - 1);
    }

    /// Has everybody know an employer as it is now.
    fn enter(&mut self, employer: usize) {
        let firm = &self.employers[employer].firm;
        self.town.know(firm);
        self.auditor.names_account(firm.uscc.as_str(), named(firm));
    }

    async fn declare(&self, county: &str) {
        let declaration = Declaration {
            region: region(county),
            kind: DeclarationKind::RiskArea,
            from: jiff::civil::date(2022, 8, 1),
            until: None,
        };
        let caller = self.town.caller();
        self.town.gateway.declare(&caller, fresh_request_id(), [2; 32], declaration).await.unwrap();
    }

    /// Hours or days pass.
    pub(super) fn pass_time(&mut self) {
        let hours = self.rng.random_range(10..90);
        self.town.pass(SignedDuration::from_hours(hours));
        if self.rng.random_bool(0.3) {
            self.town.vault().pass_time().unwrap();
        }
    }

    /// Employers claim.
    pub(super) async fn claim(&mut self) {
        let count = self.rng.random_range(3..=9);
        let mut claims = Vec::new();
        for _ in 0..count {
            let at = self.rng.random_range(0..self.employers.len());
            let is_county = !self.employers[at].firm.region.ends_with("00");
            let keeps = is_county && !self.employers[at].kept_claimed && self.rng.random_bool(0.4);
            let employer = &mut self.employers[at];
            let what = if keeps && employer.firm.corporate_account.is_some() {
                employer.kept_claimed = true;
                What::Kept
            } else {
                self.people += 1;
                let hired = graduate(&numbered("学生", self.people)).hired_by(&employer.firm);
                self.town.registries.enter_graduate(&hired);
                What::Hired(Box::new(hired))
            };
            claims.push((at, what));
        }
        self.submit(claims).await;
    }

    /// Another employer claims somebody who is claimed already: a suspect.
    pub(super) async fn claim_twice(&mut self) {
        let hired: Vec<(usize, What)> = self
            .claims
            .iter()
            .filter(|it| matches!(it.what, What::Hired(_)))
            .map(|it| (it.employer, it.what.clone()))
            .collect();
        let Some((employer, what)) = hired.choose(&mut self.rng).cloned() else { return };
        let other = (employer + self.rng.random_range(1..self.employers.len())) % self.employers.len();
        self.submit(vec![(other, what)]).await;
    }

    async fn submit(&mut self, claims: Vec<(usize, What)>) {
        let due = cst_date(self.town.now()).saturating_add(30.days());
        let submitted = claims.iter().map(|(at, what)| (self.employers[*at].firm.clone(), what.clone())).collect();
        let ids = self.town.submit(submitted).await;
        for (id, (employer, what)) in ids.into_iter().zip(claims) {
            let fen = match what {
                What::Hired(_) => FEN_A_GRADUATE,
                What::Kept => FEN_A_HEAD * i64::from(self.employers[employer].heads),
            };
            let order = (due, self.claims.len());
            self.claims.push(Claimed { id, employer, what, fen, order });
        }
    }

    /// People review claims, now and then the same person twice.
    pub(super) async fn review(&mut self, percent: u32) {
        self.town.assess().await;
        let standing: Vec<(Vec<u8>, String, i64)> = self
            .town
            .fetch("SELECT claim_id, state, version FROM claim WHERE state IN ('assessed', 'reviewed', 'approved')")
            .await;
        let standing: BTreeMap<Uuid, (String, i64)> = standing
            .into_iter()
            .map(|(id, state, version)| (Uuid::from_slice(&id).unwrap(), (state, version)))
            .collect();
        let mut acts = Vec::new();
        for at in 0..self.claims.len() {
            let id = self.claims[at].id;
            let Some((state, version)) = standing.get(&id.0) else { continue };
            let person = self.person();
            let act = match state.as_str() {
                "assessed" if self.rng.random_ratio(percent, 100) => ReviewAct::Pass,
                "reviewed" if self.rng.random_ratio(percent, 100) => ReviewAct::Approve,
                "reviewed" | "approved" if self.rng.random_bool(0.03) => {
                    ReviewAct::SendBack { reason: "材料不全".to_owned() }
                }
                _ => continue,
            };
            acts.push((at, id, *version, person, act));
        }
        // All at their desks at once.
        let town = &self.town;
        let done = acts.iter().map(|(_, id, version, person, act)| town.review(*id, *version, person, act.clone()));
        for ((at, _, _, person, act), done) in acts.iter().zip(join_all(done).await) {
            self.reviewed(*at, person, act, done);
        }
        // What was sent back is assessed again.
        self.town.assess().await;
    }

    fn reviewed(&mut self, at: usize, person: &'static str, act: &ReviewAct, done: Result<Reviewed, Refusal>) {
        let Claimed { id, employer, fen, order, .. } = self.claims[at];
        let reviewed = match done {
            Ok(reviewed) => reviewed,
            Err(refusal) => {
                let is_same = *act == ReviewAct::Approve && self.passed_by.get(&id.0) == Some(&person);
                if is_same_person(&refusal) && !is_same {
                    self.findings.push(format!("{person} may approve claim {id}, and was refused as the same person"));
                }
                return;
            }
        };
        match act {
            ReviewAct::Pass => drop(self.passed_by.insert(id.0, person)),
            ReviewAct::SendBack { .. } => self.auditor.send_back(id.0),
            ReviewAct::Approve => {
                if self.passed_by.get(&id.0) == Some(&person) {
                    self.findings.push(format!("{person} passed and approved claim {id}"));
                }
                let verdict = reviewed.record.decision.map(|it| it.verdict);
                let Some(Verdict::Entitled { payee, amount, .. }) = verdict else {
                    return self.findings.push(format!("claim {id} is approved and awards nothing"));
                };
                if amount.get() != fen {
                    self.findings.push(format!("claim {id} is approved with {amount} yuan, not with {fen} fen"));
                }
                let firm = &self.employers[employer].firm;
                let approved = Approved {
                    place: firm.region.clone(),
                    enterprise: firm.uscc.as_str().to_owned(),
                    subsidy: self.claims[at].what.subsidy(),
                    fen,
                    account: payee.account.as_str().to_owned(),
                    order,
                };
                self.auditor.approve(id.0, approved);
            }
        }
    }

    /// A place files all that it approved.
    pub(super) async fn file(&mut self, place: &str) {
        let person = self.person();
        let filed = self.town.file(place, person).await;
        let (claims, fen) = self.auditor.file(place);
        let found = filed.as_ref().map_or((0, 0), |it| (it.sealed.claims, it.sealed.amount.get()));
        if found != (claims, fen) {
            self.findings.push(format!("{place} filed {found:?} and had {:?} to file", (claims, fen)));
        }
    }

    /// The tax department names another account: known to the bank, unknown to it, or under another name; or none at all.
    pub(super) fn change_account(&mut self) {
        let at = self.rng.random_range(0..self.employers.len());
        let account = self.new_account();
        let firm = self.employers[at].firm.clone();
        match self.rng.random_range(0..10) {
            0 => {
                self.employers[at].firm = firm.without_corporate_account();
                self.employers[at].firm.contribution_account = None;
                self.enter(at);
            }
            // The bank has it under another name, or not at all: what is paid there comes back.
            1 => {
                self.employers[at].firm = firm.with_corporate_account(&account);
                self.enter(at);
                self.town.vault().open(&BankAccount::parse(&account).unwrap(), "别的企业").unwrap();
            }
            2 => {
                if let Some(account) = named(&firm) {
                    self.town.vault().close(&BankAccount::parse(account).unwrap()).unwrap();
                }
            }
            _ => {
                self.employers[at].firm = firm.with_corporate_account(&account);
                self.enter(at);
            }
        }
    }

    pub(super) fn give_good_account(&mut self, at: usize) {
        let account = self.new_account();
        self.employers[at].firm = self.employers[at].firm.clone().with_corporate_account(&account);
        self.enter(at);
    }

    /// Somebody's contributions are no longer current, or are again: asked again, the claim is held.
    pub(super) fn change_standing(&mut self) {
        let Some(claimed) = self.claims.choose(&mut self.rng) else { return };
        if let What::Hired(hired) = &claimed.what {
            let suspended = hired.as_ref().clone().with_standing(Standing::Suspended);
            self.town.registries.enter_graduate(&suspended);
        }
    }

    /// Somebody pays money in that nobody asked for.
    pub(super) fn pay_in(&mut self) {
        let places: Vec<&str> =
            CITIES.iter().flat_map(|(city, counties)| counties.iter().chain([city])).copied().collect();
        let place = *places.choose(&mut self.rng).unwrap();
        let fen = self.rng.random_range(1..100_000);
        self.town.vault().credit("某某公司", &expenditure(place), Fen::new(fen), "", "多缴").unwrap();
        *self.stray.entry(place.to_owned()).or_default() += fen;
    }

    /// Finance sets right what arrived otherwise than granted.
    pub(super) fn set_arrivals_right(&mut self, percent: u32) {
        for (application, _) in self.town.vault().applications() {
            if self.rng.random_ratio(percent, 100) {
                let id = BatchId::parse(&application.application_id).unwrap();
                self.town.vault().move_rest(id).unwrap();
            }
        }
    }

    /// Payments that wait for people, everywhere.
    pub(super) async fn waiting_payments(&self) -> Vec<PaymentRecord> {
        let mut waiting = Vec::new();
        for state in [PaymentState::Owed, PaymentState::Reviewed] {
            let filter = PaymentFilter {
                within: region("370000"),
                batch_id: None,
                state: Some(state),
                before: None,
                limit: 1_000,
            };
            waiting.extend(self.town.store.payments(&filter).await.unwrap());
        }
        waiting
    }

    /// People decide about payments that wait for them.
    pub(super) async fn review_payments(&mut self, percent: u32) {
        for payment in self.waiting_payments().await {
            let person = self.person();
            if !self.rng.random_ratio(percent, 100) {
                continue;
            }
            let act = if payment.state == PaymentState::Owed { PaymentAct::Pass } else { PaymentAct::Approve };
            let passed_by = payment.reviewed_by.as_ref().map(|it| it.as_str().to_owned());
            let is_same = passed_by.is_some_and(|it| it.ends_with(&format!("/{person}")));
            let done = self.town.review_payment(&payment, person, act).await;
            let id = payment.payment_id;
            match done {
                Ok(_) if act == PaymentAct::Approve && is_same => {
                    self.findings.push(format!("{person} passed and approved payment {id}"));
                }
                Err(refusal) if is_same_person(&refusal) && !is_same => {
                    self.findings
                        .push(format!("{person} may approve payment {id}, and was refused as the same person"));
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Suspects with a paid claim are confirmed, and cases drafted from them.
    pub(super) async fn open_cases(&mut self) {
        let access =
            Access { actor: Actor("lc-hrss/desk".to_owned()), person: None, purpose: "test", at: self.town.now() };
        let suspects = self.town.store.suspects_after(0, Region::MINISTRY, 1_000, &access).await.unwrap();
        for suspect in suspects {
            let person = self.person();
            let Some(first) = suspect.first.as_ref() else { continue };
            let (id, claim) = (suspect.suspect_id, first.claim_id);
            if !self.rng.random_bool(0.5) {
                continue;
            }
            if suspect.state == SuspectState::Open {
                drop(self.town.confirm(id, person).await);
                continue;
            }
            let Some(approved) = self.auditor.facts(claim.0) else { continue };
            let whole = approved.fen;
            let fen = if self.rng.random_bool(0.3) { self.rng.random_range(1..=whole) } else { whole };
            if let Ok(case) = self.town.draft(id, claim, Fen::new(fen), person).await {
                self.cases.push(case.case_id);
            }
        }
    }

    /// Cases go a step further, or are refused one.
    pub(super) async fn advance_cases(&mut self) {
        for id in self.cases.clone() {
            let Some((case, _)) = self.town.store.case(id).await.unwrap() else { continue };
            let person = self.person();
            let draw = self.rng.random_range(0..100);
            let step = match case.state {
                CaseState::Drafted if draw < 10 => CaseStep::Drop,
                CaseState::Drafted => CaseStep::Approve,
                CaseState::Noticed if draw < 50 => CaseStep::RecordReply,
                CaseState::Noticed => CaseStep::NoReply,
                CaseState::Heard => CaseStep::Demand,
                CaseState::Demanded | CaseState::Repaying | CaseState::Referred if draw < 60 => {
                    self.repay(&case, person).await;
                    continue;
                }
                CaseState::Demanded | CaseState::Repaying if draw < 70 => CaseStep::Refer,
                CaseState::Demanded | CaseState::Repaying if draw < 80 => CaseStep::ProposeWaiver,
                CaseState::WaiverProposed => CaseStep::ApproveWaiver,
                CaseState::Demanded
                | CaseState::Repaying
                | CaseState::Referred
                | CaseState::Settled
                | CaseState::Waived
                | CaseState::Dropped => continue,
            };
            let set_off = self.rng.random_bool(0.5);
            let Ok(after) = self.town.step(&case, step, set_off, person).await else { continue };
            match step {
                CaseStep::Demand => self.auditor.demand(id.0, case.claim_id.0, case.money.amount.get(), after.set_off),
                CaseStep::ProposeWaiver => self.auditor.propose_waiver(id.0),
                CaseStep::ApproveWaiver => self.auditor.waive(id.0),
                CaseStep::Approve
                | CaseStep::RecordReply
                | CaseStep::NoReply
                | CaseStep::Repay { .. }
                | CaseStep::Refer
                | CaseStep::Drop => {}
            }
        }
    }

    /// An enterprise repays in one sum or a part of it, and somebody records it.
    async fn repay(&mut self, case: &hufu::store::record::clawback::CaseRecord, person: &'static str) {
        let outstanding = self.auditor.outstanding(case.case_id.0);
        if outstanding <= 0 {
            return;
        }
        let part = self.rng.random_range(1..=outstanding);
        let fen = if self.rng.random_bool(0.5) { outstanding } else { part };
        let account = expenditure(case.region.as_str());
        self.town.vault().credit("某某公司", &account, Fen::new(fen), "", &case.case_number).unwrap();
        let number = self.town.vault().journal().last().unwrap().number;
        match self.town.repay(case.case_id, Fen::new(fen), format!("B{number:010}"), person).await {
            Ok(_) => self.auditor.repay(case.case_id.0, fen),
            Err(refusal) => {
                self.findings
                    .push(format!("{fen} fen came in for case {}, and were refused: {refusal}", case.case_number));
            }
        }
    }

    /// Takes a city as far as it goes, and has the auditor look.
    pub(super) async fn run(&mut self, city: &str) {
        let report = self.town.run(city).await;
        let steps: Vec<&str> = report.steps.iter().map(|it| it.en.as_str()).collect();
        self.said.push(format!("a run of {city} said: {}", steps.join("; ")));
        let names = Names::read(&self.town).await;
        self.auditor.look(&names);
    }
}
