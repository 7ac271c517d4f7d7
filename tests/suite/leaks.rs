//! No identity number, name, phone or account in any log line, error, metric or unencrypted column (I11).

pub(crate) mod scanner;
