//! Names, identity numbers and phones, each given out once.

use std::collections::HashSet;

use jiff::civil::Date;

use super::draw::Draw;
use super::words::{DOTTED, ELSEWHERE, FAR_WEST, GIVEN_FEMALE, GIVEN_MALE, GIVEN_RARE, SURNAMES, UNDOTTED};
use crate::domain::identity::{PersonName, Phone, ResidentId};

/// Who a person is on paper.
pub(super) struct Identity {
    pub(super) resident_id: ResidentId,
    pub(super) name: PersonName,
    pub(super) phone: Phone,
}

/// Keeps what was given out.
#[derive(Default)]
pub(super) struct Register {
    numbers: HashSet<ResidentId>,
    phones: HashSet<Phone>,
}

impl Register {
    /// A new person born in one of these years, most likely at home in the given place.
    pub(super) fn person(&mut self, draw: &mut Draw, home: &str, born: (i16, i16)) -> Identity {
        let is_male = draw.chance(500);
        // 0..=9 in a thousand come from the far west, the next 2 are Hong Kong or Taiwan residents.
        let (issuer, name) = match draw.between(0, 999) {
            0..=9 => (*draw.pick(&FAR_WEST), dotted_name(draw)),
            10..=14 => (*draw.pick(&ELSEWHERE), (*draw.pick(&UNDOTTED)).to_owned()),
            15 => ("810000", chinese_name(draw, is_male)),
            16 => ("830000", chinese_name(draw, is_male)),
            17..=199 => (*draw.pick(&ELSEWHERE), chinese_name(draw, is_male)),
            _ => (home, chinese_name(draw, is_male)),
        };
        let resident_id = self.number(draw, issuer, born, is_male);
        Identity { resident_id, name: person_name(draw, name), phone: self.phone(draw) }
    }

    fn number(&mut self, draw: &mut Draw, issuer: &str, born: (i16, i16), is_male: bool) -> ResidentId {
        loop {
            let years = u32::from(born.0.unsigned_abs())..=u32::from(born.1.unsigned_abs());
            let year = draw.between(*years.start(), *years.end());
            let birth = Date::new(year as i16, draw.between(1, 12) as i8, draw.between(1, 28) as i8);
            // The last digit of the sequence is odd for men.
            let sequence = (draw.between(0, 499) * 2 + u32::from(is_male)) as u16;
            let number = birth.ok().and_then(|birth| ResidentId::from_parts(issuer, birth, sequence).ok());
            if let Some(number) = number.filter(|number| self.numbers.insert(number.clone())) {
                return number;
            }
        }
    }

    fn phone(&mut self, draw: &mut Draw) -> Phone {
        loop {
            let digits = format!("1{}{}", draw.between(3, 9), draw.digits(9));
            if let Some(phone) = Phone::parse(&digits).ok().filter(|phone| self.phones.insert(phone.clone())) {
                return phone;
            }
        }
    }
}

/// Another name than the given one.
pub(super) fn other_name(draw: &mut Draw, name: &PersonName) -> PersonName {
    loop {
        let text = chinese_name(draw, true);
        let other = person_name(draw, text);
        if other != *name {
            return other;
        }
    }
}

fn chinese_name(draw: &mut Draw, is_male: bool) -> String {
    let given: &[&'static str] = if is_male { &GIVEN_MALE } else { &GIVEN_FEMALE };
    let mut name = (*draw.pick_common(&SURNAMES)).to_owned();
    // One in seven has a given name of one character.
    if !draw.chance(143) {
        name.push_str(draw.word(given));
    }
    let last: &[&'static str] = if draw.chance(8) { &GIVEN_RARE } else { given };
    name.push_str(draw.word(last));
    name
}

fn dotted_name(draw: &mut Draw) -> String {
    format!("{}·{}", draw.pick(&DOTTED), draw.pick(&DOTTED))
}

fn person_name(draw: &mut Draw, mut text: String) -> PersonName {
    loop {
        if let Ok(name) = PersonName::parse(&text) {
            return name;
        }
        text = chinese_name(draw, true);
    }
}
