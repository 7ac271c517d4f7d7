//! The ledger: double entry, append-only, whole fen (I3). What each hop of the money posts is decided here and nowhere else.
//!
//! An entry belongs as a whole to one *slice*: batch, place, subsidy and month. So every slice of the ledger balances by itself, and a
//! trial balance per batch, county, subsidy or month is a sum over its entries.
//!
//! | hop | debit | credit |
//! |---|---|---|
//! | money arrives | cash of the city | unassigned |
//! | it is all there: each line | cash of the city | fund (and the first entry is taken back) |
//! | a claim is funded | expense | payable |
//! | an instruction is made | in transit | cash of the payer |
//! | it is booked: to a county | cash of the county | in transit |
//! | … to an enterprise | payable | in transit |
//! | … back to the fund | fund | in transit |
//! | it fails | cash of the payer | in transit |
//! | a payout comes back | cash of the payer | returned |
//! | what came back is instructed anew | returned | payable |
//! | a funded claim is not paid after all | payable | expense |
//! | a clawback is demanded | receivable | expense |
//! | the enterprise repays | cash | receivable |
//! | … by set-off against a payout | payable | receivable |
//! | what is not got back is waived | expense | receivable |

pub mod flow;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::calendar::Month;
use super::claim::SubsidyKind;
use super::identity::{Level, Region, Uscc};
use super::money::Fen;
use super::payment::{Payee, PaymentKind};
use super::policy::sheet::AccountHead;
use super::pooling::BatchId;

/// What an account keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// 失业保险基金·其他支出, of a city: drawn, less what went back.
    Fund,
    /// 市级支出户: free money, not yet instructed.
    Municipal,
    /// 县级支出户: free money, not yet instructed.
    County,
    /// Arrived, and not yet all that was granted.
    Unassigned,
    /// 补助支出, of a place: determined for enterprises, less what was clawed back.
    Expense,
    /// 应付, to an enterprise.
    Payable,
    /// 在途, from a payer: instructed, and not booked.
    InTransit,
    /// 退回, of an enterprise: came back, still owed.
    Returned,
    /// 应收追回, from an enterprise: demanded back.
    Receivable,
}

/// On which side an amount, or a balance, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Debit,
    Credit,
}

impl AccountKind {
    pub const ALL: [Self; 9] = [
        Self::Fund,
        Self::Municipal,
        Self::County,
        Self::Unassigned,
        Self::Expense,
        Self::Payable,
        Self::InTransit,
        Self::Returned,
        Self::Receivable,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Fund => "fund",
            Self::Municipal => "municipal",
            Self::County => "county",
            Self::Unassigned => "unassigned",
            Self::Expense => "expense",
            Self::Payable => "payable",
            Self::InTransit => "in-transit",
            Self::Returned => "returned",
            Self::Receivable => "receivable",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Fund => AccountHead::OtherExpenditure.zh(),
            Self::Municipal => "市级支出户",
            Self::County => "县级支出户",
            Self::Unassigned => "到账待分配",
            Self::Expense => "补助支出",
            Self::Payable => "应付补助",
            Self::InTransit => "在途资金",
            Self::Returned => "退回待付",
            Self::Receivable => "应收追回款",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Fund => "insurance fund, other expenditure",
            Self::Municipal => "city expenditure account",
            Self::County => "county expenditure account",
            Self::Unassigned => "arrived, not assigned",
            Self::Expense => "subsidies as an expense",
            Self::Payable => "payable",
            Self::InTransit => "in transit",
            Self::Returned => "came back, still owed",
            Self::Receivable => "receivable, demanded back",
        }
    }

    /// The side on which its balance stands; one on the other side is a mistake.
    pub fn normal_side(self) -> Side {
        match self {
            Self::Municipal | Self::County | Self::Expense | Self::InTransit | Self::Receivable => Side::Debit,
            Self::Fund | Self::Unassigned | Self::Payable | Self::Returned => Side::Credit,
        }
    }
}

/// One account: a kind, and whose it is (a region's code or a USCC).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account {
    pub kind: AccountKind,
    pub owner: String,
}

impl Account {
    /// The expenditure account of a place: the city's, or a county's.
    pub fn cash(place: Region) -> Self {
        let kind = if place.level() == Level::Municipal { AccountKind::Municipal } else { AccountKind::County };
        Self::of_place(kind, place)
    }

    pub fn of_place(kind: AccountKind, place: Region) -> Self {
        Self { kind, owner: place.as_str().to_owned() }
    }

    pub fn of_enterprise(kind: AccountKind, enterprise: &Uscc) -> Self {
        Self { kind, owner: enterprise.as_str().to_owned() }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.code(), self.owner)
    }
}

/// What an entry is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slice {
    pub batch: BatchId,
    /// The county that the money is for, or the city itself.
    pub place: Region,
    /// Absent where money is not assigned yet.
    pub subsidy: Option<SubsidyKind>,
    /// The month of the event, in China Standard Time.
    pub month: Month,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    Arrived,
    Unassigned,
    Assigned,
    Owed,
    NoLongerOwed,
    Instructed,
    Booked,
    Released,
    CameBack,
    Reinstated,
    Demanded,
    Repaid,
    SetOff,
    Waived,
}

impl Event {
    pub const ALL: [Self; 14] = [
        Self::Arrived,
        Self::Unassigned,
        Self::Assigned,
        Self::Owed,
        Self::NoLongerOwed,
        Self::Instructed,
        Self::Booked,
        Self::Released,
        Self::CameBack,
        Self::Reinstated,
        Self::Demanded,
        Self::Repaid,
        Self::SetOff,
        Self::Waived,
    ];

    pub fn code(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Unassigned => "unassigned",
            Self::Assigned => "assigned",
            Self::Owed => "owed",
            Self::NoLongerOwed => "no-longer-owed",
            Self::Instructed => "instructed",
            Self::Booked => "booked",
            Self::Released => "released",
            Self::CameBack => "came-back",
            Self::Reinstated => "reinstated",
            Self::Demanded => "demanded",
            Self::Repaid => "repaid",
            Self::SetOff => "set-off",
            Self::Waived => "waived",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.code() == code)
    }

    pub fn zh(self) -> &'static str {
        match self {
            Self::Arrived => "财政资金到账",
            Self::Unassigned => "转出待分配",
            Self::Assigned => "分配到科目",
            Self::Owed => "确认应付",
            Self::NoLongerOwed => "撤销应付",
            Self::Instructed => "发出支付指令",
            Self::Booked => "银行已支付",
            Self::Released => "指令未执行，退回可用",
            Self::CameBack => "银行退回",
            Self::Reinstated => "退回款重新支付",
            Self::Demanded => "责令退回",
            Self::Repaid => "企业退回",
            Self::SetOff => "抵扣应付",
            Self::Waived => "核销",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Arrived => "arrived from finance",
            Self::Unassigned => "taken out of unassigned",
            Self::Assigned => "assigned",
            Self::Owed => "owed",
            Self::NoLongerOwed => "no longer owed",
            Self::Instructed => "instructed",
            Self::Booked => "booked by the bank",
            Self::Released => "not carried out, free again",
            Self::CameBack => "came back",
            Self::Reinstated => "instructed anew",
            Self::Demanded => "demanded back",
            Self::Repaid => "repaid",
            Self::SetOff => "set off",
            Self::Waived => "waived",
        }
    }
}

/// An entry before it is kept: one debit and one credit of the same amount, above 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Names the event for good: posted again under the same key, it is the same entry and not a second one.
    pub key: String,
    pub event: Event,
    pub slice: Slice,
    pub debit: Account,
    pub credit: Account,
    pub amount: Fen,
    /// The payment or clawback case it is about.
    pub about: Option<Uuid>,
}

/// What an event debits and credits: an entry without its amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legs {
    pub event: Event,
    pub debit: Account,
    pub credit: Account,
}

impl Legs {
    fn new(event: Event, debit: Account, credit: Account) -> Self {
        Self { event, debit, credit }
    }

    /// The legs that take it back.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { event: self.event, debit: self.credit, credit: self.debit }
    }

    /// The entry of an amount above 0. Event and `name` together are its key: of one event, a name is posted once.
    pub fn entry(&self, name: impl fmt::Display, slice: Slice, amount: Fen, about: Option<Uuid>) -> Entry {
        let Self { event, debit, credit } = self.clone();
        Entry { key: format!("{}/{name}", event.code()), event, slice, debit, credit, amount, about }
    }
}

/// Who pays whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub kind: PaymentKind,
    pub payer: Region,
    pub payee: Payee,
}

impl Way {
    /// Where the money is when the instruction is booked.
    fn destination(&self) -> Account {
        match &self.payee {
            Payee::County(region) => Account::cash(*region),
            Payee::Enterprise(uscc) => Account::of_enterprise(AccountKind::Payable, uscc),
            Payee::Fund(city) => Account::of_place(AccountKind::Fund, *city),
        }
    }

    /// What is owed again when it comes back.
    fn comes_back_from(&self) -> Account {
        match &self.payee {
            Payee::Enterprise(uscc) => Account::of_enterprise(AccountKind::Returned, uscc),
            Payee::County(_) | Payee::Fund(_) => self.destination(),
        }
    }

    fn in_transit(&self) -> Account {
        Account::of_place(AccountKind::InTransit, self.payer)
    }

    /// Debit and credit of what happens to an instruction.
    pub fn legs(&self, event: InstructionEvent) -> Legs {
        let (event, debit, credit) = match event {
            InstructionEvent::Instructed => (Event::Instructed, self.in_transit(), Account::cash(self.payer)),
            InstructionEvent::Booked => (Event::Booked, self.destination(), self.in_transit()),
            InstructionEvent::Released => (Event::Released, Account::cash(self.payer), self.in_transit()),
            InstructionEvent::CameBack => (Event::CameBack, Account::cash(self.payer), self.comes_back_from()),
        };
        Legs::new(event, debit, credit)
    }
}

/// What happens to the money of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionEvent {
    Instructed,
    Booked,
    Released,
    CameBack,
}

/// Debit and credit of what happens apart from instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hop {
    /// Money from finance, all of a batch not being there yet.
    Arrived {
        city: Region,
    },
    /// All of it is there: the first entry is taken back …
    Unassigned {
        city: Region,
    },
    /// … and each line is assigned.
    Assigned {
        city: Region,
    },
    Owed {
        place: Region,
        enterprise: Uscc,
    },
    NoLongerOwed {
        place: Region,
        enterprise: Uscc,
    },
    Reinstated {
        enterprise: Uscc,
    },
    Demanded {
        place: Region,
        enterprise: Uscc,
    },
    Repaid {
        place: Region,
        enterprise: Uscc,
    },
    SetOff {
        enterprise: Uscc,
    },
    Waived {
        place: Region,
        enterprise: Uscc,
    },
}

impl Hop {
    /// Event, debit and credit.
    pub fn legs(&self) -> Legs {
        use AccountKind::{Expense, Fund, Payable, Receivable, Returned, Unassigned};
        let expense = |place| Account::of_place(Expense, place);
        let of = Account::of_enterprise;
        let (event, debit, credit) = match self {
            Self::Arrived { city } => (Event::Arrived, Account::cash(*city), Account::of_place(Unassigned, *city)),
            Self::Unassigned { city } => {
                (Event::Unassigned, Account::of_place(Unassigned, *city), Account::cash(*city))
            }
            Self::Assigned { city } => (Event::Assigned, Account::cash(*city), Account::of_place(Fund, *city)),
            Self::Owed { place, enterprise } => (Event::Owed, expense(*place), of(Payable, enterprise)),
            Self::NoLongerOwed { place, enterprise } => (Event::NoLongerOwed, of(Payable, enterprise), expense(*place)),
            Self::Reinstated { enterprise } => (Event::Reinstated, of(Returned, enterprise), of(Payable, enterprise)),
            Self::Demanded { place, enterprise } => (Event::Demanded, of(Receivable, enterprise), expense(*place)),
            Self::Repaid { place, enterprise } => (Event::Repaid, Account::cash(*place), of(Receivable, enterprise)),
            Self::SetOff { enterprise } => (Event::SetOff, of(Payable, enterprise), of(Receivable, enterprise)),
            Self::Waived { place, enterprise } => (Event::Waived, expense(*place), of(Receivable, enterprise)),
        };
        Legs::new(event, debit, credit)
    }
}

/// What an account comes to: debits and credits apart, never one signed balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    pub debit: Fen,
    pub credit: Fen,
}

impl Balance {
    /// What is left on the account's normal side; below 0 where the other side is the larger. `None` on overflow.
    pub fn on(self, side: Side) -> Option<Fen> {
        match side {
            Side::Debit => self.debit.checked_sub(self.credit),
            Side::Credit => self.credit.checked_sub(self.debit),
        }
    }

    /// With one more amount. `None` on overflow.
    pub fn with(self, side: Side, amount: Fen) -> Option<Self> {
        Some(match side {
            Side::Debit => Self { debit: self.debit.checked_add(amount)?, ..self },
            Side::Credit => Self { credit: self.credit.checked_add(amount)?, ..self },
        })
    }
}

/// All accounts of a slice of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialBalance(pub BTreeMap<Account, Balance>);

impl TrialBalance {
    /// Over some entries. `None` on overflow.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<Self> {
        let mut balances: BTreeMap<Account, Balance> = BTreeMap::new();
        for entry in entries {
            for (account, side) in [(&entry.debit, Side::Debit), (&entry.credit, Side::Credit)] {
                let balance = balances.entry(account.clone()).or_default();
                *balance = balance.with(side, entry.amount)?;
            }
        }
        Some(Self(balances))
    }

    /// The sums of both sides, which must be equal. `None` on overflow.
    pub fn totals(&self) -> Option<Balance> {
        self.0
            .values()
            .try_fold(Balance::default(), |sum, it| sum.with(Side::Debit, it.debit)?.with(Side::Credit, it.credit))
    }

    /// What all accounts of a kind come to on their normal side. `None` on overflow.
    pub fn total(&self, kind: AccountKind) -> Option<Fen> {
        let of_kind = self.0.iter().filter(|(account, _)| account.kind == kind);
        of_kind.map(|(_, balance)| balance.on(kind.normal_side())).try_fold(Fen::ZERO, |sum, it| sum.checked_add(it?))
    }

    /// Accounts whose balance stands on the wrong side.
    pub fn overdrawn(&self) -> Vec<&Account> {
        let is_overdrawn = |account: &Account, balance: &Balance| {
            balance.on(account.kind.normal_side()).is_none_or(|left| left < Fen::ZERO)
        };
        self.0.iter().filter(|(account, balance)| is_overdrawn(account, balance)).map(|(account, _)| account).collect()
    }

    /// What went wrong by conservation: what was drawn from the fund must be somewhere. Zero when all is well; `None` on overflow.
    pub fn difference(&self) -> Option<Fen> {
        let total = self.totals()?;
        total.debit.checked_sub(total.credit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(code: &str) -> Region {
        Region::parse(code).unwrap()
    }

    fn firm() -> Uscc {
        Uscc::parse("91350100M000100Y43").unwrap()
    }

    fn entry(legs: Legs, fen: i64) -> Entry {
        let slice = Slice {
            batch: BatchId(Uuid::from_u128(1)),
            place: region("371502"),
            subsidy: Some(SubsidyKind::JobExpansion),
            month: Month::new(2022, 10).unwrap(),
        };
        legs.entry("story", slice, Fen::new(fen), None)
    }

    fn way(kind: PaymentKind, payer: &str, payee: Payee) -> Way {
        Way { kind, payer: region(payer), payee }
    }

    /// The whole way of 150 fen and back, with one return and one clawback: nothing is left anywhere.
    #[test]
    fn what_goes_all_the_way_and_back_leaves_nothing() {
        use InstructionEvent::{Booked, CameBack, Instructed, Released};
        let (city, county) = (region("371500"), region("371502"));
        let transfer = way(PaymentKind::Transfer, "371500", Payee::County(county));
        let payout = way(PaymentKind::Payout, "371502", Payee::Enterprise(firm()));
        let back = way(PaymentKind::Return, "371502", Payee::Fund(city));
        let (place, enterprise) = (county, firm());
        let story = [
            Hop::Arrived { city }.legs(),
            Hop::Unassigned { city }.legs(),
            Hop::Assigned { city }.legs(),
            Hop::Owed { place, enterprise: enterprise.clone() }.legs(),
            transfer.legs(Instructed),
            transfer.legs(Released),
            transfer.legs(Instructed),
            transfer.legs(Booked),
            payout.legs(Instructed),
            payout.legs(Booked),
            payout.legs(CameBack),
            Hop::Reinstated { enterprise: enterprise.clone() }.legs(),
            payout.legs(Instructed),
            payout.legs(Booked),
            Hop::Demanded { place, enterprise: enterprise.clone() }.legs(),
            Hop::Repaid { place, enterprise }.legs(),
            back.legs(Instructed),
            back.legs(Booked),
        ];
        let entries: Vec<Entry> = story.into_iter().map(|legs| entry(legs, 150)).collect();
        for count in 0..=entries.len() {
            let trial = TrialBalance::of(&entries[..count]).unwrap();
            assert_eq!(trial.difference(), Some(Fen::ZERO));
            assert!(trial.overdrawn().is_empty(), "after {count}: {:?}", trial.overdrawn());
        }
        let trial = TrialBalance::of(&entries).unwrap();
        for kind in AccountKind::ALL {
            assert_eq!(trial.total(kind), Some(Fen::ZERO), "{kind:?}");
        }
    }

    #[test]
    fn an_account_on_its_wrong_side_is_named() {
        let payout = way(PaymentKind::Payout, "371502", Payee::Enterprise(firm()));
        let entries = [entry(payout.legs(InstructionEvent::Instructed), 5)];
        let trial = TrialBalance::of(&entries).unwrap();
        assert_eq!(trial.overdrawn(), [&Account::cash(region("371502"))]);
        assert_eq!(trial.total(AccountKind::InTransit), Some(Fen::new(5)));
    }
}
