//! Matching claims with one another (design.md 4, layer 3): rules declared once, and the kernel that runs them over columns of keys.
//!
//! [`rule`] says what each rule joins and why. A claim is an open [`row`]; its [`key`]s, hashes of fixed width, bring rows together in
//! the [`kernel`]; [`pairs`] makes the pairs of such a block, and [`scope`] decides each from the rows in the open. So a hash decides
//! nothing, and neither key, order of rows nor number of threads shows in what is found. Near-identical people: [`number`] knows what
//! a wrong number may have meant, [`name`] how names vary, [`rarity`] what agreement in a name is worth.
//!
//! Nothing here starts a thread or reads a file: whoever runs the kernel does.

pub mod rule;

pub mod claim_code;
pub mod name;
pub mod number;
pub mod place;
pub mod programme;
pub mod row;

pub mod evidence;
pub mod rarity;
pub mod scope;

pub mod finding;
pub mod pairs;

pub mod kernel;
pub mod key;

#[cfg(test)]
pub(crate) mod naive;

pub use claim_code::ClaimCode;
pub use evidence::{Evidence, Piece};
pub use finding::Finding;
pub use programme::{Conflict, Programme};
pub use row::{Row, RowText};
pub use rule::{Effect, MatchRule};
