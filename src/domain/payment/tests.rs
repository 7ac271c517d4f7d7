//! What each report means in each state.

use proptest::prelude::*;

use super::*;

fn progress(state: InstructionState, paid: i64, returned: i64) -> Progress {
    Progress { state, amount: Fen::new(100), paid: Fen::new(paid), returned: Fen::new(returned) }
}

/// State, paid and returned after, and what is released.
#[track_caller]
fn check(before: Progress, report: BankReport, expected: (InstructionState, i64, i64, i64)) {
    let settlement = before.after(report).unwrap();
    let found = (
        settlement.after.state,
        settlement.after.paid.get(),
        settlement.after.returned.get(),
        settlement.released.get(),
    );
    assert_eq!(found, expected, "{before:?} {report:?}");
}

#[test]
fn a_timeout_is_in_doubt_until_an_inquiry_or_a_statement_ends_it() {
    use InstructionState::{Accepted, Failed, InDoubt, Made, Paid, Sending};
    check(progress(Sending, 0, 0), BankReport::Unanswered, (InDoubt, 0, 0, 0));
    check(progress(InDoubt, 0, 0), BankReport::Unanswered, (InDoubt, 0, 0, 0));
    check(progress(InDoubt, 0, 0), BankReport::NotKnown, (Made, 0, 0, 0));
    check(progress(InDoubt, 0, 0), BankReport::Accepted, (Accepted, 0, 0, 0));
    check(progress(InDoubt, 0, 0), BankReport::Failed(Cause::AccountClosed), (Failed, 0, 0, 100));
    check(progress(InDoubt, 0, 0), BankReport::Settled(Fen::new(100)), (Paid, 100, 0, 0));
    let booked = BankReport::Booked { debited: Fen::new(100), credited: Fen::ZERO, cause: None };
    check(progress(InDoubt, 0, 0), booked, (Paid, 100, 0, 0));
}

#[test]
fn what_was_taken_may_fail_later_and_what_was_paid_may_come_back() {
    use InstructionState::{Accepted, Failed, Paid, Returned};
    check(progress(Accepted, 0, 0), BankReport::Failed(Cause::WrongNumber), (Failed, 0, 0, 100));
    let returned =
        BankReport::Booked { debited: Fen::new(100), credited: Fen::new(100), cause: Some(Cause::NameMismatch) };
    check(progress(Paid, 100, 0), returned, (Returned, 100, 100, 0));
    // The debit and the credit in one statement.
    check(progress(Accepted, 0, 0), returned, (Returned, 100, 100, 0));
    let settlement = progress(Paid, 100, 0).after(returned).unwrap();
    assert_eq!((settlement.newly_returned.get(), settlement.cause), (100, Some(Cause::NameMismatch)));
}

#[test]
fn a_part_payment_is_in_doubt_until_the_bank_says_that_it_is_all() {
    use InstructionState::{Accepted, InDoubt, Paid, PaidInPart};
    let part = BankReport::Booked { debited: Fen::new(40), credited: Fen::ZERO, cause: None };
    check(progress(Accepted, 0, 0), part, (InDoubt, 40, 0, 0));
    check(progress(InDoubt, 40, 0), BankReport::Settled(Fen::new(40)), (PaidInPart, 40, 0, 60));
    let rest = BankReport::Booked { debited: Fen::new(100), credited: Fen::ZERO, cause: None };
    check(progress(InDoubt, 40, 0), rest, (Paid, 100, 0, 0));
    check(progress(InDoubt, 40, 0), BankReport::Failed(Cause::Other), (InDoubt, 40, 0, 0));
}

#[test]
fn a_report_that_comes_again_or_too_late_changes_nothing() {
    use InstructionState::{Failed, Paid, Returned};
    check(progress(Paid, 100, 0), BankReport::Accepted, (Paid, 100, 0, 0));
    check(progress(Paid, 100, 0), BankReport::NotKnown, (Paid, 100, 0, 0));
    check(progress(Paid, 100, 0), BankReport::Settled(Fen::new(100)), (Paid, 100, 0, 0));
    check(progress(Returned, 100, 100), BankReport::Settled(Fen::new(100)), (Returned, 100, 100, 0));
    check(progress(Failed, 0, 0), BankReport::Failed(Cause::Other), (Failed, 0, 0, 0));
    check(progress(Failed, 0, 0), BankReport::NotKnown, (Failed, 0, 0, 0));
}

#[test]
fn what_cannot_be_is_not_posted() {
    use InstructionState::{Accepted, Failed};
    let check = |before: Progress, report, expected| assert_eq!(before.after(report), Err(expected));
    check(progress(Accepted, 0, 0), BankReport::Settled(Fen::new(101)), Implausible::MoreThanInstructed);
    check(progress(Failed, 0, 0), BankReport::Settled(Fen::new(100)), Implausible::BookedAfterFailure);
    let returned = |settled, returned| BankReport::Returned {
        settled: Fen::new(settled),
        returned: Fen::new(returned),
        cause: Cause::Other,
    };
    check(progress(Accepted, 0, 0), returned(10, 20), Implausible::MoreThanPaid);
    check(progress(Accepted, 0, 0), returned(-1, 0), Implausible::Negative);
}

#[test]
fn parts_are_filled_in_their_order() {
    let parts = [(SubsidyKind::JobExpansion, Fen::new(150)), (SubsidyKind::RetentionTraining, Fen::new(50))];
    let check = |total, expected: [i64; 2]| {
        let found = covered(&parts, Fen::new(total)).unwrap();
        assert_eq!(found.into_iter().map(|(_, fen)| fen.get()).collect::<Vec<_>>(), expected, "{total}");
    };
    check(0, [0, 0]);
    check(100, [100, 0]);
    check(180, [150, 30]);
    check(200, [150, 50]);
}

fn reports() -> impl Strategy<Value = BankReport> {
    let fen = || (0_i64..=100).prop_map(Fen::new);
    prop_oneof![
        Just(BankReport::Accepted),
        Just(BankReport::NotKnown),
        Just(BankReport::Unanswered),
        Just(BankReport::Failed(Cause::Other)),
        fen().prop_map(BankReport::Settled),
        (fen(), fen()).prop_map(|(settled, returned)| BankReport::Returned { settled, returned, cause: Cause::Other }),
        (fen(), fen()).prop_map(|(debited, credited)| BankReport::Booked { debited, credited, cause: None }),
    ]
}

proptest! {
    /// Whatever the bank says in whatever order: what was instructed is paid, on its way, or released, to the fen; and nothing that
    /// is over moves money again but by coming back.
    #[test]
    fn every_fen_instructed_is_somewhere(reports in proptest::collection::vec(reports(), 0..20)) {
        let mut now = progress(InstructionState::Sending, 0, 0);
        let (mut paid, mut returned, mut released) = (0, 0, 0);
        for report in reports {
            let Ok(settlement) = now.after(report) else { continue };
            prop_assert!(now.state.is_open() || settlement.released == Fen::ZERO);
            prop_assert!(now.state.is_open() || settlement.newly_paid == Fen::ZERO);
            paid += settlement.newly_paid.get();
            returned += settlement.newly_returned.get();
            released += settlement.released.get();
            now = settlement.after;
            prop_assert_eq!((now.paid.get(), now.returned.get()), (paid, returned));
            let in_transit = if now.state.is_open() { 100 - paid } else { 0 };
            prop_assert_eq!(paid + in_transit + released, 100);
            prop_assert!(returned <= paid);
        }
    }
}
