//! One person claimed for twice under one number, and the typing that hides it.

use super::super::super::population::Draw;
use super::super::name::{NameTyped, variant};
use super::super::number::{Form, Typed};
use super::super::register::Cohort;
use super::super::row::{Row, Subsidy};
use super::super::unihan::Kind;
use super::{By, Planner, Scheme, cohort, may_be_old, typed};

pub(super) const SCHEMES: &[Scheme] = &[
    scheme("resubmitted", 1_200, |planner, draw, _| {
        let cohort = cohort(draw);
        twice(planner, draw, cohort, By::SameEnterprise)
    }),
    scheme("two_enterprises", 1_500, |planner, draw, _| twice(planner, draw, Cohort::Graduate, By::SameProvince)),
    scheme("two_provinces", 800, |planner, draw, _| twice(planner, draw, Cohort::Graduate, By::OtherProvince)),
    scheme("two_subsidies", 800, |planner, draw, _| {
        let by = if draw.chance(500) { By::SameEnterprise } else { By::SameProvince };
        let rows = twice(planner, draw, Cohort::Graduate, by)?;
        let subsidies = [Subsidy::JobExpansion, Subsidy::Hiring];
        Some(rows.into_iter().zip(subsidies).map(|(row, subsidy)| Row { subsidy, ..row }).collect())
    }),
    scheme("retention_two_enterprises", 1_000, |planner, draw, _| {
        twice(planner, draw, Cohort::Worker, By::SameProvince)
    }),
    scheme("retention_two_provinces", 300, |planner, draw, _| twice(planner, draw, Cohort::Worker, By::OtherProvince)),
    scheme("three_enterprises", 100, |planner, draw, _| {
        let mut rows = twice(planner, draw, Cohort::Graduate, By::SameProvince)?;
        let by = if draw.chance(700) { By::SameProvince } else { By::OtherProvince };
        rows.push(planner.again(draw, &rows[1], by));
        Some(rows)
    }),
    scheme("typing_full_width", 150, |planner, draw, _| retyped(planner, draw, Form::FullWidth)),
    scheme("typing_hyphens", 150, |planner, draw, _| retyped(planner, draw, Form::Hyphens)),
    scheme("typing_lower_x", 150, |planner, draw, _| {
        let rows = retyped(planner, draw, Form::LowerX)?;
        rows[0].resident_id(planner.register).as_str().ends_with('X').then_some(rows)
    }),
    scheme("old_form", 200, |planner, draw, _| {
        let row = planner.claim(draw, Cohort::Worker);
        let again = planner.again_anywhere(draw, &row);
        may_be_old(planner.register, row.number).then(|| vec![typed(row, Typed::old()), again])
    }),
    scheme("name_spaced", 150, |planner, draw, _| {
        let other = if draw.chance(500) { NameTyped::Spaced } else { NameTyped::Invisible };
        renamed(planner, draw, |_, _, _| Some(other))
    }),
    scheme("name_script", 200, |planner, draw, _| {
        renamed(planner, draw, |planner, name, draw| variant(name, Kind::Script, &planner.register.unihan, draw))
    }),
    scheme("name_variant", 100, |planner, draw, _| {
        renamed(planner, draw, |planner, name, draw| variant(name, Kind::Use, &planner.register.unihan, draw))
    }),
    scheme("name_homoglyph", 60, |planner, draw, _| {
        renamed(planner, draw, |planner, name, draw| variant(name, Kind::Look, &planner.register.unihan, draw))
    }),
    scheme("name_dot_typed", 60, |planner, draw, _| {
        renamed(planner, draw, |_, name, draw| name.contains('·').then(|| NameTyped::Dot(*draw.pick(&NameTyped::DOTS))))
    }),
    scheme("name_dot_missing", 60, |planner, draw, _| {
        renamed(planner, draw, |_, name, _| name.contains('·').then_some(NameTyped::DotMissing))
    }),
];

const fn scheme(
    word: &'static str,
    per_million: u64,
    make: fn(&mut Planner<'_>, &mut Draw, u64) -> Option<Vec<Row>>,
) -> Scheme {
    Scheme { word, places: 1, per_million, people: 1, make }
}

fn twice(planner: &mut Planner<'_>, draw: &mut Draw, cohort: Cohort, by: By) -> Option<Vec<Row>> {
    let row = planner.claim(draw, cohort);
    let mut again = planner.again(draw, &row, by);
    // Who types it again types it in the office's own way.
    again.typed.form = match draw.between(0, 9) {
        0 => Form::FullWidth,
        1 => Form::Spaced,
        2 | 3 => Form::LowerX,
        _ => Form::Plain,
    };
    Some(vec![row, again])
}

fn retyped(planner: &mut Planner<'_>, draw: &mut Draw, form: Form) -> Option<Vec<Row>> {
    let cohort = cohort(draw);
    let row = planner.claim(draw, cohort);
    let again = planner.again_anywhere(draw, &row);
    Some(vec![row, typed(again, Typed::form(form))])
}

fn renamed(
    planner: &mut Planner<'_>,
    draw: &mut Draw,
    mut find: impl FnMut(&Planner<'_>, &str, &mut Draw) -> Option<NameTyped>,
) -> Option<Vec<Row>> {
    let (name, name_typed) = planner.name_with(draw, &mut find)?;
    let cohort = cohort(draw);
    let number = planner.number(cohort);
    let row = planner.claim_of(draw, number, name);
    let again = planner.again_anywhere(draw, &row);
    Some(vec![row, Row { name_typed, ..again }])
}
