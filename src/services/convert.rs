//! Between the contract and the domain: requests in, every fault found; records out, masked.

pub(super) mod audit;
pub(super) mod claim;
pub(super) mod clawback;
pub(super) mod desk;
pub(super) mod dossier;
pub(super) mod field;
pub(super) mod ledger;
pub(super) mod lists;
pub(super) mod policy;
pub(super) mod pooling;
pub(super) mod record;
pub(super) mod reports;
pub(super) mod review;
pub(super) mod statement;
pub(super) mod suspect;
pub(super) mod suspect_records;
pub(super) mod violation;
