//! What is answered when something is not done: the only place that makes a `tonic::Status`, or a refusal within a stream.
//!
//! Every answer has a stable reason, words for officials and for engineers, and never a value from the request.

use std::borrow::Cow;
use std::time::Duration;

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, StatusExt};

use super::convert::violation::Violations;
use crate::domain::rights::Denied;
use crate::proto::common::v1 as pb;
use crate::tables::PaymentFileError;
use crate::workflows::Refusal;
use crate::workflows::precondition::Precondition;

/// Whose reasons they are (google.rpc.ErrorInfo.domain).
const DOMAIN: &str = "hufu";
const LOCALE: &str = "zh-CN";
/// Details travel in HTTP trailers, of which many clients take 8 KiB; one violation is some 300 bytes.
const VIOLATIONS_IN_STATUS: usize = 12;
/// A database that is away is not back in less.
const UNAVAILABLE_PAUSE: Duration = Duration::from_secs(1);

/// Why something is not done. Boxed, because it is the rare half of every result.
#[derive(Clone, Debug)]
pub(super) struct Fault(Box<Content>);

#[derive(Clone, Debug)]
struct Content {
    code: Code,
    reason: &'static str,
    en: Cow<'static, str>,
    zh: Cow<'static, str>,
    /// When the caller may try again unchanged.
    retry: Option<Duration>,
    /// Where the log has more about it.
    error_id: Option<String>,
    violations: Violations,
}

impl Fault {
    fn new(
        code: Code,
        reason: &'static str,
        en: impl Into<Cow<'static, str>>,
        zh: impl Into<Cow<'static, str>>,
    ) -> Self {
        let violations = Violations::default();
        let (en, zh) = (en.into(), zh.into());
        Self(Box::new(Content { code, reason, en, zh, retry: None, error_id: None, violations }))
    }

    fn retry_after(mut self, pause: Duration) -> Self {
        self.0.retry = Some(pause);
        self
    }

    pub(super) fn certificate_required() -> Self {
        Self::new(Code::Unauthenticated, "CERTIFICATE_REQUIRED", "a client certificate is required", "须出示客户端证书")
    }

    /// `why` is about the certificate's form, and names nothing in it.
    pub(super) fn caller_malformed(why: &str) -> Self {
        let en = format!("client certificate does not name a caller: {why}");
        Self::new(Code::PermissionDenied, "CALLER_MALFORMED", en, "客户端证书未按规定标明调用方")
    }

    /// There is no such method: also what a method is that the table of rights does not name.
    pub(super) fn unimplemented() -> Self {
        Self::new(Code::Unimplemented, "METHOD_UNKNOWN", "no such method", "没有此方法")
    }

    pub(super) fn overloaded(pause: Duration) -> Self {
        Self::new(Code::ResourceExhausted, "OVERLOADED", "the node is overloaded", "系统繁忙，请稍后重试")
            .retry_after(pause)
    }

    /// This caller alone has as much under way as it may.
    pub(super) fn too_many_calls(pause: Duration) -> Self {
        let en = "the caller has as many calls under way as it may have";
        Self::new(Code::ResourceExhausted, "CALLER_OVERLOADED", en, "本系统并发请求过多，请稍后重试").retry_after(pause)
    }

    pub(super) fn deadline_exceeded() -> Self {
        let en = "not finished in time; send it again with the same request_id";
        Self::new(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", en, "处理超时，请用相同的请求编号重发")
    }

    /// A fault of ours that the log names by the same id.
    pub(super) fn internal(error_id: String) -> Self {
        let mut fault = Self::new(Code::Internal, "INTERNAL", "internal error", "系统内部错误，请凭错误编号联系运维");
        fault.0.error_id = Some(error_id);
        fault
    }

    /// The node is going away; another replica, or the same after its restart, goes on.
    pub(super) fn shutting_down() -> Self {
        let en = "the node is shutting down; connect again and go on";
        Self::new(Code::Unavailable, "SHUTTING_DOWN", en, "节点正在停机，请重新连接后继续")
            .retry_after(UNAVAILABLE_PAUSE)
    }

    pub(super) fn stream_idle() -> Self {
        let en = "nothing was sent for too long; open a new stream";
        Self::new(Code::DeadlineExceeded, "STREAM_IDLE", en, "数据流空闲超时，请重新建立")
    }

    pub(super) fn ledger_wrong() -> Self {
        let en = "the ledger's entries say what no money can do: check it";
        Self::new(Code::FailedPrecondition, "LEDGER_WRONG", en, "账目不符，请先对账")
    }

    pub(super) fn no_such_sheet() -> Self {
        Self::new(Code::NotFound, "SHEET_UNKNOWN", "no such policy sheet", "没有此政策表")
    }

    /// The stable reason.
    #[cfg(test)]
    pub(super) fn reason(&self) -> &'static str {
        self.0.reason
    }

    /// How long the caller should wait, when waiting is all that is needed.
    pub(super) fn overload_pause(&self) -> Option<Duration> {
        self.0.retry.filter(|_| self.0.code == Code::ResourceExhausted)
    }
}

impl From<Violations> for Fault {
    fn from(violations: Violations) -> Self {
        if violations.is_another_person() {
            let en = "person is not the one that the caller's certificate names";
            return Self::new(Code::PermissionDenied, "PERSON_MISMATCH", en, "经办人员与证书或登录所示的人员不符");
        }
        let en = "the request has fields that cannot be accepted";
        let mut fault = Self::new(Code::InvalidArgument, "FIELDS_INVALID", en, "请求中有不符合要求的字段");
        fault.0.violations = violations;
        fault
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotInTheTable => Self::unimplemented(),
            Denied::RoleMissing(_) => {
                Self::new(Code::PermissionDenied, "ROLE_MISSING", denied.to_string(), "调用方没有此项权限")
            }
            Denied::RegionOutsideCaller => Self::from(Refusal::OutsideRegion),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let en = refusal.to_string();
        match refusal {
            Refusal::RequestIdReused => {
                Self::new(Code::AlreadyExists, "REQUEST_ID_REUSED", en, "请求编号已用于另一请求")
            }
            Refusal::NotFound => Self::new(Code::NotFound, "NOT_FOUND", en, "没有此记录"),
            Refusal::AlreadyWithdrawn => {
                Self::new(Code::FailedPrecondition, "CLAIM_ALREADY_WITHDRAWN", en, "该申请已撤回")
            }
            Refusal::UnknownSheet => {
                let mut violations = Violations::default();
                violations.add("claim.sheet_id", "SHEET_UNKNOWN", "no such policy sheet", "没有此政策表");
                violations.into()
            }
            Refusal::SubjectDoesNotFitSheet => {
                let mut violations = Violations::default();
                violations.add("claim.subject", "SUBJECT_DOES_NOT_FIT_SHEET", &en, "申请对象与政策表的补贴不符");
                violations.into()
            }
            Refusal::Precondition(Precondition::ReferenceReused) => {
                let reason = Precondition::ReferenceReused;
                Self::new(Code::AlreadyExists, reason.code(), en, reason.zh())
            }
            Refusal::Precondition(Precondition::PoolingLeased) => {
                let reason = Precondition::PoolingLeased;
                Self::new(Code::Aborted, reason.code(), en, reason.zh()).retry_after(UNAVAILABLE_PAUSE)
            }
            Refusal::Precondition(reason) if reason.is_retryable() => {
                Self::new(Code::Unavailable, reason.code(), en, reason.zh()).retry_after(UNAVAILABLE_PAUSE)
            }
            Refusal::Precondition(reason) => Self::new(Code::FailedPrecondition, reason.code(), en, reason.zh()),
            Refusal::OutsideRegion => {
                Self::new(Code::PermissionDenied, "REGION_OUTSIDE_CALLER", en, "该地区不在调用方的辖区内")
            }
            Refusal::Denied(denied) => denied.into(),
            Refusal::UnmaskQuota => {
                Self::new(Code::ResourceExhausted, "UNMASK_QUOTA", en, "今日查看完整身份信息的次数已满，请明日再试")
            }
            Refusal::Overloaded { retry_after_ms } => Self::overloaded(Duration::from_millis(retry_after_ms)),
            Refusal::Unavailable => {
                let en = "the node cannot reach its database; send it again with the same request_id";
                Self::new(Code::Unavailable, "STORE_UNAVAILABLE", en, "数据库暂不可用，请用相同的请求编号重发")
                    .retry_after(UNAVAILABLE_PAUSE)
            }
            Refusal::Internal { error_id } => Self::internal(error_id.to_string()),
        }
    }
}

/// Nothing in the request is at fault: the batch has nothing to pay, too much, or an instruction that no file takes.
impl From<PaymentFileError> for Fault {
    fn from(error: PaymentFileError) -> Self {
        Self::new(Code::FailedPrecondition, error.code(), error.to_string(), error.zh())
    }
}

impl From<Fault> for Status {
    fn from(Fault(fault): Fault) -> Self {
        let mut metadata = Vec::new();
        let mut details = ErrorDetails::new();
        let (shown, total) = fault.violations.first(VIOLATIONS_IN_STATUS);
        if total > 0 {
            metadata.push(("violations".to_owned(), total.to_string()));
            let shown: Vec<_> = shown.iter().map(detail).collect();
            details.set_bad_request(shown);
        }
        metadata.extend(fault.error_id.map(|id| ("error_id".to_owned(), id)));
        details.set_error_info(fault.reason, DOMAIN, metadata.into_iter().collect::<std::collections::HashMap<_, _>>());
        details.set_localized_message(LOCALE, fault.zh.into_owned());
        let mut headers = MetadataMap::new();
        if let Some(pause) = fault.retry {
            details.set_retry_info(Some(pause));
            // What gRPC clients with a retry policy keep to by themselves.
            if let Ok(value) = MetadataValue::try_from(pause.as_millis().to_string()) {
                headers.insert("grpc-retry-pushback-ms", value);
            }
        }
        Status::with_error_details_and_metadata(fault.code, fault.en, details, headers)
    }
}

fn detail(violation: &pb::FieldViolation) -> FieldViolation {
    FieldViolation {
        field: violation.field.clone(),
        description: format!("{}: {}; {}", violation.reason, violation.message_en, violation.message_zh),
        reason: violation.reason.clone(),
        localized_message: Some(LocalizedMessage::new(LOCALE, violation.message_zh.clone())),
    }
}

impl From<Fault> for pb::Refusal {
    fn from(Fault(fault): Fault) -> Self {
        pb::Refusal {
            reason: fault.reason.to_owned(),
            message_zh: fault.zh.into_owned(),
            message_en: fault.en.into_owned(),
            violations: fault.violations.into_all(),
        }
    }
}

impl From<Violations> for Status {
    fn from(violations: Violations) -> Self {
        Fault::from(violations).into()
    }
}

impl From<Denied> for Status {
    fn from(denied: Denied) -> Self {
        Fault::from(denied).into()
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        Fault::from(refusal).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fault: impl Into<Fault>, code: Code, reason: &str) -> Status {
        let status = Status::from(fault.into());
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, reason, "hufu"));
        let zh = details.localized_message().unwrap();
        assert!(zh.locale == "zh-CN" && !zh.message.is_ascii(), "{reason} has Chinese words");
        assert!(status.message().is_ascii(), "{reason} has English words");
        status
    }

    #[test]
    fn every_refusal_has_its_code_its_reason_and_words_for_both_readers() {
        let error_id = uuid::Uuid::nil();
        check(Refusal::RequestIdReused, Code::AlreadyExists, "REQUEST_ID_REUSED");
        check(Refusal::NotFound, Code::NotFound, "NOT_FOUND");
        check(Refusal::AlreadyWithdrawn, Code::FailedPrecondition, "CLAIM_ALREADY_WITHDRAWN");
        check(Refusal::UnknownSheet, Code::InvalidArgument, "FIELDS_INVALID");
        check(Refusal::SubjectDoesNotFitSheet, Code::InvalidArgument, "FIELDS_INVALID");
        check(Refusal::OutsideRegion, Code::PermissionDenied, "REGION_OUTSIDE_CALLER");
        check(Refusal::UnmaskQuota, Code::ResourceExhausted, "UNMASK_QUOTA");
        check(Refusal::Unavailable, Code::Unavailable, "STORE_UNAVAILABLE");
        let internal = check(Refusal::Internal { error_id }, Code::Internal, "INTERNAL");
        assert_eq!(internal.message(), "internal error");
        assert_eq!(internal.get_error_details().error_info().unwrap().metadata["error_id"], error_id.to_string());
        check(Denied::NotInTheTable, Code::Unimplemented, "METHOD_UNKNOWN");
        check(Denied::RoleMissing(crate::domain::caller::Role::ClaimsRead), Code::PermissionDenied, "ROLE_MISSING");
        check(Denied::RegionOutsideCaller, Code::PermissionDenied, "REGION_OUTSIDE_CALLER");
        check(PaymentFileError::NoOrders, Code::FailedPrecondition, "PAYMENT_FILE_NO_ORDERS");
        check(Fault::shutting_down(), Code::Unavailable, "SHUTTING_DOWN");
    }

    #[test]
    fn an_overloaded_node_says_when_to_come_back() {
        let status = check(Refusal::Overloaded { retry_after_ms: 750 }, Code::ResourceExhausted, "OVERLOADED");
        assert_eq!(status.metadata().get("grpc-retry-pushback-ms").unwrap(), "750");
        let retry = status.get_error_details().retry_info().unwrap().retry_delay;
        assert_eq!(retry, Some(Duration::from_millis(750)));
    }

    #[test]
    fn the_worst_roster_still_fits_a_clients_trailers() {
        let mut violations = Violations::default();
        for row in 0..2_000 {
            let field = format!("claim.workforce.roster[{row}].person.resident_id");
            let error = crate::domain::identity::ResidentId::parse("1E+17").unwrap_err();
            violations.add(field, error.code(), error.to_string(), error.zh());
        }
        let status = check(violations, Code::InvalidArgument, "FIELDS_INVALID");
        let details = status.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations.len(), VIOLATIONS_IN_STATUS);
        assert_eq!(details.error_info().unwrap().metadata["violations"], "2000");
        let bytes: usize = status.into_http::<()>().headers().values().map(|value| value.len()).sum();
        assert!(bytes < 8_000, "{bytes}");
    }
}
