//! Numbers typed wrong: one person under two numbers, and numbers that are nobody's.

use super::super::super::population::Draw;
use super::super::name::{NameTyped, homophone, variant};
use super::super::number::{Form, Slip, Typed};
use super::super::register::{Cohort, Register};
use super::super::row::Row;
use super::super::unihan::Kind;
use super::{Planner, Scheme, cohort, may_be_old, typed};

/// In a number of 18 characters.
const CHECK: u8 = 17;

pub(super) const SCHEMES: &[Scheme] = &[
    Scheme {
        places: 18,
        ..scheme("wrong_digit", 1_080, |planner, draw, place| {
            near(planner, draw, |planner, draw, row, again| {
                let slip = wrong(planner.register, draw, row, place as u8)?;
                Some([*row, typed(*again, Typed::PLAIN.slip(slip))])
            })
        })
    },
    Scheme {
        places: 17,
        ..scheme("swap", 510, |planner, draw, place| {
            near(planner, draw, |planner, _, row, again| {
                let number = row.resident_id(planner.register);
                let pair = number.as_str().as_bytes().get(place as usize..place as usize + 2)?;
                (pair[0] != pair[1]).then(|| [*row, typed(*again, Typed::PLAIN.slip(Slip::Swap(place as u8)))])
            })
        })
    },
    scheme("wrong_digit_name_variant", 150, |planner, draw, _| {
        renamed(planner, draw, |planner, name, draw| variant(name, Kind::Script, &planner.register.unihan, draw))
    }),
    scheme("two_digits_wrong", 200, |planner, draw, _| {
        near(planner, draw, |planner, draw, row, again| {
            let (one, other) = (draw.between(0, 17) as u8, draw.between(0, 17) as u8);
            let slips = [wrong(planner.register, draw, row, one)?, wrong(planner.register, draw, row, other)?];
            let wrong = typed(*again, Typed::PLAIN.slip(slips[0]).slip(slips[1]));
            (one != other).then_some([*row, wrong])
        })
    }),
    scheme("both_copies_wrong", 200, |planner, draw, _| {
        near(planner, draw, |planner, draw, row, again| {
            let (one, other) = (draw.between(0, 17) as u8, draw.between(0, 17) as u8);
            let slips = [wrong(planner.register, draw, row, one)?, wrong(planner.register, draw, row, other)?];
            let both = [typed(*row, Typed::PLAIN.slip(slips[0])), typed(*again, Typed::PLAIN.slip(slips[1]))];
            (one != other).then_some(both)
        })
    }),
    scheme("old_form_wrong_digit", 200, |planner, draw, _| {
        let row = planner.claim(draw, Cohort::Worker);
        let again = planner.again_anywhere(draw, &row);
        if !may_be_old(planner.register, row.number) {
            return None;
        }
        let meant = Typed::old().characters(&row.resident_id(planner.register));
        let at = draw.index(meant.len());
        let other = draw.between(u32::from(b'0'), u32::from(b'9')) as u8;
        let slip = Slip::Other(at as u8, other);
        (meant[at] != other).then(|| vec![row, typed(again, Typed::old().slip(slip))])
    }),
    scheme("wrong_digit_homophone", 150, |planner, draw, _| {
        renamed(planner, draw, |planner, name, draw| homophone(name, &planner.register.unihan, draw))
    }),
    scheme("impossible_region", 100, |planner, draw, _| {
        // No province has these digits, and no permit.
        let region = *draw.pick(&[*b"00", *b"19", *b"38", *b"60", *b"72"]);
        let typed = Typed::PLAIN.slip(Slip::Other(0, region[0])).slip(Slip::Other(1, region[1]));
        impossible(planner, draw, typed)
    }),
    scheme("impossible_date", 100, |planner, draw, _| {
        let month = draw.between(u32::from(b'3'), u32::from(b'9')) as u8;
        impossible(planner, draw, Typed::PLAIN.slip(Slip::Other(10, b'1')).slip(Slip::Other(11, month)))
    }),
    scheme("impossible_check", 300, |planner, draw, _| {
        let check = draw.between(u32::from(b'0'), u32::from(b'9')) as u8;
        impossible(planner, draw, Typed::PLAIN.slip(Slip::Other(CHECK, check)))
    }),
    scheme("impossible_length", 100, |planner, draw, _| {
        let form = if draw.chance(500) { Form::Short } else { Form::Long };
        impossible(planner, draw, Typed::form(form))
    }),
    scheme("impossible_letter", 60, |planner, draw, _| {
        let at = draw.between(0, 16) as u8;
        let letter = if draw.chance(500) { b'O' } else { b'l' };
        impossible(planner, draw, Typed::PLAIN.slip(Slip::Other(at, letter)))
    }),
];

const fn scheme(
    word: &'static str,
    per_million: u64,
    make: fn(&mut Planner<'_>, &mut Draw, u64) -> Option<Vec<Row>>,
) -> Scheme {
    Scheme { word, places: 1, per_million, people: 1, make }
}

/// Another character at a place of the row's number.
fn wrong(register: &Register, draw: &mut Draw, row: &Row, place: u8) -> Option<Slip> {
    let characters = if place == CHECK { b"0123456789X".as_slice() } else { b"0123456789" };
    let other = *draw.pick(characters);
    let meant = row.resident_id(register).as_str().as_bytes().get(usize::from(place)).copied();
    (meant != Some(other)).then_some(Slip::Other(place, other))
}

/// Two claims of one person, of which at least one has a number that does not vouch for itself, and that is not the other's.
fn near(
    planner: &mut Planner<'_>,
    draw: &mut Draw,
    slip: impl FnOnce(&Planner<'_>, &mut Draw, &Row, &Row) -> Option<[Row; 2]>,
) -> Option<Vec<Row>> {
    let cohort = cohort(draw);
    let row = planner.claim(draw, cohort);
    let again = planner.again_anywhere(draw, &row);
    let rows = slip(planner, draw, &row, &again)?;
    is_near(planner.register, &rows).then(|| rows.to_vec())
}

fn is_near(register: &Register, rows: &[Row; 2]) -> bool {
    let [one, other] = rows;
    let written = |row: &Row| row.typed.write(&row.resident_id(register));
    written(one) != written(other) && (one.is_unsound(register) || other.is_unsound(register))
}

/// One digit wrong and the name another.
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
    let place = draw.between(0, 17) as u8;
    let slip = wrong(planner.register, draw, &row, place)?;
    let is_name_in_first = draw.chance(500);
    let again = typed(again, Typed::PLAIN.slip(slip));
    let rows = if is_name_in_first { [Row { name_typed, ..row }, again] } else { [row, Row { name_typed, ..again }] };
    is_near(planner.register, &rows).then(|| rows.to_vec())
}

/// One claim under a number that is nobody's.
fn impossible(planner: &mut Planner<'_>, draw: &mut Draw, wrong: Typed) -> Option<Vec<Row>> {
    let cohort = cohort(draw);
    let row = typed(planner.claim(draw, cohort), wrong);
    row.read(planner.register).is_none().then(|| vec![row])
}
