//! What the tax department corrects while the sandbox runs: an enterprise's accounts. The world itself never changes.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::identity::{BankAccount, Uscc};

/// Corporate accounts that were changed, or withdrawn, by enterprise. Clones correct the same.
#[derive(Clone, Debug, Default)]
pub struct Corrections {
    corporate: Arc<RwLock<BTreeMap<Uscc, Option<BankAccount>>>>,
}

impl Corrections {
    /// From now on the enterprise has this corporate account, or none.
    pub fn change_corporate(&self, enterprise: &Uscc, account: Option<BankAccount>) {
        self.corporate.write().unwrap_or_else(PoisonError::into_inner).insert(enterprise.clone(), account);
    }

    /// What was corrected about an enterprise's corporate account; `None` where nothing was.
    pub(super) fn corporate(&self, enterprise: &Uscc) -> Option<Option<BankAccount>> {
        self.corporate.read().unwrap_or_else(PoisonError::into_inner).get(enterprise).cloned()
    }
}
