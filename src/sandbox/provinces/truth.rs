//! What should be found in a group of claims: the rules as the contract of file mode has them, read pair by pair.
//!
//! Nothing outside the group can meet its claims: numbers, phones, accounts and enterprises are given out once, and near coincidences are
//! kept out when the group is planted (see `plan`).

use std::collections::BTreeMap;

use super::register::{Register, province};
use super::row::{Row, Subsidy};

/// Where a claim stands in the file, from 0. Claims are numbered in this order.
pub(super) type Position = u64;

/// What should be found: the smaller claim first, the second absent where a claim is found alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) first: Position,
    pub(super) second: Option<Position>,
    pub(super) rule: &'static str,
}

impl Finding {
    fn pair(one: Position, other: Position, rule: &'static str) -> Self {
        Self { first: one.min(other), second: Some(one.max(other)), rule }
    }
}

/// Everything that should be found in a group.
pub(super) fn findings(register: &Register, group: &[(Position, &Row)]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, (position, row)) in group.iter().enumerate() {
        for (other_position, other) in &group[..index] {
            found.extend(person_rule(register, row, other).map(|rule| Finding::pair(*position, *other_position, rule)));
            if is_phone_shared(row, other) {
                found.push(Finding::pair(*position, *other_position, "phone_shared"));
            }
        }
        let has_near = group.iter().any(|(_, other)| other != row && is_near(register, row, other));
        if row.read(register).is_none() && !has_near {
            found.push(Finding { first: *position, second: None, rule: "person_number_impossible" });
        }
    }
    let shared = smallest(group.iter().map(|(at, row)| (row.account(register), row.site, *at)));
    found.extend(shared.map(|(one, other)| Finding::pair(one, other, "account_shared")));
    let retention = group.iter().filter(|(_, row)| row.subsidy == Subsidy::Retention);
    let moved = smallest(retention.map(|(at, row)| (row.site, row.county, *at)));
    found.extend(moved.map(|(one, other)| Finding::pair(one, other, "enterprise_two_counties")));
    found.sort_unstable();
    found
}

/// The first rule about a person that holds between two claims.
fn person_rule(register: &Register, one: &Row, other: &Row) -> Option<&'static str> {
    if !one.subsidy.conflicts(other.subsidy) {
        return None;
    }
    if is_near(register, one, other) {
        return Some("person_nearly_identical");
    }
    one.read(register).filter(|number| other.read(register).as_ref() == Some(number))?;
    Some(if province(one.county) != province(other.county) {
        "person_two_provinces"
    } else if one.subsidy != other.subsidy {
        "person_two_subsidies"
    } else if one.site != other.site {
        "person_two_enterprises"
    } else {
        "person_resubmitted"
    })
}

/// One person under two numbers, in claims that exclude each other.
fn is_near(register: &Register, one: &Row, other: &Row) -> bool {
    let is_one_number = one.read(register).is_some_and(|number| other.read(register) == Some(number));
    one.subsidy.conflicts(other.subsidy) && one.is_of_same_person(other) && !is_one_number
}

fn is_phone_shared(one: &Row, other: &Row) -> bool {
    one.phone.is_some() && one.phone == other.phone && one.site != other.site && one.number != other.number
}

/// Of claims with a key and a side, each pair of sides that share a key, by the smallest claims of both.
fn smallest<K: Ord, S: Ord + Copy>(
    claims: impl Iterator<Item = (K, S, Position)>,
) -> impl Iterator<Item = (Position, Position)> {
    let mut by_key: BTreeMap<K, BTreeMap<S, Position>> = BTreeMap::new();
    for (key, side, position) in claims {
        let least = by_key.entry(key).or_default().entry(side).or_insert(position);
        *least = (*least).min(position);
    }
    by_key.into_values().flat_map(|sides| {
        let sides: Vec<Position> = sides.into_values().collect();
        let pairs = (1..sides.len()).flat_map(|at| (0..at).map(move |before| (before, at)));
        pairs.map(|(one, other)| (sides[one], sides[other])).collect::<Vec<_>>()
    })
}
