//! The server's side of TLS: who it is, whom it trusts to name callers, and how both are changed while it runs.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, version};
use tokio::sync::watch;

/// HTTP/2 first: gRPC needs it. Browsers, probes and proxies that know no better get HTTP/1.1.
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Where the listener takes its certificates from, for each handshake anew: sending another one in changes them without a
/// restart and without touching open connections.
pub type TlsSource = watch::Receiver<Arc<ServerConfig>>;

/// What a server shows and whom it believes, in PEM.
#[derive(Clone)]
pub struct ServerTls {
    /// The server's certificate, and what stands between it and the root.
    pub cert_pem: Vec<u8>,
    pub key_pem: Vec<u8>,
    /// The authorities that may name callers.
    pub client_ca_pem: Vec<u8>,
}

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{what}: no PEM of that kind")]
    Missing { what: &'static str },
    #[error("{what} cannot be read as PEM")]
    Unreadable { what: &'static str },
    #[error("authority for callers cannot be used: {0}")]
    Authority(String),
    #[error("certificate and key cannot be used: {0}")]
    Identity(rustls::Error),
}

impl ServerTls {
    /// Builds the configuration: TLS 1.3 and 1.2, callers' certificates checked where they are given.
    ///
    /// A connection without a certificate is let in, because health probes and browsers have none; gRPC insists on one.
    pub fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        for authority in certificates(&self.client_ca_pem, "authority for callers")? {
            roots.add(authority).map_err(|error| TlsError::Authority(error.to_string()))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .map_err(|error| TlsError::Authority(error.to_string()))?;
        let chain = certificates(&self.cert_pem, "server certificate")?;
        let key =
            PrivateKeyDer::from_pem_slice(&self.key_pem).map_err(|_| TlsError::Unreadable { what: "server key" })?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(TlsError::Identity)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(TlsError::Identity)?;
        config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
        // A resumed session would skip the check of the caller's certificate. Connections last half an hour; handshakes are cheap.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }

    /// A source that never changes.
    pub fn source(&self) -> Result<TlsSource, TlsError> {
        Ok(watch::channel(self.config()?).1)
    }
}

fn certificates(pem: &[u8], what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(certificates) if certificates.is_empty() => Err(TlsError::Missing { what }),
        Ok(certificates) => Ok(certificates),
        Err(_) => Err(TlsError::Unreadable { what }),
    }
}
