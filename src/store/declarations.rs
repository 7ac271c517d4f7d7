//! Declarations of risk areas and static management, as their authorities enter them.

use jiff::Timestamp;
use uuid::Uuid;

use super::StoreError;
use super::codec;
use super::pool::{Pool, on_pool, on_tx};
use super::record::{DeclarationEntry, DeclareOutcome};
use super::requests::{self, KeyedRequest, NewRequest, RequestKind};
use super::sql::{like, statements};
use super::suspects::new_id;
use super::transaction::Transaction;
use crate::audit::entry::{Action, Entry, Subject};
use crate::domain::claim::SubsidyKind;
use crate::domain::eligibility::evidence::{Declaration, DeclarationKind};
use crate::domain::identity::Region;

statements! {
    ENTER_DECLARATION = "
        INSERT INTO declaration (declaration_id, region, kind, from_on, until_on, entered_at, actor)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    MAKE_DUE = "
        UPDATE claim SET next_attempt_at = $1
        WHERE next_attempt_at > $1 AND state = 'assessing' AND subsidy = $2 AND region LIKE $3";
    LIST_DECLARATIONS = "
        SELECT region, kind, from_on, until_on, entered_at FROM declaration WHERE region LIKE $1
        ORDER BY entered_at, declaration_id";
}

/// Enters a declaration, and makes claims due that may have waited for it.
pub(super) async fn declare(
    transaction: &mut Transaction,
    entry: &DeclarationEntry,
) -> Result<DeclareOutcome, StoreError> {
    let DeclarationEntry { request, actor, declaration, at } = entry;
    let at = codec::kept(*at);
    let request = KeyedRequest::new(request, &transaction.sealer);
    if let Some(seen) = requests::find_one(transaction, request).await? {
        return match seen.is_same(request, RequestKind::Declare) {
            true => codec::timestamp(seen.at).map(DeclareOutcome::Entered),
            false => Ok(DeclareOutcome::RequestIdReused),
        };
    }
    let id: Uuid = new_id(at)?;
    let new = NewRequest { key: request, kind: RequestKind::Declare, subject_id: id, at: at.as_millisecond() };
    requests::enter(transaction, vec![new]).await?;
    let Declaration { region, kind, from, until } = declaration;
    on_tx!(transaction.tx, connection => {
        sqlx::query(ENTER_DECLARATION)
            .bind(id.as_bytes().as_slice())
            .bind(region.as_str())
            .bind(kind_code(*kind))
            .bind(from.to_string())
            .bind(until.map(|date| date.to_string()))
            .bind(at.as_millisecond())
            .bind(&actor.0)
            .execute(&mut *connection)
            .await?;
        // The whole city: a claim at the municipal level may rest on any of its counties.
        sqlx::query(MAKE_DUE)
            .bind(at.as_millisecond())
            .bind(codec::subsidy_code(SubsidyKind::RetentionTraining))
            .bind(like(region.city()))
            .execute(connection)
            .await?;
    });
    transaction.append(&Entry {
        at,
        actor: actor.0.clone(),
        action: Action::DeclarationEntered,
        subject: Subject::Declaration(id),
        region: *region,
        state: Some("entered"),
        version: Some(1),
        detail: kind_code(*kind).to_owned(),
    });
    Ok(DeclareOutcome::Entered(at))
}

type DeclarationRow = (String, String, String, Option<String>, i64);

/// Declarations of the places within a region, with the instants they were entered at.
pub(super) async fn list(readers: &Pool, within: Region) -> Result<Vec<(Declaration, Timestamp)>, StoreError> {
    let rows: Vec<DeclarationRow> = on_pool!(readers, pool => {
        sqlx::query_as(LIST_DECLARATIONS).bind(like(within)).fetch_all(pool).await
    })?;
    rows.into_iter()
        .map(|(region, kind, from, until, entered_at)| {
            let declaration = Declaration {
                region: codec::region(&region)?,
                kind: self::kind(&kind)?,
                from: codec::date(&from)?,
                until: until.as_deref().map(codec::date).transpose()?,
            };
            Ok((declaration, codec::timestamp(entered_at)?))
        })
        .collect()
}

fn kind_code(kind: DeclarationKind) -> &'static str {
    match kind {
        DeclarationKind::RiskArea => "risk-area",
        DeclarationKind::StaticManagement => "static-management",
    }
}

fn kind(code: &str) -> Result<DeclarationKind, StoreError> {
    [DeclarationKind::RiskArea, DeclarationKind::StaticManagement]
        .into_iter()
        .find(|kind| kind_code(*kind) == code)
        .ok_or(StoreError::Corrupt("kind of declaration"))
}
