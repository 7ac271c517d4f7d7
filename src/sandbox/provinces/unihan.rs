//! How the characters of names are read and which variants they have, as Unihan publishes it. No variant is made up here.

use std::collections::HashMap;

const EXTRACT: &str = include_str!("unihan.tsv");

/// How a variant differs from the character that was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `kTraditionalVariant`, `kSimplifiedVariant`.
    Script,
    /// `kZVariant`, `kSemanticVariant`: the same character drawn otherwise, or used for it.
    Use,
    /// `kSpoofingVariant`: looks the same.
    Look,
}

impl Kind {
    fn of(field: &str) -> Option<Self> {
        match field {
            "kTraditionalVariant" | "kSimplifiedVariant" => Some(Self::Script),
            "kZVariant" | "kSemanticVariant" => Some(Self::Use),
            "kSpoofingVariant" => Some(Self::Look),
            _ => None,
        }
    }
}

#[derive(Default)]
struct Entry {
    reading: &'static str,
    /// Without the mark of its tone.
    toneless: String,
    variants: Vec<(Kind, char)>,
}

/// The extract, indexed.
pub(super) struct Unihan {
    entries: HashMap<char, Entry>,
    by_reading: HashMap<&'static str, Vec<char>>,
}

impl Unihan {
    pub(super) fn load() -> Self {
        let mut entries = HashMap::new();
        let mut by_reading: HashMap<&str, Vec<char>> = HashMap::new();
        for line in EXTRACT.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('\t');
            let Some(character) = fields.next().and_then(|it| it.chars().next()) else { continue };
            let reading = fields.next().unwrap_or_default();
            let kinds = fields.filter_map(|it| it.split_once(':')).filter_map(|(it, all)| Some((Kind::of(it)?, all)));
            let variants = kinds.flat_map(|(kind, all)| all.chars().map(move |it| (kind, it))).collect();
            if !reading.is_empty() {
                by_reading.entry(reading).or_default().push(character);
            }
            entries.insert(character, Entry { reading, toneless: toneless(reading), variants });
        }
        Self { entries, by_reading }
    }

    /// The variants of one kind.
    pub(super) fn variants(&self, character: char, kind: Kind) -> impl Iterator<Item = char> {
        let all = self.entries.get(&character).map(|it| it.variants.as_slice()).unwrap_or_default();
        all.iter().filter(move |(it, _)| *it == kind).map(|(_, variant)| *variant)
    }

    /// Other characters of names that are read alike, tone included.
    pub(super) fn homophones(&self, character: char) -> impl Iterator<Item = char> {
        let reading = self.entries.get(&character).map(|it| it.reading).unwrap_or_default();
        let alike = self.by_reading.get(reading).map(Vec::as_slice).unwrap_or_default();
        alike.iter().copied().filter(move |it| *it != character)
    }

    /// Names that a matcher could take for one another have the same sound: how they are read, without tones and dots. Every other
    /// character stands for itself.
    pub(super) fn sound(&self, name: &str) -> String {
        let mut sound = String::new();
        for character in name.chars().filter(|it| *it != '·') {
            match self.entries.get(&character).filter(|it| !it.toneless.is_empty()) {
                Some(entry) => sound.push_str(&entry.toneless),
                None => sound.push(character),
            }
            sound.push(' ');
        }
        sound
    }
}

/// Decomposed, a vowel stands apart from its marks.
fn toneless(reading: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    reading.nfd().filter(char::is_ascii_alphabetic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extract_knows_what_unihan_publishes() {
        let unihan = Unihan::load();
        assert!(unihan.variants('张', Kind::Script).eq(['張']));
        assert!(unihan.variants('瑶', Kind::Look).eq(['瑤']));
        assert!(unihan.homophones('岩').any(|it| it == '闫') && unihan.homophones('岩').all(|it| it != '岩'));
        assert_eq!(unihan.sound("张伟"), "zhang wei ");
        assert_eq!(unihan.sound("吕·龚"), "lu gong ");
    }
}
