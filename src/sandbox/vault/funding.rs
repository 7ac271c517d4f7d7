//! Applications: taken once, decided, and the money moved into the municipal expenditure account.

use prost::Message;

use super::Posting;
use super::books::{negative, sum};
use super::entry::{BookingKind, Decision, Entry, Place};
use crate::domain::calendar::cst_date;
use crate::domain::identity::BankAccount;
use crate::domain::money::Fen;
use crate::proto::finance::v1 as pb;
use crate::sandbox::faults::FinanceMode;

/// What finance says to an application.
pub(in crate::sandbox) enum Submitted {
    Taken(pb::SubmitFundingApplicationResponse),
    ContentDiffers,
}

impl Posting<'_> {
    /// Takes an application, once, and decides on it at once where nothing holds that up.
    pub(super) fn apply(&mut self, application: &pb::FundingApplication, modes: &[FinanceMode]) -> Submitted {
        let id = &application.application_id;
        match self.books.applications.get(id) {
            Some(known) if known.content != *application => return Submitted::ContentDiffers,
            Some(_) => {}
            None => {
                let content = data_encoding::BASE64.encode(&application.encode_to_vec());
                self.post(Entry::Applied { id: id.clone(), content, at: self.now });
            }
        }
        self.decide(id, modes);
        let (number, received_at) =
            self.books.applications.get(id).map_or((0, self.now), |it| (it.number, it.received_at));
        let year = cst_date(received_at).year();
        Submitted::Taken(pb::SubmitFundingApplicationResponse {
            reference: format!("财社收〔{year}〕{number}号"),
            received_at: Some(super::instant(received_at)),
        })
    }

    /// Decides on an application, where it is there, undecided and not held up, and moves the money.
    pub(super) fn decide(&mut self, id: &str, modes: &[FinanceMode]) {
        let Some(application) = self.books.applications.get(id).filter(|it| it.decision.is_none()) else { return };
        if modes.contains(&FinanceMode::Pending) {
            return;
        }
        let decided_on = cst_date(self.now);
        let (number, content) = (application.number, application.content.clone());
        let asked = content.lines.iter().map(|it| Fen::new(it.amount_fen));
        let share = modes.iter().find_map(|it| if let FinanceMode::Part(share) = it { Some(*share) } else { None });
        let (granted, reason) = match share {
            _ if modes.contains(&FinanceMode::Refuse) => (None, "本年度预算已用完"),
            Some(share) => (Some(asked.map(|it| share.of_fen(it)).collect()), "资金不足，按比例核准"),
            None => (Some(asked.collect::<Vec<_>>()), ""),
        };
        let decision = Decision {
            granted,
            document_number: format!("聊财社〔{}〕{number}号", decided_on.year()),
            reason: reason.to_owned(),
            decided_on,
        };
        let total = decision.granted.iter().flatten().copied().fold(Fen::ZERO, sum);
        self.post(Entry::Decided { id: id.to_owned(), decision });
        self.move_granted(id, total, modes);
    }

    /// Moves money into the municipal account for an application; takes it back below zero.
    pub(super) fn move_money(&mut self, id: &str, amount: Fen) {
        let account =
            self.books.applications.get(id).and_then(|it| BankAccount::parse(&it.content.municipal_account).ok());
        let Some(account) = account.map(Place::Account).filter(|_| amount != Fen::ZERO) else { return };
        let mut booking = if amount > Fen::ZERO {
            self.booking(BookingKind::Funding, Place::Outside, account, amount)
        } else {
            self.booking(BookingKind::Funding, account, Place::Outside, negative(amount))
        };
        booking.end_to_end_id = id.to_owned();
        booking.payer_name = "聊城市财政局".to_owned();
        booking.remittance = "失业保险基金其他支出".to_owned();
        self.post(Entry::Booked(booking));
    }

    fn move_granted(&mut self, id: &str, granted: Fen, modes: &[FinanceMode]) {
        let mut amount = granted;
        for mode in modes {
            match mode {
                FinanceMode::Less(share) => amount = sum(amount, negative(share.of_fen(granted))),
                FinanceMode::More(share) => amount = sum(amount, share.of_fen(granted)),
                FinanceMode::Pending
                | FinanceMode::Part(_)
                | FinanceMode::Refuse
                | FinanceMode::TimeoutBefore
                | FinanceMode::TimeoutAfter
                | FinanceMode::Twice => {}
            }
        }
        if modes.contains(&FinanceMode::Twice) {
            let half = Fen::new(amount.get() / 2);
            self.move_money(id, half);
            amount = sum(amount, negative(half));
        }
        self.move_money(id, amount);
    }
}
