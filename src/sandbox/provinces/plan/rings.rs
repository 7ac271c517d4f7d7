//! Enterprises that have together what each should have alone: an account, a phone; and one that is paid in two counties.

use super::super::super::population::Draw;
use super::super::counties::COUNTIES;
use super::super::register::{Cohort, Site, counties_of, province};
use super::super::row::{Account, Row};
use super::{Planner, Scheme, cohort};

pub(super) const SCHEMES: &[Scheme] = &[
    scheme("two_counties", 150, 6, |planner, draw, _| {
        let county = draw.index(COUNTIES.len()) as u16;
        let counties = counties_of(province(county));
        let other = if draw.chance(700) { *draw.pick(&counties) } else { draw.index(COUNTIES.len()) as u16 };
        let site = planner.found(county);
        let mut rows = staff(planner, draw, site, Account::Of(site), true);
        let moved = staff(planner, draw, site, Account::Of(site), true);
        rows.extend(moved.into_iter().map(|row| Row { county: other, ..row }));
        (county != other).then_some(rows)
    }),
    scheme("account_shared", 150, 9, |planner, draw, _| {
        let first = planner.found_anywhere(draw);
        let count = if draw.chance(200) { 3 } else { 2 };
        let mut rows = staff(planner, draw, first, Account::Of(first), false);
        for _ in 1..count {
            let site = planner.found_anywhere(draw);
            rows.extend(staff(planner, draw, site, Account::Of(first), false));
        }
        Some(rows)
    }),
    // The file does not tell who belongs to whom: a group's subsidiaries that are paid to one account are found like others, for a
    // person to judge.
    scheme("account_subsidiaries", 40, 6, |planner, draw, _| {
        let county = draw.index(COUNTIES.len()) as u16;
        planner.group_accounts += 1;
        let account = Account::OfGroup(planner.group_accounts);
        let sites = [planner.found(county), planner.found(county)];
        Some(sites.into_iter().flat_map(|site| staff(planner, draw, site, account, false)).collect())
    }),
    scheme("phone_shared", 200, 4, |planner, draw, _| {
        let phone = Some(planner.phone());
        let count = draw.between(2, 4);
        let rows: Vec<Row> = (0..count)
            .map(|_| {
                let cohort = cohort(draw);
                Row { phone, ..planner.claim(draw, cohort) }
            })
            .collect();
        let are_apart = rows.iter().enumerate().all(|(at, row)| rows[..at].iter().all(|other| other.site != row.site));
        are_apart.then_some(rows)
    }),
];

const fn scheme(
    word: &'static str,
    per_million: u64,
    people: u64,
    make: fn(&mut Planner<'_>, &mut Draw, u64) -> Option<Vec<Row>>,
) -> Scheme {
    Scheme { word, places: 1, per_million, people, make }
}

/// One to three people of an enterprise.
fn staff(planner: &mut Planner<'_>, draw: &mut Draw, site: Site, account: Account, is_retention: bool) -> Vec<Row> {
    (0..draw.between(1, 3))
        .map(|_| {
            let cohort = if is_retention { Cohort::Worker } else { cohort(draw) };
            Row { site, county: site.county, account, ..planner.claim(draw, cohort) }
        })
        .collect()
}

impl Planner<'_> {
    pub(super) fn found_anywhere(&mut self, draw: &mut Draw) -> Site {
        self.found(draw.index(COUNTIES.len()) as u16)
    }
}
