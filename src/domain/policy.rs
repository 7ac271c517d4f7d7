//! Policy sheets: a year's rules as dated data, every value citing its clause.

pub mod predicate;
pub mod sheet;
