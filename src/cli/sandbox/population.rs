//! `hufu sandbox population`: provinces with planted schemes, and the truth about them.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::sandbox::Seed;
use crate::sandbox::provinces::{PEOPLE_MAX, PEOPLE_MIN, Provinces, Written};

/// Makes provinces' claims with planted schemes and slips, what should be found among them, and what only looks alike.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu sandbox population --people 1000000 --seed 7 --out population\n  \
hufu reconcile --claims population/claims.csv --out pairs.csv\n  \
hufu match score --pairs pairs.csv --truth population/truth.csv --negatives population/negatives.csv --claims population/claims.csv\n\n\
The same seed and number make the same files. All people, enterprises, accounts and phones are made up.")]
pub(super) struct Population {
    /// About how many people are claimed for; some two rows in a hundred are planted.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(PEOPLE_MIN..=PEOPLE_MAX))]
    people: u64,
    /// What chance begins with.
    #[arg(long, default_value_t = Seed::DEMO.0, value_name = "NUMBER")]
    seed: u64,
    /// The folder for claims.csv, truth.csv and negatives.csv.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Made<'a> {
    folder: std::borrow::Cow<'a, str>,
    seed: u64,
    #[serde(flatten)]
    written: Written,
}

impl Population {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        const STEP: u64 = 10_000;
        let bar = output::progress("claims");
        let provinces = Provinces::new(Seed(self.seed), self.people);
        let written = provinces.write(&self.out, |row| {
            if row % STEP == 0 {
                bar.set_position(row);
            }
        });
        bar.finish_and_clear();
        let written = written.map_err(|error| Failure::settings(format!("{}: {error}", self.out.display())))?;
        let folder = self.out.to_string_lossy();
        if self.json {
            output::json(&Made { folder, seed: self.seed, written })?;
        } else {
            output::line(format!(
                "{folder}: {} claims, {} findings planted, {} hard negatives",
                written.claims, written.truth, written.negatives
            ));
        }
        Ok(Exit::Done)
    }
}
