//! The insured units: codes, names, sectors, accounts, and who dispatches workers to whom.

use std::collections::HashSet;

use jiff::civil::{Date, date};

use super::draw::{Draw, Stream};
use super::places::{self, City, Place};
use super::trades::{DISPATCH, HOSTS, PUBLIC, TRADES, Trade};
use super::words::{BANKS, BRANDS};
use super::{Account, Dispatch, Enterprise, Scale, Seed};
use crate::domain::eligibility::evidence::{Award, AwardKind, EnrollmentLevel, EntityType};
use crate::domain::identity::{BankAccount, EnterpriseName, Uscc};

/// Hosts of each dispatch agency.
const HOSTS_OF_AGENCY: usize = 2;
/// One unit in this many is a public institution, which no clause of the notice names.
const PUBLIC_EVERY: usize = 97;
/// One unit in this many pays its contributions from an account and has no corporate one.
const CONTRIBUTION_ONLY_EVERY: usize = 17;
/// One unit in this many has no account at all.
const NO_ACCOUNT_EVERY: usize = 53;
/// One unit in this many is insured at the municipal level.
const MUNICIPAL_EVERY: usize = 13;
/// Where agencies and their hosts are. Agencies lie in zones and hosts are in hard-hit industries, so that neither side's claim is
/// refused: a refused claim gives its workers up, and the other side would count them in peace.
const AGENCY_PLACES: [(&str, [&str; HOSTS_OF_AGENCY]); 3] =
    [("371502", ["371521", "371524"]), ("3715A1", ["371502", "371526"]), ("410902", ["410922", "410926"])];
/// The county whose zone list and whose applications both name some enterprises.
const CLAIMED_TWICE_AT: &str = "371502";

/// All units of a world: ordinary ones first, then each agency followed by its hosts.
pub(super) fn generate(seed: Seed, scale: &Scale) -> Vec<Enterprise> {
    let mut founder =
        Founder { draw: Draw::new(seed, Stream::Enterprises), codes: HashSet::new(), names: HashSet::new() };
    let dispatching = scale.agencies * (1 + HOSTS_OF_AGENCY);
    let mut enterprises: Vec<Enterprise> =
        (0..scale.enterprises.saturating_sub(dispatching)).map(|number| founder.ordinary(number)).collect();
    for number in 0..scale.agencies {
        enterprises.extend(founder.dispatching(number));
    }
    let candidates =
        enterprises.iter_mut().filter(|it| it.is_plain() && it.enrollment_region.as_str() == CLAIMED_TWICE_AT);
    for enterprise in candidates.take(enterprises_claimed_twice(scale)) {
        enterprise.claims_twice = true;
    }
    enterprises
}

/// How many enterprises the story has claim retention training twice.
fn enterprises_claimed_twice(scale: &Scale) -> usize {
    if scale.enterprises >= 400 { 4 } else { 1 }
}

/// Letters of organization codes; I, O, S, V and Z are never used.
pub(in crate::sandbox) const ORGANIZATION_LETTERS: [char; 19] =
    ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'T', 'U', 'W'];

struct Founder {
    draw: Draw,
    codes: HashSet<Uscc>,
    names: HashSet<EnterpriseName>,
}

impl Founder {
    fn ordinary(&mut self, number: usize) -> Enterprise {
        let places: Vec<(&City, &Place)> = places::all().collect();
        // Every place has one; the rest lie mostly where most people live.
        let (city, place) = match places.get(number) {
            Some(place) => *place,
            None if self.draw.chance(300) => places[if self.draw.chance(650) { 0 } else { 9 }],
            None => *self.draw.pick(&places),
        };
        let trade = if number % PUBLIC_EVERY == PUBLIC_EVERY - 1 { PUBLIC } else { *self.draw.pick_common(&TRADES) };
        let mut enterprise = self.found(city, place, &trade);
        if number % MUNICIPAL_EVERY == 7 {
            enterprise.level = EnrollmentLevel::Municipal;
            enterprise.enrollment_region = places::region(city.code);
        }
        if number % NO_ACCOUNT_EVERY == 20 {
            (enterprise.corporate, enterprise.contribution) = (None, None);
        } else if number % CONTRIBUTION_ONLY_EVERY == 5 {
            (enterprise.corporate, enterprise.contribution) = (None, Some(self.account(city)));
        }
        if enterprise.entity_type == EntityType::PublicInstitution {
            enterprise.awards.push(Award {
                kind: AwardKind::RetentionTraining,
                enterprise: enterprise.uscc.clone(),
                region: enterprise.enrollment_region,
                awarded_on: date(2022, 7, 15),
                reference: format!("LGPX-2022-{number:05}"),
            });
        }
        enterprise
    }

    /// An agency and its hosts.
    fn dispatching(&mut self, number: usize) -> Vec<Enterprise> {
        let at = |code: &str| places::all().find(|(_, place)| place.code == code);
        let (agency_at, hosts_at) = AGENCY_PLACES[number % AGENCY_PLACES.len()];
        let mut hosts: Vec<Enterprise> = Vec::new();
        for (city, place) in hosts_at.into_iter().filter_map(at) {
            hosts.push(self.found(city, place, &HOSTS));
        }
        let Some((city, place)) = at(agency_at) else { return hosts };
        let mut agency = self.found(city, place, &DISPATCH);
        agency.dispatch = Dispatch::Agency(hosts.iter().map(|host| host.uscc.clone()).collect());
        for host in &mut hosts {
            host.dispatch = Dispatch::Host(agency.uscc.clone());
        }
        hosts.insert(0, agency);
        hosts
    }

    fn found(&mut self, city: &City, place: &Place, trade: &Trade) -> Enterprise {
        let region = places::region(place.code);
        let contribution = self.draw.chance(600).then(|| self.account(city));
        Enterprise {
            uscc: self.code(place, trade.entity),
            name: self.name(city, place, trade),
            entity_type: trade.entity,
            sector: trade.sector,
            level: EnrollmentLevel::County,
            enrollment_region: region,
            place_of_business: region,
            dispatch: Dispatch::Neither,
            corporate: Some(self.account(city)),
            contribution,
            awards: Vec::new(),
            claims_twice: false,
        }
    }

    /// Registering authority, kind of organization, place, and an organization code with its own check character (GB 11714).
    fn code(&mut self, place: &Place, entity: EntityType) -> Uscc {
        let kind = match entity {
            EntityType::Enterprise | EntityType::AccountingFirm => "91",
            EntityType::IndividualBusiness => "92",
            EntityType::SocialOrganization => "51",
            EntityType::SocialServiceInstitution => "52",
            EntityType::Foundation => "53",
            EntityType::LawFirm => "31",
            EntityType::PublicInstitution => "12",
        };
        loop {
            let organization = if kind == "91" || kind == "92" {
                format!("MA{}{}{}", self.draw.between(3, 9), self.letter(), self.draw.digits(4))
            } else {
                format!("5{}", self.draw.digits(7))
            };
            let body = format!("{kind}{}{organization}{}", place.issuer, organization_check(&organization));
            if let Some(code) = Uscc::from_body(&body).ok().filter(|code| self.codes.insert(code.clone())) {
                return code;
            }
        }
    }

    fn letter(&mut self) -> char {
        *self.draw.pick(&ORGANIZATION_LETTERS)
    }

    fn name(&mut self, city: &City, place: &Place, trade: &Trade) -> EnterpriseName {
        loop {
            let length = if self.draw.chance(200) { 3 } else { 2 };
            let brand: String = (0..length).map(|_| *self.draw.pick(&BRANDS)).collect();
            let tail = self.draw.pick(trade.tails);
            let seat = match trade.entity {
                EntityType::LawFirm => city.province,
                EntityType::Foundation | EntityType::AccountingFirm | EntityType::PublicInstitution => city.name,
                EntityType::Enterprise
                | EntityType::SocialOrganization
                | EntityType::SocialServiceInstitution
                | EntityType::IndividualBusiness => {
                    if self.draw.chance(250) {
                        city.province
                    } else {
                        place.short
                    }
                }
            };
            let text = format!("{seat}{brand}{tail}");
            if let Some(name) = EnterpriseName::parse(&text).ok().filter(|name| self.names.insert(name.clone())) {
                return name;
            }
        }
    }

    fn account(&mut self, city: &City) -> Account {
        let bank = self.draw.pick(&BANKS);
        let effective_from = Date::new(self.draw.between(2012, 2021) as i16, self.draw.between(1, 12) as i8, 1);
        loop {
            let length = if self.draw.chance(400) { 13 } else { 15 };
            let digits = format!("{}{}", self.draw.between(1501, 8999), self.draw.digits(length));
            if let Ok(number) = BankAccount::parse(&digits) {
                let effective_from = effective_from.unwrap_or(date(2012, 1, 1));
                return Account {
                    number,
                    bank: format!("{bank}{}分行", city.name.trim_end_matches('市')),
                    effective_from,
                };
            }
        }
    }
}

/// GB 11714: the check character of an eight-character organization code.
pub(in crate::sandbox) fn organization_check(body: &str) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().zip(WEIGHTS).map(|(it, weight)| it.to_digit(36).unwrap_or_default() * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}
