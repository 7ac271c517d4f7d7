//! Which part a graduate plays in the story. Everybody else is ordinary: entitled, and claimed once.

use serde::Serialize;

/// What is particular about a graduate's case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Ordinary,
    /// Claimed by two enterprises of one province.
    TwoEnterprises,
    /// Claimed in both provinces.
    TwoProvinces,
    /// Claimed twice by one enterprise.
    Resubmitted,
    /// Served the hiring subsidy, or this one elsewhere.
    AlreadyAwarded,
    /// A registry has another name under the number.
    IdentityDisagrees,
    /// The row names an account that is not the tax department's.
    WrongAccount,
    /// The diploma is from adult education.
    AdultEducation,
    /// The diploma is from a self-study examination.
    SelfStudy,
    /// The diploma is from a vocational school.
    Vocational,
    /// Graduated on the last day of 2021.
    GraduatedEarly,
    /// Studied to the end without a certificate.
    NoCertificate,
    /// Hired in 2021.
    HiredEarly,
    /// Not registered as employed.
    NotRegistered,
    /// The contract is not signed.
    ContractUnsigned,
    /// Contributions stopped before the claim.
    Lapsed,
    /// The row's number is impossible.
    NumberMistyped,
    /// The row's date of graduation does not exist.
    DateImpossible,
    /// The row's credit code is impossible.
    CodeMistyped,
    /// The row stands in its roster twice.
    RowRepeated,
}

/// How many graduates play which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast(&'static [(Part, usize)]);

impl Cast {
    /// The demo's.
    pub const DEMO: Self = Self(&[
        (Part::TwoEnterprises, 25),
        (Part::TwoProvinces, 15),
        (Part::Resubmitted, 10),
        (Part::AlreadyAwarded, 20),
        (Part::IdentityDisagrees, 8),
        (Part::WrongAccount, 12),
        (Part::AdultEducation, 12),
        (Part::SelfStudy, 4),
        (Part::Vocational, 2),
        (Part::GraduatedEarly, 6),
        (Part::NoCertificate, 3),
        (Part::HiredEarly, 5),
        (Part::NotRegistered, 4),
        (Part::ContractUnsigned, 3),
        (Part::Lapsed, 12),
        (Part::NumberMistyped, 20),
        (Part::DateImpossible, 3),
        (Part::CodeMistyped, 2),
        (Part::RowRepeated, 6),
    ]);

    /// Every part, few times.
    pub const SMALL: Self = Self(&[
        (Part::TwoEnterprises, 4),
        (Part::TwoProvinces, 3),
        (Part::Resubmitted, 2),
        (Part::AlreadyAwarded, 3),
        (Part::IdentityDisagrees, 4),
        (Part::WrongAccount, 2),
        (Part::AdultEducation, 1),
        (Part::SelfStudy, 1),
        (Part::Vocational, 1),
        (Part::GraduatedEarly, 1),
        (Part::NoCertificate, 1),
        (Part::HiredEarly, 1),
        (Part::NotRegistered, 1),
        (Part::ContractUnsigned, 1),
        (Part::Lapsed, 2),
        (Part::NumberMistyped, 5),
        (Part::DateImpossible, 1),
        (Part::CodeMistyped, 1),
        (Part::RowRepeated, 1),
    ]);

    /// How many play this part.
    pub fn count(&self, part: Part) -> usize {
        self.0.iter().filter(|(it, _)| *it == part).map(|(_, count)| count).sum()
    }

    /// The parts one by one, each with its number among its like.
    pub(super) fn players(&self) -> impl Iterator<Item = (Part, usize)> {
        self.0.iter().flat_map(|(part, count)| (0..*count).map(|number| (*part, number)))
    }
}
