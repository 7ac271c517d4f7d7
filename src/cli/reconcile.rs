//! `hufu reconcile`: a file of claims matched with itself, without a node or a database.

use std::path::PathBuf;
use std::sync::Mutex;

use clap::Args;
use indicatif::ProgressBar;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;

use super::exit::{Exit, Failure};
use super::output;
use crate::clock::Clock;
use crate::domain::matching::rule::MatchRule;
use crate::domain::matching::scope::NEAR_THRESHOLD;
use crate::workflows::reconcile::{self, ReconcileError, Reconciled, Stage};

/// 全量比对: finds in a file of claims who claims twice, nearly identical people, and what enterprises share that they should not.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu reconcile --claims claims.csv --out pairs.csv\n\n\
Columns: claim_id, province, county, uscc, name, resident_id, subsidy, month, amount_yuan, account, phone, or their Chinese names\n\
(申领编号, 省份, 县区, 统一社会信用代码, 姓名, 身份证号, 补贴项目, 月份, 金额(元), 收款账号, 手机号); others by --map.\n\
CSV in UTF-8 or GB18030. The answer has a row for each pair of claims, the smaller first, or for one that is suspect alone;\n\
the same bytes for the same rows, whatever their order and the number of threads. It holds no personal data.\n\
Exit code 1: some rows could not be read; they are listed with row, column and reason in the file of bad rows.")]
pub struct Reconcile {
    /// The claims: CSV, a claim a row.
    #[arg(long, value_name = "FILE")]
    claims: PathBuf,
    /// Where the findings go.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where rows that cannot be read are listed [default: the findings' file with .bad.csv].
    #[arg(long, value_name = "FILE")]
    bad_rows: Option<PathBuf>,
    /// A column that has a name of its own, as in claim_id=单据号.
    #[arg(long, value_name = "OURS=THEIRS", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Only these rules, such as person_resubmitted; `exact` means those of one person under one number.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    rules: Vec<String>,
    /// Threads; as many as there are cores unless told otherwise.
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Memory for keys, in MiB; with less than they need, the file is read several times. 72 bytes a row hold all, 18 exact doubles.
    #[arg(long, value_name = "N")]
    memory_mib: Option<u64>,
    /// Hundredths of a bit from which near-identical people are reported where the check character does not settle it.
    #[arg(long, value_name = "POINTS", default_value_t = NEAR_THRESHOLD, allow_negative_numbers = true)]
    near_threshold: i32,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Summary {
    #[serde(flatten)]
    reconciled: Reconciled,
    seconds: serde_json::Number,
    rows_per_second: u64,
    /// The most memory that the process had resident.
    peak_bytes: u64,
}

const EXACT: [MatchRule; 4] = [
    MatchRule::PersonTwoProvinces,
    MatchRule::PersonTwoSubsidies,
    MatchRule::PersonTwoEnterprises,
    MatchRule::PersonResubmitted,
];

impl Reconcile {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let bad_rows = self.bad_rows.clone().unwrap_or_else(|| {
            let mut name = self.out.clone().into_os_string();
            name.push(".bad.csv");
            name.into()
        });
        let rules = self.rules()?;
        let mut secret = [0; 8];
        SystemRandom::new().fill(&mut secret).map_err(|_| Failure::failed("no randomness to be had"))?;
        let run = reconcile::Reconcile {
            claims: &self.claims,
            out: &self.out,
            bad_rows: &bad_rows,
            map: &self.map,
            rules: &rules,
            threads: self.threads,
            memory: self.memory_mib.map(|mib| mib.saturating_mul(1024 * 1024)),
            near_threshold: self.near_threshold,
            secret: u64::from_le_bytes(secret),
        };
        let bar = output::progress("matching");
        let clock = Clock::System;
        let started = clock.now();
        let shown = Shown { bar: &bar, stage: Mutex::new(None) };
        let reconciled = reconcile::reconcile(&run, &|stage, thousandths| shown.show(stage, thousandths));
        bar.finish_and_clear();
        let reconciled = reconciled.map_err(|error| match error {
            ReconcileError::File(_) | ReconcileError::Io(_) => {
                Failure::settings(format!("{}: {error}", self.claims.display()))
            }
        })?;
        let millis = u64::try_from(clock.now().duration_since(started).as_millis()).unwrap_or_default().max(1);
        let rows_per_second = reconciled.rows.saturating_mul(1_000) / millis;
        let seconds = format!("{}.{:03}", millis / 1_000, millis % 1_000);
        let is_bad = reconciled.bad_rows > 0;
        if self.json {
            let seconds = seconds.parse().map_err(Failure::failed)?;
            output::json(&Summary { reconciled, seconds, rows_per_second, peak_bytes: peak_bytes() })?;
        } else {
            show(&reconciled, &seconds, rows_per_second);
            if is_bad {
                output::say(format!("{} rows could not be read: {}", reconciled.bad_rows, bad_rows.display()));
            }
        }
        Ok(if is_bad { Exit::Attention } else { Exit::Done })
    }

    fn rules(&self) -> Result<Vec<MatchRule>, Failure> {
        if self.rules.is_empty() {
            return Ok(MatchRule::ALL.to_vec());
        }
        let mut rules = Vec::new();
        for code in &self.rules {
            match MatchRule::ALL.iter().find(|rule| rule.code() == code) {
                Some(rule) => rules.push(*rule),
                None if code == "exact" => rules.extend(EXACT),
                None => {
                    let known: Vec<&str> = MatchRule::ALL.iter().map(|rule| rule.code()).collect();
                    return Err(Failure::settings(format!("no rule {code}; there are: exact, {}", known.join(", "))));
                }
            }
        }
        Ok(rules)
    }
}

/// Tells on the bar what is done, and on standard error when a stage begins.
struct Shown<'a> {
    bar: &'a ProgressBar,
    stage: Mutex<Option<Stage>>,
}

impl Shown<'_> {
    fn show(&self, stage: Stage, thousandths: u64) {
        let mut last = self.stage.lock().unwrap_or_else(|it| it.into_inner());
        if *last != Some(stage) {
            *last = Some(stage);
            self.bar.set_message(match stage {
                Stage::Scan => "scanning",
                Stage::Match => "matching",
                Stage::Near => "near-identical people",
                Stage::Write => "writing",
            });
        }
        self.bar.set_position(thousandths);
    }
}

fn show(reconciled: &Reconciled, seconds: &str, rows_per_second: u64) {
    let mut table = output::table(["规则", "说明", "影响", "findings"]);
    for rule in MatchRule::ALL {
        let count = reconciled.findings.get(rule.code()).copied().unwrap_or_default();
        table.add_row([rule.code(), rule.zh(), rule.effect().code(), &count.to_string()]);
    }
    output::line(table);
    output::line(format!(
        "{} rows, {} bad, {} large blocks; {seconds} s, {rows_per_second} rows/s; sha256 {}",
        reconciled.rows, reconciled.bad_rows, reconciled.large_blocks, reconciled.input_sha256
    ));
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (ours, theirs) = text.split_once('=').ok_or("expected OURS=THEIRS")?;
    Ok((ours.trim().to_owned(), theirs.trim().to_owned()))
}

/// The most memory this process had resident; 0 where the system does not tell.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default().saturating_mul(1_024)
}
