//! Bytes that no generated client sends.

use axum::body::Bytes;
use http::Request;
use tonic::body::Body;

use super::people::Person;
use super::recorder::Recorder;

const SUBMIT: &str = "/hufu.claims.v1.ClaimService/SubmitClaim";
/// More than a single call may have.
const TOO_LARGE_BYTES: usize = 400 * 1_024;

/// Sends each malformed request; the recorder hears the answers.
pub(super) async fn send_all(recorder: &Recorder, node: &str, person: &Person) {
    let number = person.number.as_bytes();
    let messages = [
        // A field of another type, a length beyond the end, an unknown group, a text that is not UTF-8.
        framed(0, &[&[0x08][..], number].concat()),
        framed(0, &[&[0x0a, 0xff, 0x01][..], number].concat()),
        framed(0, &[&[0x0b][..], number].concat()),
        framed(0, &[&[0x0a, 0x13, 0xff][..], number].concat()),
        // Compressed as nobody agreed on; shorter than announced; without a frame.
        framed(1, number),
        framed(0, number)[..12].to_vec(),
        number.to_vec(),
        framed(0, &number.repeat(TOO_LARGE_BYTES / number.len())),
        framed(0, &[&[0x1a, 0x12][..], number].concat().repeat(500)),
        Vec::new(),
    ];
    for message in messages {
        recorder.send(request(node, SUBMIT, "application/grpc", &person.number, message)).await;
    }
    for path in [format!("/hufu.claims.v1.ClaimService/{}", person.number), format!("/{0}/{0}", person.number)] {
        recorder.send(request(node, &path, "application/grpc", "", framed(0, number))).await;
        recorder.send(request(node, &path, "text/html", "", number.to_vec())).await;
    }
    let query = format!("{SUBMIT}?person={}", person.number);
    recorder.send(request(node, &query, "application/json", "", number.to_vec())).await;
}

/// What the node tells about itself to whoever watches it.
pub(super) async fn metrics(recorder: &Recorder, node: &str) -> Vec<u8> {
    let request = Request::get(format!("{node}/metrics")).body(Body::empty()).unwrap();
    recorder.send(request).await
}

fn request(node: &str, path: &str, content_type: &str, header: &str, body: Vec<u8>) -> Request<Body> {
    Request::post(format!("{node}{path}"))
        .header("content-type", content_type)
        .header("te", "trailers")
        .header("grpc-timeout", format!("{header}S"))
        .header("x-person", header)
        .body(Body::new(axum::body::Body::from(Bytes::from(body))))
        .unwrap()
}

/// A gRPC frame.
fn framed(compressed: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[compressed][..], &length, message].concat()
}
