//! What speaks for and against a finding of the matching, in hundredths of a bit, and in the words of the desk where it has them.
//!
//! Each piece is a Fellegi–Sunter weight: how much likelier it is to be seen if the suspicion is true. What the points are is our
//! judgment, in one table, until labelled data calibrate it. What is not known weighs nothing.

use super::name::Agreement;
use super::number::Apart;
use super::row::Row;
use crate::domain::suspect::weight::Sign;

macro_rules! pieces {
    ($($name:ident: $code:expr, $points:expr;)*) => {
        /// What a piece of evidence says. At most 32.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Piece {
            $($name,)*
        }

        impl Piece {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable word.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Hundredths of a bit; of [`Self::NameRarity`] the least, as it depends on the name.
            pub fn points(self) -> i32 {
                match self { $(Self::$name => $points,)* }
            }
        }
    };
}

pieces! {
    // As at the desk.
    SameResidentId: Sign::SameResidentId.code(), Sign::SameResidentId.points();
    SameEnterprise: Sign::SameUscc.code(), Sign::SameUscc.points();
    SameAccount: Sign::SameAccount.code(), Sign::SameAccount.points();
    // One slip that the check character gives away: some twenty numbers would explain it, out of all that there are.
    NumberOneSlip: "number_one_slip", 700;
    // The check character leads from both wrong numbers to one.
    NumberCommonRepair: "number_common_repair", 500;
    // Nothing gives away which digit of an old form is wrong: some hundred and fifty numbers would explain it.
    NumberOneSlipUnchecked: "number_one_slip_unchecked", 400;
    // About a thousand numbers are that near.
    NumberTwoSlips: "number_two_slips", 200;
    NumberImpossible: "number_impossible", 300;
    // How seldom the name is among the claims.
    NameRarity: "name_rarity", 0;
    SameName: Sign::SameName.code(), Sign::SameName.points();
    NameVariant: "name_variant", 100;
    SamePhone: Sign::SamePhone.code(), Sign::SamePhone.points();
    PhoneDiffers: Sign::PhoneDiffers.code(), Sign::PhoneDiffers.points();
    NameSameSound: "name_same_sound", -200;
    NameNearlySame: Sign::NameNearlySame.code(), Sign::NameNearlySame.points();
    NameDiffers: Sign::NameDiffers.code(), Sign::NameDiffers.points();
}

/// All the evidence of a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// A bit a piece.
    pieces: u32,
    /// Of [`Piece::NameRarity`].
    rarity: i32,
}

impl Evidence {
    pub fn add(&mut self, piece: Piece) {
        self.pieces |= piece.bit();
    }

    pub fn add_rarity(&mut self, points: i32) {
        self.add(Piece::NameRarity);
        self.rarity = points;
    }

    pub fn has(&self, piece: Piece) -> bool {
        self.pieces & piece.bit() != 0
    }

    /// The pieces with their points, in the order of the table.
    pub fn pieces(&self) -> impl Iterator<Item = (Piece, i32)> {
        let rarity = self.rarity;
        let points = move |piece: Piece| if piece == Piece::NameRarity { rarity } else { piece.points() };
        let found = *self;
        Piece::ALL.iter().filter(move |piece| found.has(**piece)).map(move |piece| (*piece, points(*piece)))
    }

    /// Hundredths of a bit.
    pub fn total(&self) -> i32 {
        self.pieces().fold(0, |sum, (_, points)| sum.saturating_add(points))
    }

    /// What any two rows say of one another besides the number: names, phones, enterprises and accounts.
    pub(super) fn of_pair(one: &Row, other: &Row, names: Agreement) -> Self {
        let mut evidence = Self::default();
        match names {
            Agreement::Same => evidence.add(Piece::SameName),
            Agreement::Variant => evidence.add(Piece::NameVariant),
            Agreement::SameSound => evidence.add(Piece::NameSameSound),
            Agreement::NearlySame => evidence.add(Piece::NameNearlySame),
            Agreement::Different => evidence.add(Piece::NameDiffers),
            Agreement::Unknown => {}
        }
        match equal(one.phone.as_ref(), other.phone.as_ref()) {
            Some(true) => evidence.add(Piece::SamePhone),
            Some(false) => evidence.add(Piece::PhoneDiffers),
            None => {}
        }
        match equal(one.enterprise.as_ref(), other.enterprise.as_ref()) {
            Some(true) => evidence.add(Piece::SameEnterprise),
            // That an enterprise has one account says nothing.
            Some(false) | None if equal(one.account.as_ref(), other.account.as_ref()) == Some(true) => {
                evidence.add(Piece::SameAccount);
            }
            Some(false) | None => {}
        }
        evidence
    }

    /// Adds what the distance of two numbers says.
    pub(super) fn add_apart(&mut self, apart: Apart) {
        match apart {
            Apart::Same => self.add(Piece::SameResidentId),
            Apart::OneSlip => self.add(Piece::NumberOneSlip),
            Apart::OneSlipUnchecked => self.add(Piece::NumberOneSlipUnchecked),
            Apart::CommonRepair => self.add(Piece::NumberCommonRepair),
            Apart::TwoSlips => self.add(Piece::NumberTwoSlips),
            Apart::Far | Apart::BothSound | Apart::Unknown => {}
        }
    }
}

impl Piece {
    fn bit(self) -> u32 {
        1_u32.checked_shl(u32::from(self as u8)).unwrap_or_default()
    }
}

/// Whether two values are one; `None` while one is not known.
pub(super) fn equal<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> Option<bool> {
    Some(one? == other?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_has_its_bit_and_word() {
        let mut evidence = Evidence::default();
        for piece in Piece::ALL {
            assert!(!evidence.has(*piece), "{piece:?}");
            evidence.add(*piece);
            assert!(evidence.has(*piece), "{piece:?}");
        }
        assert_eq!(evidence.pieces().count(), Piece::ALL.len());
        evidence.add_rarity(897);
        let total: i32 = Piece::ALL.iter().map(|piece| piece.points()).sum();
        assert_eq!(evidence.total(), total + 897);
    }
}
