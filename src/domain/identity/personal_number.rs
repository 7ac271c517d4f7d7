//! Whether a text hides a number of somebody's (I11), however it is spelled: what stands in a log or an address cannot be taken back.

use uuid::Uuid;

use super::phone::Phone;
use super::resident_id::{ResidentId, ResidentIdError};
use super::typing::{half_width, is_dash, is_invisible};

/// Shorter than a phone number, so that neither one nor an identity number hides in an unbroken run.
const DIGITS_RUN_MAX: usize = 10;
/// An identity number in its present form.
const RESIDENT_ID_LENGTH: usize = 18;
/// The older form, which has no check character.
const OLD_RESIDENT_ID_LENGTH: usize = 15;
/// `+86` or `0086` may precede a mobile number, whose eleven digits may stand one by one.
const PHONE_GROUPS_MAX: usize = 15;
const UUID_LENGTH: usize = 36;

/// Whether an identity number or a phone can be recognized in a text, whatever blanks, dashes or dots are strewn into it.
///
/// The id of a claim or suspect is no number of a person's, and neither is a date beside the number of a letter.
pub fn stands_in(text: &str) -> bool {
    let text = as_meant(text);
    has_resident_id(&text) || groups(&text).iter().any(|row| has_grouped_number(row))
}

/// Whether such a number is recognized, or so many digits stand in a row that it may be a mistyped one.
pub fn may_stand_in(text: &str) -> bool {
    let is_long = |run: &str| run.chars().count() > DIGITS_RUN_MAX;
    as_meant(text).split(|it: char| !it.is_numeric()).any(is_long) || stands_in(text)
}

/// Half-width and without invisible characters; the ids of our records are left out.
fn as_meant(text: &str) -> String {
    let mut meant: String =
        text.chars().map(half_width).filter(|it| it.is_whitespace() || !is_invisible(*it)).collect();
    let words = meant.split(|it: char| !it.is_ascii_hexdigit() && it != '-');
    let ids: Vec<String> =
        words.filter(|it| it.len() == UUID_LENGTH && Uuid::try_parse(it).is_ok()).map(str::to_owned).collect();
    for id in ids {
        meant = meant.replace(&id, "id");
    }
    meant
}

/// A letter or digit of a text, and what stands right before it.
struct Letter {
    letter: char,
    after_digit: bool,
    after_letter: bool,
}

/// The letters and digits of a text, read eighteen at a time: a wrong check character is a typing error in somebody's number.
///
/// What is parted begins where a group does: the middle of one date and the next are nobody's number.
fn has_resident_id(text: &str) -> bool {
    let mut letters = Vec::new();
    let mut before = ' ';
    for letter in text.chars() {
        if letter.is_alphanumeric() {
            letters.push(Letter {
                letter,
                after_digit: before.is_ascii_digit(),
                after_letter: before.is_alphanumeric(),
            });
        }
        before = letter;
    }
    letters.windows(RESIDENT_ID_LENGTH).any(|window| {
        // Cheap first: a window of letters is no number.
        let is_number = window.iter().take(RESIDENT_ID_LENGTH.saturating_sub(1)).all(|it| it.letter.is_ascii_digit());
        let begins_a_group = window.first().is_some_and(|it| !it.after_digit);
        is_number
            && (begins_a_group || window.iter().skip(1).all(|it| it.after_letter))
            && matches!(
                ResidentId::parse(&window.iter().map(|it| it.letter).collect::<String>()),
                Ok(_) | Err(ResidentIdError::CheckCharacter)
            )
    })
}

/// The groups of digits of a text, in rows that nothing but blanks, dashes, dots and brackets part.
fn groups(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![Vec::new()];
    let mut group = String::new();
    for character in text.chars().chain(['\u{0}']) {
        if character.is_ascii_digit() {
            group.push(character);
            continue;
        }
        if let Some(row) = rows.last_mut().filter(|_| !group.is_empty()) {
            row.push(std::mem::take(&mut group));
        }
        let joins = character.is_whitespace()
            || is_dash(character)
            || matches!(character, '.' | '_' | '/' | '(' | ')' | '\u{B7}' | '\u{3002}');
        if !joins && rows.last().is_some_and(|row| !row.is_empty()) {
            rows.push(Vec::new());
        }
    }
    rows
}

/// Whether neighboring groups are together a phone or an older identity number. A part of a group is never taken for a number: dates
/// and the numbers of letters would be full of them.
fn has_grouped_number(row: &[String]) -> bool {
    (0..row.len()).any(|first| {
        let mut joined = String::new();
        // Two digits and a zero before them are a day or a month, which no area code is.
        let begins_a_date = row.get(first).is_some_and(|group| group.len() == 2 && group.starts_with('0'));
        row.iter().skip(first).take(PHONE_GROUPS_MAX).any(|group| {
            joined.push_str(group);
            !begins_a_date && Phone::parse(&joined).is_ok()
                || joined.len() == OLD_RESIDENT_ID_LENGTH && ResidentId::parse(&joined).is_ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> ResidentId {
        ResidentId::from_parts("371502", jiff::civil::date(1999, 12, 31), 17).unwrap()
    }

    #[test]
    fn a_number_is_recognized_in_every_spelling() {
        let number = person();
        let number = number.as_str();
        let (place, rest) = number.split_at(6);
        let (birth, rest) = rest.split_at(8);
        let parted = |mark: &str| [place, birth, rest].join(mark);
        let wide: String = number.chars().map(|it| char::from_u32(u32::from(it) + 0xFEE0).unwrap()).collect();
        let strewn: String = number.chars().flat_map(|it| [it, ' ']).collect();
        let (_, short_birth) = birth.split_at(2);
        let (sequence, _) = rest.split_at(3);
        let old = format!("{place}-{short_birth}{sequence}");
        for text in [
            format!("身份证{number}号"),
            format!("身份证{} ", parted(" ")),
            format!("2022{number}"),
            parted("-"),
            parted("."),
            parted("\n"),
            parted("\u{200B}"),
            wide,
            strewn,
            format!("旧证 {old}"),
            "138-4455-0001".into(),
            "请联系 138 4455 0001 或来访".into(),
            "１３８－４４５５－０００１".into(),
            "+86 138.4455.0001".into(),
            "1 3 8 4 4 5 5 0 0 0 1".into(),
            "电话(0635)8224455".into(),
        ] {
            assert!(stands_in(&text), "{text:?}");
            assert!(may_stand_in(&text), "{text:?}");
        }
    }

    #[test]
    fn dates_and_the_numbers_of_letters_are_nobodys() {
        for text in [
            "2022-10-10 的 1234567890 号函",
            "2022-10-10 1234567890",
            "2022-10-13 - 2022-11-11",
            "2022.08.01 2023.07.31 2022.06.30",
            "合同2022.08.01-2023.07.31",
            "2022/03/01 2022/03/31",
            "人社厅发〔2022〕41号",
            "申领018f3b2e-5d7a-7c3e-9f00-138445500019的合同",
            "950000 分",
            "91350100M000100Y43",
            "0531000123",
            "",
        ] {
            assert!(!stands_in(text), "{text:?}");
            assert!(!may_stand_in(text), "{text:?}");
        }
    }

    #[test]
    fn a_mistyped_number_is_still_somebodys() {
        let number = person();
        let wrong = if number.as_str().ends_with('1') { "2" } else { "1" };
        let (place, rest) = number.as_str().split_at(6);
        let (body, _) = rest.split_at(11);
        assert!(stands_in(&format!("{place} {body}{wrong}")));
        let check = |text: &str| assert!(may_stand_in(text) && !stands_in(text), "{text:?}");
        check("98765432109");
        check("٩٨٧٦٥٤٣٢١٠٩");
    }
}
