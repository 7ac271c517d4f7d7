//! The fraud-review desk: suspects weighed by the node and judged by people, and what the node does when nobody does.

pub mod alarms;
pub mod escalate;
pub mod steps;
pub mod dossier;
mod neighborhood;
mod timeline;
pub mod unmask;
pub mod weigh;
