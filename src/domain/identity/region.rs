//! A place: the six digits of GB/T 2260, or a unit under a city that has no code there.

use std::fmt;
use std::str;

use super::typing::{canonical_serde, meant};

/// The 34 divisions of the first level, GB/T 2260-2007, in Chinese and in English.
const PROVINCES: [([u8; 2], &str, &str); 34] = [
    (*b"11", "北京市", "Beijing"),
    (*b"12", "天津市", "Tianjin"),
    (*b"13", "河北省", "Hebei"),
    (*b"14", "山西省", "Shanxi"),
    (*b"15", "内蒙古自治区", "Inner Mongolia"),
    (*b"21", "辽宁省", "Liaoning"),
    (*b"22", "吉林省", "Jilin"),
    (*b"23", "黑龙江省", "Heilongjiang"),
    (*b"31", "上海市", "Shanghai"),
    (*b"32", "江苏省", "Jiangsu"),
    (*b"33", "浙江省", "Zhejiang"),
    (*b"34", "安徽省", "Anhui"),
    (*b"35", "福建省", "Fujian"),
    (*b"36", "江西省", "Jiangxi"),
    (*b"37", "山东省", "Shandong"),
    (*b"41", "河南省", "Henan"),
    (*b"42", "湖北省", "Hubei"),
    (*b"43", "湖南省", "Hunan"),
    (*b"44", "广东省", "Guangdong"),
    (*b"45", "广西壮族自治区", "Guangxi"),
    (*b"46", "海南省", "Hainan"),
    (*b"50", "重庆市", "Chongqing"),
    (*b"51", "四川省", "Sichuan"),
    (*b"52", "贵州省", "Guizhou"),
    (*b"53", "云南省", "Yunnan"),
    (*b"54", "西藏自治区", "Tibet"),
    (*b"61", "陕西省", "Shaanxi"),
    (*b"62", "甘肃省", "Gansu"),
    (*b"63", "青海省", "Qinghai"),
    (*b"64", "宁夏回族自治区", "Ningxia"),
    (*b"65", "新疆维吾尔自治区", "Xinjiang"),
    (*b"71", "台湾省", "Taiwan"),
    (*b"81", "香港特别行政区", "Hong Kong"),
    (*b"82", "澳门特别行政区", "Macao"),
];

/// What kind of division a name ends with, the longer first: left out in speech and in many files.
const KINDS: [&str; 7] = ["维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "省", "市"];

/// A jurisdiction of any level.
///
/// Two digits for the province, two for the city (`00`: the whole province), two for the county (`00`: the whole city). A *unit*, such
/// as a tourism or high-tech zone, has the four digits of its city and a configured suffix with at least one letter (`3715A1`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 6]);

/// How high a jurisdiction stands (部、省、市、县), the highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Ministry,
    Province,
    Municipal,
    /// A county, a district, or a unit that is administered like one.
    County,
}

/// Why a text is no region, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    #[error("region is empty")]
    Empty,
    #[error("region does not have six characters")]
    WrongLength,
    #[error("region has a character that is not allowed where it stands")]
    IllegalCharacter,
    #[error("region begins with no province")]
    UnknownProvince,
    #[error("region names a county or unit without a city")]
    CountyWithoutCity,
}

impl RegionError {
    /// The stable reason code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "REGION_EMPTY",
            Self::WrongLength => "REGION_WRONG_LENGTH",
            Self::IllegalCharacter => "REGION_ILLEGAL_CHARACTER",
            Self::UnknownProvince => "REGION_UNKNOWN_PROVINCE",
            Self::CountyWithoutCity => "REGION_COUNTY_WITHOUT_CITY",
        }
    }

    /// The reason in Chinese.
    pub fn zh(&self) -> &'static str {
        match self {
            Self::Empty => "行政区划代码为空",
            Self::WrongLength => "行政区划代码应为6位",
            Self::IllegalCharacter => "行政区划代码含有不允许的字符",
            Self::UnknownProvince => "行政区划代码开头的省级代码不存在",
            Self::CountyWithoutCity => "行政区划代码有县级部分而无市级部分",
        }
    }
}

impl Region {
    /// The ministry, which covers every place.
    pub const MINISTRY: Self = Self(*b"000000");

    /// Reads a code; full-width characters, spaces and lower-case letters are typing.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        if let Some(code) = text.as_bytes().try_into().ok().filter(|code: &[u8; 6]| code.iter().all(u8::is_ascii_digit))
        {
            return Self::from_code(code);
        }
        let mut code = [0; 6];
        let mut length: usize = 0;
        for character in meant(text) {
            let Some(slot) = code.get_mut(length) else { return Err(RegionError::WrongLength) };
            *slot = u8::try_from(character.to_ascii_uppercase()).map_err(|_| RegionError::IllegalCharacter)?;
            length = length.saturating_add(1);
        }
        match length {
            0 => Err(RegionError::Empty),
            6 => Self::from_code(code),
            _ => Err(RegionError::WrongLength),
        }
    }

    /// The province of a name, with or without what kind of division it is: 山东省, 山东, 内蒙古自治区, 内蒙古.
    pub fn province_of_name(name: &str) -> Option<Self> {
        let name: String = meant(name).collect();
        let short = |it: &'static str| KINDS.iter().find_map(|kind| it.strip_suffix(kind)).unwrap_or(it);
        let found = PROVINCES.iter().find(|(_, full, _)| *full == name || short(full) == name);
        found.map(|([a, b], ..)| Self([*a, *b, b'0', b'0', b'0', b'0']))
    }

    /// The six characters.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever stored.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How high the jurisdiction stands.
    pub fn level(&self) -> Level {
        match self.0 {
            [b'0', b'0', ..] => Level::Ministry,
            [_, _, b'0', b'0', ..] => Level::Province,
            [_, _, _, _, b'0', b'0'] => Level::Municipal,
            _ => Level::County,
        }
    }

    /// The province it lies in; the ministry for the ministry.
    pub fn province(&self) -> Self {
        let [a, b, ..] = self.0;
        Self([a, b, b'0', b'0', b'0', b'0'])
    }

    /// The city it lies in; itself for a province or the ministry.
    pub fn city(&self) -> Self {
        let [a, b, c, d, ..] = self.0;
        Self([a, b, c, d, b'0', b'0'])
    }

    /// Whether the other place is this one or lies within it.
    pub fn covers(&self, other: Self) -> bool {
        match self.level() {
            Level::Ministry => true,
            Level::Province => *self == other.province(),
            Level::Municipal => *self == other.city(),
            Level::County => *self == other,
        }
    }

    /// The Chinese name of the province; that of the country for the ministry.
    pub fn province_name_zh(&self) -> &'static str {
        self.division().map_or("全国", |(_, zh, _)| zh)
    }

    /// The same in English.
    pub fn province_name_en(&self) -> &'static str {
        self.division().map_or("the whole country", |(_, _, en)| en)
    }

    fn division(&self) -> Option<&'static ([u8; 2], &'static str, &'static str)> {
        let [a, b, ..] = self.0;
        PROVINCES.iter().find(|(code, ..)| *code == [a, b])
    }

    fn from_code(code: [u8; 6]) -> Result<Self, RegionError> {
        let [a, b, c, d, e, f] = code;
        if ![a, b, c, d].iter().all(u8::is_ascii_digit) || ![e, f].iter().all(u8::is_ascii_alphanumeric) {
            return Err(RegionError::IllegalCharacter);
        }
        if code == Self::MINISTRY.0 {
            return Ok(Self::MINISTRY);
        }
        if !is_province([a, b]) {
            return Err(RegionError::UnknownProvince);
        }
        if [c, d] == *b"00" && [e, f] != *b"00" {
            return Err(RegionError::CountyWithoutCity);
        }
        Ok(Self(code))
    }
}

/// Whether two digits are a division of the first level of GB/T 2260. Two ASCII digits are expected; nothing else is a division.
pub(super) fn is_province(prefix: [u8; 2]) -> bool {
    let [tens, ones] = prefix.map(|digit| usize::from(digit.wrapping_sub(b'0')));
    IS_PROVINCE.get(tens).and_then(|row| row.get(ones)).copied().unwrap_or(false)
}

/// [`PROVINCES`] by tens and ones of the code, looked up once a row of files with millions.
const IS_PROVINCE: [[bool; 10]; 10] = {
    let mut table = [[false; 10]; 10];
    let mut at = 0;
    while at < PROVINCES.len() {
        let [tens, ones] = PROVINCES[at].0;
        table[(tens - b'0') as usize][(ones - b'0') as usize] = true;
        at += 1;
    }
    table
};

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({self})")
    }
}

canonical_serde!(Region);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn region(text: &str) -> Region {
        Region::parse(text).unwrap()
    }

    #[test]
    fn a_code_is_read_or_refused_with_its_reason() {
        let check = |text, expected: Result<&str, RegionError>| {
            assert_eq!(Region::parse(text).as_ref().map(Region::as_str).map_err(|it| *it), expected, "{text}");
        };
        check("371502", Ok("371502"));
        check("３７１５０２", Ok("371502"));
        check(" 3715a1 ", Ok("3715A1"));
        check("000000", Ok("000000"));
        check("", Err(RegionError::Empty));
        check("3715", Err(RegionError::WrongLength));
        check("3715021", Err(RegionError::WrongLength));
        check("37A502", Err(RegionError::IllegalCharacter));
        check("3715县0", Err(RegionError::IllegalCharacter));
        check("3715_1", Err(RegionError::IllegalCharacter));
        check("380000", Err(RegionError::UnknownProvince));
        check("000100", Err(RegionError::UnknownProvince));
        check("830000", Err(RegionError::UnknownProvince));
        check("370001", Err(RegionError::CountyWithoutCity));
        check("3700A1", Err(RegionError::CountyWithoutCity));
        assert_eq!(RegionError::UnknownProvince.code(), "REGION_UNKNOWN_PROVINCE");
    }

    #[test]
    fn a_region_knows_its_level_and_what_lies_above() {
        let check = |text, level, province, city, name| {
            let it = region(text);
            assert_eq!((it.level(), it.province(), it.city()), (level, region(province), region(city)), "{text}");
            assert_eq!(it.province_name_zh(), name);
        };
        check("000000", Level::Ministry, "000000", "000000", "全国");
        check("370000", Level::Province, "370000", "370000", "山东省");
        check("371500", Level::Municipal, "370000", "371500", "山东省");
        check("371502", Level::County, "370000", "371500", "山东省");
        check("3715A1", Level::County, "370000", "371500", "山东省");
        check("410100", Level::Municipal, "410000", "410100", "河南省");
        let english = |text| region(text).province_name_en();
        assert_eq!(["000000", "371502", "410000"].map(english), ["the whole country", "Shandong", "Henan"]);
    }

    #[test]
    fn a_region_covers_itself_and_what_lies_within() {
        let places = ["000000", "370000", "371500", "371502", "3715A1", "370100", "410000"];
        let check = |outer, inner: &[&str]| {
            let covered: Vec<_> = places.into_iter().filter(|it| region(outer).covers(region(it))).collect();
            assert_eq!(covered, inner, "{outer}");
        };
        check("000000", &places);
        check("370000", &["370000", "371500", "371502", "3715A1", "370100"]);
        check("371500", &["371500", "371502", "3715A1"]);
        check("371502", &["371502"]);
        check("3715A1", &["3715A1"]);
    }

    #[test]
    fn the_table_is_in_the_order_of_its_codes() {
        assert!(PROVINCES.is_sorted_by(|(left, ..), (right, ..)| left < right));
    }

    proptest! {
        #[test]
        fn the_quick_way_reads_what_the_long_way_reads(text in "[0-9]{6}|[0-9A-Za-z]{5,7}") {
            // A blank sends it the long way.
            prop_assert_eq!(Region::parse(&text), Region::parse(&format!(" {text}")));
        }

        #[test]
        fn cover_is_a_partial_order(codes in proptest::array::uniform3("(37|41)(00|15|01)(00|02|A1)")) {
            let Ok([a, b, c]) = codes.each_ref().map(|it| Region::parse(it)).into_iter().collect::<Result<Vec<_>, _>>()
                .map(|it| <[Region; 3]>::try_from(it).unwrap()) else { return Ok(()) };
            prop_assert!(a.covers(a) && a.province().covers(a) && a.city().covers(a) && Region::MINISTRY.covers(a));
            prop_assert!(!(a.covers(b) && b.covers(a)) || a == b);
            prop_assert!(!(a.covers(b) && b.covers(c)) || a.covers(c));
            prop_assert_eq!(serde_json::from_str::<Region>(&serde_json::to_string(&a).unwrap()).unwrap(), a);
        }
    }
}
