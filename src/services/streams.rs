//! What streams have in common: they are bounded while they run, and they end when the node does.

use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use futures::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::limits::CallLimits;
use super::status::Fault;

/// What a streaming handler answers.
pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Ends a stream at shutdown, saying so: the caller goes on elsewhere from its last token.
pub(super) fn until_shutdown<T: Send + 'static>(
    answers: impl Stream<Item = Result<T, Status>> + Send + 'static,
    shutdown: CancellationToken,
) -> Answers<T> {
    let stopped = shutdown.clone().cancelled_owned();
    let last = async move { shutdown.is_cancelled().then(|| Err(Fault::shutting_down().into())) };
    Box::pin(answers.take_until(stopped).chain(stream::once(last).filter_map(ready)))
}

/// Answers each request of a stream, a bounded number at once, in the order in which they are done.
///
/// Reading stops at shutdown, when nothing came for too long, or when the caller's stream breaks off; what was read until then is
/// still answered. Then the stream ends, with the reason where there is one.
pub(super) fn answer_each<Q, A, F>(
    requests: impl Stream<Item = Result<Q, Status>> + Send + 'static,
    limits: &CallLimits,
    shutdown: CancellationToken,
    answer: impl Fn(Q) -> F + Send + 'static,
) -> Answers<A>
where
    Q: Send + 'static,
    A: Send + 'static,
    F: Future<Output = A> + Send + 'static,
{
    let why = Arc::new(OnceLock::new());
    let note = Arc::clone(&why);
    let requests = tokio_stream::StreamExt::timeout(requests, limits.stream_idle)
        .take_until(shutdown.clone().cancelled_owned())
        .scan((), move |(), item| {
            let end = match item {
                Ok(Ok(request)) => return ready(Some(request)),
                Ok(Err(status)) => status,
                Err(_) => Fault::stream_idle().into(),
            };
            // Only the first reason counts.
            let _ = note.set(end);
            ready(None)
        });
    let last = async move {
        let stopped = || shutdown.is_cancelled().then(|| Fault::shutting_down().into());
        why.get().cloned().or_else(stopped).map(Err)
    };
    let answers = requests.map(answer).buffer_unordered(limits.stream_in_flight).map(Ok);
    Box::pin(answers.chain(stream::once(last).filter_map(ready)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::sync::{Semaphore, mpsc};
    use tokio_stream::wrappers::ReceiverStream;
    use tonic::Code;

    fn limits() -> CallLimits {
        CallLimits { stream_in_flight: 3, stream_idle: Duration::from_secs(60), ..CallLimits::default() }
    }

    #[tokio::test]
    async fn requests_under_way_are_bounded_and_each_is_answered() {
        let under_way = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&under_way);
        let requests = stream::iter((0..100).map(Ok));
        let answers = answer_each(requests, &limits(), CancellationToken::new(), move |number: u32| {
            let counted = Arc::clone(&counted);
            async move {
                assert!(counted.fetch_add(1, Ordering::Relaxed) < 3);
                tokio::task::yield_now().await;
                counted.fetch_sub(1, Ordering::Relaxed);
                number
            }
        });
        let mut answered: Vec<u32> = answers.map(|answer| answer.unwrap()).collect().await;
        answered.sort_unstable();
        assert_eq!(answered, (0..100).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn at_shutdown_what_was_read_is_answered_and_nothing_more_is_read() {
        let (sender, receiver) = mpsc::channel(8);
        let gate = Arc::new(Semaphore::new(0));
        let (shutdown, opened) = (CancellationToken::new(), Arc::clone(&gate));
        let requests = ReceiverStream::new(receiver);
        let mut answers = answer_each(requests, &limits(), shutdown.clone(), move |number: u32| {
            let opened = Arc::clone(&opened);
            async move {
                let _ = opened.acquire().await;
                number
            }
        });
        sender.send(Ok(1)).await.unwrap();
        assert!(futures::poll!(answers.next()).is_pending(), "read, and under way");
        shutdown.cancel();
        assert!(futures::poll!(answers.next()).is_pending());
        sender.send(Ok(2)).await.unwrap();
        gate.add_permits(9);
        assert_eq!(answers.next().await.unwrap().unwrap(), 1);
        assert_eq!(answers.next().await.unwrap().unwrap_err().code(), Code::Unavailable);
        assert!(answers.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_on_which_nothing_comes_is_closed() {
        let (sender, receiver) = mpsc::channel(8);
        let requests = ReceiverStream::new(receiver);
        let mut answers =
            answer_each(requests, &limits(), CancellationToken::new(), |number: u32| async move { number });
        sender.send(Ok(1)).await.unwrap();
        assert_eq!(answers.next().await.unwrap().unwrap(), 1);
        let start = tokio::time::Instant::now();
        assert_eq!(answers.next().await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_ends_with_its_reason_after_its_answers() {
        let requests = stream::iter([Ok(1), Err(Status::data_loss("broken"))]);
        let answers = answer_each(requests, &limits(), CancellationToken::new(), |number: u32| async move { number });
        let answers: Vec<_> = answers.map(|answer| answer.map_err(|status| status.code())).collect().await;
        assert_eq!(answers, [Ok(1), Err(Code::DataLoss)]);
    }

    #[tokio::test]
    async fn an_endless_stream_ends_at_shutdown() {
        let shutdown = CancellationToken::new();
        let mut answers = until_shutdown(stream::pending::<Result<u32, Status>>(), shutdown.clone());
        assert!(futures::poll!(answers.next()).is_pending());
        shutdown.cancel();
        assert_eq!(answers.next().await.unwrap().unwrap_err().code(), Code::Unavailable);
        assert!(answers.next().await.is_none());
        let mut whole = until_shutdown(stream::iter([Ok(1)]), CancellationToken::new());
        assert_eq!(whole.next().await.unwrap().unwrap(), 1);
        assert!(whole.next().await.is_none());
    }
}
