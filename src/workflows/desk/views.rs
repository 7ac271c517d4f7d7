//! Saved views of the list of suspects: each person's own.

use crate::domain::caller::Caller;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::view::{ViewName, ViewQuery};
use crate::store::record::desk::{SaveViewOutcome, SavedView};
use crate::workflows::precondition::Precondition;
use crate::workflows::{Gateway, Refusal};

impl Gateway {
    /// Keeps a view under its name, in place of the one that had it; with no query, forgets it. The person is one of the caller's
    /// organization: whoever made an `OperatorId` of the caller has seen to it.
    pub async fn save_view(
        &self,
        _caller: &Caller,
        person: OperatorId,
        name: ViewName,
        query: Option<ViewQuery>,
    ) -> Result<(), Refusal> {
        match self.inner.store.save_view(person, name, query).await? {
            SaveViewOutcome::Saved | SaveViewOutcome::Forgotten => Ok(()),
            SaveViewOutcome::TooMany => Err(Precondition::TooManyViews.into()),
        }
    }

    /// A person's views, by name; at most 50.
    pub async fn views(&self, _caller: &Caller, person: &OperatorId) -> Result<Vec<SavedView>, Refusal> {
        Ok(self.inner.store.views(person).await?)
    }
}
