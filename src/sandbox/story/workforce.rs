//! The rosters for retention training: headcounts by zone and by application, and workers by name on either side of a dispatch.

use super::layout::{self, Column, Layout};
use super::spelling;
use super::{
    ClaimFate, FileFormat, Office, Planted, RosterFile, RosterKind, RowFate, Script, StoryRow, request_id, zones,
};
use crate::domain::calendar::Month;
use crate::domain::claim::ClaimRoute;
use crate::domain::eligibility::evidence::EntityType;
use crate::domain::identity::Uscc;
use crate::domain::suspect::SuspectRule;
use crate::sandbox::population::{Dispatch, Draw, Enterprise, Resident, STORY_DAY, World};

/// The five hard-hit industries by GB/T 4754-2017: catering, retail, tourism, civil aviation, rail, road and water transport.
const HARD_HIT: [&str; 9] = ["62", "52", "7291", "785", "786", "56", "53", "54", "55"];
/// One in this many enterprises that are not entitled asks all the same.
const VAIN_APPLICATIONS_EVERY: usize = 12;

/// Writes all rosters for retention training.
pub(super) fn write(world: &World, draw: &mut Draw, script: &mut Script) {
    let mut twice = world.enterprises.iter().filter(|it| it.claims_twice);
    for office in Office::all() {
        let own = || world.enterprises.iter().filter(|it| office.enrolls(it) && it.claims_by_notice());
        let listed: Vec<&Enterprise> = own().filter(|it| is_listed(world, it)).collect();
        headcounts(world, draw, script, office, ClaimRoute::Automatic, &listed);
        let mut applying: Vec<&Enterprise> = own().filter(|it| is_applying(world, it)).collect();
        applying.extend(twice.by_ref().take(claimed_again_at(office)));
        headcounts(world, draw, script, office, ClaimRoute::SelfApplied, &applying);
        let dispatching: Vec<&Enterprise> = own().filter(|it| it.dispatch != Dispatch::Neither).collect();
        by_name(world, draw, script, office, &dispatching);
    }
}

/// How many enterprises of a zone's list apply once more at this office: at their own, at the next county's, or at the city's.
fn claimed_again_at(office: Office) -> usize {
    match office.code {
        "371502" => 2,
        "371503" | "371500" => 1,
        _ => 0,
    }
}

/// Entitled without applying: its place is a zone, and somebody was paid for in the month that counts.
fn is_listed(world: &World, enterprise: &Enterprise) -> bool {
    let onset = zones::onset_month(enterprise.place_of_business);
    enterprise.dispatch == Dispatch::Neither
        && onset.is_some_and(|month| world.headcount(&enterprise.uscc, month).contributing > 0)
}

/// Applies: no zone, and one of the five industries, or in vain.
fn is_applying(world: &World, enterprise: &Enterprise) -> bool {
    let index = world.enterprises.iter().position(|it| it.uscc == enterprise.uscc).unwrap_or_default();
    enterprise.dispatch == Dispatch::Neither
        && zones::onset_month(enterprise.place_of_business).is_none()
        && headcount(world, enterprise) > 0
        && (is_entitled_by_application(enterprise) || index.is_multiple_of(VAIN_APPLICATIONS_EVERY))
}

/// Enterprises by their industry; the units that are treated like enterprises in any (参照实施).
fn is_entitled_by_application(enterprise: &Enterprise) -> bool {
    enterprise.entity_type != EntityType::Enterprise || HARD_HIT.iter().any(|code| enterprise.sector.starts_with(code))
}

/// The people who count: those of the zone's month, or of the month of application.
fn headcount(world: &World, enterprise: &Enterprise) -> u32 {
    let month = zones::onset_month(enterprise.place_of_business).unwrap_or(Month::of(STORY_DAY));
    let count = world.headcount(&enterprise.uscc, month);
    count.contributing - count.funded_by_hosts
}

/// One roster of headcounts.
fn headcounts(
    world: &World,
    draw: &mut Draw,
    script: &mut Script,
    office: Office,
    route: ClaimRoute,
    enterprises: &[&Enterprise],
) {
    let stem = match route {
        ClaimRoute::Automatic => "retention-listed",
        ClaimRoute::SelfApplied => "retention-applied",
    };
    let layout = layout::HEADCOUNTS[office.number % layout::HEADCOUNTS.len()];
    let mut sheet = Sheet::new(office, layout, stem, route);
    for enterprise in enterprises {
        let line = Line { enterprise, headcount: Some(headcount(world, enterprise)), worker: None, host: None };
        let fate = if enterprise.claims_twice {
            ClaimFate::Suspect(SuspectRule::EnterpriseTwice)
        } else if route == ClaimRoute::SelfApplied && !is_entitled_by_application(enterprise) {
            ClaimFate::NotEntitled
        } else if enterprise.corporate.is_none() {
            // No account but the corporate one is ever paid (worked case 18).
            ClaimFate::Held
        } else {
            ClaimFate::Entitled
        };
        sheet.claim(draw, script, &line, fate);
    }
    sheet.hand_in(script);
}

/// The roster of agencies and hosts, each claim a headcount followed by workers by name.
fn by_name(world: &World, draw: &mut Draw, script: &mut Script, office: Office, enterprises: &[&Enterprise]) {
    let mut sheet = Sheet::new(office, layout::DISPATCH, "retention-dispatch", ClaimRoute::SelfApplied);
    for enterprise in enterprises {
        let counted = counted_by_name(world, enterprise);
        let own = headcount(world, enterprise);
        let is_host = !enterprise.is_dispatch_agency();
        let claimed = if is_host { own + u32::try_from(counted.len()).unwrap_or_default() } else { own };
        let first = Line { enterprise, headcount: Some(claimed), worker: None, host: None };
        let fate = ClaimFate::Suspect(SuspectRule::WorkerBothSides);
        let number = sheet.claim(draw, script, &first, fate);
        for worker in counted {
            let host = is_host.then_some(&enterprise.uscc);
            let line = Line { enterprise, headcount: None, worker: Some(worker), host };
            sheet.row(draw, &line, RowFate::PartOf(number));
        }
    }
    sheet.hand_in(script);
}

/// The workers a claim names: an agency's own staff with one dispatched worker of each host among them, or all whom a host funds.
fn counted_by_name<'a>(world: &'a World, enterprise: &Enterprise) -> Vec<&'a Resident> {
    match &enterprise.dispatch {
        Dispatch::Agency(hosts) => {
            let own = world.roster(&enterprise.uscc, counting_month(enterprise));
            let own = own.filter(|(_, job)| job.funded_by == job.employer && job.contract.is_none()).map(|(it, _)| it);
            own.chain(hosts.iter().filter_map(|host| worker_on_both_sides(world, &enterprise.uscc, host))).collect()
        }
        Dispatch::Host(agency) => sent(world, agency, &enterprise.uscc).collect(),
        Dispatch::Neither => Vec::new(),
    }
}

fn counting_month(enterprise: &Enterprise) -> Month {
    zones::onset_month(enterprise.place_of_business).unwrap_or(Month::of(STORY_DAY))
}

/// The workers whom an agency sent to a host for the whole year; graduates have come only lately.
fn sent<'a>(world: &'a World, agency: &Uscc, host: &Uscc) -> impl Iterator<Item = &'a Resident> {
    let host = host.clone();
    world.staff(agency).filter(move |(_, job)| job.funded_by == host && job.contract.is_none()).map(|(it, _)| it)
}

/// The one dispatched worker whom the agency counts as its own staff.
fn worker_on_both_sides<'a>(world: &'a World, agency: &Uscc, host: &Uscc) -> Option<&'a Resident> {
    sent(world, agency, host).next()
}

/// What a row says.
struct Line<'a> {
    enterprise: &'a Enterprise,
    headcount: Option<u32>,
    worker: Option<&'a Resident>,
    host: Option<&'a Uscc>,
}

/// A roster while it is written.
struct Sheet {
    layout: Layout,
    file: RosterFile,
}

impl Sheet {
    fn new(office: Office, layout: Layout, stem: &str, route: ClaimRoute) -> Self {
        let formats = [FileFormat::Gb18030, FileFormat::Utf8, FileFormat::Utf8WithMark];
        let file = RosterFile {
            region: office.region(),
            office: office.title(),
            file_name: format!("{}-{stem}.csv", office.code),
            kind: RosterKind::Workforce,
            route,
            format: formats[office.number % formats.len()],
            title: vec![format!("{}2022年一次性留工培训补助申报表", office.name)],
            header: layout::header(layout),
            rows: Vec::new(),
            notes: vec!["注：人数以社会保险信息数据库为准。".to_owned()],
        };
        Self { layout, file }
    }

    /// Begins a claim; the number of its first row.
    fn claim(&mut self, draw: &mut Draw, script: &mut Script, line: &Line<'_>, fate: ClaimFate) -> u32 {
        let number = self.row(draw, line, RowFate::Claim(fate));
        let requests = script.workforces.entry(line.enterprise.uscc.clone()).or_default();
        requests.push(request_id(&self.file.file_name, number));
        number
    }

    fn row(&mut self, draw: &mut Draw, line: &Line<'_>, fate: RowFate) -> u32 {
        let above = self.file.title.len() + 1 + self.file.rows.len();
        let number = u32::try_from(above).unwrap_or(u32::MAX).saturating_add(1);
        let cells = self.layout.iter().map(|(column, _)| self.cell(draw, line, *column)).collect();
        self.file.rows.push(StoryRow { number, cells, fate });
        number
    }

    fn cell(&self, draw: &mut Draw, line: &Line<'_>, column: Column) -> String {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        match column {
            Column::Number => (self.file.rows.len() + 1).to_string(),
            Column::EnterpriseName => line.enterprise.name.as_str().to_owned(),
            Column::Uscc => line.enterprise.uscc.as_str().to_owned(),
            Column::Headcount => line.headcount.map_or_else(String::new, |it| it.to_string()),
            Column::Account => match &line.enterprise.corporate {
                Some(account) if draw.chance(500) => spelling::typed_account(draw, account.number.as_str()),
                Some(_) | None => String::new(),
            },
            Column::Name => text(line.worker.map(|it| it.name.as_str())),
            Column::ResidentId => {
                line.worker.map_or_else(String::new, |it| spelling::typed_number(draw, &it.resident_id))
            }
            Column::Phone => text(line.worker.map(|it| it.phone.as_str())),
            Column::HostUscc => text(line.host.map(Uscc::as_str)),
            Column::Remark
            | Column::Institution
            | Column::GraduatedOn
            | Column::ContractFrom
            | Column::ContractUntil
            | Column::ContractPeriod
            | Column::RegionName
            | Column::RegionCode
            | Column::DispatchAgreement
            | Column::SharingAgreement => String::new(),
        }
    }

    fn hand_in(self, script: &mut Script) {
        if !self.file.rows.is_empty() {
            script.rosters.push(self.file);
        }
    }
}

/// The planted cases among claims for retention training.
pub(super) fn planted(world: &World, script: &Script) -> Vec<Planted> {
    let mut planted = Vec::new();
    let requests = |uscc: &Uscc| script.workforces.get(uscc).cloned().unwrap_or_default();
    for enterprise in world.enterprises.iter().filter(|it| it.claims_twice) {
        planted.push(Planted {
            rule: SuspectRule::EnterpriseTwice,
            description_zh: "同一企业既列入免申即享名单又另行申请留工培训补助".to_owned(),
            requests: requests(&enterprise.uscc),
            person: None,
            enterprises: vec![enterprise.uscc.clone(); 2],
        });
    }
    for agency in &world.enterprises {
        let hosts: &[Uscc] = match &agency.dispatch {
            Dispatch::Agency(hosts) => hosts,
            Dispatch::Host(_) | Dispatch::Neither => &[],
        };
        for host in hosts {
            planted.push(Planted {
                rule: SuspectRule::WorkerBothSides,
                description_zh: "同一派遣职工被派遣企业和用工企业同时计入".to_owned(),
                requests: [requests(&agency.uscc), requests(host)].concat(),
                person: worker_on_both_sides(world, &agency.uscc, host).map(|it| it.resident_id.clone()),
                enterprises: vec![agency.uscc.clone(), host.clone()],
            });
        }
    }
    planted
}
