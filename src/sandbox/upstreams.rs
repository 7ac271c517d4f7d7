//! Real servers for the five upstream contracts, over one world.

mod award_history;
mod credential;
mod desk;
mod employment;
mod insurance;
mod server;
mod tax_registry;
mod wire;

pub use desk::{BATCH_MAX, CHUNK_MAX, MONTHS_MAX};
pub use server::{Running, Sandbox, SandboxError, SandboxSettings, ServerTls};
