//! The command line: one file a subcommand. No rules of its own.

pub mod exit;
pub mod output;
pub mod pages;

pub mod connection;

#[cfg(feature = "failpoints")]
pub mod crash;
pub mod node;
pub mod serve;

pub mod import;
pub mod roster;

pub mod reconcile;

pub mod claims;
pub mod review;
pub mod suspects;

pub mod clawback;
pub mod ledger;
pub mod pool;

pub mod audit;
pub mod console;
pub mod policy;
pub mod report;

pub mod matching;

pub mod pki;
pub mod sandbox;

pub mod doctor;

pub mod demo;
pub mod demo_money;
pub mod demo_report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::{Exit, Failure};

/// 虎符 hufu: finds subsidy claims made twice, before the money leaves.
#[derive(Debug, Parser)]
#[command(name = "hufu", version, max_term_width = 120, propagate_version = true)]
#[command(
    after_help = "Exit codes: 0 done; 1 done, and something needs attention (rows refused, checks failed); 2 the command line is \
wrong; 3 the settings or files are wrong; 4 the node cannot be reached; 5 the node refused or failed.\n\nBegin with: hufu demo"
)]
struct Arguments {
    /// Ends the process at a point of the money's path, e.g. `send.after:2`: for tests.
    #[cfg(feature = "failpoints")]
    #[arg(long, env = "HUFU_CRASH_AT", hide = true, global = true)]
    crash_at: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a node: gRPC over mTLS, until SIGTERM or Ctrl-C.
    Serve(serve::Serve),
    /// Shows it all at once: sandbox registries, a node, two provinces' rosters, doubles found.
    Demo(demo::Demo),
    /// Runs the five registries, finance and the bank over a seeded population, with faults on demand.
    Sandbox(sandbox::SandboxCommand),
    /// Submits a roster (CSV or XLSX); every row gets an answer.
    Import(import::Import),
    /// Matches a file of claims with itself: doubles, near-identical people, shared accounts and phones. Needs no node.
    Reconcile(reconcile::Reconcile),
    /// What the fraud-review team pulls and judges.
    #[command(subcommand)]
    Suspects(suspects::Suspects),
    /// Looks at claims, and reviews them.
    #[command(subcommand)]
    Claims(claims::Claims),
    /// 追回: clawback cases from draft to settlement.
    #[command(subcommand)]
    Clawback(clawback::Clawback),
    /// 台账: accounts, entries, trial balance, and whether all agrees to the fen.
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Files, pools, pays and accounts for the money.
    #[command(subcommand)]
    Pool(pool::Pool),
    /// 比对: how good matching is.
    #[command(subcommand)]
    Match(matching::Matching),
    /// 政策表: the values a node decides by with their clauses, and what differs between two sheets.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// 报表: what falls due, and whether the other bureaus' systems answer.
    #[command(subcommand)]
    Report(report::Report),
    /// 审计: who did or read what.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Lets a person into the fraud-review desk in the browser.
    #[command(subcommand)]
    Console(console::Console),
    /// Makes a development authority, and certificates from it.
    #[command(subcommand)]
    Pki(pki::Pki),
    /// Checks settings, database, registries, clock and certificates: what is wrong, and what to do.
    Doctor(doctor::Doctor),
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    // Two TLS providers could be in the tree through a dependency: ours is chosen before anything asks for one. A second call
    // in one process changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[cfg(feature = "failpoints")]
    if let Some(Err(failure)) = arguments.crash_at.as_deref().map(crash::arm) {
        return failure.report();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::new(Exit::Failed, format!("cannot start: {error}")).report(),
    };
    let done = runtime.block_on(async {
        match arguments.command {
            Command::Serve(command) => command.run().await,
            Command::Demo(command) => command.run().await,
            Command::Sandbox(command) => command.run().await,
            Command::Import(command) => command.run().await,
            Command::Reconcile(command) => command.run(),
            Command::Suspects(command) => command.run().await,
            Command::Claims(command) => command.run().await,
            Command::Clawback(command) => command.run().await,
            Command::Ledger(command) => command.run().await,
            Command::Pool(command) => command.run().await,
            Command::Match(command) => command.run(),
            Command::Policy(command) => command.run().await,
            Command::Report(command) => command.run().await,
            Command::Audit(command) => command.run().await,
            Command::Console(command) => command.run().await,
            Command::Pki(command) => command.run(),
            Command::Doctor(command) => command.run().await,
        }
    });
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
}
