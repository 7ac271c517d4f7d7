//! What two people approved: a hash over payee, amount, persons and evidence, so that what is paid can be compared with it (I9).

use super::claim::ClaimId;
use super::eligibility::verdict::{Payee, PayeeAccountKind};
use super::identity::{BankAccount, ResidentId};
use super::money::Fen;
use super::payment::PaymentId;

/// A keyed hash of what was approved. The key is the store's: a plain hash over an identity number could be guessed (I11).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApprovalHash(pub [u8; 32]);

impl ApprovalHash {
    /// In hexadecimal digits, as it is shown.
    pub fn to_hex(self) -> String {
        use std::fmt::Write;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String never fails.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl std::fmt::Debug for ApprovalHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// The first byte of what is hashed: another encoding gets another number.
const ENCODING_VERSION: u8 = 1;

/// What is approved of one claim.
pub struct ApprovedClaim<'a> {
    pub claim_id: ClaimId,
    pub payee: &'a Payee,
    pub amount: Fen,
    pub units: u32,
    /// In the order of the claim.
    pub persons: Vec<&'a ResidentId>,
    /// The keyed hash of the evidence that the verdict rests on.
    pub evidence: &'a [u8],
}

impl ApprovedClaim<'_> {
    /// The bytes that are hashed. Every text carries its length, so that no two contents share them.
    pub fn encode(&self) -> Vec<u8> {
        let mut encoding = Encoding::new("claim");
        encoding.put(self.claim_id.0.as_bytes());
        encoding.put(match self.payee.kind {
            PayeeAccountKind::Corporate => b"corporate",
            PayeeAccountKind::Contribution => b"contribution",
        });
        encoding.put(self.payee.account.as_str().as_bytes());
        encoding.put(&self.amount.get().to_be_bytes());
        encoding.put(&self.units.to_be_bytes());
        encoding.put(self.evidence);
        self.persons.iter().for_each(|it| encoding.put(it.as_str().as_bytes()));
        encoding.0
    }
}

/// What is approved of a payment that is instructed anew, or to another account than its claims were approved for.
pub struct ApprovedPayment<'a> {
    pub payment_id: PaymentId,
    pub account: &'a BankAccount,
    /// What is still owed.
    pub amount: Fen,
    /// What was approved of its claims, in the order of the claims' ids; none for a transfer.
    pub claims: &'a [ApprovalHash],
}

impl ApprovedPayment<'_> {
    /// The bytes that are hashed.
    pub fn encode(&self) -> Vec<u8> {
        let mut encoding = Encoding::new("payment");
        encoding.put(self.payment_id.0.as_bytes());
        encoding.put(self.account.as_str().as_bytes());
        encoding.put(&self.amount.get().to_be_bytes());
        self.claims.iter().for_each(|it| encoding.put(&it.0));
        encoding.0
    }
}

struct Encoding(Vec<u8>);

impl Encoding {
    fn new(kind: &str) -> Self {
        let mut encoding = Self(vec![ENCODING_VERSION]);
        encoding.put(kind.as_bytes());
        encoding
    }

    fn put(&mut self, field: &[u8]) {
        self.0.extend_from_slice(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.extend_from_slice(field);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_part_of_what_is_approved_is_covered() {
        let payee = |account: &str, kind| Payee { kind, account: BankAccount::parse(account).unwrap() };
        let (first, other) = (
            payee("6222000000001234", PayeeAccountKind::Corporate),
            payee("6222000000001235", PayeeAccountKind::Corporate),
        );
        let fallback = payee("6222000000001234", PayeeAccountKind::Contribution);
        let person = ResidentId::parse("11010519491231002X").unwrap();
        let claim = |id: u128, payee, fen, units, persons: &[ResidentId], evidence: &[u8]| {
            let persons = persons.iter().collect();
            let claim_id = ClaimId(Uuid::from_u128(id));
            ApprovedClaim { claim_id, payee, amount: Fen::new(fen), units, persons, evidence }.encode()
        };
        let all = [
            claim(1, &first, 100, 1, std::slice::from_ref(&person), b"e"),
            claim(2, &first, 100, 1, std::slice::from_ref(&person), b"e"),
            claim(1, &other, 100, 1, std::slice::from_ref(&person), b"e"),
            claim(1, &fallback, 100, 1, std::slice::from_ref(&person), b"e"),
            claim(1, &first, 101, 1, std::slice::from_ref(&person), b"e"),
            claim(1, &first, 100, 2, std::slice::from_ref(&person), b"e"),
            claim(1, &first, 100, 1, &[], b"e"),
            claim(1, &first, 100, 1, &[person.clone(), person.clone()], b"e"),
            claim(1, &first, 100, 1, std::slice::from_ref(&person), b"f"),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(claim(1, &first, 100, 1, std::slice::from_ref(&person), b"e"), all[0]);
    }
}
