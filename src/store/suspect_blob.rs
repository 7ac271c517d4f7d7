//! What a suspect says of its two claims, as compact bytes before they are sealed: pulls read hundreds of thousands of them.

use jiff::Timestamp;

use super::StoreError;
use super::codec;
use super::record::{MaskedPerson, SuspectSide};
use crate::domain::claim::{ClaimId, ClaimState, Person};
use crate::domain::identity::{EnterpriseName, Region, Uscc};
use crate::domain::suspect::SuspectId;

/// One side of a suspect without what changes: where its claim stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Side {
    pub(super) claim_id: ClaimId,
    pub(super) region: Region,
    pub(super) received_at: Timestamp,
    pub(super) enterprise: Uscc,
    pub(super) enterprise_name: Option<EnterpriseName>,
    pub(super) person: Option<MaskedPerson>,
}

impl Side {
    pub(super) fn at_state(self, state: ClaimState) -> SuspectSide {
        let Self { claim_id, region, received_at, enterprise, enterprise_name, person } = self;
        SuspectSide { claim_id, region, received_at, enterprise, enterprise_name, person, state }
    }
}

pub(super) fn mask(person: &Person) -> MaskedPerson {
    MaskedPerson { name: person.name.masked(), resident_id: person.resident_id.masked() }
}

/// The order of fields is the format; a field is a text or bytes with two bytes of length in front.
pub(super) fn encode(id: SuspectId, first: Option<&Side>, second: &Side) -> Vec<u8> {
    let mut blob = Vec::with_capacity(512);
    put(&mut blob, id.0.as_bytes());
    put_side(&mut blob, second);
    if let Some(first) = first {
        put_side(&mut blob, first);
    }
    blob
}

pub(super) fn decode(mut blob: &[u8]) -> Result<(SuspectId, Option<Side>, Side), StoreError> {
    let id = SuspectId(codec::uuid(take(&mut blob)?)?);
    let second = take_side(&mut blob)?;
    let first = if blob.is_empty() { None } else { Some(take_side(&mut blob)?) };
    if blob.is_empty() { Ok((id, first, second)) } else { Err(BROKEN) }
}

const BROKEN: StoreError = StoreError::Corrupt("suspect");

fn put_side(blob: &mut Vec<u8>, side: &Side) {
    put(blob, side.claim_id.0.as_bytes());
    put(blob, side.region.as_str().as_bytes());
    put(blob, &side.received_at.as_millisecond().to_be_bytes());
    put(blob, side.enterprise.as_str().as_bytes());
    put(blob, side.enterprise_name.as_ref().map_or(b"", |name| name.as_str().as_bytes()));
    put(blob, side.person.as_ref().map_or(b"", |person| person.name.as_bytes()));
    put(blob, side.person.as_ref().map_or(b"", |person| person.resident_id.as_bytes()));
}

fn put(blob: &mut Vec<u8>, field: &[u8]) {
    // Every field is bounded where it is parsed, names at 120 characters; a longer one would not be read back as another.
    let length = u16::try_from(field.len()).unwrap_or(u16::MAX);
    blob.extend_from_slice(&length.to_be_bytes());
    blob.extend_from_slice(field.get(..usize::from(length)).unwrap_or(field));
}

fn take_side(blob: &mut &[u8]) -> Result<Side, StoreError> {
    let claim_id = codec::claim_id(take(blob)?)?;
    let region = Region::parse(text(take(blob)?)?).map_err(|_| BROKEN)?;
    let received_at = codec::timestamp(i64::from_be_bytes(take(blob)?.try_into().map_err(|_| BROKEN)?))?;
    let enterprise = Uscc::parse(text(take(blob)?)?).map_err(|_| BROKEN)?;
    let enterprise_name = match text(take(blob)?)? {
        "" => None,
        name => Some(EnterpriseName::parse(name).map_err(|_| BROKEN)?),
    };
    // A masked number is never empty, so that an empty one says that there is no person.
    let (name, resident_id) = (text(take(blob)?)?, text(take(blob)?)?);
    let person = MaskedPerson { name: name.to_owned(), resident_id: resident_id.to_owned() };
    let person = (!resident_id.is_empty()).then_some(person);
    Ok(Side { claim_id, region, received_at, enterprise, enterprise_name, person })
}

fn take<'a>(blob: &mut &'a [u8]) -> Result<&'a [u8], StoreError> {
    let (length, rest) = blob.split_first_chunk().ok_or(BROKEN)?;
    let (field, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(BROKEN)?;
    *blob = rest;
    Ok(field)
}

fn text(field: &[u8]) -> Result<&str, StoreError> {
    std::str::from_utf8(field).map_err(|_| BROKEN)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ID: SuspectId = SuspectId(Uuid::from_bytes([9; 16]));

    fn side(person: Option<MaskedPerson>) -> Side {
        Side {
            claim_id: ClaimId(Uuid::from_bytes([7; 16])),
            region: Region::parse("371502").unwrap(),
            received_at: Timestamp::from_millisecond(1_665_363_600_123).unwrap(),
            enterprise: Uscc::from_body("91371500MA3C1U2K3").unwrap(),
            enterprise_name: EnterpriseName::parse("聊城测试有限公司").ok(),
            person,
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let person = MaskedPerson { name: "王**".to_owned(), resident_id: "371502********001X".to_owned() };
        let (one, other) = (side(Some(person)), Side { enterprise_name: None, ..side(None) });
        for first in [None, Some(&one), Some(&other)] {
            assert_eq!(decode(&encode(ID, first, &other)).unwrap(), (ID, first.cloned(), other.clone()));
        }
    }

    #[test]
    fn a_cut_blob_is_refused() {
        let whole = encode(ID, Some(&side(None)), &side(None));
        let end_of_second = encode(ID, None, &side(None)).len();
        for length in (0..whole.len()).filter(|length| *length != end_of_second) {
            assert!(decode(&whole[..length]).is_err(), "{length}");
        }
    }
}
