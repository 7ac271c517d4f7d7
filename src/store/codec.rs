//! Columns to values and back. What cannot be read back is corrupt, and is said to be so without being repeated.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::StoreError;
use crate::domain::calendar::Month;
use crate::domain::claim::{ClaimId, ClaimState, SubsidyKind};
use crate::domain::identity::{Region, Uscc};
use crate::domain::payment::{Cause, Payee, PaymentKind};

/// An instant as the store keeps it: whole milliseconds, so that what is read back equals what was written.
pub(super) fn kept(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

pub(super) fn timestamp(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| StoreError::Corrupt("time"))
}

pub(super) fn date(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt("date"))
}

pub(super) fn uuid(bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|_| StoreError::Corrupt("id"))
}

pub(super) fn claim_id(bytes: &[u8]) -> Result<ClaimId, StoreError> {
    uuid(bytes).map(ClaimId)
}

pub(super) fn state(code: &str) -> Result<ClaimState, StoreError> {
    ClaimState::from_code(code).ok_or(StoreError::Corrupt("state"))
}

pub(super) fn region(code: &str) -> Result<Region, StoreError> {
    Region::parse(code).map_err(|_| StoreError::Corrupt("region"))
}

/// The stable word for a subsidy.
pub(super) fn subsidy_code(subsidy: SubsidyKind) -> &'static str {
    match subsidy {
        SubsidyKind::JobExpansion => "job-expansion",
        SubsidyKind::RetentionTraining => "retention-training",
    }
}

pub(super) fn subsidy(code: &str) -> Result<SubsidyKind, StoreError> {
    [SubsidyKind::JobExpansion, SubsidyKind::RetentionTraining]
        .into_iter()
        .find(|subsidy| subsidy_code(*subsidy) == code)
        .ok_or(StoreError::Corrupt("subsidy"))
}

pub(super) fn month(text: &str) -> Result<Month, StoreError> {
    Month::parse(text).map_err(|_| StoreError::Corrupt("month"))
}

pub(super) fn uscc(text: &str) -> Result<Uscc, StoreError> {
    Uscc::parse(text).map_err(|_| StoreError::Corrupt("enterprise"))
}

pub(super) fn payment_kind(code: &str) -> Result<PaymentKind, StoreError> {
    PaymentKind::from_code(code).ok_or(StoreError::Corrupt("kind of payment"))
}

pub(super) fn payee(kind: PaymentKind, text: &str) -> Result<Payee, StoreError> {
    Ok(match kind {
        PaymentKind::Transfer => Payee::County(region(text)?),
        PaymentKind::Payout => Payee::Enterprise(uscc(text)?),
        PaymentKind::Return => Payee::Fund(region(text)?),
    })
}

pub(super) fn cause(code: &str) -> Result<Cause, StoreError> {
    Cause::from_code(code).ok_or(StoreError::Corrupt("cause"))
}

/// A hash of 32 bytes.
pub(super) fn hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt("hash"))
}

/// A number that is never below zero.
pub(super) fn count(column: i64) -> Result<u32, StoreError> {
    u32::try_from(column).map_err(|_| StoreError::Corrupt("number"))
}

/// A place in a roster as a column; -1 stands for the claim as a whole.
pub(super) fn unit_column(unit: Option<usize>) -> i64 {
    unit.map_or(-1, |index| i64::try_from(index).unwrap_or(i64::MAX))
}

pub(super) fn unit(column: i64) -> Option<usize> {
    usize::try_from(column).ok()
}
