//! `hufu match`: how good matching is.

pub mod score;

use clap::Subcommand;

use super::exit::{Exit, Failure};

/// What is known about a matching.
#[derive(Debug, Subcommand)]
pub enum Matching {
    /// Precision, recall and F1 against a known truth.
    Score(score::Score),
}

impl Matching {
    pub fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Score(command) => command.run(),
        }
    }
}
