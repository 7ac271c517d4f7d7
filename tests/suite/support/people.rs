//! Graduates, all invented, as the registries know them. A graduate meets every condition of the notice until the test
//! says otherwise (worked case 7).

use std::ops::RangeInclusive;

use hufu::domain::identity::{ResidentId, Uscc};
use hufu::proto::awardhistory::v1::{Award, AwardKind, Awards};
use hufu::proto::credential::v1::{CredentialRecord, Diploma, InstitutionKind};
use hufu::proto::employment::v1::{EmploymentContract, EmploymentRecord, EmploymentRegistration};
use hufu::proto::insurance::v1::{Contribution, ContributionRecord, EnrollmentStanding, Standing};

use jiff::civil::{Date, date};

pub(crate) use super::firms::{Firm, firm};
use super::registries::Known;
use super::{Harness, wire};

/// A person who graduated and was hired.
#[derive(Clone)]
pub(crate) struct Graduate {
    pub(crate) name: String,
    pub(crate) resident_id: ResidentId,
    pub(crate) employer: Firm,
    /// Employers besides, all with contract, registration and contributions.
    other_employers: Vec<Uscc>,
    pub(crate) graduated_on: Date,
    pub(crate) hired_on: Date,
    insurance_name: Option<String>,
    funded_by: Option<Uscc>,
    institution_kind: i32,
    insured: RangeInclusive<i32>,
    standing: i32,
    award: Option<AwardKind>,
}

/// A person without an employer yet; see [`Hireable::hired_by`].
pub(crate) struct Hireable {
    name: String,
    born: Date,
}

/// Somebody of 东昌府区, born on a day that follows from the name, so that many names are as many people.
pub(crate) fn graduate(name: &str) -> Hireable {
    let days = i64::try_from(fingerprint(name) / 1_000 % 1_500).unwrap();
    Hireable { name: name.to_owned(), born: date(1998, 1, 1).saturating_add(jiff::Span::new().days(days)) }
}

impl Hireable {
    pub(crate) fn born(mut self, year: i16, month: i8, day: i8) -> Self {
        self.born = date(year, month, day);
        self
    }

    /// Hired in August 2022 after graduating in June, insured and paid for since, with contract and registration.
    pub(crate) fn hired_by(self, employer: &Firm) -> Graduate {
        let sequence = u16::try_from(fingerprint(&self.name) % 1_000).unwrap();
        Graduate {
            resident_id: ResidentId::from_parts("371502", self.born, sequence).unwrap(),
            name: self.name,
            employer: employer.clone(),
            other_employers: Vec::new(),
            graduated_on: date(2022, 6, 30),
            hired_on: date(2022, 8, 1),
            insurance_name: None,
            funded_by: None,
            institution_kind: InstitutionKind::Regular.into(),
            insured: 8..=10,
            standing: Standing::Current.into(),
            award: None,
        }
    }
}

impl Graduate {
    pub(crate) fn with_number(mut self, resident_id: ResidentId) -> Self {
        self.resident_id = resident_id;
        self
    }

    pub(crate) fn graduated(mut self, year: i16, month: i8, day: i8) -> Self {
        self.graduated_on = date(year, month, day);
        self
    }

    /// Contract and registration are of this day.
    pub(crate) fn hired_on(mut self, year: i16, month: i8, day: i8) -> Self {
        self.hired_on = date(year, month, day);
        self
    }

    /// The insurance database has somebody else under this number.
    pub(crate) fn insured_as(mut self, name: &str) -> Self {
        self.insurance_name = Some(name.to_owned());
        self
    }

    /// Holds a diploma of this kind of institution; a number that the contract does not have is one it may have later.
    pub(crate) fn with_diploma_of(mut self, kind: impl Into<i32>) -> Self {
        self.institution_kind = kind.into();
        self
    }

    pub(crate) fn with_standing(mut self, standing: impl Into<i32>) -> Self {
        self.standing = standing.into();
        self
    }

    /// Insured and paid for in these months of 2022.
    pub(crate) fn insured_in(mut self, months: RangeInclusive<i32>) -> Self {
        self.insured = months;
        self
    }

    /// Served this subsidy before, at another enterprise.
    pub(crate) fn already_awarded(mut self, award: AwardKind) -> Self {
        self.award = Some(award);
        self
    }

    /// Truly employed by others as well, so that each of them would be entitled alone.
    pub(crate) fn also_hired_by<'a>(mut self, others: impl IntoIterator<Item = &'a Firm>) -> Self {
        self.other_employers.extend(others.into_iter().map(|firm| firm.uscc.clone()));
        self
    }

    /// Sent by the employer to a host that really funds the contributions.
    pub(crate) fn funded_by(mut self, host: &Firm) -> Self {
        self.funded_by = Some(host.uscc.clone());
        self
    }

    /// Has the registries know the person.
    pub(crate) fn known_to(self, hufu: &Harness) -> Self {
        hufu.registries.enter_graduate(&self);
        self
    }

    pub(super) fn enter(&self, known: &mut Known) {
        let resident_id = self.resident_id.as_str().to_owned();
        known.credentials.insert(resident_id.clone(), self.credential_record());
        known.contributions.insert(resident_id.clone(), self.contribution_record());
        known.employment.insert(resident_id.clone(), self.employment_record());
        let award = |kind: AwardKind| Award {
            kind: kind.into(),
            uscc: firm("别处").uscc.as_str().to_owned(),
            region: "370100".to_owned(),
            awarded_on: Some(wire::day(date(2022, 9, 1))),
            reference: "jinan-2022-0001".to_owned(),
        };
        let awards = self.award.map(award).into_iter().collect();
        known.awards.insert(resident_id.clone(), Awards { subject: resident_id, awards, provenance: None });
    }

    fn credential_record(&self) -> CredentialRecord {
        let diploma = Diploma {
            institution: "聊城大学".to_owned(),
            institution_kind: self.institution_kind,
            graduated_on: Some(wire::day(self.graduated_on)),
            certificate_issued: true,
            certificate_number: format!("104471202205{:06}", fingerprint(&self.name) % 1_000_000),
        };
        CredentialRecord {
            resident_id: self.resident_id.as_str().to_owned(),
            name: Some(self.name.clone()),
            diplomas: vec![diploma],
            provenance: None,
        }
    }

    fn contribution_record(&self) -> ContributionRecord {
        let funded_by = self.funded_by.as_ref().map(|host| host.as_str().to_owned()).unwrap_or_default();
        let contribution = |employer: &str, month| Contribution {
            month: Some(month),
            enrolled_by_uscc: employer.to_owned(),
            funded_by_uscc: funded_by.clone(),
            paid: true,
        };
        let of_employer = |employer| wire::months(self.insured.clone()).map(move |it| (employer, it));
        let standing = |employer: &str| EnrollmentStanding { uscc: employer.to_owned(), standing: self.standing };
        ContributionRecord {
            resident_id: self.resident_id.as_str().to_owned(),
            name: Some(self.insurance_name.as_ref().unwrap_or(&self.name).clone()),
            contributions: self.employers().flat_map(of_employer).map(|(it, month)| contribution(it, month)).collect(),
            standings: self.employers().map(standing).collect(),
            provenance: None,
        }
    }

    fn employment_record(&self) -> EmploymentRecord {
        let hired_on = Some(wire::day(self.hired_on));
        let registration =
            |employer: &str| EmploymentRegistration { uscc: employer.to_owned(), registered_on: hired_on };
        let contract = |employer: &str| EmploymentContract {
            uscc: employer.to_owned(),
            from: hired_on,
            until: None,
            signed: true,
        };
        EmploymentRecord {
            resident_id: self.resident_id.as_str().to_owned(),
            registrations: self.employers().map(registration).collect(),
            contracts: self.employers().map(contract).collect(),
            provenance: None,
        }
    }

    fn employers(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.employer.uscc).chain(&self.other_employers).map(Uscc::as_str)
    }
}

/// One name of many: 学生一二 is the twelfth pupil after 学生零. Names have no digits.
pub(crate) fn numbered(name: &str, number: usize) -> String {
    let numerals: Vec<char> = "零一二三四五六七八九".chars().collect();
    let in_words = number.to_string().bytes().map(|digit| numerals[usize::from(digit - b'0')]).collect::<String>();
    format!("{name}{in_words}")
}

/// The same number for the same name in every run (FNV-1a).
pub(super) fn fingerprint(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
