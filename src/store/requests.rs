//! Request ids: what was asked once is never done twice (AIP-155).

use std::collections::HashMap;

use uuid::Uuid;

use super::StoreError;
use super::bulk::Rows;
use super::record::RequestKey;
use super::sql::bulk_statements;
use super::transaction::Transaction;

bulk_statements! {
    ENTER_REQUESTS(caller: Text, request_id: Text, digest: Bytes, kind: Text, subject_id: Bytes, at: Integer) =
        "INSERT INTO request ({columns}) SELECT {columns} FROM {input}";
    FIND_REQUESTS(caller: Text, request_id: Text) =
        "SELECT request.caller, request.request_id, request.digest, request.kind, request.subject_id, request.at
         FROM {input} CROSS JOIN request
         WHERE request.caller = input.caller AND request.request_id = input.request_id";
}

/// What a request asks for. One id never serves two kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    Submit,
    Withdraw,
    Declare,
}

impl RequestKind {
    fn code(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Withdraw => "withdraw",
            Self::Declare => "declare",
        }
    }
}

/// A request that was carried out before.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    digest: Vec<u8>,
    kind: String,
    /// What it made or changed.
    pub(super) subject_id: Vec<u8>,
    /// When, in Unix milliseconds.
    pub(super) at: i64,
}

impl Seen {
    /// Whether it was this very request, and not another under the same id.
    pub(super) fn is_same(&self, key: &RequestKey, kind: RequestKind) -> bool {
        self.digest == key.digest && self.kind == kind.code()
    }
}

type RequestRow = (String, String, Vec<u8>, String, Vec<u8>, i64);

/// Which of the requests were carried out before, by caller and request id.
pub(super) async fn find(
    transaction: &mut Transaction,
    keys: &[&RequestKey],
) -> Result<HashMap<(String, String), Seen>, StoreError> {
    let mut rows = Rows::new(&FIND_REQUESTS, transaction.backend());
    for key in keys {
        rows.text(key.caller.as_str()).text(key.request_id.as_str());
    }
    let found: Vec<RequestRow> = transaction.tx.fetch(rows).await?;
    let seen = found.into_iter().map(|(caller, request_id, digest, kind, subject_id, at)| {
        ((caller, request_id), Seen { digest, kind, subject_id, at })
    });
    Ok(seen.collect())
}

/// One request that may have been carried out before.
pub(super) async fn find_one(transaction: &mut Transaction, key: &RequestKey) -> Result<Option<Seen>, StoreError> {
    Ok(find(transaction, &[key]).await?.into_values().next())
}

/// A request that is carried out now.
pub(super) struct NewRequest<'a> {
    pub(super) key: &'a RequestKey,
    pub(super) kind: RequestKind,
    pub(super) subject_id: Uuid,
    pub(super) at: i64,
}

/// Enters requests that were not seen before.
pub(super) async fn enter(transaction: &mut Transaction, requests: Vec<NewRequest<'_>>) -> Result<(), StoreError> {
    let mut rows = Rows::new(&ENTER_REQUESTS, transaction.backend());
    for NewRequest { key, kind, subject_id, at } in requests {
        rows.text(key.caller.as_str())
            .text(key.request_id.as_str())
            .bytes(key.digest.as_slice())
            .text(kind.code())
            .bytes(subject_id.as_bytes().as_slice())
            .integer(at);
    }
    transaction.tx.execute(rows).await.map(drop)
}
