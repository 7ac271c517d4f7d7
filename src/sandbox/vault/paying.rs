//! Instructions: taken or not, booked at once or later, and what comes back.

use super::Posting;
use super::books::Instruction;
use super::entry::{BookingKind, Entry, Place, Stage, Terms};
use crate::domain::money::Fen;
use crate::domain::payment::Cause;
use crate::sandbox::faults::{BankMode, BankRule};

/// What the bank answers to one instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Answer {
    Accepted {
        reference: String,
    },
    Refused(Cause),
    /// Nothing, whether it was taken or not.
    Silence,
}

impl Posting<'_> {
    /// Takes an instruction: once.
    pub(super) fn instruct(&mut self, terms: Terms, rules: &[BankRule]) -> Answer {
        if let Some(known) = self.books.instructions.get(&terms.id) {
            return if known.terms == terms { answer(known) } else { Answer::Refused(Cause::InstructionIdReused) };
        }
        let seed = self.seed;
        let is_hit = |mode| rules.iter().any(|it| it.mode == mode && it.is_for(seed, terms.id, &terms.payee));
        if is_hit(BankMode::TimeoutBefore) && self.books.struck.insert((terms.id, BankMode::TimeoutBefore)) {
            return Answer::Silence;
        }
        let is_silent = is_hit(BankMode::TimeoutAfter) && self.books.struck.insert((terms.id, BankMode::TimeoutAfter));
        let refusal = if is_hit(BankMode::Refuse) { Some(Cause::Other) } else { self.refusal(&terms) };
        match refusal {
            Some(cause) => self.post_instruction(&terms, Stage::Refused, Some(cause)),
            None => self.book(&terms, rules),
        }
        match self.books.instructions.get(&terms.id) {
            Some(known) if !is_silent => answer(known),
            Some(_) | None => Answer::Silence,
        }
    }

    /// What was to happen later happens now; for one account's instructions, or for all.
    pub(super) fn pass_time(&mut self, payer: Option<&crate::domain::identity::BankAccount>) {
        let is_due = |it: &&Instruction| {
            matches!(it.stage, Stage::Held | Stage::ReturnDue) && payer.is_none_or(|payer| it.terms.payer == *payer)
        };
        let due: Vec<Instruction> = self.books.instructions.values().filter(is_due).cloned().collect();
        for Instruction { terms, stage, settled, .. } in due {
            if stage == Stage::ReturnDue {
                self.bring_back(&terms, settled, Cause::AccountClosed);
            } else if self.books.balance(&terms.payer) < terms.amount {
                self.became(&terms, Stage::Failed, Some(Cause::InsufficientFunds));
            } else {
                self.pay(&terms);
            }
        }
    }

    fn refusal(&self, terms: &Terms) -> Option<Cause> {
        if terms.payer == terms.payee {
            Some(Cause::WrongNumber)
        } else if self.books.accounts.get(&terms.payer).is_some_and(|it| it.is_closed) {
            Some(Cause::AccountClosed)
        } else if self.books.balance(&terms.payer) < terms.amount {
            Some(Cause::InsufficientFunds)
        } else {
            None
        }
    }

    fn book(&mut self, terms: &Terms, rules: &[BankRule]) {
        let seed = self.seed;
        let decides = |it: &&BankRule| match it.mode {
            BankMode::AcceptThenFail
            | BankMode::ReturnClosed
            | BankMode::ReturnName
            | BankMode::ReturnNumber
            | BankMode::LateReturn
            | BankMode::PartPayment
            | BankMode::Hold => it.is_for(seed, terms.id, &terms.payee),
            BankMode::Refuse
            | BankMode::TimeoutBefore
            | BankMode::TimeoutAfter
            | BankMode::DuplicateNotice
            | BankMode::StatementMissingLine
            | BankMode::StatementRepeated
            | BankMode::StatementWrongTotal => false,
        };
        self.post_instruction(terms, Stage::Held, None);
        match rules.iter().find(decides).map(|it| it.mode) {
            Some(BankMode::AcceptThenFail) => self.became(terms, Stage::Failed, Some(Cause::AccountBlocked)),
            Some(BankMode::ReturnClosed) => self.pay_and_return(terms, Cause::AccountClosed),
            Some(BankMode::ReturnName) => self.pay_and_return(terms, Cause::NameMismatch),
            Some(BankMode::ReturnNumber) => self.pay_and_return(terms, Cause::WrongNumber),
            Some(BankMode::LateReturn) => {
                self.debit(terms, Place::Transit, terms.amount);
                self.became(terms, Stage::ReturnDue, None);
            }
            Some(BankMode::PartPayment) => {
                // One fen has no half.
                let half = Fen::new((terms.amount.get() / 2).max(1));
                self.debit(terms, Place::Account(terms.payee.clone()), half);
                self.became(terms, Stage::Settled, None);
            }
            Some(BankMode::Hold) => {}
            Some(_) | None => self.pay(terms),
        }
    }

    /// Pays whoever is named, or brings the money back at once.
    fn pay(&mut self, terms: &Terms) {
        match self.books.unpayable(&terms.payee, &terms.payee_name) {
            Some(cause) => self.pay_and_return(terms, cause),
            None => {
                self.debit(terms, Place::Account(terms.payee.clone()), terms.amount);
                self.became(terms, Stage::Settled, None);
            }
        }
    }

    fn pay_and_return(&mut self, terms: &Terms, cause: Cause) {
        self.debit(terms, Place::Transit, terms.amount);
        self.bring_back(terms, terms.amount, cause);
    }

    fn bring_back(&mut self, terms: &Terms, amount: Fen, cause: Cause) {
        let mut booking =
            self.booking(BookingKind::Return, Place::Transit, Place::Account(terms.payer.clone()), amount);
        booking.end_to_end_id = terms.id.to_string();
        booking.cause = Some(cause);
        self.post(Entry::Booked(booking));
        self.became(terms, Stage::Returned, Some(cause));
    }

    fn debit(&mut self, terms: &Terms, to: Place, amount: Fen) {
        let mut booking = self.booking(BookingKind::Payment, Place::Account(terms.payer.clone()), to, amount);
        booking.end_to_end_id = terms.id.to_string();
        booking.remittance.clone_from(&terms.purpose);
        self.post(Entry::Booked(booking));
    }

    fn post_instruction(&mut self, terms: &Terms, stage: Stage, cause: Option<Cause>) {
        self.post(Entry::Instructed { terms: terms.clone(), stage, cause, at: self.now });
    }

    fn became(&mut self, terms: &Terms, stage: Stage, cause: Option<Cause>) {
        self.post(Entry::Became { id: terms.id, stage, cause, at: self.now });
    }
}

fn answer(known: &Instruction) -> Answer {
    match known.stage {
        Stage::Refused => Answer::Refused(known.cause.unwrap_or(Cause::Other)),
        Stage::Held | Stage::Settled | Stage::ReturnDue | Stage::Returned | Stage::Failed => {
            Answer::Accepted { reference: known.reference.clone() }
        }
    }
}
