//! A sheet as it stands in its file: every key known, every type right, nothing judged yet. Spans keep the lines for the refusals.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use toml::Spanned;
use toml::value::Datetime;

use super::terms::{
    AccountHead, CountyLevelJudgedBy, CountyListedTwice, DaysAre, DaysCountFrom, DispatchAgencyCounts,
    DispatchAgencyJudgedBy, DispatchedGraduateCountedBy, DispatchedJudgedBy, DispatchedWorkerCountedBy, Effect,
    IndustryHeadcountMonth, LaterHeadcounts, MunicipalLevelJudgedBy, OnceBy, PeriodAcrossTheWindow, ReturnedPayment,
    SlotGoesTo, SplitDebtor, StandingTested, Unit, WorkerAtTwoEnterprises, ZoneHeadcountMonth,
};
use crate::domain::claim::{ClaimRoute, SubsidyKind};
use crate::domain::eligibility::evidence::AwardKind;
use crate::domain::eligibility::verdict::PayeeAccountKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Sheet {
    pub(super) id: Spanned<String>,
    pub(super) version: Spanned<u32>,
    pub(super) subsidy: Spanned<SubsidyKind>,
    pub(super) zh: Spanned<String>,
    pub(super) en: Spanned<String>,
    pub(super) source: Spanned<String>,
    pub(super) window: Spanned<Window>,
    pub(super) application_deadline: Cited<Spanned<Datetime>>,
    pub(super) rate: Rate,
    pub(super) once: Once,
    pub(super) excludes: Option<Cited<Spanned<Vec<Spanned<AwardKind>>>>>,
    pub(super) payee_order: Cited<Spanned<Vec<Spanned<PayeeAccountKind>>>>,
    pub(super) fund_head: Cited<AccountHead>,
    pub(super) payment_clock: Option<Cited<Spanned<u32>>>,
    pub(super) poolings_a_month_min: Cited<Spanned<u32>>,
    pub(super) evidence_age_days_max: Cited<Spanned<u32>>,
    pub(super) parameters: Parameters,
    pub(super) graduate: Option<Spanned<Graduate>>,
    pub(super) workforce: Option<Spanned<Workforce>>,
    #[serde(default)]
    pub(super) sector: Vec<Sector>,
    pub(super) condition: Vec<Condition>,
    pub(super) reason: Vec<Reason>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Cited<T> {
    pub(super) value: T,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Window {
    pub(super) from: Spanned<Datetime>,
    pub(super) until: Spanned<Datetime>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Rate {
    pub(super) amount_fen: Spanned<i64>,
    pub(super) unit: Spanned<Unit>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Once {
    pub(super) key: Spanned<OnceBy>,
    pub(super) group: Spanned<String>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Parameters {
    pub(super) slot_goes_to: Cited<SlotGoesTo>,
    pub(super) days_are: Cited<DaysAre>,
    pub(super) days_count_from: Cited<DaysCountFrom>,
    pub(super) returned_payment: Cited<ReturnedPayment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Graduate {
    pub(super) standing_tested: Cited<StandingTested>,
    pub(super) dispatched_counted_by: Cited<DispatchedGraduateCountedBy>,
    pub(super) split_debtor: Cited<SplitDebtor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Workforce {
    pub(super) static_management_days_min: Cited<Spanned<u32>>,
    pub(super) county_listed_twice: Cited<CountyListedTwice>,
    pub(super) period_across_the_window: Cited<PeriodAcrossTheWindow>,
    pub(super) zone_headcount_month: Cited<ZoneHeadcountMonth>,
    pub(super) industry_headcount_month: Cited<IndustryHeadcountMonth>,
    pub(super) later_headcounts: Cited<LaterHeadcounts>,
    pub(super) county_level_judged_by: Cited<CountyLevelJudgedBy>,
    pub(super) municipal_level_judged_by: Cited<MunicipalLevelJudgedBy>,
    pub(super) dispatch_agency_counts: Cited<DispatchAgencyCounts>,
    pub(super) dispatch_agency_judged_by: Cited<DispatchAgencyJudgedBy>,
    pub(super) dispatched_counted_by: Cited<DispatchedWorkerCountedBy>,
    pub(super) dispatched_judged_by: Cited<DispatchedJudgedBy>,
    pub(super) worker_at_two_enterprises: Cited<WorkerAtTwoEnterprises>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Sector {
    pub(super) name: Spanned<String>,
    pub(super) zh: Spanned<String>,
    pub(super) codes: Spanned<Vec<Spanned<String>>>,
    pub(super) clause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Condition {
    pub(super) code: Spanned<String>,
    pub(super) clause: Spanned<String>,
    pub(super) effect: Effect,
    pub(super) routes: Spanned<Vec<Spanned<ClaimRoute>>>,
    pub(super) when: Option<Spanned<Predicate>>,
    pub(super) require: Spanned<Predicate>,
    pub(super) zh: Spanned<String>,
    pub(super) en: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Reason {
    pub(super) on: Spanned<String>,
    pub(super) code: Spanned<String>,
    pub(super) clause: Spanned<String>,
    pub(super) zh: Spanned<String>,
    pub(super) en: Spanned<String>,
}

/// One level of a predicate; which of the keys may stand together is judged later.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Predicate {
    pub(super) all: Option<Vec<Spanned<Predicate>>>,
    pub(super) any: Option<Vec<Spanned<Predicate>>>,
    pub(super) not: Option<Box<Spanned<Predicate>>>,
    pub(super) fact: Option<Spanned<String>>,
    pub(super) is: Option<Spanned<Is>>,
    #[serde(rename = "in")]
    pub(super) within: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) from: Option<Spanned<Datetime>>,
    pub(super) until: Option<Spanned<Datetime>>,
    pub(super) at_least: Option<Spanned<u32>>,
    pub(super) at_most: Option<Spanned<u32>>,
    pub(super) sector_in: Option<Spanned<Vec<Spanned<String>>>>,
}

pub(super) enum Is {
    Flag(bool),
    Word(String),
}

impl<'de> Deserialize<'de> for Is {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IsVisitor;
        impl Visitor<'_> for IsVisitor {
            type Value = Is;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or a word")
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Is, E> {
                Ok(Is::Flag(flag))
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Is, E> {
                Ok(Is::Word(word.to_owned()))
            }
        }
        deserializer.deserialize_any(IsVisitor)
    }
}
