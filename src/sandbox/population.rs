//! Seeded people and firms of two cities, as the registries know them on the day of the story. All numbers are made up.

pub mod places;

mod draw;
mod enterprises;
mod graduates;
mod people;
mod trades;
pub(in crate::sandbox) mod words;
mod world;

pub mod cast;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::domain::calendar::{self, Month};
use crate::domain::eligibility::evidence::{Award, Diploma, EmploymentContract, EnrollmentLevel, EntityType, Standing};
use crate::domain::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};

pub use cast::{Cast, Part};
pub(in crate::sandbox) use draw::{Draw, Stream};
pub(in crate::sandbox) use enterprises::{ORGANIZATION_LETTERS, organization_check};
pub use world::World;

/// What a world is made from: the same seed and scale give the same world, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The seed of the demo.
    pub const DEMO: Self = Self(20_220_901);
}

/// How large a world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Insured units, dispatch agencies and their hosts included.
    pub enterprises: usize,
    /// Graduates of 2022, the ones with a part to play included.
    pub graduates: usize,
    /// Dispatch agencies; each has two hosts.
    pub agencies: usize,
    /// Divides the number of other staff.
    pub staff_divisor: u32,
    /// How many play which part.
    pub cast: Cast,
}

impl Scale {
    /// Some 5,000 graduates of 400 enterprises.
    pub const fn demo() -> Self {
        Self { enterprises: 400, graduates: 5_000, agencies: 3, staff_divisor: 1, cast: Cast::DEMO }
    }

    /// Every kind of case at least once, made in a moment.
    pub const fn small() -> Self {
        Self { enterprises: 40, graduates: 200, agencies: 1, staff_divisor: 4, cast: Cast::SMALL }
    }
}

/// The day of the story, on which all rosters are submitted.
pub const STORY_DAY: Date = date(2022, 10, 10);

/// The last month whose contributions are booked: the story's own, in which most have paid by then (worked case 2).
pub fn booked_until() -> Month {
    Month::of(STORY_DAY)
}

/// The instant the story begins: nine in the morning in China.
pub fn story_start() -> Timestamp {
    calendar::cst_midnight(STORY_DAY).saturating_add(SignedDuration::from_hours(9)).unwrap_or(Timestamp::MAX)
}

/// A bank account as the tax department keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    pub number: BankAccount,
    pub bank: String,
    pub effective_from: Date,
}

/// On which side of labour dispatch an enterprise is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Dispatch {
    Neither,
    /// Licensed, with the hosts it sends workers to.
    Agency(Vec<Uscc>),
    /// Uses dispatched workers of this agency and funds their contributions.
    Host(Uscc),
}

/// An insured unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enterprise {
    pub uscc: Uscc,
    pub name: EnterpriseName,
    pub entity_type: EntityType,
    /// GB/T 4754-2017.
    pub sector: &'static str,
    pub level: EnrollmentLevel,
    pub enrollment_region: Region,
    pub place_of_business: Region,
    pub dispatch: Dispatch,
    /// 对公账户.
    pub corporate: Option<Account>,
    /// 缴纳社会保险费账户.
    pub contribution: Option<Account>,
    pub awards: Vec<Award>,
    /// Whether the story has it claim retention training a second time.
    pub claims_twice: bool,
}

impl Enterprise {
    /// Has a corporate account and no part in dispatch, so that nothing but the planted can hold its claims.
    pub fn is_plain(&self) -> bool {
        self.corporate.is_some() && self.dispatch == Dispatch::Neither && self.claims_by_notice()
    }

    /// Whether it is licensed to send workers to others.
    pub fn is_dispatch_agency(&self) -> bool {
        match self.dispatch {
            Dispatch::Agency(_) => true,
            Dispatch::Neither | Dispatch::Host(_) => false,
        }
    }

    /// Whether the notice names this kind of unit at all; others submit nothing in the story.
    pub fn claims_by_notice(&self) -> bool {
        self.entity_type != EntityType::PublicInstitution
    }
}

/// A person's insurance under one enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Insured {
    pub from: Month,
    /// The last month of enrollment; none while it goes on.
    pub until: Option<Month>,
    /// The last month paid for; none while all are.
    pub paid_until: Option<Month>,
    pub standing: Standing,
}

impl Insured {
    /// Enrolled since a month, everything paid.
    pub fn current(from: Month) -> Self {
        Self { from, until: None, paid_until: None, standing: Standing::Current }
    }

    /// Whether the person is enrolled in a month.
    pub fn covers(&self, month: Month) -> bool {
        self.from <= month && self.until.is_none_or(|until| month <= until)
    }

    /// Whether the month is paid for.
    pub fn is_paid(&self, month: Month) -> bool {
        self.covers(month) && self.paid_until.is_none_or(|until| month <= until)
    }
}

/// What a person has with one employer, as the insurance database and the employment system know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Job {
    /// The employer under whom the person is enrolled.
    pub employer: Uscc,
    /// Who really funds the contributions.
    pub funded_by: Uscc,
    pub insured: Insured,
    pub contract: Option<EmploymentContract>,
    pub registered_on: Option<Date>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resident {
    pub resident_id: ResidentId,
    /// The name on the identity card, which the rosters bear.
    pub name: PersonName,
    /// The name under this number in the credential registry.
    pub credential_name: PersonName,
    /// The name under this number in the insurance database.
    pub insurance_name: PersonName,
    pub phone: Phone,
    pub diplomas: Vec<Diploma>,
    /// The first is with the employer that truly hired.
    pub jobs: Vec<Job>,
    pub awards: Vec<Award>,
    pub part: Part,
    /// Who else claims this graduate in the story.
    pub other_claimant: Option<Uscc>,
}
