//! TLS on both sides: the listener, the peer's certificate, client channels, a development authority. Knows no RPC.

pub mod client;
pub mod code;
pub mod dev_pki;
pub mod listener;
pub mod peer;
pub mod tls;

mod connection;
