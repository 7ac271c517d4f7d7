//! Names, each made from an index; and the ways in which one is typed.

use super::super::population::words::{DOTTED, GIVEN_FEMALE, GIVEN_MALE, GIVEN_RARE, SURNAMES, UNDOTTED};
use super::super::population::{Draw, Seed, Stream};
use super::unihan::{Kind, Unihan};

/// A name: the same index makes the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) index: u64,
    /// Another last character: a sibling's name.
    pub(super) last: Option<char>,
}

impl Name {
    pub(super) fn of(index: u64) -> Self {
        Self { index, last: None }
    }

    pub(super) fn text(self, seed: Seed) -> String {
        let mut draw = Draw::nth(seed, Stream::Names, self.index);
        let mut text = match draw.between(0, 999) {
            0..=14 => format!("{}·{}", draw.pick(&DOTTED), draw.pick(&DOTTED)),
            15..=19 => (*draw.pick(&UNDOTTED)).to_owned(),
            _ => chinese(&mut draw),
        };
        if let Some(last) = self.last {
            text.pop();
            text.push(last);
        }
        text
    }

    /// A sibling's: surname and first character shared, the last another that sounds otherwise. `None` for names of other forms.
    pub(super) fn sibling(self, seed: Seed, unihan: &Unihan, draw: &mut Draw) -> Option<Self> {
        let text = self.text(seed);
        if text.chars().count() != 3 || text.contains('·') {
            return None;
        }
        let list: &[&'static str] = if draw.chance(500) { &GIVEN_MALE } else { &GIVEN_FEMALE };
        let last = draw.word(list).chars().next();
        let sibling = Self { last, ..self };
        (unihan.sound(&sibling.text(seed)) != unihan.sound(&text)).then_some(sibling)
    }
}

/// The most common characters first, as people are called.
fn chinese(draw: &mut Draw) -> String {
    let given: &[&'static str] = if draw.chance(500) { &GIVEN_MALE } else { &GIVEN_FEMALE };
    let mut name = (*draw.pick_common(&SURNAMES)).to_owned();
    // One in seven has a given name of one character.
    if !draw.chance(143) {
        name.push_str(common(draw, given));
    }
    name.push_str(if draw.chance(4) { draw.word(&GIVEN_RARE) } else { common(draw, given) });
    name
}

fn common(draw: &mut Draw, list: &[&'static str]) -> &'static str {
    list[draw.index(list.len()).min(draw.index(list.len()))]
}

/// How a name stands in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameTyped {
    Plain,
    /// A space after the first character, as forms align names.
    Spaced,
    /// With a character that leaves no mark on paper.
    Invisible,
    /// Another character at this place.
    Character(u8, char),
    /// Another form of the middle dot.
    Dot(char),
    /// Without its middle dot.
    DotMissing,
}

impl NameTyped {
    /// Forms of the middle dot that keyboards and old systems put.
    pub(super) const DOTS: [char; 4] = ['•', '・', '.', '‧'];

    pub(super) fn write(self, name: &str) -> String {
        match self {
            Self::Plain => name.to_owned(),
            Self::Spaced | Self::Invisible => {
                let between = if self == Self::Spaced { ' ' } else { '\u{200B}' };
                let mut characters = name.chars();
                characters.next().into_iter().chain([between]).chain(characters).collect()
            }
            Self::Character(at, other) => {
                name.chars().enumerate().map(|(place, it)| if place == usize::from(at) { other } else { it }).collect()
            }
            Self::Dot(dot) => name.chars().map(|it| if it == '·' { dot } else { it }).collect(),
            Self::DotMissing => name.chars().filter(|it| *it != '·').collect(),
        }
    }
}

/// A published variant of one of the name's characters.
pub(super) fn variant(name: &str, kind: Kind, unihan: &Unihan, draw: &mut Draw) -> Option<NameTyped> {
    pick(name, draw, |it| unihan.variants(it, kind).collect())
}

/// Another character for one of the given name's, read alike.
pub(super) fn homophone(name: &str, unihan: &Unihan, draw: &mut Draw) -> Option<NameTyped> {
    let surname = name.chars().next()?;
    let found = pick(name, draw, |it| if it == surname { Vec::new() } else { unihan.homophones(it).collect() })?;
    // A variant of the same character would be no other name.
    let NameTyped::Character(at, other) = found else { return None };
    let meant = name.chars().nth(usize::from(at))?;
    let is_variant = [Kind::Script, Kind::Use, Kind::Look].into_iter().any(|kind| {
        unihan.variants(meant, kind).any(|it| it == other) || unihan.variants(other, kind).any(|it| it == meant)
    });
    (!is_variant).then_some(found)
}

fn pick(name: &str, draw: &mut Draw, others: impl Fn(char) -> Vec<char>) -> Option<NameTyped> {
    let places: Vec<(u8, Vec<char>)> =
        name.chars().zip(0..).map(|(it, at)| (at, others(it))).filter(|(_, others)| !others.is_empty()).collect();
    if places.is_empty() {
        return None;
    }
    let (at, others) = draw.pick(&places);
    Some(NameTyped::Character(*at, *draw.pick(others)))
}
