//! Records as the ministry sends them, and the claims that they find.

use jiff::Timestamp;
use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::domain::claim::{ClaimRoute, DispatchSide, Graduate, Person, Worker, Workforce};

const PLACE: &str = "371500";

fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

fn resident_id() -> ResidentId {
    ResidentId::from_parts("371502", date(1999, 12, 31), 17).unwrap()
}

fn uscc(number: u32) -> Uscc {
    Uscc::from_body(&format!("91371500{number:09}")).unwrap()
}

/// A record about a person in its plainest form.
fn with<T>(spoil: impl FnOnce(&mut RawRecord<'_>), read: impl FnOnce(Result<MinistryRecord, RecordFault>) -> T) -> T {
    let (resident_id, code) = (resident_id(), uscc(1));
    let mut raw = RawRecord {
        number: "YD-1",
        kind: Some(RecordKind::CrossProvince),
        resident_id: resident_id.as_str(),
        name: "欧阳明月",
        uscc: "",
        subsidy: "",
        other_province: "440000",
        words: "",
    };
    spoil(&mut raw);
    // The code cannot be lent to the closure, which has no name for how long it lives.
    if raw.uscc == "1" {
        raw.uscc = code.as_str();
    }
    read(MinistryRecord::read(raw, region(PLACE)))
}

fn check(spoil: impl FnOnce(&mut RawRecord<'_>), expected: Result<SuspectRule, &str>) {
    with(spoil, |read| {
        let found = read.map(|it| it.rule()).map_err(|fault| {
            assert!(!fault.zh.is_empty() && !fault.en.is_empty());
            fault.field
        });
        assert_eq!(found, expected);
    });
}

#[test]
fn each_kind_opens_its_rule() {
    check(|_| {}, Ok(SuspectRule::PersonTwoProvinces));
    check(|it| it.kind = Some(RecordKind::FalseIdentity), Ok(SuspectRule::PersonIdentityDisagrees));
    check(|it| it.kind = Some(RecordKind::DoubleClaim), Ok(SuspectRule::PersonAlreadyAwarded));
    for kind in [RecordKind::CrossProvince, RecordKind::DoubleClaim] {
        check(
            |it| (it.kind, it.resident_id, it.uscc, it.name) = (Some(kind), "", "1", ""),
            Ok(SuspectRule::EnterpriseTwice),
        );
    }
}

#[test]
fn a_record_is_read_or_its_field_is_named() {
    check(|it| it.number = " ", Err("record_number"));
    check(|it| it.number = "a\nb", Err("record_number"));
    check(
        |it| it.number = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        Ok(SuspectRule::PersonTwoProvinces),
    );
    check(|it| it.number = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Err("record_number"));
    check(|it| it.kind = None, Err("kind"));
    check(|it| it.resident_id = "3.71502E+17", Err("resident_id"));
    check(|it| it.resident_id = "", Err("resident_id"));
    check(|it| it.name = "王1", Err("name"));
    check(|it| it.name = "", Ok(SuspectRule::PersonTwoProvinces));
    check(|it| it.uscc = "91", Err("uscc"));
    check(|it| it.subsidy = "retention-training", Ok(SuspectRule::PersonTwoProvinces));
    check(|it| it.subsidy = "hiring", Err("subsidy"));
    check(|it| it.other_province = "", Ok(SuspectRule::PersonTwoProvinces));
    for code in ["370000", "371502", "000000", "99"] {
        check(|it| it.other_province = code, Err("other_province"));
    }
    check(
        |it| (it.other_province, it.kind) = ("370000", Some(RecordKind::DoubleClaim)),
        Ok(SuspectRule::PersonAlreadyAwarded),
    );
    check(|it| it.words = "a\tb", Err("words"));
    // What only a person can have, an enterprise has not.
    check(|it| (it.resident_id, it.uscc, it.kind) = ("", "1", Some(RecordKind::FalseIdentity)), Err("resident_id"));
    check(|it| (it.resident_id, it.uscc, it.subsidy) = ("", "1", "job-expansion"), Err("resident_id"));
}

#[test]
fn marks_that_hide_text_are_no_part_of_a_number() {
    with(|it| it.number = " YD\u{202e}-\u{200b}1 ", |read| assert_eq!(read.unwrap().number, "YD-1"));
}

fn claim(number: u128, place: &str, enterprise: u32, subject: Subject) -> Claim {
    Claim {
        claim_id: ClaimId(Uuid::from_u128(number)),
        sheet_id: "sheet".to_owned(),
        route: ClaimRoute::SelfApplied,
        enterprise: uscc(enterprise),
        enterprise_name: None,
        region: region(place),
        account: None,
        subject,
        received_at: Timestamp::UNIX_EPOCH,
    }
}

fn person(name: &str) -> Person {
    Person { name: PersonName::parse(name).unwrap(), resident_id: resident_id(), phone: None }
}

fn graduate(name: &str) -> Subject {
    Subject::Graduate(Graduate {
        person: person(name),
        graduated_on: None,
        contract_from: None,
        contract_until: None,
        dispatch: None,
    })
}

fn roster(name: &str) -> Subject {
    let roster = vec![Worker { person: person(name), side: DispatchSide::Agency }];
    Subject::Workforce(Workforce { claimed_headcount: None, roster })
}

/// What a record finds among claims: those that hold a slot, and those that once did.
fn finds(
    spoil: impl FnOnce(&mut RawRecord<'_>),
    live: &[(Claim, Option<usize>)],
    past: &[Claim],
    expected: Result<&[u128], Unmatched>,
) {
    let live: Vec<_> = live.iter().map(|(claim, unit)| Candidate { claim, unit: *unit }).collect();
    let past: Vec<_> = past.iter().map(|claim| Candidate { claim, unit: None }).collect();
    with(spoil, |read| {
        let found = read.unwrap().matches(region(PLACE), &live, &past);
        let found = found.map(|it| it.into_iter().map(|(id, _)| id.0.as_u128()).collect::<Vec<_>>());
        assert_eq!(found, expected.map(<[u128]>::to_vec));
    });
}

#[test]
fn a_record_finds_the_claims_of_its_place() {
    let here = claim(1, "371502", 1, graduate("欧阳明月"));
    let there = claim(2, "440106", 2, graduate("欧阳明月"));
    let rostered = claim(3, "371503", 3, roster("欧阳明月"));
    let all = [(here.clone(), None), (there.clone(), None), (rostered.clone(), Some(0))];
    finds(|_| {}, &all, &[], Ok(&[1, 3]));
    finds(|it| it.subsidy = "job-expansion", &all, &[], Ok(&[1]));
    finds(|it| it.subsidy = "retention-training", &all, &[], Ok(&[3]));
    finds(|it| it.uscc = "1", &all, &[], Ok(&[1]));
    finds(|_| {}, &[(there.clone(), None)], std::slice::from_ref(&there), Err(Unmatched::PersonUnknown));
    finds(|_| {}, &[], std::slice::from_ref(&here), Err(Unmatched::ClaimNotPaying));
    finds(|it| it.uscc = "1", &[(rostered, Some(0))], &[], Err(Unmatched::EnterpriseUnknown));
    finds(|it| (it.resident_id, it.uscc, it.name) = ("", "1", ""), &[], &[], Err(Unmatched::EnterpriseUnknown));
}

#[test]
fn a_name_that_differs_is_no_match_unless_the_name_is_what_is_doubted() {
    let one = [(claim(1, "371502", 1, graduate("李四")), None)];
    finds(|_| {}, &one, &[], Err(Unmatched::NameDisagrees));
    finds(|it| it.name = "", &one, &[], Ok(&[1]));
    finds(|it| it.kind = Some(RecordKind::FalseIdentity), &one, &[], Ok(&[1]));
    let two = [one[0].clone(), (claim(2, "371502", 2, roster("欧阳明月")), Some(0))];
    finds(|_| {}, &two, &[], Ok(&[2]));
}

#[test]
fn every_word_is_read_back() {
    for kind in RecordKind::ALL {
        assert_eq!(RecordKind::from_code(kind.code()), Some(kind));
    }
    for unmatched in Unmatched::ALL {
        assert_eq!(Unmatched::from_code(unmatched.code()), Some(unmatched));
    }
}

#[test]
fn a_record_is_true_where_one_suspect_is_and_open_while_one_is() {
    use SuspectState::{Assigned, Confirmed, Dismissed, Investigating, Open};
    let check = |states: &[SuspectState], expected| {
        assert_eq!(RecordResult::of(states.iter().copied()), expected, "{states:?}")
    };
    check(&[], RecordResult::Unmatched);
    check(&[Dismissed, Dismissed], RecordResult::Dismissed);
    for open in [Open, Assigned, Investigating] {
        check(&[Dismissed, open, Dismissed], RecordResult::Investigating);
        check(&[open, Confirmed], RecordResult::Confirmed);
    }
    check(&[Confirmed, Dismissed], RecordResult::Confirmed);
}
