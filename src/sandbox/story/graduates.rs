//! The rosters of graduates: everybody claimed by whom they work for, and the planted ones by somebody else as well.

use std::collections::BTreeMap;

use super::cases;
use super::layout::{self, Column, Layout};
use super::spelling::{self, DateStyle};
use super::{FileFormat, Office, RosterFile, RosterKind, RowFate, Script, StoryRow, request_id};
use crate::domain::calendar::DateError;
use crate::domain::claim::ClaimRoute;
use crate::domain::identity::{ResidentId, Uscc};
use crate::sandbox::population::{Draw, Enterprise, Job, Part, Resident, World};

/// The reason with which a roster's reader refuses a row that repeats another one of the same roster.
const ROW_DUPLICATE: &str = "ROW_DUPLICATE";
/// A day that does not exist, as somebody writes the end of June.
const IMPOSSIBLE_DAY: &str = "2022年6月31日";

/// Why a graduate stands in a roster.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The true employer claims.
    First,
    /// The same graduate, claimed once more.
    Second,
    /// The row above, pasted again.
    Repeated,
}

/// One row to be.
struct Entry<'a> {
    graduate: &'a Resident,
    claimant: &'a Enterprise,
    turn: Turn,
    /// Handed in later, in a roster of its own.
    is_late: bool,
    /// Counts the players of the same part.
    variant: usize,
}

/// Writes all rosters of graduates.
pub(super) fn write(world: &World, draw: &mut Draw, script: &mut Script) {
    let entries = entries(world, draw);
    for office in Office::all() {
        let own = |is_late| {
            let is_of_office = move |it: &&Entry<'_>| {
                it.is_late == is_late && office.enrolls(it.claimant) && !it.claimant.is_dispatch_agency()
            };
            entries.iter().filter(is_of_office).collect::<Vec<_>>()
        };
        let layout = layout::GRADUATES[office.number % layout::GRADUATES.len()];
        let route = if office.number.is_multiple_of(2) { ClaimRoute::Automatic } else { ClaimRoute::SelfApplied };
        let format = match office.code {
            "371502" | "410902" => FileFormat::Xlsx,
            _ => [FileFormat::Utf8, FileFormat::Utf8WithMark, FileFormat::Gb18030][office.number % 3],
        };
        let page = Page { office, layout, route, format, stem: "graduates".to_owned(), agency: None };
        page.write(draw, script, &own(false));
        let page = Page { format: FileFormat::Utf8WithMark, stem: "graduates-late".to_owned(), ..page };
        page.write(draw, script, &own(true));
        for agency in world.enterprises.iter().filter(|it| it.is_dispatch_agency() && office.enrolls(it)) {
            let sent: Vec<&Entry<'_>> = entries.iter().filter(|it| it.claimant.uscc == agency.uscc).collect();
            let page = Page {
                office,
                layout: layout::DISPATCHED_GRADUATES,
                route: ClaimRoute::SelfApplied,
                format: FileFormat::Gb18030,
                stem: "dispatched-graduates".to_owned(),
                agency: Some(agency),
            };
            page.write(draw, script, &sent);
        }
    }
}

/// Every row of every roster, by enterprise.
fn entries<'a>(world: &'a World, draw: &mut Draw) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    let mut players: BTreeMap<Part, usize> = BTreeMap::new();
    for graduate in world.graduates() {
        let Some(employer) = graduate.jobs.first().and_then(|job| world.enterprise(&job.employer)) else { continue };
        let is_late = graduate.part == Part::Ordinary && draw.chance(30);
        let player = players.entry(graduate.part).or_default();
        *player += 1;
        let variant = *player;
        entries.push(Entry { graduate, claimant: employer, turn: Turn::First, is_late, variant });
        if graduate.part == Part::RowRepeated {
            entries.push(Entry { graduate, claimant: employer, turn: Turn::Repeated, is_late, variant });
        }
        if graduate.part == Part::Resubmitted {
            entries.push(Entry { graduate, claimant: employer, turn: Turn::Second, is_late: true, variant });
        }
        if let Some(other) = graduate.other_claimant.as_ref().and_then(|it| world.enterprise(it)) {
            entries.push(Entry { graduate, claimant: other, turn: Turn::Second, is_late: false, variant });
        }
    }
    // Offices list enterprise by enterprise; the order within one stays.
    entries.sort_by(|a, b| a.claimant.uscc.cmp(&b.claimant.uscc));
    entries
}

/// A roster to be.
struct Page<'a> {
    office: Office,
    layout: Layout,
    route: ClaimRoute,
    format: FileFormat,
    stem: String,
    agency: Option<&'a Enterprise>,
}

impl Page<'_> {
    fn write(&self, draw: &mut Draw, script: &mut Script, entries: &[&Entry<'_>]) {
        if entries.is_empty() {
            return;
        }
        let extension = if self.format == FileFormat::Xlsx { "xlsx" } else { "csv" };
        let file_name = format!("{}-{}.{extension}", self.office.code, self.stem);
        let title = self.title();
        let mut rows: Vec<StoryRow> = Vec::with_capacity(entries.len());
        let mut number = u32::try_from(title.len()).unwrap_or_default() + 1;
        let date_style = DateStyle::ALL[self.office.number % DateStyle::ALL.len()];
        for (index, entry) in entries.iter().enumerate() {
            // Now and then an enterprise is set off by a blank row.
            number += if index > 0 && draw.chance(8) { 2 } else { 1 };
            let row = match rows.last() {
                Some(above) if entry.turn == Turn::Repeated => {
                    StoryRow { number, cells: above.cells.clone(), fate: RowFate::Refused(ROW_DUPLICATE) }
                }
                _ => {
                    let writer = RowWriter { page: self, entry, index, date_style };
                    let (cells, refused) = writer.cells(draw);
                    let fate = refused
                        .map_or_else(|| RowFate::Claim(cases::fate(entry.graduate, entry.claimant)), RowFate::Refused);
                    StoryRow { number, cells, fate }
                }
            };
            if let RowFate::Claim(_) = row.fate {
                let claims = script.graduates.entry(entry.graduate.resident_id.clone()).or_default();
                claims.push((request_id(&file_name, number), entry.claimant.uscc.clone()));
            }
            rows.push(row);
        }
        script.rosters.push(RosterFile {
            region: self.office.region(),
            office: self.office.title(),
            file_name,
            kind: RosterKind::Graduates,
            route: self.route,
            format: self.format,
            title,
            header: layout::header(self.layout),
            rows,
            notes: vec!["注：以上信息由用人单位提供，经办机构核查。".to_owned(), "填表人：　　　　审核人：".to_owned()],
        });
    }

    fn title(&self) -> Vec<String> {
        let heading = format!("{}2022年一次性扩岗补助人员花名册", self.office.name);
        match self.agency {
            Some(agency) => {
                vec![heading, format!("单位名称：{}  统一社会信用代码：{}", agency.name, agency.uscc.as_str())]
            }
            None if self.office.number.is_multiple_of(4) || self.format == FileFormat::Xlsx => {
                vec![heading, format!("填报机构：{}　　填报日期：2022年10月10日", self.office.title())]
            }
            None if self.office.number % 4 == 1 => Vec::new(),
            None => vec![heading],
        }
    }
}

/// One row while it is written.
struct RowWriter<'a> {
    page: &'a Page<'a>,
    entry: &'a Entry<'a>,
    index: usize,
    date_style: DateStyle,
}

impl RowWriter<'_> {
    /// The cells, and the reason for which the row is refused, if it must be.
    fn cells(&self, draw: &mut Draw) -> (Vec<String>, Option<&'static str>) {
        let mut refused = None;
        let mut cells = Vec::with_capacity(self.page.layout.len());
        for (column, _) in self.page.layout {
            let (cell, reason) = if *column == Column::ResidentId {
                self.resident_id(draw)
            } else if *column == Column::Uscc {
                self.uscc()
            } else if *column == Column::GraduatedOn && self.plays(Part::DateImpossible) {
                (IMPOSSIBLE_DAY.to_owned(), Some(DateError::Impossible.code()))
            } else {
                (self.cell(draw, *column), None)
            };
            refused = refused.or(reason);
            cells.push(cell);
        }
        (cells, refused)
    }

    fn cell(&self, draw: &mut Draw, column: Column) -> String {
        let graduate = self.entry.graduate;
        let job = self.job();
        let contract = job.contract.as_ref();
        let dated = |draw: &mut Draw, date| spelling::typed_date(draw, self.date_style, date);
        match column {
            Column::Number => (self.index + 1).to_string(),
            Column::Name => spelling::typed_name(draw, &graduate.name),
            Column::Institution => graduate.diplomas.first().map_or_else(String::new, |it| it.institution.clone()),
            Column::GraduatedOn => {
                graduate.diplomas.first().map_or_else(String::new, |it| dated(draw, it.graduated_on))
            }
            Column::ContractFrom => contract.map_or_else(String::new, |it| dated(draw, it.from)),
            Column::ContractUntil => contract.map_or_else(String::new, |it| {
                it.until.map_or_else(|| "无固定期限".to_owned(), |day| dated(draw, day))
            }),
            Column::ContractPeriod => contract.map_or_else(String::new, |it| {
                let style =
                    if self.page.office.number.is_multiple_of(2) { DateStyle::Dashes } else { DateStyle::Chinese };
                let until = it.until.map_or_else(|| "无固定期限".to_owned(), |day| style.write(day));
                format!("{}至{until}", style.write(it.from))
            }),
            Column::Phone => spelling::typed_phone(draw, graduate.phone.as_str()),
            Column::EnterpriseName => self.entry.claimant.name.as_str().to_owned(),
            Column::Account => self.account(draw),
            Column::RegionName => self.page.office.name.to_owned(),
            Column::RegionCode => self.page.office.code.to_owned(),
            Column::HostUscc => self.host().map_or_else(String::new, |it| it.as_str().to_owned()),
            Column::DispatchAgreement => {
                self.host().map_or_else(String::new, |_| format!("PQ2022-{:03}", self.index + 1))
            }
            Column::SharingAgreement => {
                self.host().map_or_else(String::new, |_| format!("FP2022-{:03}", self.index + 1))
            }
            Column::Remark if self.index % 40 == 7 => "新招用".to_owned(),
            Column::Remark | Column::Headcount | Column::ResidentId | Column::Uscc => String::new(),
        }
    }

    /// The number; whoever is claimed once more is mostly typed in another way, so that spelling alone would hide the double.
    fn resident_id(&self, draw: &mut Draw) -> (String, Option<&'static str>) {
        let number = &self.entry.graduate.resident_id;
        if self.plays(Part::NumberMistyped) {
            let typed = spelling::impossible_number(number, self.entry.variant);
            let reason = ResidentId::parse(&typed).err().map(|error| error.code());
            return (typed, reason);
        }
        let typed = if self.entry.turn == Turn::Second && draw.chance(650) {
            spelling::otherwise_typed_number(draw, number)
        } else {
            spelling::typed_number(draw, number)
        };
        (typed, None)
    }

    fn uscc(&self) -> (String, Option<&'static str>) {
        let code = self.entry.claimant.uscc.as_str();
        if !self.plays(Part::CodeMistyped) {
            return (code.to_owned(), None);
        }
        let last = if code.ends_with('7') { '3' } else { '7' };
        let typed: String = code.chars().take(code.len() - 1).chain([last]).collect();
        let reason = Uscc::parse(&typed).err().map(|error| error.code());
        (typed, reason)
    }

    /// The account the enterprise wants to be paid to: none, the tax department's, or for some another one.
    fn account(&self, draw: &mut Draw) -> String {
        let claimant = self.entry.claimant;
        if self.plays(Part::WrongAccount) {
            return format!("6217{}", draw.digits(15));
        }
        match claimant.corporate.as_ref().or(claimant.contribution.as_ref()) {
            Some(account) if draw.chance(600) => spelling::typed_account(draw, account.number.as_str()),
            Some(_) | None => String::new(),
        }
    }

    fn plays(&self, part: Part) -> bool {
        self.entry.graduate.part == part
    }

    /// The papers shown: the claimant's own, or those of the true employer if it has none.
    fn job(&self) -> &Job {
        let jobs = &self.entry.graduate.jobs;
        jobs.iter().find(|job| job.employer == self.entry.claimant.uscc).unwrap_or(&jobs[0])
    }

    fn host(&self) -> Option<&Uscc> {
        let job = self.job();
        (job.funded_by != job.employer).then_some(&job.funded_by)
    }
}
