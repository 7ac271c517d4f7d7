//! The fraud-review desk: what people do with suspects, what the node does when nobody does, and how suspects are weighed and found.

pub mod alarms;
pub mod dossier;
pub mod escalate;
mod neighborhood;
pub mod overview;
pub mod steps;
mod timeline;
pub mod unmask;
pub mod views;
pub mod weigh;
