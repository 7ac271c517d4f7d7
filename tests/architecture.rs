//! Holds the code to its map: who may use whom, and what no file may contain. Reads source text only, and runs in a blink.
//!
//! Each rule is a function from a file to its findings; `each_rule_finds_what_it_is_for` runs it over files that break it.

#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;

use rules::*;
use source::Source;

/// One module of `src/lib.rs`. Words are separated by blanks; test code is exempt.
struct Row {
    module: &'static str,
    may_use: &'static str,
    never_mentions: &'static str,
    instead: &'static str,
}

/// In the reading order of `src/lib.rs`.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row("clock", "", "",
        "it only tells the time"),
    row("config", "domain", "tonic sqlx",
        "settings are plain data; cli hands every part its own section"),
    row("telemetry", "", "sqlx",
        "take what is to be logged as plain, masked text"),
    row("domain", "", "async await tokio tonic prost sqlx tracing metrics rand rand_chacha f32 f64 HashMap HashSet \
        Instant SystemTime Timestamp::now Zoned::now std::env std::fs std::net std::thread",
        "a decision is pure: take facts, times and ids as arguments, leave I/O to workflows and store, count money in \
        integer fen, use BTreeMap where order shows"),
    row("proto", "", "struct enum impl trait",
        "generated code only; what is written by hand goes to domain, connectors or services"),
    row("audit", "domain", "async await tokio tonic sqlx std::fs std::net",
        "entries and hashes are computed here and kept by store"),
    row("transport", "", "prost sqlx",
        "it moves bytes and knows no RPC: take services and settings as arguments"),
    row("connectors", "domain proto clock transport", "sqlx",
        "return dated evidence; the workflow has it recorded"),
    row("store", "domain audit clock", "tonic prost",
        "speak in types of domain; wire types stop in services and connectors"),
    row("tables", "domain", "tokio tonic sqlx",
        "turn bytes into rows and rows into bytes; the caller opens files and sends claims"),
    // A run over a file of claims reads it in chunks, several threads at once: tables tells the rows, the run opens the file.
    row("workflows", "domain store connectors audit clock tables", "tonic prost sqlx",
        "take and return types of domain: services convert, store holds the statements"),
    row("jobs", "workflows domain clock", "tonic prost sqlx",
        "call one workflow; what a job does besides belongs in there"),
    // Papers and files are part of what is answered: a statement's file comes in, an application and a payment file go out.
    row("services", "workflows domain proto clock transport tables", "sqlx",
        "convert, call one workflow, convert back"),
    row("web", "workflows domain clock transport tables", "tonic prost sqlx",
        "show what a workflow answers; what is decided and kept belongs in there"),
    row("sandbox", "domain proto clock transport", "sqlx",
        "it plays the other bureaus, who know nothing of our store and workflows"),
    row("cli", "clock config telemetry domain proto audit transport connectors store tables workflows jobs services web sandbox", "sqlx",
        "parse, put the parts together, print"),
    row("main", "cli", "",
        "hand over to cli"),
];

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 70;

/// Functions that grew past the limit before it was held, as (file, function). This list only ever shrinks.
const LONGER_FUNCTIONS: &[(&str, &str)] = &[];

const APPEND_ONLY_TABLES: &[&str] = &["audit_entry", "ledger_entry"];

/// One TLS stack: rustls with ring.
const BANNED_PACKAGES: &[&str] = &["aws-lc-sys", "native-tls", "openssl", "openssl-sys"];

const fn row(module: &'static str, may_use: &'static str, never_mentions: &'static str, instead: &'static str) -> Row {
    Row { module, may_use, never_mentions, instead }
}

fn check(files: &[Source], rules: &[Rule]) {
    assert!(!files.is_empty(), "no files to check: the test looks in the wrong place");
    let findings: Vec<String> = files.iter().flat_map(|file| rules.iter().flat_map(|rule| rule(file))).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn the_source_keeps_its_layers() {
    check(&Source::all(&["src"], &[".rs"]), &[layering, sql_in_store_alone]);
}

#[test]
fn every_file_is_tidy() {
    let code = Source::all(&["src", "tests", "benches"], &[".rs"]);
    check(&code, &[opening, naming, file_length, function_length]);
    let folders = ["src", "tests", "benches", "proto", "policies"];
    check(&Source::all(&folders, &[".rs", ".sql", ".py", ".proto", ".toml"]), &[leftovers]);
    for (path, name) in LONGER_FUNCTIONS {
        assert!(code.iter().any(|file| file.path == *path), "{path} is gone: take `{name}` off LONGER_FUNCTIONS");
    }
}

#[test]
fn no_identity_number_stands_in_the_source() {
    check(&Source::all(&["src"], &[".rs"]), &[identity_numbers]);
}

#[test]
fn audit_and_ledger_are_append_only() {
    check(&Source::all(&["src"], &[".rs", ".sql"]), &[append_only]);
}

/// What ends the process on purpose is in no released binary. Only two places speak to the `fail` crate, both compiled with the feature
/// alone; the names of the points are asked for there and nowhere else, so that without the feature nothing links them.
#[test]
fn crash_points_are_for_tests_alone() {
    const GATE: &str = "#[cfg(feature = \"failpoints\")]\n";
    const GATED: [(&str, &str, &str); 2] = [
        (
            "src/workflows/pooling/point.rs",
            "src/workflows/pooling/point.rs",
            "fn pass(point: Point, side: &str) {\n    fail::",
        ),
        ("src/cli/crash.rs", "src/cli.rs", "pub mod crash;"),
    ];
    for file in Source::all(&["src"], &[".rs"]) {
        let speaks = ["fail::", "point::Point::", "Point::ALL"].iter().any(|word| file.text.contains(word));
        let is_gated = GATED.iter().any(|(path, ..)| file.path == *path);
        assert!(is_gated || !speaks, "{}: crash points are armed in src/cli/crash.rs alone", file.path);
    }
    for (path, gate_at, gated) in GATED {
        let is_gated = Source::read(gate_at).text.contains(&format!("{GATE}{gated}"));
        assert!(is_gated, "{path}: compiled without the feature `failpoints` (expected in {gate_at}: {gated})");
        assert!(Source::read(path).text.contains("fail::"), "{path} is no crash point any more: take it off GATED");
    }
    let manifest = Source::read("Cargo.toml").text;
    assert!(!manifest.lines().any(|line| line.starts_with("default = ") && line.contains("failpoints")));
    assert!(manifest.contains("fail = { version = \"0.5\", default-features = false }"), "its own points stay off");
}

#[test]
fn one_tls_stack_is_linked() {
    let lock = Source::read("Cargo.lock");
    let found = BANNED_PACKAGES.iter().find(|package| lock.text.contains(&format!("name = \"{package}\"\n")));
    assert_eq!(found, None, "in Cargo.lock: see who brings it with `cargo tree -i`, and choose rustls with ring there");
}

#[test]
fn the_code_map_the_table_and_the_folders_agree() {
    let root = Source::read("src/lib.rs");
    let between = |start: &str, end: &str| -> Vec<String> {
        root.text.lines().filter_map(|line| Some(line.strip_prefix(start)?.split_once(end)?.0.to_owned())).collect()
    };
    let table: Vec<&str> = TABLE.iter().map(|row| row.module).filter(|module| *module != "main").collect();
    assert_eq!(between("//! - [`", "`]:"), table, "the code map of src/lib.rs (left) is not TABLE (right)");
    assert_eq!(between("pub mod ", ";"), table, "the modules of src/lib.rs (left) are not TABLE (right)");
    for file in Source::all(&["src"], &[".rs"]) {
        let is_known = file.module() == "lib" || TABLE.iter().any(|row| row.module == file.module());
        assert!(is_known, "{}: add its module to the code map of src/lib.rs and to TABLE", file.path);
    }
}

/// A rule that finds nothing in a bad file would pass forever.
#[test]
fn each_rule_finds_what_it_is_for() {
    let finds = |rule: Rule, count: usize, path: &str, text: &str| {
        let findings = rule(&Source::new(path, text));
        assert_eq!(findings.len(), count, "{path}: {text}\n{findings:#?}");
    };
    let domain = "src/domain/money.rs";
    finds(layering, 1, domain, "use crate::{clock, domain::{claim as store, slot}};");
    finds(layering, 2, domain, "fn f() -> crate::store::Store { super::super::audit::new() }");
    finds(layering, 1, domain, "mod inner { use super::super::super::clock; use super::super::clock; }");
    finds(layering, 1, "src/domain.rs", r#"fn f() { println!("{}", super::store::count()) }"#);
    finds(layering, 4, domain, "#[tracing::instrument] async fn f(x: u32) -> f64 { x as f64 }");
    finds(layering, 2, domain, "use std::{fs, collections::{BTreeMap, HashMap}}; use std::io;");
    finds(layering, 1, "src/store.rs", "#[cfg(test)] mod t { use tonic::Code; } #[derive(prost::Message)] struct A;");
    finds(layering, 1, "src/proto.rs", "pub struct Claim;");
    finds(layering, 1, "src/services.rs", "use crate::*;");
    finds(layering, 1, "src/main.rs", "fn main() { hufu::cli::run(hufu::store::open()) }");
    finds(sql_in_store_alone, 1, "src/cli.rs", r##"const A: [&str; 2] = [r#"SELECT 1"#, "Selected"];"##);
    finds(sql_in_store_alone, 0, "src/store.rs", r#"const A: &str = "SELECT 1";"#);

    finds(opening, 1, domain, "// Money.\n//! Money.");
    finds(naming, 1, "src/store/mod.rs", "");
    finds(leftovers, 2, domain, concat!("// TO", "DO: more\n// TO", "DOS\n// (XX", "X)"));
    finds(file_length, 1, domain, &"\n".repeat(FILE_LINES + 1));
    let long = format!("fn long() {{\n{}}}", "    step();\n".repeat(FUNCTION_LINES - 1));
    finds(function_length, 1, domain, &long);
    finds(function_length, 1, domain, &format!("impl A {{ {long} }}"));
    finds(|file| function_length_except(file, &[("src/domain/money.rs", "long")]), 0, domain, &long);
    finds(|file| function_length_except(file, &[("src/domain/money.rs", "short")]), 1, domain, "fn short() {}");

    let born = |digits: &str| format!("const A: &str = \"110105{digits}\";");
    finds(identity_numbers, 1, domain, &born("19491231002X"));
    finds(identity_numbers, 1, domain, &born("194912310021"));
    finds(identity_numbers, 1, domain, &format!("// {}", born("491231002")));
    finds(identity_numbers, 0, domain, &born("194913310021"));
    finds(identity_numbers, 0, domain, &format!("#[cfg(test)]\nmod tests {{\n{}\n}}", born("19491231002X")));
    finds(
        append_only,
        2,
        "a.sql",
        "UPDATE audit_entry SET; delete\nfrom ledger_entry; INSERT INTO audit_entry; UPDATE claim",
    );
}
