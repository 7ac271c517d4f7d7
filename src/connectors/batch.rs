//! One question about many keys: parted into calls the contract allows, asked a few at a time, and settled key by key.

use std::collections::BTreeMap;
use std::future::Future;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use jiff::Timestamp;

use super::stack::{Call, Rpc};
use super::{Inquiry, Purpose, Upstream};
use crate::domain::claim::Person;
use crate::domain::eligibility::evidence::{Answer, MissingCause};
use crate::domain::identity::{ResidentId, Uscc};
use crate::proto::common::v1 as common;

/// The most keys one call may carry, by contract.
pub(super) const KEYS_MAX: usize = 500;
/// Calls of one question in flight: some, so that a slow one does not hold up all, and few, so that one large question does not take
/// an upstream's whole concurrency limit.
const CALLS_IN_FLIGHT: usize = 4;

/// What is asked about: identified by one canonical text, which an answer must echo exactly.
pub(super) trait Key: Ord + Clone + Send {
    fn as_text(&self) -> &str;
}

impl Key for ResidentId {
    fn as_text(&self) -> &str {
        self.as_str()
    }
}

impl Key for Uscc {
    fn as_text(&self) -> &str {
        self.as_str()
    }
}

/// Why and when a question is asked.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) inquiry: &'a Inquiry,
    /// The moment of receipt that answers are dated with.
    pub(super) now: Timestamp,
}

/// One result of a batch: the key as echoed, and what it says.
pub(super) type Reply<T> = (String, Answer<T>);

/// Persons by number, each once; of two names under one number the first is sent.
pub(super) fn persons(asked: &[Person]) -> BTreeMap<ResidentId, common::PersonKey> {
    let mut keys = BTreeMap::new();
    for person in asked {
        keys.entry(person.resident_id.clone()).or_insert_with(|| common::PersonKey {
            resident_id: person.resident_id.as_str().to_owned(),
            name: person.name.as_str().to_owned(),
        });
    }
    keys
}

/// Enterprises, each once.
pub(super) fn enterprises(asked: &[Uscc]) -> BTreeMap<Uscc, String> {
    asked.iter().map(|it| (it.clone(), it.as_str().to_owned())).collect()
}

impl Upstream {
    /// Asks about every key and settles each. A call that fails leaves only its own keys unanswered.
    ///
    /// `question` writes the request for some keys, `send` is the generated client's method, `read` takes the response apart.
    pub(super) async fn ask<K, W, T, Req, Res, F, Fut>(
        &self,
        rpc: &'static str,
        asking: Asking<'_>,
        asked: BTreeMap<K, W>,
        question: impl Fn(common::InquiryContext, Vec<W>) -> Req,
        send: F,
        read: impl Fn(Res) -> Vec<Reply<T>>,
    ) -> BTreeMap<K, Answer<T>>
    where
        K: Key,
        T: PartialEq,
        Req: Clone + Send + Sync + 'static,
        Res: Send + 'static,
        F: Fn(tonic::Request<Req>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<tonic::Response<Res>, tonic::Status>> + Send + 'static,
    {
        let calls = parted(asked).into_iter().enumerate().map(|(number, (keys, wire))| {
            let context = self.context(rpc, asking.inquiry, number);
            let call = Call { rpc: Rpc(rpc), inquiry_id: context.inquiry_id.clone() };
            let sent = self.stack.call(call, question(context, wire), send.clone());
            async move { (keys, sent.await) }.boxed()
        });
        // Boxed and collected, or the compiler cannot see that the whole may move between threads.
        let calls: Vec<BoxFuture<'_, _>> = calls.collect();
        let mut answers = BTreeMap::new();
        let mut ended = stream::iter(calls).buffer_unordered(CALLS_IN_FLIGHT.min(self.stack.max_concurrent()));
        while let Some((keys, result)) = ended.next().await {
            match result {
                Ok(response) => answers.extend(self.settled(rpc, keys, read(response))),
                Err(_) => answers.extend(keys.into_iter().map(|key| (key, missing(MissingCause::Unavailable)))),
            }
        }
        answers
    }

    /// The context of one call. Its id is kept by the retries of that call, and shared with no other.
    fn context(&self, rpc: &'static str, inquiry: &Inquiry, number: usize) -> common::InquiryContext {
        let purpose = match inquiry.purpose {
            Purpose::AssessClaim => common::Purpose::AssessClaim,
            Purpose::CheckClaim => common::Purpose::CheckClaim,
            Purpose::Investigate => common::Purpose::Investigate,
        };
        common::InquiryContext {
            inquiry_id: format!("{}/{rpc}/{number}", inquiry.id),
            asking_system: self.asking_system.as_ref().to_owned(),
            purpose: purpose.into(),
            legal_basis: inquiry.legal_basis.clone(),
        }
    }

    /// Gives each key of one call its answer.
    fn settled<K: Key, T: PartialEq>(
        &self,
        rpc: &'static str,
        keys: Vec<K>,
        replies: Vec<Reply<T>>,
    ) -> BTreeMap<K, Answer<T>> {
        let (answers, strangers) = settle(keys, replies);
        if strangers > 0 {
            tracing::warn!(upstream = self.stack.owner().code(), rpc, strangers, "upstream answered what nobody asked");
        }
        answers
    }
}

/// Matches replies with keys: left out is not answered, two different answers are none, and what nobody asked is only counted.
fn settle<K: Key, T: PartialEq>(keys: Vec<K>, replies: Vec<Reply<T>>) -> (BTreeMap<K, Answer<T>>, usize) {
    let mut settled: BTreeMap<String, Option<Answer<T>>> =
        keys.iter().map(|key| (key.as_text().to_owned(), None)).collect();
    let mut strangers: usize = 0;
    for (key, answer) in replies {
        match settled.get_mut(&key) {
            Some(slot @ None) => *slot = Some(answer),
            Some(Some(first)) if *first == answer => {}
            Some(slot) => *slot = Some(missing(MissingCause::Unrecognized)),
            None => strangers = strangers.saturating_add(1),
        }
    }
    let answers = keys.into_iter().map(|key| {
        let answer = settled.remove(key.as_text()).flatten();
        (key, answer.unwrap_or(missing(MissingCause::NotAnswered)))
    });
    (answers.collect(), strangers)
}

/// The keys of each call, and how the contract writes them.
fn parted<K, W>(asked: BTreeMap<K, W>) -> Vec<(Vec<K>, Vec<W>)> {
    let mut asked = asked.into_iter().peekable();
    let mut parts = Vec::new();
    while asked.peek().is_some() {
        parts.push(asked.by_ref().take(KEYS_MAX).unzip());
    }
    parts
}

pub(super) fn missing<T>(cause: MissingCause) -> Answer<T> {
    Answer::Missing(cause)
}
