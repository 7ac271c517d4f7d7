//! How a resident identity number is typed: as it is, in another form, or wrong.

use crate::domain::identity::ResidentId;
use crate::domain::identity::resident_id::check_character;

/// One slip of the fingers, in the number as it was to be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slip {
    /// Another character at this place, from 0.
    Other(u8, u8),
    /// This place and the next exchanged.
    Swap(u8),
}

/// What hands, keyboards and spreadsheets make of a number that is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    FullWidth,
    Spaced,
    Hyphens,
    LowerX,
    Apostrophe,
    /// The last character missing.
    Short,
    /// One digit too many.
    Long,
}

/// How a number stands in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    /// The 15-digit form of GB 11643-1989.
    pub(super) is_old: bool,
    pub(super) slips: [Option<Slip>; 2],
    pub(super) form: Form,
}

impl Typed {
    pub(super) const PLAIN: Self = Self { is_old: false, slips: [None; 2], form: Form::Plain };

    pub(super) fn form(form: Form) -> Self {
        Self { form, ..Self::PLAIN }
    }

    pub(super) fn old() -> Self {
        Self { is_old: true, ..Self::PLAIN }
    }

    pub(super) fn slip(self, slip: Slip) -> Self {
        let [first, _] = self.slips;
        Self { slips: if first.is_none() { [Some(slip), None] } else { [first, Some(slip)] }, ..self }
    }

    /// The characters as meant by the fingers, before the form: 18 or 15.
    pub(super) fn characters(self, number: &ResidentId) -> Vec<u8> {
        let full = number.as_str().as_bytes();
        let mut characters = if self.is_old { [&full[..6], &full[8..17]].concat() } else { full.to_vec() };
        for slip in self.slips.into_iter().flatten() {
            match slip {
                Slip::Other(at, other) => characters[usize::from(at)] = other,
                Slip::Swap(at) => characters.swap(usize::from(at), usize::from(at) + 1),
            }
        }
        characters
    }

    /// As it stands in the file.
    pub(super) fn write(self, number: &ResidentId) -> String {
        let characters = self.characters(number);
        let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
        let groups = || {
            let (place, rest) = characters.split_at(6);
            let (day, rest) = rest.split_at(rest.len() - if self.is_old { 3 } else { 4 });
            [text(place), text(day), text(rest)]
        };
        match self.form {
            Form::Plain => text(&characters),
            Form::FullWidth => characters.iter().filter_map(|it| char::from_u32(u32::from(*it) + 0xFEE0)).collect(),
            Form::Spaced => groups().join(" "),
            Form::Hyphens => groups().join("-"),
            Form::LowerX => text(&characters).to_lowercase(),
            Form::Apostrophe => format!("'{}", text(&characters)),
            Form::Short => text(&characters[..characters.len() - 1]),
            Form::Long => format!("{}0", text(&characters)),
        }
    }

    /// The 18 characters by which a matcher would compare it; `None` for a number of another length.
    pub(super) fn compared(self, number: &ResidentId) -> Option<[u8; 18]> {
        if matches!(self.form, Form::Short | Form::Long) {
            return None;
        }
        let characters = self.characters(number);
        if self.is_old { Some(complete(old_body(&characters)?)) } else { characters.try_into().ok() }
    }
}

/// The 17 digits that 15 digits of the older form stand for.
pub(super) fn old_body(characters: &[u8]) -> Option<[u8; 17]> {
    let (place, rest) = characters.split_at_checked(6)?;
    [place, b"19", rest].concat().try_into().ok()
}

fn complete(body: [u8; 17]) -> [u8; 18] {
    let mut number = [check_character(&body); 18];
    number[..17].copy_from_slice(&body);
    number
}

/// In how many places two numbers differ.
pub(super) fn places_apart(one: &[u8; 18], other: &[u8; 18]) -> usize {
    one.iter().zip(other).filter(|(a, b)| a != b).count()
}

/// Calls `visit` with the first 17 digits of every number whose check character is right and which one or two slips could have made
/// these characters from: a superset of what a matcher may repair.
pub(super) fn sources(characters: &[u8], visit: &mut impl FnMut(&[u8; 17])) {
    let mut number = characters.to_vec();
    sound(&number, visit);
    slips(&mut number, 0, &mut |once, place| {
        sound(once, visit);
        let mut twice = once.to_vec();
        slips(&mut twice, place, &mut |twice, _| sound(twice, visit));
    });
}

/// Every single slip from a place on.
fn slips(number: &mut [u8], from: usize, each: &mut impl FnMut(&[u8], usize)) {
    for at in from..number.len() {
        let meant = number[at];
        for digit in b'0'..=b'9' {
            if digit != meant {
                number[at] = digit;
                each(number, at + 1);
            }
        }
        if at == 17 && meant != b'X' {
            number[at] = b'X';
            each(number, at + 1);
        }
        number[at] = meant;
        if at + 1 < number.len() && number[at + 1] != meant {
            number.swap(at, at + 1);
            each(number, at);
            number.swap(at, at + 1);
        }
    }
}

fn sound(number: &[u8], visit: &mut impl FnMut(&[u8; 17])) {
    if let Ok(number) = <&[u8; 18]>::try_from(number) {
        // ISO 7064 MOD 11-2: the weighted sum of a sound number leaves 1.
        const WEIGHTS: [u32; 18] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1];
        let value = |it: u8| if it == b'X' { 10 } else { u32::from(it & 0x0F) };
        let sum: u32 = number.iter().zip(WEIGHTS).map(|(it, weight)| value(*it) * weight).sum();
        if sum % 11 == 1
            && let Some(body) = number.first_chunk().filter(|body| body.iter().all(u8::is_ascii_digit))
        {
            visit(body);
        }
    } else if let Some(body) = old_body(number) {
        visit(&body);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn number() -> ResidentId {
        ResidentId::from_parts("371502", date(1999, 6, 15), 123).unwrap()
    }

    #[test]
    fn forms_mean_the_same_number_and_slips_do_not() {
        let number = number();
        for form in [Form::Plain, Form::FullWidth, Form::Spaced, Form::Hyphens, Form::LowerX, Form::Apostrophe] {
            assert_eq!(ResidentId::parse(&Typed::form(form).write(&number)).as_ref(), Ok(&number), "{form:?}");
        }
        assert_eq!(ResidentId::parse(&Typed::old().write(&number)).as_ref(), Ok(&number));
        for at in 0..17 {
            let typed = Typed::PLAIN.slip(Slip::Swap(at));
            let is_same = typed.characters(&number) == number.as_str().as_bytes();
            assert_eq!(ResidentId::parse(&typed.write(&number)).is_ok(), is_same, "{at}");
        }
        for form in [Form::Short, Form::Long] {
            assert!(ResidentId::parse(&Typed::form(form).write(&number)).is_err());
        }
    }

    #[test]
    fn what_one_or_two_slips_made_is_found_again() {
        let number = number();
        let body = &number.as_str().as_bytes()[..17];
        let mut slips: Vec<Slip> = (0..14).map(Slip::Swap).collect();
        slips.extend((0..15).flat_map(|at| (b'0'..=b'9').map(move |digit| Slip::Other(at, digit))));
        for base in [Typed::PLAIN, Typed::old()] {
            for (one, other) in slips.iter().flat_map(|one| slips.iter().step_by(7).map(move |other| (one, other))) {
                // The second slip lies behind the first, as the fingers went.
                let place = |slip: &Slip| match slip {
                    Slip::Other(at, _) | Slip::Swap(at) => *at,
                };
                if place(other) < place(one) + 2 {
                    continue;
                }
                let mut is_found = false;
                let typed = base.slip(*one).slip(*other).characters(&number);
                sources(&typed, &mut |it| is_found |= it == body);
                assert!(is_found, "{one:?} {other:?}");
            }
        }
    }
}
