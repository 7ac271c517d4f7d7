//! An oracle that cannot fail proves nothing: each promise is broken once.

use hufu::domain::identity::{PersonName, ResidentId, Uscc};
use hufu::proto::claims::v1::{Claim, ClaimState};
use hufu::proto::suspects::v1::{Suspect, SuspectClaim};

use super::journal::{Asked, Entry, Receipt};
use super::oracle::{Observed, violations};

fn asked(sequence: u16) -> Asked {
    Asked {
        resident_id: ResidentId::from_parts("371502", jiff::civil::date(2000, 2, 29), sequence)
            .unwrap()
            .as_str()
            .into(),
        name: "张测试".to_owned(),
        uscc: Uscc::from_body("91371502MA0000001").unwrap().as_str().to_owned(),
        region: "371502".to_owned(),
    }
}

fn claim(claim_id: &str, asked: &Asked, state: ClaimState) -> Claim {
    Claim {
        claim_id: claim_id.to_owned(),
        uscc: asked.uscc.clone(),
        region: asked.region.clone(),
        person_name_masked: PersonName::parse(&asked.name).unwrap().masked(),
        resident_id_masked: ResidentId::parse(&asked.resident_id).unwrap().masked(),
        state: state.into(),
        version: 1,
        ..Claim::default()
    }
}

/// One graduate alone, one claimed twice, and one whose first claim was taken back.
fn kept() -> (Vec<Entry>, Observed) {
    let (alone, twice, freed) = (asked(1), asked(2), asked(3));
    let claims = [
        ("r1", claim("alone", &alone, ClaimState::Assessing), &alone),
        ("r2", claim("holder", &twice, ClaimState::Assessing), &twice),
        ("r3", claim("second", &twice, ClaimState::Held), &twice),
        ("r4", claim("taken-back", &freed, ClaimState::Withdrawn), &freed),
        ("r5", claim("next", &freed, ClaimState::Assessing), &freed),
    ];
    let mut journal = Vec::new();
    let mut observed = Observed::default();
    for (request, claim, asked) in claims {
        let request_id = request.to_owned();
        journal.push(Entry::Submitting { request_id: request_id.clone(), asked: asked.clone() });
        journal.push(Entry::Acknowledged { request_id: request_id.clone(), receipt: Receipt::of(&claim) });
        observed.repeated.insert(request_id, claim.claim_id.clone());
        observed.fetched.insert(claim.claim_id.clone(), Some(claim.clone()));
        observed.listed.push(claim);
    }
    let receipt = Receipt { claim_id: "taken-back".to_owned(), state: ClaimState::Withdrawn.into(), version: 1 };
    journal.push(Entry::Withdrawing { request_id: "w1".to_owned(), claim_id: "taken-back".to_owned() });
    journal.push(Entry::Withdrawn { request_id: "w1".to_owned(), receipt });
    let side = |claim_id: &str| Some(SuspectClaim { claim_id: claim_id.to_owned(), ..SuspectClaim::default() });
    let suspect = |suspect_id: &str, first, second| Suspect {
        suspect_id: suspect_id.to_owned(),
        first: side(first),
        second: side(second),
        ..Suspect::default()
    };
    observed.suspects = vec![suspect("s1", "holder", "second"), suspect("s2", "taken-back", "next")];
    (journal, observed)
}

#[track_caller]
fn check(expected: &[&str], damage: impl FnOnce(&mut Vec<Entry>, &mut Observed)) {
    let (mut journal, mut observed) = kept();
    damage(&mut journal, &mut observed);
    let found = violations(&journal, &observed);
    for part in expected {
        assert!(found.iter().any(|violation| violation.contains(part)), "{part}: {found:#?}");
    }
    assert_eq!(found.is_empty(), expected.is_empty(), "{found:#?}");
}

#[test]
fn the_oracle_is_content_when_all_promises_are_kept() {
    check(&[], |_, _| {});
}

#[test]
fn the_oracle_reports_a_lost_claim_and_two_holders_at_once() {
    let both = ["alone is lost", "alone is listed 0 times", "held twice"];
    check(&both, |_, observed| {
        observed.fetched.insert("alone".to_owned(), None);
        observed.listed.retain(|claim| claim.claim_id != "alone");
        observed.listed[1].state = ClaimState::Assessing.into();
    });
}

#[test]
fn the_oracle_reports_every_broken_promise() {
    check(&["nobody knows of it"], |_, observed| {
        observed.listed.push(claim("stray", &asked(9), ClaimState::Assessing));
    });
    check(&["is listed 2 times"], |_, observed| observed.listed.push(observed.listed[0].clone()));
    check(&["sent again"], |_, observed| {
        observed.repeated.insert("r1".to_owned(), "another".to_owned());
    });
    check(&["was acknowledged as {}"], |journal, _| {
        journal.push(Entry::Submitting { request_id: "r9".to_owned(), asked: asked(9) });
    });
    check(&[r#"was acknowledged as {"alone", "holder"}"#, "both acknowledged"], |journal, observed| {
        let receipt = Receipt::of(&observed.listed[1]);
        journal.push(Entry::Acknowledged { request_id: "r1".to_owned(), receipt });
    });
    check(&["was refused: no"], |journal, _| {
        journal.push(Entry::Refused { request_id: "r1".to_owned(), answer: "no".to_owned() });
    });
    check(&["was never taken back"], |journal, _| {
        journal.push(Entry::Withdrawing { request_id: "w9".to_owned(), claim_id: "alone".to_owned() });
    });
    check(&["asked for"], |_, observed| observed.listed[0].resident_id_masked = "371502********0099".to_owned());
    check(&["went back to version 0 from 1"], |_, observed| observed.listed[0].version = 0);
    check(&["was taken back, and is CLAIM_STATE_ASSESSING"], |_, observed| {
        observed.listed[3].state = ClaimState::Assessing.into()
    });
    check(&["was not taken back, and is CLAIM_STATE_WITHDRAWN"], |_, observed| {
        observed.listed[0].state = ClaimState::Withdrawn.into();
    });
    check(&["is held by nobody"], |_, observed| observed.listed[1].state = ClaimState::Refused.into());
    check(&["second came second, and its suspect is lost"], |_, observed| drop(observed.suspects.remove(0)));
    check(&["about two persons"], |_, observed| observed.suspects[0].first = observed.suspects[1].first.clone());
    check(&["is listed twice"], |_, observed| observed.suspects.push(observed.suspects[0].clone()));
}
