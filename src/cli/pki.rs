//! `hufu pki`: a development authority and certificates from it. Production has its own authority.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::exit::{Exit, Failure};
use super::output;
use crate::domain::caller::Role;
use crate::domain::identity::Region;
use crate::transport::dev_pki::{DevCa, Pem};

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
#[command(after_help = "Examples:\n  hufu pki caller --region 371502 --organization dongchangfu --system claims-desk --role claims.submit --role claims.read\n  \
hufu pki caller --region 3715 --organization liaocheng --system fraud-review --role suspects.read --out pki/fraud")]
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
    /// claims.submit, claims.read, suspects.read or policy.declare; may be given several times.
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<String>,
    /// Where to write: OUT.pem and OUT.key.
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
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
        output::line(format!("{}: ca.pem, node.pem, node.key", self.dir.display()));
        Ok(Exit::Done)
    }
}

/// Makes an authority in a folder, and the node's certificate from it.
pub fn init(dir: &Path, names: &[String]) -> Result<DevCa, Failure> {
    std::fs::create_dir_all(dir).map_err(|error| Failure::settings(format!("{}: {error}", dir.display())))?;
    let ca = DevCa::create().map_err(Failure::failed)?;
    ca.save(dir).map_err(Failure::settings)?;
    let names: Vec<_> = ["localhost", "127.0.0.1"].into_iter().map(str::to_owned).chain(names.iter().cloned()).collect();
    write(&dir.join("node"), &ca.issue_server(&names).map_err(Failure::failed)?)?;
    Ok(ca)
}

impl CallerCertificate {
    fn run(self) -> Result<Exit, Failure> {
        let ca = DevCa::load(&self.dir).map_err(Failure::settings)?;
        let region = Region::parse(&format!("{:0<6}", self.region)).map_err(Failure::settings)?;
        let roles = self
            .roles
            .iter()
            .map(|code| Role::from_code(code).ok_or_else(|| Failure::settings(format!("--role {code}: no such role"))))
            .collect::<Result<Vec<_>, _>>()?;
        let uri = caller_uri(region, &self.organization, &self.system, &roles)?;
        let out = self.out.unwrap_or_else(|| self.dir.join("caller"));
        write(&out, &ca.issue_caller(&uri).map_err(Failure::failed)?)?;
        output::line(format!("{0}.pem, {0}.key: {uri}", out.display()));
        Ok(Exit::Done)
    }
}

/// The name a caller's certificate carries.
pub fn caller_uri(region: Region, organization: &str, system: &str, roles: &[Role]) -> Result<String, Failure> {
    let is_plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !is_plain(organization) || !is_plain(system) {
        return Err(Failure::settings("--organization and --system take letters, digits, '-', '_' and '.'"));
    }
    let roles: Vec<_> = roles.iter().map(|role| format!("role={}", role.code())).collect();
    Ok(format!("hufu://{region}/{organization}/{system}?{}", roles.join("&")))
}

/// Writes certificate and key beside each other; the key for its owner alone.
pub fn write(out: &Path, pem: &Pem) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let unwritable = |error: std::io::Error| Failure::settings(format!("{}: {error}", out.display()));
    std::fs::write(out.with_extension("pem"), &pem.cert).map_err(unwritable)?;
    let mut options = std::fs::OpenOptions::new();
    let mut key = options.write(true).create(true).truncate(true).mode(0o600).open(out.with_extension("key")).map_err(unwritable)?;
    key.write_all(pem.key.as_bytes()).map_err(unwritable)
}
