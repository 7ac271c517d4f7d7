//! A development authority: enough certificates for tests, the demo and a first installation. Not for production.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, SanType,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Short enough that a forgotten development certificate dies by itself.
const LEAF_VALIDITY: Duration = Duration::from_secs(90 * DAY_S);
const CA_VALIDITY: Duration = Duration::from_secs(365 * DAY_S);
/// Machines of one county differ by minutes: a certificate made now must be good on a clock that is late.
const BACKDATED: Duration = Duration::from_secs(10 * 60);
const DAY_S: u64 = 24 * 60 * 60;

const CA_NAME: &str = "hufu development CA";
const CA_CERT_FILE: &str = "ca.pem";
const CA_KEY_FILE: &str = "ca.key";

/// Why a certificate was not made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum DevPkiError {
    #[error("{path}: {source}")]
    File { path: String, source: io::Error },
    #[error("certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("{path} is no certificate in PEM")]
    NotACertificate { path: String },
    #[error("{key} is not the key of {cert}")]
    WrongKey { cert: String, key: String },
}

/// A certificate and its private key, in PEM. The key is secret: there is no way to print it by mistake.
#[derive(Clone)]
pub struct Pem {
    pub cert: String,
    pub key: String,
}

impl Pem {
    /// Writes `<name>.pem`, readable by all, and `<name>.key`, readable by the owner alone.
    pub fn save(&self, dir: &Path, name: &str) -> Result<(), DevPkiError> {
        write(&dir.join(format!("{name}.key")), &self.key, 0o600)?;
        write(&dir.join(format!("{name}.pem")), &self.cert, 0o644)
    }
}

/// A certificate authority for development.
pub struct DevCa {
    cert_pem: String,
    issuer: Issuer<'static, KeyPair>,
    now: Timestamp,
}

impl DevCa {
    /// Makes a new authority. `now` is when this and what it issues begin: real time, because TLS checks against the machine's
    /// clock whatever day the node is told it is.
    pub fn create(now: Timestamp) -> Result<Self, DevPkiError> {
        let key = KeyPair::generate()?;
        let params = ca_params(now);
        let cert_pem = params.self_signed(&key)?.pem();
        Ok(Self { cert_pem, issuer: Issuer::new(params, key), now })
    }

    /// Reads the authority that [`DevCa::save`] wrote; what it issues begins at `now`.
    pub fn load(dir: &Path, now: Timestamp) -> Result<Self, DevPkiError> {
        let (cert_path, key_path) = (dir.join(CA_CERT_FILE), dir.join(CA_KEY_FILE));
        let cert_pem = read(&cert_path)?;
        let key = KeyPair::from_pem(&read(&key_path)?)?;
        let path = cert_path.display().to_string();
        let der = CertificateDer::from_pem_slice(cert_pem.as_bytes())
            .map_err(|_| DevPkiError::NotACertificate { path: path.clone() })?;
        let parsed =
            webpki::EndEntityCert::try_from(&der).map_err(|_| DevPkiError::NotACertificate { path: path.clone() })?;
        if parsed.subject_public_key_info().as_ref() != key.subject_public_key_info() {
            return Err(DevPkiError::WrongKey { cert: path, key: key_path.display().to_string() });
        }
        // Everything an issuer lends to what it signs is constant, or follows from the key.
        Ok(Self { cert_pem, issuer: Issuer::new(ca_params(now), key), now })
    }

    /// Writes `ca.pem`, and `ca.key` readable by the owner alone.
    pub fn save(&self, dir: &Path) -> Result<(), DevPkiError> {
        fs::create_dir_all(dir).map_err(|source| file_error(dir, source))?;
        write(&dir.join(CA_KEY_FILE), &self.issuer.key().serialize_pem(), 0o600)?;
        write(&dir.join(CA_CERT_FILE), &self.cert_pem, 0o644)
    }

    /// The authority's own certificate: what the other side is given to trust.
    pub fn cert_pem(&self) -> &str {
        &self.cert_pem
    }

    /// A certificate for a server known by these DNS names and IP addresses.
    pub fn issue_server(&self, names: &[&str]) -> Result<Pem, DevPkiError> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let common_name = names.first().cloned().unwrap_or_default();
        let params = CertificateParams::new(names)?;
        self.issue(params, &common_name, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a calling system: `hufu://<region>/<organization>/<system>?role=<role>&role=<role>`.
    pub fn issue_caller(&self, uri_san: &str) -> Result<Pem, DevPkiError> {
        let mut params = CertificateParams::default();
        params.subject_alt_names.push(SanType::URI(Ia5String::try_from(uri_san)?));
        self.issue(params, "hufu caller", ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        common_name: &str,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Pem, DevPkiError> {
        let key = KeyPair::generate()?;
        bound(&mut params, self.now, LEAF_VALIDITY);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        // An explicit "no authority" also writes the subject key identifier, which strict checkers ask for.
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let cert = params.signed_by(&key, &self.issuer)?;
        Ok(Pem { cert: cert.pem(), key: key.serialize_pem() })
    }
}

fn ca_params(now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    bound(&mut params, now, CA_VALIDITY);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, CA_NAME);
    // It signs leaves and nothing that signs in turn.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

fn bound(params: &mut CertificateParams, now: Timestamp, validity: Duration) {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let instant = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    params.not_before = instant - BACKDATED;
    params.not_after = instant + validity;
}

/// Replaces a file whole, so that a key never stands open to others, not even for a moment in an older file.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), DevPkiError> {
    let new = path.with_extension("new");
    let written = fs::remove_file(&new)
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
        .and_then(|()| fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&new))
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|source| file_error(path, source))
}

fn read(path: &Path) -> Result<String, DevPkiError> {
    fs::read_to_string(path).map_err(|source| file_error(path, source))
}

fn file_error(path: &Path, source: io::Error) -> DevPkiError {
    DevPkiError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    #[test]
    fn a_saved_authority_goes_on_issuing() {
        let dir = tempfile::tempdir().unwrap();
        let ca = DevCa::create(now()).unwrap();
        ca.save(dir.path()).unwrap();
        let again = DevCa::load(dir.path(), now()).unwrap();
        assert_eq!(ca.cert_pem(), again.cert_pem());
        let leaf = again.issue_caller("hufu://371500/a/b").unwrap();
        let der = CertificateDer::from_pem_slice(leaf.cert.as_bytes()).unwrap();
        let leaf = webpki::EndEntityCert::try_from(&der).unwrap();
        let ca_der = CertificateDer::from_pem_slice(ca.cert_pem().as_bytes()).unwrap();
        let anchor = webpki::anchor_from_trusted_cert(&ca_der).unwrap();
        let at = rustls::pki_types::UnixTime::since_unix_epoch(Duration::from_secs(now().as_second() as u64));
        leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &[anchor],
            &[],
            at,
            webpki::KeyUsage::client_auth(),
            None,
            None,
        )
        .unwrap();
    }

    #[test]
    fn keys_are_for_the_owner_alone_even_over_an_open_file() {
        let dir = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
        fs::write(dir.path().join("ca.key"), "old").unwrap();
        let ca = DevCa::create(now()).unwrap();
        ca.save(dir.path()).unwrap();
        ca.issue_server(&["localhost", "127.0.0.1"]).unwrap().save(dir.path(), "node").unwrap();
        assert_eq!([mode("ca.key"), mode("node.key")], [0o600; 2]);
    }

    #[test]
    fn a_key_of_another_authority_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        DevCa::create(now()).unwrap().save(dir.path()).unwrap();
        let other = DevCa::create(now()).unwrap();
        fs::write(dir.path().join(CA_KEY_FILE), other.issuer.key().serialize_pem()).unwrap();
        assert!(matches!(DevCa::load(dir.path(), now()), Err(DevPkiError::WrongKey { .. })));
    }
}
