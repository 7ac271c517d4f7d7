//! Exit codes that mean something, and failures that say what to do.

use std::process::ExitCode;

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    /// Done, and something needs attention: rows were refused, or checks failed.
    Attention = 1,
    /// The settings or files are wrong.
    Settings = 3,
    /// The node cannot be reached.
    Unreachable = 4,
    /// The node refused, or something failed.
    Failed = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    text: String,
}

impl Failure {
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    /// For settings and files.
    pub fn settings(text: impl std::fmt::Display) -> Self {
        Self::new(Exit::Settings, text.to_string())
    }

    /// For what should not have failed.
    pub fn failed(text: impl std::fmt::Display) -> Self {
        Self::new(Exit::Failed, text.to_string())
    }

    /// Tells it on standard error.
    pub fn report(&self) -> ExitCode {
        anstream::eprintln!("hufu: {}", self.text);
        self.exit.into()
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let exit = if status.code() == Code::Unavailable { Exit::Unreachable } else { Exit::Failed };
        Self::new(exit, describe(&status))
    }
}

/// The stable reason of a refusal; the code where there is none.
pub fn reason(status: &Status) -> String {
    let reason = status.get_error_details().error_info().map(|info| info.reason.clone());
    reason.unwrap_or_else(|| format!("{:?}", status.code()))
}

/// What a refusal tells officials; engineers' words where it has none for them.
pub fn words(status: &Status) -> String {
    let words = status.get_error_details().localized_message().map(|message| message.message.clone());
    words.unwrap_or_else(|| status.message().to_owned())
}

/// A refusal in words: code, reason, Chinese message, and each field at fault.
pub fn describe(status: &Status) -> String {
    let details = status.get_error_details();
    let mut text = format!("{:?}: {}", status.code(), status.message());
    if let Some(info) = details.error_info() {
        text.push_str(&format!(" [{}]", info.reason));
    }
    if let Some(message) = details.localized_message() {
        text.push_str(&format!(" {}", message.message));
    }
    for violation in details.bad_request().map(|request| request.field_violations.as_slice()).unwrap_or_default() {
        text.push_str(&format!("\n  {}: {}", violation.field, violation.description));
    }
    text
}
