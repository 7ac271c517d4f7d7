//! The fraud range's truth against a reading of its own: every pair of claims compared by the rules, with no knowledge of what was planted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hufu::domain::identity::PersonName;
use hufu::sandbox::{Provinces, Seed};
use jiff::civil::Date;

/// A row as the rules see it.
struct Claim {
    id: u64,
    province: String,
    county: String,
    uscc: String,
    name: String,
    /// The number without its typing: 18 or 15 characters, or whatever was typed.
    typed: Vec<u8>,
    /// The 18 characters that it stands for, if it can be read.
    number: Option<Vec<u8>>,
    is_retention: bool,
    subsidy: String,
    account: String,
    phone: String,
}

impl Claim {
    fn is_unsound(&self) -> bool {
        self.number.is_none() || self.typed.len() == 15
    }

    /// The 18 characters to compare, readable or not.
    fn compared(&self) -> Vec<u8> {
        if self.typed.len() == 15 { eighteen(&self.typed) } else { self.typed.clone() }
    }
}

type Finding = (u64, Option<u64>, String);

struct Range {
    claims: Vec<Claim>,
    truth: BTreeMap<Finding, String>,
    negatives: BTreeMap<(u64, u64), String>,
}

fn range(seed: u64, people: u64) -> Range {
    let folder = tempfile::tempdir().unwrap();
    let written = Provinces::new(Seed(seed), people).write(folder.path(), |_| {}).unwrap();
    let rows =
        |name: &str| -> Vec<BTreeMap<String, String>> { csv_rows(&folder.path().join(name)).into_iter().collect() };
    let number = |text: &str| text.parse::<u64>().unwrap();
    let claims: Vec<Claim> = rows("claims.csv").iter().map(claim).collect();
    let truth: BTreeMap<Finding, String> = rows("truth.csv")
        .iter()
        .map(|row| {
            let second = Some(row["claim_b"].as_str()).filter(|it| !it.is_empty()).map(number);
            ((number(&row["claim_a"]), second, row["rule"].clone()), row["scheme"].clone())
        })
        .collect();
    let negatives: BTreeMap<(u64, u64), String> = rows("negatives.csv")
        .iter()
        .map(|row| ((number(&row["claim_a"]), number(&row["claim_b"])), row["kind"].clone()))
        .collect();
    assert_eq!(
        (written.claims, written.truth, written.negatives),
        (claims.len() as u64, truth.len() as u64, negatives.len() as u64)
    );
    Range { claims, truth, negatives }
}

fn csv_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    // No cell of the range needs quotes, so that splitting is reading.
    let text = fs::read_to_string(path).unwrap();
    assert!(!text.contains('"') && !text.contains('\r'));
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), header.len());
            header.iter().zip(cells).map(|(word, cell)| ((*word).to_owned(), cell.to_owned())).collect()
        })
        .collect()
}

fn claim(row: &BTreeMap<String, String>) -> Claim {
    let typed = untyped(&row["resident_id"]);
    Claim {
        id: row["claim_id"].parse().unwrap(),
        province: row["province"].clone(),
        county: row["county"].clone(),
        uscc: row["uscc"].clone(),
        name: PersonName::parse(&row["name"]).unwrap().as_str().to_owned(),
        number: read(&typed),
        typed,
        is_retention: row["subsidy"] == "retention-training",
        subsidy: row["subsidy"].clone(),
        account: row["account"].clone(),
        phone: row["phone"].replace(' ', ""),
    }
}

fn untyped(text: &str) -> Vec<u8> {
    let half = |it: char| char::from_u32((it as u32).wrapping_sub(0xFEE0)).filter(char::is_ascii_graphic).unwrap_or(it);
    let text: String = text.chars().map(half).filter(|it| it.is_ascii_alphanumeric()).collect();
    text.to_ascii_uppercase().into_bytes()
}

/// GB 11643: weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2; the sum's rest modulo 11 is an index into 1 0 X 9 8 7 6 5 4 3 2.
fn check_character(body: &[u8]) -> u8 {
    const WEIGHTS: [usize; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body.iter().zip(WEIGHTS).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    b"10X98765432"[sum % 11]
}

fn eighteen(fifteen: &[u8]) -> Vec<u8> {
    let mut number = [&fifteen[..6], b"19", &fifteen[6..]].concat();
    number.push(check_character(&number));
    number
}

/// The number that characters stand for, if province, birth date and check character are possible.
fn read(typed: &[u8]) -> Option<Vec<u8>> {
    let (body, last) = (typed.get(..typed.len() - 1)?, typed.last()?);
    if !body.iter().all(u8::is_ascii_digit) || !(last.is_ascii_digit() || *last == b'X') {
        return None;
    }
    let number = match typed.len() {
        18 => typed.to_vec(),
        15 if last.is_ascii_digit() => eighteen(typed),
        _ => return None,
    };
    let value = |from: usize, to: usize| std::str::from_utf8(&number[from..to]).unwrap().parse::<i16>().unwrap();
    let is_region = match value(0, 2) {
        11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 => true,
        90..=99 => matches!(value(1, 3), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81 | 82),
        _ => false,
    };
    let is_date = Date::new(value(6, 10), value(10, 12) as i8, value(12, 14) as i8).is_ok();
    let is_possible = is_region && is_date && (1900..2100).contains(&value(6, 10));
    (is_possible && check_character(&number[..17]) == number[17]).then_some(number)
}

fn conflict(one: &Claim, other: &Claim) -> bool {
    one.is_retention == other.is_retention
}

/// The rules that need no judgment, over all pairs.
fn exact(claims: &[Claim]) -> BTreeSet<Finding> {
    let mut found = BTreeSet::new();
    let mut by_account: BTreeMap<(&str, &str, &str), (u64, u64)> = BTreeMap::new();
    let mut by_county: BTreeMap<(&str, &str, &str), (u64, u64)> = BTreeMap::new();
    for (at, one) in claims.iter().enumerate() {
        for other in &claims[..at] {
            let ids = (one.id.min(other.id), one.id.max(other.id));
            let mut add = |rule: &str| assert!(found.insert((ids.0, Some(ids.1), rule.to_owned())));
            if conflict(one, other) && one.number.is_some() && one.number == other.number {
                add(if one.province != other.province {
                    "person_two_provinces"
                } else if one.subsidy != other.subsidy {
                    "person_two_subsidies"
                } else if one.uscc != other.uscc {
                    "person_two_enterprises"
                } else {
                    "person_resubmitted"
                });
            }
            let are_two = one.uscc != other.uscc && one.compared() != other.compared();
            if !one.phone.is_empty() && one.phone == other.phone && are_two {
                add("phone_shared");
            }
            // By the smallest claims of both sides, whichever claims those are.
            let keep = |by: &mut BTreeMap<_, (u64, u64)>, key, sides: (&str, &str)| {
                let ids = if sides.0 < sides.1 { (one.id, other.id) } else { (other.id, one.id) };
                let kept = by.entry(key).or_insert(ids);
                *kept = (kept.0.min(ids.0), kept.1.min(ids.1));
            };
            if one.account == other.account && one.uscc != other.uscc {
                let sides = (one.uscc.as_str(), other.uscc.as_str());
                keep(&mut by_account, (one.account.as_str(), sides.0.min(sides.1), sides.0.max(sides.1)), sides);
            }
            if one.is_retention && other.is_retention && one.uscc == other.uscc && one.county != other.county {
                let sides = (one.county.as_str(), other.county.as_str());
                keep(&mut by_county, (one.uscc.as_str(), sides.0.min(sides.1), sides.0.max(sides.1)), sides);
            }
        }
    }
    for (rule, by) in [("account_shared", by_account), ("enterprise_two_counties", by_county)] {
        found.extend(by.into_values().map(|(a, b)| (a.min(b), Some(a.max(b)), rule.to_owned())));
    }
    found
}

/// Whether one wrong character or one adjacent swap makes one number of the other.
fn is_one_edit(one: &[u8], other: &[u8]) -> bool {
    let apart: Vec<usize> = (0..one.len().max(other.len())).filter(|at| one.get(*at) != other.get(*at)).collect();
    match apart[..] {
        [_] => one.len() == other.len(),
        [a, b] => b == a + 1 && one.len() == other.len() && one[a] == other[b] && one[b] == other[a],
        _ => false,
    }
}

/// One edit between what was typed, in either form.
fn is_slip(one: &Claim, other: &Claim) -> bool {
    let compared = is_one_edit(&one.compared(), &other.compared());
    let old = |it: &Claim| {
        if it.typed.len() == 18 { [&it.typed[..6], &it.typed[8..17]].concat() } else { it.typed.clone() }
    };
    compared || [one, other].iter().any(|it| it.typed.len() == 15) && is_one_edit(&old(one), &old(other))
}

#[test]
fn the_truth_is_what_the_rules_find_among_all_pairs() {
    for seed in [1, 2, 3] {
        let Range { claims, truth, negatives } = range(seed, 2_000);
        let of = |rule: &str| truth.keys().filter(move |it| it.2 == rule).cloned().collect::<BTreeSet<Finding>>();
        let (near, impossible) = (of("person_nearly_identical"), of("person_number_impossible"));
        let judged: BTreeSet<Finding> = near.union(&impossible).cloned().collect();
        let planted: BTreeSet<Finding> = truth.keys().filter(|it| !judged.contains(it)).cloned().collect();
        let found = exact(&claims);
        assert_eq!(planted.difference(&found).collect::<Vec<_>>(), Vec::<&Finding>::new(), "planted and not there");
        assert_eq!(found.difference(&planted).collect::<Vec<_>>(), Vec::<&Finding>::new(), "there and not planted");

        let in_near: BTreeSet<u64> = near.iter().flat_map(|it| [Some(it.0), it.1]).flatten().collect();
        let unread = claims.iter().filter(|it| it.number.is_none() && !in_near.contains(&it.id));
        let unread: BTreeSet<Finding> = unread.map(|it| (it.id, None, "person_number_impossible".to_owned())).collect();
        assert_eq!(unread, impossible);

        let slips = slips(&claims);
        assert_eq!(slips.difference(&near).collect::<Vec<_>>(), Vec::<&Finding>::new(), "one slip apart by chance");
        for (one, other) in negatives.keys() {
            assert!(!truth.keys().any(|it| (it.0, it.1) == (*one, Some(*other))), "{one} {other}");
        }
    }
}

/// Pairs one slip apart under one name, of which one number does not vouch for itself.
fn slips(claims: &[Claim]) -> BTreeSet<Finding> {
    let mut found = BTreeSet::new();
    for one in claims.iter().filter(|it| it.is_unsound()) {
        for other in claims.iter().filter(|it| it.id != one.id && conflict(one, it) && it.name == one.name) {
            if one.compared() != other.compared() && is_slip(one, other) {
                found.insert((one.id.min(other.id), Some(one.id.max(other.id)), "person_nearly_identical".to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_slip_is_what_its_scheme_says() {
    let Range { claims, truth, .. } = range(5, 20_000);
    let by_id: BTreeMap<u64, &Claim> = claims.iter().map(|it| (it.id, it)).collect();
    let slips = slips(&claims);
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    for (finding, scheme) in &truth {
        *met.entry(scheme).or_default() += 1;
        let (Some(second), true) = (finding.1, finding.2 == "person_nearly_identical") else { continue };
        let (one, other) = (by_id[&finding.0], by_id[&second]);
        assert!(conflict(one, other) && (one.is_unsound() || other.is_unsound()), "{scheme}");
        let apart = one.compared().iter().zip(other.compared()).filter(|(a, b)| *a != b).count();
        let is_one = slips.contains(finding);
        match scheme.trim_end_matches(|it: char| it.is_ascii_digit() || it == '_') {
            "wrong_digit" | "swap" => assert!(is_one, "{scheme}"),
            "wrong_digit_name_variant" | "wrong_digit_homophone" => {
                assert!(apart == 1 && one.name != other.name && !is_one, "{scheme}");
            }
            "two_digits_wrong" => assert!(apart == 2, "{scheme}"),
            "both_copies_wrong" => assert!(apart == 2 && one.is_unsound() && other.is_unsound(), "{scheme}"),
            // The digit, and the check character that 15 digits never had.
            "old_form_wrong_digit" => assert!(is_one && apart == 2, "{scheme}"),
            _ => panic!("{scheme} is no slip"),
        }
    }
    let places = |word: &str, count: usize| (1..=count).all(|at| met.contains_key(format!("{word}_{at:02}").as_str()));
    assert!(places("wrong_digit", 18) && places("swap", 17), "{met:?}");
    for scheme in [
        "resubmitted two_enterprises two_provinces two_subsidies retention_two_enterprises retention_two_provinces",
        "three_enterprises typing_full_width typing_hyphens typing_lower_x old_form name_spaced name_script name_variant",
        "name_homoglyph name_dot_typed name_dot_missing wrong_digit_name_variant two_digits_wrong both_copies_wrong",
        "old_form_wrong_digit wrong_digit_homophone impossible_region impossible_date impossible_check impossible_length",
        "impossible_letter two_counties account_shared account_subsidiaries phone_shared one_digit_apart_other_name",
    ]
    .iter()
    .flat_map(|line| line.split(' '))
    {
        assert!(met.contains_key(scheme), "{scheme}");
    }
}

#[test]
fn hard_negatives_are_close_and_are_no_pair() {
    let Range { claims, negatives, .. } = range(5, 20_000);
    let by_id: BTreeMap<u64, &Claim> = claims.iter().map(|it| (it.id, it)).collect();
    let mut kinds = BTreeSet::new();
    for ((one, other), kind) in &negatives {
        kinds.insert(kind.as_str());
        let (one, other) = (by_id[one], by_id[other]);
        let apart = one.compared().iter().zip(other.compared()).filter(|(a, b)| *a != b).count();
        let are_sound = !one.is_unsound() && !other.is_unsound();
        match kind.as_str() {
            "siblings_consecutive" => assert!(are_sound && one.name != other.name && one.uscc == other.uscc),
            "siblings_old_form" => assert!(!are_sound && one.name != other.name && one.uscc == other.uscc),
            "same_name_same_birthday" => {
                assert!(are_sound && one.name == other.name && one.compared()[..14] == other.compared()[..14]);
            }
            "same_name_same_county" => assert!(are_sound && one.name == other.name && one.county == other.county),
            "sound_one_digit_apart" => assert!(are_sound && one.name == other.name && apart == 2),
            "one_digit_apart_other_name" => assert!(!are_sound && one.name != other.name && apart == 1),
            "family_phone" => assert!(one.phone == other.phone && one.uscc == other.uscc && apart > 0),
            "subsidiary_accounts" => {
                let account = |it: &Claim| it.account.parse::<u128>().unwrap();
                assert!(account(one).abs_diff(account(other)) == 1 && one.uscc != other.uscc);
            }
            "graduate_on_roster" => assert!(apart == 0 && !conflict(one, other)),
            _ => panic!("{kind}"),
        }
    }
    assert_eq!(kinds.len(), 9, "{kinds:?}");
}

#[test]
fn the_same_seed_writes_the_same_files_and_another_seed_others() {
    let files = |seed: u64| {
        let folder = tempfile::tempdir().unwrap();
        Provinces::new(Seed(seed), 1_500).write(folder.path(), |_| {}).unwrap();
        ["claims.csv", "truth.csv", "negatives.csv"].map(|name| fs::read(folder.path().join(name)).unwrap())
    };
    let first = files(7);
    assert!(first == files(7));
    assert!(files(8).iter().zip(&first).all(|(one, other)| one != other));
}

#[test]
fn most_rows_are_clean_and_the_population_is_as_large_as_asked_for() {
    let Range { claims, truth, .. } = range(9, 50_000);
    let planted: BTreeSet<u64> = truth.keys().flat_map(|it| [Some(it.0), it.1]).flatten().collect();
    assert!((48_000..=52_000).contains(&claims.len()), "{}", claims.len());
    assert!(planted.len() * 100 / claims.len() <= 4, "{}", planted.len());
    let provinces: BTreeSet<&str> = claims.iter().map(|it| it.province.as_str()).collect();
    assert_eq!(provinces.len(), 6);
}
