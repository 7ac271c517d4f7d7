//! What the bank and finance remember, as it is written to the journal: nothing that is here is ever changed.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::domain::payment::{Cause, InstructionId};

/// Where money is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    Account(BankAccount),
    /// With the bank: left the payer, and did not reach the payee.
    Transit,
    /// With everybody else. What is there is what came in, below zero.
    Outside,
}

/// What a booking is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BookingKind {
    /// By an instruction.
    Payment,
    /// What was paid comes back.
    Return,
    /// By finance.
    Funding,
    /// By somebody outside.
    Outside,
}

/// Money that moved from one place to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// From 1, without gaps.
    pub number: u64,
    pub at: Timestamp,
    pub kind: BookingKind,
    pub from: Place,
    pub to: Place,
    /// Above 0.
    pub amount: Fen,
    /// The payer's id; empty where there is none.
    pub end_to_end_id: String,
    /// Why it came back.
    pub cause: Option<Cause>,
    /// Who paid, where it came from outside.
    pub payer_name: String,
    pub remittance: String,
}

/// What an instruction says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub id: InstructionId,
    pub payer: BankAccount,
    pub payee: BankAccount,
    pub payee_name: String,
    pub amount: Fen,
    pub purpose: String,
}

/// Where an instruction stands at the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Not taken, for good.
    Refused,
    /// Taken; booked when time passes.
    Held,
    /// Nothing more will be booked.
    Settled,
    /// Booked; comes back when time passes, which nobody knows yet.
    ReturnDue,
    Returned,
    /// Taken, and never booked.
    Failed,
}

/// What finance decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// By line of the application; `None` where it was refused.
    pub granted: Option<Vec<Fen>>,
    pub document_number: String,
    pub reason: String,
    pub decided_on: Date,
}

/// One thing that happened. A line of the journal holds those that happened together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Entry {
    Opened {
        account: BankAccount,
        name: String,
    },
    Closed {
        account: BankAccount,
    },
    /// An instruction was taken, or refused, and stands so.
    Instructed {
        terms: Terms,
        stage: Stage,
        cause: Option<Cause>,
        at: Timestamp,
    },
    /// It stands otherwise.
    Became {
        id: InstructionId,
        stage: Stage,
        cause: Option<Cause>,
        at: Timestamp,
    },
    Booked(Booking),
    /// The next statement of an account covers its lines up to here.
    Issued {
        account: BankAccount,
        until: usize,
        at: Timestamp,
    },
    /// An application was taken; its message, in Base64.
    Applied {
        id: String,
        content: String,
        at: Timestamp,
    },
    Decided {
        id: String,
        decision: Decision,
    },
}
