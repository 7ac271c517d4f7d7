//! The hash chain: each entry's hash covers the one before, so that no entry can be changed, moved or left out unseen.

use ring::digest::{Context, SHA256};

use super::entry::Fields;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The first byte of what is hashed: another encoding gets another number.
const ENCODING_VERSION: u8 = 1;

/// The end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The sequence of the last entry; 0 before the first.
    pub sequence: i64,
    /// The hash of the last entry.
    pub hash: Hash,
}

impl Head {
    /// The chain before its first entry.
    pub const START: Self = Self { sequence: 0, hash: [0; 32] };

    /// The chain with one more entry.
    #[must_use]
    pub fn append(self, fields: &Fields<'_>) -> Self {
        let sequence = self.sequence.saturating_add(1);
        Self { sequence, hash: link(&self.hash, sequence, fields) }
    }
}

/// SHA-256(previous hash ‖ canonical encoding). In the encoding every text carries its length and every absence its mark, so that no
/// two entries share one.
fn link(previous: &Hash, sequence: i64, fields: &Fields<'_>) -> Hash {
    let Fields { at, actor, action, subject_kind, subject_id, region, state, version, detail } = *fields;
    let mut context = Context::new(&SHA256);
    context.update(previous);
    context.update(&[ENCODING_VERSION]);
    context.update(&sequence.to_be_bytes());
    context.update(&at.to_be_bytes());
    put(&mut context, Some(actor.as_bytes()));
    put(&mut context, Some(action.as_bytes()));
    put(&mut context, Some(subject_kind.as_bytes()));
    put(&mut context, subject_id);
    put(&mut context, Some(region.as_bytes()));
    put(&mut context, state.map(str::as_bytes));
    put(&mut context, version.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    put(&mut context, Some(detail.as_bytes()));
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

fn put(context: &mut Context, field: Option<&[u8]>) {
    match field {
        None => context.update(&[0]),
        Some(bytes) => {
            context.update(&[1]);
            context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: Fields<'_> = Fields {
        at: 1_665_363_600_000,
        actor: "37/insurance",
        action: "claim-submitted",
        subject_kind: "claim",
        subject_id: Some(&[7; 16]),
        region: "371502",
        state: Some("assessing"),
        version: Some(1),
        detail: "",
    };

    /// The encoding is fixed: whoever verifies an old log must get the same hash.
    #[test]
    fn the_first_hash_is_what_it_always_was() {
        let head = Head::START.append(&FIELDS);
        assert_eq!(head.sequence, 1);
        let expected = "597f1bae667cebf286f05f7a2ed9c895131c3203b02ad34815402246fbc4fc5c";
        assert_eq!(data_encoding::HEXLOWER.encode(&head.hash), expected);
    }

    #[test]
    fn every_field_and_the_place_are_covered() {
        let changes: [fn(&mut Fields<'_>); 9] = [
            |it| it.at += 1,
            |it| it.actor = "37/insuranc",
            |it| it.action = "claim-withdrawn",
            |it| it.subject_kind = "claims",
            |it| it.subject_id = None,
            |it| it.region = "371503",
            |it| it.state = None,
            |it| it.version = Some(2),
            |it| it.detail = "x",
        ];
        let head = Head::START.append(&FIELDS);
        for change in changes {
            let mut fields = FIELDS;
            change(&mut fields);
            assert_ne!(Head::START.append(&fields).hash, head.hash, "{fields:?}");
        }
        assert_ne!(head.append(&FIELDS).hash, head.hash);
    }

    /// A letter moved from one field to the next is another entry.
    #[test]
    fn fields_do_not_run_into_each_other() {
        let moved = Fields { actor: "37/insurancec", action: "laim-submitted", ..FIELDS };
        assert_ne!(Head::START.append(&moved).hash, Head::START.append(&FIELDS).hash);
    }
}
