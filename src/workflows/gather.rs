//! Asks the registries what a batch of claims needs to be decided. No transaction is open meanwhile; a registry that does
//! not answer leaves a gap, never an error (I5).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Gateway, Refusal};
use crate::connectors::{Inquiry, Purpose};
use crate::domain::calendar::{Month, cst_date};
use crate::domain::claim::{Claim, Person, Subject};
use crate::domain::eligibility::evidence::{
    Answer, Award, ContributionRecord, CredentialRecord, Declaration, EmploymentRecord, EnterpriseEnrollment,
    EnterpriseEvidence, Evidence, Headcount, MissingCause, PersonEvidence, TaxAccounts,
};
use crate::domain::identity::{Region, ResidentId, Uscc};
use crate::domain::policy::sheet::Sheet;

/// The insurance contract answers at most this many months in one question.
const MONTHS_MAX: usize = 24;

/// One claim to gather for, with the sheet it is decided under.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub claim: &'a Claim,
    pub sheet: &'a Sheet,
    /// Rostered workers whose slot another claim holds.
    pub units_taken: &'a [usize],
}

type Answers<K, V> = BTreeMap<K, Answer<V>>;

/// All answers to one batch, by whom they are about.
pub struct Gathered {
    accounts: Answers<Uscc, TaxAccounts>,
    enrollments: Answers<Uscc, EnterpriseEnrollment>,
    headcounts: Answers<Uscc, BTreeMap<Month, Headcount>>,
    enterprise_awards: Answers<Uscc, Vec<Award>>,
    credentials: Answers<ResidentId, CredentialRecord>,
    contributions: Answers<ResidentId, ContributionRecord>,
    employment: Answers<ResidentId, EmploymentRecord>,
    person_awards: Answers<ResidentId, Vec<Award>>,
    declarations: Vec<Declaration>,
    at: Timestamp,
}

impl Gateway {
    /// Asks each registry once for a whole batch, all of them at once.
    pub async fn gather(&self, needs: Needs, purpose: Purpose) -> Result<Gathered, Refusal> {
        let now = self.inner.clock.now();
        let declarations = self.declarations_of(&needs.provinces).await?;
        let inquiry = Inquiry { purpose, legal_basis: needs.legal_basis, id: Uuid::new_v4() };
        let registries = &self.inner.registries;
        let on = cst_date(now);
        let (from, until) = needs.months;
        let (
            accounts,
            enrollments,
            headcounts,
            enterprise_awards,
            credentials,
            contributions,
            employment,
            person_awards,
        ) = tokio::join!(
            registries.tax_accounts(&needs.enterprises, on, &inquiry, now),
            registries.enrollments(&needs.enterprises, &inquiry, now),
            registries.headcounts(&needs.employers, from, until, &inquiry, now),
            registries.enterprise_awards(&needs.employers, &inquiry, now),
            registries.credentials(&needs.graduates, &inquiry, now),
            registries.contributions(&needs.persons, from, until, &inquiry, now),
            registries.employment(&needs.graduates, &inquiry, now),
            registries.person_awards(&needs.graduates, &inquiry, now),
        );
        Ok(Gathered {
            accounts,
            enrollments,
            headcounts,
            enterprise_awards,
            credentials,
            contributions,
            employment,
            person_awards,
            declarations,
            at: now,
        })
    }

    async fn declarations_of(&self, provinces: &BTreeSet<Region>) -> Result<Vec<Declaration>, Refusal> {
        let mut declarations = Vec::new();
        for province in provinces {
            let found = self.inner.store.declarations(*province).await?;
            declarations.extend(found.into_iter().map(|(declaration, _)| declaration));
        }
        Ok(declarations)
    }
}

/// What a batch needs to know, each person and enterprise once.
pub struct Needs {
    enterprises: Vec<Uscc>,
    /// Enterprises whose headcount decides.
    employers: Vec<Uscc>,
    /// Persons whose diploma, employment and awards decide.
    graduates: Vec<Person>,
    /// Persons whose contributions decide.
    persons: Vec<Person>,
    months: (Month, Month),
    /// Where declarations decide: a municipal-level enterprise may operate in any county of its province.
    provinces: BTreeSet<Region>,
    legal_basis: String,
}

impl Needs {
    /// What the claims of a batch need, as of a moment.
    pub fn of(asks: &[Ask<'_>], now: Timestamp) -> Self {
        let mut enterprises = BTreeSet::new();
        let mut employers = BTreeSet::new();
        let mut graduates = BTreeMap::new();
        let mut persons = BTreeMap::new();
        let mut provinces = BTreeSet::new();
        for ask in asks {
            enterprises.insert(ask.claim.enterprise.clone());
            for person in ask.claim.subject.persons() {
                persons.insert(person.resident_id.clone(), person.clone());
            }
            match &ask.claim.subject {
                Subject::Graduate(graduate) => {
                    graduates.insert(graduate.person.resident_id.clone(), graduate.person.clone());
                }
                Subject::Workforce(_) => {
                    employers.insert(ask.claim.enterprise.clone());
                    provinces.insert(ask.claim.region.province());
                }
            }
        }
        let sources: BTreeSet<&str> = asks.iter().map(|ask| ask.sheet.source.as_str()).collect();
        Self {
            enterprises: enterprises.into_iter().collect(),
            employers: employers.into_iter().collect(),
            graduates: graduates.into_values().collect(),
            persons: persons.into_values().collect(),
            months: months_of(asks, now),
            provinces,
            legal_basis: sources.into_iter().collect::<Vec<_>>().join("、"),
        }
    }
}

/// From the first month that any of the sheets looks at until the present one, as many as the contract answers.
fn months_of(asks: &[Ask<'_>], now: Timestamp) -> (Month, Month) {
    let present = Month::of(cst_date(now));
    let from = asks.iter().map(|ask| Month::of(ask.sheet.window.value.from)).min().unwrap_or(present).min(present);
    let until = from.iter_to(present).take(MONTHS_MAX).last().unwrap_or(present);
    (from, until)
}

impl Gathered {
    /// The evidence about one claim of the batch.
    pub fn evidence(&self, ask: Ask<'_>) -> Evidence {
        let oldest = self.at - SignedDuration::from_hours(24 * i64::from(ask.sheet.evidence_age_days_max.value));
        let uscc = &ask.claim.enterprise;
        let enterprise = EnterpriseEvidence {
            accounts: pick(&self.accounts, uscc, oldest),
            enrollment: pick(&self.enrollments, uscc, oldest),
            headcounts: pick(&self.headcounts, uscc, oldest),
            awards: pick(&self.enterprise_awards, uscc, oldest),
        };
        let persons = ask
            .claim
            .subject
            .persons()
            .into_iter()
            .map(|person| PersonEvidence {
                credential: pick(&self.credentials, &person.resident_id, oldest),
                contributions: pick(&self.contributions, &person.resident_id, oldest),
                employment: pick(&self.employment, &person.resident_id, oldest),
                awards: pick(&self.person_awards, &person.resident_id, oldest),
            })
            .collect();
        let concerned = concerned_regions(ask.claim, &enterprise);
        let declarations =
            self.declarations.iter().filter(|found| concerned.contains(&found.region)).cloned().collect();
        Evidence { enterprise, persons, declarations, units_taken: ask.units_taken.to_vec(), decided_at: self.at }
    }
}

/// The counties whose zone state can matter to a claim.
fn concerned_regions(claim: &Claim, enterprise: &EnterpriseEvidence) -> BTreeSet<Region> {
    let enrolled = enterprise.enrollment.value().map(|found| [found.enrollment_region, found.place_of_business]);
    enrolled.into_iter().flatten().chain([claim.region]).collect()
}

/// The answer about one key; what was not asked stays so, and an answer older than the sheet allows is stale.
fn pick<K: Ord, V: Clone>(answers: &Answers<K, V>, key: &K, oldest: Timestamp) -> Answer<V> {
    match answers.get(key) {
        None => Answer::Missing(MissingCause::NotAsked),
        Some(Answer::Known { as_of, .. }) if *as_of < oldest => Answer::Missing(MissingCause::Stale),
        Some(answer) => answer.clone(),
    }
}
