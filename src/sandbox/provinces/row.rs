//! One row of the claims: who, by whom, where, for what; and how it is written.

use super::super::population::{Draw, Stream};
use super::counties::COUNTIES;
use super::name::{Name, NameTyped};
use super::number::{Form, Typed};
use super::register::{Cohort, Number, Register, Site};
use crate::domain::identity::ResidentId;

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subsidy {
    JobExpansion,
    Hiring,
    Retention,
}

impl Subsidy {
    /// Whether one person may have both: a graduate's two exclude each other and themselves (五(二)), retention itself (五(一)).
    pub(super) fn conflicts(self, other: Self) -> bool {
        (self == Self::Retention) == (other == Self::Retention)
    }

    fn code(self) -> &'static str {
        match self {
            Self::JobExpansion => "job-expansion",
            Self::Hiring => "hiring-subsidy",
            Self::Retention => "retention-training",
        }
    }

    fn yuan(self) -> &'static str {
        match self {
            Self::JobExpansion => "1500.00",
            Self::Hiring => "1000.00",
            Self::Retention => "500.00",
        }
    }
}

/// Where the money is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The account of this enterprise, which need not be the claimant.
    Of(Site),
    /// One of a group's accounts at its bank, numbered one after the other.
    OfGroup(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The number on the person's card.
    pub(super) number: Number,
    pub(super) typed: Typed,
    pub(super) name: Name,
    pub(super) name_typed: NameTyped,
    pub(super) site: Site,
    /// The county that the claim was made in.
    pub(super) county: u16,
    pub(super) subsidy: Subsidy,
    /// Of 2022.
    pub(super) month: u8,
    pub(super) account: Account,
    pub(super) phone: Option<u64>,
    pub(super) is_phone_spaced: bool,
}

impl Row {
    /// A claim without a fault.
    pub(super) fn new(register: &Register, draw: &mut Draw, number: Number, name: Name, phone: u64) -> Self {
        let site = register.employer(draw, register.home(number));
        let subsidy = match number.cohort {
            Cohort::Worker => Subsidy::Retention,
            Cohort::Graduate if draw.chance(200) => Subsidy::Hiring,
            Cohort::Graduate => Subsidy::JobExpansion,
        };
        Self {
            number,
            typed: Typed::PLAIN,
            name,
            name_typed: NameTyped::Plain,
            site,
            county: site.county,
            subsidy,
            month: draw.between(5, 12) as u8,
            account: Account::Of(site),
            phone: Some(phone),
            is_phone_spaced: false,
        }
    }

    /// The claim of the person at this place among the clean ones, typed as people type.
    pub(super) fn clean(register: &Register, row: u64) -> Self {
        let (number, name) = register.clean_person(row);
        let mut draw = Draw::nth(register.seed, Stream::Claims, row);
        let mut claim = Self::new(register, &mut draw, number, name, row);
        match draw.between(0, 999) {
            0..=7 => claim.typed = Typed::form(Form::FullWidth),
            8..=15 => claim.typed = Typed::form(Form::Spaced),
            16..=20 => claim.typed = Typed::form(Form::Hyphens),
            21..=30 => claim.typed = Typed::form(Form::Apostrophe),
            31..=190 => claim.typed = Typed::form(Form::LowerX),
            191..=194 if number.cohort == Cohort::Worker => claim.typed = Typed::old(),
            _ => {}
        }
        match draw.between(0, 999) {
            0..=14 => claim.name_typed = NameTyped::Spaced,
            15..=17 => claim.name_typed = NameTyped::Invisible,
            18..=400 => claim.name_typed = NameTyped::Dot(*draw.pick(&NameTyped::DOTS)),
            _ => {}
        }
        if draw.chance(40) {
            claim.phone = None;
        }
        claim.is_phone_spaced = draw.chance(30);
        claim
    }

    pub(super) fn resident_id(&self, register: &Register) -> ResidentId {
        register.resident_id(self.number)
    }

    /// The number as it can be read from the file, if it can.
    pub(super) fn read(&self, register: &Register) -> Option<ResidentId> {
        ResidentId::parse(&self.typed.write(&self.resident_id(register))).ok()
    }

    /// Whether the number in the file does not vouch for itself: it cannot be read, or has no check character.
    pub(super) fn is_unsound(&self, register: &Register) -> bool {
        self.typed.is_old || self.read(register).is_none()
    }

    /// Whether it is of the same person, whatever was typed.
    pub(super) fn is_of_same_person(&self, other: &Self) -> bool {
        (self.number, self.name) == (other.number, other.name)
    }

    /// How the true name sounds.
    pub(super) fn sound(&self, register: &Register) -> String {
        register.unihan.sound(&self.name.text(register.seed))
    }

    pub(super) fn account(&self, register: &Register) -> String {
        match self.account {
            Account::Of(site) => register.account(site),
            // No bank of the enterprises' own accounts begins with a 9.
            Account::OfGroup(number) => format!("9558{number:013}"),
        }
    }

    fn phone(&self, register: &Register) -> String {
        let Some(phone) = self.phone.map(|index| register.phone(index)) else { return String::new() };
        match phone.split_at_checked(3) {
            Some((head, tail)) if self.is_phone_spaced => format!("{head} {tail}"),
            _ => phone,
        }
    }

    /// The columns, in the order of [`COLUMNS`].
    pub(super) fn write(&self, register: &Register, claim_id: &str) -> [String; COLUMNS.len()] {
        let county = COUNTIES[usize::from(self.county)];
        [
            claim_id.to_owned(),
            format!("{}0000", county / 10_000),
            county.to_string(),
            register.uscc(self.site).as_str().to_owned(),
            self.name_typed.write(&self.name.text(register.seed)),
            self.typed.write(&self.resident_id(register)),
            self.subsidy.code().to_owned(),
            format!("2022-{:02}", self.month),
            self.subsidy.yuan().to_owned(),
            self.account(register),
            self.phone(register),
        ]
    }
}

pub(super) const COLUMNS: [&str; 11] = [
    "claim_id",
    "province",
    "county",
    "uscc",
    "name",
    "resident_id",
    "subsidy",
    "month",
    "amount_yuan",
    "account",
    "phone",
];
