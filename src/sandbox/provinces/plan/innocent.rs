//! Hard negatives: claims that look alike and are no pair.

use super::super::super::population::Draw;
use super::super::number::{Slip, Typed};
use super::super::register::{Cohort, Number};
use super::super::row::{Account, Row, Subsidy};
use super::{By, Planner, Scheme, cohort, may_be_old, typed};

pub(super) const SCHEMES: &[Scheme] = &[
    scheme("siblings_consecutive", 300, |planner, draw, _| {
        let cohort = cohort(draw);
        siblings(planner, draw, cohort)
    }),
    // The older form has no check character, and the numbers are one digit apart: the names tell.
    scheme("siblings_old_form", 100, |planner, draw, _| {
        let rows = siblings(planner, draw, Cohort::Worker)?;
        may_be_old(planner.register, rows[0].number).then(|| vec![typed(rows[0], Typed::old()), rows[1]])
    }),
    scheme("same_name_same_birthday", 200, |planner, draw, _| {
        let cohort = cohort(draw);
        let row = planner.claim(draw, cohort);
        let sequences = i64::from(draw.between(1, 399)) - 200;
        let number = planner.register.beside(row.number, sequences).filter(|_| sequences != 0)?;
        namesake(planner, draw, row, number)
    }),
    scheme("same_name_same_county", 200, |planner, draw, _| {
        let cohort = cohort(draw);
        let row = planner.claim(draw, cohort);
        let number = planner.register.neighbor(row.number, draw);
        let rows = namesake(planner, draw, row, number)?;
        let site = planner.register.site(draw, row.county);
        Some(vec![rows[0], Row { site, county: site.county, account: Account::Of(site), ..rows[1] }])
    }),
    // Two people, one digit of the birth date or the sequence apart, each number with its right check character.
    scheme("sound_one_digit_apart", 200, |planner, draw, _| {
        let cohort = cohort(draw);
        let row = planner.claim(draw, cohort);
        let mut body: [u8; 17] = *row.resident_id(planner.register).as_str().as_bytes().first_chunk()?;
        let at = draw.between(8, 16) as usize;
        body[at] = draw.between(u32::from(b'0'), u32::from(b'9')) as u8;
        let number = planner.register.find(&body)?;
        namesake(planner, draw, row, number)
    }),
    // The wrong number is nobody's and one digit from somebody else's.
    scheme("one_digit_apart_other_name", 150, |planner, draw, _| {
        let cohort = cohort(draw);
        let row = planner.claim(draw, cohort);
        let name = planner.name();
        let other = planner.claim_of(draw, row.number, name);
        let (at, digit) = (draw.between(6, 16) as u8, draw.between(u32::from(b'0'), u32::from(b'9')) as u8);
        let wrong = typed(other, Typed::PLAIN.slip(Slip::Other(at, digit)));
        let (text, other_text) = (row.name.text(planner.seed()), name.text(planner.seed()));
        let is_other = !text.chars().any(|it| other_text.contains(it))
            && row.sound(planner.register) != wrong.sound(planner.register);
        let wrong = Row { subsidy: row.subsidy, ..wrong };
        (is_other && wrong.read(planner.register).is_none()).then(|| vec![row, wrong])
    }),
    scheme("family_phone", 200, |planner, draw, _| {
        let cohorts = [cohort(draw), cohort(draw)];
        let row = planner.claim(draw, cohorts[0]);
        let other = planner.claim(draw, cohorts[1]);
        let (site, county, account, phone) = (row.site, row.county, row.account, row.phone);
        Some(vec![row, Row { site, county, account, phone, ..other }])
    }),
    scheme("subsidiary_accounts", 60, |planner, draw, _| {
        let sites = [planner.found_anywhere(draw), planner.found_anywhere(draw)];
        let rows = sites.map(|site| {
            planner.group_accounts += 1;
            let account = Account::OfGroup(planner.group_accounts);
            let cohort = cohort(draw);
            Row { site, county: site.county, account, ..planner.claim(draw, cohort) }
        });
        Some(rows.to_vec())
    }),
    // A graduate may be on a retention roster besides: the two subsidies do not exclude each other.
    scheme("graduate_on_roster", 300, |planner, draw, _| {
        let row = planner.claim(draw, Cohort::Graduate);
        let by = if draw.chance(800) { By::SameEnterprise } else { By::SameProvince };
        let other = planner.again(draw, &row, by);
        Some(vec![row, Row { subsidy: Subsidy::Retention, ..other }])
    }),
];

const fn scheme(
    word: &'static str,
    per_million: u64,
    make: fn(&mut Planner<'_>, &mut Draw, u64) -> Option<Vec<Row>>,
) -> Scheme {
    Scheme { word, places: 1, per_million, people: 2, make }
}

/// Twins at one enterprise: consecutive numbers, names that share all but the last character.
fn siblings(planner: &mut Planner<'_>, draw: &mut Draw, cohort: Cohort) -> Option<Vec<Row>> {
    let row = planner.claim(draw, cohort);
    let number = planner.register.beside(row.number, 1).filter(|number| planner.is_free(*number))?;
    let name = row.name.sibling(planner.seed(), &planner.register.unihan, draw)?;
    let sibling = planner.claim_of(draw, number, name);
    let (site, county, account, subsidy) = (row.site, row.county, row.account, row.subsidy);
    Some(vec![row, Row { site, county, account, subsidy, ..sibling }])
}

/// Somebody else of the same name, under another sound number.
fn namesake(planner: &mut Planner<'_>, draw: &mut Draw, row: Row, number: Number) -> Option<Vec<Row>> {
    if number == row.number || !planner.is_free(number) {
        return None;
    }
    let other = planner.claim_of(draw, number, row.name);
    (row.subsidy.conflicts(other.subsidy)).then(|| vec![row, other])
}
