//! The rules of a desk, one by one; and what no order of steps can bring about.

use proptest::prelude::*;

use super::*;

const DAY_MS: i64 = 86_400_000;

/// So many days after the suspect was opened.
fn day(days: i64) -> Timestamp {
    Timestamp::from_millisecond(1_665_363_600_000 + days * DAY_MS).unwrap()
}

fn person(name: &str) -> OperatorId {
    OperatorId::new("lc-hrss", name).unwrap()
}

/// A step in a word or two: `wang take-up`, `chief! assign li` (with `!` for who leads), `node` for the clock.
fn take(desk: &Desk, words: &str, at: Timestamp) -> Result<Desk, DeskRefusal> {
    let mut words = words.split(' ');
    let who = words.next().unwrap();
    let name = who.trim_end_matches('!');
    let step = match (words.next().unwrap(), words.next()) {
        ("assign", Some(assignee)) => DeskStep::Assign { assignee: person(assignee) },
        ("take-up", None) => DeskStep::TakeUp,
        ("confirm", None) => DeskStep::Confirm,
        ("dismiss", None) => DeskStep::Dismiss(DismissalReason::DifferentPerson),
        ("reopen", None) => DeskStep::Reopen(NewFact::Report),
        ("comment", None) => DeskStep::Comment,
        other => panic!("{other:?}"),
    };
    desk.after(&step, Hand { person: &person(name), leads: who.ends_with('!') }, at)
}

/// A desk as the tables have it: state, assignee, the day it is due, level.
type Row<'a> = (&'a str, Option<&'a str>, Option<i64>, u8);

/// Takes steps, one a day from the first day on, and compares the last answer.
fn check(steps: &[&str], expected: Result<Row<'_>, DeskRefusal>) {
    let mut desk = Ok(Desk::opened(day(0)));
    for (step, days) in steps.iter().zip(1_i64..) {
        let before = desk.expect("only the last step is refused");
        desk = match *step {
            "node" => Ok(before.escalated(day(days)).unwrap_or(before)),
            step => take(&before, step, day(days)),
        };
    }
    let expected = expected.map(|(state, assignee, due, escalation)| Desk {
        state: SuspectState::from_code(state).unwrap(),
        assignee: assignee.map(person),
        due_at: due.map(day),
        escalation,
        judge_by: None,
    });
    let desk = desk.map(|desk| Desk { judge_by: None, ..desk });
    assert_eq!(desk, expected, "{steps:?}");
}

#[test]
fn a_suspect_waits_for_somebody_for_three_days() {
    check(&[], Ok(("open", None, Some(3), 0)));
    check(&["wang comment"], Ok(("open", None, Some(3), 0)));
}

#[test]
fn who_leads_gives_it_to_anybody_and_others_take_what_is_nobodys() {
    check(&["chief! assign wang"], Ok(("assigned", Some("wang"), Some(3), 0)));
    check(&["wang assign wang"], Ok(("assigned", Some("wang"), Some(3), 0)));
    check(&["wang assign li"], Err(DeskRefusal::AssignedToAnother));
    check(&["chief! assign wang", "li assign li"], Err(DeskRefusal::AssignedToAnother));
    check(&["chief! assign wang", "chief! assign li"], Ok(("assigned", Some("li"), Some(3), 0)));
    check(&["wang take-up", "chief! assign li"], Ok(("assigned", Some("li"), Some(5), 0)));
    check(&["wang take-up", "chief! assign wang"], Ok(("investigating", Some("wang"), Some(11), 0)));
}

#[test]
fn who_takes_it_up_has_ten_days_and_not_twice() {
    check(&["wang take-up"], Ok(("investigating", Some("wang"), Some(11), 0)));
    check(&["chief! assign wang", "wang take-up"], Ok(("investigating", Some("wang"), Some(12), 0)));
    check(&["wang take-up", "wang take-up"], Ok(("investigating", Some("wang"), Some(11), 0)));
    check(&["chief! assign wang", "li take-up"], Err(DeskRefusal::AssignedToAnother));
    check(&["chief! assign wang", "chief! take-up"], Err(DeskRefusal::AssignedToAnother));
}

#[test]
fn giving_it_on_puts_no_day_off() {
    let handed_on = ["wang take-up", "chief! assign li", "li take-up"];
    check(&handed_on, Ok(("investigating", Some("li"), Some(11), 0)));
    // Once it has gone up, it has the days that that gave it.
    let late = [&["wang take-up"][..], &["node"; 10], &["chief! assign li"], &["li take-up"]].concat();
    check(&late, Ok(("investigating", Some("li"), Some(15), 1)));
    check(&["wang take-up", "wang dismiss", "li reopen", "li take-up"], Ok(("investigating", Some("li"), Some(14), 0)));
}

#[test]
fn it_is_judged_by_whose_it_is() {
    check(&["wang confirm"], Ok(("confirmed", None, None, 0)));
    check(&["wang take-up", "wang dismiss"], Ok(("dismissed", Some("wang"), None, 0)));
    check(&["chief! assign wang", "wang confirm"], Ok(("confirmed", Some("wang"), None, 0)));
    check(&["wang take-up", "li confirm"], Err(DeskRefusal::AssignedToAnother));
    check(&["wang take-up", "chief! dismiss"], Err(DeskRefusal::AssignedToAnother));
    check(&["wang take-up", "li comment"], Ok(("investigating", Some("wang"), Some(11), 0)));
}

#[test]
fn what_is_judged_is_opened_again_by_a_new_fact_alone() {
    for step in ["chief! assign wang", "wang take-up", "wang confirm", "wang dismiss"] {
        check(&["wang dismiss", step], Err(DeskRefusal::AlreadyJudged));
    }
    check(&["wang dismiss", "li comment"], Ok(("dismissed", None, None, 0)));
    check(&["wang take-up", "wang dismiss", "li reopen"], Ok(("open", None, Some(6), 0)));
    check(&["wang take-up", "li reopen"], Err(DeskRefusal::NotJudged));
}

#[test]
fn what_nobody_does_in_time_goes_up_level_by_level() {
    check(&["node", "node"], Ok(("open", None, Some(3), 0)));
    check(&["node", "node", "node"], Ok(("open", None, Some(8), 1)));
    check(&["node"; 8], Ok(("open", None, Some(13), 2)));
    check(&["node"; 13], Ok(("open", None, Some(18), 3)));
    check(&["node"; 30], Ok(("open", None, Some(18), 3)));
    check(&["wang take-up", "node", "node", "node", "node"], Ok(("investigating", Some("wang"), Some(11), 0)));
    check(&["node", "node", "node", "wang take-up"], Ok(("investigating", Some("wang"), Some(14), 1)));
    check(&["node", "node", "node", "wang confirm", "node"], Ok(("confirmed", None, None, 1)));
    check(&["node", "node", "node", "wang dismiss", "li reopen"], Ok(("open", None, Some(8), 0)));
}

#[test]
fn each_province_has_its_desk_and_only_who_spans_both_says_which() {
    let check = |places: &[&str], caller: &str, named: Option<&str>, expected: Result<&str, NoDesk>| {
        let region = |code: &str| Region::parse(code).unwrap();
        let places: Vec<_> = places.iter().map(|code| region(code)).collect();
        let found = desk_for(&places, region(caller), named.map(region));
        assert_eq!(found, expected.map(region), "{caller} of {places:?}, named {named:?}");
    };
    let both = ["371502", "410902"];
    for caller in ["371502", "371500", "370000"] {
        check(&both, caller, None, Ok("370000"));
        check(&both, caller, Some("370000"), Ok("370000"));
        check(&both, caller, Some("410000"), Err(NoDesk::NotFound));
    }
    check(&both, "410000", None, Ok("410000"));
    for stranger in ["371521", "370100", "440000"] {
        check(&both, stranger, None, Err(NoDesk::NotFound));
        check(&both, stranger, Some("370000"), Err(NoDesk::NotFound));
    }
    check(&both, "000000", None, Err(NoDesk::ProvinceNotNamed));
    check(&both, "000000", Some("410000"), Ok("410000"));
    check(&both, "000000", Some("440000"), Err(NoDesk::NotFound));
    check(&["371502", "371521"], "000000", None, Ok("370000"));
}

#[test]
fn the_closed_lists_read_back() {
    assert!(SuspectState::ALL.into_iter().all(|it| SuspectState::from_code(it.code()) == Some(it)));
    assert!(DismissalReason::ALL.into_iter().all(|it| DismissalReason::from_code(it.code()) == Some(it)));
    assert!(NewFact::ALL.into_iter().all(|it| NewFact::from_code(it.code()) == Some(it)));
    assert!(SuspectState::AT_WORK.into_iter().all(|it| !it.is_closed()));
    let states = [SuspectState::Dismissed, SuspectState::Investigating];
    assert_eq!(SuspectState::least_far(states.into_iter()), Some(SuspectState::Investigating));
}

/// A person's step, or the clock's.
fn any_step() -> impl Strategy<Value = Option<(DeskStep, usize, bool)>> {
    let step = prop_oneof![
        (0..3_usize).prop_map(|who| DeskStep::Assign { assignee: person(PEOPLE[who]) }),
        Just(DeskStep::TakeUp),
        Just(DeskStep::Confirm),
        Just(DeskStep::Dismiss(DismissalReason::PutRight)),
        Just(DeskStep::Reopen(NewFact::Document)),
        Just(DeskStep::Comment),
    ];
    prop_oneof![1 => Just(None), 5 => (step, 0..3_usize, any::<bool>()).prop_map(Some)]
}

const PEOPLE: [&str; 3] = ["wang", "li", "chief"];

proptest! {
    /// The desk is told apart from what it must be by the steps that were taken, not by its own state.
    #[test]
    fn no_order_of_steps_closes_without_a_judgment_or_opens_without_a_fact(
        steps in proptest::collection::vec((any_step(), 0..6_i64), 0..40),
    ) {
        let mut desk = Desk::opened(day(0));
        let (mut is_judged, mut now) = (false, 0);
        for (step, pause) in steps {
            now += pause;
            let before = desk.clone();
            match step {
                None => {
                    desk = desk.escalated(day(now)).unwrap_or(desk);
                    prop_assert_eq!(desk.state, before.state);
                    prop_assert!(desk.escalation == before.escalation || before.due_at.unwrap() <= day(now));
                }
                Some((step, who, leads)) => {
                    let who = person(PEOPLE[who]);
                    let Ok(after) = desk.after(&step, Hand { person: &who, leads }, day(now)) else { continue };
                    let was_free = before.assignee.is_none() || before.assignee.as_ref() == Some(&who);
                    match step {
                        DeskStep::Confirm | DeskStep::Dismiss(_) => {
                            prop_assert!(!is_judged && was_free);
                            is_judged = true;
                        }
                        DeskStep::Reopen(_) => {
                            prop_assert!(is_judged);
                            is_judged = false;
                        }
                        DeskStep::Assign { .. } => prop_assert!(leads || was_free),
                        DeskStep::TakeUp => prop_assert!(was_free),
                        DeskStep::Comment => prop_assert_eq!(&after, &before),
                    }
                    desk = after;
                }
            }
            prop_assert_eq!(desk.state.is_closed(), is_judged);
            prop_assert_eq!(desk.due_at.is_none(), is_judged);
            prop_assert!(desk.escalation <= ESCALATION_MAX);
            match desk.state {
                SuspectState::Open => prop_assert!(desk.assignee.is_none()),
                SuspectState::Assigned | SuspectState::Investigating => prop_assert!(desk.assignee.is_some()),
                SuspectState::Confirmed | SuspectState::Dismissed => {}
            }
        }
    }
}
