//! What holds whatever is submitted in whatever order, tried at random on a real node.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use hufu::domain::identity::ResidentId;
use hufu::proto::claims::v1::Claim;
use jiff::civil::Date;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use crate::support::claims::{NewClaim, all, state};
use crate::support::people::{Firm, Graduate, firm, graduate, numbered};
use crate::support::{Caller, Database, Harness, eventually};

/// Each takes some hundredths of a second: a node works for every one of them.
const CASES: u32 = 24;

/// Tries a property on one node.
fn check<S: Strategy>(strategy: S, property: impl AsyncFn(&Harness, S::Value)) {
    let runtime = Runtime::new().unwrap();
    let hufu = runtime.block_on(Harness::start(Database::Sqlite));
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let tried = runner.run(&strategy, |case| {
        runtime.block_on(property(&hufu, case));
        Ok(())
    });
    tried.unwrap_or_else(|failure| panic!("{failure}"));
    runtime.block_on(hufu.end());
}

fn any_number() -> impl Strategy<Value = ResidentId> {
    let birth =
        (1_950_i16..=2_004, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| Date::constant(year, month, day));
    // Three places in the country, a residence permit of each kind, and a foreigner's permit of Shandong.
    let place = prop::sample::select(vec!["371502", "110101", "410902", "810000", "820000", "830000", "937156"]);
    (place, birth, 0_u16..=999)
        .prop_map(|(place, birth, sequence)| ResidentId::from_parts(place, birth, sequence).unwrap())
}

/// How somebody types a number: what stands before each character, which characters are full-width, and whether it is the old form.
#[derive(Clone, Debug)]
struct Typing {
    before: Vec<&'static str>,
    full_width: Vec<bool>,
    lower_case: bool,
    old_form: bool,
}

fn any_typing() -> impl Strategy<Value = Typing> {
    let separator = prop_oneof![6 => Just(""), 1 => prop::sample::select(vec![" ", "-", "\u{3000}", "－", "\u{200b}"])];
    (vec(separator, 18), vec(any::<bool>(), 18), any::<bool>(), any::<bool>())
        .prop_map(|(before, full_width, lower_case, old_form)| Typing { before, full_width, lower_case, old_form })
}

impl Typing {
    fn of(&self, number: &ResidentId) -> String {
        let mut characters: Vec<char> = number.as_str().chars().collect();
        // The older form left out the century, which was the twentieth, and the check character; permits never had it.
        if self.old_form && number.as_str().get(6..8) == Some("19") && !number.as_str().starts_with(['8', '9']) {
            characters.pop();
            characters.drain(6..8);
        }
        let typed = characters.into_iter().zip(&self.before).zip(&self.full_width);
        let typed = typed.map(|((character, before), full_width)| {
            let character = if self.lower_case { character.to_ascii_lowercase() } else { character };
            // Every ASCII character has its full-width twin at the same distance.
            let twin = char::from_u32(u32::from(character) + 0xfee0).unwrap();
            format!("{before}{}", if *full_width { twin } else { character })
        });
        typed.collect()
    }
}

#[test]
fn any_typing_of_a_person_is_one_slot() {
    check((any_number(), any_typing(), any_typing()), async |hufu, (number, first, second)| {
        let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
        let person = graduate("王小明").hired_by(&a).also_hired_by([&b]).with_number(number.clone()).known_to(hufu);
        let county = hufu.office("371502");
        let (first, second) = (first.of(&number), second.of(&number));
        let held_first = person.claim().typed(&first).submit(&county).await;
        assert_eq!(state(&held_first), "assessed", "typed {first:?}");
        let held_second = person.claim().by(&b).typed(&second).submit(&county).await;
        assert_eq!(state(&held_second), "held", "typed {first:?} and {second:?}");
        assert_eq!(held_first.resident_id_masked, held_second.resident_id_masked);
        // The next case may draw the same number.
        county.withdraw(&held_second.claim_id).await.unwrap();
        county.withdraw(&held_first.claim_id).await.unwrap();
    });
}

/// What a caller does next.
#[derive(Clone, Debug)]
enum Act {
    Submit {
        person: usize,
        firm: usize,
    },
    /// Takes back one of the claims so far, whether or not it was taken back before.
    Withdraw(Index),
    /// Sends one of the submissions so far again.
    Repeat(Index),
}

const PERSONS: usize = 2;
const FIRMS: usize = 3;

fn any_acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => (0..PERSONS, 0..FIRMS).prop_map(|(person, firm)| Act::Submit { person, firm }),
        2 => any::<Index>().prop_map(Act::Withdraw),
        1 => any::<Index>().prop_map(Act::Repeat),
    ];
    vec(act, 1..14)
}

/// What was submitted so far, and by whom it is claimed.
struct Story {
    county: Caller,
    persons: Vec<Graduate>,
    firms: Vec<Firm>,
    submitted: Vec<(usize, NewClaim, Claim)>,
}

impl Story {
    fn new(hufu: &Harness) -> Self {
        let firms: Vec<_> = (0..FIRMS).map(|index| firm(&format!("企业{index}")).known_to(hufu)).collect();
        // Nobody of an earlier story, so that every slot is free at first.
        let used = STORIES.fetch_add(1, Ordering::Relaxed);
        let person = |index: usize| {
            let unused = u16::try_from(used * PERSONS + index).unwrap();
            let born = Date::constant(1990, 5, 1).saturating_add(jiff::Span::new().days(unused / 1_000));
            let number = ResidentId::from_parts("371502", born, unused % 1_000).unwrap();
            let person = graduate(&numbered("学生", index)).hired_by(&firms[0]).also_hired_by(&firms[1..]);
            person.with_number(number).known_to(hufu)
        };
        Self {
            county: hufu.office("371502"),
            persons: (0..PERSONS).map(person).collect(),
            firms,
            submitted: Vec::new(),
        }
    }

    async fn act(&mut self, act: &Act) {
        match act {
            Act::Submit { person, firm } => {
                let claim = self.persons[*person].claim().by(&self.firms[*firm]);
                let receipt = claim.receipt(&self.county).await.unwrap();
                self.submitted.push((*person, claim, receipt));
            }
            Act::Withdraw(index) => {
                if let Some((_, _, receipt)) = pick(&self.submitted, index) {
                    let before = self.county.claim(&receipt.claim_id).await.unwrap();
                    let answer = self.county.withdraw(&receipt.claim_id).await;
                    assert_eq!(answer.is_ok(), state(&before) != "withdrawn");
                }
            }
            Act::Repeat(index) => {
                if let Some((_, claim, receipt)) = pick(&self.submitted, index) {
                    let again = claim.receipt(&self.county).await.unwrap();
                    assert_eq!(again.claim_id, receipt.claim_id);
                    assert!(again.received_at == receipt.received_at && again.due_on == receipt.due_on);
                }
            }
        }
        self.check_slots().await;
    }

    /// One holder for each graduate who is claimed at all, and everybody else of them waits.
    async fn check_slots(&self) {
        let mut standing: BTreeMap<usize, Vec<&'static str>> = BTreeMap::new();
        for (person, _, receipt) in &self.submitted {
            let now = self.county.claim(&receipt.claim_id).await.unwrap();
            standing.entry(*person).or_default().push(state(&now));
        }
        for (person, states) in standing {
            let holders = states.iter().filter(|it| matches!(**it, "assessing" | "assessed")).count();
            let over = states.iter().filter(|it| **it == "withdrawn").count();
            assert_eq!(holders, usize::from(over < states.len()), "person {person}: {states:?}");
        }
    }

    /// Once everything is decided, the same request is answered with the same bytes however often it comes.
    async fn check_repeats(&self) {
        for (_, claim, receipt) in &self.submitted {
            self.county.decided(&receipt.claim_id).await;
            let once = claim.receipt(&self.county).await.unwrap();
            let twice = claim.receipt(&self.county).await.unwrap();
            let read = self.county.claim(&receipt.claim_id).await.unwrap();
            assert!(once == twice && twice == read, "a repeat was answered otherwise");
        }
        eventually("nothing is left to do", async || {
            let claims = all(&self.county).await;
            claims.iter().all(|claim| state(claim) != "assessing").then_some(())
        })
        .await;
    }
}

/// Stories so far.
static STORIES: AtomicUsize = AtomicUsize::new(0);

fn pick<'a, T>(items: &'a [T], index: &Index) -> Option<&'a T> {
    if items.is_empty() { None } else { Some(index.get(items)) }
}

#[test]
fn at_most_one_claim_holds_a_slot_whatever_happens() {
    check(any_acts(), async |hufu, acts| {
        let mut story = Story::new(hufu);
        for act in &acts {
            story.act(act).await;
        }
        story.check_repeats().await;
    });
}
