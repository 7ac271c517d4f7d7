//! What a sheet may set, as typed values that each carry their clause.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error as _};

use super::predicate::Predicate;
use crate::domain::claim::ClaimRoute;
use crate::domain::eligibility::verdict::Reason;
use crate::domain::money::Fen;

/// Says that a value is a parameter because the notice leaves the question open.
pub const OPEN_PARAMETER: &str = "参数：通知未规定";

/// Where a value comes from: a section of the notice, such as `二(一)1`, or [`OPEN_PARAMETER`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clause(String);

impl Clause {
    /// Reads one section, several joined by `、`, or the words for an open parameter.
    pub fn parse(text: &str) -> Option<Self> {
        (text == OPEN_PARAMETER || text.split('、').all(is_section)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the notice leaves the question open.
    pub fn is_open_parameter(&self) -> bool {
        self.0 == OPEN_PARAMETER
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// `五`, `五(一)` or `二(一)1`.
fn is_section(text: &str) -> bool {
    let is_numeral = |part: &str| !part.is_empty() && part.chars().all(|it| "一二三四五六七八九十".contains(it));
    match text.split_once('(') {
        None => is_numeral(text),
        Some((part, rest)) => rest.split_once(')').is_some_and(|(item, number)| {
            is_numeral(part) && is_numeral(item) && number.chars().all(|it| it.is_ascii_digit())
        }),
    }
}

/// A value and the clause it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited<T> {
    pub value: T,
    pub clause: Clause,
}

/// Both days are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: Date,
    pub until: Date,
}

/// What is paid for one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Above zero and at most [`Rate::FEN_MAX`], so that no number of heads overflows.
    pub amount: Fen,
    pub unit: Unit,
}

impl Rate {
    /// A million yuan a head, far above any subsidy; times the largest number of heads it still fits.
    pub const FEN_MAX: i64 = 100_000_000;
}

/// What is counted and paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Graduate,
    Worker,
}

/// What an entitlement is held once by, and in which group (I2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    pub key: OnceBy,
    /// Sheets of one group exclude each other for one key.
    pub group: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnceBy {
    Person,
    Enterprise,
}

/// The fund's subject that the money is booked under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountHead {
    /// 失业保险基金“其他支出”科目 (三).
    OtherExpenditure,
}

impl AccountHead {
    pub fn zh(self) -> &'static str {
        match self {
            Self::OtherExpenditure => "失业保险基金·其他支出",
        }
    }
}

/// How long the agency has to pay, from the data release or the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentClock {
    pub days: u32,
}

/// What a condition that is not met does to the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    Refuse,
    Hold,
}

/// One condition of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub reason: Reason,
    pub effect: Effect,
    /// The routes it is asked on; never empty.
    pub routes: BTreeSet<ClaimRoute>,
    /// What must hold. A `when` of the sheet is already part of it: not when, or required.
    pub requirement: Predicate,
}

/// A hard-hit sector (特困行业) and the codes it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HardHitSector {
    pub name: String,
    pub zh: String,
    pub codes: Cited<BTreeSet<String>>,
}

/// Questions that every sheet answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    pub slot_goes_to: Cited<SlotGoesTo>,
    pub days_are: Cited<DaysAre>,
    pub days_count_from: Cited<DaysCountFrom>,
    pub returned_payment: Cited<ReturnedPayment>,
}

/// What is counted, and the questions that come with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counting {
    Graduates(GraduateTerms),
    /// Boxed: it asks much more than the other.
    Workforce(Box<WorkforceTerms>),
}

/// Questions about a graduate hired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraduateTerms {
    pub standing_tested: Cited<StandingTested>,
    pub dispatched_counted_by: Cited<DispatchedGraduateCountedBy>,
    pub split_debtor: Cited<SplitDebtor>,
}

/// Questions about a workforce kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkforceTerms {
    /// First and last day both counted, this number included (以上).
    pub static_management_days_min: Cited<u32>,
    pub county_listed_twice: Cited<CountyListedTwice>,
    pub period_across_the_window: Cited<PeriodAcrossTheWindow>,
    pub zone_headcount_month: Cited<ZoneHeadcountMonth>,
    pub industry_headcount_month: Cited<IndustryHeadcountMonth>,
    pub later_headcounts: Cited<LaterHeadcounts>,
    pub county_level_judged_by: Cited<CountyLevelJudgedBy>,
    pub municipal_level_judged_by: Cited<MunicipalLevelJudgedBy>,
    pub dispatch_agency_counts: Cited<DispatchAgencyCounts>,
    pub dispatch_agency_judged_by: Cited<DispatchAgencyJudgedBy>,
    pub dispatched_counted_by: Cited<DispatchedWorkerCountedBy>,
    pub dispatched_judged_by: Cited<DispatchedJudgedBy>,
    pub worker_at_two_enterprises: Cited<WorkerAtTwoEnterprises>,
}

/// A parameter that can be set to one value, because one is implemented: the sheet says it aloud and a reader can see it.
macro_rules! only {
    ($($(#[$docs:meta])* $name:ident { $variant:ident = $word:literal, $zh:literal })+) => { $(
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $variant,
        }

        impl Word for $name {
            fn word(self) -> (&'static str, &'static str) {
                match self {
                    Self::$variant => ($word, $zh),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match String::deserialize(deserializer)?.as_str() {
                    $word => Ok(Self::$variant),
                    other => Err(D::Error::custom(format!("only `{}` is implemented, not `{other}`", $word))),
                }
            }
        }
    )+ };
}

/// A value that is one word of a closed list.
pub(super) trait Word: Copy {
    /// As sheets write it, and in Chinese.
    fn word(self) -> (&'static str, &'static str);
}

only! {
    /// Who stands when two enterprises claim one graduate, or one enterprise claims twice.
    SlotGoesTo { FirstReceipt = "first-receipt", "先收到的申请" }
    DaysAre { Calendar = "calendar", "自然日" }
    /// The day after release or receipt is the first, in China Standard Time.
    DaysCountFrom { DayAfter = "day-after", "次日" }
    /// It stays owed; the account is asked anew, and a new instruction needs new approvals.
    ReturnedPayment { OwedToAccountAskedAnew = "owed-to-account-asked-anew", "仍应付，重新查询账户并重新审批" }
    StandingTested { AtReviewAndInstruction = "at-review-and-instruction", "审核时和支付时" }
    DispatchedGraduateCountedBy { DispatchAgency = "dispatch-agency", "劳务派遣企业" }
    /// Who owes after a dispatch split: the enterprise that was paid, for what it was paid.
    SplitDebtor { PaidEnterprise = "paid-enterprise", "收到补助的企业" }
    CountyListedTwice { EarliestQualifyingMonth = "earliest-qualifying-month", "最早符合条件的月份" }
    /// A period that begins before the window or ends after it counts with all its days; its month is the first one in the window.
    PeriodAcrossTheWindow { WholePeriod = "whole-period", "按全部天数计算" }
    ZoneHeadcountMonth { Onset = "onset", "起始月" }
    IndustryHeadcountMonth { Submission = "submission", "申请提交月" }
    LaterHeadcounts { ChangeNothing = "change-nothing", "不再调整" }
    CountyLevelJudgedBy { PlaceOfEnrollment = "place-of-enrollment", "参保地" }
    MunicipalLevelJudgedBy { PlaceOfBusiness = "place-of-business", "经营地" }
    DispatchAgencyCounts { OwnStaff = "own-staff", "自用职工" }
    DispatchAgencyJudgedBy { PlaceOfBusiness = "place-of-business", "经营地" }
    DispatchedWorkerCountedBy { FundingHost = "funding-host", "实际出资缴费的用工企业" }
    DispatchedJudgedBy { HostPlaceOfBusiness = "host-place-of-business", "用工企业经营地" }
    /// Advisory: both are counted.
    WorkerAtTwoEnterprises { BothCounted = "both-counted", "两户企业均计入" }
}
