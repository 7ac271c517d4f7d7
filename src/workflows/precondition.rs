//! What must hold before money or a judgment moves, and does not: a closed set of reasons, each with words for both readers.

use jiff::civil::Date;

use crate::domain::claim::ClaimState;
use crate::domain::clawback::CaseState;
use crate::domain::eligibility::evidence::Owner;
use crate::domain::money::Fen;
use crate::domain::payment::PaymentState;
use crate::domain::pooling::ControlTotals;
use crate::domain::statement::StatementFault;

/// Why a step was not taken. Nothing was changed, unless the words say otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// The claim is filed: it can no longer be taken back.
    ClaimAlreadyFiled,
    /// The claim is not at the version that the person saw.
    ClaimChanged,
    ClaimNotReviewable(ClaimState),
    SamePerson,
    /// Asked again, the registries say otherwise: the claim was decided anew instead.
    EvidenceChanged,
    /// A registry does not answer, and the evidence at hand is too old to decide on.
    EvidenceUnavailable(Owner),
    NothingToFile,
    ControlTotalsDiffer {
        expected: ControlTotals,
        found: ControlTotals,
    },
    /// The node's settings name no accounts for this city, or no bank and finance bureau.
    PoolingNotConfigured,
    /// Another run has the lease.
    PoolingLeased,
    PaymentChanged,
    PaymentNotReviewable(PaymentState),
    NoPayeeAccount,
    SuspectAlreadyJudged,
    SuspectNotJudged,
    /// It is another person's.
    SuspectAssignedToAnother,
    /// The desk is not at the version that the person saw.
    SuspectChanged,
    /// Not of the rule of the others that are to be judged alike.
    SuspectOfOtherRule,
    /// The caller's region spans both provinces of the suspect, and none was named.
    ProvinceNotNamed,
    SuspectNotConfirmed,
    /// The text fits so many enterprises that it means none.
    SearchTooBroad,
    /// The person has as many saved views as one may have.
    TooManyViews,
    SuspectNamesNoPerson,
    ClaimNotPaid,
    ClaimHasCase,
    AmountExceedsPaid {
        paid: Fen,
    },
    CaseChanged,
    StepNotAllowed(CaseState),
    ReplyStillDue(Date),
    CaseNotDemanded(CaseState),
    RepaymentExceedsOutstanding {
        outstanding: Fen,
    },
    ReferenceReused,
    StatementRefused(StatementFault),
    /// The node does not run for development: persons come with a certificate of their own.
    ConsoleLinksOff,
}

impl Precondition {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ClaimAlreadyFiled => "CLAIM_ALREADY_FILED",
            Self::ClaimChanged => "CLAIM_CHANGED",
            Self::ClaimNotReviewable(_) => "CLAIM_NOT_REVIEWABLE",
            Self::SamePerson => "SAME_PERSON",
            Self::EvidenceChanged => "EVIDENCE_CHANGED",
            Self::EvidenceUnavailable(_) => "EVIDENCE_UNAVAILABLE",
            Self::NothingToFile => "NOTHING_TO_FILE",
            Self::ControlTotalsDiffer { .. } => "CONTROL_TOTALS_DIFFER",
            Self::PoolingNotConfigured => "POOLING_NOT_CONFIGURED",
            Self::PoolingLeased => "POOLING_LEASED",
            Self::PaymentChanged => "PAYMENT_CHANGED",
            Self::PaymentNotReviewable(_) => "PAYMENT_NOT_REVIEWABLE",
            Self::NoPayeeAccount => "NO_PAYEE_ACCOUNT",
            Self::SuspectAlreadyJudged => "SUSPECT_ALREADY_JUDGED",
            Self::SuspectNotJudged => "SUSPECT_NOT_JUDGED",
            Self::SuspectAssignedToAnother => "SUSPECT_ASSIGNED_TO_ANOTHER",
            Self::SuspectChanged => "SUSPECT_CHANGED",
            Self::SuspectOfOtherRule => "SUSPECT_OF_OTHER_RULE",
            Self::ProvinceNotNamed => "PROVINCE_NOT_NAMED",
            Self::SuspectNotConfirmed => "SUSPECT_NOT_CONFIRMED",
            Self::SearchTooBroad => "SEARCH_TOO_BROAD",
            Self::TooManyViews => "TOO_MANY_VIEWS",
            Self::SuspectNamesNoPerson => "SUSPECT_NAMES_NO_PERSON",
            Self::ClaimNotPaid => "CLAIM_NOT_PAID",
            Self::ClaimHasCase => "CLAIM_HAS_CASE",
            Self::AmountExceedsPaid { .. } => "AMOUNT_EXCEEDS_PAID",
            Self::CaseChanged => "CASE_CHANGED",
            Self::StepNotAllowed(_) => "STEP_NOT_ALLOWED",
            Self::ReplyStillDue(_) => "REPLY_STILL_DUE",
            Self::CaseNotDemanded(_) => "CASE_NOT_DEMANDED",
            Self::RepaymentExceedsOutstanding { .. } => "REPAYMENT_EXCEEDS_OUTSTANDING",
            Self::ReferenceReused => "REFERENCE_REUSED",
            Self::StatementRefused(fault) => fault.code(),
            Self::ConsoleLinksOff => "CONSOLE_LINKS_OFF",
        }
    }

    /// What officials are shown.
    pub fn zh(&self) -> String {
        match self {
            Self::ClaimAlreadyFiled => "该申请已报送汇总，不能撤回".to_owned(),
            Self::ClaimChanged => "该申请在查看之后已有变化，请重新查看".to_owned(),
            Self::ClaimNotReviewable(state) => format!("该申请状态为“{}”，不能作此审核", state.zh()),
            Self::SamePerson => "同一人不能既经办又审批".to_owned(),
            Self::EvidenceChanged => "重新查询后核定结果有变化，该申请已重新核定".to_owned(),
            Self::EvidenceUnavailable(owner) => format!("{}暂未答复，无法核对，请稍后再审", owner.zh()),
            Self::NothingToFile => "没有已审批待报送的申请".to_owned(),
            Self::ControlTotalsDiffer { expected, found } => format!(
                "控制总数不符：应为{}笔{}元，实为{}笔{}元",
                expected.claims, expected.amount, found.claims, found.amount
            ),
            Self::PoolingNotConfigured => "本节点未配置该市的支出户、银行或财政接口".to_owned(),
            Self::PoolingLeased => "该市的汇总正由另一进程办理".to_owned(),
            Self::PaymentChanged => "该笔款项在查看之后已有变化，请重新查看".to_owned(),
            Self::PaymentNotReviewable(state) => format!("该笔款项状态为“{}”，不能作此审批", state.zh()),
            Self::NoPayeeAccount => "税务部门未提供可发放账户".to_owned(),
            Self::SuspectAlreadyJudged => "该疑点已作出核实结论".to_owned(),
            Self::SuspectNotJudged => "该疑点尚未作出核实结论，无需重新核实".to_owned(),
            Self::SuspectAssignedToAnother => "该疑点已由他人承办，请由负责人改派".to_owned(),
            Self::SuspectChanged => "该疑点在查看之后已有变化，请重新查看".to_owned(),
            Self::SuspectOfOtherRule => "该疑点与所选其他疑点的规则不同，请单独核实".to_owned(),
            Self::ProvinceNotNamed => "该疑点涉及两省，请指明代哪一省办理".to_owned(),
            Self::SearchTooBroad => "符合的企业过多，请输入更完整的名称或统一社会信用代码".to_owned(),
            Self::TooManyViews => "每人最多保存50个视图，请先删去不用的".to_owned(),
            Self::SuspectNotConfirmed => "该疑点尚未核实属实，不能追回".to_owned(),
            Self::SuspectNamesNoPerson => "该疑点不涉及某一自然人".to_owned(),
            Self::ClaimNotPaid => "该申请未发放，无可追回".to_owned(),
            Self::ClaimHasCase => "该申请已有未办结的追回案件".to_owned(),
            Self::AmountExceedsPaid { paid } => format!("追回金额超过已发放的{paid}元"),
            Self::CaseChanged => "该案件在查看之后已有变化，请重新查看".to_owned(),
            Self::StepNotAllowed(state) => format!("该案件状态为“{}”，不能作此处理", state.zh()),
            Self::ReplyStillDue(day) => format!("陈述申辩期限至{day}，期限未满"),
            Self::CaseNotDemanded(state) => format!("该案件状态为“{}”，尚未责令退回", state.zh()),
            Self::RepaymentExceedsOutstanding { outstanding } => format!("退回金额超过尚欠的{outstanding}元"),
            Self::ReferenceReused => "该银行流水号已用于另一笔退回，或金额与对账单不符".to_owned(),
            Self::StatementRefused(fault) => fault.zh(),
            Self::ConsoleLinksOff => "本节点不签发登录链接，请使用本人证书登录".to_owned(),
        }
    }

    /// Whether the same request may succeed later by itself.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::EvidenceUnavailable(_) => true,
            Self::ClaimAlreadyFiled
            | Self::ClaimChanged
            | Self::ClaimNotReviewable(_)
            | Self::SamePerson
            | Self::EvidenceChanged
            | Self::NothingToFile
            | Self::ControlTotalsDiffer { .. }
            | Self::PoolingNotConfigured
            | Self::PoolingLeased
            | Self::PaymentChanged
            | Self::PaymentNotReviewable(_)
            | Self::NoPayeeAccount
            | Self::SuspectAlreadyJudged
            | Self::SuspectNotJudged
            | Self::SuspectAssignedToAnother
            | Self::SuspectChanged
            | Self::SuspectOfOtherRule
            | Self::ProvinceNotNamed
            | Self::SuspectNotConfirmed
            | Self::SearchTooBroad
            | Self::TooManyViews
            | Self::SuspectNamesNoPerson
            | Self::ClaimNotPaid
            | Self::ClaimHasCase
            | Self::AmountExceedsPaid { .. }
            | Self::CaseChanged
            | Self::StepNotAllowed(_)
            | Self::ReplyStillDue(_)
            | Self::CaseNotDemanded(_)
            | Self::RepaymentExceedsOutstanding { .. }
            | Self::ReferenceReused
            | Self::StatementRefused(_)
            | Self::ConsoleLinksOff => false,
        }
    }
}

/// In English, for engineers.
impl std::fmt::Display for Precondition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ClaimAlreadyFiled => f.write_str("claim is filed and cannot be withdrawn"),
            Self::ClaimChanged => f.write_str("claim is not at the version that was seen"),
            Self::ClaimNotReviewable(state) => {
                write!(f, "a claim that is {} does not take this decision", state.code())
            }
            Self::SamePerson => f.write_str("who made or passed it cannot approve it"),
            Self::EvidenceChanged => f.write_str("registries now say otherwise: the claim was decided anew"),
            Self::EvidenceUnavailable(owner) => {
                write!(f, "{} does not answer, and the evidence is too old", owner.code())
            }
            Self::NothingToFile => f.write_str("no approved claim waits to be filed"),
            Self::ControlTotalsDiffer { expected, found } => write!(
                f,
                "expected {} claims of {} yuan, found {} of {} yuan",
                expected.claims, expected.amount, found.claims, found.amount
            ),
            Self::PoolingNotConfigured => {
                f.write_str("settings name no accounts for this city, or no bank and finance")
            }
            Self::PoolingLeased => f.write_str("another run of this city is under way"),
            Self::PaymentChanged => f.write_str("payment, or its account, is not what was seen"),
            Self::PaymentNotReviewable(state) => {
                write!(f, "a payment that is {} does not take this decision", state.code())
            }
            Self::NoPayeeAccount => f.write_str("tax department names no account that may be paid"),
            Self::SuspectAlreadyJudged => f.write_str("suspect was judged before"),
            Self::SuspectNotJudged => f.write_str("suspect is not judged: there is nothing to open again"),
            Self::SuspectAssignedToAnother => f.write_str("suspect is another person's"),
            Self::SuspectChanged => f.write_str("suspect is not at the version that was seen"),
            Self::SuspectOfOtherRule => f.write_str("suspect is not of the rule of the others"),
            Self::ProvinceNotNamed => f.write_str("suspect concerns two provinces: name the one to act for"),
            Self::SuspectNotConfirmed => f.write_str("suspect is not confirmed"),
            Self::SearchTooBroad => f.write_str("text fits too many enterprises"),
            Self::TooManyViews => f.write_str("person has 50 saved views already"),
            Self::SuspectNamesNoPerson => f.write_str("suspect is about no one person"),
            Self::ClaimNotPaid => f.write_str("claim is not of this suspect, or not paid"),
            Self::ClaimHasCase => f.write_str("claim has an open case"),
            Self::AmountExceedsPaid { paid } => write!(f, "more than the {paid} yuan that were paid"),
            Self::CaseChanged => f.write_str("case is not at the version that was seen"),
            Self::StepNotAllowed(state) => write!(f, "a case that is {} does not take this step", state.code()),
            Self::ReplyStillDue(day) => write!(f, "a reply may come until {day}"),
            Self::CaseNotDemanded(state) => write!(f, "a case that is {} takes no repayment", state.code()),
            Self::RepaymentExceedsOutstanding { outstanding } => {
                write!(f, "more than the {outstanding} yuan that are outstanding")
            }
            Self::ReferenceReused => f.write_str("bank reference repaid something else, or shows another amount"),
            Self::StatementRefused(fault) => fault.fmt(f),
            Self::ConsoleLinksOff => {
                f.write_str("node does not run for development: come with a certificate of your own")
            }
        }
    }
}
