//! `hufu pki`: a development authority and certificates from it. Production has its own authority.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::exit::{Exit, Failure};
use super::output;
use crate::clock::Clock;
use crate::domain::caller::Role;
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::transport::dev_pki::DevCa;

#[derive(Debug, Subcommand)]
pub enum Pki {
    /// Makes an authority and the node's own certificate.
    Init(Init),
    /// Makes a caller's certificate.
    Caller(CallerCertificate),
}

/// Makes an authority (ca.pem, ca.key) and the node's certificate (node.pem, node.key). For development only.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hufu pki init --dir pki --name hufu.liaocheng.example")]
pub struct Init {
    #[arg(long, default_value = "pki", value_name = "FOLDER")]
    dir: PathBuf,
    /// Names and addresses the node is reached by, besides localhost and 127.0.0.1.
    #[arg(long = "name", value_name = "HOST")]
    names: Vec<String>,
}

/// Makes a caller's certificate: who it is, where, and what it may do.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hufu pki caller --region 371502 --organization dongchangfu --system claims-desk --role claims.submit --role claims.read\n  \
hufu pki caller --region 3715 --organization liaocheng --system fraud-review --role suspects.read --out fraud"
)]
pub struct CallerCertificate {
    #[arg(long, default_value = "pki", value_name = "FOLDER")]
    dir: PathBuf,
    /// The caller's jurisdiction: 2, 4 or 6 characters of a region code.
    #[arg(long, value_name = "CODE")]
    region: String,
    #[arg(long, value_name = "NAME")]
    organization: String,
    #[arg(long, value_name = "NAME")]
    system: String,
    /// Whose it is, where it is one person's: the staff number or name in the organization's systems.
    #[arg(long, value_name = "NAME")]
    person: Option<String>,
    /// May be given several times: claims.submit, claims.read, claims.review, claims.approve, suspects.read, suspects.judge,
    /// suspects.assign, suspects.unmask, suspects.import, policy.declare, pooling.file, pooling.run, money.read, clawback.handle,
    /// clawback.approve, audit.read, console.link.
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<String>,
    /// What to call it: NAME.pem and NAME.key, in the authority's folder.
    #[arg(long, default_value = "caller", value_name = "NAME")]
    out: String,
}

impl Pki {
    pub fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Init(command) => command.run(),
            Self::Caller(command) => command.run(),
        }
    }
}

impl Init {
    fn run(self) -> Result<Exit, Failure> {
        if self.dir.join("ca.key").exists() {
            return Err(Failure::settings(format!("{}: there is an authority already", self.dir.display())));
        }
        init(&self.dir, &self.names)?;
        output::line(format!("{}: ca.pem, node.pem, node-client.pem and their keys", self.dir.display()));
        Ok(Exit::Done)
    }
}

/// Makes an authority in a folder, and from it the node's certificates: the one it shows its callers, and the one it shows the
/// registries.
pub fn init(dir: &Path, names: &[String]) -> Result<DevCa, Failure> {
    let ca = DevCa::create(Clock::System.now()).map_err(Failure::failed)?;
    ca.save(dir).map_err(Failure::settings)?;
    let names: Vec<_> = ["localhost", "127.0.0.1"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let server = ca.issue_server(&names).map_err(Failure::settings)?;
    server.save(dir, "node").map_err(Failure::settings)?;
    let client = ca.issue_caller("hufu://000000/hufu/node").map_err(Failure::failed)?;
    client.save(dir, "node-client").map_err(Failure::settings)?;
    Ok(ca)
}

/// A caller's certificate under a name of its own in the authority's folder.
pub fn issue_caller(ca: &DevCa, dir: &Path, name: &str, uri: &str) -> Result<(), Failure> {
    ca.issue_caller(uri).and_then(|pem| pem.save(dir, name)).map_err(Failure::settings)
}

impl CallerCertificate {
    fn run(self) -> Result<Exit, Failure> {
        let ca = DevCa::load(&self.dir, Clock::System.now()).map_err(Failure::settings)?;
        let region = Region::parse(&format!("{:0<6}", self.region)).map_err(Failure::settings)?;
        let roles = self
            .roles
            .iter()
            .map(|code| Role::from_code(code).ok_or_else(|| Failure::settings(format!("--role {code}: no such role"))))
            .collect::<Result<Vec<_>, _>>()?;
        let mut uri = caller_uri(region, &self.organization, &self.system, &roles)?;
        if let Some(person) = &self.person {
            // What a certificate names must be what the node will take.
            OperatorId::new(&self.organization, person)
                .map_err(|error| Failure::settings(format!("--person: {error}")))?;
            uri.push_str("&person=");
            uri.push_str(person);
        }
        issue_caller(&ca, &self.dir, &self.out, &uri)?;
        output::line(format!("{0}.pem, {0}.key: {uri}", self.dir.join(&self.out).display()));
        Ok(Exit::Done)
    }
}

/// The name a caller's certificate carries.
pub fn caller_uri(region: Region, organization: &str, system: &str, roles: &[Role]) -> Result<String, Failure> {
    let is_plain =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !is_plain(organization) || !is_plain(system) {
        return Err(Failure::settings("--organization and --system take letters, digits, '-', '_' and '.'"));
    }
    let roles: Vec<_> = roles.iter().map(|role| format!("role={}", role.code())).collect();
    Ok(format!("hufu://{region}/{organization}/{system}?{}", roles.join("&")))
}
