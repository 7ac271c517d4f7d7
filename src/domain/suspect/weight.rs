//! How much the evidence weighs: what speaks for a suspicion and what against it, piece by piece, so that a person can follow it (I7).
//!
//! A piece counts in hundredths of a bit: 100 doubles the odds that the suspicion is true, −100 halves them. What the points are is our
//! judgment, not the notice's, and stands in one table ([`Sign`]). What is not known weighs nothing.

mod pair;
mod single;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::SuspectRule;
use crate::domain::claim::{Claim, ClaimState, Person, Subject};
use crate::domain::eligibility::evidence::{Evidence, PersonEvidence};
use crate::domain::identity::ResidentId;

/// One side of a suspect, in the open: what it claims, where it stands, and what it was decided on.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    pub claim: &'a Claim,
    pub state: ClaimState,
    /// Absent while nothing is decided from evidence.
    pub evidence: Option<&'a Evidence>,
    /// The rostered worker that the suspect is about; `None` for a graduate, and where it is about the enterprise.
    pub unit: Option<usize>,
}

impl<'a> Side<'a> {
    /// The person the side is about, where it is about one.
    pub fn person(&self) -> Option<&'a Person> {
        match (&self.claim.subject, self.unit) {
            (Subject::Graduate(graduate), _) => Some(&graduate.person),
            (Subject::Workforce(workforce), Some(unit)) => workforce.roster.get(unit).map(|worker| &worker.person),
            (Subject::Workforce(_), None) => None,
        }
    }

    /// What the registries answered about that person.
    pub fn person_evidence(&self) -> Option<&'a PersonEvidence> {
        let index = match (&self.claim.subject, self.unit) {
            (Subject::Graduate(_), _) => 0,
            (Subject::Workforce(_), unit) => unit?,
        };
        self.evidence?.persons.get(index)
    }
}

/// Which worker of a claim's roster has a number; `None` also for a graduate.
pub fn rostered(claim: &Claim, resident_id: &ResidentId) -> Option<usize> {
    match &claim.subject {
        Subject::Graduate(_) => None,
        Subject::Workforce(workforce) => {
            workforce.roster.iter().position(|worker| worker.person.resident_id == *resident_id)
        }
    }
}

/// What is weighed.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    pub rule: SuspectRule,
    /// Absent where the rule is about one claim alone.
    pub first: Option<Side<'a>>,
    pub second: Side<'a>,
}

/// Whose data a piece of evidence says something of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// What the rule itself says.
    Rule,
    First,
    Second,
    Both,
}

/// One piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub sign: Sign,
    pub about: About,
}

/// All the evidence there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// Strongest for the suspicion first, strongest against it last.
    pub pieces: Vec<Piece>,
    /// Hundredths of a bit.
    pub total: i32,
    /// 0 to 1,000; see [`weight_of`].
    pub weight: u16,
}

/// Weighs the evidence. The order in which registries list things changes nothing.
pub fn weigh(pair: &Pair<'_>) -> Weighed {
    let mut signs = BTreeSet::new();
    match &pair.first {
        Some(first) => pair::collect(pair.rule, first, &pair.second, &mut signs),
        None => single::collect(pair.rule, &pair.second, &mut signs),
    }
    let mut pieces: Vec<Piece> = signs.into_iter().map(|(sign, about)| Piece { sign, about }).collect();
    pieces.sort_by_key(|piece| (Reverse(piece.sign.points()), piece.sign, piece.about));
    let total = pieces.iter().fold(0_i32, |sum, piece| sum.saturating_add(piece.sign.points()));
    Weighed { pieces, total, weight: weight_of(total) }
}

/// Each piece once, with whose data it is of.
type Signs = BTreeSet<(Sign, About)>;

/// Thousandths of certainty at 0, 1, 2 … whole bits.
const CERTAINTY: [i32; 12] = [500, 667, 800, 889, 941, 970, 985, 992, 996, 998, 999, 1_000];
const BIT: i32 = 100;

/// The weight of so many hundredths of a bit: the share of cases that are true at these odds, in thousandths, where without evidence one
/// of two would be. 0 is 500, one bit 667, two 800, three 889; eleven bits and more are 1,000. Straight lines between whole bits; bits
/// against mirror those for.
pub fn weight_of(total: i32) -> u16 {
    let size = total.unsigned_abs().min(1_100);
    let bits = usize::try_from(size / BIT.unsigned_abs()).unwrap_or_default();
    let part = i32::try_from(size % BIT.unsigned_abs()).unwrap_or_default();
    let at = |bit: usize| CERTAINTY.get(bit).copied().unwrap_or(1_000);
    let (low, high) = (at(bits), at(bits.saturating_add(1)));
    let certainty = low.saturating_add(high.saturating_sub(low).saturating_mul(part) / BIT);
    let weight = if total < 0 { 1_000_i32.saturating_sub(certainty) } else { certainty };
    u16::try_from(weight.clamp(0, 1_000)).unwrap_or_default()
}

macro_rules! signs {
    ($($name:ident: $code:literal, $points:literal, $zh:literal, $en:literal;)*) => {
        /// What a piece of evidence says. Closed, with its points in one table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Sign {
            $($name,)*
        }

        impl Sign {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable word.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Hundredths of a bit; below 0 it speaks against the suspicion.
            pub fn points(self) -> i32 {
                match self { $(Self::$name => $points,)* }
            }

            pub fn zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            pub fn en(self) -> &'static str {
                match self { $(Self::$name => $en,)* }
            }
        }
    };
}

signs! {
    // Two claims about one person or enterprise.
    SameResidentId: "same_resident_id", 400, "两份申领的身份证号相同", "both claims have the same resident number";
    SameUscc: "same_enterprise", 300, "两份申领为同一统一社会信用代码", "both claims have the same social credit code";
    SameName: "same_name", 150, "两份申领的姓名相同", "both claims have the same name";
    SamePhone: "same_phone", 100, "两份申领的手机号相同", "both claims have the same phone";
    SameAccount: "same_account", 200, "两户企业填报同一收款账户", "two enterprises name the same account";
    SameEnterpriseName: "same_enterprise_name", 100, "信用代码不同而企业名称相同",
        "enterprises of other codes have the same name";
    SamePlace: "same_place_of_business", 50, "两户企业经营地在同一县区", "both enterprises do business in one county";
    EnrolledAtOneOnly: "enrolled_at_one_only", 250, "社保缴费记录只在其中一户", "insurance says paid for at one of the two only";
    EmployedAtOneOnly: "employed_at_one_only", 150, "就业登记或劳动合同只在其中一户",
        "the employment system knows one of the two only";
    HostFunds: "one_side_funds", 200, "社保显示实际出资的只有一方", "insurance says that one side alone funds the worker";
    BothOnTheWay: "both_on_the_way", 150, "两份申领都已进入发放环节", "both claims are on the way to money";
    NameDiffers: "name_differs", -250, "身份证号相同而姓名不同，可能一方录入有误",
        "the names differ: one number may be typed wrong";
    PhoneDiffers: "phone_differs", -50, "两份申领的手机号不同", "the phones differ";
    EnrolledAtBoth: "enrolled_at_both", -100, "社保显示先后在两户参保缴费，可能为换岗", "insurance says paid for at both: perhaps a change of job";
    EmployedAtBoth: "employed_at_both", -100, "就业系统显示与两户均有登记或合同", "the employment system knows both employers";
    DispatchAgreed: "dispatch_agreed", -250, "双方列明派遣协议和分配协议", "dispatch and sharing agreements between the two are named";
    RoutesDiffer: "routes_differ", -150, "一份免申即享、一份自主申请，可能为流程重叠",
        "one came by itself and one was applied for: perhaps an overlap";
    SameDay: "same_day", -150, "同一企业同日提交，可能为重复录入", "the same enterprise sent both on one day: perhaps typed twice";
    OneGone: "one_gone", -400, "其中一份申领已撤回或不予支持", "one of the claims is withdrawn or refused";
    // One claim and what the registries say of it.
    CredentialDisagrees: "credential_disagrees", 350, "学信网登记姓名与申领不一致",
        "the credential registry has another name under the number";
    InsuranceDisagrees: "insurance_disagrees", 350, "社保登记姓名与申领不一致", "the insurance database has another name under the number";
    NumberUnknown: "number_unknown", 100, "登记机构查无此身份证号", "a registry does not know the number";
    ContributionsStopped: "contributions_stopped", 100, "在申领企业已暂停缴费或终止参保",
        "contributions under the claimant are suspended or ended";
    NotEnrolled: "not_enrolled", 200, "在申领企业没有社保缴费记录", "insurance has no contribution under the claimant";
    NotEmployed: "not_employed", 150, "在申领企业没有就业登记和劳动合同", "the employment system knows no employment with the claimant";
    EnrolledElsewhere: "enrolled_elsewhere", 150, "参保登记地不是申领地", "the enterprise is enrolled in another place than it claims in";
    AwardRecorded: "award_recorded", 400, "享受记录库有互斥补贴记录", "the award history has an excluding award";
    AwardSameSubsidy: "award_same_subsidy", 100, "已享受的是同一项补贴", "the award is of the same subsidy";
    AwardSameEnterprise: "award_same_enterprise", 50, "已享受记录在同一企业名下", "the award went to the same enterprise";
    AccountUnknown: "account_unknown", 350, "收款账户不在税务部门提供的账户之列", "the account is none of those that the tax department names";
    TaxNameDiffers: "tax_name_differs", 150, "税务登记名称与申领企业名称不一致", "the tax department has another name of the enterprise";
    NameNearlySame: "name_nearly_same", -150, "姓名仅一字之差，可能录入有误", "the names differ in one character: perhaps typed wrong";
    AccountNearlySame: "account_nearly_same", -200, "账号仅差一两位，可能录入有误", "the accounts differ in a digit or two: perhaps typed wrong";
    CredentialAgrees: "credential_agrees", -200, "学信网登记姓名与申领一致", "the credential registry has the same name";
    InsuranceAgrees: "insurance_agrees", -200, "社保登记姓名与申领一致", "the insurance database has the same name";
    Enrolled: "enrolled", -100, "在申领企业正常缴费", "contributions under the claimant are current";
    TaxNameAgrees: "tax_name_agrees", -100, "税务登记名称与申领企业名称一致", "the tax department has the same name of the enterprise";
    NoAward: "no_award", -500, "享受记录库查无互斥补贴记录", "the award history has no excluding award";
    AccountKnown: "account_known", -500, "收款账户为税务部门提供的账户", "the account is one that the tax department names";
    Gone: "gone", -400, "申领已撤回或不予支持", "the claim is withdrawn or refused";
}

/// Whether a claim is over without money.
fn is_gone(state: ClaimState) -> bool {
    matches!(state, ClaimState::Withdrawn | ClaimState::Refused)
}

/// How many characters differ between two texts of one length; `None` where the lengths differ.
fn characters_apart(one: &str, other: &str) -> Option<usize> {
    let is_as_long = one.chars().count() == other.chars().count();
    is_as_long.then(|| one.chars().zip(other.chars()).filter(|(a, b)| a != b).count())
}

#[cfg(test)]
#[path = "weight/tests.rs"]
mod tests;
