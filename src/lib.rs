//! Hufu, the tiger tally: a gRPC gateway that finds subsidy claims made twice, before the money leaves.
//!
//! The code map, in reading order. What a module may use is held by `tests/architecture.rs`.
//!
//! - [`clock`]: the only place that reads the time. Invariant: nothing else calls the system clock.
//! - [`config`]: the settings file and its environment overrides. Only `cli` reads it and hands every part its own section.
//! - [`telemetry`]: logs and metrics. Invariant: no identity number, name, phone or account reaches either.
//! - [`domain`]: the notice as code: identifiers, money, policy sheets, eligibility, slots, suspects; and the money's path: approvals,
//!   pooling, payments, statements, the ledger, clawback. Invariant: pure; no I/O, no clock, no async, no randomness, so a decision
//!   repeats byte for byte (I13).
//! - [`proto`]: the generated contract. Invariant: no hand-written types.
//! - [`audit`]: audit entries and the hash chain over them. Invariant: no storage.
//! - [`transport`]: TLS on both sides: the listener, the peer's certificate, client channels. Invariant: knows no RPC.
//! - [`connectors`]: clients of the other bureaus' systems, behind one tower stack. Invariant: an answer that cannot be trusted
//!   becomes *missing*, never a value (I5).
//! - [`store`]: SQLite and PostgreSQL behind one set of statements. Invariant: state, slot, suspect, ledger and audit entry change in
//!   one transaction (I2, I3, I10); no personal data in plain text (I11).
//! - [`tables`]: files as offices and banks keep them: rosters and statements in; sheets, applications and payment files out. Invariants:
//!   a bad row of a roster never sinks the others; a statement is read whole or not at all.
//! - [`workflows`]: one use case a file: gather, decide, record. Invariants: no remote call inside a transaction; an instruction is
//!   stored before it is sent (I4).
//! - [`jobs`]: what runs on a timer.
//! - [`services`]: the gRPC handlers: convert, call one workflow, convert back.
//! - [`web`]: the fraud-review console: pages rendered here, without a third-party host and without a build step. Invariants: what a
//!   page does, a call does; nobody sees or does more than the table of rights allows.
//! - [`sandbox`]: a seeded population and real servers for the upstream contracts, with faults on demand. Used by `cli` and tests alone.
//! - [`cli`]: one file a subcommand. Invariant: no rules of its own.

pub mod clock;
pub mod config;
pub mod telemetry;

pub mod domain;

pub mod proto;

pub mod audit;
pub mod transport;

pub mod connectors;
pub mod store;
pub mod tables;

pub mod workflows;

pub mod jobs;
pub mod services;
pub mod web;

pub mod sandbox;

pub mod cli;
