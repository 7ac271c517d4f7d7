//! Looks for personal data in bytes of any kind: known secrets in every guise a program may print them in, and anything that is
//! a valid resident identity number.

use std::collections::{BTreeMap, HashMap};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE, HEXUPPER};
use hufu::domain::identity::ResidentId;
use ring::digest;

/// Needles are found by their first bytes; anything shorter would also be found by chance.
const PREFIX: usize = 6;
/// Runs of base64 or hexadecimal digits from this length on are decoded and looked at again: an identity number in base64 has 24.
const RUN_LENGTH_MIN: usize = 24;
/// How much is shown around a find.
const CONTEXT: usize = 60;

/// What must not be found.
#[derive(Clone, Debug)]
pub(crate) enum Secret {
    /// A resident identity number, valid or not.
    Number(String),
    /// A phone or an account.
    Digits(String),
    Name(String),
}

/// Secrets in all their guises. Made once, scans much.
pub(crate) struct Scanner {
    needles: Vec<(String, Vec<u8>)>,
    by_prefix: HashMap<[u8; PREFIX], Vec<usize>>,
    /// By two bytes: whether any needle begins with them. Rules out most places at once.
    beginnings: Vec<bool>,
}

impl Scanner {
    /// Finds nothing but valid identity numbers.
    pub(crate) fn generic() -> Self {
        Self::new(&[])
    }

    pub(crate) fn new(secrets: &[Secret]) -> Self {
        let mut needles: Vec<_> = secrets.iter().flat_map(guises).collect();
        needles.sort();
        needles.dedup();
        let mut by_prefix: HashMap<_, Vec<_>> = HashMap::new();
        for (index, (label, needle)) in needles.iter().enumerate() {
            let prefix = needle.first_chunk::<PREFIX>().unwrap_or_else(|| panic!("{label} is too short to look for"));
            by_prefix.entry(*prefix).or_default().push(index);
        }
        let mut beginnings = vec![false; 1 << 16];
        by_prefix.keys().for_each(|prefix| beginnings[beginning(prefix)] = true);
        Self { needles, by_prefix, beginnings }
    }

    /// What was found, a line for each kind of find, with what stands around the first.
    pub(crate) fn scan(&self, what: &str, haystack: &[u8]) -> Vec<String> {
        let mut finds = BTreeMap::new();
        self.find_in(haystack, &mut finds);
        let mut lines = lines(what, &finds);
        let mut finds = BTreeMap::new();
        for decoded in decoded_runs(haystack) {
            self.find_in(&decoded, &mut finds);
        }
        lines.extend(self::lines(&format!("{what}, decoded"), &finds));
        lines
    }

    fn find_in(&self, haystack: &[u8], finds: &mut BTreeMap<String, Find>) {
        let mut found = |label: &str, at: usize| {
            let around = &haystack[at.saturating_sub(CONTEXT)..haystack.len().min(at + CONTEXT)];
            let first = || String::from_utf8_lossy(around).escape_debug().to_string();
            finds.entry(label.to_owned()).or_insert_with(|| Find { times: 0, first: first() }).times += 1;
        };
        for at in valid_numbers(haystack) {
            found("a valid identity number", at);
        }
        for (at, window) in haystack.windows(PREFIX).enumerate() {
            if !self.beginnings[beginning(window)] {
                continue;
            }
            for &index in window.first_chunk().and_then(|prefix| self.by_prefix.get(prefix)).into_iter().flatten() {
                let (label, needle) = &self.needles[index];
                if haystack[at..].starts_with(needle) {
                    found(label, at);
                }
            }
        }
    }
}

fn beginning(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// One kind of find.
struct Find {
    times: usize,
    /// What stands around the first.
    first: String,
}

fn lines(what: &str, finds: &BTreeMap<String, Find>) -> Vec<String> {
    let line = |(label, find): (&String, &Find)| format!("{what}: {} times {label}: …{}…", find.times, find.first);
    finds.iter().map(line).collect()
}

/// Where something stands that [`ResidentId`] takes for a number: 18 characters among others that are no digits.
fn valid_numbers(haystack: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = 0;
    while at < haystack.len() {
        let digits = haystack[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = match (digits, haystack.get(at + digits)) {
            (17, Some(b'X' | b'x')) => at + 18,
            _ => at + digits,
        };
        if end - at == 18 && std::str::from_utf8(&haystack[at..end]).is_ok_and(|text| ResidentId::parse(text).is_ok()) {
            places.push(at);
        }
        at += digits + 1;
    }
    places
}

/// Every long run of base64 or hexadecimal digits, decoded.
fn decoded_runs(haystack: &[u8]) -> Vec<Vec<u8>> {
    let alphabets = [&BASE64_NOPAD, &BASE64URL_NOPAD].map(|encoding| {
        let mut specification = encoding.specification();
        specification.check_trailing_bits = false;
        specification.encoding().unwrap()
    });
    let mut decoded = Vec::new();
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut at = 0;
    while at < haystack.len() {
        let length = haystack[at..].iter().take_while(|byte| is_digit(byte)).count();
        let run = &haystack[at..at + length];
        if length >= RUN_LENGTH_MIN {
            if let Ok(bytes) = HEXLOWER_PERMISSIVE.decode(&run[..length / 2 * 2]) {
                decoded.push(bytes);
            } else {
                let alphabet = &alphabets[usize::from(run.iter().any(|byte| b"-_".contains(byte)))];
                // The text may begin anywhere within a group of four, and one digit alone at the end means nothing.
                let texts =
                    (0..4).map(|skip| &run[skip..]).map(|text| &text[..text.len() - usize::from(text.len() % 4 == 1)]);
                decoded.extend(texts.filter_map(|text| alphabet.decode(text).ok()));
            }
        }
        at += length + 1;
    }
    decoded
}

/// A secret in every guise, each with a label that does not show it.
fn guises(secret: &Secret) -> Vec<(String, Vec<u8>)> {
    let (kind, texts) = match secret {
        Secret::Number(number) => ("an identity number", number_texts(number)),
        Secret::Digits(digits) => ("a phone or account", vec![("as it is", digits.clone())]),
        Secret::Name(name) => ("a name", vec![("as it is", name.clone())]),
    };
    let written = texts.iter().flat_map(|(how, text)| {
        text_guises(text).into_iter().map(move |(guise, bytes)| (format!("{kind} {how}, {guise}"), bytes))
    });
    let mut all: Vec<_> = written.collect();
    let whole = &texts[0].1;
    for (name, algorithm) in [("SHA-1", &digest::SHA1_FOR_LEGACY_USE_ONLY), ("SHA-256", &digest::SHA256)] {
        let hash = digest::digest(algorithm, whole.as_bytes());
        let forms =
            [hash.as_ref().to_vec(), HEXLOWER.encode(hash.as_ref()).into(), HEXUPPER.encode(hash.as_ref()).into()];
        all.extend(forms.into_iter().map(|form| (format!("{kind}, hashed without a key ({name})"), form)));
        all.push((format!("{kind}, hashed without a key ({name}, base64)"), BASE64_NOPAD.encode(hash.as_ref()).into()));
    }
    if let (Secret::Number(_), Ok(value)) = (secret, whole.parse::<u64>()) {
        all.push((format!("{kind}, as a big-endian integer"), value.to_be_bytes().into()));
        all.push((format!("{kind}, as a little-endian integer"), value.to_le_bytes().into()));
    }
    all
}

/// The ways people and programs write an identity number.
fn number_texts(number: &str) -> Vec<(&'static str, String)> {
    let mut texts = vec![("as it is", number.to_owned())];
    if number.ends_with('X') {
        texts.push(("in lower case", number.to_lowercase()));
    }
    if number.len() == 18 && number.is_ascii() {
        let part = |from, to| number.get(from..to).unwrap_or_default();
        texts.push(("without its check character", part(0, 17).to_owned()));
        texts.push(("in groups", format!("{} {} {}", part(0, 6), part(6, 14), part(14, 18))));
        texts.push(("in groups", format!("{}-{}-{}", part(0, 6), part(6, 14), part(14, 18))));
        if part(6, 8) == "19" {
            texts.push(("in its old form", format!("{}{}", part(0, 6), part(8, 17))));
        }
    }
    texts
}

/// One text in every encoding that a log, an error or a database may have it in.
fn text_guises(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let escaped = |write: fn(u16) -> String| text.encode_utf16().map(write).collect::<String>().into_bytes();
    let mut guises = vec![
        ("plain", bytes.to_vec()),
        ("backwards", text.chars().rev().collect::<String>().into()),
        ("in hexadecimal", HEXLOWER.encode(bytes).into()),
        ("in hexadecimal", HEXUPPER.encode(bytes).into()),
        ("as a list of bytes", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ").into()),
        ("in UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("in UTF-16", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("full-width", text.chars().map(full_width).collect::<String>().into()),
        ("escaped for JSON", escaped(|unit| format!("\\u{unit:04x}"))),
        ("escaped for JSON", escaped(|unit| format!("\\u{unit:04X}"))),
        ("escaped for Rust", text.chars().map(|it| format!("\\u{{{:x}}}", u32::from(it))).collect::<String>().into()),
        ("escaped byte by byte", bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>().into()),
        ("escaped in octal", bytes.iter().map(|byte| format!("\\{byte:03o}")).collect::<String>().into()),
        ("escaped for URLs", bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>().into()),
        ("in GB18030", encoding_rs::GB18030.encode(text).0.into_owned()),
    ];
    for shift in 0..3 {
        guises.push(("in base64", base64_within(&BASE64_NOPAD, bytes, shift)));
        guises.push(("in base64", base64_within(&BASE64URL_NOPAD, bytes, shift)));
    }
    guises
}

/// What of a text's base64 form is the same whatever stands before (`shift` bytes beyond a group of three) and after it.
fn base64_within(encoding: &data_encoding::Encoding, bytes: &[u8], shift: usize) -> Vec<u8> {
    let mut padded = vec![0; shift];
    padded.extend(bytes);
    let encoded = encoding.encode(&padded).into_bytes();
    // A digit stands for six bits: those that share bits with a neighbor are left out.
    let from = (shift * 8).div_ceil(6);
    let to = padded.len() * 8 / 6;
    encoded[from..to].to_vec()
}

fn full_width(character: char) -> char {
    if character.is_ascii_graphic() { char::from_u32(u32::from(character) + 0xFEE0).unwrap() } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number() -> String {
        ResidentId::from_parts("371502", jiff::civil::date(1999, 12, 31), 17).unwrap().as_str().to_owned()
    }

    #[track_caller]
    fn check(scanner: &Scanner, line: impl AsRef<[u8]>, expected: bool) {
        let findings = scanner.scan("log", line.as_ref());
        assert_eq!(!findings.is_empty(), expected, "{:?}: {findings:?}", String::from_utf8_lossy(line.as_ref()));
    }

    #[test]
    fn any_valid_number_is_found_without_knowing_it() {
        let (scanner, number) = (Scanner::generic(), number());
        check(&scanner, format!("2022 INFO person={number} submitted"), true);
        check(&scanner, format!("{{\"person\":\"{number}\"}}"), true);
        check(&scanner, format!("person{number}"), true);
        check(&scanner, number.as_bytes(), true);
        check(&scanner, format!("body={}", HEXLOWER.encode(format!("xy{number}").as_bytes())), true);
        for before in ["", "a", "ab", "abc"] {
            check(&scanner, format!("body={}", BASE64_NOPAD.encode(format!("{before}{number}").as_bytes())), true);
        }
        let mut wrong = number.clone();
        let last = if number.ends_with('1') { "2" } else { "1" };
        wrong.replace_range(17.., last);
        check(&scanner, format!("digits {wrong}"), false);
        check(&scanner, format!("longer 1{number}"), false);
        check(&scanner, "371502********0017 0190d7a5-7c1e-7f00-8000-000000000000 1665363600000000000", false);
    }

    #[test]
    fn a_known_secret_is_found_in_every_guise() {
        let number = number();
        let secrets = [
            Secret::Number(number.clone()),
            Secret::Digits("13800001234".to_owned()),
            Secret::Name("澹台静姝".to_owned()),
        ];
        let scanner = Scanner::new(&secrets);
        for secret in &secrets {
            for (label, bytes) in guises(secret) {
                check(&scanner, [b"person=", bytes.as_slice(), b" was refused"].concat(), true);
                assert!(bytes.len() >= PREFIX, "{label}");
            }
        }
        for text in ["person 371502********0017 13*****1234 澹*** refused", "371502 1999", "nothing"] {
            check(&scanner, text, false);
        }
        let old = format!("old {}{}", number.get(..6).unwrap(), number.get(8..17).unwrap());
        check(&scanner, old, true);
        for before in ["", "a", "ab"] {
            let line = BASE64_NOPAD.encode(format!("{before}澹台静姝 and more").as_bytes());
            check(&scanner, line, true);
        }
    }
}
