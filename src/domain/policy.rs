//! Policy sheets: a year's rules as dated data, every value citing its clause.

pub mod sheet;

pub mod predicate;
pub mod terms;

pub mod diff;
pub mod value;

mod check;
mod raw;
mod words;
