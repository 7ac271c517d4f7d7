//! The package around a workbook: how much it really unpacks to, measured before anything believes what it declares.
//!
//! The workbook reader trusts two things that a hostile file can lie about: that a part is about as large as it looks, and that the
//! table of shared strings is as long as it says, for which memory is then set aside at once. Both are checked here.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::error::TableError;

/// All parts unpacked: a full sheet of a million rows and eight columns is about 400 MiB, a city's roster 10 MiB.
const MAX_UNPACKED_BYTES: u64 = 512 * 1024 * 1024;
/// The shared strings are held in memory, and an empty one costs five times its size here.
const MAX_STRINGS_BYTES: u64 = 128 * 1024 * 1024;
/// A workbook has a part for each sheet, and some twenty others.
const MAX_PARTS: usize = 4_096;
/// The declared number of shared strings has at most this many digits: 99,999,999, far above what [`MAX_STRINGS_BYTES`] can hold, costs
/// 2.4 GB of address space that is never touched.
const MAX_COUNT_DIGITS: usize = 8;

const CHUNK_BYTES: usize = 64 * 1024;
const COUNT_ATTRIBUTE: &[u8] = b"uniqueCount";

/// Unpacks every part once, keeping nothing, and refuses what is larger than it may be.
pub(super) fn check(bytes: &[u8]) -> Result<(), TableError> {
    check_within(bytes, MAX_UNPACKED_BYTES, MAX_STRINGS_BYTES)
}

fn check_within(bytes: &[u8], max_unpacked: u64, max_strings: u64) -> Result<(), TableError> {
    const BROKEN: TableError = TableError::Unreadable { reason: "the package is broken" };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| BROKEN)?;
    if archive.len() > MAX_PARTS {
        return Err(TableError::UnpacksTooLarge);
    }
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut unpacked: u64 = 0;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|_| BROKEN)?;
        let is_strings = part.name().to_ascii_lowercase().ends_with("sharedstrings.xml");
        let mut count = DeclaredCount::default();
        let mut strings: u64 = 0;
        loop {
            let read = part.read(&mut chunk).map_err(|_| BROKEN)?;
            let Some(read_bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            let size = u64::try_from(read).unwrap_or(u64::MAX);
            unpacked = unpacked.saturating_add(size);
            if is_strings {
                strings = strings.saturating_add(size);
                count.scan(read_bytes);
            }
            if unpacked > max_unpacked || strings > max_strings || count.is_absurd {
                return Err(TableError::UnpacksTooLarge);
            }
        }
    }
    Ok(())
}

/// Looks for a declared count with too many digits, over the seams of the chunks.
#[derive(Default)]
struct DeclaredCount {
    /// How many bytes of the attribute's name have just been seen.
    matched: usize,
    /// The digits seen since the name was complete; none while it is being looked for.
    digits: Option<usize>,
    is_absurd: bool,
}

impl DeclaredCount {
    fn scan(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match (self.digits, byte) {
                (Some(0), b'=' | b'"' | b'\'' | b'+') => continue,
                (Some(0), byte) if byte.is_ascii_whitespace() => continue,
                (Some(digits), byte) if byte.is_ascii_digit() => {
                    self.digits = Some(digits + 1);
                    self.is_absurd |= digits + 1 > MAX_COUNT_DIGITS;
                    continue;
                }
                (_, _) => self.digits = None,
            }
            // What stands before an attribute's name is never a part of it, so a failed match starts again at the byte at hand.
            self.matched = match COUNT_ATTRIBUTE.get(self.matched) {
                Some(expected) if expected == byte => self.matched + 1,
                _ if *byte == b'u' => 1,
                _ => 0,
            };
            if self.matched == COUNT_ATTRIBUTE.len() {
                (self.matched, self.digits) = (0, Some(0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    fn check_count(xml: &str, is_absurd: bool) {
        for size in [1, 7, xml.len()] {
            let mut count = DeclaredCount::default();
            xml.as_bytes().chunks(size).for_each(|chunk| count.scan(chunk));
            assert_eq!(count.is_absurd, is_absurd, "{xml} in chunks of {size}");
        }
    }

    #[test]
    fn an_absurd_count_of_strings_is_seen() {
        check_count(r#"<sst count="9" uniqueCount="99999999">"#, false);
        check_count(r#"<sst uniqueCount="1"/><sst uniqueCount="2"/>123456789"#, false);
        check_count(r#"<sst uniqueCount="999999999">"#, true);
        check_count("<sst uniqueCount \n = \n '99999999999'>", true);
        check_count(r#"<sst uuniqueCount="000000000000001">"#, true);
        check_count(r#"<sst uniqueCount="1" uniqueCount="1234567890">"#, true);
    }

    #[test]
    fn a_package_may_not_unpack_beyond_its_bound() {
        let bytes = fixtures::workbook(&[&["姓名"], &["x".repeat(30_000).as_str()]]);
        assert!(check(&bytes).is_ok());
        assert!(matches!(check_within(&bytes, 10_000, 10_000), Err(TableError::UnpacksTooLarge)));
        assert!(matches!(check(b"PK\x03\x04 and no more"), Err(TableError::Unreadable { .. })));
    }
}
