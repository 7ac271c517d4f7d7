//! A channel that writes down every byte that comes back: headers, messages, trailers.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tonic::transport::Channel;
use tower::Service;

/// Calls like the channel in it. Clones write into the same place.
#[derive(Clone)]
pub(super) struct Recorder {
    channel: Channel,
    heard: Arc<Mutex<Vec<u8>>>,
}

/// The body of an answer, written down as it is read.
pub(super) struct Overheard {
    body: Body,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Recorder {
    pub(super) fn new(channel: Channel) -> Self {
        Self { channel, heard: Arc::default() }
    }

    /// The same place for another caller.
    pub(super) fn with(&self, channel: Channel) -> Self {
        Self { channel, heard: Arc::clone(&self.heard) }
    }

    /// Everything that came back so far, by whichever clone.
    pub(super) fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }

    /// Sends bytes that no client of ours would send, and reads whatever comes back.
    pub(super) async fn send(&self, request: Request<Body>) -> Vec<u8> {
        let mut own = Self { channel: self.channel.clone(), heard: Arc::clone(&self.heard) };
        let mut all = Vec::new();
        if futures::future::poll_fn(|cx| own.poll_ready(cx)).await.is_err() {
            return all;
        }
        let Ok(answer) = own.call(request).await else { return all };
        let mut body = answer.into_body();
        while let Some(Ok(frame)) =
            futures::future::poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).await
        {
            all.extend(frame.into_data().unwrap_or_default());
        }
        all
    }
}

impl Service<Request<Body>> for Recorder {
    type Response = Response<Overheard>;
    type Error = tonic::transport::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let heard = Arc::clone(&self.heard);
        let answer = self.channel.call(request);
        Box::pin(async move {
            let (parts, body) = answer.await?.into_parts();
            note_headers(&heard, &parts.headers);
            Ok(Response::from_parts(parts, Overheard { body, heard }))
        })
    }
}

impl http_body::Body for Overheard {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            if let Some(data) = frame.data_ref() {
                this.heard.lock().unwrap().extend_from_slice(data);
            }
            if let Some(trailers) = frame.trailers_ref() {
                note_headers(&this.heard, trailers);
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn note_headers(heard: &Mutex<Vec<u8>>, headers: &HeaderMap) {
    let mut heard = heard.lock().unwrap();
    for (name, value) in headers {
        heard.extend_from_slice(name.as_str().as_bytes());
        heard.extend_from_slice(b": ");
        heard.extend_from_slice(value.as_bytes());
        heard.push(b'\n');
    }
}
