//! The settings: one TOML file, environment overrides, unknown keys refused.
//!
//! `HUFU__<SECTION>__<KEY>` in the environment overrides `key` in `[section]`, e.g. `HUFU__DATABASE__URL`. `docs/hufu.toml` shows
//! every key with its default; a test holds the two together.

mod pooling;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::eligibility::evidence::Owner;

pub use pooling::{FundAccount, Pooling, PoolingCity, PoolingPlace};

/// Before each override in the environment.
pub const ENVIRONMENT_PREFIX: &str = "HUFU";

/// All settings of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub node: Node,
    pub database: Database,
    pub tls: Tls,
    pub policies: Policies,
    pub assess: Assess,
    pub log: Log,
    /// One section for each registry: `tax-registry`, `credential`, `insurance`, `employment`, `award-history`; and where money is
    /// moved, `finance` and `bank`.
    pub upstream: BTreeMap<Owner, Upstream>,
    pub pooling: Pooling,
    pub console: Console,
}

/// What the node is, and where it listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// How the node names itself to the registries.
    pub name: String,
    pub environment: Environment,
    pub listen: SocketAddr,
    /// How long open calls may go on after SIGTERM, in milliseconds.
    pub drain_ms: u64,
    /// Development only: the instant the node's clock shows at its start, e.g. `2022-10-10T09:00:00+08:00`.
    pub story_clock: Option<Timestamp>,
}

/// What is at stake. Production refuses what is only for trying out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Reflection is on; a story clock is allowed.
    #[default]
    Development,
    /// Reflection is off; upstreams must use TLS.
    Production,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            name: "hufu".to_owned(),
            environment: Environment::default(),
            listen: SocketAddr::from(([127, 0, 0, 1], 7443)),
            drain_ms: 8_000,
            story_clock: None,
        }
    }
}

/// Where the records are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite://path/to/hufu.db` or `postgres://…`.
    pub url: String,
    /// The file with the master key, outside the database and its backups.
    pub key_file: PathBuf,
    /// Connections for reading.
    pub readers: u32,
    /// Requests that may wait for the writer before new ones are shed.
    pub queue: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: "sqlite://data/hufu.db".to_owned(),
            key_file: PathBuf::from("data/master.key"),
            readers: 4,
            queue: 4_096,
        }
    }
}

/// The node's own certificate, and the authority that callers' certificates must come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// The authority of callers' certificates.
    pub client_ca: PathBuf,
    /// What the node shows when it calls the registries.
    pub client_certificate: PathBuf,
    pub client_key: PathBuf,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            certificate: PathBuf::from("pki/node.pem"),
            key: PathBuf::from("pki/node.key"),
            client_ca: PathBuf::from("pki/ca.pem"),
            client_certificate: PathBuf::from("pki/node-client.pem"),
            client_key: PathBuf::from("pki/node-client.key"),
        }
    }
}

/// Which sheets the node decides by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policies {
    /// A folder of sheets; absent means the sheets that come with hufu.
    pub folder: Option<PathBuf>,
}

/// How fast claims are taken up, and asked about again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Assess {
    /// Claims taken up together.
    pub batch: u32,
    /// Batches worked on at the same time; 0 leaves assessing to other nodes of the same database.
    pub parallel: usize,
    /// The pause before an unanswered claim is asked about again; doubles with each attempt, in milliseconds.
    pub first_pause_ms: u64,
    /// The longest such pause, in milliseconds.
    pub longest_pause_ms: u64,
}

impl Default for Assess {
    fn default() -> Self {
        Self { batch: 500, parallel: 4, first_pause_ms: 2_000, longest_pause_ms: 600_000 }
    }
}

/// What is logged, to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A level, or directives such as `info,hufu::connectors=debug`.
    pub filter: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), json: false }
    }
}

/// The fraud-review desk in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// A session in which nothing is asked for so long ends, in seconds.
    pub idle_s: u32,
    /// A session ends after so long, whatever is asked, in seconds.
    pub longest_s: u32,
}

impl Default for Console {
    fn default() -> Self {
        Self { idle_s: 15 * 60, longest_s: 8 * 60 * 60 }
    }
}

/// How one registry is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// `https://host:port`; `http://` only in development.
    pub uri: String,
    /// The authority of the registry's certificate; absent means `tls.client_ca`.
    pub ca: Option<PathBuf>,
    /// The certificate the node shows; absent means `tls.client_certificate`.
    pub certificate: Option<PathBuf>,
    /// Its key; absent means `tls.client_key`.
    pub key: Option<PathBuf>,
    /// The name in the registry's certificate, where it differs from the host in `uri`.
    pub server_name: Option<String>,
    /// For a whole question with its retries, in milliseconds.
    pub total_deadline_ms: Option<u64>,
    /// For one attempt, in milliseconds.
    pub attempt_timeout_ms: Option<u64>,
    /// Questions under way at once.
    pub max_concurrent: Option<usize>,
}

impl Upstream {
    /// A registry reached with the node's own certificate and the usual limits.
    pub fn at(uri: String) -> Self {
        Self {
            uri,
            ca: None,
            certificate: None,
            key: None,
            server_name: None,
            total_deadline_ms: None,
            attempt_timeout_ms: None,
            max_concurrent: None,
        }
    }
}

/// Why settings were refused.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("settings: {0}")]
    Unreadable(#[from] config::ConfigError),
    #[error("settings: {key}: {reason}")]
    Refused { key: String, reason: String },
}

impl Settings {
    /// Reads the file, if one is given, with the environment over it.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let mut sources = config::Config::builder();
        if let Some(file) = file {
            sources = sources.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        let environment = config::Environment::with_prefix(ENVIRONMENT_PREFIX)
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true);
        let settings: Self = sources.add_source(environment).build()?.try_deserialize()?;
        settings.check()?;
        Ok(settings)
    }

    /// What no single field can say.
    fn check(&self) -> Result<(), SettingsError> {
        let refuse =
            |key: &str, reason: &str| Err(SettingsError::Refused { key: key.to_owned(), reason: reason.to_owned() });
        if self.node.environment == Environment::Production {
            if self.node.story_clock.is_some() {
                return refuse("node.story_clock", "is for development only");
            }
            if let Some(owner) = self.upstream.iter().find(|(_, to)| !to.uri.starts_with("https://")).map(|(o, _)| o) {
                return refuse(&format!("upstream.{}.uri", owner.code()), "must begin with https:// in production");
            }
        }
        if !(self.database.url.starts_with("sqlite://") || self.database.url.starts_with("postgres://")) {
            return refuse("database.url", "must begin with sqlite:// or postgres://");
        }
        if self.assess.batch == 0 {
            return refuse("assess.batch", "must be at least 1");
        }
        if self.upstream.contains_key(&Owner::Claimant) {
            return refuse("upstream.claimant", "is not a registry");
        }
        let one_alone = match Owner::MONEY.map(|owner| self.upstream.contains_key(&owner)) {
            [true, false] => Some("upstream.bank"),
            [false, true] => Some("upstream.finance"),
            [true, true] | [false, false] => None,
        };
        if let Some(missing) = one_alone {
            return refuse(missing, "is missing: finance and bank are configured together or not at all");
        }
        if !self.pooling.city.is_empty() && !self.upstream.contains_key(&Owner::Finance) {
            return refuse(
                "upstream.finance",
                "is missing: a node that moves a city's money asks finance and the bank",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(super) fn load(text: &str) -> Result<Settings, SettingsError> {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Settings::load(Some(file.path()))
    }

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        let refusal = load(text).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }

    #[test]
    fn mistakes_are_refused_by_name() {
        check_refused("[node]\nlissten = '127.0.0.1:1'", "lissten");
        check_refused("[database]\nurl = 'mysql://x'", "database.url");
        check_refused("[assess]\nbatch = 0", "assess.batch");
        check_refused("[node]\nenvironment = 'production'\nstory_clock = '2022-10-10T01:00:00Z'", "node.story_clock");
        check_refused(
            "[node]\nenvironment = 'production'\n[upstream.credential]\nuri = 'http://x'",
            "upstream.credential.uri",
        );
        check_refused("[upstream.moon]\nuri = 'https://x'", "moon");
        check_refused("[upstream.bank]\nuri = 'https://x'", "upstream.finance");
        check_refused("[upstream.finance]\nuri = 'https://x'", "upstream.bank");
    }

    /// What is only shown, because a default account would be somebody's, is right all the same.
    #[test]
    fn the_documented_city_can_be_used_as_it_stands() {
        let (before, example) = include_str!("../docs/hufu.toml").split_once("# [pooling.city").unwrap();
        let example: Vec<_> = example.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
        let documented = load(&format!("{before}[pooling.city{}", example.join("\n"))).unwrap().pooling;
        let city = documented.city.first_key_value().map(|(code, city)| (code.as_str(), city.place.len()));
        assert_eq!(city, Some(("371500", 2)));
    }

    #[test]
    fn the_documented_settings_are_the_defaults() {
        let mut documented = load(include_str!("../docs/hufu.toml")).unwrap();
        let upstreams = Owner::UPSTREAMS.len() + Owner::MONEY.len();
        assert_eq!(documented.upstream.len(), upstreams, "every registry is shown, and finance and bank");
        documented.upstream.clear();
        assert_eq!(documented, Settings::default());
    }
}
