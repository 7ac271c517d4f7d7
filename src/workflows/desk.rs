//! The fraud-review desk: suspects weighed by the node, and judged by people.

pub mod dossier;
mod neighborhood;
mod timeline;
pub mod unmask;
pub mod weigh;
