//! No identity number, name, phone or account in any log line, error, metric, or column that is not encrypted (I11).
//!
//! A node is given personal data wherever a caller can put them, right and wrong; its registries, its database and its callers
//! fail in every way there is. Then all that it printed, answered and stored is searched. Besides, whatever a node process of
//! any test prints is searched when that test ends (see `process`).

mod money;
mod people;
mod provoke;
mod raw;
mod recorder;
mod registries;
pub(crate) mod scanner;
mod stored;

use std::collections::BTreeSet;

use hufu::config::Settings;
use hufu::domain::identity::ResidentId;
use hufu::proto::claims::v1 as pb;
use tokio::time::sleep;

use crate::process::{ALL_ROLES, Engine, NodeProcess};
use people::{Person, enterprise};
use provoke::{Provoker, faulty};
use recorder::Recorder;
use registries::Registries;
use scanner::Scanner;
use stored::{Behind, Blockade};

/// What a provoked node must have said at least; otherwise this test walks past the errors it is about.
const REASONS: [&str; 13] = [
    "CALLER_MALFORMED",
    "CLAIM_ALREADY_WITHDRAWN",
    "DEADLINE_EXCEEDED",
    "FIELDS_INVALID",
    "INTERNAL",
    "NOT_FOUND",
    "REGION_OUTSIDE_CALLER",
    "REQUEST_ID_REUSED",
    "ROLE_MISSING",
    "SAME_PERSON",
    "SHEET_UNKNOWN",
    "STATEMENT_OTHER_ACCOUNT",
    "STATEMENT_OUT_OF_ORDER",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_leaves_a_node_on_sqlite_with_everything_logged() {
    provoke_and_search(Engine::Sqlite, |settings| settings.log.filter = "trace".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_leaves_a_node_on_postgres_with_logs_in_json() {
    provoke_and_search(Engine::Postgres, |settings| {
        settings.log.filter = "debug,hufu=trace".to_owned();
        settings.log.json = true;
    })
    .await;
}

/// A search that cannot fail proves nothing.
#[tokio::test]
async fn a_number_in_a_node_log_fails_the_test_that_ran_the_node() {
    let mut node = NodeProcess::prepare(Engine::Sqlite, |_| {}).await;
    node.start().await;
    node.kill().await;
    let log = node.folder().join("node.log");
    let planted = format!("{}\nclaim of {} refused\n", String::from_utf8_lossy(&node.log()), Person::all()[0].number);
    std::fs::write(log, planted).unwrap();
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(node)));
    assert!(dropped.is_err(), "the planted number was not found");
}

async fn provoke_and_search(engine: Engine, adjust: impl FnOnce(&mut Settings)) {
    let registries = Registries::start().await;
    let mut node = NodeProcess::prepare(engine, |settings| {
        registries.settle_in(settings);
        adjust(settings);
    })
    .await;
    node.start().await;
    let people = Person::all();
    let secrets = people.iter().flat_map(Person::secrets).chain(registries.secrets());
    let scanner = Scanner::new(&secrets.collect::<Vec<_>>());

    let recorder = Recorder::new(node.caller("371500", "city", ALL_ROLES));
    let reasons = provoke(&node, &registries, &recorder, &people).await;
    let metrics = raw::metrics(&recorder, &node.uri()).await;
    let mut found = scanner.scan("metrics", &metrics);
    for (what, printed) in use_command_line(&node, &people).await {
        found.extend(scanner.scan(&what, &printed));
    }
    let dump = Behind::connect(&node.settings().database.url).await.dump().await;
    found.extend(scanner.scan("tables", &dump));
    // The write-ahead log is there while the process is, and stays when it is killed.
    let mut stored = stored::files(node.folder());
    node.kill().await;
    stored.extend(stored::files(node.folder()));
    // The settings name the agencies' accounts; they are the office's own, and the node's folder is where this test keeps them.
    stored.retain(|(name, _)| !name.ends_with("hufu.toml"));
    for (name, content) in &stored {
        found.extend(scanner.scan(name, content));
    }
    let heard = recorder.heard();
    found.extend(scanner.scan("answers", &heard));
    assert!(found.is_empty(), "personal data were found:\n{}", found.join("\n"));

    if engine == Engine::Postgres {
        assert!(reasons.contains("STORE_UNAVAILABLE"), "the database did not go away: {reasons:?}");
    }
    let missing: Vec<_> = REASONS.iter().filter(|reason| !reasons.contains(**reason)).collect();
    assert!(missing.is_empty(), "never provoked: {missing:?}; provoked: {reasons:?}");
    assert!(String::from_utf8_lossy(&metrics).contains("hufu_"), "no metrics were searched");
    assert!(node.log().len() > 100_000 && heard.len() > 100_000, "hardly anything was searched");
    assert!(String::from_utf8_lossy(&heard).contains("no%20such%20method"), "malformed calls were not heard");
    let masked = ResidentId::parse(&people[0].number).unwrap().masked();
    assert!(String::from_utf8_lossy(&heard).contains(&masked), "nobody was answered for");
}

/// Makes everything go wrong that can; the reasons the node gave.
async fn provoke(
    node: &NodeProcess,
    registries: &Registries,
    recorder: &Recorder,
    people: &[Person],
) -> BTreeSet<String> {
    let mut city = Provoker::new("city", recorder);
    let own_claim = city.submit(people[0].submission(), 0).await.expect("is accepted");
    let province = recorder.with(node.caller("410000", "henan", ALL_ROLES));
    let mut henan = Provoker::new("henan", &province);
    let elsewhere = pb::ClaimSubmission { region: "410105".to_owned(), ..people[0].submission() };
    let foreign_claim = henan.submit(elsewhere, 0).await.expect("is accepted");

    city.submit_in_every_way(faulty(&people[1])).await;
    city.submit_in_every_way(vec![people[2].submission(), people[2].submission()]).await;
    city.misplace(&people[3], &own_claim).await;
    city.contradict(&people[4], &people[5], &foreign_claim).await;
    raw::send_all(recorder, &node.uri(), &people[6]).await;
    let mut reasons = std::mem::take(&mut city.reasons);
    for uri in ["hufu://371500/test/nobody", "hufu://371500/test", "hufu://371599/test/county?role=claims.submit"] {
        let mut stranger = Provoker::new("stranger", &recorder.with(node.caller_named(uri)));
        stranger.submit_in_every_way(vec![people[6].submission()]).await;
        stranger.misplace(&people[6], &own_claim).await;
        reasons.append(&mut stranger.reasons);
    }
    registries.fail_in_every_way(&mut city).await;
    let unheard = node.caller("371500", "city", ALL_ROLES);
    let came = registries.move_money(&mut city, recorder, unheard).await;
    assert!(
        came.approved >= 5 && came.paid >= 5 && came.returned >= 1 && came.settled,
        "the money's path was not gone: {came:?} {:?}",
        city.reasons
    );
    city.read_everything().await;
    henan.read_everything().await;
    break_database(node, &mut city, people).await;
    reasons.append(&mut city.reasons);
    reasons.append(&mut henan.reasons);
    reasons
}

/// Faults of the node's own: a database that refuses to write, loses its connections, stays locked, and has been damaged.
async fn break_database(node: &NodeProcess, provoker: &mut Provoker, people: &[Person]) {
    let mut behind = Behind::connect(&node.settings().database.url).await;
    let (refuse, allow) = behind.refuse_claims();
    behind.execute(refuse).await;
    provoker.submit_in_every_way(vec![people[7].submission()]).await;
    behind.execute(allow).await;
    for Blockade { begin, lasts, end } in behind.blockades() {
        let mut blocked = Box::pin(async {
            behind.execute(begin).await;
            sleep(lasts).await;
            behind.execute(end).await;
        });
        loop {
            tokio::select! {
                () = &mut blocked => break,
                () = provoker.submit_in_every_way(vec![people[7].submission()]) => {}
            }
        }
    }
    behind.execute(behind.damage_claims()).await;
    provoker.read_everything().await;
}

/// Uses the program as an office does: what each command printed and wrote.
async fn use_command_line(node: &NodeProcess, people: &[Person]) -> Vec<(String, Vec<u8>)> {
    let mut rows = vec!["姓名,身份证号,毕业时间,劳动合同起,联系电话,银行账号".to_owned()];
    for (person, wrong) in people.iter().zip(people[0].wrong_numbers()) {
        let Person { name, number, phone, account } = person;
        rows.push(format!("{name},{number},2022-06-30,2022-07-01,{phone},{account}"));
        rows.push(format!("{name},\"{wrong}\",{number},{phone},{account},{name}"));
    }
    std::fs::write(node.folder().join("roster.csv"), rows.join("\r\n")).unwrap();
    let connection = node.connection_arguments("371500", "desk", ALL_ROLES);
    let enterprise = enterprise(1);
    let settings = node.config_file().display().to_string();
    let import = ["import", "roster.csv", "--sheet", "job-expansion-2022", "--region", "371502", "--uscc", &enterprise];
    let commands: [Vec<&str>; 9] = [
        [&import[..], &["--wait", "1", "--out", "answers.csv"]].concat(),
        [&import[..], &["--wait", "1", "--json"]].concat(),
        vec!["suspects", "pull", "--out", "suspects.csv"],
        vec!["suspects", "pull", "--out", "suspects.jsonl", "--json"],
        vec!["doctor", "--config", &settings],
        vec!["pool", "payments"],
        vec!["pool", "status", "--city", "371500"],
        vec!["ledger", "entries"],
        vec!["ledger", "trial"],
    ];
    let mut printed = Vec::new();
    for mut command in commands {
        if command[0] != "doctor" {
            command.extend(connection.iter().map(String::as_str));
        }
        let output = node.run(&command).await;
        let what = command.join(" ");
        assert!(!output.stdout.is_empty(), "{what} printed nothing: {}", String::from_utf8_lossy(&output.stderr));
        printed.push((format!("output of {what}"), output.stdout));
        printed.push((format!("errors of {what}"), output.stderr));
    }
    // The office's own roster is what it is.
    std::fs::remove_file(node.folder().join("roster.csv")).unwrap();
    printed
}
