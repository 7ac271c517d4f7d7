//! What is read and shown of the money's path.

use std::collections::BTreeSet;

use jiff::Timestamp;
use prost::Message;
use uuid::Uuid;

use super::*;
use crate::domain::identity::{BankAccount, Uscc};
use crate::domain::operator::OperatorId;
use crate::domain::payment::{Cause, Payee, PaymentId};
use crate::domain::pooling::{FilingId, Stop};
use crate::domain::statement::Direction;
use crate::workflows::record::payment::UnmatchedLine;

const AT: &str = "2022-10-10T01:02:03Z";

fn caller() -> Caller {
    let region = Region::parse("371502").unwrap();
    Caller { organization: "lc-hrss".into(), system: "desk".into(), region, roles: BTreeSet::new(), person: None }
}

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

fn at() -> Timestamp {
    AT.parse().unwrap()
}

fn names(region: Region) -> String {
    if region.as_str() == "371502" { "东昌府区".to_owned() } else { region.to_string() }
}

/// Reads a request; the fields at fault with their reasons.
#[track_caller]
fn check<T>(read: impl FnOnce(&mut Violations) -> Option<T>, expected: &[(&str, &str)]) -> Option<T> {
    let mut violations = Violations::default();
    let value = read(&mut violations);
    let found = violations.first(9).0;
    let found: Vec<_> = found.iter().map(|it| (it.field.as_str(), it.reason.as_str())).collect();
    assert_eq!(found, expected);
    assert!(value.is_some() || !found.is_empty(), "nothing is missing without a word");
    value
}

fn file(change: impl FnOnce(&mut pb::FileClaimsRequest)) -> pb::FileClaimsRequest {
    let expected = Some(pb::ControlTotals { claims: 2, amount_fen: 300_000 });
    let (request_id, person) = ("01234567".to_owned(), "Wang.Li".to_owned());
    let mut request = pb::FileClaimsRequest { request_id, region: "371502".to_owned(), person, expected };
    change(&mut request);
    request
}

#[test]
fn a_wish_to_file_is_read_with_every_fault() {
    let read = |request| move |violations: &mut Violations| new_filing(&caller(), request, violations);
    let filing = check(read(file(|_| {})), &[]).unwrap();
    assert_eq!((filing.region, filing.operator.as_str()), (region("371502"), "lc-hrss/wang.li"));
    assert_eq!(filing.expected, Some(ControlTotals { claims: 2, amount: Fen::new(300_000) }));
    assert_eq!(check(read(file(|it| it.expected = None)), &[]).unwrap().expected, None);
    check(
        read(file(|it| *it = pb::FileClaimsRequest { expected: it.expected.take(), ..Default::default() })),
        &[("request_id", "REQUEST_ID_MALFORMED"), ("region", "REGION_EMPTY"), ("person", "PERSON_EMPTY")],
    );
    check(
        read(file(|it| it.expected = Some(pb::ControlTotals { claims: -1, amount_fen: -1 }))),
        &[("expected.claims", "TOTAL_NEGATIVE"), ("expected.amount_fen", "TOTAL_NEGATIVE")],
    );
    check(read(file(|it| it.person = "13800000000".into())), &[("person", "PERSON_LOOKS_LIKE_NUMBER")]);
}

#[test]
fn a_decision_on_a_payment_is_said_and_never_assumed() {
    let request = |decision: pb::PaymentDecision, version| pb::ReviewPaymentRequest {
        request_id: "01234567".to_owned(),
        payment_id: Uuid::from_u128(1).to_string(),
        version,
        person: "wang.li".to_owned(),
        decision: decision.into(),
    };
    let read = |request| move |violations: &mut Violations| review(&caller(), request, violations);
    let passed = check(read(request(pb::PaymentDecision::Pass, 3)), &[]).unwrap();
    assert_eq!((passed.act, passed.version), (PaymentAct::Pass, 3));
    let approved = check(read(request(pb::PaymentDecision::Approve, 3)), &[]).unwrap();
    assert_eq!(approved.act, PaymentAct::Approve);
    assert_eq!([role_of(passed.act), role_of(approved.act)], [Role::ClaimsReview, Role::ClaimsApprove]);
    check(
        read(request(pb::PaymentDecision::Unspecified, 0)),
        &[("decision", "ENUM_UNSPECIFIED"), ("version", "VERSION_MISSING")],
    );
    let unknown = pb::ReviewPaymentRequest { decision: 9, ..request(pb::PaymentDecision::Pass, 1) };
    check(read(unknown), &[("decision", "ENUM_UNKNOWN")]);
    let nobody = pb::ReviewPaymentRequest { payment_id: "x".into(), ..request(pb::PaymentDecision::Pass, 1) };
    check(read(nobody), &[("payment_id", "ID_MALFORMED")]);
}

#[test]
fn a_list_is_narrowed_by_what_is_named() {
    let month = |year, month| {
        move |violations: &mut Violations| Some(month_asked(Some(common::Month { year, month }), violations))
    };
    assert_eq!(check(month(2022, 10), &[]).flatten(), Month::new(2022, 10));
    for (year, number) in [(2022, 13), (2022, 0), (1899, 1), (2200, 1), (2022, 300)] {
        check(month(year, number), &[("month", "MONTH_IMPOSSIBLE")]);
    }
    assert_eq!(month_asked(None, &mut Violations::default()), None);
    let state = |value| move |violations: &mut Violations| Some(state_asked(value, violations));
    assert_eq!(check(state(0), &[]).flatten(), None);
    for known in PaymentState::ALL {
        assert_eq!(check(state(payment_state(known).into()), &[]).flatten(), Some(known));
    }
    check(state(99), &[("state", "ENUM_UNKNOWN")]);
    assert_eq!(check(|violations| Some(batch_asked("", violations)), &[]).flatten(), None);
    check(|violations| batch_asked("x", violations), &[("batch_id", "ID_MALFORMED")]);
}

#[test]
fn a_statement_comes_with_its_region_and_with_a_file() {
    let read = |region: &'static str, file: Vec<u8>| {
        move |violations: &mut Violations| statement_file(region, &file, violations)
    };
    assert_eq!(check(read("371502", vec![b'x']), &[]), Some(region("371502")));
    check(read("", vec![]), &[("file", "FIELD_MISSING"), ("region", "REGION_EMPTY")]);
    let large = vec![b' '; 4 * 1_024 * 1_024 + 1];
    check(read("371502", large), &[("file", "STATEMENT_FILE_TOO_LARGE")]);
}

#[test]
fn a_payment_is_shown_with_its_account_masked() {
    let record = PaymentRecord {
        payment_id: PaymentId(Uuid::from_u128(1)),
        batch_id: BatchId(Uuid::from_u128(2)),
        kind: PaymentKind::Payout,
        payer: region("371502"),
        payee: Payee::Enterprise(Uscc::from_body("91371500300000000").unwrap()),
        state: PaymentState::Owed,
        amount: Fen::new(150_000),
        paid: Fen::new(1),
        set_off: Fen::new(2),
        subsidies: Default::default(),
        account: Some(BankAccount::parse("6222000000001234").unwrap()),
        payee_name: "聊城甲公司".to_owned(),
        cause: Some(Cause::AccountClosed),
        attempts: 2,
        claims: 3,
        version: 4,
        changed_at: at(),
        reviewed_by: None,
        approved_by: None,
    };
    let shown = payment(record);
    assert_eq!((shown.account_masked.as_str(), shown.cause.as_str()), ("************1234", "account-closed"));
    assert_eq!((shown.cause_zh.as_str(), shown.payer.as_str()), ("账户已销户", "371502"));
    assert_eq!((shown.amount_fen, shown.paid_fen, shown.set_off_fen), (150_000, 1, 2));
    assert_eq!((shown.attempts, shown.claims, shown.version), (2, 3, 4));
    assert!(shown.kind() == pb::PaymentKind::Payout && shown.state() == pb::PaymentState::Owed);
    let bytes = shown.encode_to_vec();
    for secret in ["6222000000001234", "聊城甲公司"] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}

#[test]
fn a_batch_says_where_it_stands_and_why() {
    let record = BatchRecord {
        batch_id: BatchId(Uuid::from_u128(2)),
        city: region("371500"),
        month: Month::new(2022, 10).unwrap(),
        number: 1,
        state: BatchState::Granted,
        total: ControlTotals { claims: 2, amount: Fen::new(300_000) },
        granted: Fen::new(300_000),
        arrived: Fen::new(299_999),
        content_hash: Some([7; 32]),
        stopped: Some(Stop::ArrivalDiffers { granted: Fen::new(300_000), arrived: Fen::new(299_999) }),
        opened_at: at(),
        changed_at: at(),
    };
    let shown = batch(record.clone(), &names);
    assert!(shown.state() == pb::BatchState::Granted && shown.content_hash == [7; 32]);
    assert_eq!((shown.stopped.as_str(), shown.granted_fen, shown.arrived_fen), ("ARRIVAL_DIFFERS", 300_000, 299_999));
    assert_eq!(shown.stopped_zh, "财政核准3,000.00元，实际到账2,999.99元，相差-0.01元");
    assert_eq!((shown.month.unwrap().month, shown.city_name.as_str()), (10, "371500"));
    let gathering = BatchRecord { content_hash: None, stopped: None, ..record };
    let shown = batch(gathering, &names);
    assert!(shown.content_hash.is_empty() && shown.stopped.is_empty() && shown.stopped_zh.is_empty());
}

#[test]
fn a_line_and_a_hop_are_named_in_chinese() {
    let of = |subsidy, granted| {
        let amount = Fen::new(150_000);
        let line = BatchLine { region: region("371502"), subsidy, enterprises: 1, people: 2, claims: 3, amount };
        super::line(BatchLineRecord { line, granted }, &names)
    };
    let shown = of(SubsidyKind::JobExpansion, Some(Fen::new(5)));
    assert_eq!(
        (shown.subsidy.as_str(), shown.region_name.as_str(), shown.granted_fen),
        ("job-expansion", "东昌府区", 5)
    );
    assert_eq!((shown.enterprises, shown.people, shown.claims, shown.amount_fen), (1, 2, 3, 150_000));
    let shown = of(SubsidyKind::RetentionTraining, None);
    assert_eq!((shown.subsidy.as_str(), shown.granted_fen), ("retention-training", 0));
    for name in [
        "filed",
        "pooled",
        "asked",
        "granted",
        "arrived",
        "funded",
        "transferred",
        "instructed",
        "paid",
        "in-transit",
        "returned",
        "owed",
        "returned-to-fund",
        "unspent",
    ] {
        let shown = hop(HopTotal { hop: name, count: 4, amount: Fen::new(5) });
        assert!(shown.hop == name && !shown.name_zh.is_ascii() && (shown.count, shown.amount_fen) == (4, 5), "{name}");
    }
}

#[test]
fn a_filing_and_a_statement_keep_their_figures() {
    let record = FilingRecord {
        filing_id: FilingId(Uuid::from_u128(3)),
        region: region("371502"),
        month: Month::new(2022, 10).unwrap(),
        number: 2,
        state: FilingState::Pooled,
        sealed: ControlTotals { claims: 2, amount: Fen::new(300_000) },
        content_hash: [9; 32],
        filed_by: OperatorId::kept("lc-hrss/wang.li"),
        filed_at: at(),
        batch_id: Some(BatchId(Uuid::from_u128(2))),
        pooled: Some(ControlTotals { claims: 1, amount: Fen::new(150_000) }),
    };
    let shown = filing(record);
    assert!(shown.state() == pb::FilingState::Pooled && shown.filed_by == "lc-hrss/wang.li");
    assert_eq!(shown.sealed.map(|it| (it.claims, it.amount_fen)), Some((2, 300_000)));
    assert_eq!(shown.pooled.map(|it| (it.claims, it.amount_fen)), Some((1, 150_000)));
    assert_eq!((shown.number, shown.batch_id.as_str()), (2, "00000000-0000-0000-0000-000000000002"));

    let line = UnmatchedLine {
        region: region("371502"),
        bank_reference: "B7".to_owned(),
        booked_on: jiff::civil::date(2022, 10, 10),
        direction: Direction::Credit,
        amount: Fen::new(12_345),
    };
    let shown = posted(StatementPosted { number: 3, repeated: false, lines: 8, unmatched: vec![line] });
    assert_eq!((shown.number, shown.lines, shown.repeated), (3, 8, false));
    let [step] = &shown.unmatched[..] else { panic!("one line fits nothing") };
    assert_eq!((step.code.as_str(), step.amount_fen, step.needs_attention), ("STATEMENT_UNMATCHED", 12_345, true));
    assert_eq!(step.message_zh, "2022-10-10流水B7，123.45元，无法对应");
}
