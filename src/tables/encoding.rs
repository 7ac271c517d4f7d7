//! Bytes to text: UTF-8 with or without its mark, UTF-16 with its mark, and otherwise GB18030, which includes GBK and GB2312.

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::error::TableError;

/// Fewer Chinese characters than this in a row of valid UTF-8 may be GB18030 that happens to look like it.
const CONVINCING_CHARACTERS: usize = 4;

/// Decodes a text file; bytes that belong to no encoding are an error that names the row.
pub(super) fn decode(bytes: &[u8]) -> Result<String, TableError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(mark..).unwrap_or_default();
        return strict(encoding, rest).map_err(|row| TableError::Encoding { row });
    }
    strict(UTF_8, bytes).or_else(|row| {
        // A long valid beginning means UTF-8 with a broken byte further down, not another encoding.
        let valid = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                bytes.get(..error.valid_up_to()).and_then(|head| std::str::from_utf8(head).ok()).unwrap_or("")
            }
        };
        if valid.chars().filter(|c| is_han(*c)).take(CONVINCING_CHARACTERS).count() == CONVINCING_CHARACTERS {
            return Err(TableError::Encoding { row });
        }
        strict(GB18030, bytes).map_err(|row| TableError::Encoding { row })
    })
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Decodes without replacing anything; the error is the number of the row that cannot be read.
fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, u32> {
    debug_assert!([UTF_8, GB18030, UTF_16LE, UTF_16BE].contains(&encoding));
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let size = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).ok_or(1_u32)?;
    let mut text = String::with_capacity(size);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true).0 {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::OutputFull | DecoderResult::Malformed(..) => Err(row_at_end(&text)),
    }
}

/// The row in which a text ends.
fn row_at_end(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<&str, u32>) {
        let actual = decode(bytes);
        match (actual, expected) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected),
            (Err(TableError::Encoding { row }), Err(expected)) => assert_eq!(row, expected),
            (actual, expected) => panic!("{actual:?} is not {expected:?}"),
        }
    }

    #[test]
    fn each_encoding_an_office_saves_is_read() {
        let text = "姓名,㐂𠮷\n李·四";
        check(text.as_bytes(), Ok(text));
        check(&[b"\xEF\xBB\xBF", text.as_bytes()].concat(), Ok(text));
        check(&GB18030.encode(text).0, Ok(text));
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        check(&[b"\xFF\xFE", little.as_slice()].concat(), Ok(text));
        check(&[b"\xFE\xFF", big.as_slice()].concat(), Ok(text));
        check(b"", Ok(""));
    }

    #[test]
    fn bytes_of_no_encoding_name_their_row() {
        check(&[b"\xEF\xBB\xBFa\nb", b"\xFF".as_slice()].concat(), Err(2));
        check(&["姓名身份\n张三\n李".as_bytes(), b"\xE5\x9B\n"].concat(), Err(3));
        check(&[&GB18030.encode("姓名\n").0, b"\xFF\xFF".as_slice()].concat(), Err(2));
        check(b"\xFF\xFEa\0\n\0\0\xD8", Err(2));
    }
}
