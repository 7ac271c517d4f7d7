//! The audit log: what is written down of each change of state and each read of personal data (I10), and the hash chain that makes
//! a changed or missing entry show. Kept by the store; nothing here touches a database.

pub mod chain;
pub mod entry;
