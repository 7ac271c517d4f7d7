//! SQLite and PostgreSQL behind one set of statements.

pub mod record;
