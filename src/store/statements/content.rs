//! What a statement says, as one hash: the same statement by another way, or in another file format, is the same.

use ring::digest::{Context, SHA256};

use crate::domain::statement::Statement;
use crate::store::seal::{Index, Sealer};

/// The first byte of what is hashed: another encoding gets another number.
const ENCODING_VERSION: u8 = 1;

/// Hashes what a statement says. Keyed, because a plain hash over a short statement could be guessed from (I11).
pub(super) fn hash(statement: &Statement, sealer: &Sealer) -> Index {
    let mut digest = Context::new(&SHA256);
    digest.update(&[ENCODING_VERSION]);
    digest.update(&statement.number.to_be_bytes());
    for amount in [statement.opening, statement.closing] {
        digest.update(&amount.get().to_be_bytes());
    }
    text(&mut digest, Some(statement.account.as_str()));
    for line in &statement.lines {
        text(&mut digest, Some(&line.bank_reference));
        text(&mut digest, Some(&line.booked_on.to_string()));
        text(&mut digest, Some(line.direction.code()));
        digest.update(&line.amount.get().to_be_bytes());
        text(&mut digest, line.end_to_end_id.as_deref());
        text(&mut digest, line.return_cause.map(|cause| cause.code()));
        text(&mut digest, Some(&line.remittance));
    }
    sealer.index_content(digest.finish().as_ref())
}

/// A text after its length, so that no two statements are hashed from the same bytes; one that is absent differs from an empty one.
fn text(digest: &mut Context, text: Option<&str>) {
    let length = text.map_or(u64::MAX, |text| u64::try_from(text.len()).unwrap_or(u64::MAX));
    digest.update(&length.to_be_bytes());
    digest.update(text.unwrap_or_default().as_bytes());
}
