//! The agencies' own accounts in the story: the expenditure accounts of two cities and their counties, and where the fund is.

use crate::domain::identity::{BankAccount, Region};
use crate::sandbox::population::places;

/// An account of an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgencyAccount {
    /// The city or county that it is of.
    pub region: Region,
    /// The place's name.
    pub place: &'static str,
    pub account: BankAccount,
    /// The name that the bank knows it by.
    pub holder: String,
}

/// A city of the story, with the accounts that its money goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryCity {
    pub region: Region,
    pub name: &'static str,
    pub fund: AgencyAccount,
    /// Of the city first, then of its counties.
    pub expenditure: Vec<AgencyAccount>,
}

/// Both cities.
pub fn cities() -> Vec<StoryCity> {
    let city = |(index, city): (u32, &places::City)| {
        let region = places::region(city.code);
        let first = index * 100;
        let fund = account(first, region, city.name, "失业保险基金财政专户");
        let own = account(first + 1, region, city.name, "失业保险基金支出户");
        let counties = (first + 2..).zip(city.places);
        let counties = counties.map(|(number, it)| account(number, places::region(it.code), it.name, "失业保险支出户"));
        StoryCity { region, name: city.name, fund, expenditure: std::iter::once(own).chain(counties).collect() }
    };
    (0..).zip(&places::CITIES).map(city).collect()
}

fn account(number: u32, region: Region, place: &'static str, what: &str) -> AgencyAccount {
    // Only digits: always an account number.
    let text = format!("6100{number:012}");
    let account = BankAccount::parse(&text).unwrap_or_else(|_| unreachable!("{text} is a number"));
    AgencyAccount { region, place, account, holder: format!("{place}{what}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_place_has_an_account_of_its_own() {
        let cities = cities();
        let all: Vec<_> = cities.iter().flat_map(|city| city.expenditure.iter().chain([&city.fund])).collect();
        assert_eq!(all.len(), 19);
        assert_eq!(all.iter().map(|it| &it.account).collect::<BTreeSet<_>>().len(), all.len());
        assert!(cities.iter().all(|city| city.expenditure.first().is_some_and(|own| own.region == city.region)));
    }
}
