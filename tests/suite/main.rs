//! The product's behavior, module by module.

mod transport;
