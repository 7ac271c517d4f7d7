//! `hufu console`: lets a person into the fraud-review desk of a node that runs for development.

use clap::{Args, Subcommand};
use serde::Serialize;
use tonic::transport::Channel;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use crate::proto::console::v1 as pb;
use crate::proto::console::v1::console_service_client::ConsoleServiceClient;

#[derive(Debug, Subcommand)]
pub enum Console {
    /// Prints an address that lets one person in, once, within five minutes.
    Link(Link),
}

/// Makes a link into the console. In production persons come with a certificate of their own.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hufu console link --person wang.li\n  hufu console link --person wang.li --region 371500 --role suspects.read --role suspects.judge"
)]
pub struct Link {
    /// Whom it lets in: the staff number or name in your organization's systems.
    #[arg(long, value_name = "PERSON")]
    person: String,
    /// Where: a region within your own; all of your own if left out.
    #[arg(long, value_name = "CODE", default_value = "")]
    region: String,
    /// What the person may do, of what you may; may be given several times. All of it but making links, if left out.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// The node as the browser reaches it, where that is not `--server`.
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
struct Made {
    url: String,
    expires_at: Option<String>,
}

impl Console {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Link(command) => command.run().await,
        }
    }
}

impl Link {
    async fn run(self) -> Result<Exit, Failure> {
        let Self { person, region, roles, address, json, connection } = self;
        let request = pb::CreateLinkRequest { person, region, roles };
        let made = create(connection.channel()?, request).await?;
        let expires_at = made.expires_at.and_then(|at| jiff::Timestamp::from_second(at.seconds).ok());
        let url = at(address.as_deref().unwrap_or(&connection.server), &made.path);
        if json {
            output::json(&Made { url, expires_at: expires_at.map(|at| at.to_string()) })?;
        } else {
            output::line(url);
            output::say("good once, for five minutes");
        }
        Ok(Exit::Done)
    }
}

/// Has the node make a link.
pub(super) async fn create(
    channel: Channel,
    request: pb::CreateLinkRequest,
) -> Result<pb::CreateLinkResponse, Failure> {
    Ok(ConsoleServiceClient::new(channel).create_link(request).await?.into_inner())
}

/// A path at a node's address.
pub(super) fn at(address: &str, path: &str) -> String {
    format!("{}{path}", address.trim_end_matches('/'))
}
