//! Many claims on the path read as one text. A row costs more on its way out of either database than what is in it, on SQLite a change of
//! threads, and a hop reads a hundred thousand of them.

use data_encoding::HEXLOWER_PERMISSIVE;
use uuid::Uuid;

use super::StoreError;
use super::pool::Backend;
use crate::domain::approval::ApprovalHash;
use crate::domain::claim::ClaimId;

/// A read that gives `claim_id`, `approval_hash` and `plain`, in each database's own words: only bytes become digits by another name.
pub(super) struct Packed {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

/// Names reads that are packed, and lists them.
macro_rules! packed_statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $(
            $(#[$doc])*
            static $name: $crate::store::packed::Packed = $crate::store::packed::Packed {
                sqlite: concat!(
                    "SELECT string_agg(hex(claim_id) || ',' || hex(approval_hash) || ',' || plain, ';') FROM (",
                    $text,
                    ") AS packed"
                ),
                postgres: concat!(
                    "SELECT string_agg(encode(claim_id, 'hex') || ',' || encode(approval_hash, 'hex') || ',' || plain, ';')
                     FROM (",
                    $text,
                    ") AS packed"
                ),
            };
        )*
        /// Every packed read of this file.
        pub(in crate::store) static PACKED_STATEMENTS: &[&$crate::store::packed::Packed] = &[$(&$name),*];
    };
}
pub(super) use packed_statements;

impl Packed {
    /// The statement in a database's own words.
    pub(super) fn sql(&self, backend: Backend) -> &'static str {
        match backend {
            Backend::Sqlite => self.sqlite,
            Backend::Postgres => self.postgres,
        }
    }
}

/// One row of a packed text.
pub(super) struct PackedRow<'a> {
    pub(super) claim_id: ClaimId,
    pub(super) approval: ApprovalHash,
    pub(super) plain: &'a str,
}

/// The rows of a packed text, which is absent where there are none. The databases give them in orders of their own.
pub(super) fn unpack(packed: Option<&str>) -> impl Iterator<Item = Result<PackedRow<'_>, StoreError>> {
    packed.into_iter().flat_map(|text| text.split(';')).map(|row| read(row).ok_or(StoreError::Corrupt("packed claim")))
}

fn read(row: &str) -> Option<PackedRow<'_>> {
    let (claim_id, rest) = row.split_once(',')?;
    let (digits, plain) = rest.split_once(',')?;
    let claim_id = ClaimId(Uuid::try_parse(claim_id).ok()?);
    let mut approval = [0; 32];
    if HEXLOWER_PERMISSIVE.decode_len(digits.len()) != Ok(approval.len()) {
        return None;
    }
    HEXLOWER_PERMISSIVE.decode_mut(digits.as_bytes(), &mut approval).ok()?;
    Some(PackedRow { claim_id, approval: ApprovalHash(approval), plain })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_either_database_read_back_and_a_broken_one_is_an_error() {
        let (id, hash) = ("0189AB0123456789abcdef0123456789", "0A".repeat(32));
        let text = format!("{id},{hash},371502,x;{},{},", id.to_lowercase(), hash.to_lowercase());
        let rows: Vec<_> = unpack(Some(&text)).map(Result::unwrap).collect();
        let plain: Vec<&str> = rows.iter().map(|it| it.plain).collect();
        assert_eq!(plain, ["371502,x", ""]);
        let claim_id = ClaimId(Uuid::from_u128(0x0189_ab01_2345_6789_abcd_ef01_2345_6789));
        assert!(rows.iter().all(|it| it.claim_id == claim_id && it.approval == ApprovalHash([10; 32])));
        assert_eq!(unpack(None).count(), 0);
        let shorter = text.replace(id, "0189");
        for broken in [shorter, text.replace("0A", "0"), text.replace(&hash, "0g"), String::new()] {
            assert!(unpack(Some(&broken)).any(|row| row.is_err()), "{broken}");
        }
    }
}
