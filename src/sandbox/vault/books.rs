//! The bank's memory, as the sum of all entries: balances, instructions, statements, notices, and finance's applications.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use prost::Message;

use super::entry::{Booking, BookingKind, Decision, Entry, Place, Stage, Terms};
use crate::domain::identity::{BankAccount, EnterpriseName};
use crate::domain::money::Fen;
use crate::domain::payment::{Cause, InstructionId};
use crate::proto::finance::v1 as finance;
use crate::sandbox::faults::BankMode;

/// An instruction, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    pub terms: Terms,
    pub stage: Stage,
    pub cause: Option<Cause>,
    /// Booked from the payer in all.
    pub settled: Fen,
    /// Of that came back.
    pub returned: Fen,
    pub booked_at: Option<Timestamp>,
    /// The bank's own reference.
    pub reference: String,
}

/// An account.
#[derive(Default)]
pub(super) struct Held {
    /// Whose it is; empty where nobody has said.
    pub(super) name: String,
    pub(super) is_closed: bool,
    pub(super) balance: Fen,
    /// Its bookings, as places in the journal.
    pub(super) lines: Vec<usize>,
    /// Up to which line each statement goes, and when it was issued.
    pub(super) issued: Vec<(usize, Timestamp)>,
}

/// A funding application that finance has.
pub(super) struct Application {
    pub(super) content: finance::FundingApplication,
    /// In the order of receipt, from 1.
    pub(super) number: usize,
    pub(super) received_at: Timestamp,
    pub(super) decision: Option<Decision>,
}

#[derive(Default)]
pub(super) struct Books {
    /// Accounts that the tax department knows, and whose they are.
    pub(super) registered: HashMap<BankAccount, String>,
    pub(super) accounts: BTreeMap<BankAccount, Held>,
    pub(super) transit: Fen,
    /// Below zero: what came in.
    pub(super) outside: Fen,
    pub(super) journal: Vec<Booking>,
    pub(super) instructions: BTreeMap<InstructionId, Instruction>,
    pub(super) notices: Vec<(InstructionId, Timestamp)>,
    pub(super) applications: BTreeMap<String, Application>,
    /// Instructions that a timeout has struck; it strikes each once.
    pub(super) struck: BTreeSet<(InstructionId, BankMode)>,
}

impl Books {
    pub(super) fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Opened { account, name } => self.held(account).name.clone_from(name),
            Entry::Closed { account } => self.held(account).is_closed = true,
            Entry::Instructed { terms, stage, cause, at } => self.instruct(terms, *stage, *cause, *at),
            Entry::Became { id, stage, cause, at } => {
                if let Some(it) = self.instructions.get_mut(id) {
                    (it.stage, it.cause) = (*stage, *cause);
                }
                self.notices.push((*id, *at));
            }
            Entry::Booked(booking) => self.book(booking),
            Entry::Issued { account, until, at } => self.held(account).issued.push((*until, *at)),
            Entry::Applied { id, content, at } => self.applied(id, content, *at),
            Entry::Decided { id, decision } => {
                if let Some(it) = self.applications.get_mut(id) {
                    it.decision = Some(decision.clone());
                }
            }
        }
    }

    /// The account, opened without money where there was none.
    pub(super) fn held(&mut self, account: &BankAccount) -> &mut Held {
        let registered = &self.registered;
        self.accounts
            .entry(account.clone())
            .or_insert_with(|| Held { name: registered.get(account).cloned().unwrap_or_default(), ..Held::default() })
    }

    pub(super) fn balance(&self, account: &BankAccount) -> Fen {
        self.accounts.get(account).map_or(Fen::ZERO, |it| it.balance)
    }

    /// Why nothing can be paid to an account under a name.
    pub(super) fn unpayable(&self, account: &BankAccount, name: &str) -> Option<Cause> {
        let opened = self.accounts.get(account);
        if opened.is_some_and(|it| it.is_closed) {
            return Some(Cause::AccountClosed);
        }
        let Some(owner) = opened.map(|it| &it.name).or_else(|| self.registered.get(account)) else {
            return Some(Cause::WrongNumber);
        };
        // Brackets and spaces are typed in many ways; a bank looks at what is meant.
        let meant =
            |text: &str| EnterpriseName::parse(text).map_or_else(|_| text.to_owned(), |it| it.as_str().to_owned());
        (!owner.is_empty() && meant(owner) != meant(name)).then_some(Cause::NameMismatch)
    }

    /// What finance moved for an application.
    pub(super) fn arrivals(&self, application: &str) -> impl Iterator<Item = &Booking> {
        self.journal.iter().filter(move |it| it.kind == BookingKind::Funding && it.end_to_end_id == application)
    }

    fn instruct(&mut self, terms: &Terms, stage: Stage, cause: Option<Cause>, at: Timestamp) {
        let reference = format!("I{:010}", self.instructions.len().saturating_add(1));
        let (settled, returned, booked_at) = (Fen::ZERO, Fen::ZERO, None);
        let instruction = Instruction { terms: terms.clone(), stage, cause, settled, returned, booked_at, reference };
        self.instructions.insert(terms.id, instruction);
        if stage == Stage::Refused {
            self.notices.push((terms.id, at));
        }
    }

    fn book(&mut self, booking: &Booking) {
        let place = self.journal.len();
        for (at, amount) in [(&booking.from, negative(booking.amount)), (&booking.to, booking.amount)] {
            match at {
                Place::Account(account) => {
                    let held = self.held(account);
                    held.balance = sum(held.balance, amount);
                    held.lines.push(place);
                }
                Place::Transit => self.transit = sum(self.transit, amount),
                Place::Outside => self.outside = sum(self.outside, amount),
            }
        }
        let instruction = InstructionId::parse(&booking.end_to_end_id).and_then(|id| self.instructions.get_mut(&id));
        if let Some(it) = instruction {
            match booking.kind {
                BookingKind::Payment => it.settled = sum(it.settled, booking.amount),
                BookingKind::Return => it.returned = sum(it.returned, booking.amount),
                BookingKind::Funding | BookingKind::Outside => {}
            }
            it.booked_at = Some(booking.at);
        }
        self.journal.push(booking.clone());
    }

    fn applied(&mut self, id: &str, content: &str, at: Timestamp) {
        let bytes = data_encoding::BASE64.decode(content.as_bytes()).unwrap_or_default();
        let content = finance::FundingApplication::decode(bytes.as_slice()).unwrap_or_default();
        let number = self.applications.len().saturating_add(1);
        self.applications.insert(id.to_owned(), Application { content, number, received_at: at, decision: None });
    }
}

pub(super) fn sum(one: Fen, other: Fen) -> Fen {
    Fen::new(one.get().saturating_add(other.get()))
}

pub(super) fn negative(amount: Fen) -> Fen {
    Fen::new(amount.get().saturating_neg())
}
