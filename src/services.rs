//! The gRPC handlers: convert, call one workflow, convert back.
//!
//! A call comes in by the door, which knows the caller by its certificate, asks the table of rights, and bounds what is under way;
//! what is not in the table does not exist. Then one handler of a few lines runs.

mod auth;
mod convert;
mod status;

mod call;
mod door;
mod limits;
mod observed;
mod streams;

mod audit;
mod claims;
mod clawback;
mod console;
mod ledger;
mod policy;
mod reports;
mod suspects;

mod papers;
mod pooling;

mod router;

pub use limits::CallLimits;
pub use router::{MetricsText, ServiceSettings, router};
