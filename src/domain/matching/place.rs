//! Where a claim was made, as a file writes it: a code or a name. What cannot be compared is not said to differ (I5).

use crate::domain::identity::{Level, Region};

/// A province, or what a file calls one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Province {
    Known(Region),
    /// A word of no table.
    Word(Box<str>),
}

/// A county.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum County {
    Code(Region),
    /// A name, which means something within its province alone.
    Word(Option<Province>, Box<str>),
}

impl Province {
    /// Reads a code of two or six digits, or a name; `None` where the cell is empty.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let padded = (text.len() == 2).then(|| format!("{text}0000"));
        let code = Region::parse(padded.as_deref().unwrap_or(text)).ok().filter(|it| it.level() != Level::Ministry);
        match code.map(|it| it.province()).or_else(|| Region::province_of_name(text)) {
            Some(province) => Some(Self::Known(province)),
            None => word(text).map(Self::Word),
        }
    }

    /// Whether two claims are known to be of two provinces. A word that no table has says nothing beside a known province.
    pub fn differ(one: Option<&Self>, other: Option<&Self>) -> bool {
        match (one, other) {
            (Some(Self::Known(one)), Some(Self::Known(other))) => one != other,
            (Some(Self::Word(one)), Some(Self::Word(other))) => one != other,
            (Some(Self::Known(_)), Some(Self::Word(_))) | (Some(Self::Word(_)), Some(Self::Known(_))) => false,
            (None, _) | (_, None) => false,
        }
    }
}

impl County {
    /// Reads a code of six characters, or a name; `None` where the cell is empty.
    pub fn parse(text: &str, province: Option<&Province>) -> Option<Self> {
        match Region::parse(text) {
            Ok(code) => Some(Self::Code(code)),
            Err(_) => word(text).map(|name| Self::Word(province.cloned(), name)),
        }
    }

    /// Whether two claims are known to be of two counties: a code and a name cannot be compared.
    pub fn differ(one: Option<&Self>, other: Option<&Self>) -> bool {
        match (one, other) {
            (Some(Self::Code(one)), Some(Self::Code(other))) => one != other,
            (Some(Self::Word(one_in, one)), Some(Self::Word(other_in, other))) => {
                one != other || Province::differ(one_in.as_ref(), other_in.as_ref())
            }
            (Some(Self::Code(_)), Some(Self::Word(..))) | (Some(Self::Word(..)), Some(Self::Code(_))) => false,
            (None, _) | (_, None) => false,
        }
    }
}

fn word(text: &str) -> Option<Box<str>> {
    let word: String = text.split_whitespace().collect();
    (!word.is_empty()).then(|| word.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_province_is_the_same_in_every_writing() {
        let shandong = Province::parse("370000");
        for text in ["37", "371502", "山东省", "山东", " 山东 "] {
            assert_eq!(Province::parse(text), shandong, "{text}");
        }
        assert_eq!(Province::parse("内蒙古"), Province::parse("150000"));
        assert_eq!(Province::parse(" "), None);
        let differ = |one, other| Province::differ(Province::parse(one).as_ref(), Province::parse(other).as_ref());
        assert!(differ("山东", "河南省"));
        assert!(differ("东山", "西山"));
        assert!(!differ("山东", "37"));
        assert!(!differ("山东", "东山"));
        assert!(!differ("山东", ""));
        assert!(!differ("000000", "37"));
    }

    #[test]
    fn counties_are_compared_where_they_can_be() {
        let county = |text, province| County::parse(text, Province::parse(province).as_ref());
        let differ = |one: Option<County>, other: Option<County>| County::differ(one.as_ref(), other.as_ref());
        assert!(differ(county("371502", ""), county("371503", "")));
        assert!(!differ(county("371502", ""), county("371502", "山东")));
        assert!(!differ(county("371502", ""), county("阳谷县", "山东")));
        assert!(differ(county("阳谷县", "山东"), county("莘县", "山东")));
        assert!(differ(county("鼓楼区", "江苏"), county("鼓楼区", "河南")));
        assert!(!differ(county("鼓楼区", "江苏"), county("鼓 楼区", "江苏省")));
        assert!(!differ(county("", "江苏"), county("鼓楼区", "江苏省")));
    }
}
