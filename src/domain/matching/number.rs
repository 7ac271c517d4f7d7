//! Resident numbers as claims bear them, wrong ones included: what a wrong number may have meant, and how far two are apart.
//!
//! The check character is worth more than any score: of a number whose check fails, at most one digit per position and few of the
//! seventeen swaps make it right again, so that it is looked up some twenty times instead of being compared with everyone.

use crate::domain::identity::ResidentId;
use crate::domain::identity::resident_id::ResidentIdError;
use crate::domain::identity::typing::meant;

const FULL: usize = 18;
const OLD: usize = 15;
/// A longer text is no number with a slip in it.
const CHARACTERS_MAX: usize = 19;

/// What stands in the cell of the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Number {
    Missing,
    Sound {
        number: ResidentId,
        /// Written with 15 digits, which have no check: one of them may be wrong unseen.
        is_old_form: bool,
    },
    Unsound(Unsound),
}

/// A number that cannot be right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Unsound {
    characters: [u8; CHARACTERS_MAX],
    /// 0 where the text is too long to be compared.
    length: usize,
}

/// Never shows the number (I11).
impl std::fmt::Debug for Unsound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Unsound({} characters)", self.length)
    }
}

/// How far two numbers are apart. A slip is one wrong digit, two adjacent ones swapped, or one left out or typed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Apart {
    /// The same person by the canonical form.
    Same,
    /// One slip, by the check character: the one is sound, and among what the other may have meant.
    OneSlip,
    /// Both are wrong, and may have meant the same.
    CommonRepair,
    /// One slip, which no check gives away: one has 15 digits, or a digit too many or too few.
    OneSlipUnchecked,
    TwoSlips,
    /// Further apart.
    Far,
    /// Two sound numbers: two persons, however like they look.
    BothSound,
    /// Nothing is known of one.
    Unknown,
}

impl Number {
    /// Reads the cell.
    pub fn parse(text: &str) -> Self {
        match ResidentId::parse(text) {
            Ok(number) => Self::Sound { number, is_old_form: meant(text).nth(OLD).is_none() },
            Err(ResidentIdError::Empty) => Self::Missing,
            Err(_) => Self::Unsound(Unsound::new(text)),
        }
    }

    /// What a cell holds that needs no reading: the usual one, told without any of the work.
    pub fn canonical(cell: &[u8]) -> Option<ResidentId> {
        ResidentId::from_canonical(cell.try_into().ok()?)
    }

    /// The person, where the number says who.
    pub fn person(&self) -> Option<&ResidentId> {
        match self {
            Self::Sound { number, .. } => Some(number),
            Self::Missing | Self::Unsound(_) => None,
        }
    }

    /// Whether it may be another's number, or nobody's.
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Sound { is_old_form, .. } => *is_old_form,
            Self::Unsound(_) => true,
            Self::Missing => false,
        }
    }

    pub fn is_impossible(&self) -> bool {
        matches!(self, Self::Unsound(_))
    }

    /// The characters as written, without typing; 15 of an old form.
    fn written(&self) -> Written {
        let mut written = Written { characters: [0; CHARACTERS_MAX], length: 0 };
        match self {
            Self::Missing => {}
            Self::Sound { number, is_old_form: true } => {
                let it = number.as_str().as_bytes();
                written.extend(it.get(..6));
                written.extend(it.get(8..17));
            }
            Self::Sound { number, is_old_form: false } => written.extend(Some(number.as_str().as_bytes())),
            Self::Unsound(it) => written = Written { characters: it.characters, length: it.length },
        }
        written
    }

    /// The parts by which near numbers meet: place, birth date and sequence, each tagged. Two slips leave one of them whole. A number
    /// with a digit too many or too few is read from both ends.
    pub fn parts(&self, mut each: impl FnMut(u8, &[u8])) {
        let written = self.written();
        let it = written.as_bytes();
        let length = it.len();
        if !matches!(length, OLD | 17..=CHARACTERS_MAX) {
            return;
        }
        let mut part = |tag, at: std::ops::Range<usize>| {
            if let Some(part) = it.get(at) {
                each(tag, part);
            }
        };
        part(0, 0..6);
        if length == OLD {
            let mut birth = *b"19000000";
            birth[2..].copy_from_slice(it.get(6..12).unwrap_or_default());
            part(2, 12..15);
            each(1, &birth);
            return;
        }
        part(1, 6..14);
        part(2, length.saturating_sub(4)..length.saturating_sub(1));
        if length != FULL {
            part(1, length.saturating_sub(12)..length.saturating_sub(4));
        }
    }
}

/// How far two numbers are apart.
pub fn apart(one: &Number, other: &Number) -> Apart {
    match (one, other) {
        (Number::Missing, _) | (_, Number::Missing) => return Apart::Unknown,
        (Number::Sound { number: a, .. }, Number::Sound { number: b, .. }) if a == b => return Apart::Same,
        (Number::Sound { is_old_form: false, .. }, Number::Sound { is_old_form: false, .. }) => {
            return Apart::BothSound;
        }
        (Number::Sound { number, .. }, Number::Unsound(it)) | (Number::Unsound(it), Number::Sound { number, .. })
            if it.may_mean(number) =>
        {
            return Apart::OneSlip;
        }
        (Number::Unsound(a), Number::Unsound(b)) if a.has_common_repair(b) => return Apart::CommonRepair,
        // The same wrong number without a right one behind it is what people type to fill a cell.
        (Number::Unsound(a), Number::Unsound(b)) if a == b => return Apart::Far,
        (Number::Sound { .. } | Number::Unsound(_), Number::Sound { .. } | Number::Unsound(_)) => {}
    }
    match slips(&one.written(), &other.written()) {
        0 | 1 => Apart::OneSlipUnchecked,
        2 => Apart::TwoSlips,
        _ => Apart::Far,
    }
}

/// Whether the two have a part in common by which near numbers meet.
pub fn share_a_part(one: &Number, other: &Number) -> bool {
    let mut is_shared = false;
    one.parts(|tag, part| other.parts(|other_tag, other| is_shared |= tag == other_tag && part == other));
    is_shared
}

impl Unsound {
    fn new(text: &str) -> Self {
        let mut characters = [0; CHARACTERS_MAX];
        let mut length: usize = 0;
        for character in meant(text) {
            let Some(slot) = characters.get_mut(length) else {
                return Self { characters: [0; CHARACTERS_MAX], length: 0 };
            };
            *slot = u8::try_from(character.to_ascii_uppercase()).unwrap_or(b'?');
            length = length.saturating_add(1);
        }
        Self { characters, length }
    }

    /// Every sound number that one wrong digit or one swap of two adjacent ones would have made this; none twice.
    ///
    /// For numbers of 18 characters: what has 15 has no check to mend, and meets its like by parts ([`Number::parts`]).
    pub fn repairs(&self, mut each: impl FnMut(ResidentId)) {
        let Some(characters) = self.full() else { return };
        let illegal = characters.iter().enumerate().filter(|(at, it)| value(**it, *at).is_none());
        let mut illegal = illegal.map(|(at, _)| at);
        let positions = match (illegal.next(), illegal.next()) {
            (None, _) => 0..FULL,
            (Some(at), None) => at..at.saturating_add(1),
            // A swap of the check character X with the digit before it leaves two.
            (Some(_), Some(_)) => 0..0,
        };
        for at in positions {
            if let Some(number) = repaired_at(&characters, at) {
                each(number);
            }
        }
        for at in 1..FULL {
            let mut swapped = characters;
            swapped.swap(at.saturating_sub(1), at);
            if swapped != characters && weighted(&swapped, FULL) == Some(1) {
                ResidentId::from_canonical(swapped).into_iter().for_each(&mut each);
            }
        }
    }

    fn full(&self) -> Option<[u8; FULL]> {
        if self.length == FULL { self.characters.first_chunk().copied() } else { None }
    }

    fn may_mean(&self, number: &ResidentId) -> bool {
        let mut may_mean = false;
        self.repairs(|it| may_mean |= it == *number);
        may_mean
    }

    fn has_common_repair(&self, other: &Self) -> bool {
        let mut repairs = Vec::with_capacity(2 * FULL);
        self.repairs(|it| repairs.push(it));
        let mut is_common = false;
        other.repairs(|it| is_common |= repairs.contains(&it));
        is_common
    }
}

/// The one number with another character at a position whose check is right.
fn repaired_at(characters: &[u8; FULL], at: usize) -> Option<ResidentId> {
    let sum = weighted(characters, at)?;
    let weight = WEIGHTS.get(at)?;
    // What the character must add so that the sum leaves 1: at most one value does.
    let wanted = (0..11_u32).find(|it| (sum.wrapping_add(weight.wrapping_mul(*it))) % 11 == 1)?;
    let mut repaired = *characters;
    let slot = repaired.get_mut(at)?;
    *slot = match wanted {
        10 if at == FULL - 1 => b'X',
        10 => return None,
        digit => b'0'.wrapping_add(u8::try_from(digit).ok()?),
    };
    if repaired == *characters { None } else { ResidentId::from_canonical(repaired) }
}

/// The weights of GB 11643-1999, annex A, the check character's own 1 included. Candidates alone are made with them: whether one is
/// sound, [`ResidentId`] says.
const WEIGHTS: [u32; FULL] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1];

/// What the weighted sum leaves without the character at `except`; `None` if any other is no digit.
fn weighted(characters: &[u8; FULL], except: usize) -> Option<u32> {
    let mut sum: u32 = 0;
    for (at, (character, weight)) in characters.iter().zip(WEIGHTS).enumerate() {
        if at != except {
            sum = sum.wrapping_add(weight.wrapping_mul(value(*character, at)?));
        }
    }
    Some(sum % 11)
}

fn value(character: u8, at: usize) -> Option<u32> {
    match character {
        b'0'..=b'9' => Some(u32::from(character & 0x0F)),
        b'X' if at == FULL - 1 => Some(10),
        _ => None,
    }
}

struct Written {
    characters: [u8; CHARACTERS_MAX],
    length: usize,
}

impl Written {
    fn as_bytes(&self) -> &[u8] {
        self.characters.get(..self.length).unwrap_or_default()
    }

    fn extend(&mut self, part: Option<&[u8]>) {
        let part = part.unwrap_or_default();
        let end = self.length.saturating_add(part.len());
        if let Some(slot) = self.characters.get_mut(self.length..end) {
            slot.copy_from_slice(part);
            self.length = end;
        }
    }
}

/// More than any two that are called near.
const MANY: usize = 3;

/// The least slips that make one of the other, as far as it matters.
fn slips(one: &Written, other: &Written) -> usize {
    let (one, other) = if one.length <= other.length { (one, other) } else { (other, one) };
    match (one.length, other.length) {
        (0, _) => MANY,
        (a, b) if a == b => replaced(one.as_bytes(), other.as_bytes()),
        (OLD, FULL) => {
            let it = other.as_bytes();
            let mut body = Written { characters: [0; CHARACTERS_MAX], length: 0 };
            body.extend(one.as_bytes().get(..6));
            body.extend(Some(b"19"));
            body.extend(one.as_bytes().get(6..));
            replaced(body.as_bytes(), it.get(..17).unwrap_or_default())
        }
        (a, b) if a.checked_add(1) == Some(b) && b >= FULL && is_one_left_out(one.as_bytes(), other.as_bytes()) => 1,
        _ => MANY,
    }
}

/// Wrong characters and adjacent swaps between texts of one length.
fn replaced(one: &[u8], other: &[u8]) -> usize {
    let mut pairs = one.iter().zip(other).peekable();
    let mut slips: usize = 0;
    while let Some((a, b)) = pairs.next() {
        if a == b {
            continue;
        }
        slips = slips.saturating_add(1);
        if pairs.peek().is_some_and(|(next_a, next_b)| (*next_a, *next_b) == (b, a)) {
            pairs.next();
        }
    }
    slips
}

/// Whether the longer is the shorter with one character more.
fn is_one_left_out(shorter: &[u8], longer: &[u8]) -> bool {
    let same = shorter.iter().zip(longer).take_while(|(a, b)| a == b).count();
    shorter.get(same..) == longer.get(same.saturating_add(1)..)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn person(sequence: u16) -> ResidentId {
        ResidentId::from_parts("371502", date(2000, 2, 29), sequence).unwrap()
    }

    fn repairs(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        if let Number::Unsound(it) = Number::parse(text) {
            it.repairs(|number| found.push(number.as_str().to_owned()));
        }
        found
    }

    /// All numbers one wrong digit or one adjacent swap away, tried one by one.
    fn tried(text: &str) -> Vec<String> {
        let mut tries = std::collections::BTreeSet::new();
        let bytes = text.as_bytes();
        for at in 0..bytes.len() {
            for digit in *b"0123456789X" {
                let mut other = bytes.to_vec();
                other[at] = digit;
                tries.insert(other);
            }
            if at > 0 {
                let mut other = bytes.to_vec();
                other.swap(at - 1, at);
                tries.insert(other);
            }
        }
        let tries = tries.into_iter().filter_map(|it| String::from_utf8(it).ok());
        tries.filter(|it| ResidentId::parse(it).is_ok_and(|number| number.as_str() == it)).collect()
    }

    #[test]
    fn what_is_missing_is_not_impossible() {
        assert_eq!(Number::parse(" - "), Number::Missing);
        assert!(Number::parse("3.7E+17").is_impossible());
        assert!(Number::parse("1").is_impossible());
        assert_eq!(format!("{:?}", Number::parse("371502")), "Unsound(Unsound(6 characters))");
    }

    #[test]
    fn slips_are_counted_in_every_form() {
        let sound = person(123);
        let it = sound.as_str();
        let old = "371502000229123";
        let check = |one: &str, other: &str, expected| {
            assert_eq!(apart(&Number::parse(one), &Number::parse(other)), expected, "{one} {other}");
            assert_eq!(apart(&Number::parse(other), &Number::parse(one)), expected, "{other} {one}");
        };
        check(it, &format!(" {it}"), Apart::Same);
        check(it, person(124).as_str(), Apart::BothSound);
        let with = |at: usize, digit: u8| {
            let mut bytes = it.as_bytes().to_vec();
            bytes[at] = if bytes[at] == digit { b'0' + (digit - b'0' + 1) % 10 } else { digit };
            String::from_utf8(bytes).unwrap()
        };
        check(it, &with(3, b'9'), Apart::OneSlip);
        check(it, &with(17, b'9'), Apart::OneSlip);
        check(&with(3, b'9'), &with(16, b'9'), Apart::CommonRepair);
        check(&with(3, b'9'), &with(3, b'9'), Apart::CommonRepair);
        check("111111111111111111", "111111111111111111", Apart::Far);
        check(it, "", Apart::Unknown);
        // 1900 had no 29 February: the same day of another year.
        let other = ResidentId::from_parts("371502", date(1988, 2, 29), 123).unwrap();
        check(other.as_str(), "371502880229123", Apart::Same);
        check(other.as_str(), "371502880229124", Apart::OneSlipUnchecked);
        check(other.as_str(), "371502880228124", Apart::TwoSlips);
        check(other.as_str(), "371502880225125", Apart::TwoSlips);
        check(other.as_str(), "371502880315125", Apart::Far);
        check(it, old, Apart::TwoSlips);
        check(it, it.get(..17).unwrap(), Apart::OneSlipUnchecked);
        check(it, &format!("{it}0"), Apart::OneSlipUnchecked);
    }

    proptest! {
        #[test]
        fn repairs_are_all_that_trying_finds(sequence in 0_u16..1_000, at in 0_usize..18, character in "[0-9XO]", swap: bool) {
            let mut typed = person(sequence).as_str().as_bytes().to_vec();
            if swap { typed.swap(at.max(1) - 1, at.max(1)) } else { typed[at] = character.as_bytes()[0] }
            let typed = String::from_utf8(typed).unwrap();
            let mut found = repairs(&typed);
            if !found.is_empty() || !matches!(Number::parse(&typed), Number::Sound { .. }) {
                let count = found.len();
                found.sort();
                found.dedup();
                prop_assert_eq!(count, found.len());
                prop_assert_eq!(&found, &tried(&typed));
                prop_assert!(found.iter().any(|it| it == person(sequence).as_str()));
                prop_assert!(found.len() <= 35);
            }
        }

        #[test]
        fn two_slips_leave_a_part_whole(sequence in 0_u16..1_000, slips in proptest::collection::vec((0_usize..18, "[0-9]", any::<bool>()), 2)) {
            let right = person(sequence);
            let mut typed = right.as_str().as_bytes().to_vec();
            for (at, digit, swap) in slips {
                // A swap over the border of two parts is one of both.
                let inner = at > 0 && ![6, 14].contains(&at);
                if swap && inner { typed.swap(at - 1, at) } else { typed[at] = digit.as_bytes()[0] }
            }
            let parts = |number: &Number| {
                let mut parts = Vec::new();
                number.parts(|tag, part| parts.push((tag, part.to_vec())));
                parts
            };
            let right = parts(&Number::parse(right.as_str()));
            let typed = parts(&Number::parse(std::str::from_utf8(&typed).unwrap()));
            prop_assert!(typed.iter().any(|part| right.contains(part)));
        }
    }
}
