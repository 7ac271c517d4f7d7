//! Sheets out, one row at a time: XLSX and CSV for people, JSON lines for scripts.
//!
//! A text never becomes a formula or a rounded number where it is opened: see `export_text::guarded`.

use std::borrow::Cow;
use std::io::Write;

use jiff::civil::Date;

use super::error::TableError;
pub use super::export_text::{CsvWriter, JsonLinesWriter};
pub use super::export_xlsx::XlsxWriter;
use crate::domain::money::Fen;

/// What a sheet is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    Xlsx,
    Csv,
    JsonLines,
}

impl ExportFormat {
    /// The format that the ending of a file name asks for.
    pub fn from_file_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "xlsx" => Some(Self::Xlsx),
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// One column: what it is called in Chinese, and in English, which is also its key in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    pub zh: Cow<'static, str>,
    pub en: Cow<'static, str>,
    /// In characters of Latin script; a Chinese one takes two.
    pub width: u16,
}

impl Heading {
    /// A column as wide as an identity number.
    pub const fn new(zh: &'static str, en: &'static str) -> Self {
        Self { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en), width: 20 }
    }

    /// The same with another width.
    #[must_use]
    pub const fn wide(mut self, width: u16) -> Self {
        self.width = width;
        self
    }
}

/// In which language the headings of XLSX and CSV are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    Chinese,
    English,
}

/// What is the same for all rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// A line above the header of an XLSX sheet; other formats have no place for it.
    pub title: Option<String>,
    pub headings: Vec<Heading>,
    pub language: Language,
}

impl Layout {
    /// A layout without a title, in Chinese.
    pub fn new(headings: impl IntoIterator<Item = Heading>) -> Self {
        Self { headings: headings.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.headings.iter().map(|heading| match self.language {
            Language::Chinese => heading.zh.as_ref(),
            Language::English => heading.en.as_ref(),
        })
    }

    pub(super) fn check_width(&self, row: &[Value]) -> Result<(), TableError> {
        let (expected, actual) = (self.headings.len(), row.len());
        if expected == actual { Ok(()) } else { Err(TableError::RowWidth { expected, actual }) }
    }
}

/// One value of a row. What has digits but is no quantity, such as an identity number or a code, is a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Empty,
    Text(String),
    Integer(i64),
    /// Written in yuan.
    Money(Fen),
    Date(Date),
}

impl Value {
    /// A text, or nothing.
    pub fn optional(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Writes a table row by row, so that its length is bounded by the disk alone.
pub trait RowWriter {
    /// Writes one row, which must have a value for each heading.
    fn write_row(&mut self, row: &[Value]) -> Result<(), TableError>;

    /// Completes the file; one that is not finished is not a file. Answers how many rows it holds.
    fn finish(self: Box<Self>) -> Result<u64, TableError>;
}

/// Starts a table in the given format.
pub fn row_writer<'w>(
    format: ExportFormat,
    sink: impl Write + Send + 'w,
    layout: Layout,
) -> Result<Box<dyn RowWriter + Send + 'w>, TableError> {
    Ok(match format {
        ExportFormat::Xlsx => Box::new(XlsxWriter::new(sink, layout)?),
        ExportFormat::Csv => Box::new(CsvWriter::new(sink, layout)?),
        ExportFormat::JsonLines => Box::new(JsonLinesWriter::new(sink, layout)),
    })
}

/// A whole table, for those that are small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub layout: Layout,
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// Writes the table; answers how many rows it holds.
    pub fn write(&self, format: ExportFormat, sink: impl Write + Send) -> Result<u64, TableError> {
        let mut writer = row_writer(format, sink, self.layout.clone())?;
        self.rows.iter().try_for_each(|row| writer.write_row(row))?;
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{fixtures, read};
    use super::*;
    use proptest::prelude::*;

    fn table(text: &str) -> Table {
        let headings = [
            Heading::new("姓名", "name"),
            Heading::new("身份证号", "resident_id"),
            Heading::new("手机号", "phone"),
            Heading::new("金额（元）", "amount").wide(12),
            Heading::new("日期", "date"),
        ];
        let row = vec![
            Value::from(text),
            Value::Text(fixtures::resident_id(7)),
            Value::optional(None::<String>),
            Value::Money(Fen::new(150_000)),
            Value::Date(jiff::civil::date(2022, 6, 30)),
        ];
        Table { layout: Layout::new(headings), rows: vec![row] }
    }

    /// Writes a table of one row and reads its cells back.
    fn back(text: &str, format: ExportFormat) -> Vec<String> {
        let mut bytes = Vec::new();
        assert_eq!(table(text).write(format, &mut bytes).unwrap(), 1);
        let sheet = read::read(&bytes, "a").unwrap().remove(0);
        sheet.rows[1].cells.iter().map(|cell| cell.shown().unwrap_or_default()).collect()
    }

    #[test]
    fn what_is_written_is_read_back() {
        for format in [ExportFormat::Xlsx, ExportFormat::Csv] {
            let cells = back("张三", format);
            assert_eq!(cells[..3], ["张三".to_owned(), fixtures::resident_id(7), String::new()], "{format:?}");
            assert_eq!(cells[4], "2022-06-30", "{format:?}");
            assert_eq!(cells[3].trim_end_matches(".00"), "1500", "{format:?}");
        }
    }

    #[test]
    fn a_row_must_fit_its_table() {
        for format in [ExportFormat::Xlsx, ExportFormat::Csv, ExportFormat::JsonLines] {
            let mut writer = row_writer(format, std::io::sink(), table("").layout).unwrap();
            let error = writer.write_row(&[Value::Empty]).unwrap_err();
            assert_eq!(error.to_string(), "a row of 1 values was given to a table of 5 columns");
        }
    }

    #[test]
    fn a_file_name_tells_the_format() {
        let check = |name, expected| assert_eq!(ExportFormat::from_file_name(name), expected, "{name}");
        check("a/疑点.XLSX", Some(ExportFormat::Xlsx));
        check("a.csv", Some(ExportFormat::Csv));
        check("a.jsonl", Some(ExportFormat::JsonLines));
        check("a.xls", None);
        check("csv", None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_text_becomes_a_formula(text in "[=+@＝－\t\r\0 'a\"|-]{0,6}|\\PC{0,9}") {
            for format in [ExportFormat::Xlsx, ExportFormat::Csv] {
                let mut bytes = Vec::new();
                table(&text).write(format, &mut bytes).unwrap();
                prop_assert!(read::read(&bytes, "a").is_ok());
            }
            let mut bytes = Vec::new();
            table(&text).write(ExportFormat::Csv, &mut bytes).unwrap();
            let mut reader = csv::ReaderBuilder::new().from_reader(bytes.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            prop_assert!(!record[0].trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{:?}", &record[0]);
            prop_assert!(!record[0].contains(char::is_control));
        }
    }
}
