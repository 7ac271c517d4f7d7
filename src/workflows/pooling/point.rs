//! Every commit and every send of the path, by name: the points at which a crash is tried.
//!
//! With the feature `failpoints` each is a point of the `fail` crate, once before and once after (`pool-filing.before`,
//! `pool-filing.after`); without it nothing of this is in the binary.

use std::future::Future;

/// A commit or a send of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    TakeLease,
    GiveLeaseBack,
    PostStatement,
    InquireReport,
    OpenBatch,
    PoolFiling,
    SealBatch,
    /// Sent to finance.
    Apply,
    RecordAsked,
    RecordGrant,
    RecordRefusal,
    FundBatch,
    StopBatch,
    MakeTransfers,
    Instruct,
    Reinstruct,
    MakeReturns,
    CloseBatch,
    StartSending,
    /// Sent to the bank.
    Send,
    SendReport,
}

impl Point {
    pub const ALL: [Self; 21] = [
        Self::TakeLease,
        Self::GiveLeaseBack,
        Self::PostStatement,
        Self::InquireReport,
        Self::OpenBatch,
        Self::PoolFiling,
        Self::SealBatch,
        Self::Apply,
        Self::RecordAsked,
        Self::RecordGrant,
        Self::RecordRefusal,
        Self::FundBatch,
        Self::StopBatch,
        Self::MakeTransfers,
        Self::Instruct,
        Self::Reinstruct,
        Self::MakeReturns,
        Self::CloseBatch,
        Self::StartSending,
        Self::Send,
        Self::SendReport,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::TakeLease => "take-lease",
            Self::GiveLeaseBack => "give-lease-back",
            Self::PostStatement => "post-statement",
            Self::InquireReport => "inquire-report",
            Self::OpenBatch => "open-batch",
            Self::PoolFiling => "pool-filing",
            Self::SealBatch => "seal-batch",
            Self::Apply => "apply",
            Self::RecordAsked => "record-asked",
            Self::RecordGrant => "record-grant",
            Self::RecordRefusal => "record-refusal",
            Self::FundBatch => "fund-batch",
            Self::StopBatch => "stop-batch",
            Self::MakeTransfers => "make-transfers",
            Self::Instruct => "instruct",
            Self::Reinstruct => "reinstruct",
            Self::MakeReturns => "make-returns",
            Self::CloseBatch => "close-batch",
            Self::StartSending => "start-sending",
            Self::Send => "send",
            Self::SendReport => "send-report",
        }
    }
}

/// Does something at a point.
pub(super) async fn at<T>(point: Point, action: impl Future<Output = T>) -> T {
    pass(point, "before");
    let done = action.await;
    pass(point, "after");
    done
}

#[cfg(feature = "failpoints")]
fn pass(point: Point, side: &str) {
    fail::fail_point!(&format!("{}.{side}", point.code()));
}

#[cfg(not(feature = "failpoints"))]
fn pass(_: Point, _: &str) {}
