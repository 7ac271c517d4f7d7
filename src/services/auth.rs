//! From a client certificate to a caller.

use std::sync::Arc;

use tonic::{Request, Status};

use super::status::Fault;
use crate::domain::caller::Caller;
use crate::transport::peer::{Identity, Peer};

/// Who calls; refused without a certificate, or with one that does not name a caller as it should.
pub(super) fn caller_of(peer: Option<&Arc<Peer>>) -> Result<Caller, Fault> {
    let name = match peer.map(|peer| &peer.identity) {
        None | Some(Identity::Anonymous) => return Err(Fault::certificate_required()),
        Some(Identity::Malformed(error)) => return Err(Fault::caller_malformed(&error.to_string())),
        Some(Identity::Named(name)) => name,
    };
    Caller::named(&name.region, &name.organization, &name.system, &name.roles, name.person.as_deref())
        .map_err(|error| Fault::caller_malformed(&error.to_string()))
}

/// The caller that the door let in. A request that came past it is nobody's.
pub(super) fn admitted<T>(request: &Request<T>) -> Result<Arc<Caller>, Status> {
    request.extensions().get::<Arc<Caller>>().cloned().ok_or_else(|| Fault::certificate_required().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::caller::Role;
    use crate::transport::peer::PeerName;

    fn check(uri: &str, expected: Result<(&str, &[Role]), &str>) {
        let identity = PeerName::parse(uri).map_or_else(Identity::Malformed, Identity::Named);
        let peer = Peer { address: ([127, 0, 0, 1], 1).into(), identity };
        let found = caller_of(Some(&Arc::new(peer)));
        let found = found.map(|it| (it.region.to_string(), it.roles.into_iter().collect::<Vec<_>>()));
        let expected = expected.map(|(region, roles)| (region.to_owned(), roles.to_vec()));
        assert_eq!(found.map_err(|fault| fault.reason()), expected, "{uri}");
    }

    #[test]
    fn a_certificate_makes_a_caller_or_is_refused() {
        let malformed = Err("CALLER_MALFORMED");
        check("hufu://371500/a/b", Ok(("371500", &[])));
        check("hufu://3715A1/a/b?role=suspects.read", Ok(("3715A1", &[Role::SuspectsRead])));
        check(
            "hufu://000000/a/b?role=claims.read&role=claims.submit&role=claims.read",
            Ok(("000000", &[Role::ClaimsSubmit, Role::ClaimsRead])),
        );
        check("hufu://371500/a/b?role=claims.everything", malformed);
        check("hufu://371500/a/b?role=Claims.Read", malformed);
        check("hufu://3715a1/a/b", malformed);
        check("hufu://37-15-00/a/b", malformed);
        check("hufu://371/a/b", malformed);
        check("hufu://991500/a/b", malformed);
        check("hufu://371500/a", malformed);
    }

    #[test]
    fn without_a_certificate_there_is_no_caller() {
        let peer = Peer { address: ([127, 0, 0, 1], 1).into(), identity: Identity::Anonymous };
        let reason = |peer: Option<&Arc<Peer>>| caller_of(peer).map_err(|fault| fault.reason());
        assert_eq!(reason(None), Err("CERTIFICATE_REQUIRED"));
        assert_eq!(reason(Some(&Arc::new(peer))), Err("CERTIFICATE_REQUIRED"));
    }
}
