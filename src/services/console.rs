//! ConsoleService: links that let a person into the console of a node that runs for development.

use std::collections::BTreeSet;

use tonic::{Request, Response, Status};
use url::form_urlencoded::Serializer;

use super::auth::admitted;
use super::convert::violation::Violations;
use super::convert::{field, record};
use crate::domain::caller::{Caller, Role};
use crate::domain::rights::{narrow, require};
use crate::proto::console::v1 as pb;
use crate::workflows::Gateway;
use crate::workflows::console::SYSTEM;

/// The handlers.
#[derive(Clone)]
pub(super) struct Console {
    pub(super) gateway: Gateway,
}

#[tonic::async_trait]
impl pb::console_service_server::ConsoleService for Console {
    async fn create_link(
        &self,
        request: Request<pb::CreateLinkRequest>,
    ) -> Result<Response<pb::CreateLinkResponse>, Status> {
        let caller = admitted(&request)?;
        let guest = guest(&caller, request.into_inner())?;
        let link = self.gateway.make_console_link(&caller, guest).await?;
        let token = Serializer::new(String::new()).append_pair("token", link.token.reveal()).finish();
        let expires_at = Some(record::timestamp(link.expires_at));
        Ok(Response::new(pb::CreateLinkResponse { path: format!("/console/enter?{token}"), expires_at }))
    }
}

/// Whom the link lets in: nobody is given what the caller does not have.
fn guest(caller: &Caller, request: pb::CreateLinkRequest) -> Result<Caller, Status> {
    let pb::CreateLinkRequest { person, region, roles } = request;
    let mut violations = Violations::default();
    let person = field::operator(caller, &person, &mut violations);
    let region = if region.is_empty() { Some(caller.region) } else { field::region(&region, &mut violations) };
    let asked: Option<BTreeSet<Role>> = roles.iter().map(|role| Role::from_code(role)).collect();
    if asked.is_none() {
        violations.add("roles", "ROLE_UNKNOWN", "role is not known", "没有此项权限");
    }
    let (person, region, asked) = violations.or(person.zip(region).zip(asked).map(|((a, b), c)| (a, b, c)))?;
    let roles = if asked.is_empty() {
        caller.roles.iter().copied().filter(|role| *role != Role::ConsoleLink).collect()
    } else {
        asked.iter().try_for_each(|role| require(caller, &[*role]))?;
        asked
    };
    let region = narrow(caller, Some(region))?;
    let organization = caller.organization.clone();
    Ok(Caller { organization, system: SYSTEM.to_owned(), region, roles, person: Some(person) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Region;
    use tonic::Code;

    #[test]
    fn nobody_is_given_what_the_caller_does_not_have() {
        let caller = Caller {
            organization: "sd".into(),
            system: "office".into(),
            region: Region::parse("370000").unwrap(),
            roles: [Role::ConsoleLink, Role::SuspectsRead].into(),
            person: None,
        };
        let check = |region: &str, roles: &[&str], expected: Result<(&str, &[Role]), Code>| {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            let request = pb::CreateLinkRequest { person: "Wang.Li".into(), region: region.into(), roles };
            let found = guest(&caller, request).map_err(|status| status.code());
            let found = found.map(|it| {
                assert_eq!((it.system.as_str(), it.person.unwrap().as_str()), ("console", "sd/wang.li"));
                (it.region.to_string(), it.roles.into_iter().collect::<Vec<_>>())
            });
            assert_eq!(found, expected.map(|(region, roles)| (region.to_owned(), roles.to_vec())));
        };
        check("", &[], Ok(("370000", &[Role::SuspectsRead])));
        check("371500", &["suspects.read"], Ok(("371500", &[Role::SuspectsRead])));
        check("", &["suspects.read", "console.link"], Ok(("370000", &[Role::SuspectsRead, Role::ConsoleLink])));
        check("", &["suspects.judge"], Err(Code::PermissionDenied));
        check("410000", &[], Err(Code::PermissionDenied));
        check("000000", &[], Err(Code::PermissionDenied));
        check("", &["everything"], Err(Code::InvalidArgument));
        check("37", &[], Err(Code::InvalidArgument));
    }
}
