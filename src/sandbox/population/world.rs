//! The world: everything that is true in the sandbox, indexed as the registries are asked for it.

use std::collections::HashMap;

use super::draw::{Draw, Stream};
use super::graduates::{self, Post};
use super::people::Register;
use super::places;
use super::{Dispatch, Enterprise, Insured, Job, Part, Resident, Scale, Seed, enterprises};
use crate::domain::calendar::Month;
use crate::domain::eligibility::evidence::{Headcount, Standing};
use crate::domain::identity::{ResidentId, Uscc};

/// What the registries know. It never changes after it is made.
pub struct World {
    pub seed: Seed,
    /// In the order in which they were founded.
    pub enterprises: Vec<Enterprise>,
    /// The graduates first, then all other insured people.
    pub residents: Vec<Resident>,
    graduates: usize,
    by_code: HashMap<Uscc, usize>,
    by_number: HashMap<ResidentId, usize>,
    by_employer: HashMap<Uscc, Vec<usize>>,
}

impl World {
    /// Makes a world; the same seed and scale make the same one.
    pub fn generate(seed: Seed, scale: Scale) -> Self {
        let enterprises = enterprises::generate(seed, &scale);
        let mut register = Register::default();
        let mut residents = hire_graduates(seed, &scale, &enterprises, &mut register);
        let graduates = residents.len();
        residents.extend(hire_staff(seed, &scale, &enterprises, &mut register));
        let mut by_employer: HashMap<Uscc, Vec<usize>> = HashMap::new();
        for (index, resident) in residents.iter().enumerate() {
            for job in &resident.jobs {
                by_employer.entry(job.employer.clone()).or_default().push(index);
            }
        }
        Self {
            seed,
            graduates,
            by_code: enterprises.iter().enumerate().map(|(index, it)| (it.uscc.clone(), index)).collect(),
            by_number: residents.iter().enumerate().map(|(index, it)| (it.resident_id.clone(), index)).collect(),
            by_employer,
            enterprises,
            residents,
        }
    }

    /// The graduates of the story.
    pub fn graduates(&self) -> &[Resident] {
        &self.residents[..self.graduates]
    }

    /// The enterprise with this code.
    pub fn enterprise(&self, uscc: &Uscc) -> Option<&Enterprise> {
        self.by_code.get(uscc).map(|index| &self.enterprises[*index])
    }

    /// The person with this number.
    pub fn resident(&self, resident_id: &ResidentId) -> Option<&Resident> {
        self.by_number.get(resident_id).map(|index| &self.residents[*index])
    }

    /// Everybody who is or was enrolled under an enterprise, with the job there.
    pub fn staff(&self, uscc: &Uscc) -> impl Iterator<Item = (&Resident, &Job)> {
        let indexes = self.by_employer.get(uscc).map_or(&[][..], Vec::as_slice);
        indexes.iter().map(|index| &self.residents[*index]).flat_map(move |resident| {
            resident.jobs.iter().filter(move |job| job.employer == *uscc).map(move |job| (resident, job))
        })
    }

    /// The people of an enterprise enrolled and paid for in a month.
    pub fn roster(&self, uscc: &Uscc, month: Month) -> impl Iterator<Item = (&Resident, &Job)> {
        self.staff(uscc).filter(move |(_, job)| job.insured.is_paid(month))
    }

    /// How many they are, and how many of them a host funds.
    pub fn headcount(&self, uscc: &Uscc, month: Month) -> Headcount {
        let zero = Headcount { contributing: 0, funded_by_hosts: 0 };
        self.roster(uscc, month).fold(zero, |count, (_, job)| Headcount {
            contributing: count.contributing + 1,
            funded_by_hosts: count.funded_by_hosts + u32::from(job.funded_by != job.employer),
        })
    }
}

fn hire_graduates(seed: Seed, scale: &Scale, enterprises: &[Enterprise], register: &mut Register) -> Vec<Resident> {
    let mut draw = Draw::new(seed, Stream::Graduates);
    let hiring: Vec<&Enterprise> = enterprises.iter().filter(|it| it.claims_by_notice()).collect();
    let plain: Vec<&Enterprise> = hiring.iter().copied().filter(|it| it.is_plain()).collect();
    let mut parts: Vec<(Part, usize)> = scale.cast.players().collect();
    parts.resize(scale.graduates.max(parts.len()), (Part::Ordinary, 0));
    Draw::new(seed, Stream::Cast).shuffle(&mut parts);
    let mut first_of_each = hiring.iter();
    let mut residents = Vec::with_capacity(parts.len());
    for (part, number) in parts {
        let employer = if part == Part::Ordinary {
            // Every unit hires somebody; after that the ones drawn first hire most.
            first_of_each.next().copied().unwrap_or_else(|| *draw.pick_common(&hiring))
        } else {
            *draw.pick(&plain)
        };
        let host = match &employer.dispatch {
            Dispatch::Agency(hosts) if draw.chance(700) => Some(draw.pick(hosts).clone()),
            Dispatch::Agency(_) | Dispatch::Host(_) | Dispatch::Neither => None,
        };
        let post =
            Post { employer, host, other: other_claimant(&mut draw, part, employer, &plain), home: home(employer) };
        residents.push(graduates::graduate(&mut draw, register, &post, part, number));
    }
    residents
}

/// Another enterprise of the same province, or of the other one, as the part requires.
fn other_claimant<'a>(
    draw: &mut Draw,
    part: Part,
    employer: &Enterprise,
    plain: &[&'a Enterprise],
) -> Option<&'a Enterprise> {
    let province = employer.enrollment_region.province();
    if !matches!(part, Part::TwoEnterprises | Part::TwoProvinces) {
        return None;
    }
    let is_same_province = part == Part::TwoEnterprises;
    let fits = |it: &&&Enterprise| {
        it.uscc != employer.uscc && (it.enrollment_region.province() == province) == is_same_province
    };
    let candidates: Vec<&Enterprise> = plain.iter().filter(fits).copied().collect();
    if candidates.is_empty() { None } else { Some(*draw.pick(&candidates)) }
}

/// Everybody else: an enterprise's own staff, and the workers an agency sends to its hosts.
fn hire_staff(seed: Seed, scale: &Scale, enterprises: &[Enterprise], register: &mut Register) -> Vec<Resident> {
    let mut draw = Draw::new(seed, Stream::Staff);
    let mut residents = Vec::new();
    for enterprise in enterprises {
        let size = match draw.between(0, 99) {
            0..=69 => draw.between(6, 40),
            70..=94 => draw.between(40, 120),
            _ => draw.between(120, 300),
        };
        for _ in 0..(size / scale.staff_divisor).max(3) {
            residents.push(worker(&mut draw, register, enterprise, enterprise.uscc.clone()));
        }
        let hosts: &[Uscc] = match &enterprise.dispatch {
            Dispatch::Agency(hosts) => hosts,
            Dispatch::Host(_) | Dispatch::Neither => &[],
        };
        for host in hosts {
            for _ in 0..(draw.between(30, 60) / scale.staff_divisor).max(3) {
                residents.push(worker(&mut draw, register, enterprise, host.clone()));
            }
        }
    }
    residents
}

fn worker(draw: &mut Draw, register: &mut Register, employer: &Enterprise, funded_by: Uscc) -> Resident {
    let identity = register.person(draw, home(employer), (1964, 2001));
    let since = Month::new(draw.between(2017, 2022) as i16, draw.between(1, 8) as i8);
    let mut insured = Insured::current(since.unwrap_or_else(super::booked_until));
    // Staff come and go, but where workers are dispatched they stay through the year, so that both sides can claim them.
    if employer.dispatch != Dispatch::Neither {
        insured.from = Month::new(2021, insured.from.month()).unwrap_or(insured.from);
    } else if draw.chance(120) {
        let last = Month::new(2022, draw.between(1, 9) as i8).filter(|last| *last >= insured.from);
        insured.until = last;
        if last.is_some() {
            insured.standing = Standing::Ended;
        }
    }
    Resident {
        credential_name: identity.name.clone(),
        insurance_name: identity.name.clone(),
        resident_id: identity.resident_id,
        name: identity.name,
        phone: identity.phone,
        diplomas: Vec::new(),
        jobs: vec![Job { employer: employer.uscc.clone(), funded_by, insured, contract: None, registered_on: None }],
        awards: Vec::new(),
        part: Part::Ordinary,
        other_claimant: None,
    }
}

/// The six digits of the place where an enterprise's people mostly come from.
fn home(employer: &Enterprise) -> &'static str {
    let place = places::all().find(|(_, place)| place.code == employer.place_of_business.as_str());
    place.map_or("371502", |(_, place)| place.issuer)
}
