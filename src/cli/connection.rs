//! How a command reaches a node: address, authority, and the certificate that says who calls.

use std::path::{Path, PathBuf};

use clap::Args;
use tonic::transport::Channel;

use super::exit::{Exit, Failure};
use crate::transport::client::{ClientTls, channel};

/// Address and certificates; each can also be set in the environment.
#[derive(Clone, Debug, Args)]
pub struct Connection {
    /// The node.
    #[arg(long, env = "HUFU_SERVER", default_value = "https://127.0.0.1:7443", value_name = "URL")]
    pub server: String,
    /// The authority of the node's certificate (PEM).
    #[arg(long, env = "HUFU_CA", default_value = "pki/ca.pem", value_name = "FILE")]
    pub ca: PathBuf,
    /// The caller's certificate (PEM).
    #[arg(long, env = "HUFU_CERT", default_value = "pki/caller.pem", value_name = "FILE")]
    pub cert: PathBuf,
    /// The caller's key (PEM).
    #[arg(long, env = "HUFU_KEY", default_value = "pki/caller.key", value_name = "FILE")]
    pub key: PathBuf,
}

impl Connection {
    /// Opens a channel; the node is reached at the first call.
    pub fn channel(&self) -> Result<Channel, Failure> {
        let tls = ClientTls {
            ca_pem: read_text(&self.ca)?.into_bytes(),
            cert_pem: read_text(&self.cert)?.into_bytes(),
            key_pem: read_text(&self.key)?.into_bytes(),
            server_name: None,
        };
        channel(&self.server, Some(tls))
            .map_err(|error| Failure::new(Exit::Unreachable, format!("{}: {error}", self.server)))
    }
}

/// Reads a text file, saying which one when it cannot be read.
pub fn read_text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::settings(format!("{}: {error}", file.display())))
}
