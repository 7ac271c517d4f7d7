//! Enterprises, all invented, as the registries know them.

use hufu::domain::identity::Uscc;
use hufu::proto::insurance::v1 as insurance;
use hufu::proto::taxregistry::v1::{BankAccount, EnterpriseAccounts};
use insurance::{EnrollmentLevel, EntityType};
use jiff::civil::date;

use super::people::fingerprint;
use super::registries::Known;
use super::{Harness, wire};

/// A software firm: none of the five sectors, so that only a zone entitles it to retention training.
const SECTOR: &str = "6510";

/// An enterprise.
#[derive(Clone)]
pub(crate) struct Firm {
    pub(crate) uscc: Uscc,
    pub(crate) name: String,
    /// 参保地, and 经营地 unless insured at city level.
    pub(crate) region: String,
    pub(crate) corporate_account: Option<String>,
    pub(crate) contribution_account: Option<String>,
    business_in: Option<String>,
    is_dispatch_agency: bool,
    headcount: i32,
    funded_by_hosts: i32,
}

/// An enterprise of 东昌府区 with a corporate account and twenty people.
pub(crate) fn firm(name: &str) -> Firm {
    let number = fingerprint(name) % 1_000_000_000;
    Firm {
        uscc: Uscc::from_body(&format!("91371502{number:09}")).unwrap(),
        name: name.to_owned(),
        region: "371502".to_owned(),
        corporate_account: Some(format!("37001{number:012}")),
        contribution_account: None,
        business_in: None,
        is_dispatch_agency: false,
        headcount: 20,
        funded_by_hosts: 0,
    }
}

impl Firm {
    pub(crate) fn in_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// Insured by a city itself (市本级), with its business in one of the counties.
    pub(crate) fn insured_by_city(mut self, city: &str) -> Self {
        self.business_in = Some(std::mem::replace(&mut self.region, city.to_owned()));
        self
    }

    pub(crate) fn with_corporate_account(mut self, number: &str) -> Self {
        self.corporate_account = Some(number.to_owned());
        self
    }

    pub(crate) fn with_headcount(mut self, headcount: i32) -> Self {
        self.headcount = headcount;
        self
    }

    pub(crate) fn without_corporate_account(mut self) -> Self {
        self.corporate_account = None;
        self
    }

    pub(crate) fn with_contribution_account(mut self, number: &str) -> Self {
        self.contribution_account = Some(number.to_owned());
        self
    }

    /// Licensed for labour dispatch; of its people, so many are funded by hosts.
    pub(crate) fn dispatching(mut self, funded_by_hosts: i32) -> Self {
        self.is_dispatch_agency = true;
        self.funded_by_hosts = funded_by_hosts;
        self
    }

    /// Has the registries know it.
    pub(crate) fn known_to(self, hufu: &Harness) -> Self {
        hufu.registries.enter_firm(&self);
        self
    }

    pub(super) fn enter(&self, known: &mut Known) {
        let uscc = self.uscc.as_str().to_owned();
        let account = |number: &String| BankAccount {
            number: number.clone(),
            bank_name: "中国银行聊城分行".to_owned(),
            effective_from: Some(wire::day(date(2019, 1, 1))),
            effective_until: None,
        };
        let accounts = EnterpriseAccounts {
            uscc: uscc.clone(),
            name: self.name.clone(),
            corporate: self.corporate_account.as_ref().map(account),
            contribution: self.contribution_account.as_ref().map(account),
            provenance: None,
        };
        known.accounts.insert(uscc.clone(), accounts);
        let level = if self.business_in.is_some() { EnrollmentLevel::Municipal } else { EnrollmentLevel::County };
        let enrollment = insurance::Enrollment {
            uscc: uscc.clone(),
            name: self.name.clone(),
            entity_type: EntityType::Enterprise.into(),
            sector: SECTOR.to_owned(),
            level: level.into(),
            enrollment_region: self.region.clone(),
            place_of_business: self.business_in.as_ref().unwrap_or(&self.region).clone(),
            dispatch_agency: self.is_dispatch_agency,
            provenance: None,
        };
        known.enrollments.insert(uscc.clone(), enrollment);
        let of_month = |month| insurance::Headcount {
            month: Some(month),
            contributing: self.headcount,
            funded_by_hosts: self.funded_by_hosts,
        };
        let months = wire::months(1..=10).map(of_month).collect();
        let headcounts = insurance::Headcounts { uscc: uscc.clone(), months, provenance: None };
        known.headcounts.insert(uscc, headcounts);
    }
}
