//! The product's behavior, module by module.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connectors;
mod console;
mod crash;
mod desk_cli;
mod foreign_client;
mod grpc;
mod leaks;
mod money;
mod money_crash;
mod notice_2022_32;
mod pool_cli;
mod process;
mod properties;
mod reconcile;
mod sandbox;
mod services_unit;
mod shutdown;
mod store_conformance;
mod support;
mod transport;
mod worked_example;
