//! Who is at the other end: the name in the client certificate, as plain words.

use std::fmt;
use std::net::SocketAddr;

use rustls::pki_types::CertificateDer;
use url::Url;

/// The scheme of the URI that names a caller.
const SCHEME: &str = "hufu";
/// Longer than any name in use; a log line stays a line.
const WORD_LENGTH_MAX: usize = 64;
/// More than there are roles.
const ROLES_MAX: usize = 32;

/// One connection's other end. Every request carries it as the extension `Arc<Peer>`.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    pub identity: Identity,
}

/// What the certificate says. The certificate itself was checked before: authority, dates, usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// No certificate: a browser or a probe.
    Anonymous,
    Named(PeerName),
    /// A trusted certificate that does not name a caller as it should.
    Malformed(PeerNameError),
}

impl Identity {
    /// Reads the leaf of a chain that was already verified.
    pub fn of(chain: Option<&[CertificateDer<'_>]>) -> Self {
        let Some(leaf) = chain.and_then(<[_]>::first) else { return Self::Anonymous };
        let Ok(certificate) = webpki::EndEntityCert::try_from(leaf) else {
            return Self::Malformed(PeerNameError::Unreadable);
        };
        match PeerName::of_uris(certificate.valid_uri_names()) {
            Ok(name) => Self::Named(name),
            Err(error) => Self::Malformed(error),
        }
    }
}

/// A caller's name: `hufu://<region>/<organization>/<system>?role=<role>&role=<role>`, and `&person=<person>` where it is one person's.
///
/// Region, roles and person are words here; what they mean is not transport's to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerName {
    pub region: String,
    pub organization: String,
    pub system: String,
    pub roles: Vec<String>,
    pub person: Option<String>,
}

/// Why a certificate names no caller. Nothing in a name is skipped: what is not understood is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerNameError {
    #[error("certificate cannot be read")]
    Unreadable,
    #[error("certificate has no hufu URI among its alternative names")]
    NoName,
    #[error("certificate has more than one hufu URI among its alternative names")]
    ManyNames,
    #[error("name is not hufu://<region>/<organization>/<system>?role=<role>")]
    WrongForm,
    #[error("region, organization, system and role are 1 to 64 letters, digits, dots, hyphens or underscores")]
    WrongWord,
    #[error("name has a parameter other than role and one person, or more than 32 roles")]
    WrongParameter,
}

impl PeerName {
    /// Finds the one name among a certificate's URIs; those of other schemes are other systems' business.
    fn of_uris<'a>(uris: impl Iterator<Item = &'a str>) -> Result<Self, PeerNameError> {
        let mut names =
            uris.filter(|uri| uri.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case(SCHEME)));
        let name = names.next().ok_or(PeerNameError::NoName)?;
        if names.next().is_some() {
            return Err(PeerNameError::ManyNames);
        }
        Self::parse(name)
    }

    /// Reads a name.
    pub fn parse(uri: &str) -> Result<Self, PeerNameError> {
        let url = Url::parse(uri).map_err(|_| PeerNameError::WrongForm)?;
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none()
            && url.fragment().is_none()
            // What the parser would tidy away (tabs, dots between slashes) was never a name.
            && uri.bytes().all(|byte| byte.is_ascii_graphic())
            && !uri.contains("/.");
        if url.scheme() != SCHEME || !plain {
            return Err(PeerNameError::WrongForm);
        }
        let region = word(url.host_str().unwrap_or_default())?;
        let mut path = url.path_segments().ok_or(PeerNameError::WrongForm)?;
        let (Some(organization), Some(system), None) = (path.next(), path.next(), path.next()) else {
            return Err(PeerNameError::WrongForm);
        };
        let (organization, system) = (word(organization)?, word(system)?);
        let (mut roles, mut person) = (Vec::new(), None);
        for (key, value) in url.query_pairs() {
            match key.as_ref() {
                "role" if roles.len() < ROLES_MAX => roles.push(word(&value)?),
                "person" if person.is_none() => person = Some(word(&value)?),
                _ => return Err(PeerNameError::WrongParameter),
            }
        }
        Ok(Self { region, organization, system, roles, person })
    }
}

impl fmt::Display for PeerName {
    /// The URI, as it stands in a certificate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}://{}/{}/{}", self.region, self.organization, self.system)?;
        for (place, role) in self.roles.iter().enumerate() {
            write!(f, "{}role={role}", if place == 0 { '?' } else { '&' })?;
        }
        match &self.person {
            Some(person) => write!(f, "{}person={person}", if self.roles.is_empty() { '?' } else { '&' }),
            None => Ok(()),
        }
    }
}

fn word(text: &str) -> Result<String, PeerNameError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let fits = (1..=WORD_LENGTH_MAX).contains(&text.len()) && text.bytes().all(allowed);
    if fits { Ok(text.to_owned()) } else { Err(PeerNameError::WrongWord) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(uri: &str, expected: Result<(&str, &str, &str, &[&str]), PeerNameError>) {
        let found = PeerName::parse(uri);
        let expected = expected.map(|(region, organization, system, roles)| PeerName {
            region: region.into(),
            organization: organization.into(),
            system: system.into(),
            roles: roles.iter().map(|&role| role.into()).collect(),
            person: None,
        });
        assert_eq!(found, expected, "{uri}");
        if let Ok(name) = found {
            assert_eq!(PeerName::parse(&name.to_string()), Ok(name), "written and read again: {uri}");
        }
    }

    #[test]
    fn a_name_is_read_or_refused_and_nothing_in_it_is_skipped() {
        use PeerNameError::*;
        check("hufu://371500/lc-hrss/office", Ok(("371500", "lc-hrss", "office", &[])));
        check("HUFU://3715A1/a/b?role=claims.submit", Ok(("3715A1", "a", "b", &["claims.submit"])));
        check("hufu://000000/a/b?role=x&role=y", Ok(("000000", "a", "b", &["x", "y"])));
        check("https://371500/a/b", Err(WrongForm));
        check("hufu:371500/a/b", Err(WrongWord));
        check("hufu:///a/b", Err(WrongWord));
        check("hufu://371500", Err(WrongForm));
        check("hufu://371500/a", Err(WrongForm));
        check("hufu://371500/a/b/c", Err(WrongForm));
        check("hufu://371500/a/b/", Err(WrongForm));
        check("hufu://371500//b", Err(WrongWord));
        check("hufu://371500/a/../b/c", Err(WrongForm));
        check("hufu://371500/a/./b", Err(WrongForm));
        check("hufu://user@371500/a/b", Err(WrongForm));
        check("hufu://371500:1/a/b", Err(WrongForm));
        check("hufu://371500/a/b#c", Err(WrongForm));
        check("hufu://371500/a/b\t", Err(WrongForm));
        check("hufu://371500/a%2Fb/c", Err(WrongWord));
        check("hufu://371500/局/c", Err(WrongForm));
        check("hufu://371500/a/b?role=", Err(WrongWord));
        check("hufu://371500/a/b?role=a%20b", Err(WrongWord));
        check("hufu://371500/a/b?rôle=a", Err(WrongForm));
        check("hufu://371500/a/b?Role=a", Err(WrongParameter));
        check("hufu://371500/a/b?role=a&until=2030", Err(WrongParameter));
        check(&format!("hufu://371500/{}/b", "a".repeat(65)), Err(WrongWord));
        check(&format!("hufu://371500/a/b?{}", "role=a&".repeat(33)), Err(WrongParameter));
        check("hufu://371500/a/b?person=", Err(WrongWord));
        check("hufu://371500/a/b?person=wang.li&person=li.na", Err(WrongParameter));
    }

    #[test]
    fn a_certificate_may_be_one_persons() {
        let person = |uri: &str| PeerName::parse(uri).unwrap().person;
        assert_eq!(person("hufu://371500/a/b?role=x"), None);
        for uri in ["hufu://371500/a/b?person=wang.li", "hufu://371500/a/b?role=x&person=wang.li"] {
            assert_eq!(person(uri).as_deref(), Some("wang.li"));
            assert_eq!(PeerName::parse(uri).unwrap().to_string(), uri);
        }
    }

    #[test]
    fn one_certificate_has_one_name() {
        use PeerNameError::*;
        let of = |uris: &[&str]| PeerName::of_uris(uris.iter().copied()).map(|name| name.system);
        assert_eq!(of(&[]), Err(NoName));
        assert_eq!(of(&["spiffe://x/y"]), Err(NoName));
        assert_eq!(of(&["spiffe://x/y", "hufu://371500/a/b"]), Ok("b".into()));
        assert_eq!(of(&["hufu://371500/a/b", "hufu://000000/a/b"]), Err(ManyNames));
        assert_eq!(of(&["hufu://371500/a/b", "Hufu:junk"]), Err(ManyNames));
    }
}
