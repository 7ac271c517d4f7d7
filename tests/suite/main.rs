//! The product's behavior, module by module.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

mod connectors;
mod foreign_client;
mod grpc;
mod notice_2022_32;
mod properties;
mod sandbox;
mod transport;
