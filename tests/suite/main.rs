//! The product's behavior, module by module.

mod notice_2022_32;
mod transport;
