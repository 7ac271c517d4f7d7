//! Statements: numbered for each account, issued when they are asked for, and then for good.

use jiff::Timestamp;

use super::Posting;
use super::books::{Books, Held, negative, sum};
use super::entry::{Booking, Entry, Place};
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;

/// Lines of one statement; more are for the next.
const LINES_MAX: usize = 20_000;

/// A statement that was issued.
#[derive(Clone)]
pub(in crate::sandbox) struct Issued {
    pub(in crate::sandbox) opening: Fen,
    pub(in crate::sandbox) closing: Fen,
    /// Each with what it does to the account, below zero where it went out.
    pub(in crate::sandbox) lines: Vec<(Booking, Fen)>,
    pub(in crate::sandbox) at: Timestamp,
}

impl Posting<'_> {
    /// A statement by its number; issues the next one where there is something to say. When it was asked for, time passes: what is
    /// late happens afterwards, and is for the statement after.
    pub(super) fn statement(&mut self, account: &BankAccount, number: usize) -> Option<Issued> {
        let held = self.books.accounts.get(account)?;
        if number == held.issued.len().saturating_add(1) {
            let from = held.issued.last().map_or(0, |it| it.0);
            let until = held.lines.len().min(from.saturating_add(LINES_MAX));
            if until > from {
                self.post(Entry::Issued { account: account.clone(), until, at: self.now });
            }
            self.pass_time(Some(account));
        }
        issued(self.books, account, number)
    }
}

fn issued(books: &Books, account: &BankAccount, number: usize) -> Option<Issued> {
    let held = books.accounts.get(account)?;
    let before = number.checked_sub(1)?;
    let (until, at) = *held.issued.get(before)?;
    let from = before.checked_sub(1).map_or(Some(0), |it| held.issued.get(it).map(|it| it.0))?;
    let (earlier, of_this) = (lines(books, held, account, 0, from), lines(books, held, account, from, until));
    let opening = earlier.map(|it| it.1).fold(Fen::ZERO, sum);
    let lines: Vec<(Booking, Fen)> = of_this.map(|(booking, amount)| (booking.clone(), amount)).collect();
    let closing = lines.iter().map(|it| it.1).fold(opening, sum);
    Some(Issued { opening, closing, lines, at })
}

fn lines<'a>(
    books: &'a Books,
    held: &'a Held,
    account: &'a BankAccount,
    from: usize,
    until: usize,
) -> impl Iterator<Item = (&'a Booking, Fen)> {
    held.lines.iter().take(until).skip(from).filter_map(|place| {
        let booking = books.journal.get(*place)?;
        let is_debit = booking.from == Place::Account(account.clone());
        Some((booking, if is_debit { negative(booking.amount) } else { booking.amount }))
    })
}
