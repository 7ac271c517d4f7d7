//! How offices type: the same number, name or date in many ways, and numbers that can be nobody's.

use jiff::civil::Date;

use crate::domain::calendar::days_inclusive;
use crate::domain::identity::{PersonName, ResidentId, ResidentIdKind};
use crate::sandbox::population::Draw;

/// A number as somebody types it who does not care; often as it should be.
pub(super) fn typed_number(draw: &mut Draw, number: &ResidentId) -> String {
    if draw.chance(60) { otherwise_typed_number(draw, number) } else { number.as_str().to_owned() }
}

/// A number typed in another way than it should be, and still the same person's.
pub(super) fn otherwise_typed_number(draw: &mut Draw, number: &ResidentId) -> String {
    let canonical = number.as_str();
    let mut ways =
        vec![full_width(canonical), grouped(canonical, ' '), grouped(canonical, '\u{3000}'), format!("'{canonical}")];
    if canonical.ends_with('X') {
        // Twice, for it is the commonest of all.
        ways.extend([canonical.to_lowercase(), canonical.to_lowercase()]);
    }
    ways.extend(fifteen_digits(number));
    ways.extend(fifteen_digits(number));
    draw.pick(&ways).clone()
}

/// The form of GB 11643-1989, where there is one.
fn fifteen_digits(number: &ResidentId) -> Option<String> {
    let has_one = number.kind() == ResidentIdKind::Mainland && number.birth_date().year() < 2000;
    let characters = number.as_str();
    has_one.then(|| [characters.get(..6), characters.get(8..17)].into_iter().flatten().collect())
}

fn full_width(text: &str) -> String {
    let widened = |it: char| char::from_u32(u32::from(it) + 0xFEE0).unwrap_or(it);
    text.chars().map(widened).collect()
}

/// Parted after the place and after the birth date, as on the card.
fn grouped(text: &str, separator: char) -> String {
    let mut grouped = String::new();
    for (index, character) in text.chars().enumerate() {
        if matches!(index, 6 | 14) {
            grouped.push(separator);
        }
        grouped.push(character);
    }
    grouped
}

/// A number that can be nobody's; `variant` chooses what is wrong with it.
pub(super) fn impossible_number(number: &ResidentId, variant: usize) -> String {
    let canonical = number.as_str();
    let part = |from: usize, to: usize| canonical.get(from..to).unwrap_or_default();
    match variant % 6 {
        // One digit slipped.
        0 => format!("{}{}", part(0, 17), if canonical.ends_with('7') { '3' } else { '7' }),
        // The month and the day changed places badly.
        1 => format!("{}13{}", part(0, 10), part(12, 18)),
        // A spreadsheet took it for a quantity.
        2 => format!("{}.{}E+17", part(0, 1), part(1, 6)),
        // The last character fell off.
        3 => part(0, 17).to_owned(),
        // No province begins like this.
        4 => format!("73{}", part(2, 18)),
        // The letter O for a zero.
        _ => format!("{}O{}", part(0, 6), part(7, 18)),
    }
}

/// A name as typed: blanks within, and whichever middle dot the keyboard has.
pub(super) fn typed_name(draw: &mut Draw, name: &PersonName) -> String {
    let name = name.as_str();
    if name.contains('·') {
        return name.replace('·', draw.word(&["·", "•", "．", "・", "‧"]));
    }
    let characters: Vec<char> = name.chars().collect();
    match characters.as_slice() {
        // Names of two characters are drawn out to the width of three.
        [first, second] if draw.chance(150) => format!("{first}{}{second}", draw.word(&["　", "  "])),
        _ if draw.chance(10) => format!(" {name} "),
        _ => name.to_owned(),
    }
}

/// The ways in which a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateStyle {
    Dashes,
    Slashes,
    Chinese,
    Digits,
    Serial,
    Dots,
}

impl DateStyle {
    pub(super) const ALL: [Self; 6] =
        [Self::Dashes, Self::Slashes, Self::Chinese, Self::Digits, Self::Serial, Self::Dots];

    pub(super) fn write(self, date: Date) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self {
            Self::Dashes => format!("{year}-{month:02}-{day:02}"),
            Self::Slashes => format!("{year}/{month}/{day}"),
            Self::Chinese => format!("{year}年{month}月{day}日"),
            Self::Digits => format!("{year}{month:02}{day:02}"),
            // Day 1 of the spreadsheet's calendar is 1900-01-01, and it counts a day that never was.
            Self::Serial => (days_inclusive(Date::constant(1899, 12, 30), date) - 1).to_string(),
            Self::Dots => format!("{year}.{month}.{day}"),
        }
    }
}

/// A date in an office's usual way, now and then in another.
pub(super) fn typed_date(draw: &mut Draw, usual: DateStyle, date: Date) -> String {
    let style = if draw.chance(150) { *draw.pick(&DateStyle::ALL) } else { usual };
    style.write(date)
}

/// An account number, now and then in groups of four.
pub(super) fn typed_account(draw: &mut Draw, digits: &str) -> String {
    if !draw.chance(200) {
        return digits.to_owned();
    }
    let mut typed = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            typed.push(' ');
        }
        typed.push(digit);
    }
    typed
}

/// A phone number, now and then in groups.
pub(super) fn typed_phone(draw: &mut Draw, digits: &str) -> String {
    match (draw.chance(100), digits.get(..3), digits.get(3..7), digits.get(7..)) {
        (true, Some(head), Some(middle), Some(tail)) => format!("{head}-{middle}-{tail}"),
        _ => digits.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;
    use crate::domain::calendar::parse_office_date;
    use crate::sandbox::population::{Seed, Stream};

    #[test]
    fn however_a_number_is_typed_it_stays_the_same_person() {
        let mut draw = Draw::new(Seed(1), Stream::Story);
        let mut ways = BTreeSet::new();
        for sequence in 0..300 {
            let number = ResidentId::from_parts("371502", date(1999, 7, 9), sequence).unwrap();
            let typed = otherwise_typed_number(&mut draw, &number);
            assert_ne!(typed, number.as_str());
            assert_eq!(ResidentId::parse(&typed), Ok(number), "{typed}");
            ways.insert(typed.chars().count());
        }
        assert!(ways.len() >= 4, "{ways:?}");
    }

    #[test]
    fn an_impossible_number_is_refused_for_its_own_reason() {
        let number = ResidentId::from_parts("371502", date(1999, 7, 9), 8).unwrap();
        let reasons: BTreeSet<&str> =
            (0..6).map(|it| ResidentId::parse(&impossible_number(&number, it)).unwrap_err().code()).collect();
        assert_eq!(reasons.len(), 6, "{reasons:?}");
    }

    #[test]
    fn every_way_of_writing_a_date_is_read_as_that_date() {
        for style in DateStyle::ALL {
            let day = date(2022, 6, 30);
            assert_eq!(parse_office_date(&style.write(day)), Ok(day), "{style:?}");
        }
        assert_eq!(DateStyle::Serial.write(date(2022, 6, 30)), "44742");
    }
}
