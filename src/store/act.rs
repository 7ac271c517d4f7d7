//! Acts: what changes the store and is neither frequent nor gathered from many, each a value with its own answer.

use std::future::Future;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::StoreError;
use super::transaction::Transaction;

/// Something to be done within one transaction, which it may share with others. It runs again as a whole where the transaction did.
pub(super) trait Act: Send + Sync + 'static {
    type Output: Send + 'static;

    /// How many rows it is going to be.
    fn weight(&self) -> usize {
        1
    }

    fn run(&self, transaction: &mut Transaction) -> impl Future<Output = Result<Self::Output, StoreError>> + Send;
}

/// An act with the place where its answer is awaited.
pub(super) struct ActJob<A: Act> {
    act: A,
    outcome: Option<A::Output>,
    answer: oneshot::Sender<Result<A::Output, StoreError>>,
}

impl<A: Act> ActJob<A> {
    pub(super) fn new(act: A, answer: oneshot::Sender<Result<A::Output, StoreError>>) -> Self {
        Self { act, outcome: None, answer }
    }
}

/// An act of any kind, as the writer has it.
pub(super) trait AnyAct: Send + Sync {
    fn weight(&self) -> usize;
    /// Runs it and keeps its outcome for after the commit.
    fn run<'a>(&'a mut self, transaction: &'a mut Transaction) -> BoxFuture<'a, Result<(), StoreError>>;
    /// Gives the outcome out.
    fn answer(self: Box<Self>);
    fn refuse(self: Box<Self>, error: &StoreError);
}

impl<A> AnyAct for ActJob<A>
where
    A: Act,
    A::Output: Sync,
{
    fn weight(&self) -> usize {
        self.act.weight()
    }

    fn run<'a>(&'a mut self, transaction: &'a mut Transaction) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.outcome = Some(self.act.run(transaction).await?);
            Ok(())
        }
        .boxed()
    }

    fn answer(self: Box<Self>) {
        let Self { outcome, answer, .. } = *self;
        drop(answer.send(outcome.ok_or(StoreError::Closed)));
    }

    fn refuse(self: Box<Self>, error: &StoreError) {
        drop(self.answer.send(Err(error.clone())));
    }
}
