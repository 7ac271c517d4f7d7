//! Digests of decisions, of what moves money and of the ministry's records. Those of claims are tested where claims are read.

use super::DeskRequestKind::{Many, One};
use super::*;
use crate::domain::suspect::desk::{DismissalReason, NewFact};

fn person_of(name: &str) -> OperatorId {
    OperatorId::new("lc-hrss", name).unwrap()
}

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

/// Kept for good like those of claims.
#[test]
fn the_digests_of_decisions_never_change() {
    let wang = person_of("wang.li");
    let digests = [
        of_review(ClaimId(uuid(1)), 2, &wang, &ReviewAct::Pass, ""),
        of_desk_step(One, &[SuspectId(uuid(1))], &wang, (&DeskStep::Confirm, "属实"), None, None),
        of_draft(SuspectId(uuid(1)), ClaimId(uuid(2)), None, &wang, "事实"),
        of_step(CaseId(uuid(1)), 3, &wang, CaseStep::Demand, "", true),
        of_repayment(CaseId(uuid(1)), Fen::new(5), "B-1", &wang),
    ];
    let found = digests.map(|it| data_encoding::HEXLOWER.encode(&it));
    let expected = [
        "8bcb0646d738ecc5e3d63ef81435804b183c05aa8ebebb88b17606af36f1675c",
        "72dfa6417b44d6d2c7a99a5d74edcfb49a019214f6e38ab58c8a6a01f918ae40",
        "e413430cb489354438f0f2d5cfc7104aaac81a7f96f7dfb1f705b2bfd7de8f09",
        "f67cad39589ddc9316cc2e1d1f4fca788caee750293a116c09a88ecead763046",
        "cb4a183405b5798defca68219d7bc93086a9b180b9fee1603b0b73618e82cb78",
    ];
    assert_eq!(found, expected);
}

#[test]
fn every_part_of_a_decision_makes_another_request() {
    let (wang, li) = (person_of("wang.li"), person_of("li.na"));
    let back = |reason: &str| ReviewAct::SendBack { reason: reason.to_owned() };
    let review = |id, version, who, act, comment| of_review(ClaimId(uuid(id)), version, who, act, comment);
    let place = |code| Some(Region::parse(code).unwrap());
    let act = |kind, ids: &[u128], who, step: DeskStep, words, place, version| {
        let ids: Vec<_> = ids.iter().map(|id| SuspectId(uuid(*id))).collect();
        of_desk_step(kind, &ids, who, (&step, words), place, version)
    };
    let (confirm, dismiss) = (DeskStep::Confirm, DeskStep::Dismiss(DismissalReason::ClaimGone));
    let assign = |name| DeskStep::Assign { assignee: person_of(name) };
    let draft = |suspect, claim, fen: Option<i64>, who, facts| {
        of_draft(SuspectId(uuid(suspect)), ClaimId(uuid(claim)), fen.map(Fen::new), who, facts)
    };
    let step = |id, version, who, step, text, set_off| of_step(CaseId(uuid(id)), version, who, step, text, set_off);
    let repay = |id, fen, reference, who| of_repayment(CaseId(uuid(id)), Fen::new(fen), reference, who);
    let mut digests = vec![
        review(1, 2, &wang, &ReviewAct::Pass, ""),
        review(2, 2, &wang, &ReviewAct::Pass, ""),
        review(1, 3, &wang, &ReviewAct::Pass, ""),
        review(1, 2, &li, &ReviewAct::Pass, ""),
        review(1, 2, &wang, &ReviewAct::Approve, ""),
        review(1, 2, &wang, &ReviewAct::Pass, "a"),
        review(1, 2, &wang, &back("a"), "a"),
        act(One, &[1], &wang, confirm.clone(), "a", None, None),
        act(One, &[2], &wang, confirm.clone(), "a", None, None),
        act(Many, &[1], &wang, confirm.clone(), "a", None, None),
        act(Many, &[1, 2], &wang, confirm.clone(), "a", None, None),
        act(Many, &[2, 1], &wang, confirm.clone(), "a", None, None),
        act(One, &[1], &li, confirm.clone(), "a", None, None),
        act(One, &[1], &wang, confirm.clone(), "b", None, None),
        act(One, &[1], &wang, confirm.clone(), "a", place("370000"), None),
        act(One, &[1], &wang, confirm.clone(), "a", place("410000"), None),
        act(One, &[1], &wang, confirm, "a", None, Some(2)),
        act(One, &[1], &wang, dismiss, "a", None, None),
        act(One, &[1], &wang, DeskStep::Dismiss(DismissalReason::PutRight), "a", None, None),
        act(One, &[1], &wang, DeskStep::Reopen(NewFact::Report), "a", None, None),
        act(One, &[1], &wang, DeskStep::Reopen(NewFact::Document), "a", None, None),
        act(One, &[1], &wang, DeskStep::Comment, "a", None, None),
        act(One, &[1], &wang, DeskStep::TakeUp, "", None, None),
        act(One, &[1], &wang, assign("wang.li"), "", None, None),
        act(One, &[1], &wang, assign("li.na"), "", None, None),
        draft(1, 2, None, &wang, "a"),
        draft(3, 2, None, &wang, "a"),
        draft(1, 3, None, &wang, "a"),
        draft(1, 2, Some(1), &wang, "a"),
        draft(1, 2, None, &li, "a"),
        draft(1, 2, None, &wang, "b"),
        step(1, 2, &wang, CaseStep::Demand, "", false),
        step(2, 2, &wang, CaseStep::Demand, "", false),
        step(1, 3, &wang, CaseStep::Demand, "", false),
        step(1, 2, &li, CaseStep::Demand, "", false),
        step(1, 2, &wang, CaseStep::NoReply, "", false),
        step(1, 2, &wang, CaseStep::Demand, "a", false),
        step(1, 2, &wang, CaseStep::Demand, "", true),
        repay(1, 5, "a", &wang),
        repay(2, 5, "a", &wang),
        repay(1, 6, "a", &wang),
        repay(1, 5, "b", &wang),
        repay(1, 5, "a", &li),
    ];
    let count = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), count);
}

#[test]
fn what_moves_money_is_another_request_with_every_field() {
    let region = |code: &str| Region::parse(code).unwrap();
    let person = |id: &str| OperatorId::new("lc-hrss", id).unwrap();
    let totals = |claims, fen| Some(ControlTotals { claims, amount: crate::domain::money::Fen::new(fen) });
    let payment = |id| PaymentId(uuid::Uuid::from_u128(id));
    let instructions =
        |ids: &[u128]| ids.iter().map(|id| InstructionId(uuid::Uuid::from_u128(*id))).collect::<Vec<_>>();
    let file = |payer, ids: &[u128]| of_payment_file(region(payer), instructions(ids).into_iter());
    let mut digests = vec![
        of_filing(region("371502"), &person("wang.li"), None),
        of_filing(region("371503"), &person("wang.li"), None),
        of_filing(region("371502"), &person("li.si"), None),
        of_filing(region("371502"), &person("wang.li"), totals(1, 0)),
        of_filing(region("371502"), &person("wang.li"), totals(0, 1)),
        of_payment_review(payment(1), 1, &person("wang.li"), PaymentAct::Pass),
        of_payment_review(payment(2), 1, &person("wang.li"), PaymentAct::Pass),
        of_payment_review(payment(1), 2, &person("wang.li"), PaymentAct::Pass),
        of_payment_review(payment(1), 1, &person("li.si"), PaymentAct::Pass),
        of_payment_review(payment(1), 1, &person("wang.li"), PaymentAct::Approve),
        file("371502", &[1]),
        file("371503", &[1]),
        file("371502", &[2]),
        file("371502", &[1, 2]),
    ];
    let count = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), count);
    // Kept for good, as a claim's.
    let filing = of_filing(region("371502"), &person("Wang.Li"), totals(2, 300_000));
    assert_eq!(
        data_encoding::HEXLOWER.encode(&filing),
        "141554f055d7406df1d59c84a78fecb03e4b3a38e9aa810e431651dd6c06f62f"
    );
    let review = of_payment_review(payment(1), 1, &person("wang.li"), PaymentAct::Pass);
    assert_eq!(
        data_encoding::HEXLOWER.encode(&review),
        "abdab8287356cdf470ee7d54320615bacbe61da5d60b5db78c489115323830b4"
    );
}

#[test]
fn every_field_of_a_record_makes_another_request() {
    const NOTHING: SentRecord<'static> = SentRecord {
        number: "",
        kind: 0,
        resident_id: "",
        name: "",
        uscc: "",
        subsidy: "",
        other_province: "",
        words: "",
    };
    let place = |code: &str| Region::parse(code).unwrap();
    let digest = |change: &dyn Fn(&mut SentRecord<'_>)| {
        let mut record = SentRecord { number: "YD-1", kind: 1, ..NOTHING };
        change(&mut record);
        of_records(place("371500"), [record].into_iter())
    };
    let changes: [&dyn Fn(&mut SentRecord<'_>); 9] = [
        &|_| {},
        &|it| it.number = "YD-2",
        &|it| it.kind = 2,
        &|it| it.resident_id = "a",
        &|it| it.name = "a",
        &|it| it.uscc = "a",
        &|it| it.subsidy = "a",
        &|it| it.other_province = "a",
        &|it| it.words = "a",
    ];
    let mut digests: Vec<_> = changes.into_iter().map(digest).collect();
    digests.push(of_records(place("371502"), std::iter::empty()));
    digests.push(of_records(place("371500"), std::iter::empty()));
    let count = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), count);
}
