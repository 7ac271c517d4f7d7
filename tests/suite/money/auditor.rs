//! An auditor who shares no code with the gateway. It is told what people intend and what bank and finance remember, takes from the
//! product nothing but names, and says by its own arithmetic what every account must hold and where every claim must stand.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::names::Names;

/// A claim as two people approved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Approved {
    pub(super) place: String,
    pub(super) enterprise: String,
    pub(super) subsidy: &'static str,
    pub(super) fen: i64,
    pub(super) account: String,
    /// The last day, and the place in the order of receipt: who is funded first.
    pub(super) order: (jiff::civil::Date, usize),
}

/// What finance remembers of one application.
#[derive(Clone, Debug, Default)]
pub(super) struct Application {
    /// Place, subsidy and what was asked.
    pub(super) lines: Vec<(String, String, i64)>,
    /// By line; absent while it is pending.
    pub(super) granted: Option<Vec<i64>>,
    pub(super) is_refused: bool,
    /// What finance moved, less what it took back.
    pub(super) arrived: i64,
}

/// What the bank remembers of one instruction.
#[derive(Clone, Debug)]
pub(super) struct Instruction {
    pub(super) payer: String,
    pub(super) payee: String,
    pub(super) fen: i64,
    pub(super) settled: i64,
    pub(super) returned: i64,
    /// Taken, and neither booked nor given up yet.
    pub(super) is_held: bool,
}

/// Bank and finance, by the ids they know.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    pub(super) applications: BTreeMap<Uuid, Application>,
    pub(super) instructions: BTreeMap<Uuid, Instruction>,
}

#[derive(Clone, Debug)]
struct Case {
    claim: Uuid,
    fen: i64,
    repaid: i64,
    kept: i64,
    waived: i64,
    keeps: bool,
}

impl Case {
    fn outstanding(&self) -> i64 {
        self.fen - self.repaid - self.kept - self.waived
    }
}

/// What must be so.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// By batch and account, on the account's own side; none that comes to nothing.
    pub(super) balances: BTreeMap<(Uuid, String), i64>,
    /// Where claims stand that two people approved.
    pub(super) standing: BTreeMap<Uuid, &'static str>,
    /// What cannot be right, whatever the product says.
    pub(super) findings: Vec<String>,
    /// Cash by batch and place that nobody is owed.
    pub(super) idle: BTreeMap<(Uuid, String), i64>,
}

impl Expected {
    fn post(&mut self, batch: Uuid, account: String, fen: i64) {
        *self.balances.entry((batch, account)).or_default() += fen;
    }

    fn cash(&mut self, batch: Uuid, place: &str, fen: i64) {
        let kind = if place.ends_with("00") { "municipal" } else { "county" };
        self.post(batch, format!("{kind}/{place}"), fen);
        *self.idle.entry((batch, place.to_owned())).or_default() += fen;
    }

    fn finding(&mut self, words: String) {
        self.findings.push(words);
    }
}

#[derive(Default)]
pub(super) struct Auditor {
    /// Bank account to place, or to the city whose fund it is.
    places: BTreeMap<String, String>,
    /// Every claim that two people ever approved, as they last did.
    facts: BTreeMap<Uuid, Approved>,
    /// Those of which that still holds.
    approved: BTreeSet<Uuid>,
    filed: BTreeSet<Uuid>,
    /// The accounts that the tax department named, the last one now.
    named: BTreeMap<String, Vec<String>>,
    /// In the order of the demands.
    cases: Vec<(Uuid, Case)>,
    /// Of each payment, what was kept for a clawback when it was made.
    kept: BTreeMap<Uuid, i64>,
}

impl Auditor {
    pub(super) fn new(places: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { places: places.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn names_account(&mut self, enterprise: &str, account: Option<&str>) {
        self.named.entry(enterprise.to_owned()).or_default().push(account.unwrap_or_default().to_owned());
    }

    pub(super) fn approve(&mut self, claim: Uuid, approved: Approved) {
        self.filed.remove(&claim);
        self.approved.insert(claim);
        self.facts.insert(claim, approved);
    }

    pub(super) fn send_back(&mut self, claim: Uuid) {
        self.approved.remove(&claim);
    }

    /// What a place has to file: how many claims, and how much.
    pub(super) fn file(&mut self, place: &str) -> (u64, i64) {
        let unfiled = self.approved.difference(&self.filed).map(|id| (*id, &self.facts[id]));
        let of_place = unfiled.filter(|(_, it)| it.place == place);
        let (ids, amounts): (Vec<Uuid>, Vec<i64>) = of_place.map(|(id, it)| (id, it.fen)).unzip();
        self.filed.extend(&ids);
        (ids.len() as u64, amounts.iter().sum())
    }

    pub(super) fn demand(&mut self, case: Uuid, claim: Uuid, fen: i64, keeps: bool) {
        self.cases.push((case, Case { claim, fen, repaid: 0, kept: 0, waived: 0, keeps }));
    }

    pub(super) fn repay(&mut self, case: Uuid, fen: i64) {
        self.case(case).repaid += fen;
    }

    /// Nothing is kept from payments while a waiver is proposed.
    pub(super) fn propose_waiver(&mut self, case: Uuid) {
        self.case(case).keeps = false;
    }

    pub(super) fn waive(&mut self, case: Uuid) {
        let case = self.case(case);
        case.waived += case.outstanding();
    }

    pub(super) fn outstanding(&self, case: Uuid) -> i64 {
        self.cases.iter().find(|(id, _)| *id == case).map_or(0, |(_, it)| it.outstanding())
    }

    /// What a claim was last approved with.
    pub(super) fn facts(&self, claim: Uuid) -> Option<&Approved> {
        self.facts.get(&claim)
    }

    fn case(&mut self, case: Uuid) -> &mut Case {
        self.cases.iter_mut().find(|(id, _)| *id == case).map(|(_, it)| it).expect("a case that was demanded")
    }

    /// Looks after every run: claims that left the path are no longer approved as they were, and what is kept from a payment is kept
    /// when it is made.
    pub(super) fn look(&mut self, names: &Names) {
        for (id, claim) in &names.claims {
            // A filing of which a claim was left out for want of answers, of money or of finance's consent gives it back.
            if claim.filing.is_none() {
                self.filed.remove(id);
            }
        }
        self.approved.retain(|id| names.claims.contains_key(id));
        for (payment, (_, kind)) in &names.payments {
            if kind != "payout" || self.kept.contains_key(payment) {
                continue;
            }
            let claims: Vec<&Approved> = claims_of(names, *payment).filter_map(|id| self.facts.get(&id)).collect();
            let Some(first) = claims.first() else { continue };
            let now = self.named[&first.enterprise].last().cloned().unwrap_or_default();
            let mut left: i64 = claims.iter().map(|it| it.fen).sum();
            let mut kept = 0;
            // An account that is not the approved one makes it wait, and nothing is kept from what waits.
            if claims.iter().all(|it| it.account == now) {
                for (_, case) in &mut self.cases {
                    let is_of = self.facts.get(&case.claim).is_some_and(|it| it.enterprise == first.enterprise);
                    if is_of && case.keeps {
                        let keep = case.outstanding().min(left);
                        case.kept += keep;
                        (left, kept) = (left - keep, kept + keep);
                    }
                }
            }
            self.kept.insert(*payment, kept);
        }
    }

    /// What must be so when the bank, finance and the node have told each other everything.
    pub(super) fn audit(&self, names: &Names, memory: &Memory) -> Expected {
        let mut expected = Expected::default();
        for (batch, application) in &memory.applications {
            self.fund(*batch, application, names, &mut expected);
        }
        for (id, (payment, attempt)) in &names.instructions {
            match memory.instructions.get(id) {
                Some(instruction) => self.move_money(names, (*payment, *attempt), instruction, memory, &mut expected),
                None => expected.finding(format!("the bank has never had instruction {id}")),
            }
        }
        for id in memory.instructions.keys().filter(|id| !names.instructions.contains_key(id)) {
            expected.finding(format!("nobody made instruction {id} that the bank has"));
        }
        for (_, case) in &self.cases {
            self.claw_back(case, names, &mut expected);
        }
        for (payment, kept) in &self.kept {
            let Some((batch, _)) = names.payments.get(payment) else { continue };
            let Some(claim) = claims_of(names, *payment).find_map(|id| self.facts.get(&id)) else { continue };
            expected.post(*batch, format!("payable/{}", claim.enterprise), -kept);
            expected.post(*batch, format!("receivable/{}", claim.enterprise), -kept);
            *expected.idle.entry((*batch, claim.place.clone())).or_default() += kept;
        }
        self.stand(names, memory, &mut expected);
        expected.balances.retain(|_, fen| *fen != 0);
        expected.idle.retain(|_, fen| *fen != 0);
        expected
    }

    /// Grants and arrivals, and what is owed of them.
    fn fund(&self, batch: Uuid, application: &Application, names: &Names, expected: &mut Expected) {
        let city: String = application.lines[0].0.chars().take(4).chain("00".chars()).collect();
        expected.cash(batch, &city, application.arrived);
        let granted: i64 = application.granted.iter().flatten().sum();
        if !is_funded(application) {
            return expected.post(batch, format!("unassigned/{city}"), application.arrived);
        }
        expected.post(batch, format!("fund/{city}"), granted);
        for ((place, subsidy, asked), granted) in application.lines.iter().zip(application.granted.iter().flatten()) {
            let line =
                |id: &Uuid| self.facts.get(id).is_some_and(|it| it.place == *place && it.subsidy == subsidy.as_str());
            let stayed: Vec<Uuid> =
                names.claims.iter().filter(|(id, it)| it.batch == Some(batch) && line(id)).map(|(id, _)| *id).collect();
            let passed_over: Vec<Uuid> = left_out(names, batch, "not-granted").filter(line).collect();
            let is_whole = left_out(names, batch, "changed").next().is_none();
            let fen = |ids: &[Uuid]| ids.iter().map(|id| self.facts[id].fen).sum::<i64>();
            if is_whole && fen(&stayed) + fen(&passed_over) != *asked {
                let found = fen(&stayed) + fen(&passed_over);
                expected.finding(format!("{batch}: asked {asked} fen for {subsidy} of {place}, claims are {found}"));
            }
            // Whole claims, the earliest due first; the first that no longer fits ends it.
            let mut all: Vec<Uuid> = stayed.iter().chain(&passed_over).copied().collect();
            all.sort_by_key(|id| self.facts[id].order);
            let mut left = *granted;
            let covered: BTreeSet<Uuid> = all
                .into_iter()
                .take_while(|id| {
                    left -= self.facts[id].fen;
                    left >= 0
                })
                .collect();
            if is_whole && covered != stayed.iter().copied().collect() {
                expected.finding(format!(
                    "{batch}: {granted} fen for {subsidy} of {place} cover other claims than are funded"
                ));
            }
            for id in stayed {
                let Approved { enterprise, fen, place, .. } = &self.facts[&id];
                expected.post(batch, format!("expense/{place}"), *fen);
                expected.post(batch, format!("payable/{enterprise}"), *fen);
                *expected.idle.entry((batch, place.clone())).or_default() -= fen;
            }
        }
    }

    /// What one instruction did.
    fn move_money(
        &self,
        names: &Names,
        (payment, attempt): (Uuid, i64),
        instruction: &Instruction,
        memory: &Memory,
        expected: &mut Expected,
    ) {
        let Instruction { payer, payee, fen, settled, returned, is_held } = instruction;
        let (batch, kind) = &names.payments[&payment];
        let (batch, payer, stayed) = (*batch, &self.places[payer], settled - returned);
        let held = if *is_held { fen - settled } else { 0 };
        expected.cash(batch, payer, -stayed - held);
        expected.post(batch, format!("in-transit/{payer}"), held);
        match kind.as_str() {
            "transfer" => {
                let to = self.places.get(payee).cloned().unwrap_or_default();
                expected.cash(batch, &to, stayed);
            }
            "return" => expected.post(batch, format!("fund/{}", self.places[payee]), -stayed),
            _ => {
                let Some(claim) = claims_of(names, payment).find_map(|id| self.facts.get(&id)) else {
                    return expected.finding(format!("payment {payment} is for claims that nobody approved"));
                };
                let enterprise = &claim.enterprise;
                // Instructed again, what came back is payable again.
                let is_last = names.instructions.values().all(|(of, other)| *of != payment || *other <= attempt);
                let back = if is_last { *returned } else { 0 };
                expected.post(batch, format!("payable/{enterprise}"), returned - back - settled);
                expected.post(batch, format!("returned/{enterprise}"), back);
                *expected.idle.entry((batch, claim.place.clone())).or_default() += stayed + held;
                let owed = self.owed(names, payment) - paid(names, memory, payment, attempt);
                if owed != *fen {
                    expected.finding(format!("{enterprise} was owed {owed} fen, and {fen} were instructed"));
                }
                if !self.named[enterprise].contains(payee) {
                    expected.finding(format!("{enterprise} is paid to an account that the tax department never named"));
                }
            }
        }
    }

    fn claw_back(&self, case: &Case, names: &Names, expected: &mut Expected) {
        let (Some(claim), Some(batch)) =
            (self.facts.get(&case.claim), names.claims.get(&case.claim).and_then(|it| it.batch))
        else {
            return expected.finding(format!("claim {} is clawed back and in no batch", case.claim));
        };
        let Approved { enterprise, place, .. } = claim;
        expected.post(batch, format!("expense/{place}"), case.waived - case.fen);
        expected.post(batch, format!("receivable/{enterprise}"), case.fen - case.repaid - case.waived);
        expected.cash(batch, place, case.repaid);
    }

    fn stand(&self, names: &Names, memory: &Memory, expected: &mut Expected) {
        for id in &self.approved {
            let claim = names.claims.get(id).copied().unwrap_or_default();
            let state = match (claim.filing, claim.batch, claim.payment) {
                (_, _, Some(payment)) => {
                    let is_paid = paid(names, memory, payment, i64::MAX) == self.owed(names, payment);
                    if is_paid { "paid" } else { "returned" }
                }
                (_, Some(batch), None) => {
                    let is_funded = memory.applications.get(&batch).is_some_and(is_funded);
                    if is_funded { "funded" } else { "pooled" }
                }
                (Some(_), None, None) => "filed",
                (None, None, None) => "approved",
            };
            expected.standing.insert(*id, state);
        }
    }

    /// What a payment is to bring to an enterprise in all.
    fn owed(&self, names: &Names, payment: Uuid) -> i64 {
        let claims = claims_of(names, payment).filter_map(|id| self.facts.get(&id));
        claims.map(|it| it.fen).sum::<i64>() - self.kept.get(&payment).copied().unwrap_or_default()
    }
}

/// Every fen that was granted is there.
fn is_funded(application: &Application) -> bool {
    application.granted.as_ref().is_some_and(|it| it.iter().sum::<i64>() == application.arrived)
        && !application.is_refused
}

fn claims_of(names: &Names, payment: Uuid) -> impl Iterator<Item = Uuid> {
    names.claims.iter().filter(move |(_, it)| it.payment == Some(payment)).map(|(id, _)| *id)
}

fn left_out<'a>(names: &'a Names, batch: Uuid, why: &'a str) -> impl Iterator<Item = Uuid> + 'a {
    names.left_out.iter().filter(move |it| it.0 == batch && it.2 == why).map(|it| it.1)
}

/// What earlier attempts at a payment brought for good.
fn paid(names: &Names, memory: &Memory, payment: Uuid, before: i64) -> i64 {
    let attempts = names.instructions.iter().filter(|(_, (of, attempt))| *of == payment && *attempt < before);
    attempts.filter_map(|(id, _)| memory.instructions.get(id)).map(|it| it.settled - it.returned).sum()
}
