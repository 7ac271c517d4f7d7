//! Who and where: parse-or-refuse newtypes, each with one canonical form and a masked `Debug`.

pub mod bank_account;
pub mod name;
pub mod personal_number;
pub mod phone;
pub mod region;
pub mod resident_id;
pub mod uscc;

// Shared by the parsers above and by `calendar`.
pub(in crate::domain) mod typing;

pub use bank_account::BankAccount;
pub use name::{EnterpriseName, PersonName};
pub use phone::Phone;
pub use region::{Level, Region};
pub use resident_id::{ResidentId, ResidentIdKind};
pub use uscc::Uscc;
