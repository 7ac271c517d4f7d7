//! The suite: its modules mirror the product.

mod sandbox;
