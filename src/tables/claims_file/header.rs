//! The header of a file of claims: encoding, delimiter, and which column means what.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};

use crate::tables::column::{Column, plain};

/// What a column of a claim can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Field {
    ClaimId,
    Province,
    County,
    Uscc,
    Name,
    ResidentId,
    Subsidy,
    Month,
    AmountYuan,
    Account,
    Phone,
}

impl Field {
    pub const ALL: [Self; 11] = [
        Self::ClaimId,
        Self::Province,
        Self::County,
        Self::Uscc,
        Self::Name,
        Self::ResidentId,
        Self::Subsidy,
        Self::Month,
        Self::AmountYuan,
        Self::Account,
        Self::Phone,
    ];

    /// The name of the column in files of ours.
    pub fn code(self) -> &'static str {
        match self {
            Self::ClaimId => "claim_id",
            Self::Province => "province",
            Self::County => "county",
            Self::Uscc => "uscc",
            Self::Name => "name",
            Self::ResidentId => "resident_id",
            Self::Subsidy => "subsidy",
            Self::Month => "month",
            Self::AmountYuan => "amount_yuan",
            Self::Account => "account",
            Self::Phone => "phone",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }

    /// Words of claims, besides those that rosters use as well.
    fn words(self) -> (&'static str, Option<Column>) {
        match self {
            Self::ClaimId => ("申领编号 申领单号 申请编号 申领号 业务编号 受理编号", None),
            Self::Province => ("省份 省 所属省份 所属省 省级 申领省份", None),
            Self::County => ("区县 申领县区 所在县区", Some(Column::Region)),
            Self::Uscc => ("", Some(Column::EnterpriseCode)),
            Self::Name => ("", Some(Column::PersonName)),
            Self::ResidentId => ("", Some(Column::ResidentId)),
            Self::Subsidy => ("补贴 补助 补贴名称 补助名称", Some(Column::Subsidy)),
            Self::Month => ("月份 所属月份 申领月份 所属期", None),
            Self::AmountYuan => ("金额 金额元 补贴金额 补助金额 申领金额 amount", None),
            Self::Account => ("收款账户 收款帐号 账号 账户", Some(Column::BankAccount)),
            Self::Phone => ("本人手机号", Some(Column::Phone)),
        }
    }

    fn of(written: &str) -> Option<Self> {
        let plain = plain(written);
        let is_meant = |field: &Self| {
            let (own, column) = field.words();
            field.code() == plain
                || own.split_whitespace().any(|word| word == plain)
                || column.is_some_and(|column| column.words().any(|word| word == plain))
        };
        Self::ALL.into_iter().find(is_meant)
    }
}

/// Without these no row is a claim.
const NEEDED: [Field; 3] = [Field::ClaimId, Field::ResidentId, Field::Subsidy];
const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];
/// More columns than any export of claims has.
const COLUMNS_MAX: usize = 256;

/// Why a file of claims is refused as a whole. No message repeats what a data cell holds.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsFileError {
    #[error("file is empty")]
    Empty,
    #[error("file is UTF-16; save it as UTF-8")]
    Utf16,
    #[error("first row is no header: it is in no known encoding, too long, or has more than {COLUMNS_MAX} columns")]
    NoHeader,
    #[error("no column for {}; understood are its Chinese names, others by --map {}=WORD", .0.code(), .0.code())]
    MissingColumn(Field),
    #[error("two columns mean {}", .0.code())]
    DuplicateColumn(Field),
    #[error("--map names a column that the header does not have, or a field that claims do not have")]
    UnknownMap,
}

/// Where a file has what.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) delimiter: u8,
    pub(super) columns: usize,
    /// By field, which column it is.
    places: [Option<usize>; Field::ALL.len()],
    encoding: &'static Encoding,
    /// Where the first row of data begins, in bytes.
    pub data_from: usize,
}

impl Layout {
    /// Reads the header from the first bytes of a file; `map` has fields and the words used for them, which come before our own.
    pub fn read(head: &[u8], map: &[(String, String)]) -> Result<Self, ClaimsFileError> {
        let (encoding, mark) = match Encoding::for_bom(head) {
            Some((encoding, mark)) if encoding == UTF_8 => (UTF_8, mark),
            Some(_) => return Err(ClaimsFileError::Utf16),
            None => (encoding_of(head), 0),
        };
        let rest = head.get(mark..).unwrap_or_default();
        if rest.iter().all(u8::is_ascii_whitespace) {
            return Err(ClaimsFileError::Empty);
        }
        let (cells, delimiter, length) = DELIMITERS
            .into_iter()
            .filter_map(|delimiter| header_cells(rest, delimiter, encoding))
            // A comma if nothing tells.
            .rev()
            .max_by_key(|(cells, ..)| cells.iter().filter(|cell| Field::of(cell).is_some()).count())
            .filter(|(cells, ..)| cells.len() <= COLUMNS_MAX)
            .ok_or(ClaimsFileError::NoHeader)?;
        let places = places(&cells, map)?;
        Ok(Self { delimiter, columns: cells.len(), places, encoding, data_from: mark.saturating_add(length) })
    }

    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// How many cells a row has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn is_utf8(&self) -> bool {
        self.encoding == UTF_8
    }

    pub(super) fn place(&self, field: Field) -> Option<usize> {
        self.places.get(field as usize).copied().flatten()
    }

    /// A cell as text; `None` where its bytes are of another encoding.
    pub(super) fn decode<'a>(&self, cell: &'a [u8]) -> Option<Cow<'a, str>> {
        self.encoding.decode_without_bom_handling_and_without_replacement(cell)
    }
}

/// GB18030 only where it cannot be UTF-8: the head ends within a character at most.
fn encoding_of(head: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(head) {
        Ok(_) => UTF_8,
        Err(error) if error.error_len().is_none() => UTF_8,
        // A long way of valid Chinese is UTF-8 with a broken byte further down.
        Err(error) if has_chinese(head.get(..error.valid_up_to()).unwrap_or_default()) => UTF_8,
        Err(_) => GB18030,
    }
}

/// Fewer Chinese characters than this in valid UTF-8 may be GB18030 that happens to look like it.
const CONVINCING_CHARACTERS: usize = 4;

fn has_chinese(valid: &[u8]) -> bool {
    let is_han = |it: &char| ('\u{4E00}'..='\u{9FFF}').contains(it);
    std::str::from_utf8(valid).is_ok_and(|text| text.chars().filter(is_han).nth(CONVINCING_CHARACTERS - 1).is_some())
}

/// The cells of the first row, and the bytes it takes.
fn header_cells(bytes: &[u8], delimiter: u8, encoding: &'static Encoding) -> Option<(Vec<String>, u8, usize)> {
    let length = super::rows::row_bytes(bytes, delimiter, None).unwrap_or(bytes.len());
    let line = bytes.get(..length)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(line);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).ok()?;
    let decode = |cell: &[u8]| encoding.decode_without_bom_handling_and_without_replacement(cell).map(Cow::into_owned);
    let cells: Option<Vec<String>> = record.iter().map(decode).collect();
    Some((cells?, delimiter, length))
}

fn places(cells: &[String], map: &[(String, String)]) -> Result<[Option<usize>; Field::ALL.len()], ClaimsFileError> {
    let mut places = [None; Field::ALL.len()];
    let mut put = |field: Field, at: usize| match places.get_mut(field as usize) {
        Some(place @ None) => {
            *place = Some(at);
            Ok(())
        }
        _ => Err(ClaimsFileError::DuplicateColumn(field)),
    };
    let mut mapped = Vec::new();
    for (code, word) in map {
        let field = Field::from_code(code).ok_or(ClaimsFileError::UnknownMap)?;
        let word = plain(word);
        let at = cells.iter().position(|cell| plain(cell) == word).ok_or(ClaimsFileError::UnknownMap)?;
        put(field, at)?;
        mapped.push((field, at));
    }
    for (at, cell) in cells.iter().enumerate() {
        if let Some(field) = Field::of(cell)
            && !mapped.iter().any(|(to, place)| *to == field || *place == at)
        {
            put(field, at)?;
        }
    }
    for field in NEEDED {
        if places.get(field as usize).copied().flatten().is_none() {
            return Err(ClaimsFileError::MissingColumn(field));
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(head: &[u8]) -> Result<Layout, ClaimsFileError> {
        Layout::read(head, &[])
    }

    fn places_of(layout: &Layout) -> Vec<Option<usize>> {
        Field::ALL.into_iter().map(|field| layout.place(field)).collect()
    }

    #[test]
    fn english_and_chinese_headers_mean_the_same() {
        let codes: Vec<&str> = Field::ALL.iter().map(|field| field.code()).collect();
        let english = layout(format!("{}\r\n1", codes.join(",")).as_bytes()).unwrap();
        let chinese = "申领编号,省份,县区,统一社会信用代码,姓名,身份证号,补贴项目,月份,金额(元),收款账号,手机号\n";
        for bytes in [chinese.as_bytes().to_vec(), GB18030.encode(chinese).0.into_owned()] {
            let it = layout(&bytes).unwrap();
            assert_eq!(places_of(&it), places_of(&english));
            assert_eq!(it.data_from, bytes.len());
        }
        let marked = layout(format!("\u{FEFF}{}\t备注\n", chinese.trim_end().replace(',', "\t")).as_bytes()).unwrap();
        assert_eq!((marked.delimiter, marked.columns, marked.is_utf8()), (b'\t', 12, true));
        assert_eq!(places_of(&marked), places_of(&english));
    }

    #[test]
    fn other_words_are_mapped() {
        let map = [("claim_id".to_owned(), "编码".to_owned()), ("phone".to_owned(), "姓名".to_owned())];
        let it = Layout::read("编码,姓名,身份证号,补贴项目,手机号\n".as_bytes(), &map).unwrap();
        assert_eq!(it.place(Field::ClaimId), Some(0));
        assert_eq!(it.place(Field::Phone), Some(1));
        assert_eq!(it.place(Field::Name), None);
        let unknown = [("claim_id".to_owned(), "没有".to_owned())];
        assert_eq!(
            Layout::read("编码,身份证号,补贴项目".as_bytes(), &unknown).unwrap_err(),
            ClaimsFileError::UnknownMap
        );
    }

    #[test]
    fn a_file_without_what_is_needed_is_refused() {
        let check = |head: &[u8], expected| assert_eq!(layout(head).unwrap_err(), expected);
        check(b"", ClaimsFileError::Empty);
        check(b"\xFF\xFEc\0", ClaimsFileError::Utf16);
        check(b"claim_id,subsidy\n1,2", ClaimsFileError::MissingColumn(Field::ResidentId));
        check(b"claim_id,subsidy,resident_id,claim_id\n", ClaimsFileError::DuplicateColumn(Field::ClaimId));
        check(b"\"claim_id\",subsidy", ClaimsFileError::MissingColumn(Field::ResidentId));
    }
}
