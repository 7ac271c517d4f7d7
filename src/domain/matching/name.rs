//! How names of persons vary: traditional and variant characters, letters of another case, other characters of the same sound.

use std::sync::LazyLock;

use pinyin::ToPinyin;
use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

use crate::domain::identity::PersonName;

/// Classes of characters written one for the other, from Unihan; the file says how it was made.
const VARIANTS: &str = include_str!("variants.txt");

/// Names that sound alike have the same hash in every run: how often one occurs weighs in what is found.
const SOUND_SECRETS: RapidSecrets = RapidSecrets::seed(0x6875_6675);

/// More characters than this never count into a sound; no name has as many.
const SOUND_MAX: usize = 64;

/// How two names agree, the closest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    Same,
    /// Equal but for characters written one for the other, letter case, dots and spaces.
    Variant,
    /// Other characters of the same sound.
    SameSound,
    /// One character of several differs.
    NearlySame,
    Different,
    /// One of the two is not known.
    Unknown,
}

/// How two names agree.
pub fn agreement(one: Option<&PersonName>, other: Option<&PersonName>) -> Agreement {
    let (Some(one), Some(other)) = (one, other) else { return Agreement::Unknown };
    if one == other {
        return Agreement::Same;
    }
    let (a, b): (Vec<char>, Vec<char>) = (skeleton(one).collect(), skeleton(other).collect());
    if a == b {
        return Agreement::Variant;
    }
    if a.iter().copied().map(sound_of).eq(b.iter().copied().map(sound_of)) {
        return Agreement::SameSound;
    }
    let is_one_apart = a.len() == b.len() && a.len() > 1 && a.iter().zip(&b).filter(|(a, b)| a != b).count() == 1;
    if is_one_apart { Agreement::NearlySame } else { Agreement::Different }
}

/// A hash of how a name sounds, by which names that vary meet. Equal for all that [`agreement`] calls the same, a variant, or of the
/// same sound.
pub fn sound(name: &PersonName) -> u64 {
    let mut sound = Sound::default();
    skeleton(name).for_each(|character| sound.push(sound_of(character)));
    sound.hash()
}

/// [`sound`] of a cell that holds Chinese characters alone, as nearly all do, without reading it as a name; `None` for any other.
pub fn sound_of_chinese(cell: &[u8]) -> Option<u64> {
    let mut sound = Sound::default();
    let (characters, rest) = cell.as_chunks::<3>();
    if !rest.is_empty() || characters.is_empty() || characters.len() > SOUND_MAX {
        return None;
    }
    for [a, b, c] in characters {
        // Three bytes of UTF-8, of which the pattern of the last two is checked and the range of the first below.
        if a & 0xF0 != 0xE0 || b & 0xC0 != 0x80 || c & 0xC0 != 0x80 {
            return None;
        }
        let code = (u32::from(a & 0x0F) << 12) | (u32::from(b & 0x3F) << 6) | u32::from(c & 0x3F);
        if !(FIRST..=LAST).contains(&code) {
            return None;
        }
        sound.push(tabled(code));
    }
    Some(sound.hash())
}

/// The unified ideographs that names are written with; NFKC leaves each as it is.
const FIRST: u32 = 0x4E00;
const LAST: u32 = 0x9FFF;

struct Sound {
    bytes: [u8; SOUND_MAX * 4],
    length: usize,
}

impl Default for Sound {
    fn default() -> Self {
        Self { bytes: [0; SOUND_MAX * 4], length: 0 }
    }
}

impl Sound {
    fn push(&mut self, sound: u32) {
        let end = self.length.saturating_add(4);
        if let Some(slot) = self.bytes.get_mut(self.length..end) {
            slot.copy_from_slice(&sound.to_le_bytes());
            self.length = end;
        }
    }

    fn hash(&self) -> u64 {
        rapidhash_v3_seeded(self.bytes.get(..self.length).unwrap_or_default(), &SOUND_SECRETS)
    }
}

/// The characters that matter, each as the first of its class.
fn skeleton(name: &PersonName) -> impl Iterator<Item = char> {
    let letters = name.as_str().chars().filter(|it| *it != '\u{B7}' && !it.is_whitespace());
    letters.flat_map(char::to_lowercase).map(first_of_class)
}

fn first_of_class(character: char) -> char {
    let at = CLASSES.binary_search_by_key(&character, |(it, _)| *it);
    at.ok().and_then(|at| CLASSES.get(at)).map_or(character, |(_, first)| *first)
}

/// Characters of the same sound have the same number; one without a sound is its own.
fn sound_of(character: char) -> u32 {
    let code = u32::from(character);
    if (FIRST..=LAST).contains(&code) { tabled(code) } else { spelled(character) }
}

fn tabled(code: u32) -> u32 {
    let at = usize::try_from(code.wrapping_sub(FIRST)).ok();
    at.and_then(|at| SOUNDS.get(at)).copied().unwrap_or(code)
}

fn spelled(character: char) -> u32 {
    match first_of_class(character).to_pinyin() {
        // Letters of a syllable are six at most: 30 bits in base 32. The bit above tells them from characters.
        Some(it) => it.plain().bytes().fold(0, |sum: u32, letter| (sum << 5) | u32::from(letter & 0x1F)) | 1 << 31,
        None => u32::from(character),
    }
}

/// Each character of a class with the first of it, sorted.
static CLASSES: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let lines = VARIANTS.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| Some((line, line.chars().next()?)));
    let mut classes: Vec<_> = pairs.flat_map(|(line, first)| line.chars().map(move |it| (it, first))).collect();
    classes.sort_unstable();
    classes
});

/// By code, from [`FIRST`].
static SOUNDS: LazyLock<Vec<u32>> =
    LazyLock::new(|| (FIRST..=LAST).map(|code| char::from_u32(code).map_or(code, spelled)).collect());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(one: &str, other: &str, expected: Agreement) {
        let [one, other] = [one, other].map(|it| PersonName::parse(it).unwrap());
        assert_eq!(agreement(Some(&one), Some(&other)), expected, "{one:?} {other:?}");
        assert_eq!(agreement(Some(&other), Some(&one)), expected, "{other:?} {one:?}");
        if expected <= Agreement::SameSound {
            assert_eq!(sound(&one), sound(&other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn names_agree_as_closely_as_they_do() {
        check("张伟", "张 伟", Agreement::Same);
        check("张伟", "張偉", Agreement::Variant);
        check("阿依古丽·买买提", "阿依古丽买买提", Agreement::Variant);
        check("John Smith", "JOHN SMITH", Agreement::Variant);
        check("吕静", "呂靜", Agreement::Variant);
        check("张伟", "章玮", Agreement::SameSound);
        check("张志强", "張志明", Agreement::NearlySame);
        check("张志强", "张志明", Agreement::NearlySame);
        check("张伟", "李娜", Agreement::Different);
        check("张", "李", Agreement::Different);
        assert_eq!(agreement(None, PersonName::parse("张伟").ok().as_ref()), Agreement::Unknown);
    }

    #[test]
    fn a_class_has_its_commonest_character_first() {
        assert_eq!(first_of_class('偉'), '伟');
        assert_eq!(first_of_class('伟'), '伟');
        assert_eq!(first_of_class('A'), 'A');
        assert!(CLASSES.len() > 14_000);
    }

    proptest! {
        #[test]
        fn a_chinese_cell_sounds_as_the_name_read_from_it(text in "[\u{4E00}-\u{9FFF}]{1,5}|\\PC{0,4}|[\u{4D00}-\u{A100}]{1,3}") {
            if let Some(quick) = sound_of_chinese(text.as_bytes()) {
                prop_assert_eq!(quick, sound(&PersonName::parse(&text).unwrap()));
            }
        }
    }
}
