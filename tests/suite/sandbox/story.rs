//! The story adds up: whoever is planted stands in the rosters as planted, whoever is not stands there once.

use std::collections::{BTreeMap, BTreeSet};

use hufu::domain::eligibility::evidence::DeclarationKind;
use hufu::domain::identity::{ResidentId, Uscc};
use hufu::domain::suspect::SuspectRule;
use hufu::sandbox::story::{ClaimFate, FoundSuspect, RosterFile, RosterKind, RowFate, StoryRow};
use hufu::sandbox::{Scale, Seed, Story, Upstream, World};

use super::small_world;

/// The words for the column that holds the number of a person, over all layouts.
const NUMBER_WORDS: [&str; 4] = ["身份证号", "身份证号码", "公民身份号码", "身份证号*"];

fn rows(story: &Story) -> impl Iterator<Item = (&RosterFile, &StoryRow)> {
    story.rosters.iter().flat_map(|roster| roster.rows.iter().map(move |row| (roster, row)))
}

/// The text under the first of these words that the roster has.
fn cell<'a>(roster: &RosterFile, row: &'a StoryRow, words: &[&str]) -> Option<&'a str> {
    let index = roster.header.iter().position(|word| words.contains(&word.as_str()))?;
    Some(row.cells[index].as_str()).filter(|text| !text.is_empty())
}

fn person(roster: &RosterFile, row: &StoryRow) -> Option<ResidentId> {
    cell(roster, row, &NUMBER_WORDS).and_then(|text| ResidentId::parse(text).ok())
}

/// The people of each claim, by request id.
fn people_of_claims(story: &Story) -> BTreeMap<String, BTreeSet<ResidentId>> {
    let mut people: BTreeMap<String, BTreeSet<ResidentId>> = BTreeMap::new();
    for (roster, row) in rows(story) {
        let first = match row.fate {
            RowFate::Claim(_) => row.number,
            RowFate::PartOf(first) => first,
            RowFate::Refused(_) => continue,
        };
        let request = hufu::sandbox::story::request_id(&roster.file_name, first);
        people.entry(request).or_default().extend(person(roster, row));
    }
    people
}

/// Checks all that must hold in a story of any size.
fn check(world: &World, story: &Story) {
    let people = people_of_claims(story);
    let mut explained: BTreeMap<&ResidentId, usize> = BTreeMap::new();
    for planted in &story.planted {
        let is_pair = match planted.rule {
            SuspectRule::PersonTwoEnterprises
            | SuspectRule::PersonResubmitted
            | SuspectRule::PersonTwoProvinces
            | SuspectRule::EnterpriseTwice
            | SuspectRule::WorkerBothSides => true,
            SuspectRule::PersonAlreadyAwarded
            | SuspectRule::PersonIdentityDisagrees
            | SuspectRule::AccountNotTaxRegistry => false,
        };
        let requests: BTreeSet<&String> = planted.requests.iter().collect();
        assert_eq!(requests.len(), if is_pair { 2 } else { 1 }, "{planted:?}");
        assert!(requests.iter().all(|request| people.contains_key(*request)), "{planted:?}");
        if let Some(person) = &planted.person {
            assert!(requests.iter().all(|request| people[*request].contains(person)), "{planted:?}");
            explained.insert(person, requests.len());
        }
        let regions: BTreeSet<String> = planted.requests.iter().map(|it| it.chars().take(2).collect()).collect();
        assert_eq!(regions.len() == 2, planted.rule == SuspectRule::PersonTwoProvinces, "{planted:?}");
    }
    let mut times: BTreeMap<&ResidentId, usize> = BTreeMap::new();
    for person in people.values().flatten() {
        *times.entry(person).or_default() += 1;
        assert!(world.resident(person).is_some());
    }
    for (person, times) in times {
        assert_eq!(times, explained.get(person).copied().unwrap_or(1));
    }
}

/// The ministry's list reads as the tables read it: so many rows that can be read, so many that cannot; and it is about people of the
/// rosters alone.
#[test]
fn the_ministrys_list_has_rows_of_every_kind() {
    let world = small_world();
    let list = Story::of(&world).ministry;
    let folder = tempfile::tempdir().unwrap();
    let path = list.write_file(folder.path()).unwrap();
    let read = hufu::tables::read_records(&std::fs::read(path).unwrap(), &list.file_name, list.region).unwrap();
    let expected = list.expected;
    assert!(expected.matched > 0 && expected.unmatched > 0 && expected.refused > 0, "{expected:?}");
    assert_eq!(read.rows.len(), expected.matched + expected.unmatched);
    assert_eq!((read.problems.len(), list.rows()), (expected.refused, read.rows.len() + expected.refused));
    let kinds: BTreeSet<_> = read.rows.iter().map(|row| row.record.kind.zh()).collect();
    assert_eq!(kinds, ["身份不实", "跨省重复享受"].into());
}

#[test]
fn whoever_is_planted_stands_where_planted_and_everybody_else_once() {
    check(&small_world(), &Story::of(&small_world()));
    for seed in 1..6 {
        let world = World::generate(Seed(seed), Scale::small());
        check(&world, &Story::of(&world));
    }
}

#[test]
fn the_demo_plants_what_it_promises() {
    let world = World::generate(Seed::DEMO, Scale::demo());
    let story = Story::of(&world);
    check(&world, &story);
    let expected = story.expected();
    let planted: Vec<(&str, usize)> = expected.planted.iter().map(|(rule, count)| (rule.code(), *count)).collect();
    assert_eq!(
        planted,
        [
            ("person_two_enterprises", 25),
            ("person_resubmitted", 10),
            ("person_two_provinces", 15),
            ("person_already_awarded", 20),
            ("person_identity_disagrees", 8),
            ("enterprise_twice", 4),
            ("worker_both_sides", 6),
            ("account_not_tax_registry", 12),
        ]
    );
    let refused: usize =
        expected.refused.iter().filter(|(reason, _)| reason.starts_with("RESIDENT_ID_")).map(|it| it.1).sum();
    assert_eq!((refused, expected.refused["ROW_DUPLICATE"], expected.refused["DATE_IMPOSSIBLE"]), (20, 6, 3));
    assert_eq!(expected.claims, expected.fates.values().sum::<usize>());
    assert_eq!(expected.claims - expected.workforce_claims, 5_000 + 25 + 15 + 10 - 20 - 3 - 2);
    let claiming: BTreeSet<&str> = rows(&story)
        .filter_map(|(roster, row)| {
            cell(roster, row, &["统一社会信用代码", "社会信用代码", "企业统一社会信用代码", "统一信用代码"])
        })
        .collect();
    assert!(claiming.len() > 380, "{}", claiming.len());
    assert_eq!((expected.rows, expected.claims, expected.workforce_claims), (5_682, 5_330, 305));
}

#[test]
fn doubles_are_mostly_hidden_by_their_spelling() {
    let story = Story::of(&small_world());
    let typed: BTreeMap<String, &str> = rows(&story)
        .filter_map(|(roster, row)| Some((roster.request_id(row), cell(roster, row, &NUMBER_WORDS)?)))
        .collect();
    let doubles = story.planted.iter().filter(|it| it.person.is_some() && it.rule != SuspectRule::WorkerBothSides);
    let doubles: Vec<_> = doubles.filter(|it| it.requests.len() == 2).collect();
    let hidden = doubles.iter().filter(|it| typed[&it.requests[0]] != typed[&it.requests[1]]).count();
    assert!(hidden * 2 >= doubles.len(), "{hidden} of {}", doubles.len());
    assert!(hidden < doubles.len(), "some are plain to see");
}

#[test]
fn a_row_that_must_be_refused_has_exactly_that_fault() {
    let story = Story::of(&small_world());
    let mut reasons = BTreeSet::new();
    for (roster, row) in rows(&story) {
        let number = cell(roster, row, &NUMBER_WORDS).map(ResidentId::parse);
        let code = cell(roster, row, &["统一社会信用代码", "社会信用代码", "企业统一社会信用代码", "统一信用代码"]);
        let found: Vec<&str> = number
            .and_then(|it| it.err().map(|error| error.code()))
            .into_iter()
            .chain(code.and_then(|code| Uscc::parse(code).err().map(|error| error.code())))
            .collect();
        match row.fate {
            RowFate::Refused(reason @ ("ROW_DUPLICATE" | "DATE_IMPOSSIBLE")) => {
                assert!(found.is_empty());
                reasons.insert(reason);
            }
            RowFate::Refused(reason) => {
                assert_eq!(found, [reason]);
                reasons.insert(reason);
            }
            RowFate::Claim(_) | RowFate::PartOf(_) => assert!(found.is_empty(), "{found:?}"),
        }
    }
    assert!(reasons.len() >= 6, "{reasons:?}");
}

#[test]
fn a_request_id_is_short_visible_ascii_and_unique() {
    let story = Story::of(&small_world());
    let requests: Vec<String> = rows(&story).map(|(roster, row)| roster.request_id(row)).collect();
    assert!(requests.iter().all(|it| (8..=64).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_graphic())));
    assert_eq!(requests.iter().collect::<BTreeSet<_>>().len(), requests.len());
}

#[test]
fn judging_counts_pairs_in_either_order_once() {
    let story = Story::of(&small_world());
    let found = |it: &hufu::sandbox::story::Planted, flip: bool| {
        let mut requests = it.requests.clone();
        if flip {
            requests.reverse();
        }
        let second = requests.pop().unwrap();
        FoundSuspect { rule: it.rule, first: requests.pop(), second }
    };
    let mut all: Vec<FoundSuspect> =
        story.planted.iter().enumerate().map(|(index, it)| found(it, index % 2 == 0)).collect();
    for score in story.judge(&all) {
        assert!(score.planted > 0 && score.found == score.planted && score.false_flags == 0, "{score:?}");
    }
    all.extend(all.clone());
    all.push(FoundSuspect { rule: SuspectRule::EnterpriseTwice, first: None, second: "somebody-else-1".to_owned() });
    let of_rule = |scores: &[hufu::sandbox::story::RuleScore]| {
        *scores.iter().find(|it| it.rule == SuspectRule::EnterpriseTwice).unwrap()
    };
    let score = of_rule(&story.judge(&all));
    assert_eq!((score.found, score.false_flags), (score.planted, 1));
    assert_eq!(of_rule(&story.judge(&[])).found, 0);
}

#[test]
fn the_files_hold_what_the_story_says() {
    let folder = tempfile::tempdir().unwrap();
    let story = Story::of(&small_world());
    let paths = story.write_files(folder.path()).unwrap();
    assert_eq!(paths.len(), story.rosters.len());
    let mut starts: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, roster) in paths.iter().zip(&story.rosters) {
        let bytes = std::fs::read(path).unwrap();
        assert!(bytes == roster.bytes().unwrap(), "{}", roster.file_name);
        let kind = match (bytes.starts_with(b"PK"), bytes.starts_with(b"\xEF\xBB\xBF"), std::str::from_utf8(&bytes)) {
            (true, ..) => "workbook",
            (false, true, _) => "mark",
            (false, false, Ok(_)) => "utf-8",
            (false, false, Err(_)) => "gb18030",
        };
        *starts.entry(kind).or_default() += 1;
        if kind != "workbook" {
            let (text, _, is_broken) = match kind {
                "gb18030" => encoding_rs::GB18030.decode(&bytes),
                _ => encoding_rs::UTF_8.decode(&bytes),
            };
            assert!(!is_broken);
            let last = roster.rows.last().unwrap();
            let line = text.lines().nth(last.number as usize - 1).unwrap();
            assert_eq!(line.split(',').collect::<Vec<_>>(), last.cells);
        }
    }
    assert_eq!(starts.len(), 4, "{starts:?}");
    assert_eq!(starts["workbook"], 2);
}

#[test]
fn the_declarations_hold_both_kinds_and_the_outage_is_in_the_middle() {
    let declarations = Story::declarations();
    let of = |code: &str| declarations.iter().filter(|it| it.region.as_str() == code).collect::<Vec<_>>();
    assert!(of("371502").iter().any(|it| it.kind == DeclarationKind::RiskArea));
    assert_eq!(of("371521").len(), 1);
    let outage = Story::outage();
    assert_eq!(outage.upstream, Upstream::Credential);
    assert!(
        0 < outage.after_permille && outage.after_permille < outage.until_permille && outage.until_permille < 1_000
    );
}

#[test]
fn every_fate_and_both_kinds_of_rosters_occur() {
    let story = Story::of(&small_world());
    let fates = story.expected().fates;
    for fate in [ClaimFate::Entitled, ClaimFate::NotEntitled, ClaimFate::Held] {
        assert!(fates.contains_key(&fate), "{fate:?}");
    }
    for kind in [RosterKind::Graduates, RosterKind::Workforce] {
        assert!(story.rosters.iter().any(|it| it.kind == kind), "{kind:?}");
    }
}
