//! What the played bank does with instructions, statements and notices, mode by mode.

use hufu::domain::money::Fen;
use hufu::domain::payment::{BankReport, Cause, Order};
use hufu::domain::statement::Direction;
use hufu::sandbox::BankMode;

use super::money::{FUNDED, Played, account, city, fen, id, order, share};

fn returned(amount: i64, cause: Cause) -> BankReport {
    BankReport::Returned { settled: fen(amount), returned: fen(amount), cause }
}

#[tokio::test]
async fn a_bank_that_is_well_pays_once_and_says_so() {
    let played = Played::start().await;
    let order = order(1, 0, 150_000);
    assert_eq!(played.inquire(&order).await, BankReport::NotKnown);
    assert_eq!(played.send(&order).await, BankReport::Accepted);
    assert_eq!(played.send(&order).await, BankReport::Accepted);
    assert_eq!(played.inquire(&order).await, BankReport::Settled(order.amount));
    assert_eq!(played.vault().paid_to(&order.payee_account), order.amount);
    assert_eq!(played.vault().balance(&order.payee_account), order.amount);
    let statement = played.statement(1).await.unwrap();
    assert_eq!(statement.verify(), Ok(statement.declared));
    let seen: Vec<_> = statement.lines.iter().map(|it| (it.direction, it.amount, it.end_to_end_id.clone())).collect();
    let debit = (Direction::Debit, order.amount, Some(id(1).to_string()));
    assert_eq!(seen, [(Direction::Credit, FUNDED, None), debit]);
    assert_eq!(played.statement(2).await, None);
    let (notices, next) = played.treasury.notices("").await.unwrap();
    assert_eq!(notices, [id(1)]);
    assert_eq!(played.treasury.notices(&next).await.unwrap(), (Vec::new(), next));
    played.end().await;
}

#[tokio::test]
async fn an_id_has_one_content() {
    let played = Played::start().await;
    let first = order(1, 0, 100);
    assert_eq!(played.send(&first).await, BankReport::Accepted);
    let edits: [fn(&mut Order); 5] = [
        |it| it.amount = fen(101),
        |it| it.purpose.clear(),
        |it| it.payee_name.push('厂'),
        |it| it.payee_account = account(9),
        |it| it.payer_account = account(9),
    ];
    for edit in edits {
        let mut other = first.clone();
        edit(&mut other);
        assert_eq!(played.send(&other).await, BankReport::Unanswered, "refused as reused, which an inquiry decides");
    }
    assert_eq!(played.inquire(&first).await, BankReport::Settled(fen(100)));
    assert_eq!(played.vault().instructions().len(), 1);
    played.end().await;
}

/// What is said at once, on inquiry, and when time has passed; and what the payee has in the end.
#[tokio::test]
async fn each_mode_does_what_it_says() {
    let half = BankReport::Settled(fen(500));
    let whole = BankReport::Settled(fen(1_001));
    let back = |cause| returned(1_001, cause);
    let cases = [
        (BankMode::Refuse, BankReport::Failed(Cause::Other), BankReport::Failed(Cause::Other), None, 0),
        (BankMode::TimeoutBefore, BankReport::Unanswered, BankReport::NotKnown, None, 0),
        (BankMode::TimeoutAfter, BankReport::Unanswered, whole, None, 1_001),
        (BankMode::AcceptThenFail, BankReport::Accepted, BankReport::Failed(Cause::AccountBlocked), None, 0),
        (BankMode::ReturnClosed, BankReport::Accepted, back(Cause::AccountClosed), None, 0),
        (BankMode::ReturnName, BankReport::Accepted, back(Cause::NameMismatch), None, 0),
        (BankMode::ReturnNumber, BankReport::Accepted, back(Cause::WrongNumber), None, 0),
        (BankMode::LateReturn, BankReport::Accepted, whole, Some(back(Cause::AccountClosed)), 0),
        (BankMode::PartPayment, BankReport::Accepted, half, None, 500),
        (BankMode::Hold, BankReport::Accepted, BankReport::Accepted, Some(whole), 1_001),
    ];
    for (mode, at_once, on_inquiry, later, paid) in cases {
        let played = Played::start().await;
        played.running.faults.set_bank([mode.for_all()]);
        let order = order(1, 0, 1_001);
        assert_eq!(played.send(&order).await, at_once, "{mode:?}");
        assert_eq!(played.inquire(&order).await, on_inquiry, "{mode:?}");
        assert_eq!(played.vault().total(), played.vault().came_in(), "{mode:?}");
        played.vault().pass_time().unwrap();
        assert_eq!(played.inquire(&order).await, later.unwrap_or(on_inquiry), "{mode:?}");
        assert_eq!(played.vault().paid_to(&order.payee_account), fen(paid), "{mode:?}");
        assert_eq!(played.vault().balance(&city()), FUNDED.checked_sub(fen(paid)).unwrap(), "{mode:?}");
        played.running.faults.set_bank([]);
        played.end().await;
    }
}

/// Sent again, what was not taken is taken, and what was taken has no second effect.
#[tokio::test]
async fn a_timeout_strikes_an_instruction_once() {
    for mode in [BankMode::TimeoutBefore, BankMode::TimeoutAfter] {
        let played = Played::start().await;
        played.running.faults.set_bank([mode.for_all()]);
        let order = order(1, 0, 100);
        assert_eq!(played.send(&order).await, BankReport::Unanswered, "{mode:?}");
        for _ in 0..2 {
            assert_eq!(played.send(&order).await, BankReport::Accepted, "{mode:?}");
        }
        assert_eq!(played.vault().paid_to(&order.payee_account), fen(100), "{mode:?}");
        played.end().await;
    }
}

#[tokio::test]
async fn a_refusal_holds_when_the_bank_is_well_again() {
    let played = Played::start().await;
    played.running.faults.set_bank([BankMode::Refuse.for_all()]);
    let order = order(1, 0, 100);
    assert_eq!(played.send(&order).await, BankReport::Failed(Cause::Other));
    played.running.faults.set_bank([]);
    assert_eq!(played.send(&order).await, BankReport::Failed(Cause::Other));
    assert_eq!(played.inquire(&order).await, BankReport::Failed(Cause::Other));
    played.end().await;
}

#[tokio::test]
async fn what_cannot_be_paid_comes_back_with_its_reason() {
    let played = Played::start().await;
    let check = async |edit: fn(&mut Order), number, sent, inquired| {
        let mut order = order(number, 0, 100);
        edit(&mut order);
        assert_eq!((played.send(&order).await, played.inquire(&order).await), (sent, inquired), "{number}");
    };
    let accepted = BankReport::Accepted;
    check(|it| it.payee_account = account(77), 1, accepted, returned(100, Cause::WrongNumber)).await;
    check(|it| it.payee_name = "别的公司".to_owned(), 2, accepted, returned(100, Cause::NameMismatch)).await;
    check(|it| it.payee_name.insert('聊'.len_utf8(), ' '), 3, accepted, returned(100, Cause::NameMismatch)).await;
    check(|it| it.payee_name.push('\u{3000}'), 4, accepted, BankReport::Settled(fen(100))).await;
    let poor = BankReport::Failed(Cause::InsufficientFunds);
    check(|it| it.amount = fen(i64::MAX), 5, poor, poor).await;
    check(|it| it.payer_account = account(78), 6, poor, poor).await;
    let itself = BankReport::Failed(Cause::WrongNumber);
    check(|it| it.payee_account = city(), 7, itself, itself).await;
    // What is no instruction at all is not kept: it stays in doubt, and is not known.
    check(|it| it.amount = Fen::ZERO, 8, BankReport::Unanswered, BankReport::NotKnown).await;
    check(|it| it.purpose = "补".repeat(61), 9, BankReport::Unanswered, BankReport::NotKnown).await;
    played.vault().close(&order(1, 0, 100).payee_account).unwrap();
    check(|_| {}, 10, accepted, returned(100, Cause::AccountClosed)).await;
    played.vault().open(&account(77), "聊城市东昌府区人社局").unwrap();
    let to_county: fn(&mut Order) = |it| {
        it.payee_account = account(77);
        it.payee_name = "聊城市东昌府区人社局".to_owned();
    };
    check(to_county, 11, accepted, BankReport::Settled(fen(100))).await;
    assert_eq!(played.vault().balance(&account(77)), fen(100));
    played.end().await;
}

#[tokio::test]
async fn what_is_late_happens_after_a_statement_and_is_on_the_next() {
    let played = Played::start().await;
    let (held, late) = (order(1, 0, 100), order(2, 1, 200));
    let rules = [BankMode::Hold.for_instruction(id(1)), BankMode::LateReturn.for_account(late.payee_account.clone())];
    played.running.faults.set_bank(rules);
    assert_eq!(played.send(&held).await, BankReport::Accepted);
    assert_eq!(played.send(&late).await, BankReport::Accepted);
    let first = played.statement(1).await.unwrap();
    let seen = |it: &hufu::domain::statement::Statement| {
        it.lines.iter().map(|it| (it.direction, it.amount, it.return_cause)).collect::<Vec<_>>()
    };
    assert_eq!(seen(&first), [(Direction::Credit, FUNDED, None), (Direction::Debit, fen(200), None)]);
    let second = played.statement(2).await.unwrap();
    let came_back = (Direction::Credit, fen(200), Some(Cause::AccountClosed));
    assert_eq!(seen(&second), [(Direction::Debit, fen(100), None), came_back]);
    assert_eq!(second.opening, first.closing);
    played.end().await;
}

#[tokio::test]
async fn a_spoilt_statement_is_right_when_it_is_asked_for_again() {
    let played = Played::start().await;
    played.send(&order(1, 0, 100)).await;
    let first = played.statement(1).await.unwrap();
    played.send(&order(2, 0, 300)).await;
    played.send(&order(3, 0, 300)).await;
    let spoilt = async |mode: BankMode| {
        played.running.faults.set_bank([mode.for_account(city())]);
        played.statement(2).await.unwrap()
    };
    let missing = spoilt(BankMode::StatementMissingLine).await;
    assert_eq!(missing.verify().unwrap_err().code(), "STATEMENT_LINE_COUNT");
    let wrong = spoilt(BankMode::StatementWrongTotal).await;
    assert_eq!(wrong.verify().unwrap_err().code(), "STATEMENT_CREDITS_DIFFER");
    let repeated = spoilt(BankMode::StatementRepeated).await;
    assert_eq!((repeated.number, &repeated.lines, repeated.opening), (2, &first.lines, first.opening));
    assert!(repeated.verify().is_ok(), "only the statement before tells");
    played.running.faults.set_bank([BankMode::StatementWrongTotal.for_account(account(9))]);
    let right = played.statement(2).await.unwrap();
    assert_eq!((right.lines.len(), right.opening, right.verify()), (2, first.closing, Ok(right.declared)));
    played.running.faults.set_bank([]);
    played.end().await;
}

#[tokio::test]
async fn notices_come_twice_when_the_bank_repeats_itself() {
    use hufu::proto::bank::v1 as pb;
    let played = Played::start().await;
    for number in 0..300 {
        played.send(&order(number, 0, 1)).await;
    }
    played.running.faults.set_bank([BankMode::DuplicateNotice.for_all()]);
    let channel = super::channel(&played.running, hufu::sandbox::Upstream::Bank);
    let mut client = pb::bank_service_client::BankServiceClient::new(channel);
    let (mut after, mut told) = (String::new(), Vec::new());
    loop {
        let request = pb::ListNoticesRequest { asking_system: "suite".to_owned(), after: after.clone() };
        let answer = client.list_notices(request).await.unwrap().into_inner();
        if answer.notices.is_empty() {
            break;
        }
        assert!(answer.notices.len() <= 500);
        told.extend(answer.notices.into_iter().map(|it| (it.instruction_id, it.notice_id)));
        after = answer.next;
    }
    let names: std::collections::BTreeSet<_> = told.iter().map(|it| it.1.clone()).collect();
    assert_eq!((told.len(), names.len()), (600, 600), "under another id");
    let all = (0..300).flat_map(|it| [id(it).to_string(), id(it).to_string()]);
    assert!(told.into_iter().map(|it| it.0).eq(all));
    played.end().await;
}

#[tokio::test]
async fn a_share_is_the_same_every_time_and_differs_by_mode() {
    let refused = async |mode: BankMode, offset: u128| {
        let played = Played::start().await;
        played.running.faults.set_bank([mode.for_share(share(100))]);
        let orders: Vec<Order> = (0..500).map(|it| order(offset + it, 0, 1)).collect();
        played.treasury.send(orders.clone()).await;
        let reports = played.treasury.inquire(&orders.iter().map(|it| it.instruction_id).collect::<Vec<_>>()).await;
        let hit = reports.into_iter().filter(|it| it.1 != BankReport::Settled(fen(1))).map(|it| it.0);
        let hit: Vec<_> = hit.collect();
        played.end().await;
        hit
    };
    let first = refused(BankMode::Refuse, 0).await;
    assert!((20..100).contains(&first.len()), "{}", first.len());
    assert_eq!(first, refused(BankMode::Refuse, 0).await);
    assert_ne!(first, refused(BankMode::ReturnClosed, 0).await);
}
