//! Channels to other nodes and bureaus.

use std::time::Duration;

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// A connection that takes longer is as good as none: the caller has its own deadline to keep.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// As the listener's, so that either side finds out about a dead one.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_LIMIT: Duration = Duration::from_secs(10);
/// One stream may have this much under way: enough for 100 MB/s over 10 ms.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
/// Answers' headers carry error details; more is no answer of ours.
const HEADER_BYTES: u32 = 16 * 1_024;

/// What a client shows and whom it believes.
#[derive(Clone)]
pub struct ClientTls {
    /// The authorities of the server.
    pub ca_pem: Vec<u8>,
    pub cert_pem: Vec<u8>,
    pub key_pem: Vec<u8>,
    /// The name expected in the server's certificate, where it is not the address's.
    pub server_name: Option<String>,
}

/// Why there is no channel.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("`{0}` is no address: it should look like https://host:port")]
    Address(String),
    #[error("`{0}` begins with http:// although certificates are set: it should begin with https://")]
    PlainWithTls(String),
    #[error("`{0}` begins with https:// and no certificates are set")]
    TlsWithoutCertificates(String),
    #[error("certificates cannot be used: {0}")]
    Tls(tonic::transport::Error),
}

/// A channel that connects when it is first used, and again when the connection is lost: a server that is down now is no reason
/// not to start.
pub fn channel(uri: &str, tls: Option<ClientTls>) -> Result<Channel, ClientError> {
    let endpoint = Endpoint::from_shared(uri.to_owned()).map_err(|_| ClientError::Address(uri.to_owned()))?;
    let endpoint = match (endpoint.uri().scheme_str(), tls) {
        (Some("https"), Some(tls)) => endpoint.tls_config(config(tls)).map_err(ClientError::Tls)?,
        (Some("http"), None) => endpoint,
        (Some("https"), None) => return Err(ClientError::TlsWithoutCertificates(uri.to_owned())),
        (Some("http"), Some(_)) => return Err(ClientError::PlainWithTls(uri.to_owned())),
        _ => return Err(ClientError::Address(uri.to_owned())),
    };
    Ok(endpoint
        .connect_timeout(CONNECT_LIMIT)
        .tcp_nodelay(true)
        .tcp_keepalive(Some(KEEPALIVE))
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_LIMIT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(HEADER_BYTES)
        .connect_lazy())
}

fn config(tls: ClientTls) -> ClientTlsConfig {
    let config = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(tls.ca_pem))
        .identity(Identity::from_pem(tls.cert_pem, tls.key_pem))
        .timeout(CONNECT_LIMIT);
    match tls.server_name {
        Some(name) => config.domain_name(name),
        None => config,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_and_its_certificates_must_agree() {
        let tls = || Some(ClientTls { ca_pem: vec![], cert_pem: vec![], key_pem: vec![], server_name: None });
        assert!(channel("http://localhost:1", None).is_ok());
        assert!(matches!(channel("https://localhost:1", None), Err(ClientError::TlsWithoutCertificates(_))));
        assert!(matches!(channel("http://localhost:1", tls()), Err(ClientError::PlainWithTls(_))));
        for address in ["localhost:1", "", "ftp://localhost", "https://"] {
            assert!(matches!(channel(address, None), Err(ClientError::Address(_))), "{address}");
        }
    }
}
