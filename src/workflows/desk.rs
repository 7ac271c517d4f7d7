//! The fraud-review desk: what people do with suspects, and what the node does when nobody does.

pub mod alarms;
pub mod escalate;
pub mod steps;
