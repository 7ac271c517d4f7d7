//! Real servers for the upstream contracts: five registries over one world, and finance and the bank over one vault.

mod award_history;
mod bank;
mod counter;
mod credential;
mod desk;
mod employment;
mod finance;
mod insurance;
mod server;
mod tax_registry;
mod wire;

pub use desk::{BATCH_MAX, CHUNK_MAX, MONTHS_MAX};
pub use server::{Running, Sandbox, SandboxError, SandboxSettings, ServerTls};
