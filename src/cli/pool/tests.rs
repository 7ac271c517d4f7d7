//! The command line of `hufu pool`.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    pool: Pool,
}

fn parse(line: &str) -> Result<Pool, String> {
    let line = Line::try_parse_from(["pool"].into_iter().chain(line.split_whitespace()));
    line.map(|line| line.pool).map_err(|error| error.to_string())
}

#[track_caller]
fn check_refused(line: &str, expected: &str) {
    let refusal = parse(line).unwrap_err();
    assert!(refusal.contains(expected), "{line}: {refusal}");
}

const ID: &str = "018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01";

#[test]
fn a_county_expects_both_totals_or_none() {
    let Ok(Pool::File(file)) = parse("file --region 371502 --person wang.li") else { panic!("read") };
    assert_eq!((file.region.as_str(), file.person.as_str(), file.expect_claims), ("371502", "wang.li", None));
    let line = "file --region 371502 --person wang.li --expect-claims 2 --expect-fen 300000";
    let Ok(Pool::File(file)) = parse(line) else { panic!("read") };
    assert_eq!(file.expect_claims.zip(file.expect_fen), Some((2, 300_000)));
    check_refused("file --region 371502 --person wang.li --expect-claims 2", "--expect-fen");
    check_refused("file --region 371502 --person wang.li --expect-fen 2", "--expect-claims");
    check_refused("file --region 371502 --person wang.li --expect-claims 2 --expect-fen=-1", "-1");
    check_refused("file --region 3715 --person wang.li", "region does not have six characters");
    check_refused("file --region 371502", "--person");
}

#[test]
fn a_decision_is_one_of_two() {
    let Ok(Pool::Review(review)) = parse(&format!("review {ID} --person wang.li --pass")) else { panic!("read") };
    assert!(review.pass && !review.approve && review.version.is_none() && review.payment.to_string() == ID);
    let Ok(Pool::Review(review)) = parse(&format!("review {ID} --person li.si --approve --version 3")) else {
        panic!("read")
    };
    assert!(review.approve && review.version == Some(3));
    check_refused(&format!("review {ID} --person wang.li"), "--pass|--approve");
    check_refused(&format!("review {ID} --person wang.li --pass --approve"), "cannot be used with");
    check_refused("review x --person wang.li --pass", "not the id of a payment");
}

#[test]
fn every_command_has_its_words() {
    for line in [
        "run --city 371500",
        "status --city 371500 --json",
        "plan --city 371500",
        "report --city 371500 --out report.xlsx",
        "report --city 371500 --month 2022-10 --out report.xlsx",
        &format!("application {ID} --out application.html"),
        &format!("instructions {ID} --out pain001.xml"),
        "payments",
        &format!("payments --region 371502 --state in-doubt --batch {ID}"),
        "statement statement.csv --region 371502",
        "filings --month 2022-10",
    ] {
        parse(line).unwrap();
    }
    check_refused("payments --state lost", "not one of owed, reviewed, approved");
    check_refused("report --city 371500 --month 2022-13 --out x", "2022-13");
    check_refused("run", "--city");
    check_refused("application x --out a.xlsx", "not the id of a batch");
}

#[test]
fn a_step_that_needs_a_person_is_told_by_the_exit_code() {
    let step = |needs_attention| pb::Step { needs_attention, ..Default::default() };
    assert_eq!(attention(&[]), Exit::Done);
    assert_eq!(attention(&[step(false)]), Exit::Done);
    assert_eq!(attention(&[step(false), step(true)]), Exit::Attention);
}
