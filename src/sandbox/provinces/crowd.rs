//! Keeps chance out of the truth: a wrong number must not happen to be near somebody else's whose name could be taken for the same.

use std::collections::{HashMap, HashSet};

use super::number::{places_apart, sources};
use super::register::{Number, Register};
use super::row::Row;

/// Nearer than this, two planted numbers of one sound could be joined: two slips on either side, a swap changing two places.
const PLACES_APART_MIN: usize = 5;

/// Who was planted, by the sound of the name; the clean are told from the register.
#[derive(Default)]
pub(super) struct Crowd {
    by_sound: HashMap<String, Vec<Planted>>,
    numbers: HashSet<Number>,
}

struct Planted {
    compared: [u8; 18],
    number: Number,
    is_unsound: bool,
}

impl Crowd {
    /// Whether a row can only be joined with rows of its own group.
    pub(super) fn is_free(&self, register: &Register, row: &Row, group: &[Row]) -> bool {
        let is_unsound = row.is_unsound(register);
        let resident_id = row.resident_id(register);
        let Some(compared) = row.typed.compared(&resident_id) else { return true };
        let sound = row.sound(register);
        let is_own = |number: Number| group.iter().any(|it| it.number == number);
        let is_met = self.by_sound.get(&sound).into_iter().flatten().any(|other| {
            (is_unsound || other.is_unsound)
                && !is_own(other.number)
                && places_apart(&compared, &other.compared) < PLACES_APART_MIN
        });
        if is_met || !is_unsound {
            return !is_met;
        }
        let read = row.read(register);
        let mut is_free = true;
        sources(&row.typed.characters(&resident_id), &mut |body| {
            let found = register.find(body).filter(|number| !is_own(*number));
            let Some(owner) = found.and_then(|number| register.clean_owner(number)) else { return };
            let is_same = read.as_ref().is_some_and(|read| read.as_str().as_bytes().first_chunk() == Some(body));
            is_free &= !is_same && register.unihan.sound(&owner.text(register.seed)) != sound;
        });
        is_free
    }

    /// Whether a number was given to somebody planted.
    pub(super) fn has(&self, number: Number) -> bool {
        self.numbers.contains(&number)
    }

    pub(super) fn add(&mut self, register: &Register, row: &Row) {
        self.numbers.insert(row.number);
        if let Some(compared) = row.typed.compared(&row.resident_id(register)) {
            let planted = Planted { compared, number: row.number, is_unsound: row.is_unsound(register) };
            self.by_sound.entry(row.sound(register)).or_default().push(planted);
        }
    }
}
