//! Enters declarations of risk areas and static management, on which the zone route rests (一(一)).

use jiff::Timestamp;

use super::{Gateway, Refusal, actor};
use crate::domain::caller::Caller;
use crate::domain::eligibility::evidence::Declaration;
use crate::domain::identity::Region;
use crate::store::record::{DeclarationEntry, DeclareOutcome, RequestKey};

impl Gateway {
    /// Enters a declaration; answers when it was entered, the first time for a request sent again.
    pub async fn declare(
        &self,
        caller: &Caller,
        request_id: String,
        digest: [u8; 32],
        declaration: Declaration,
    ) -> Result<(Declaration, Timestamp), Refusal> {
        if !caller.region.covers(declaration.region) {
            return Err(Refusal::OutsideRegion);
        }
        let entry = DeclarationEntry {
            request: RequestKey { caller: caller.key(), request_id, digest },
            actor: actor(caller),
            declaration: declaration.clone(),
            at: self.inner.clock.now(),
        };
        match self.inner.store.declare(entry).await? {
            DeclareOutcome::Entered(at) => Ok((declaration, at)),
            DeclareOutcome::RequestIdReused => Err(Refusal::RequestIdReused),
        }
    }

    /// The declarations in a region of the caller's.
    pub async fn declarations(
        &self,
        caller: &Caller,
        within: Region,
    ) -> Result<Vec<(Declaration, Timestamp)>, Refusal> {
        if !caller.region.covers(within) {
            return Err(Refusal::OutsideRegion);
        }
        Ok(self.inner.store.declarations(within).await?)
    }
}
