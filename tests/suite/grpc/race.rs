//! Two hundred systems claim one graduate in the same moment: one holds the slot, whoever it is (I2).

use std::collections::BTreeSet;

use futures::future::join_all;
use hufu::proto::claims::v1::{Claim, ClaimState};

use crate::support::claims::{A_MOMENT, all, verdict};
use crate::support::people::{firm, graduate};
use crate::support::{Caller, Harness, eventually, on_both_databases};

const AT_ONCE: usize = 200;
/// Connections that the submissions are spread over.
const CONNECTIONS: usize = 8;
const ENTITLED: &str = "150000 fen to the corporate account";

/// One number in the typings that rosters have.
fn typings(number: &str) -> Vec<String> {
    let full_width = |it: char| it.to_digit(10).and_then(|digit| char::from_u32('０' as u32 + digit)).unwrap_or(it);
    let (place, rest) = number.split_at(6);
    let (birth, last) = rest.split_at(8);
    // Everybody here is born in the 1900s, so that the older form exists: without the century and the check character.
    let ((_, year_on), (sequence, _)) = (birth.split_at(2), last.split_at(3));
    vec![
        number.to_owned(),
        number.chars().map(full_width).collect(),
        format!("{place} {birth} {last}"),
        format!("{place}-{birth}-{last}"),
        number.to_lowercase(),
        format!("{place}{year_on}{sequence}"),
    ]
}

async fn two_hundred_at_once_give_one_slot(hufu: &Harness) {
    // All of them truly employ the graduate, so that whoever holds the slot is entitled.
    let firms: Vec<_> = (0..AT_ONCE).map(|index| firm(&format!("企业{index}")).known_to(hufu)).collect();
    let wang = graduate("王小明").born(1999, 12, 31).hired_by(&firms[0]).also_hired_by(&firms[1..]).known_to(hufu);
    let typings = typings(wang.resident_id.as_str());
    let claims: Vec<_> =
        (firms.iter().zip(typings.iter().cycle())).map(|(firm, typing)| wang.claim().by(firm).typed(typing)).collect();
    let counties: Vec<_> = (0..CONNECTIONS).map(|_| hufu.office("371502")).collect();
    let receipts = claims.iter().enumerate().map(|(index, claim)| claim.receipt(&counties[index % CONNECTIONS]));
    let receipts: Vec<Claim> = join_all(receipts).await.into_iter().map(Result::unwrap).collect();

    let (holders, held): (Vec<_>, Vec<_>) = receipts.iter().partition(|claim| claim.state() != ClaimState::Held);
    assert_eq!((holders.len(), held.len()), (1, AT_ONCE - 1));
    let holder = holders[0];
    assert!(held.iter().all(|claim| verdict(claim) == "held: PERSON_TWO_ENTERPRISES 五(二)"));
    let (suspects, _) = counties[0].pull("").await.unwrap();
    let seconds: BTreeSet<_> = suspects.iter().map(|it| it.second.as_ref().unwrap().claim_id.as_str()).collect();
    assert_eq!(seconds, held.iter().map(|claim| claim.claim_id.as_str()).collect());
    assert_eq!(suspects.len(), AT_ONCE - 1);
    assert!(suspects.iter().all(|it| it.first.as_ref().unwrap().claim_id == holder.claim_id));

    assert_eq!(verdict(&counties[0].decided(&holder.claim_id).await), ENTITLED);
    hand_over(&counties[0], &holder.claim_id).await;
}

/// The holder goes: exactly one other takes the slot and is assessed, for the one hundred and ninety-eight nothing changes.
async fn hand_over(county: &Caller, holder: &str) {
    county.withdraw(holder).await.unwrap();
    eventually("another is assessed", async || count(county, ClaimState::Assessed).await.eq(&1).then_some(())).await;
    tokio::time::sleep(A_MOMENT).await;
    let states = [ClaimState::Withdrawn, ClaimState::Assessed, ClaimState::Assessing, ClaimState::Held];
    let mut counts = Vec::new();
    for state in states {
        counts.push(count(county, state).await);
    }
    assert_eq!(counts, [1, 1, 0, AT_ONCE - 2]);
}

async fn count(county: &Caller, state: ClaimState) -> usize {
    all(county).await.iter().filter(|claim| claim.state() == state).count()
}

on_both_databases![two_hundred_at_once_give_one_slot];
