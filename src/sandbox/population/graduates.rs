//! The graduates of 2022: diploma, contract, registration and contributions, as the part each plays requires.

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::draw::Draw;
use super::people::{self, Register};
use super::words::{ADULT, REGULAR, SELF_STUDY, VOCATIONAL};
use super::{Enterprise, Insured, Job, Part, Resident, booked_until};
use crate::domain::calendar::Month;
use crate::domain::eligibility::evidence::{Award, AwardKind, Diploma, EmploymentContract, InstitutionKind, Standing};
use crate::domain::identity::{Region, Uscc};

/// Born so as to finish three or four years of study in 2022.
const BORN: (i16, i16) = (1998, 2001);
/// Contracts begin by this day, so that a month is paid for on the day of the story.
const LAST_CONTRACT: Date = date(2022, 9, 5);

/// Whose contributions stopped was paid for until this month.
const LAPSED_AFTER: Date = date(2022, 8, 31);

/// Who employs a graduate, and where the graduate works if dispatched.
pub(super) struct Post<'a> {
    pub(super) employer: &'a Enterprise,
    pub(super) host: Option<Uscc>,
    /// Who else claims the graduate.
    pub(super) other: Option<&'a Enterprise>,
    /// The six digits of the place most people there come from.
    pub(super) home: &'static str,
}

/// A graduate who plays a part; `number` counts the players of that part.
pub(super) fn graduate(
    draw: &mut Draw,
    register: &mut Register,
    post: &Post<'_>,
    part: Part,
    number: usize,
) -> Resident {
    let identity = register.person(draw, post.home, BORN);
    let diploma = diploma(draw, part);
    let mut first = job(draw, post, part, diploma.graduated_on);
    let second = post.other.map(|other| second_job(other, &mut first, number % 3 == 2));
    let (credential_differs, insurance_differs) = match (part, number % 4) {
        (Part::IdentityDisagrees, 0 | 1) => (true, true),
        (Part::IdentityDisagrees, 2) => (true, false),
        (Part::IdentityDisagrees, _) => (false, true),
        _ => (false, false),
    };
    let other_name = people::other_name(draw, &identity.name);
    let registered_name = |differs| if differs { other_name.clone() } else { identity.name.clone() };
    Resident {
        credential_name: registered_name(credential_differs),
        insurance_name: registered_name(insurance_differs),
        resident_id: identity.resident_id,
        name: identity.name,
        phone: identity.phone,
        diplomas: vec![diploma],
        awards: awards(part, number, post.employer),
        jobs: std::iter::once(first).chain(second).collect(),
        part,
        other_claimant: post.other.map(|other| other.uscc.clone()),
    }
}

fn diploma(draw: &mut Draw, part: Part) -> Diploma {
    let (institutions, institution_kind): (&[&str], _) = if part == Part::AdultEducation {
        (&ADULT, InstitutionKind::Adult)
    } else if part == Part::SelfStudy {
        (&SELF_STUDY, InstitutionKind::SelfStudy)
    } else if part == Part::Vocational {
        (&VOCATIONAL, InstitutionKind::Vocational)
    } else {
        (&REGULAR, InstitutionKind::Regular)
    };
    let graduated_on = match (part, draw.between(0, 99)) {
        (Part::GraduatedEarly, _) => date(2021, 12, 31),
        (Part::Ordinary, 0..=3) => date(2022, 1, 10),
        (_, 4..=29) => date(2022, 6, 20),
        (_, 30..=79) => date(2022, 6, 30),
        _ => date(2022, 7, 1),
    };
    Diploma {
        institution: (*draw.pick(institutions)).to_owned(),
        institution_kind,
        graduated_on,
        certificate_issued: part != Part::NoCertificate,
        certificate_number: format!("{}{}05{}", draw.between(10_001, 14_999), graduated_on.year(), draw.digits(7)),
    }
}

fn job(draw: &mut Draw, post: &Post<'_>, part: Part, graduated_on: Date) -> Job {
    let from = if part == Part::HiredEarly {
        date(2021, 10, 8)
    } else if part == Part::Lapsed {
        date(2022, 7, 4)
    } else if part == Part::GraduatedEarly {
        date(2022, 3, 1).saturating_add(i64::from(draw.between(0, 60)).days())
    } else {
        graduated_on.saturating_add(i64::from(draw.between(3, 62)).days()).min(LAST_CONTRACT)
    };
    let employer = post.employer.uscc.clone();
    let years = draw.between(1, 3);
    let until = (!draw.chance(100)).then(|| from.saturating_add(i64::from(years).years()).saturating_sub(1.day()));
    let registered_on = from.saturating_add(i64::from(draw.between(0, 20)).days());
    let first_month = if from.day() > 20 { Month::of(from).next() } else { Month::of(from) };
    let mut insured = Insured::current(first_month);
    if part == Part::Lapsed {
        insured.paid_until = Some(Month::of(LAPSED_AFTER));
        insured.standing = Standing::Suspended;
        if draw.chance(500) {
            insured.until = insured.paid_until;
            insured.standing = Standing::Ended;
        }
    }
    Job {
        funded_by: post.host.clone().unwrap_or_else(|| employer.clone()),
        insured,
        contract: Some(EmploymentContract {
            enterprise: employer.clone(),
            from,
            until,
            signed: part != Part::ContractUnsigned,
        }),
        registered_on: (part != Part::NotRegistered).then_some(registered_on),
        employer,
    }
}

/// The papers of a second employer: for the same months, or after the graduate has left the first.
///
/// Either way both claims stand on their own, so that whichever comes second meets the first: a refused claim gives its graduate up.
fn second_job(other: &Enterprise, first: &mut Job, has_moved: bool) -> Job {
    let mut second = Job { employer: other.uscc.clone(), funded_by: other.uscc.clone(), ..first.clone() };
    let moved_in = first.insured.from.next();
    if has_moved && moved_in <= booked_until() {
        first.insured.until = Some(first.insured.from);
        first.insured.standing = Standing::Ended;
        second.insured.from = moved_in;
        second.registered_on = Some(moved_in.first_day());
    }
    second.contract = first.contract.clone().map(|it| EmploymentContract {
        enterprise: other.uscc.clone(),
        from: second.registered_on.map_or(it.from, |day| day.max(it.from)),
        ..it
    });
    second
}

fn awards(part: Part, number: usize, employer: &Enterprise) -> Vec<Award> {
    if part != Part::AlreadyAwarded {
        return Vec::new();
    }
    // Most served the hiring subsidy at home, some this one at a city nearby.
    let elsewhere = number % 6 == 5;
    let (kind, region) = if elsewhere {
        (AwardKind::JobExpansion, Region::parse("130400").unwrap_or(employer.enrollment_region))
    } else {
        (AwardKind::HiringSubsidy, employer.enrollment_region)
    };
    let reference = format!("{}-2022-{number:04}", if elsewhere { "KGBZ" } else { "XNJY" });
    vec![Award { kind, enterprise: employer.uscc.clone(), region, awarded_on: date(2022, 9, 20), reference }]
}
