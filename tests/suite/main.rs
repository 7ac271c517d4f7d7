//! The product's behavior, module by module.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connectors;
mod crash;
mod leaks;
mod process;
mod shutdown;
mod transport;
