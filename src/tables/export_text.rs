//! CSV as a spreadsheet opens it, JSON lines as a script reads it, and the guard that keeps a text a text.

use std::borrow::Cow;
use std::io::Write;

use super::error::TableError;
use super::export::{Layout, RowWriter, Value};
use crate::domain::money::Fen;

/// Tells a spreadsheet that the file is UTF-8; without it Chinese opens as gibberish.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// A spreadsheet keeps this many digits of what it takes for a number.
pub(super) const KEPT_DIGITS: usize = 15;

/// A text without invisible characters, and with an apostrophe in front if a spreadsheet would run it as a formula.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{text}"))
    } else {
        text
    }
}

/// The same for CSV, where a spreadsheet must guess what is a number: it would round an all-digit code and drop a leading zero.
pub(super) fn guarded_csv(text: &str) -> Cow<'_, str> {
    let text = guarded(text);
    if becomes_another_number(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

fn becomes_another_number(text: &str) -> bool {
    let (digits, exponent) =
        text.trim().split_once(['E', 'e']).map_or((text.trim(), None), |(digits, it)| (digits, Some(it)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match exponent {
        Some(exponent) => is_digits(digits) && is_digits(exponent),
        None => is_digits(digits) && (digits.len() > KEPT_DIGITS || digits.len() > 1 && digits.starts_with('0')),
    }
}

/// Leaves out what has no place in a cell: controls, marks that turn or hide text, and what XML cannot hold.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    if text.contains(is_hidden) {
        Cow::Owned(text.chars().filter(|c| !is_hidden(*c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Writes CSV: UTF-8 with its mark, RFC 4180, every text in quotes.
pub struct CsvWriter<W: Write> {
    csv: csv::Writer<W>,
    layout: Layout,
    rows: u64,
}

impl<W: Write> CsvWriter<W> {
    /// Starts a file with its mark and header.
    pub fn new(mut sink: W, layout: Layout) -> Result<Self, TableError> {
        sink.write_all(BYTE_ORDER_MARK)?;
        let mut writer = Self::resume(sink, layout);
        let words: Vec<Cow<'_, str>> = writer.layout.words().map(guarded_csv).collect();
        writer.csv.write_record(words.iter().map(|word| word.as_bytes())).map_err(io_error)?;
        Ok(writer)
    }

    /// Goes on with a file that has its header already.
    pub fn resume(sink: W, layout: Layout) -> Self {
        let csv = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::NonNumeric)
            .terminator(csv::Terminator::CRLF)
            .from_writer(sink);
        Self { csv, layout, rows: 0 }
    }
}

impl<W: Write> RowWriter for CsvWriter<W> {
    fn write_row(&mut self, row: &[Value]) -> Result<(), TableError> {
        self.layout.check_width(row)?;
        for value in row {
            let field = match value {
                Value::Empty => Cow::Borrowed(""),
                Value::Text(text) => guarded_csv(text),
                Value::Integer(number) => Cow::Owned(number.to_string()),
                Value::Money(amount) => Cow::Owned(plain_yuan(*amount)),
                Value::Date(date) => Cow::Owned(date.to_string()),
            };
            self.csv.write_field(field.as_bytes()).map_err(io_error)?;
        }
        self.csv.write_record(None::<&[u8]>).map_err(io_error)?;
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, TableError> {
        self.csv.flush()?;
        Ok(self.rows)
    }
}

/// Writes one JSON object a line, its keys the English headings, in their order; an empty value is null, an amount a text in yuan.
pub struct JsonLinesWriter<W: Write> {
    sink: W,
    layout: Layout,
    rows: u64,
}

impl<W: Write> JsonLinesWriter<W> {
    /// Starts a file, or goes on with one: JSON lines have no header.
    pub fn new(sink: W, layout: Layout) -> Self {
        Self { sink, layout, rows: 0 }
    }
}

impl<W: Write> RowWriter for JsonLinesWriter<W> {
    fn write_row(&mut self, row: &[Value]) -> Result<(), TableError> {
        self.layout.check_width(row)?;
        let mut line = String::from("{");
        for (heading, value) in self.layout.headings.iter().zip(row) {
            if line.len() > 1 {
                line.push(',');
            }
            line.push_str(&quoted(&heading.en));
            line.push(':');
            line.push_str(&match value {
                Value::Empty => "null".to_owned(),
                Value::Text(text) => quoted(text),
                Value::Integer(number) => number.to_string(),
                Value::Money(amount) => quoted(&plain_yuan(*amount)),
                Value::Date(date) => quoted(&date.to_string()),
            });
        }
        line.push_str("}\n");
        self.sink.write_all(line.as_bytes())?;
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, TableError> {
        self.sink.flush()?;
        Ok(self.rows)
    }
}

/// An amount in yuan as a program reads it: `18500.00`.
pub(super) fn plain_yuan(amount: Fen) -> String {
    amount.yuan_text().replace(',', "")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn io_error(error: csv::Error) -> TableError {
    TableError::Write(error.into())
}

#[cfg(test)]
mod tests {
    use super::super::export::{ExportFormat, Heading, Table};
    use super::*;

    #[test]
    fn a_text_stays_a_text() {
        let check = |text, expected| assert_eq!(guarded_csv(text), expected, "{text:?}");
        check("张三", "张三");
        check("=1+1", "'=1+1");
        check("＝1", "'＝1");
        check("+86", "'+86");
        check("-", "'-");
        check("@SUM", "'@SUM");
        check(" \u{3000}=1", "' \u{3000}=1");
        check("\t=1", "'=1");
        check("\r\n\0\u{feff}@", "'@");
        check("a=1", "a=1");
        check("1\u{202e}2\u{7}3", "123");
        check("9137150012345678", "'9137150012345678");
        check("9137150E12", "'9137150E12");
        check("06358888888", "'06358888888");
        check("13800000000", "13800000000");
        check("0", "0");
    }

    #[test]
    fn both_formats_are_as_promised() {
        let layout =
            Layout::new([Heading::new("姓名", "name"), Heading::new("金额", "amount"), Heading::new("数", "count")]);
        let rows = vec![
            vec![Value::from("a\"b,\n"), Value::Money(Fen::new(-5)), Value::Integer(-3)],
            vec![Value::Empty, Value::Empty, Value::Date(jiff::civil::date(2022, 6, 30))],
        ];
        let table = Table { layout, rows };
        let write = |format| {
            let mut bytes = Vec::new();
            table.write(format, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(
            write(ExportFormat::Csv),
            "\u{feff}\"姓名\",\"金额\",\"数\"\r\n\"a\"\"b,\",-0.05,-3\r\n\"\",\"\",\"2022-06-30\"\r\n"
        );
        assert_eq!(
            write(ExportFormat::JsonLines),
            "{\"name\":\"a\\\"b,\\n\",\"amount\":\"-0.05\",\"count\":-3}\n{\"name\":null,\"amount\":null,\"count\":\"2022-06-30\"}\n"
        );
    }

    #[test]
    fn a_resumed_file_gets_no_second_header() {
        let mut writer = Box::new(CsvWriter::resume(Vec::new(), Layout::new([Heading::new("姓名", "name")])));
        writer.write_row(&["a".into()]).unwrap();
        assert_eq!(writer.csv.into_inner().unwrap(), b"\"a\"\r\n");
    }
}
