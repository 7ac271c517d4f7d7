//! Who and what exists: people, enterprises, accounts and phones, each told from an index and none kept.

use std::collections::HashMap;

use jiff::civil::{Date, date};

use super::super::population::{Draw, ORGANIZATION_LETTERS, Seed, Stream, organization_check};
use super::counties::COUNTIES;
use super::name::Name;
use super::permutation::Permutation;
use super::unihan::Unihan;
use crate::domain::identity::{ResidentId, Uscc};

/// Whom a claim can be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Cohort {
    /// Graduates of 2022.
    Graduate,
    /// Workers on a retention roster.
    Worker,
}

impl Cohort {
    /// First and last day of birth. Fifteen digits can only mean the 1900s.
    const fn born(self) -> (Date, Date) {
        match self {
            Self::Graduate => (date(1998, 1, 1), date(2001, 12, 31)),
            Self::Worker => (date(1963, 1, 1), date(1997, 12, 31)),
        }
    }
}

/// An identity number, told by where it stands among all that could be given to a cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number {
    pub(super) cohort: Cohort,
    at: u64,
}

/// Sequences in use a day and county. With more, numbers would lie farther apart than they really do.
const SEQUENCES: u64 = 400;
/// Of 1,000 people, how many are graduates.
const GRADUATES_PERMILLE: u64 = 550;
/// People of an enterprise, on average.
const PEOPLE_PER_ENTERPRISE: u64 = 14;
/// Organization codes of a county: a digit from 3 to 9, a letter, four digits.
const CODES: u64 = 7 * ORGANIZATION_LETTERS.len() as u64 * 10_000;
const ACCOUNTS: u64 = 10_000_000_000_000;
const PHONES: u64 = 7_000_000_000;
/// Room for the enterprises of one county in the numbering of all.
const ORDINALS: u64 = 1 << 24;

/// An enterprise: its county's index and its own there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Site {
    pub(super) county: u16,
    pub(super) ordinal: u32,
}

/// Whom the rows belong to.
pub(super) struct Register {
    pub(super) seed: Seed,
    pub(super) unihan: Unihan,
    /// How many people of each cohort are claimed for once and rightly.
    clean: [u64; 2],
    /// Enterprises of each county; those with a higher ordinal were founded for a scheme.
    pub(super) enterprises: u32,
    numbers: [Permutation; 2],
    codes: Permutation,
    accounts: Permutation,
    phones: Permutation,
    /// Every day of a cohort, and the place of each in it.
    days: [Vec<Date>; 2],
    places_of_days: HashMap<[u8; 8], u64>,
}

impl Register {
    pub(super) fn new(seed: Seed, clean: u64) -> Self {
        let days = [Cohort::Graduate, Cohort::Worker].map(|cohort| {
            let (first, last) = cohort.born();
            first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last).collect::<Vec<_>>()
        });
        let places_of_days = days
            .iter()
            .flat_map(|days| days.iter().zip(0..))
            .filter_map(|(day, place)| Some((day.strftime("%Y%m%d").to_string().as_bytes().try_into().ok()?, place)))
            .collect();
        let graduates = clean * GRADUATES_PERMILLE / 1_000;
        let capacity = |days: &Vec<Date>| COUNTIES.len() as u64 * days.len() as u64 * SEQUENCES;
        Self {
            seed,
            unihan: Unihan::load(),
            clean: [graduates, clean - graduates],
            enterprises: (clean / PEOPLE_PER_ENTERPRISE / COUNTIES.len() as u64) as u32 + 1,
            numbers: [Permutation::new(seed, 1, capacity(&days[0])), Permutation::new(seed, 2, capacity(&days[1]))],
            codes: Permutation::new(seed, 3, CODES),
            accounts: Permutation::new(seed, 4, ACCOUNTS),
            phones: Permutation::new(seed, 5, PHONES),
            days,
            places_of_days,
        }
    }

    /// How many people are claimed for once and rightly.
    pub(super) fn clean(&self) -> u64 {
        self.clean.iter().sum()
    }

    /// How many of a cohort are.
    pub(super) fn clean_of(&self, cohort: Cohort) -> u64 {
        self.clean[cohort as usize]
    }

    /// A person by the place in the row of all clean ones.
    pub(super) fn clean_person(&self, row: u64) -> (Number, Name) {
        let graduates = self.clean_of(Cohort::Graduate);
        let (cohort, index) = if row < graduates { (Cohort::Graduate, row) } else { (Cohort::Worker, row - graduates) };
        (self.number(cohort, index), Name::of(row))
    }

    /// The number of a cohort's person.
    pub(super) fn number(&self, cohort: Cohort, index: u64) -> Number {
        Number { cohort, at: self.numbers[cohort as usize].at(index) }
    }

    /// Whose number it is, within its cohort.
    pub(super) fn index(&self, number: Number) -> u64 {
        self.numbers[number.cohort as usize].of(number.at)
    }

    /// The number as it is printed on the card.
    pub(super) fn resident_id(&self, number: Number) -> ResidentId {
        let days = &self.days[number.cohort as usize];
        let (sequence, rest) = (number.at % SEQUENCES, number.at / SEQUENCES);
        let (day, county) = (rest % days.len() as u64, rest / days.len() as u64);
        let county = COUNTIES[county as usize].to_string();
        let made = ResidentId::from_parts(&county, days[day as usize], sequence as u16 + 1);
        made.unwrap_or_else(|_| unreachable!("counties, days and sequences are all possible"))
    }

    /// The county that issued it.
    pub(super) fn home(&self, number: Number) -> u16 {
        (number.at / SEQUENCES / self.days[number.cohort as usize].len() as u64) as u16
    }

    /// The number of the same county and day with another sequence.
    pub(super) fn beside(&self, number: Number, sequences: i64) -> Option<Number> {
        let at = number.at.checked_add_signed(sequences)?;
        (at / SEQUENCES == number.at / SEQUENCES).then_some(Number { at, ..number })
    }

    /// Any number of the same county.
    pub(super) fn neighbor(&self, number: Number, draw: &mut Draw) -> Number {
        let here = self.days[number.cohort as usize].len() as u64 * SEQUENCES;
        let at = u64::from(draw.between(0, u32::MAX)) % here;
        Number { at: number.at / here * here + at, ..number }
    }

    /// The number that has these first 17 digits, if it is one that could be given out here.
    pub(super) fn find(&self, body: &[u8; 17]) -> Option<Number> {
        let digits = |text: &[u8]| text.iter().fold(0_u32, |sum, it| sum * 10 + u32::from(it & 0x0F));
        let sequence = u64::from(digits(&body[14..])).checked_sub(1).filter(|it| *it < SEQUENCES)?;
        let county = COUNTIES.binary_search(&digits(&body[..6])).ok()? as u64;
        let day = *self.places_of_days.get(&body[6..14])?;
        let cohort = if &body[6..10] < b"1998".as_slice() { Cohort::Worker } else { Cohort::Graduate };
        Some(Number { cohort, at: (county * self.days[cohort as usize].len() as u64 + day) * SEQUENCES + sequence })
    }

    /// The person who has it, if one of the clean.
    pub(super) fn clean_owner(&self, number: Number) -> Option<Name> {
        let index = Some(self.index(number)).filter(|index| *index < self.clean_of(number.cohort))?;
        let before = if number.cohort == Cohort::Worker { self.clean_of(Cohort::Graduate) } else { 0 };
        Some(Name::of(before + index))
    }

    /// An enterprise for somebody from a county: mostly there, else in the province, else anywhere. The first are the largest.
    pub(super) fn employer(&self, draw: &mut Draw, home: u16) -> Site {
        let county = match draw.between(0, 99) {
            0..=84 => home,
            85..=94 => *draw.pick(&counties_of(province(home))),
            _ => draw.index(COUNTIES.len()) as u16,
        };
        self.site(draw, county)
    }

    /// One of a county's enterprises.
    pub(super) fn site(&self, draw: &mut Draw, county: u16) -> Site {
        let one = draw.between(0, self.enterprises - 1);
        let other = draw.between(0, self.enterprises - 1);
        Site { county, ordinal: one.min(other) }
    }

    /// Registering authority, kind, place, and an organization code with its own check character (GB 11714).
    pub(super) fn uscc(&self, site: Site) -> Uscc {
        // Each county begins elsewhere: the largest of two counties have nothing in common.
        const STRIDE: u64 = 104_729;
        let code = self.codes.at((u64::from(site.ordinal) + u64::from(site.county) * STRIDE) % CODES);
        let letter = ORGANIZATION_LETTERS[(code / 10_000) as usize % ORGANIZATION_LETTERS.len()];
        let digit = 3 + code / 10_000 / ORGANIZATION_LETTERS.len() as u64;
        let organization = format!("MA{digit}{letter}{:04}", code % 10_000);
        let kind = if code.is_multiple_of(8) { "92" } else { "91" };
        let county = COUNTIES[usize::from(site.county)];
        let body = format!("{kind}{county}{organization}{}", organization_check(&organization));
        Uscc::from_body(&body).unwrap_or_else(|_| unreachable!("every part is of the alphabet"))
    }

    /// The corporate account of an enterprise: its last 13 digits are nobody else's.
    pub(super) fn account(&self, site: Site) -> String {
        let digits = self.accounts.at(u64::from(site.county) * ORDINALS + u64::from(site.ordinal));
        let bank = 1_501 + digits % 7_000;
        if digits % 5 < 2 { format!("{bank}00{digits:013}") } else { format!("{bank}{digits:013}") }
    }

    /// A mobile number that nobody else has.
    pub(super) fn phone(&self, index: u64) -> String {
        let digits = self.phones.at(index);
        format!("1{}{:09}", 3 + digits / 1_000_000_000, digits % 1_000_000_000)
    }
}

/// The draws of one of a plan's groups.
pub(super) fn draw_of(seed: Seed, scheme: u64, group: u64) -> Draw {
    // More groups of a scheme than people are never planted.
    Draw::nth(seed, Stream::Plan, scheme << 32 | group)
}

/// The two digits of a county's province.
pub(super) fn province(county: u16) -> u32 {
    COUNTIES[usize::from(county)] / 10_000
}

/// The indexes of a province's counties.
pub(super) fn counties_of(province: u32) -> Vec<u16> {
    (0..).zip(COUNTIES).filter(|(_, code)| code / 10_000 == province).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::identity::{BankAccount, PersonName, Phone};

    #[test]
    fn a_number_leads_back_to_its_owner() {
        let register = Register::new(Seed(7), 5_000);
        let mut met = BTreeSet::new();
        for row in 0..register.clean() {
            let (number, name) = register.clean_person(row);
            let resident_id = register.resident_id(number);
            let found = register.find(resident_id.as_str().as_bytes().first_chunk().unwrap());
            assert_eq!((found, register.clean_owner(number)), (Some(number), Some(name)));
            assert!(met.insert(resident_id));
            let text = name.text(register.seed);
            assert_eq!(PersonName::parse(&text).unwrap().as_str(), text);
        }
        let beyond = register.number(Cohort::Graduate, register.clean_of(Cohort::Graduate));
        assert_eq!(register.clean_owner(beyond), None);
    }

    #[test]
    fn codes_accounts_and_phones_are_given_out_once() {
        let register = Register::new(Seed(7), 5_000);
        let sites: Vec<Site> =
            (0..776).flat_map(|county| (0..9).map(move |ordinal| Site { county, ordinal })).collect();
        let distinct = |texts: Vec<String>| texts.into_iter().collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(sites.iter().map(|it| register.uscc(*it).as_str().to_owned()).collect()), sites.len());
        let accounts: Vec<String> = sites.iter().map(|it| register.account(*it)).collect();
        assert!(accounts.iter().all(|it| BankAccount::parse(it).is_ok_and(|parsed| parsed.as_str() == it)));
        assert_eq!(distinct(accounts), sites.len());
        let phones: Vec<String> = (0..5_000).map(|index| register.phone(index)).collect();
        assert!(phones.iter().all(|it| Phone::parse(it).is_ok_and(|parsed| parsed.as_str() == it)));
        assert_eq!(distinct(phones), 5_000);
    }
}
