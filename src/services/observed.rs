//! The body of an answer on its way out: it keeps the call's place until the last byte, and ends when it must.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use futures::future::BoxFuture;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tonic::{Code, Status};

use super::call::Call;
use super::door::panicked;
use super::status::Fault;

/// A body that finishes its call.
pub(super) struct Observed {
    body: Body,
    call: Call,
    /// What ends the body from outside, if it has not ended by then.
    end: Option<BoxFuture<'static, Fault>>,
    is_ended: bool,
}

impl Observed {
    pub(super) fn new(body: Body, call: Call, end: Option<BoxFuture<'static, Fault>>) -> Self {
        Self { body, call, end, is_ended: false }
    }

    /// Ends with this fault in the trailers.
    fn end_with(&mut self, fault: Fault) -> Frame<Bytes> {
        let mut trailers = std::mem::take(Status::from(fault).into_http::<()>().headers_mut());
        trailers.remove(http::header::CONTENT_TYPE);
        self.finish(&trailers);
        Frame::trailers(trailers)
    }

    fn finish(&mut self, trailers: &HeaderMap) {
        self.is_ended = true;
        self.call.finish(code_of(trailers).unwrap_or(Code::Unknown));
    }
}

/// The code in trailers, or in the headers of an answer that has nothing else.
pub(super) fn code_of(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|value| Code::from_bytes(value.as_bytes()))
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if this.is_ended {
            return Poll::Ready(None);
        }
        let polled = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut this.body).poll_frame(cx)));
        match polled {
            Err(_) => {
                let fault = panicked(this.call.rpc);
                Poll::Ready(Some(Ok(this.end_with(fault))))
            }
            Ok(Poll::Ready(Some(Ok(frame)))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.finish(trailers);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Ok(Poll::Ready(other)) => {
                this.finish(&HeaderMap::new());
                Poll::Ready(other)
            }
            Ok(Poll::Pending) => match this.end.as_mut().map(|end| end.as_mut().poll(cx)) {
                Some(Poll::Ready(fault)) => Poll::Ready(Some(Ok(this.end_with(fault)))),
                Some(Poll::Pending) | None => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_ended
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
