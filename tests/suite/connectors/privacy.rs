//! Logs and metrics say which upstream failed and how, and never about whom (I11).

use std::io;
use std::sync::{Arc, Mutex};

use hufu::proto::credential::v1 as pb;
use metrics_exporter_prometheus::PrometheusBuilder;
use tonic::Status;
use tracing_subscriber::fmt::MakeWriter;

use super::batches::{result, results};
use super::fake::Fake;
use super::{calm, inquiry, now, person, persons};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The upstream quotes the person in its error, and answers about a stranger; neither is repeated.
#[tokio::test]
async fn logs_and_metrics_name_the_upstream_and_no_person() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_env_filter("hufu=trace")
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let recording = metrics::set_default_local_recorder(&recorder);
    // While there is only one, a test on another thread that meets an event first asks its own (none), and turns it off for all.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber);
    let (fake, registries) = Fake::with(&calm()).await;
    fake.diplomas.answers(|request, number| {
        if number == 1 {
            let person = &request.persons[0];
            return Err(Status::internal(format!("no row for {} {}", person.resident_id, person.name)));
        }
        let mut results = results(&request);
        results.push(result(person(7).resident_id.as_str()));
        Ok(pb::BatchGetDiplomasResponse { results })
    });
    registries.credentials(&persons(1), &inquiry(), now()).await;
    registries.credentials(&persons(1), &inquiry(), now()).await;
    drop((guard, recording));
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in
        ["upstream=\"credential\"", "rpc=\"BatchGetDiplomas\"", "code=\"INTERNAL\"", "elapsed_ms=", "strangers=1"]
    {
        assert!(log.contains(expected), "{expected} is not in the log:\n{log}");
    }
    let metrics = metrics.render();
    for expected in [
        "hufu_upstream_calls_total{upstream=\"credential\",rpc=\"BatchGetDiplomas\",code=\"INTERNAL\"} 1",
        "hufu_upstream_calls_total{upstream=\"credential\",rpc=\"BatchGetDiplomas\",code=\"OK\"} 1",
        "hufu_upstream_seconds_count{upstream=\"credential\",rpc=\"BatchGetDiplomas\"} 2",
    ] {
        assert!(metrics.contains(expected), "{expected} is not in the metrics:\n{metrics}");
    }
    for secret in [person(0).resident_id.as_str(), person(7).resident_id.as_str(), "王小明", "no row"] {
        let is_told = log.contains(secret) || metrics.contains(secret);
        assert!(!is_told, "{} characters of personal data are repeated", secret.chars().count());
    }
}
