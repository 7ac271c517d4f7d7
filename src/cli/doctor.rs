//! `hufu doctor`: what is wrong with a node's surroundings, and what to do about it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use x509_parser::pem::parse_x509_pem;

use super::exit::{Exit, Failure};
use super::{node, output};
use crate::clock::Clock;
use crate::config::{Pooling, Settings, Tls};
use crate::domain::eligibility::evidence::Owner;
use crate::transport::client::channel;

/// A certificate that ends sooner than this should be renewed.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// No registry that is well takes longer to say so.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(3);

/// Checks a node's surroundings.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hufu doctor --config hufu.toml\n\nExit code 1: something is wrong; each line says what to do."
)]
pub struct Doctor {
    #[arg(long, env = "HUFU_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Health {
    Well,
    /// Works today; needs attention.
    Attention,
    Wrong,
}

#[derive(Debug, Serialize)]
struct Check {
    what: String,
    health: Health,
    found: String,
    /// Empty when nothing is to be done.
    advice: String,
}

impl Check {
    fn well(what: &str, found: impl Into<String>) -> Self {
        Self { what: what.to_owned(), health: Health::Well, found: found.into(), advice: String::new() }
    }

    fn attention(what: &str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.to_owned(), health: Health::Attention, found: found.into(), advice: advice.into() }
    }

    fn wrong(what: &str, found: impl ToString, advice: impl Into<String>) -> Self {
        Self { what: what.to_owned(), health: Health::Wrong, found: found.to_string(), advice: advice.into() }
    }
}

impl Doctor {
    pub async fn run(self) -> Result<Exit, Failure> {
        let mut checks = Vec::new();
        match Settings::load(self.config.as_deref()) {
            Err(error) => checks.push(Check::wrong("settings", error, "compare with docs/hufu.toml")),
            Ok(settings) => {
                let file = self.config.as_ref().map_or("(defaults)".to_owned(), |file| file.display().to_string());
                checks.push(Check::well("settings", file));
                examine(&settings, &mut checks).await;
            }
        }
        let wrong = checks.iter().any(|check| check.health == Health::Wrong);
        if self.json {
            output::json(&serde_json::json!({ "well": !wrong, "checks": checks }))?;
        } else {
            show(&checks);
        }
        Ok(if wrong { Exit::Attention } else { Exit::Done })
    }
}

async fn examine(settings: &Settings, checks: &mut Vec<Check>) {
    checks.push(clock(settings));
    checks.push(match node::catalog(settings.policies.folder.as_deref()) {
        Ok(catalog) => {
            let ids: Vec<_> = catalog.iter().map(|sheet| sheet.id.clone()).collect();
            Check::well("policy sheets", ids.join(", "))
        }
        Err(failure) => Check::wrong("policy sheets", failure, "mend the sheet at the line named"),
    });
    checks.extend(certificates(&settings.tls));
    checks.push(database(settings).await);
    for owner in Owner::UPSTREAMS {
        checks.push(registry(settings, owner).await);
    }
    // A node that only decides needs neither.
    for owner in Owner::MONEY.into_iter().filter(|owner| settings.upstream.contains_key(owner)) {
        checks.push(registry(settings, owner).await);
    }
    checks.extend(cities(&settings.pooling));
}

/// Without an expenditure account of its own a city gets no money, and passes none on.
fn cities(pooling: &Pooling) -> impl Iterator<Item = Check> {
    pooling.city.iter().map(|(code, city)| {
        let what = format!("city {code}");
        if city.place.contains_key(code) {
            Check::well(&what, format!("{}: {} expenditure accounts", city.name, city.place.len()))
        } else {
            let advice = format!("add [pooling.city.\"{code}\".place.\"{code}\"] with its account");
            Check::wrong(&what, "no expenditure account of its own", advice)
        }
    })
}

fn clock(settings: &Settings) -> Check {
    let now = Clock::System.now();
    match settings.node.story_clock {
        Some(start) => {
            Check::attention("clock", format!("story clock from {start}"), "remove node.story_clock for real work")
        }
        None => Check::well("clock", now.to_string()),
    }
}

fn certificates(tls: &Tls) -> Vec<Check> {
    let pair = match node::server_tls(tls) {
        Err(failure) => return vec![Check::wrong("certificates", failure, "hufu pki init makes them for development")],
        Ok(pair) => pair,
    };
    let fits = match pair.config() {
        Ok(_) => Check::well("certificate and key", "fit"),
        Err(error) => {
            Check::wrong("certificate and key", error, "put the key that belongs to the certificate in tls.key")
        }
    };
    vec![
        fits,
        validity("node certificate", &tls.certificate, &pair.cert_pem),
        validity("authority", &tls.client_ca, &pair.client_ca_pem),
    ]
}

fn validity(what: &str, file: &Path, pem: &[u8]) -> Check {
    let until = parse_x509_pem(pem).ok().and_then(|(_, pem)| {
        let certificate = pem.parse_x509().ok()?;
        let (from, until) =
            (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp());
        Some((Timestamp::from_second(from).ok()?, Timestamp::from_second(until).ok()?))
    });
    let Some((from, until)) = until else {
        return Check::wrong(what, format!("{} is no certificate", file.display()), "put a PEM certificate there");
    };
    let now = Clock::System.now();
    if now < from || now > until {
        Check::wrong(what, format!("valid {from} to {until}"), "renew it, or set the machine's clock")
    } else if until.duration_since(now) < RENEW_BEFORE {
        Check::attention(what, format!("valid until {until}"), "renew it soon")
    } else {
        Check::well(what, format!("valid until {until}"))
    }
}

async fn database(settings: &Settings) -> Check {
    let what = "database";
    if node::embedded_file(&settings.database).is_some_and(|file| !file.exists()) {
        return Check::attention(what, "not there yet", "hufu serve makes it, with its key, at the first start");
    }
    let store = match node::open_store(&settings.database).await {
        Ok(store) => store,
        Err(failure) => return Check::wrong(what, failure, "see database.url and database.key_file in docs/hufu.toml"),
    };
    let audited = store.verify_audit().await;
    store.close().await;
    match audited {
        Ok(entries) => Check::well(what, format!("reachable; audit chain of {entries} entries is whole")),
        Err(broken) => Check::wrong(what, broken, "keep this database as it is, and compare with the last backup"),
    }
}

async fn registry(settings: &Settings, owner: Owner) -> Check {
    let (what, advice) = if Owner::MONEY.contains(&owner) {
        (owner.code().to_owned(), "no money moves until it answers; check uri, network and certificates")
    } else {
        (format!("registry {}", owner.code()), "claims wait until it answers; check uri, network and certificates")
    };
    let Some(to) = settings.upstream.get(&owner) else {
        return Check::wrong(&what, "not configured", format!("add [upstream.{}] with its uri", owner.code()));
    };
    let asked = async {
        let upstream = node::upstream(settings, to).map_err(|failure| failure.to_string())?;
        let channel = channel(&upstream.uri, upstream.tls).map_err(|error| error.to_string())?;
        let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await;
        answer.map(|answer| answer.into_inner().status().as_str_name()).map_err(|status| status.message().to_owned())
    };
    match tokio::time::timeout(HEALTH_TIMEOUT, asked).await {
        Ok(Ok("SERVING")) => Check::well(&what, format!("{} serves", to.uri)),
        Ok(Ok(other)) => Check::wrong(&what, format!("{} says {other}", to.uri), advice),
        Ok(Err(error)) => Check::wrong(&what, format!("{}: {error}", to.uri), advice),
        Err(_) => Check::wrong(&what, format!("{} did not answer within 3 s", to.uri), advice),
    }
}

fn show(checks: &[Check]) {
    let mut table = output::table(["", "检查 check", "结果 found", "处理 what to do"]);
    for check in checks {
        let mark = match check.health {
            Health::Well => "✓",
            Health::Attention => "!",
            Health::Wrong => "✗",
        };
        table.add_row([mark, &check.what, &check.found, &check.advice]);
    }
    output::line(table);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_needs_an_expenditure_account_of_its_own() {
        let check = |place: &str, expected: Health| {
            let text = format!(
                "[city.371500]\nname = '聊城市'\nfund = {{ account = '6200000000000001', name = '财政' }}\n\
                 [city.371500.place.{place}]\nname = '地'\naccount = '6200000000000002'\naccount_name = '户'"
            );
            let pooling: Pooling = toml::from_str(&text).unwrap();
            let found: Vec<_> = cities(&pooling).map(|check| (check.health, check.advice.contains("371500"))).collect();
            assert_eq!(found, [(expected, expected == Health::Wrong)]);
        };
        check("371500", Health::Well);
        check("371502", Health::Wrong);
    }
}
