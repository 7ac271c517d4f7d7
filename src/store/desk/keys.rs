//! By what a suspect is found and by what suspects hang together, as keyed indexes: the store knows no name and no number (I11).

use std::collections::BTreeSet;

use crate::domain::claim::ClaimId;
use crate::domain::identity::{ResidentId, Uscc};
use crate::domain::suspect::SuspectId;
use crate::store::seal::{Index, Sealer};

/// Something that a suspect is about.
#[derive(Clone, Copy)]
pub(in crate::store) enum SuspectKey<'a> {
    Claim(ClaimId),
    Suspect(SuspectId),
    Enterprise(&'a Uscc),
    Person(&'a ResidentId),
    /// A person's full name, in its canonical form.
    Name(&'a str),
    Account(&'a str),
    Phone(&'a str),
}

impl SuspectKey<'_> {
    /// The key's row in `suspect_key`. Two kinds never meet.
    pub(in crate::store) fn index(&self, sealer: &Sealer) -> Index {
        match self {
            Self::Claim(id) => sealer.index_key(b"suspect by claim", id.0.as_bytes()),
            Self::Suspect(id) => sealer.index_key(b"suspect by suspect", id.0.as_bytes()),
            Self::Enterprise(uscc) => sealer.index_key(b"suspect by enterprise", uscc.as_str().as_bytes()),
            Self::Person(id) => sealer.index_key(b"suspect by person", id.as_str().as_bytes()),
            Self::Name(name) => sealer.index_key(b"suspect by name", name.as_bytes()),
            Self::Account(account) => sealer.index_key(b"suspect by account", account.as_bytes()),
            Self::Phone(phone) => sealer.index_key(b"suspect by phone", phone.as_bytes()),
        }
    }
}

/// The words of an enterprise's name in `enterprise_term`: every two characters that stand side by side, or the one that stands alone.
/// A part of a name has terms that are among those of the name, wherever it was cut out, as long as it has two characters.
pub(in crate::store) fn terms_of(name: &str, sealer: &Sealer) -> BTreeSet<Index> {
    let letters: Vec<char> = name.chars().flat_map(char::to_lowercase).filter(|it| it.is_alphanumeric()).collect();
    let term = |pair: &[char]| sealer.index_key(b"term of enterprise", pair.iter().collect::<String>().as_bytes());
    match letters.as_slice() {
        [] => BTreeSet::new(),
        [_] => [term(&letters)].into(),
        _ => letters.windows(2).map(term).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Keys;

    #[test]
    fn a_part_of_a_name_has_terms_that_are_among_those_of_the_name() {
        let sealer = Sealer::new(&Keys::generate().unwrap()).unwrap();
        let terms = |text| terms_of(text, &sealer);
        let name = terms("聊城ABC电子(上海)有限公司");
        for part in ["聊城", "abc电子", "上海", "电子上海", "聊城 ABC", "有限公司"] {
            assert!(terms(part).is_subset(&name), "{part}");
        }
        for other in ["北京", "城聊", "司"] {
            assert!(!terms(other).is_subset(&name), "{other}");
        }
        assert!(terms("（）- ").is_empty());
    }

    #[test]
    fn what_a_key_is_of_tells_it_from_another_of_the_same_text() {
        let sealer = Sealer::new(&Keys::generate().unwrap()).unwrap();
        let text = "13800000000";
        let keys = [SuspectKey::Name(text), SuspectKey::Account(text), SuspectKey::Phone(text)];
        let distinct: BTreeSet<Index> = keys.iter().map(|key| key.index(&sealer)).collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
