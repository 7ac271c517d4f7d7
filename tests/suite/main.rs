//! The product's behavior, module by module.

mod connectors;
mod transport;
