//! Provinces with a known truth: claims in any number, schemes and slips planted among them, and what should be found.
//!
//! The same seed and number of people make the same files, byte for byte. Every clean row is made from its index when it is written, so
//! that memory goes with what is planted (some two rows in a hundred, about a hundred bytes each) and not with the population.
//!
//! All numbers are made up.

mod counties;
mod crowd;
mod name;
mod number;
mod permutation;
mod plan;
mod register;
mod row;
mod truth;
mod unihan;

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;

use serde::Serialize;

use super::population::Seed;
use crowd::Crowd;
use number::Typed;
use permutation::Permutation;
use plan::Plan;
use register::Register;
use row::{COLUMNS, Row};
use truth::{Finding, Position};

/// Fewer would not hold every scheme once beside clean people.
pub const PEOPLE_MIN: u64 = 1_000;
/// A fifth of the numbers that graduates could have; with more, every number would have neighbors by chance.
pub const PEOPLE_MAX: u64 = 200_000_000;

/// How many rows were written to each file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    pub claims: u64,
    pub truth: u64,
    pub negatives: u64,
}

/// A population with its plan.
pub struct Provinces {
    register: Register,
    plan: Plan,
    /// Which row stands where in the file: nothing that belongs together stands together.
    order: Permutation,
    rows: u64,
}

impl Provinces {
    /// Plans a population of about this many people, which is brought within [`PEOPLE_MIN`] and [`PEOPLE_MAX`].
    pub fn new(seed: Seed, people: u64) -> Self {
        const ORDER: u64 = 6;
        let people = people.clamp(PEOPLE_MIN, PEOPLE_MAX);
        let register = Register::new(seed, people.saturating_sub(Plan::people(people)).max(1));
        let plan = Plan::make(&register, people);
        let rows = register.clean() + plan.rows.len() as u64;
        Self { order: Permutation::new(seed, ORDER, rows), register, plan, rows }
    }

    /// How many claims there are.
    pub fn claims(&self) -> u64 {
        self.rows
    }

    /// Writes `claims.csv`, `truth.csv` and `negatives.csv` to a folder, telling `written` each row of the first.
    pub fn write(&self, folder: &Path, mut written: impl FnMut(u64)) -> io::Result<Written> {
        fs::create_dir_all(folder)?;
        let mut claims = csv(folder, "claims.csv")?;
        claims.write_record(COLUMNS)?;
        for position in 0..self.rows {
            claims.write_record(self.row(position).write(&self.register, &claim_id(position)))?;
            written(position + 1);
        }
        claims.flush()?;
        let truth = self.write_truth(folder)?;
        let negatives = self.write_negatives(folder)?;
        Ok(Written { claims: self.rows, truth, negatives })
    }

    fn row(&self, position: Position) -> Row {
        let row = self.order.at(position);
        if row >= self.register.clean() {
            return self.plan.rows[(row - self.register.clean()) as usize];
        }
        let claim = Row::clean(&self.register, row);
        if claim.typed.is_old && !is_alone(&self.register, &self.plan.crowd, &claim) {
            return Row { typed: Typed::PLAIN, ..claim };
        }
        claim
    }

    /// Where a planted row stands.
    fn position(&self, planted: usize) -> Position {
        self.order.of(self.register.clean() + planted as u64)
    }

    fn write_truth(&self, folder: &Path) -> io::Result<u64> {
        let mut findings: Vec<(Finding, usize)> = Vec::new();
        for (number, group) in self.plan.groups.iter().enumerate() {
            let rows: Vec<(Position, &Row)> =
                group.rows.clone().map(|at| (self.position(at), &self.plan.rows[at])).collect();
            findings.extend(truth::findings(&self.register, &rows).into_iter().map(|it| (it, number)));
        }
        findings.sort_unstable();
        let mut file = csv(folder, "truth.csv")?;
        file.write_record(["claim_a", "claim_b", "rule", "scheme"])?;
        for (Finding { first, second, rule }, group) in &findings {
            let second = second.map(claim_id).unwrap_or_default();
            file.write_record([&claim_id(*first), &second, *rule, &self.plan.groups[*group].label.to_string()])?;
        }
        file.flush()?;
        Ok(findings.len() as u64)
    }

    fn write_negatives(&self, folder: &Path) -> io::Result<u64> {
        let mut pairs: Vec<(Position, Position, usize)> = Vec::new();
        for (number, group) in self.plan.groups.iter().enumerate().filter(|(_, group)| group.is_negative) {
            for (one, other) in group.rows.clone().flat_map(|one| (group.rows.start..one).map(move |it| (it, one))) {
                let (one, other) = (self.position(one), self.position(other));
                pairs.push((one.min(other), one.max(other), number));
            }
        }
        pairs.sort_unstable();
        let mut file = csv(folder, "negatives.csv")?;
        file.write_record(["claim_a", "claim_b", "kind"])?;
        for (one, other, group) in &pairs {
            file.write_record([claim_id(*one), claim_id(*other), self.plan.groups[*group].label.to_string()])?;
        }
        file.flush()?;
        Ok(pairs.len() as u64)
    }
}

/// Whether nobody else could be taken for a clean person whose number has no check character.
fn is_alone(register: &Register, crowd: &Crowd, claim: &Row) -> bool {
    crowd.is_free(register, claim, std::slice::from_ref(claim))
}

fn claim_id(position: Position) -> String {
    format!("2022{:09}", position + 1)
}

fn csv(folder: &Path, name: &str) -> io::Result<csv::Writer<BufWriter<File>>> {
    Ok(csv::Writer::from_writer(BufWriter::with_capacity(1 << 20, File::create(folder.join(name))?)))
}
