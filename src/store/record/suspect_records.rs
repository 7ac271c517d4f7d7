//! 疑点数据: the ministry's records as they come in, and what was found on them.

use jiff::Timestamp;

use super::{Actor, RequestKey, SuspectRecord};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::SuspectId;
use crate::domain::suspect::record::{MinistryRecord, RecordKind, Unmatched};

/// The most records of one import.
pub const RECORDS_MAX: usize = 1_000;

/// Records that were sent down.
#[derive(Clone, Debug)]
pub struct ImportRecords {
    pub request: RequestKey,
    pub actor: Actor,
    /// Present where the caller is one person.
    pub person: Option<OperatorId>,
    /// The caller's: within it and a place, a number is one record's.
    pub organization: String,
    /// The place that they were sent to; only claims of this place are matched.
    pub region: Region,
    pub groups: SlotGroups,
    /// At most [`RECORDS_MAX`].
    pub records: Vec<MinistryRecord>,
    pub at: Timestamp,
}

/// The exclusion groups in which claims are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotGroups {
    /// In which a person holds a slot, those of rostered workers included.
    pub person: Vec<String>,
    /// The same for enterprises.
    pub enterprise: Vec<String>,
}

/// What became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// In the order of the records.
    Done(Vec<RecordOutcome>),
    RequestIdReused,
}

/// What became of one record. The same when it is sent again, until a claim comes that it fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordOutcome {
    /// Opened for it, or there already; in the order in which they were opened.
    pub suspects: Vec<SuspectId>,
    /// Those of them that were judged already when it was matched.
    pub judged: Vec<SuspectId>,
    /// Why it fits no claim.
    pub unmatched: Option<Unmatched>,
    /// When a claim that came later was found to fit.
    pub matched_at: Option<Timestamp>,
}

/// A record by its key in the store, which says nothing of whom it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordName(pub [u8; 16]);

/// The most records tried again in one transaction: their claims are in memory meanwhile.
pub const RETRIED_AT_ONCE: u32 = 100;

/// Records to be tried again.
#[derive(Clone, Debug)]
pub struct RetryRecords {
    /// At most [`RETRIED_AT_ONCE`].
    pub names: Vec<RecordName>,
    pub groups: SlotGroups,
    /// Up to where the log was followed, once all that it touched is tried.
    pub followed: Option<i64>,
    pub at: Timestamp,
}

/// Which records to list, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct RecordFilter {
    /// Only records that were sent to a place that this covers.
    pub within: Region,
    /// Only records after this place in the order.
    pub after: i64,
    pub limit: u32,
}

/// What was found on a record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordFinding {
    /// Its place in the order in which records came.
    pub sequence: i64,
    pub number: String,
    pub kind: RecordKind,
    pub received_at: Timestamp,
    pub unmatched: Option<Unmatched>,
    /// When a claim that came later was found to fit.
    pub matched_at: Option<Timestamp>,
    pub suspects: Vec<SuspectRecord>,
    /// Of the claims that it fits.
    pub money: RecordMoney,
}

/// What became of the money of a record's claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordMoney {
    pub paid: Fen,
    /// Set-off included.
    pub recovered: Fen,
    /// Demanded, and neither got back nor given up.
    pub outstanding: Fen,
}
