//! Holds two policy sheets of this node against each other.

use super::{Gateway, Refusal};
use crate::domain::policy::diff::{Difference, diff};
use crate::domain::policy::sheet::Sheet;

/// Two sheets and what differs between them.
pub struct Compared<'a> {
    pub left: &'a Sheet,
    pub right: &'a Sheet,
    /// Empty where both say the same.
    pub differences: Vec<Difference>,
}

impl Gateway {
    /// Compares two sheets, each by its id and version; `None` is whatever version this node decides by.
    pub fn compare_sheets(
        &self,
        left: (&str, Option<u32>),
        right: (&str, Option<u32>),
    ) -> Result<Compared<'_>, Refusal> {
        let (left, right) = (self.sheet_version(left)?, self.sheet_version(right)?);
        Ok(Compared { left, right, differences: diff(left, right) })
    }

    fn sheet_version(&self, (id, version): (&str, Option<u32>)) -> Result<&Sheet, Refusal> {
        let found = self.sheets().get(id).filter(|sheet| version.is_none_or(|it| it == sheet.version));
        found.ok_or(Refusal::NotFound)
    }
}
