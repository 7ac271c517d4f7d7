//! By what suspects are found, and by what they hang together. Kept as keyed hashes alone: whoever has the database can search it for
//! nothing that they cannot key (I11).

use std::collections::BTreeSet;

use crate::domain::claim::{Person, Subject};
use crate::domain::identity::Uscc;
use crate::domain::suspect::weight::rostered;
use crate::store::record::weigh::{ClaimBasis, ToWeigh};
use crate::store::seal::{Index, Sealer};

/// What a suspect may be looked up by. The text of each is canonical: as its newtype gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum SuspectKey {
    /// Either claim's id, hyphenated.
    Claim,
    /// The suspect's own id, hyphenated.
    Suspect,
    /// Either enterprise's code.
    Enterprise,
    /// The resident number of the person it is about.
    Person,
    /// That person's full name, as the second claim has it …
    Name,
    /// … and as the first one does: the number is common to both, the name need not be.
    FirstName,
    Account,
    Phone,
}

impl SuspectKey {
    /// The key of a canonical text.
    pub(in crate::store) fn index(self, text: &str, sealer: &Sealer) -> Index {
        match self {
            Self::Claim => sealer.index_of("desk claim", text),
            Self::Suspect => sealer.index_of("desk suspect", text),
            Self::Enterprise => sealer.index_of("desk enterprise", text),
            Self::Person => sealer.index_person(text),
            Self::Name => sealer.index_of("desk name", text),
            Self::FirstName => sealer.index_of("desk first name", text),
            Self::Account => sealer.index_account(text),
            Self::Phone => sealer.index_phone(text),
        }
    }
}

/// The key of a part of an enterprise's name.
pub(in crate::store) fn term_index(term: &str, sealer: &Sealer) -> Index {
    sealer.index_of("desk term", term)
}

/// Parts of one name that are kept, and looked for.
pub(in crate::store) const TERMS_MAX: usize = 60;

/// What nearly every name ends with: a part of it alone would find them all.
const FORMS: [&str; 4] = ["有限责任公司", "股份有限公司", "有限公司", "公司"];

/// The pairs of neighboring characters of an enterprise's name, each once, in the name's order: blanks and marks left out, Latin letters
/// in lower case, and none that lies wholly within the legal form. A single character gives none.
pub(in crate::store) fn terms_of(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let mut is_form = vec![false; characters.len()];
    for form in FORMS {
        let form: Vec<char> = form.chars().collect();
        for (at, window) in characters.windows(form.len()).enumerate() {
            if window == form {
                is_form.iter_mut().skip(at).take(form.len()).for_each(|it| *it = true);
            }
        }
    }
    let mut seen = BTreeSet::new();
    let pairs = characters.windows(2).zip(is_form.windows(2)).filter(|(_, form)| !form.iter().all(|it| *it));
    let terms = pairs.map(|(pair, _)| pair.iter().collect::<String>()).filter(|term| seen.insert(term.clone()));
    terms.take(TERMS_MAX).collect()
}

/// Everything a suspect is found by, each once.
pub(super) fn of_suspect(suspect: &ToWeigh, sealer: &Sealer) -> BTreeSet<Index> {
    let ToWeigh { suspect_id, first, second, .. } = suspect;
    let mut keys = BTreeSet::from([SuspectKey::Suspect.index(&suspect_id.to_string(), sealer)]);
    for side in first.iter().chain([second]) {
        let claim = &side.record.claim;
        keys.insert(SuspectKey::Claim.index(&claim.claim_id.to_string(), sealer));
        for (key, text) in shared(claim_side(suspect, side)) {
            keys.insert(key.index(&text, sealer));
        }
    }
    let sides = [(first.as_ref(), SuspectKey::FirstName), (Some(second), SuspectKey::Name)];
    for (side, key) in sides {
        if let Some(person) = side.and_then(|side| person_of(suspect, side)) {
            keys.insert(key.index(person.name.as_str(), sealer));
        }
    }
    keys
}

/// A claim, with the person that a suspect is about.
#[derive(Clone, Copy)]
pub(super) struct ClaimSide<'a> {
    pub(super) basis: &'a ClaimBasis,
    pub(super) person: Option<&'a Person>,
}

pub(super) fn claim_side<'a>(suspect: &'a ToWeigh, basis: &'a ClaimBasis) -> ClaimSide<'a> {
    ClaimSide { basis, person: person_of(suspect, basis) }
}

/// What one side may share with another suspect, in the open.
pub(super) fn shared(side: ClaimSide<'_>) -> Vec<(SuspectKey, String)> {
    let claim = &side.basis.record.claim;
    let mut shared = vec![(SuspectKey::Enterprise, claim.enterprise.as_str().to_owned())];
    shared.extend(side.person.map(|it| (SuspectKey::Person, it.resident_id.as_str().to_owned())));
    shared.extend(claim.account.as_ref().map(|it| (SuspectKey::Account, it.as_str().to_owned())));
    let phone = side.person.and_then(|it| it.phone.as_ref());
    shared.extend(phone.map(|it| (SuspectKey::Phone, it.as_str().to_owned())));
    shared
}

/// The person of a claim that the suspect is about.
pub(super) fn person_of<'a>(suspect: &'a ToWeigh, basis: &'a ClaimBasis) -> Option<&'a Person> {
    if !suspect.rule.is_about_a_person() {
        return None;
    }
    let of = |basis: &'a ClaimBasis, unit: Option<usize>| -> Option<&'a Person> {
        match &basis.record.claim.subject {
            Subject::Graduate(graduate) => Some(&graduate.person),
            Subject::Workforce(workforce) => workforce.roster.get(unit?).map(|worker| &worker.person),
        }
    };
    let second = of(&suspect.second, suspect.unit);
    if basis.record.claim.claim_id == suspect.second.record.claim.claim_id {
        return second;
    }
    of(basis, rostered(&basis.record.claim, &second?.resident_id))
}

/// The names of a suspect's enterprises, each with its code.
pub(super) fn names(suspect: &ToWeigh) -> impl Iterator<Item = (&Uscc, &str)> {
    let claims = suspect.first.iter().chain([&suspect.second]).map(|side| &side.record.claim);
    claims.filter_map(|claim| Some((&claim.enterprise, claim.enterprise_name.as_ref()?.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Keys;

    #[test]
    fn a_name_is_kept_in_pairs_without_its_legal_form() {
        let check = |name: &str, expected: &[&str]| assert_eq!(terms_of(name), expected, "{name}");
        check("聊城测试有限公司", &["聊城", "城测", "测试", "试有"]);
        check("聊城测试有限责任公司", &["聊城", "城测", "测试", "试有"]);
        check("聊城测试股份有限公司", &["聊城", "城测", "测试", "试股"]);
        check("聊城公司东阿分公司", &["聊城", "城公", "司东", "东阿", "阿分", "分公"]);
        check("有限公司", &[]);
        check("A-B (中国) 有限公司", &["ab", "b中", "中国", "国有"]);
        check("华华华华", &["华华"]);
        check("华", &[]);
        check("", &[]);
        let long: String = ('\u{4e00}'..'\u{4e78}').collect();
        assert_eq!(terms_of(&long).len(), TERMS_MAX);
    }

    #[test]
    fn a_part_of_a_name_is_found_in_its_pairs() {
        let whole: BTreeSet<String> = terms_of("聊城市东昌府区测试人力资源有限公司").into_iter().collect();
        for part in ["东昌府", "测试人力", "聊城市", "资源有限公司"] {
            let terms = terms_of(part);
            assert!(!terms.is_empty() && terms.iter().all(|term| whole.contains(term)), "{part}");
        }
    }

    #[test]
    fn no_two_kinds_of_key_meet() {
        let sealer = Sealer::new(&Keys::generate().unwrap()).unwrap();
        let kinds = [
            SuspectKey::Claim,
            SuspectKey::Suspect,
            SuspectKey::Enterprise,
            SuspectKey::Person,
            SuspectKey::Name,
            SuspectKey::FirstName,
            SuspectKey::Account,
            SuspectKey::Phone,
        ];
        let keys: BTreeSet<Index> = kinds.into_iter().map(|kind| kind.index("1", &sealer)).collect();
        assert_eq!(keys.len(), kinds.len());
        assert!(!keys.contains(&term_index("1", &sealer)));
    }
}
