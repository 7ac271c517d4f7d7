//! Fields at fault: all of them, so that a roster is corrected once and not field by field.

use std::borrow::Cow;

use crate::domain::calendar::DateError;
use crate::domain::identity::bank_account::BankAccountError;
use crate::domain::identity::name::{EnterpriseNameError, PersonNameError};
use crate::domain::identity::phone::PhoneError;
use crate::domain::identity::region::RegionError;
use crate::domain::identity::resident_id::ResidentIdError;
use crate::domain::identity::uscc::UsccError;
use crate::domain::operator::OperatorIdError;
use crate::domain::written::WrittenError;
use crate::proto::common::v1 as pb;

/// A roster of 2,000 can be wrong in every row; more than this is not a list of mistakes but another file.
const VIOLATIONS_MAX: usize = 1_000;

/// The fields at fault in one request, in the order of the contract.
#[derive(Clone, Debug, Default)]
pub(in crate::services) struct Violations {
    found: Vec<Violation>,
    total: usize,
    /// Somebody acts as another person than the caller is.
    is_another_person: bool,
}

/// One field at fault. Generated messages cannot be printed, this can: it never quotes what was sent.
#[derive(Clone, Debug)]
struct Violation {
    field: String,
    reason: &'static str,
    zh: Cow<'static, str>,
    en: String,
}

impl Violations {
    /// Notes one field.
    pub(in crate::services) fn add(
        &mut self,
        field: impl Into<String>,
        reason: &'static str,
        en: impl Into<String>,
        zh: impl Into<Cow<'static, str>>,
    ) {
        self.total = self.total.saturating_add(1);
        if self.found.len() < VIOLATIONS_MAX {
            self.found.push(Violation { field: field.into(), reason, zh: zh.into(), en: en.into() });
        }
    }

    /// Notes that the request asserts another person than the one that the caller's certificate or login names.
    pub(in crate::services) fn add_another_person(&mut self) {
        self.is_another_person = true;
    }

    pub(in crate::services) fn is_another_person(&self) -> bool {
        self.is_another_person
    }

    pub(in crate::services) fn is_empty(&self) -> bool {
        self.total == 0 && !self.is_another_person
    }

    /// The value, unless anything was at fault. A value may only be missing when something was.
    pub(in crate::services) fn or<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            Some(_) | None => Err(self),
        }
    }

    /// The first few, and how many there are in all.
    pub(in crate::services) fn first(&self, limit: usize) -> (Vec<pb::FieldViolation>, usize) {
        (self.found.iter().take(limit).cloned().map(Into::into).collect(), self.total)
    }

    pub(in crate::services) fn into_all(self) -> Vec<pb::FieldViolation> {
        self.found.into_iter().map(Into::into).collect()
    }
}

impl From<Violation> for pb::FieldViolation {
    fn from(violation: Violation) -> Self {
        let Violation { field, reason, zh, en } = violation;
        Self { field, reason: reason.to_owned(), message_zh: zh.into_owned(), message_en: en }
    }
}

/// Why a text is not what a field holds.
pub(in crate::services) trait FieldError: std::fmt::Display {
    fn reason(&self) -> &'static str;
    fn zh(&self) -> &'static str;
}

macro_rules! field_errors {
    ($($error:ty),*) => {$(
        impl FieldError for $error {
            fn reason(&self) -> &'static str {
                self.code()
            }

            fn zh(&self) -> &'static str {
                <$error>::zh(self)
            }
        }
    )*};
}

field_errors!(
    BankAccountError,
    DateError,
    EnterpriseNameError,
    PersonNameError,
    PhoneError,
    RegionError,
    ResidentIdError,
    UsccError
);

impl FieldError for WrittenError {
    fn reason(&self) -> &'static str {
        self.code()
    }

    fn zh(&self) -> &'static str {
        Self::zh(*self)
    }
}

impl FieldError for OperatorIdError {
    fn reason(&self) -> &'static str {
        self.code()
    }

    fn zh(&self) -> &'static str {
        Self::zh(*self)
    }
}
