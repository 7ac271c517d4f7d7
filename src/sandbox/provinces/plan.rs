//! What is planted: schemes and slips that should be found, and hard negatives that should not.
//!
//! All people planted are people of their own, so that the clean rows need no exceptions. A plan holds the planted rows alone, some
//! two in a hundred; the clean ones are made when they are written.

mod innocent;
mod rings;
mod twice;
mod wrong;

use super::super::population::{Draw, Seed};
use super::crowd::Crowd;
use super::name::Name;
use super::number::Typed;
use super::register::{Cohort, Number, Register, Site, counties_of, draw_of, province};
use super::row::{Account, Row};

/// How a group is called in the truth file: a word, and the place of the slip from 1 where each place is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    word: &'static str,
    place: Option<u64>,
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.place {
            Some(place) => write!(f, "{}_{place:02}", self.word),
            None => f.write_str(self.word),
        }
    }
}

/// Rows that belong together.
pub(super) struct Group {
    pub(super) label: Label,
    /// Whether its claims look alike and are no pair.
    pub(super) is_negative: bool,
    pub(super) rows: std::ops::Range<usize>,
}

/// A kind of group, and how often it is planted.
struct Scheme {
    word: &'static str,
    /// How many places a slip of this kind can be in; 1 where that is not counted.
    places: u64,
    /// Groups among a million people; at least one for each place.
    per_million: u64,
    /// People in a group, at most.
    people: u64,
    /// Makes the rows of a group with the slip at a place; `None` where the people drawn do not fit.
    make: fn(&mut Planner<'_>, &mut Draw, u64) -> Option<Vec<Row>>,
}

impl Scheme {
    fn groups(&self, people: u64) -> u64 {
        (people * self.per_million / 1_000_000).max(self.places)
    }
}

fn schemes() -> impl Iterator<Item = (&'static Scheme, bool)> {
    let planted = [twice::SCHEMES, wrong::SCHEMES, rings::SCHEMES].into_iter().flatten();
    planted.map(|it| (it, false)).chain(innocent::SCHEMES.iter().map(|it| (it, true)))
}

/// How often other people are drawn for a group whose first did not fit, or came too near somebody.
const ATTEMPTS: u64 = 200;

/// What is planted.
pub(super) struct Plan {
    pub(super) rows: Vec<Row>,
    pub(super) groups: Vec<Group>,
    pub(super) crowd: Crowd,
}

impl Plan {
    /// How many people take part, at most.
    pub(super) fn people(people: u64) -> u64 {
        schemes().map(|(scheme, _)| scheme.groups(people) * scheme.people).sum()
    }

    /// Plants every scheme beside the clean people of a register.
    pub(super) fn make(register: &Register, people: u64) -> Self {
        let mut planner = Planner {
            register,
            plan: Self { rows: Vec::new(), groups: Vec::new(), crowd: Crowd::default() },
            people: [0; 2],
            names: 0,
            phones: 0,
            founded: 0,
            group_accounts: 0,
        };
        for (number, (scheme, is_negative)) in (0..).zip(schemes()) {
            for group in 0..scheme.groups(people) {
                planner.plant(number, scheme, is_negative, group);
            }
        }
        planner.plan
    }
}

/// Gives out people, phones and enterprises that no clean row has.
struct Planner<'a> {
    register: &'a Register,
    plan: Plan,
    people: [u64; 2],
    names: u64,
    phones: u64,
    founded: u32,
    group_accounts: u64,
}

impl Planner<'_> {
    fn plant(&mut self, number: u64, scheme: &'static Scheme, is_negative: bool, group: u64) {
        let place = group % scheme.places;
        for attempt in 0..ATTEMPTS {
            let mut draw = draw_of(self.register.seed, number, group * ATTEMPTS + attempt);
            let Some(rows) = (scheme.make)(self, &mut draw, place) else { continue };
            if !rows.iter().all(|row| self.plan.crowd.is_free(self.register, row, &rows)) {
                continue;
            }
            let from = self.plan.rows.len();
            for row in &rows {
                self.plan.crowd.add(self.register, row);
            }
            self.plan.rows.extend(rows);
            let label = Label { word: scheme.word, place: (scheme.places > 1).then_some(place + 1) };
            self.plan.groups.push(Group { label, is_negative, rows: from..self.plan.rows.len() });
            return;
        }
    }

    fn seed(&self) -> Seed {
        self.register.seed
    }

    /// A number that nobody has yet.
    fn number(&mut self, cohort: Cohort) -> Number {
        loop {
            let next = &mut self.people[cohort as usize];
            *next += 1;
            let number = self.register.number(cohort, self.register.clean_of(cohort) + *next - 1);
            if !self.plan.crowd.has(number) {
                return number;
            }
        }
    }

    /// Whether a number can still be given out.
    fn is_free(&self, number: Number) -> bool {
        let given = self.register.clean_of(number.cohort) + self.people[number.cohort as usize];
        self.register.index(number) >= given && !self.plan.crowd.has(number)
    }

    fn name(&mut self) -> Name {
        self.names += 1;
        Name::of(self.register.clean() + self.names - 1)
    }

    /// A name for which something can be found, which is answered with it.
    fn name_with<T>(
        &mut self,
        draw: &mut Draw,
        find: &mut impl FnMut(&Self, &str, &mut Draw) -> Option<T>,
    ) -> Option<(Name, T)> {
        const NAMES_TRIED: usize = 2_000;
        (0..NAMES_TRIED).find_map(|_| {
            let name = self.name();
            find(self, &name.text(self.seed()), draw).map(|found| (name, found))
        })
    }

    fn phone(&mut self) -> u64 {
        self.phones += 1;
        self.register.clean() + self.phones - 1
    }

    /// An enterprise of which only planted rows know.
    fn found(&mut self, county: u16) -> Site {
        self.founded += 1;
        Site { county, ordinal: self.register.enterprises + self.founded - 1 }
    }

    /// A claim without a fault, for somebody new.
    fn claim(&mut self, draw: &mut Draw, cohort: Cohort) -> Row {
        let (number, name) = (self.number(cohort), self.name());
        self.claim_of(draw, number, name)
    }

    fn claim_of(&mut self, draw: &mut Draw, number: Number, name: Name) -> Row {
        let phone = self.phone();
        Row::new(self.register, draw, number, name, phone)
    }

    /// The same person claimed for again.
    fn again(&mut self, draw: &mut Draw, row: &Row, by: By) -> Row {
        let site = match by {
            By::SameEnterprise => row.site,
            By::SameProvince => self.other_site(draw, row, &counties_of(province(row.county))),
            By::OtherProvince => {
                let counties: Vec<u16> = PROVINCES
                    .into_iter()
                    .filter(|other| *other != province(row.county))
                    .flat_map(counties_of)
                    .collect();
                self.other_site(draw, row, &counties)
            }
        };
        let month = draw.between(5, 12) as u8;
        Row { site, county: site.county, month, account: Account::Of(site), ..*row }
    }

    fn other_site(&self, draw: &mut Draw, row: &Row, counties: &[u16]) -> Site {
        loop {
            let county = *draw.pick(counties);
            let site = self.register.site(draw, county);
            if site != row.site {
                return site;
            }
        }
    }

    /// The same again, by an enterprise of either kind, for a slip in one of the two. At another enterprise the phone is another, too:
    /// one phone of two enterprises and two numbers would be a finding of its own.
    fn again_anywhere(&mut self, draw: &mut Draw, row: &Row) -> Row {
        let by = match draw.between(0, 9) {
            0..=3 => By::SameEnterprise,
            4..=7 => By::SameProvince,
            _ => By::OtherProvince,
        };
        let again = self.again(draw, row, by);
        let phone = match by {
            By::SameEnterprise => row.phone,
            By::SameProvince | By::OtherProvince => draw.chance(500).then(|| self.phone()),
        };
        Row { phone, ..again }
    }
}

const PROVINCES: [u32; 6] = [13, 14, 32, 34, 37, 41];

/// Who claims again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    SameEnterprise,
    SameProvince,
    OtherProvince,
}

fn cohort(draw: &mut Draw) -> Cohort {
    if draw.chance(550) { Cohort::Graduate } else { Cohort::Worker }
}

/// Whether somebody was of age when 15-digit cards were still issued.
fn may_be_old(register: &Register, number: Number) -> bool {
    number.cohort == Cohort::Worker && register.resident_id(number).birth_date().year() < 1984
}

/// The row with its number typed another way.
fn typed(row: Row, typed: Typed) -> Row {
    Row { typed, ..row }
}
