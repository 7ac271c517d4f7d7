//! Request ids: what was asked once is never done twice (AIP-155).
//!
//! Neither the id nor the digest of the request is kept as it is: a caller may make ids from identity numbers, and a plain digest
//! over one can be guessed from (I11). Both are kept as keyed indexes.

use std::collections::HashMap;

use uuid::Uuid;

use super::StoreError;
use super::bulk::Rows;
use super::record::RequestKey;
use super::seal::{Index, Sealer};
use super::sql::bulk_statements;
use super::transaction::Transaction;
use crate::domain::operator::OperatorId;

bulk_statements! {
    ENTER_REQUESTS(request_index: Bytes, content_index: Bytes, kind: Text, subject_id: Bytes, at: Integer) =
        "INSERT INTO request ({columns}) SELECT {columns} FROM {input} WHERE true ON CONFLICT DO NOTHING";
    FIND_REQUESTS(request_index: Bytes) =
        "SELECT request.request_index, request.content_index, request.kind, request.subject_id, request.at
         FROM {input} CROSS JOIN request WHERE request.request_index = input.request_index";
}

/// What a request asks for. One id never serves two kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    Submit,
    Withdraw,
    Declare,
    Review,
    FileClaims,
    ReviewPayment,
    JudgeSuspect,
    DeskStep,
    DeskSteps,
    DraftCase,
    AdvanceCase,
    RecordRepayment,
    ImportSuspectRecords,
}

impl RequestKind {
    fn code(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Withdraw => "withdraw",
            Self::Declare => "declare",
            Self::Review => "review",
            Self::FileClaims => "file-claims",
            Self::ReviewPayment => "review-payment",
            Self::JudgeSuspect => "judge-suspect",
            Self::DeskStep => "desk-step",
            Self::DeskSteps => "desk-steps",
            Self::DraftCase => "draft-case",
            Self::AdvanceCase => "advance-case",
            Self::RecordRepayment => "record-repayment",
            Self::ImportSuspectRecords => "import-suspect-records",
        }
    }
}

/// A request under the keys of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyedRequest {
    /// Of the caller and its request id.
    pub(super) index: Index,
    /// Of what is asked for.
    content: Index,
}

impl KeyedRequest {
    pub(super) fn new(key: &RequestKey, sealer: &Sealer) -> Self {
        Self { index: sealer.index_request(&key.caller, &key.request_id), content: sealer.index_content(&key.digest) }
    }
}

/// A request that was carried out before.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    content: Index,
    kind: String,
    /// What it made or changed.
    pub(super) subject_id: Vec<u8>,
    /// When, in Unix milliseconds.
    pub(super) at: i64,
}

impl Seen {
    /// Whether it was this very request, and not another under the same id.
    pub(super) fn is_same(&self, request: KeyedRequest, kind: RequestKind) -> bool {
        self.content == request.content && self.kind == kind.code()
    }
}

type RequestRow = (Vec<u8>, Vec<u8>, String, Vec<u8>, i64);

/// Which of the requests were carried out before, by their index.
pub(super) async fn find(
    transaction: &mut Transaction,
    requests: impl Iterator<Item = KeyedRequest>,
) -> Result<HashMap<Index, Seen>, StoreError> {
    let mut rows = Rows::new(&FIND_REQUESTS, transaction.backend());
    for request in requests {
        rows.bytes(request.index.as_slice());
    }
    let found: Vec<RequestRow> = transaction.tx.fetch(rows).await?;
    let index = |bytes: Vec<u8>| Index::try_from(bytes).map_err(|_| StoreError::Corrupt("request"));
    let seen = found.into_iter().map(|(request, content, kind, subject_id, at)| {
        Ok((index(request)?, Seen { content: index(content)?, kind, subject_id, at }))
    });
    seen.collect()
}

/// One request that may have been carried out before.
pub(super) async fn find_one(transaction: &mut Transaction, request: KeyedRequest) -> Result<Option<Seen>, StoreError> {
    Ok(find(transaction, std::iter::once(request)).await?.into_values().next())
}

/// What the log says of the read that answers a repeated request, where a person sent it.
pub(super) fn repeated_by(person: &OperatorId) -> String {
    format!("purpose=repeated-request person={person}")
}

/// A request that is carried out now.
pub(super) struct NewRequest {
    pub(super) key: KeyedRequest,
    pub(super) kind: RequestKind,
    pub(super) subject_id: Uuid,
    pub(super) at: i64,
}

/// Enters requests, and says whether all of them are new. One that was seen before is left as it is.
pub(super) async fn enter(transaction: &mut Transaction, requests: Vec<NewRequest>) -> Result<bool, StoreError> {
    let mut rows = Rows::new(&ENTER_REQUESTS, transaction.backend());
    for NewRequest { key, kind, subject_id, at } in requests {
        rows.bytes(key.index.as_slice())
            .bytes(key.content.as_slice())
            .text(kind.code())
            .bytes(subject_id.as_bytes().as_slice())
            .integer(at);
    }
    let count = rows.count();
    Ok(transaction.tx.execute(rows).await? == count)
}
