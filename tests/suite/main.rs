//! The product's behavior, module by module.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connectors;
mod crash;
mod leaks;
mod notice_2022_32;
mod process;
mod sandbox;
mod services_unit;
mod shutdown;
mod transport;
