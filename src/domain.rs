//! The notice as code. Pure: no I/O, no clock, no async, no randomness.

pub mod calendar;
pub mod identity;
pub mod money;

pub mod caller;
pub mod operator;
pub mod policy;
pub mod rights;
pub mod written;

pub mod claim;
pub mod slot;

pub mod eligibility;

pub mod suspect;

pub mod matching;

pub mod approval;
pub mod payment;
pub mod pooling;
pub mod statement;

pub mod ledger;

pub mod clawback;
