//! What people write into records: short texts, paragraphs and references, bounded, and without a number of somebody's (I11).

use super::identity::{ResidentId, personal_number};

/// Names of agreements and reasons are a line, not a page.
pub const LINE_CHARACTERS_MAX: usize = 200;
/// The facts of a case and the reply to it are a paragraph.
pub const PARAGRAPH_CHARACTERS_MAX: usize = 500;
/// An identity number in its present form; of the older form any long enough number may be one.
const RESIDENT_ID_LENGTH: usize = 18;
const REFERENCE_LENGTH_MAX: usize = 64;

/// Why a text is not taken. Never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrittenError {
    #[error("text exceeds 200 characters")]
    LineTooLong,
    #[error("text exceeds 500 characters")]
    ParagraphTooLong,
    #[error("text has a control character")]
    ControlCharacter,
    #[error("text has a number as long as a phone or identity number")]
    PersonalNumber,
    #[error("bank_reference is an identity number")]
    ReferencePersonal,
    #[error("bank_reference is not 1 to 64 visible ASCII characters")]
    ReferenceMalformed,
}

impl WrittenError {
    /// The stable reason code.
    pub fn code(self) -> &'static str {
        match self {
            Self::LineTooLong | Self::ParagraphTooLong => "TEXT_TOO_LONG",
            Self::ControlCharacter => "TEXT_CONTROL_CHARACTER",
            Self::PersonalNumber => "TEXT_PERSONAL_NUMBER",
            Self::ReferencePersonal => "BANK_REFERENCE_PERSONAL",
            Self::ReferenceMalformed => "BANK_REFERENCE_MALFORMED",
        }
    }

    /// The reason in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::LineTooLong => "文字超过200个字",
            Self::ParagraphTooLong => "文字超过500个字",
            Self::ControlCharacter => "文字含有控制字符",
            Self::PersonalNumber => "文字中含有电话或证件号码，请删去",
            Self::ReferencePersonal => "银行流水号处填写了身份证号码，请更正",
            Self::ReferenceMalformed => "银行流水号应为1至64个可见ASCII字符",
        }
    }
}

/// A short text in somebody's own words; surrounding blanks are typing. It may hold numbers, such as that of an agreement.
///
/// A line break is a blank: who presses Enter in a field of several rows means no more by it.
pub fn line(text: &str) -> Result<String, WrittenError> {
    within(&unbroken(text, " "), LINE_CHARACTERS_MAX, WrittenError::LineTooLong)
}

/// A short text that goes into the audit log, where no personal data may stand.
pub fn reason(text: &str) -> Result<String, WrittenError> {
    without_personal_number(line(text)?)
}

/// A longer text of the same kind, for the file of a case, which keeps its line breaks.
pub fn paragraph(text: &str) -> Result<String, WrittenError> {
    let text = unbroken(text, "\n");
    without_personal_number(within(&text, PARAGRAPH_CHARACTERS_MAX, WrittenError::ParagraphTooLong)?)
}

/// A bank's own reference of a booking.
pub fn bank_reference(text: &str) -> Result<String, WrittenError> {
    let text = text.trim();
    // Banks number with as many digits as people are numbered with: what is neither is told apart by date and check digit.
    if text.len() == RESIDENT_ID_LENGTH && ResidentId::parse(text).is_ok() {
        return Err(WrittenError::ReferencePersonal);
    }
    if (1..=REFERENCE_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err(WrittenError::ReferenceMalformed)
}

fn within(text: &str, longest: usize, too_long: WrittenError) -> Result<String, WrittenError> {
    let text = text.trim();
    if text.chars().nth(longest).is_some() {
        return Err(too_long);
    }
    if text.chars().any(|it| it.is_control() && it != '\n') {
        return Err(WrittenError::ControlCharacter);
    }
    Ok(text.to_owned())
}

/// The text with another mark for its line breaks, which browsers and systems write in three ways.
fn unbroken(text: &str, mark: &str) -> String {
    text.replace("\r\n", "\n").replace(['\r', '\n'], mark)
}

fn without_personal_number(text: String) -> Result<String, WrittenError> {
    if personal_number::may_stand_in(&text) { Err(WrittenError::PersonalNumber) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_bounded_and_names_no_number() {
        let said = |text: &str| Ok(text.to_owned());
        assert_eq!(line(" 协议13800000000号 "), said("协议13800000000号"));
        assert_eq!(reason("请联系13800000000"), Err(WrittenError::PersonalNumber));
        assert_eq!(reason("１３８００００００００"), Err(WrittenError::PersonalNumber));
        assert_eq!(reason("2022-10-10 的 1234567890 号函"), said("2022-10-10 的 1234567890 号函"));
        assert_eq!(reason("身份证371502 19991231 001X"), Err(WrittenError::PersonalNumber));
        assert_eq!(reason("138-4455-0001"), Err(WrittenError::PersonalNumber));
        assert_eq!(paragraph("138\n4455\n0001"), Err(WrittenError::PersonalNumber));
        assert_eq!(reason("合同不符\r\n参保不符\n"), said("合同不符 参保不符"));
        assert_eq!(line("甲\r乙"), said("甲 乙"));
        assert_eq!(paragraph("一、合同\r\n二、参保\r三、\n"), said("一、合同\n二、参保\n三、"));
        assert_eq!(reason(&"字".repeat(201)), Err(WrittenError::LineTooLong));
        assert_eq!(paragraph(&"字".repeat(500)), said(&"字".repeat(500)));
        assert_eq!(paragraph(&"字".repeat(501)), Err(WrittenError::ParagraphTooLong));
        assert_eq!(paragraph("a\u{7}b"), Err(WrittenError::ControlCharacter));
        assert_eq!(bank_reference(" B-1 "), said("B-1"));
        let person = ResidentId::from_parts("371502", jiff::civil::date(1999, 12, 31), 17).unwrap();
        assert_eq!(bank_reference(person.as_str()), Err(WrittenError::ReferencePersonal));
        assert_eq!(bank_reference("流水"), Err(WrittenError::ReferenceMalformed));
    }
}
