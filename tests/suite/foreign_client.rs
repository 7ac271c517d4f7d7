//! Programs that have never seen our contracts: a Python client and `buf curl` learn them from the node and use them over mTLS.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use hufu::domain::caller::Role;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use crate::support::people::{Graduate, firm, graduate};
use crate::support::{Database, Harness};

const SUBMIT: &str = "hufu.claims.v1.ClaimService/SubmitClaim";
const LIST_SUSPECTS: &str = "hufu.suspects.v1.SuspectService/ListSuspects";
/// Starting an interpreter on a busy machine takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A helper program that the test command brings.
#[expect(clippy::disallowed_methods, reason = "the test command names its helpers in the environment")]
pub(crate) fn helper(variable: &str) -> PathBuf {
    let file = std::env::var(variable).map(PathBuf::from);
    let file = file
        .unwrap_or_else(|_| panic!("{variable} is not set: run `scripts/test`, which names what scripts/setup brings"));
    assert!(file.exists(), "{variable} names {}, which is not there: run `scripts/setup`", file.display());
    file
}

/// Runs a program to its end: whether it was content, and what it printed.
async fn run(mut program: Command, input: String) -> (bool, String) {
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut running = program.spawn().unwrap();
    running.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let ended = timeout(PATIENCE, running.wait_with_output()).await.expect("the program ends in time").unwrap();
    let (printed, complaints) = (String::from_utf8(ended.stdout).unwrap(), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() || !printed.is_empty(), "it printed nothing but: {complaints}");
    (ended.status.success(), printed)
}

/// The Python client: what it prints for a call, one JSON value a line.
async fn python(hufu: &Harness, arguments: &[&str], request: Value) -> (bool, Vec<Value>) {
    let files = hufu.caller_files("371500", &Role::ALL);
    let mut program = Command::new(helper("HUFU_TEST_PYTHON"));
    program.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/foreign_client.py"));
    program.arg("--target").arg(hufu.uri().trim_start_matches("https://"));
    program.arg("--ca").arg(files.ca).arg("--cert").arg(files.cert).arg("--key").arg(files.key);
    let (content, printed) = run_with(program, arguments, request).await;
    (content, printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

async fn run_with(mut program: Command, arguments: &[&str], request: Value) -> (bool, String) {
    program.args(arguments);
    run(program, request.to_string()).await
}

/// The one answer of a call that went well.
async fn answer(hufu: &Harness, method: &str, request: Value) -> Value {
    let (content, printed) = python(hufu, &["call", method], request).await;
    assert!(content, "{printed:?}");
    printed[0]["message"].clone()
}

/// A submission as a foreign program writes it.
fn submission(graduate: &Graduate, uscc: &str, request_id: &str) -> Value {
    json!({
        "request_id": request_id,
        "claim": {
            "sheet_id": "job-expansion-2022",
            "route": "CLAIM_ROUTE_SELF_APPLIED",
            "uscc": uscc,
            "enterprise_name": "鲁西软件",
            "region": "371502",
            "graduate": {
                "person": { "name": graduate.name, "resident_id": graduate.resident_id.as_str() },
                "graduated_on": { "year": 2022, "month": 6, "day": 30 }
            }
        },
        "wait_for_verdict": "5s"
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_client_learns_the_contract_and_uses_it() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let (a, b) = (firm("鲁西软件").known_to(hufu), firm("乙公司").known_to(hufu));
        let wang = graduate("王小明").hired_by(&a).known_to(hufu);
        let claim = answer(hufu, SUBMIT, submission(&wang, a.uscc.as_str(), "python-0001")).await["claim"].clone();
        assert_eq!(claim["state"], "CLAIM_STATE_ASSESSED", "{claim}");
        assert_eq!(claim["verdict"]["entitled"]["amount_fen"], "150000");
        assert_eq!(claim["person_name_masked"], "王**");
        let held = answer(hufu, SUBMIT, submission(&wang, b.uscc.as_str(), "python-0002")).await["claim"].clone();
        assert_eq!(held["verdict"]["held"]["reasons"][0]["clause"], "五(二)", "{held}");

        let listed = answer(hufu, LIST_SUSPECTS, json!({})).await;
        let suspects = listed["suspects"].as_array().unwrap();
        assert_eq!(suspects.len(), 1, "{listed}");
        assert_eq!(suspects[0]["rule"], "person_two_enterprises");
        assert_eq!(suspects[0]["first"]["claim_id"], claim["claim_id"]);
        assert_eq!(suspects[0]["second"]["claim_id"], held["claim_id"]);

        let (content, pulled) =
            python(hufu, &["stream", "hufu.suspects.v1.SuspectService/PullSuspects"], json!({})).await;
        assert!(content);
        assert_eq!(pulled[0]["message"]["suspects"][0]["suspect_id"], suspects[0]["suspect_id"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_client_reads_our_errors() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let firm = firm("鲁西软件").known_to(hufu);
        let wang = graduate("王小明").hired_by(&firm).known_to(hufu);
        let mut request = submission(&wang, firm.uscc.as_str(), "python-0003");
        request["claim"]["uscc"] = "91371500".into();
        request["claim"]["graduate"]["person"]["resident_id"] = "371502".into();
        let (content, printed) = python(hufu, &["call", SUBMIT], request).await;
        assert!(!content);
        let error = &printed[0]["error"];
        assert_eq!(error["code"], "INVALID_ARGUMENT", "{error}");
        let detail = |name: &str| {
            let details = error["details"].as_array().unwrap();
            details.iter().find(|it| it["type"] == name).unwrap_or_else(|| panic!("no {name} in {error}")).clone()
        };
        assert_eq!(detail("ErrorInfo")["reason"], "FIELDS_INVALID");
        assert_eq!(detail("LocalizedMessage")["locale"], "zh-CN");
        let violations = detail("BadRequest")["field_violations"].clone();
        let fields: Vec<_> = violations.as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["claim.uscc", "claim.graduate.person.resident_id"]);
    })
    .await;
}

/// `buf curl` with a request and further arguments.
async fn buf_curl(hufu: &Harness, url: &str, arguments: &[&str]) -> String {
    let files = hufu.caller_files("371500", &Role::ALL);
    let mut program = Command::new(helper("HUFU_BUF"));
    program.env("BUF_CACHE_DIR", hufu.folder()).args(["curl", "--protocol", "grpc"]);
    program.arg("--cacert").arg(files.ca).arg("--cert").arg(files.cert).arg("--key").arg(files.key);
    program.args(arguments).arg(url);
    let (content, printed) = run(program, String::new()).await;
    assert!(content, "{printed}");
    printed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buf_curl_lists_and_calls() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let methods = buf_curl(hufu, &hufu.uri(), &["--list-methods"]).await;
        for method in [SUBMIT, LIST_SUSPECTS, "hufu.policy.v1.PolicyService/ListSheets"] {
            assert!(methods.lines().any(|line| line.trim() == method), "{method} is not among:\n{methods}");
        }
        let url = format!("{}/hufu.policy.v1.PolicyService/ListSheets", hufu.uri());
        let sheets: Value = serde_json::from_str(&buf_curl(hufu, &url, &["--data", "{}"]).await).unwrap();
        let names = sheets["sheets"].as_array().unwrap().iter().map(|sheet| sheet["sheetId"].as_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["job-expansion-2022", "retention-training-2022"]);
    })
    .await;
}

/// Whatever is sent: an answer or a refusal, and no handler that breaks down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_sent_the_gateway_is_not_at_fault() {
    Harness::tell(Database::Sqlite, async |hufu| {
        for seed in ["1", "2", "3"] {
            let (content, methods) = python(hufu, &["--timeout", "2", "anything", "--seed", seed], json!({})).await;
            assert!(content, "{:?}", methods.last());
            assert!(methods.len() > 60, "{} methods", methods.len());
            let methods: Vec<_> = methods.into_iter().map(|mut it| it["message"].take()).collect();
            let refused = methods.iter().filter(|it| it["codes"].to_string().contains("INVALID_ARGUMENT")).count();
            assert!(refused > 40, "only {refused} methods refused anything");
            let faults: Vec<_> = methods.iter().filter(|it| it["faults"] != json!([])).collect();
            assert!(faults.is_empty(), "seed {seed}: {faults:#?}");
        }
    })
    .await;
}
