//! The demo's script: the rosters that the offices of two cities submit on one day, what is planted in them, and what must be found.

mod accounts;
mod cases;
mod files;
mod graduates;
mod layout;
mod ministry;
mod score;
mod spelling;
mod workforce;
mod zones;

use std::collections::BTreeMap;

use crate::domain::claim::ClaimRoute;
use crate::domain::eligibility::evidence::Declaration;
use crate::domain::identity::{Region, ResidentId, Uscc};
use crate::domain::suspect::SuspectRule;
use crate::sandbox::faults::Upstream;
use crate::sandbox::population::{Draw, Enterprise, Stream, World, places};

pub use accounts::{AgencyAccount, StoryCity, cities};
pub use files::StoryFileError;
pub use ministry::{ExpectedRecords, MinistryList};
pub use score::{FoundSuspect, RuleScore};

/// Everything that is submitted on the day of the story.
#[derive(Clone, Debug)]
pub struct Story {
    /// In the order of their offices.
    pub rosters: Vec<RosterFile>,
    pub planted: Vec<Planted>,
    /// What the ministry sends down once all claims are in.
    pub ministry: MinistryList,
}

/// What a roster lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RosterKind {
    /// Graduates hired: every row is a claim for job expansion.
    Graduates,
    /// Headcounts, with workers by name on either side of a dispatch: the rows of one enterprise are one claim for retention
    /// training. A worker is on the host's side where the column of the host names the row's own enterprise.
    Workforce,
}

impl RosterKind {
    /// The policy sheet that its claims are made under.
    pub fn sheet_id(self) -> &'static str {
        match self {
            Self::Graduates => "job-expansion-2022",
            Self::Workforce => "retention-training-2022",
        }
    }
}

/// How an office saves a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    Utf8,
    Utf8WithMark,
    Gb18030,
    Xlsx,
}

/// One roster, as the office keeps it.
#[derive(Clone, Debug)]
pub struct RosterFile {
    /// The region whose office submits it: the region of all its claims.
    pub region: Region,
    pub office: String,
    pub file_name: String,
    pub kind: RosterKind,
    pub route: ClaimRoute,
    pub format: FileFormat,
    /// Lines above the header.
    pub title: Vec<String>,
    pub header: Vec<String>,
    pub rows: Vec<StoryRow>,
    /// Lines below the last row.
    pub notes: Vec<String>,
}

/// One row of a roster.
#[derive(Clone, Debug)]
pub struct StoryRow {
    /// The row's number as a spreadsheet shows it, from 1; numbers left out are blank rows.
    pub number: u32,
    pub cells: Vec<String>,
    pub fate: RowFate,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFate {
    /// It is a claim, or the first row of one.
    Claim(ClaimFate),
    /// It belongs to the claim that begins in the row of this number.
    PartOf(u32),
    /// It is refused before it becomes a claim, for this reason alone.
    Refused(&'static str),
}

/// What becomes of a claim once every registry has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimFate {
    Entitled,
    NotEntitled,
    /// Held though nobody is suspect: no account to pay to, or contributions that stopped.
    Held,
    /// Planted: suspect by this rule, with another claim or alone.
    Suspect(SuspectRule),
}

/// A case that must be found.
#[derive(Clone, Debug)]
pub struct Planted {
    pub rule: SuspectRule,
    /// One sentence, without personal data.
    pub description_zh: String,
    /// The request ids of the one or two claims concerned. Which of two comes first does not matter.
    pub requests: Vec<String>,
    /// The person it is about, where it is about one.
    pub person: Option<ResidentId>,
    /// The claiming enterprises, in the order of the requests.
    pub enterprises: Vec<Uscc>,
}

/// An upstream that goes down while rosters are submitted, in thousandths of all claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    pub upstream: Upstream,
    pub after_permille: u32,
    pub until_permille: u32,
}

/// The numbers a run must arrive at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Rows of data in all rosters.
    pub rows: usize,
    /// Claims acknowledged.
    pub claims: usize,
    /// Of these, claims for retention training.
    pub workforce_claims: usize,
    /// Rows refused before they become a claim, by reason.
    pub refused: BTreeMap<&'static str, usize>,
    /// Planted cases, by rule.
    pub planted: BTreeMap<SuspectRule, usize>,
    /// Claims by what becomes of them.
    pub fates: BTreeMap<ClaimFate, usize>,
}

/// The request id of the claim that begins in a row, as `hufu import` makes it when the batch is called like the file.
pub fn request_id(file_name: &str, row: u32) -> String {
    format!("{file_name}-{row:06}")
}

impl Story {
    /// The story of a world; the same world has the same one.
    pub fn of(world: &World) -> Self {
        let mut draw = Draw::new(world.seed, Stream::Story);
        let mut script = Script::default();
        graduates::write(world, &mut draw, &mut script);
        workforce::write(world, &mut draw, &mut script);
        script.rosters.sort_by(|a, b| (a.region, &a.file_name).cmp(&(b.region, &b.file_name)));
        let planted = [cases::planted(world, &script), workforce::planted(world, &script)].concat();
        let ministry = ministry::list(world, &script, &planted);
        Self { rosters: script.rosters, planted, ministry }
    }

    /// The risk areas and static managements to declare before the first roster.
    pub fn declarations() -> Vec<Declaration> {
        zones::declarations()
    }

    /// The regions by the names that some rosters write instead of a code.
    pub fn region_names() -> BTreeMap<String, Region> {
        places::region_names()
    }

    /// The credential registry is down while the middle third is submitted.
    pub fn outage() -> Outage {
        Outage { upstream: Upstream::Credential, after_permille: 333, until_permille: 667 }
    }

    /// The numbers a run must arrive at.
    pub fn expected(&self) -> Expected {
        let mut expected = Expected {
            rows: 0,
            claims: 0,
            workforce_claims: 0,
            refused: BTreeMap::new(),
            planted: BTreeMap::new(),
            fates: BTreeMap::new(),
        };
        for (roster, row) in self.rosters.iter().flat_map(|it| it.rows.iter().map(move |row| (it, row))) {
            expected.rows += 1;
            match row.fate {
                RowFate::Claim(fate) => {
                    expected.claims += 1;
                    expected.workforce_claims += usize::from(roster.kind == RosterKind::Workforce);
                    *expected.fates.entry(fate).or_default() += 1;
                }
                RowFate::PartOf(_) => {}
                RowFate::Refused(reason) => *expected.refused.entry(reason).or_default() += 1,
            }
        }
        for planted in &self.planted {
            *expected.planted.entry(planted.rule).or_default() += 1;
        }
        expected
    }

    /// Compares the suspects of a run with the planted cases, rule by rule.
    pub fn judge(&self, found: &[FoundSuspect]) -> Vec<RuleScore> {
        score::judge(&self.planted, found)
    }
}

impl RosterFile {
    /// The request id of a claim that begins in a row.
    pub fn request_id(&self, row: &StoryRow) -> String {
        request_id(&self.file_name, row.number)
    }

    /// All lines as they stand in the file, blank ones included.
    pub fn lines(&self) -> Vec<Vec<String>> {
        let mut lines: Vec<Vec<String>> = self.title.iter().map(|line| vec![line.clone()]).collect();
        lines.push(self.header.clone());
        for row in &self.rows {
            lines.resize((row.number as usize).saturating_sub(1), vec![String::new(); self.header.len()]);
            lines.push(row.cells.clone());
        }
        lines.extend(self.notes.iter().map(|line| vec![line.clone()]));
        lines
    }
}

/// The story while it is written.
#[derive(Default)]
struct Script {
    rosters: Vec<RosterFile>,
    /// Request ids of the claims for each graduate, with the claiming enterprise, the true employer's first.
    graduates: BTreeMap<ResidentId, Vec<(String, Uscc)>>,
    /// Request ids of the claims for retention training of each enterprise.
    workforces: BTreeMap<Uscc, Vec<String>>,
}

/// An office that submits rosters: of a county, or of a city for the enterprises insured at its own level.
#[derive(Clone, Copy)]
struct Office {
    code: &'static str,
    name: &'static str,
    /// Its place among all offices; decides how it keeps its rosters.
    number: usize,
}

impl Office {
    fn all() -> Vec<Self> {
        let cities = places::CITIES.iter().map(|city| (city.code, city.name));
        let offices = places::all().map(|(_, place)| (place.code, place.name)).chain(cities);
        offices.enumerate().map(|(number, (code, name))| Self { code, name, number }).collect()
    }

    fn region(self) -> Region {
        places::region(self.code)
    }

    fn title(self) -> String {
        // The zone has a social-insurance center only.
        let tail = if self.code.ends_with("A1") { "社保中心" } else { "公共就业和人才服务中心" };
        format!("{}{tail}", self.name)
    }

    fn enrolls(self, enterprise: &Enterprise) -> bool {
        enterprise.enrollment_region == self.region()
    }
}
