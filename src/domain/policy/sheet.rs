//! A policy sheet: one year's rules for one subsidy, as dated data. A new year is a new file, never new code.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

pub use super::terms::*;
use super::{check, raw};
use crate::domain::calendar::cst_date;
use crate::domain::claim::SubsidyKind;
use crate::domain::eligibility::evidence::AwardKind;
use crate::domain::eligibility::verdict::{PayeeAccountKind, Reason};
use crate::domain::suspect::SuspectRule;

/// A sheet that was read and found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// E.g. `job-expansion-2022`.
    pub id: String,
    pub version: u32,
    pub subsidy: SubsidyKind,
    pub zh: String,
    pub en: String,
    /// The notice's number.
    pub source: String,
    /// 实施期限.
    pub window: Cited<Window>,
    /// 申请期限: the last day of application.
    pub application_deadline: Cited<Date>,
    pub rate: Cited<Rate>,
    pub once: Cited<Once>,
    /// Other subsidies that exclude this one.
    pub excludes: Option<Cited<BTreeSet<AwardKind>>>,
    /// The tax department's accounts, the first that exists is paid.
    pub payee_order: Cited<Vec<PayeeAccountKind>>,
    pub fund_head: Cited<AccountHead>,
    /// Absent where the notice sets none.
    pub payment_clock: Option<Cited<PaymentClock>>,
    pub poolings_a_month_min: Cited<u32>,
    /// How old an answer may be when a claim is decided; who gathers the answers makes older ones stale.
    pub evidence_age_days_max: Cited<u32>,
    pub parameters: Parameters,
    pub counting: Counting,
    pub sectors: Vec<HardHitSector>,
    /// In the order in which reasons are given.
    pub conditions: Vec<Condition>,
    pub(super) reasons: BTreeMap<ReasonOn, Reason>,
    /// The name of the file, as given to [`Sheet::parse`].
    pub file: String,
    /// The sheet's whole text, from which its digest is computed.
    pub text: String,
}

/// What a sheet has words for besides its conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonOn {
    /// The claim, or a rostered worker, is held by a suspect.
    Suspect(SuspectRule),
    /// The tax department names no account that may be paid.
    NoPayeeAccount,
    /// The worker's contributions are funded by somebody else.
    WorkerFundedByAnother,
    /// The worker is not paid for in the reference month.
    WorkerNotPaid,
    /// The worker is already in the claimant's own headcount, or stands on the roster twice.
    WorkerAlreadyCounted,
}

/// Why a sheet was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct SheetError {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub reason: String,
}

impl Sheet {
    /// Reads a sheet, refusing any mistake with its line.
    pub fn parse(text: &str, file: &str) -> Result<Self, SheetError> {
        let source = check::Source { text, file };
        let raw: raw::Sheet = toml::from_str(text).map_err(|error| source.unreadable(&error))?;
        check::sheet(source, raw)
    }

    /// The words and the clause for holding a claim by a suspect.
    pub fn reason_for(&self, rule: SuspectRule) -> Reason {
        self.reason_on(ReasonOn::Suspect(rule))
    }

    /// The sheet's words for what its conditions do not say. What it has no words for falls back on the engine's own.
    pub fn reason_on(&self, on: ReasonOn) -> Reason {
        self.reasons.get(&on).cloned().unwrap_or_else(|| on.fallback())
    }

    /// Whether a decision may still be passed or approved on the evidence that it was made from. Where the sheet tests standing at
    /// review, the evidence must be of the day of the review, in China Standard Time.
    pub fn is_fresh_at_review(&self, decided_at: Timestamp, now: Timestamp) -> bool {
        let longest = SignedDuration::from_hours(i64::from(self.evidence_age_days_max.value).saturating_mul(24));
        let standing_holds = match &self.counting {
            Counting::Graduates(terms) => match terms.standing_tested.value {
                StandingTested::AtReviewAndInstruction => cst_date(decided_at) == cst_date(now),
            },
            Counting::Workforce(_) => true,
        };
        standing_holds && now.duration_since(decided_at) <= longest
    }

    /// The awards that a person, or an enterprise, must not have had: this subsidy itself, which is paid once, and the excluding ones.
    pub fn blocking_awards(&self) -> BTreeSet<AwardKind> {
        let own = match self.subsidy {
            SubsidyKind::JobExpansion => AwardKind::JobExpansion,
            SubsidyKind::RetentionTraining => AwardKind::RetentionTraining,
        };
        let excluding = self.excludes.iter().flat_map(|excludes| excludes.value.iter().copied());
        std::iter::once(own).chain(excluding).collect()
    }
}

impl ReasonOn {
    pub const UNITS: [Self; 3] = [Self::WorkerFundedByAnother, Self::WorkerNotPaid, Self::WorkerAlreadyCounted];

    /// The word used in a sheet.
    pub fn code(self) -> &'static str {
        match self {
            Self::Suspect(rule) => rule.code(),
            Self::NoPayeeAccount => "no_payee_account",
            Self::WorkerFundedByAnother => "worker_funded_by_another",
            Self::WorkerNotPaid => "worker_not_paid",
            Self::WorkerAlreadyCounted => "worker_already_counted",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        let suspects = SuspectRule::ALL.into_iter().map(Self::Suspect);
        suspects.chain([Self::NoPayeeAccount]).chain(Self::UNITS).find(|on| on.code() == code)
    }

    /// What a sheet must have words for, given what it is held once by.
    pub(super) fn required(once: OnceBy) -> Vec<Self> {
        use SuspectRule as Rule;
        let rules: &[Rule] = match once {
            OnceBy::Person => &[
                Rule::PersonTwoEnterprises,
                Rule::PersonResubmitted,
                Rule::PersonTwoProvinces,
                Rule::PersonAlreadyAwarded,
            ],
            OnceBy::Enterprise => &[Rule::EnterpriseTwice, Rule::WorkerBothSides],
        };
        let units: &[Self] = match once {
            OnceBy::Person => &[],
            OnceBy::Enterprise => &Self::UNITS,
        };
        let common = [Rule::PersonIdentityDisagrees, Rule::AccountNotTaxRegistry].into_iter().map(Self::Suspect);
        rules
            .iter()
            .copied()
            .map(Self::Suspect)
            .chain(common)
            .chain([Self::NoPayeeAccount])
            .chain(units.iter().copied())
            .collect()
    }

    fn fallback(self) -> Reason {
        let (clause, zh, en) = match self {
            Self::Suspect(rule) => (rule.clause(), rule.zh(), rule.en()),
            Self::NoPayeeAccount => {
                ("二(二)", "税务部门未提供可发放账户", "the tax department names no account that may be paid")
            }
            Self::WorkerFundedByAnother => {
                ("五(一)", "由其他单位实际出资缴费", "another enterprise funds the contributions")
            }
            Self::WorkerNotPaid => ("五(一)", "核定月未缴费", "no contribution was paid in the reference month"),
            Self::WorkerAlreadyCounted => ("五(一)", "已计入本单位缴费人数", "already in the claimant's own headcount"),
        };
        Reason { code: self.code().to_uppercase(), clause: clause.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
    }
}

/// The sheets in force on a node, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog(BTreeMap<String, Sheet>);

impl Catalog {
    /// Gathers sheets whose ids differ and whose exclusion groups agree on what is held once.
    pub fn new(sheets: Vec<Sheet>) -> Result<Self, SheetError> {
        let mut catalog = BTreeMap::new();
        let mut groups: BTreeMap<String, OnceBy> = BTreeMap::new();
        for sheet in sheets {
            let source = check::Source { text: &sheet.text, file: &sheet.file };
            let once = &sheet.once.value;
            if catalog.contains_key(&sheet.id) {
                return Err(source.refuse_key("id", format!("another sheet has the id `{}`", sheet.id)));
            }
            if groups.insert(once.group.clone(), once.key).is_some_and(|key| key != once.key) {
                let reason = format!("another sheet holds the group `{}` once by something else", once.group);
                return Err(source.refuse_key("once", reason));
            }
            catalog.insert(sheet.id.clone(), sheet);
        }
        Ok(Self(catalog))
    }

    /// The sheets of notice 〔2022〕32, as shipped.
    pub fn shipped() -> Result<Self, SheetError> {
        let sheets = SHIPPED.iter().map(|(file, text)| Sheet::parse(text, file)).collect::<Result<_, _>>()?;
        Self::new(sheets)
    }

    pub fn get(&self, id: &str) -> Option<&Sheet> {
        self.0.get(id)
    }

    /// All sheets, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Sheet> {
        self.0.values()
    }
}

/// The shipped sheets and their names in the repository.
const SHIPPED: [(&str, &str); 2] = [
    ("policies/job-expansion-2022.toml", include_str!("../../../policies/job-expansion-2022.toml")),
    ("policies/retention-training-2022.toml", include_str!("../../../policies/retention-training-2022.toml")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_sheets_are_whole() {
        let catalog = Catalog::shipped().map_err(|error| error.to_string());
        assert_eq!(
            catalog.map(|it| it.iter().map(|sheet| sheet.id.clone()).collect::<Vec<_>>()),
            Ok(vec!["job-expansion-2022".to_owned(), "retention-training-2022".to_owned()])
        );
    }

    /// Evidence may be a month old; good standing is of the day.
    #[test]
    fn a_decision_is_fresh_for_as_long_as_its_sheet_says() {
        let catalog = Catalog::shipped().unwrap();
        let check = |sheet: &str, decided: &str, now: &str, expected: bool| {
            let sheet = catalog.get(sheet).unwrap();
            let found = sheet.is_fresh_at_review(decided.parse().unwrap(), now.parse().unwrap());
            assert_eq!(found, expected, "{} decided {decided}, reviewed {now}", sheet.id);
        };
        let (graduates, workforce) = ("job-expansion-2022", "retention-training-2022");
        let decided = "2022-10-10T00:00:00Z";
        check(graduates, decided, "2022-10-10T15:59:59Z", true);
        check(graduates, decided, "2022-10-10T16:00:00Z", false);
        check(workforce, decided, "2022-10-10T16:00:00Z", true);
        let days = i64::from(catalog.get(workforce).unwrap().evidence_age_days_max.value);
        let decided: Timestamp = decided.parse().unwrap();
        let last = decided + SignedDuration::from_hours(24 * days);
        check(workforce, &decided.to_string(), &last.to_string(), true);
        check(workforce, &decided.to_string(), &(last + SignedDuration::from_millis(1)).to_string(), false);
    }
}
