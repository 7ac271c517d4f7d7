//! Who calls, and what they may do: deny by default.

use std::collections::BTreeSet;

use super::identity::Region;
use super::operator::{OperatorId, OperatorIdError};

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

    /// What officials are shown.
    pub fn zh(self) -> &'static str {
        match self {
            Self::ClaimsSubmit => "申报申请",
            Self::ClaimsRead => "查看申请",
            Self::SuspectsRead => "查看疑点",
            Self::PolicyDeclare => "登记风险区域",
            Self::ClaimsReview => "初审",
            Self::ClaimsApprove => "审批",
            Self::SuspectsJudge => "疑点核实",
            Self::PoolingFile => "县级报送",
            Self::PoolingRun => "汇总拨付",
            Self::MoneyRead => "查看资金",
            Self::ClawbackHandle => "追回经办",
            Self::ClawbackApprove => "追回审批",
            Self::SuspectsAssign => "疑点分派",
            Self::SuspectsUnmask => "查看明文",
            Self::SuspectsImport => "导入疑点数据",
            Self::AuditRead => "查看审计",
            Self::ConsoleLink => "签发登录链接",
        }
    }

    /// The same in English.
    pub fn en(self) -> &'static str {
        match self {
            Self::ClaimsSubmit => "submit claims",
            Self::ClaimsRead => "read claims",
            Self::SuspectsRead => "read suspects",
            Self::PolicyDeclare => "declare risk areas",
            Self::ClaimsReview => "review",
            Self::ClaimsApprove => "approve",
            Self::SuspectsJudge => "judge suspects",
            Self::PoolingFile => "file for a county",
            Self::PoolingRun => "pool and pay",
            Self::MoneyRead => "read the money's path",
            Self::ClawbackHandle => "handle clawback",
            Self::ClawbackApprove => "approve clawback",
            Self::SuspectsAssign => "assign suspects",
            Self::SuspectsUnmask => "unmask persons",
            Self::SuspectsImport => "import suspect records",
            Self::AuditRead => "read the audit log",
            Self::ConsoleLink => "make console links",
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

/// Why the words of a certificate name no caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallerError {
    #[error("region is not a region code")]
    Region,
    #[error("role is not known")]
    Role,
    #[error(transparent)]
    Person(#[from] OperatorIdError),
}

impl Caller {
    /// The caller whom a certificate names. What is not understood is refused, never skipped: a role that this version does not know may
    /// be the one that was meant to narrow what the caller can do.
    pub fn named(
        region: &str,
        organization: &str,
        system: &str,
        roles: &[String],
        person: Option<&str>,
    ) -> Result<Self, CallerError> {
        // A certificate is made by a program: it has the one canonical form, and no typing to forgive.
        let place = Region::parse(region).ok().filter(|it| it.as_str() == region).ok_or(CallerError::Region)?;
        let roles: Option<BTreeSet<Role>> = roles.iter().map(|role| Role::from_code(role)).collect();
        let person = person.map(|person| OperatorId::new(organization, person)).transpose()?;
        Ok(Self {
            organization: organization.to_owned(),
            system: system.to_owned(),
            region: place,
            roles: roles.ok_or(CallerError::Role)?,
            person,
        })
    }

    /// `organization/system`: unique for a calling system, used in the audit log and to keep request ids apart.
    pub fn key(&self) -> String {
        format!("{}/{}", self.organization, self.system)
    }
}
