//! Who calls, and what they may do: deny by default.

use std::collections::BTreeSet;

use super::identity::Region;
use super::operator::OperatorId;

/// What a caller's certificate lets it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Submit and withdraw claims.
    ClaimsSubmit,
    /// Read claims.
    ClaimsRead,
    /// Read suspects.
    SuspectsRead,
    /// Declare risk areas and static management.
    PolicyDeclare,
    /// Pass claims and payments at first review, and send claims back.
    ClaimsReview,
    /// Approve what another person passed.
    ClaimsApprove,
    /// Judge suspects.
    SuspectsJudge,
    /// File a county's approved claims.
    PoolingFile,
    /// Pool, ask finance, pass the money on and pay.
    PoolingRun,
    /// Read filings, batches, payments and the ledger.
    MoneyRead,
    /// Draft clawback cases and keep them.
    ClawbackHandle,
    /// Approve what another person drafted or proposed in a clawback case.
    ClawbackApprove,
    /// Give suspects to the persons of a team.
    SuspectsAssign,
    /// See one person in the open, with a reason.
    SuspectsUnmask,
    /// Send the ministry's records down.
    SuspectsImport,
    /// Read the audit log.
    AuditRead,
    /// Make links that let persons into the console, for development.
    ConsoleLink,
}

impl Role {
    pub const ALL: [Self; 17] = [
        Self::ClaimsSubmit,
        Self::ClaimsRead,
        Self::SuspectsRead,
        Self::PolicyDeclare,
        Self::ClaimsReview,
        Self::ClaimsApprove,
        Self::SuspectsJudge,
        Self::PoolingFile,
        Self::PoolingRun,
        Self::MoneyRead,
        Self::ClawbackHandle,
        Self::ClawbackApprove,
        Self::SuspectsAssign,
        Self::SuspectsUnmask,
        Self::SuspectsImport,
        Self::AuditRead,
        Self::ConsoleLink,
    ];

    /// The word in the certificate.
    pub fn code(self) -> &'static str {
        match self {
            Self::ClaimsSubmit => "claims.submit",
            Self::ClaimsRead => "claims.read",
            Self::SuspectsRead => "suspects.read",
            Self::PolicyDeclare => "policy.declare",
            Self::ClaimsReview => "claims.review",
            Self::ClaimsApprove => "claims.approve",
            Self::SuspectsJudge => "suspects.judge",
            Self::PoolingFile => "pooling.file",
            Self::PoolingRun => "pooling.run",
            Self::MoneyRead => "money.read",
            Self::ClawbackHandle => "clawback.handle",
            Self::ClawbackApprove => "clawback.approve",
            Self::SuspectsAssign => "suspects.assign",
            Self::SuspectsUnmask => "suspects.unmask",
            Self::SuspectsImport => "suspects.import",
            Self::AuditRead => "audit.read",
            Self::ConsoleLink => "console.link",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// A calling system, as its certificate names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub organization: String,
    pub system: String,
    /// The jurisdiction: it sees what this region covers.
    pub region: Region,
    pub roles: BTreeSet<Role>,
    /// The one person who acts through it, where its certificate or its login names one; a system that serves many asserts the person
    /// in each request.
    pub person: Option<OperatorId>,
}

impl Caller {
    /// `organization/system`: unique for a calling system, used in the audit log and to keep request ids apart.
    pub fn key(&self) -> String {
        format!("{}/{}", self.organization, self.system)
    }
}
