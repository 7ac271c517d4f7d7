//! What goes wrong around the node: drawn from the seed, switched while it runs, and over when the sky clears.

use std::collections::BTreeMap;

use hufu::domain::eligibility::evidence::Owner;
use hufu::domain::identity::BankAccount;
use hufu::domain::money::Fen;
use hufu::sandbox::vault::BookingKind;
use hufu::sandbox::{BankMode, BankRule, Fault, FinanceMode, Share, Switching, Upstream, Vault};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::auditor::{Application, Instruction, Memory};
use super::town::Town;
use crate::support::registries::Fault as RegistryFault;

/// What the bank does with instructions.
const PAYING: [BankMode; 10] = [
    BankMode::Refuse,
    BankMode::TimeoutBefore,
    BankMode::TimeoutAfter,
    BankMode::AcceptThenFail,
    BankMode::ReturnClosed,
    BankMode::ReturnName,
    BankMode::ReturnNumber,
    BankMode::LateReturn,
    BankMode::PartPayment,
    BankMode::Hold,
];
/// What it does with statements.
const STATING: [BankMode; 3] =
    [BankMode::StatementMissingLine, BankMode::StatementRepeated, BankMode::StatementWrongTotal];

fn share(rng: &mut ChaCha8Rng) -> Share {
    Share::permille(rng.random_range(1..=900)).unwrap()
}

impl Town {
    /// Draws what goes wrong from now on. Rules name accounts: a share would be drawn from ids, which no seed makes.
    pub(super) fn draw_weather(&self, rng: &mut ChaCha8Rng, payees: &[BankAccount], places: &[BankAccount]) {
        let mut rules: Vec<BankRule> = Vec::new();
        for payee in payees.iter().chain(places) {
            if rng.random_bool(0.2) {
                rules.push(PAYING.choose(rng).unwrap().for_account(payee.clone()));
            }
        }
        for place in places {
            if rng.random_bool(0.15) {
                rules.push(STATING.choose(rng).unwrap().for_account(place.clone()));
            }
        }
        if rng.random_bool(0.3) {
            rules.push(BankMode::DuplicateNotice.for_all());
        }
        let mut modes = Vec::new();
        if rng.random_bool(0.6) {
            let share = share(rng);
            let all = [
                FinanceMode::Pending,
                FinanceMode::Part(share),
                FinanceMode::Refuse,
                FinanceMode::TimeoutBefore,
                FinanceMode::TimeoutAfter,
                FinanceMode::Less(share),
                FinanceMode::More(share),
                FinanceMode::Twice,
            ];
            let count = if rng.random_bool(0.3) { 2 } else { 1 };
            modes.extend(all.choose_multiple(rng, count).copied());
        }
        let faults = &self.bureaus.faults;
        faults.set_bank(rules);
        faults.set_finance(modes);
        for upstream in [Upstream::Bank, Upstream::Finance] {
            let fault = match rng.random_range(0..100) {
                0..10 => Fault::Down,
                10..15 => Fault::Refusing,
                15..20 if upstream == Upstream::Bank => Fault::Partial(share(rng)),
                _ => Fault::Healthy,
            };
            faults.set(upstream, fault);
        }
        for owner in Owner::UPSTREAMS {
            if rng.random_bool(0.05) {
                self.registries.disturb(owner, RegistryFault::Down);
            } else {
                self.registries.mend(owner);
            }
        }
    }

    /// The sky clears: everybody does as they should.
    pub(super) fn clear_sky(&self) {
        self.bureaus.faults.replace(Vec::<Switching>::new());
        Owner::UPSTREAMS.into_iter().for_each(|owner| self.registries.mend(owner));
    }
}

/// What bank and finance remember, in the auditor's own words.
pub(super) fn memory_of(vault: &Vault) -> Memory {
    let mut memory = Memory::default();
    for (content, decision) in vault.applications() {
        let id = Uuid::try_parse(&content.application_id).unwrap();
        let line = |it: &hufu::proto::finance::v1::FundingLine| (it.region.clone(), it.subsidy.clone(), it.amount_fen);
        let granted = decision.as_ref().and_then(|it| it.granted.as_ref());
        memory.applications.insert(
            id,
            Application {
                lines: content.lines.iter().map(line).collect(),
                granted: granted.map(|it| it.iter().map(|fen| fen.get()).collect()),
                is_refused: decision.as_ref().is_some_and(|it| it.granted.is_none()),
                arrived: 0,
            },
        );
    }
    for booking in vault.journal().iter().filter(|it| it.kind == BookingKind::Funding) {
        let id = Uuid::try_parse(&booking.end_to_end_id).unwrap();
        let came_in = booking.from == hufu::sandbox::vault::Place::Outside;
        let fen = if came_in { booking.amount.get() } else { -booking.amount.get() };
        memory.applications.get_mut(&id).unwrap().arrived += fen;
    }
    for it in vault.instructions() {
        let instruction = Instruction {
            payer: it.terms.payer.as_str().to_owned(),
            payee: it.terms.payee.as_str().to_owned(),
            fen: it.terms.amount.get(),
            settled: it.settled.get(),
            returned: it.returned.get(),
            is_held: it.stage == hufu::sandbox::vault::Stage::Held,
        };
        memory.instructions.insert(it.terms.id.0, instruction);
    }
    memory
}

/// What cannot be right about the bank's own books, whatever the node says: nobody is paid twice, and no fen is made or lost.
pub(super) fn check_journal(vault: &Vault) -> Vec<String> {
    let mut findings = Vec::new();
    if vault.total() != vault.came_in() {
        findings.push(format!("the bank has {} and got {}", vault.total(), vault.came_in()));
    }
    let mut bookings: BTreeMap<String, Vec<Fen>> = BTreeMap::new();
    for booking in vault.journal().into_iter().filter(|it| it.kind == BookingKind::Payment) {
        bookings.entry(booking.end_to_end_id).or_default().push(booking.amount);
    }
    let twice = bookings.into_iter().filter(|(_, amounts)| amounts.len() > 1);
    findings.extend(twice.map(|(id, amounts)| format!("instruction {id} was booked {} times", amounts.len())));
    findings
}
