//! Compares what the bank's own journal says with what was to be paid and with what the node shows. It shares no code with the
//! workflows: what is owed is counted from claims and graduates, what was paid from the bank's bookings.

use std::collections::BTreeMap;

use hufu::cli::demo_money;
use hufu::domain::identity::{BankAccount, Region};
use hufu::proto::claims::v1::ClaimState;
use hufu::proto::ledger::v1 as ledger;
use hufu::proto::pooling::v1::{BatchState, PaymentState};
use hufu::sandbox::vault::{Booking, BookingKind, Place};

use super::office::CITY;
use super::town::{FEN_A_GRADUATE, Town, account_of};

/// Everything that must not be, in words, once all is paid. Empty when nothing was lost and nothing paid twice.
pub(super) async fn violations(town: &Town) -> Vec<String> {
    let mut found = against_the_bank(town).await;
    found.extend(unpaid(town).await);
    found
}

/// What must hold at any time that nobody pays, however far the city is.
pub(super) async fn against_the_bank(town: &Town) -> Vec<String> {
    let vault = town.bureaus.vault();
    let journal = vault.journal();
    let mut found = booked_twice(&journal);
    if vault.total() != vault.came_in() {
        found.push(format!("the bank has {} and got {}", vault.total(), vault.came_in()));
    }
    let trial = ledger::GetTrialBalanceRequest::default();
    let trial = town.office.ledger.clone().get_trial_balance(trial).await.unwrap().into_inner();
    if trial.debit_fen != trial.credit_fen {
        found.push(format!("debits {} are not credits {}", trial.debit_fen, trial.credit_fen));
    }
    let check = ledger::CheckLedgerRequest::default();
    let check = town.office.ledger.clone().check_ledger(check).await.unwrap().into_inner();
    found.extend(check.differences.into_iter().map(|it| format!("{}: {}", it.code, it.message_en)));
    found.extend(unlike_in_accounts(town).await);
    found
}

/// What is owed and not paid, or paid and not owed.
async fn unpaid(town: &Town) -> Vec<String> {
    let claims = town.office.list(ClaimState::Unspecified).await.unwrap();
    let states: BTreeMap<&str, ClaimState> = claims.iter().map(|it| (it.claim_id.as_str(), it.state())).collect();
    let mut owed: BTreeMap<BankAccount, i64> = BTreeMap::new();
    let mut unpaid: BTreeMap<&str, usize> = BTreeMap::new();
    for (claim, enterprise) in &town.dues {
        *owed.entry(account_of(enterprise)).or_default() += FEN_A_GRADUATE;
        let state = states.get(claim.as_str()).map_or("lost", ClaimState::as_str_name);
        *unpaid.entry(state).or_default() += 1;
    }
    unpaid.remove(ClaimState::Paid.as_str_name());
    let mut found: Vec<String> =
        unpaid.into_iter().map(|(state, count)| format!("{count} claims are {state}")).collect();
    found.extend(unlike("enterprise", &owed, &paid(town)));
    let batches = town.office.batches().await.unwrap();
    let open = batches.iter().filter(|it| !matches!(it.state(), BatchState::Closed | BatchState::Refused));
    found.extend(
        open.map(|it| format!("batch {} is {}, stopped for '{}'", it.batch_id, it.state().as_str_name(), it.stopped)),
    );
    let payments = town.office.payments().await.unwrap();
    let open = payments.iter().filter(|it| it.state() != PaymentState::Paid);
    found.extend(open.map(|it| format!("payment {} is {}", it.payment_id, it.state().as_str_name())));
    found
}

/// What reached accounts that are not the agencies' own.
fn paid(town: &Town) -> BTreeMap<BankAccount, i64> {
    let own: Vec<BankAccount> = demo_money::agency_accounts().into_iter().map(|(account, _)| account).collect();
    let mut paid: BTreeMap<BankAccount, i64> = BTreeMap::new();
    for booking in town.bureaus.vault().journal() {
        if let (BookingKind::Payment, Place::Account(to)) = (booking.kind, booking.to)
            && !own.contains(&to)
        {
            *paid.entry(to).or_default() += booking.amount.get();
        }
    }
    paid
}

/// An instruction is booked once. Accepted twice, it would be.
fn booked_twice(journal: &[Booking]) -> Vec<String> {
    let mut bookings: BTreeMap<&str, usize> = BTreeMap::new();
    for booking in journal.iter().filter(|it| it.kind == BookingKind::Payment) {
        *bookings.entry(&booking.end_to_end_id).or_default() += 1;
    }
    let twice = bookings.into_iter().filter(|(_, count)| *count > 1);
    twice.map(|(id, count)| format!("instruction {id} was booked {count} times")).collect()
}

/// The ledger's expenditure accounts and the fund, against the bank's.
async fn unlike_in_accounts(town: &Town) -> Vec<String> {
    let vault = town.bureaus.vault();
    let mut ledger = town.office.accounts("municipal").await.unwrap();
    ledger.extend(town.office.accounts("county").await.unwrap());
    let mut bank: BTreeMap<String, i64> = BTreeMap::new();
    let city = &demo_money::cities()[&Region::parse(CITY).unwrap()];
    for (region, place) in &city.place {
        bank.insert(region.to_string(), vault.balance(&place.account).get());
        ledger.entry(region.to_string()).or_default();
    }
    let mut found = unlike("expenditure account", &bank, &ledger);
    let funded = vault.journal().into_iter().filter(|it| it.kind == BookingKind::Funding);
    let funded = funded.map(|it| if it.from == Place::Outside { it.amount.get() } else { -it.amount.get() });
    let drawn = funded.sum::<i64>() - vault.balance(&city.fund.account).get();
    let said: i64 = town.office.accounts("fund").await.unwrap().values().sum();
    let unassigned: i64 = town.office.accounts("unassigned").await.unwrap().values().sum();
    if drawn != -said - unassigned {
        found.push(format!("the bank drew {drawn} from the fund, the ledger {}", -said - unassigned));
    }
    found
}

fn unlike<K: Ord + std::fmt::Debug>(what: &str, expected: &BTreeMap<K, i64>, found: &BTreeMap<K, i64>) -> Vec<String> {
    let keys = expected.keys().chain(found.keys().filter(|key| !expected.contains_key(key)));
    let differ = keys.filter(|key| expected.get(key) != found.get(key));
    differ.map(|key| format!("{what} {key:?}: {:?} expected, {:?} found", expected.get(key), found.get(key))).collect()
}
