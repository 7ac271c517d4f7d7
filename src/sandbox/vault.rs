//! The vault: what the bank remembers, and finance with it. Every effect is a booking, appended and never changed, and on disk before
//! anybody is told of it where a journal file is kept.

mod books;
mod entry;
mod funding;
mod journal;
mod paying;
mod statements;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::clock::Clock;
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::payment::InstructionId;
use crate::domain::pooling::BatchId;
use crate::proto::finance::v1 as pb;
use crate::sandbox::faults::FaultSwitch;
use crate::sandbox::population::World;
use books::{Books, negative, sum};
use entry::Entry;
use journal::Journal;

pub use books::Instruction;
pub use entry::{Booking, BookingKind, Decision, Place, Stage, Terms};
pub(super) use funding::Submitted;
pub(super) use paying::Answer;
pub(super) use statements::Issued;

/// Why the vault does nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error("the sandbox was shut down")]
    Closed,
    #[error("the journal cannot be written")]
    Journal,
}

/// The memory of bank and finance. Clones share it.
#[derive(Clone)]
pub struct Vault {
    memory: Arc<Mutex<Memory>>,
    switch: FaultSwitch,
    clock: Clock,
    seed: u64,
}

struct Memory {
    books: Books,
    journal: Option<Journal>,
    /// Why there is no more of it.
    ended: Option<VaultError>,
}

/// What happens together: applied as it goes, and written as one line.
struct Posting<'a> {
    books: &'a mut Books,
    entries: Vec<Entry>,
    now: Timestamp,
    seed: u64,
}

impl Vault {
    /// A vault in which the world's enterprises have accounts, with what a journal holds.
    pub(super) fn start(world: &World, journal: Option<&Path>, switch: FaultSwitch, clock: Clock) -> io::Result<Self> {
        let accounts = world.enterprises.iter().flat_map(|it| {
            let both = it.corporate.iter().chain(&it.contribution);
            both.map(|account| (account.number.clone(), it.name.as_str().to_owned()))
        });
        let mut books = Books { registered: accounts.collect(), ..Books::default() };
        let journal = match journal.map(Journal::open).transpose()? {
            None => None,
            Some((journal, entries)) => {
                entries.iter().for_each(|entry| books.apply(entry));
                Some(journal)
            }
        };
        let memory = Memory { books, journal, ended: None };
        Ok(Self { memory: Arc::new(Mutex::new(memory)), switch, clock, seed: world.seed.0 })
    }

    /// The bookings in a journal file, e.g. after the sandbox that kept it was killed.
    pub fn read_journal(path: &Path) -> io::Result<Vec<Booking>> {
        let entries = journal::entries(&std::fs::read_to_string(path)?)?;
        let bookings = entries.into_iter().filter_map(|it| if let Entry::Booked(it) = it { Some(it) } else { None });
        Ok(bookings.collect())
    }

    /// Opens an account without money, or names it anew.
    pub fn open(&self, account: &BankAccount, name: &str) -> Result<(), VaultError> {
        self.post(|posting| {
            if posting.books.accounts.get(account).is_none_or(|it| it.name != name) {
                posting.post(Entry::Opened { account: account.clone(), name: name.to_owned() });
            }
        })
    }

    /// Closes an account for good: what is paid to it comes back.
    pub fn close(&self, account: &BankAccount) -> Result<(), VaultError> {
        self.post(|posting| posting.post(Entry::Closed { account: account.clone() }))
    }

    /// Money comes in from somebody outside, e.g. an enterprise that repays; `amount` is above 0.
    pub fn credit(
        &self,
        payer_name: &str,
        to_account: &BankAccount,
        amount: Fen,
        end_to_end_id: &str,
        remittance: &str,
    ) -> Result<(), VaultError> {
        self.post(|posting| {
            let to = Place::Account(to_account.clone());
            let mut booking = posting.booking(BookingKind::Outside, Place::Outside, to, amount);
            booking.payer_name = payer_name.to_owned();
            booking.end_to_end_id = end_to_end_id.to_owned();
            booking.remittance = remittance.to_owned();
            posting.post(Entry::Booked(booking));
        })
    }

    /// What was to happen later happens now: instructions on hold are booked, late returns come back.
    pub fn pass_time(&self) -> Result<(), VaultError> {
        self.post(|posting| posting.pass_time(None))
    }

    /// Finance moves money for a batch, or takes it back below zero; nothing where it has no application.
    pub fn move_money(&self, batch: BatchId, amount: Fen) -> Result<(), VaultError> {
        self.post(|posting| posting.move_money(&batch.0.simple().to_string(), amount))
    }

    /// Finance moves what is still missing of what it granted, or takes back what was too much.
    pub fn move_rest(&self, batch: BatchId) -> Result<(), VaultError> {
        let id = batch.0.simple().to_string();
        self.post(|posting| {
            let decision = posting.books.applications.get(&id).and_then(|it| it.decision.as_ref());
            let granted = decision.into_iter().flat_map(|it| it.granted.iter().flatten()).copied();
            let moved = posting.books.arrivals(&id).map(moved);
            let rest = sum(granted.fold(Fen::ZERO, sum), negative(moved.fold(Fen::ZERO, sum)));
            posting.move_money(&id, rest);
        })
    }

    /// Every booking so far, in order.
    pub fn journal(&self) -> Vec<Booking> {
        self.memory().books.journal.clone()
    }

    /// Every instruction that was taken or refused, by id.
    pub fn instructions(&self) -> Vec<Instruction> {
        self.memory().books.instructions.values().cloned().collect()
    }

    pub fn balance(&self, account: &BankAccount) -> Fen {
        self.memory().books.balance(account)
    }

    /// What instructions brought to an account and did not come back.
    pub fn paid_to(&self, account: &BankAccount) -> Fen {
        let place = Place::Account(account.clone());
        let memory = self.memory();
        let paid = memory.books.journal.iter().filter(|it| it.kind == BookingKind::Payment && it.to == place);
        paid.map(|it| it.amount).fold(Fen::ZERO, sum)
    }

    /// All money here: of all accounts, and what is on the way.
    pub fn total(&self) -> Fen {
        let memory = self.memory();
        memory.books.accounts.values().map(|it| it.balance).fold(memory.books.transit, sum)
    }

    /// What came in from outside, less what finance took back: equal to the total, or money was made or lost.
    pub fn came_in(&self) -> Fen {
        negative(self.memory().books.outside)
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn send(&self, instructions: Vec<Terms>) -> Result<Vec<(InstructionId, Answer)>, VaultError> {
        let rules = self.switch.bank();
        self.post(|posting| instructions.into_iter().map(|it| (it.id, posting.instruct(it, &rules))).collect())
    }

    pub(super) fn instruction(&self, id: InstructionId) -> Option<Instruction> {
        self.memory().books.instructions.get(&id).cloned()
    }

    pub(super) fn statement(&self, account: &BankAccount, number: usize) -> Result<Option<Issued>, VaultError> {
        self.post(|posting| posting.statement(account, number))
    }

    /// Notices after so many.
    pub(super) fn notices(&self, after: usize, at_most: usize) -> Vec<(InstructionId, Timestamp)> {
        self.memory().books.notices.iter().skip(after).take(at_most).copied().collect()
    }

    pub(super) fn apply(&self, application: &pb::FundingApplication) -> Result<Submitted, VaultError> {
        let modes = self.switch.finance();
        self.post(|posting| posting.apply(application, &modes))
    }

    /// An application with its decision, if there is one; decides now where it was held up until now.
    pub(super) fn decision(&self, id: &str) -> Result<Option<(pb::FundingApplication, Option<Decision>)>, VaultError> {
        let modes = self.switch.finance();
        self.post(|posting| {
            posting.decide(id, &modes);
            posting.books.applications.get(id).map(|it| (it.content.clone(), it.decision.clone()))
        })
    }

    /// Every application that finance has, with its decision where there is one.
    pub fn applications(&self) -> Vec<(pb::FundingApplication, Option<Decision>)> {
        let memory = self.memory();
        memory.books.applications.values().map(|it| (it.content.clone(), it.decision.clone())).collect()
    }

    /// What finance moved for an application, each below zero where it was taken back; `None` where it has none.
    pub(super) fn arrivals(&self, id: &str) -> Option<Vec<(Booking, Fen)>> {
        let memory = self.memory();
        memory.books.applications.get(id)?;
        Some(memory.books.arrivals(id).map(|it| (it.clone(), moved(it))).collect())
    }

    /// Ends the memory, and lets go of its journal.
    pub(super) fn end(&self) {
        let mut memory = self.memory();
        memory.journal = None;
        memory.ended.get_or_insert(VaultError::Closed);
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does things that happen together. After an error nothing more is done: what was not written may not be told.
    fn post<T>(&self, does: impl FnOnce(&mut Posting<'_>) -> T) -> Result<T, VaultError> {
        let mut memory = self.memory();
        let Memory { books, journal, ended } = &mut *memory;
        if let Some(error) = ended {
            return Err(*error);
        }
        let mut posting = Posting { books, entries: Vec::new(), now: self.clock.now(), seed: self.seed };
        let done = does(&mut posting);
        let entries = posting.entries;
        if let Some(journal) = journal.as_mut().filter(|_| !entries.is_empty())
            && let Err(error) = journal.write(&entries)
        {
            tracing::error!(%error, "the bank's journal cannot be written");
            *ended = Some(VaultError::Journal);
            return Err(VaultError::Journal);
        }
        Ok(done)
    }
}

impl Posting<'_> {
    fn post(&mut self, entry: Entry) {
        self.books.apply(&entry);
        self.entries.push(entry);
    }

    /// A booking with its number and the moment, and nothing else said.
    fn booking(&self, kind: BookingKind, from: Place, to: Place, amount: Fen) -> Booking {
        let number = u64::try_from(self.books.journal.len()).unwrap_or(u64::MAX).saturating_add(1);
        let (end_to_end_id, payer_name, remittance) = (String::new(), String::new(), String::new());
        Booking { number, at: self.now, kind, from, to, amount, end_to_end_id, cause: None, payer_name, remittance }
    }
}

fn moved(booking: &Booking) -> Fen {
    if booking.from == Place::Outside { booking.amount } else { negative(booking.amount) }
}

fn instant(instant: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() }
}
