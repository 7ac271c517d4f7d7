//! Who calls, and what they may do: deny by default.

use std::collections::BTreeSet;

use super::identity::Region;

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
}

impl Role {
    pub const ALL: [Self; 4] = [Self::ClaimsSubmit, Self::ClaimsRead, Self::SuspectsRead, Self::PolicyDeclare];

    /// The word in the certificate.
    pub fn code(self) -> &'static str {
        match self {
            Self::ClaimsSubmit => "claims.submit",
            Self::ClaimsRead => "claims.read",
            Self::SuspectsRead => "suspects.read",
            Self::PolicyDeclare => "policy.declare",
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
}

impl Caller {
    /// `organization/system`: unique for a calling system, used in the audit log and to keep request ids apart.
    pub fn key(&self) -> String {
        format!("{}/{}", self.organization, self.system)
    }
}
