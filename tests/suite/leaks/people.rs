//! People whose data must not be found anywhere, with names that no program prints by chance.

use hufu::domain::identity::{ResidentId, Uscc};
use hufu::proto::claims::v1 as pb;
use hufu::proto::common::v1::Date;

use super::scanner::Secret;

const NAMES: [&str; 8] =
    ["澹台静姝", "慕容墨渊", "皇甫雪霁", "欧阳听澜", "司空映月", "诸葛扶苏", "上官清晏", "端木知秋"];

/// Somebody with everything that a claim says about a person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) number: String,
    pub(super) phone: String,
    pub(super) account: String,
}

impl Person {
    /// The same people every time; half of them are old enough to have a 15-digit number.
    pub(super) fn all() -> Vec<Self> {
        (0..).zip(NAMES).map(|(index, name)| Self::new(index, name)).collect()
    }

    fn new(index: i16, name: &str) -> Self {
        let birth = jiff::civil::date(1999 + index % 2, 11, 23);
        let number = ResidentId::from_parts("371502", birth, 617 + index.unsigned_abs()).unwrap();
        Self {
            name: name.to_owned(),
            number: number.as_str().to_owned(),
            phone: format!("1866359{:04}", 7_310 + index),
            account: format!("62284805386174{:05}", 28_310 + index),
        }
    }

    pub(super) fn secrets(&self) -> Vec<Secret> {
        let mut secrets = vec![
            Secret::Number(self.number.clone()),
            Secret::Name(self.name.clone()),
            Secret::Digits(self.phone.clone()),
            Secret::Digits(self.account.clone()),
        ];
        secrets.extend(self.wrong_numbers().into_iter().filter(|text| text.len() <= 40).map(Secret::Number));
        secrets
    }

    /// Numbers that are not accepted. Each still says who is meant, so none may be repeated.
    pub(super) fn wrong_numbers(&self) -> Vec<String> {
        let part = |from: usize, to: usize| self.number.get(from..to).unwrap();
        let wrong_check = if self.number.ends_with('5') { '6' } else { '5' };
        vec![
            format!("{}{wrong_check}", part(0, 17)),
            part(0, 17).to_owned(),
            format!("{}0", self.number),
            format!("{}O{}", part(0, 14), part(15, 18)),
            format!("{}1345{}", part(0, 10), part(14, 18)),
            format!("{}.{}E+17", part(0, 1), part(1, 15)),
            format!("99{}", part(2, 18)),
            format!("{}\n{} forged line", self.number, self.number),
            format!("{}\0", self.number),
            self.number.repeat(3_000),
        ]
    }

    /// A claim that is accepted.
    pub(super) fn submission(&self) -> pb::ClaimSubmission {
        let day = |month, day| Some(Date { year: 2022, month, day });
        let graduate = pb::Graduate {
            person: Some(pb::Person {
                name: self.name.clone(),
                resident_id: self.number.clone(),
                phone: self.phone.clone(),
            }),
            graduated_on: day(6, 30),
            contract_from: day(7, 1),
            contract_until: None,
            dispatch: None,
        };
        pb::ClaimSubmission {
            sheet_id: "job-expansion-2022".to_owned(),
            route: pb::ClaimRoute::SelfApplied.into(),
            uscc: enterprise(1),
            enterprise_name: "某某有限公司".to_owned(),
            region: "371502".to_owned(),
            account: self.account.clone(),
            subject: Some(pb::claim_submission::Subject::Graduate(graduate)),
        }
    }
}

pub(super) fn enterprise(number: u32) -> String {
    Uscc::from_body(&format!("91371502MA{number:07}")).unwrap().as_str().to_owned()
}

/// The same claim with a change to its graduate.
pub(super) fn with_graduate(
    mut claim: pb::ClaimSubmission,
    change: impl FnOnce(&mut pb::Graduate),
) -> pb::ClaimSubmission {
    if let Some(pb::claim_submission::Subject::Graduate(graduate)) = &mut claim.subject {
        change(graduate);
    }
    claim
}

/// The same claim with a change to its person.
pub(super) fn with_person(claim: pb::ClaimSubmission, change: impl FnOnce(&mut pb::Person)) -> pb::ClaimSubmission {
    with_graduate(claim, |graduate| change(graduate.person.get_or_insert_default()))
}
