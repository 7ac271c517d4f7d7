//! What all five servers have in common: who may ask, how much at once, and what a fault does to the answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use jiff::SignedDuration;
use tonic::{Response, Status};

use super::wire;
use crate::clock::Clock;
use crate::domain::calendar::Month;
use crate::domain::identity::{ResidentId, Uscc};
use crate::proto::common::v1 as common;
use crate::sandbox::corrections::Corrections;
use crate::sandbox::faults::{self, Fault, FaultSwitch, Share, Upstream};
use crate::sandbox::population::{Enterprise, Resident, World};

/// Questions of one batch, as the contracts say.
pub const BATCH_MAX: usize = 500;
/// Records of one message of a stream, as the contracts say.
pub const CHUNK_MAX: usize = 1_000;
/// How many months later than the first the last month asked for may be, as the contracts say.
pub const MONTHS_MAX: usize = 24;

/// What an upstream answers from.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) world: Arc<World>,
    pub(super) upstream: Upstream,
    pub(super) faults: FaultSwitch,
    pub(super) clock: Clock,
    pub(super) corrections: Corrections,
}

/// A call that may be answered, and how.
pub(super) struct Inquiry {
    pub(super) fault: Fault,
    pub(super) provenance: common::Provenance,
    inquiry_id: String,
    seed: u64,
}

/// One question, and whom the answer is about: the same, unless the upstream answers for another.
pub(super) struct Question {
    pub(super) asked: String,
    pub(super) about: String,
    /// The name that came with a person's number.
    pub(super) name: String,
}

/// What one question of a batch is answered with.
pub(super) type Outcome<T> = Result<T, common::ItemError>;

impl Desk {
    /// Lets a call in, or fails it as the switch says.
    pub(super) async fn open(&self, context: Option<common::InquiryContext>) -> Result<Inquiry, Status> {
        let fault = self.faults.get(self.upstream);
        let mut age = SignedDuration::ZERO;
        match fault {
            Fault::Down | Fault::Refusing => return Err(Status::unavailable("down for maintenance")),
            Fault::Slow(span) => tokio::time::sleep(span).await,
            Fault::Stale(span) => age = SignedDuration::try_from(span).unwrap_or(SignedDuration::ZERO),
            Fault::Healthy | Fault::Partial(_) | Fault::AnswersForAnother | Fault::UnknownEnum | Fault::AllYes => {}
        }
        let context = context.ok_or_else(|| Status::invalid_argument("context: not said why this is asked"))?;
        if context.purpose() == common::Purpose::Unspecified {
            return Err(Status::invalid_argument("context.purpose: not said what the records are read for"));
        }
        let as_of = self.clock.now().saturating_sub(age).unwrap_or(jiff::Timestamp::MIN);
        let reference = format!("{}/{}", self.upstream.code(), context.inquiry_id);
        let provenance = common::Provenance { as_of: Some(wire::instant(as_of)), reference };
        Ok(Inquiry { fault, provenance, inquiry_id: context.inquiry_id, seed: self.world.seed.0 })
    }

    /// The questions about persons that are answered.
    pub(super) fn persons(&self, inquiry: &Inquiry, keys: Vec<common::PersonKey>) -> Result<Vec<Question>, Status> {
        let names: Vec<String> = keys.iter().map(|key| key.name.clone()).collect();
        let numbers = keys.into_iter().map(|key| key.resident_id).collect();
        inquiry.questions("persons", numbers, names, || self.some_person().resident_id.as_str().to_owned())
    }

    /// The questions about enterprises that are answered.
    pub(super) fn enterprises(&self, inquiry: &Inquiry, usccs: Vec<String>) -> Result<Vec<Question>, Status> {
        let names = vec![String::new(); usccs.len()];
        inquiry.questions("usccs", usccs, names, || self.some_enterprise().uscc.as_str().to_owned())
    }

    /// The person a question is about; `None` if the registries know nobody by this number.
    pub(super) fn person(&self, number: &str) -> Outcome<Option<&Resident>> {
        let number = ResidentId::parse(number).map_err(|error| invalid(error.code()))?;
        Ok(self.world.resident(&number))
    }

    /// The enterprise a question is about; `None` if the registries know none by this code.
    pub(super) fn enterprise(&self, code: &str) -> Outcome<Option<&Enterprise>> {
        let code = Uscc::parse(code).map_err(|error| invalid(error.code()))?;
        Ok(self.world.enterprise(&code))
    }

    /// Somebody to answer for when a single person was asked about.
    pub(super) fn some_person(&self) -> &Resident {
        &self.world.residents[0]
    }

    /// An enterprise to answer for when a single one was asked about.
    pub(super) fn some_enterprise(&self) -> &Enterprise {
        &self.world.enterprises[0]
    }
}

impl Inquiry {
    /// Whether the upstream answers about others than were asked about.
    pub(super) fn is_for_another(&self) -> bool {
        self.fault == Fault::AnswersForAnother
    }

    /// The share that a partial answer leaves out.
    fn left_out(&self) -> Option<Share> {
        if let Fault::Partial(share) = self.fault { Some(share) } else { None }
    }

    /// The raw value of an enum, as the fault would have it.
    pub(super) fn raw(&self, value: impl Into<i32>) -> i32 {
        if self.fault == Fault::UnknownEnum { wire::UNKNOWN_ENUM } else { value.into() }
    }

    fn questions(
        &self,
        field: &str,
        keys: Vec<String>,
        names: Vec<String>,
        anybody: impl Fn() -> String,
    ) -> Result<Vec<Question>, Status> {
        if keys.len() > BATCH_MAX {
            return Err(Status::invalid_argument(format!("{field}: more than {BATCH_MAX}")));
        }
        if keys.iter().collect::<BTreeSet<_>>().len() != keys.len() {
            return Err(Status::invalid_argument(format!("{field}: one of them appears twice")));
        }
        let about = |index: usize| match (self.fault, keys.len()) {
            (Fault::AnswersForAnother, 1) => anybody(),
            (Fault::AnswersForAnother, length) => keys[(index + 1) % length].clone(),
            _ => keys[index].clone(),
        };
        let is_left_out = |question: &Question| {
            self.left_out()
                .is_some_and(|share| faults::is_left_out(share, self.seed, &self.inquiry_id, &question.asked))
        };
        let questions = keys.iter().zip(names).enumerate();
        Ok(questions
            .map(|(index, (key, name))| Question { asked: key.clone(), about: about(index), name })
            .filter(|question| !is_left_out(question))
            .collect())
    }

    /// Records as the messages of a stream, of which the last says how many there were. A partial answer is cut before it.
    pub(super) fn chunks<T, M>(
        &self,
        records: Vec<T>,
        message: impl Fn(Vec<T>, Option<i64>) -> M,
    ) -> Response<BoxStream<'static, Result<M, Status>>>
    where
        M: Send + 'static,
    {
        let total = records.len();
        let (kept, complete) = match self.left_out() {
            Some(share) => (total - share.of(total), None),
            None => (total, i64::try_from(total).ok()),
        };
        let mut messages = Vec::new();
        let mut records = records.into_iter().take(kept).peekable();
        while records.peek().is_some() {
            let chunk: Vec<T> = records.by_ref().take(CHUNK_MAX).collect();
            let is_last = records.peek().is_none();
            messages.push(Ok(message(chunk, complete.filter(|_| is_last))));
        }
        if messages.is_empty() && complete.is_some() {
            messages.push(Ok(message(Vec::new(), complete)));
        }
        Response::new(stream::iter(messages).boxed())
    }
}

/// The months from one to another, if they are as many as may be asked for at once.
pub(super) fn months(from: Option<common::Month>, until: Option<common::Month>) -> Result<(Month, Month), Status> {
    let (from, until) = (wire::required_month("from", from)?, wire::required_month("until", until)?);
    match from.iter_to(until).take(MONTHS_MAX + 2).count() {
        0 => Err(Status::invalid_argument("until: earlier than from")),
        count if count > MONTHS_MAX + 1 => {
            Err(Status::invalid_argument(format!("until: more than {MONTHS_MAX} months after from")))
        }
        _ => Ok((from, until)),
    }
}

/// The question itself is at fault.
pub(super) fn invalid(reason: &str) -> common::ItemError {
    common::ItemError { code: common::ItemErrorCode::Invalid.into(), message: reason.to_owned() }
}

/// An item error as no version of the contract has it, for contracts without another enum.
pub(super) fn unknown_item_error() -> common::ItemError {
    common::ItemError { code: wire::UNKNOWN_ENUM, message: "code of a later version".to_owned() }
}
