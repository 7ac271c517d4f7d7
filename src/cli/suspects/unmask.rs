//! `hufu suspects unmask`: one person in the open, for a reason that is written down first.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::connection::Connection;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::proto::suspects::v1 as pb;
use crate::proto::suspects::v1::suspect_service_client::SuspectServiceClient;

/// Shows the name and number of the person that a suspect is about. The look, with its reason, is in the audit log before the answer.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hufu suspects unmask 018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01 --claim 018f3b2d-1c07-7d11-8a00-6b1f0a2d9a01 \
--person wang.li --reason compare-document --words 与劳动合同原件核对"
)]
pub struct Unmask {
    suspect_id: String,
    /// The claim that names the person.
    #[arg(long, value_name = "CLAIM")]
    claim: String,
    /// Who looks: the staff number or name in your organization's systems.
    #[arg(long, value_name = "PERSON")]
    person: String,
    /// Why.
    #[arg(long, value_enum)]
    reason: Reason,
    /// Why, in words; no personal data.
    #[arg(long, value_name = "WORDS")]
    words: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Why a person is looked at in the open.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reason {
    /// 核对证明材料.
    CompareDocument,
    /// 向登记机构核实.
    AskRegistry,
    /// 联系企业或本人.
    Contact,
    /// 移送追究责任.
    Referral,
}

#[derive(Serialize)]
struct Unmasked {
    name: String,
    resident_id: String,
}

impl Unmask {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let reason = match self.reason {
            Reason::CompareDocument => pb::UnmaskReason::CompareDocument,
            Reason::AskRegistry => pb::UnmaskReason::AskRegistry,
            Reason::Contact => pb::UnmaskReason::Contact,
            Reason::Referral => pb::UnmaskReason::Referral,
        };
        let request = pb::UnmaskPersonRequest {
            suspect_id: self.suspect_id,
            claim_id: self.claim,
            person: self.person,
            reason: reason.into(),
            words: self.words,
        };
        let mut client = SuspectServiceClient::new(self.connection.channel()?);
        let pb::UnmaskPersonResponse { name, resident_id } = client.unmask_person(request).await?.into_inner();
        if self.json {
            output::json(&Unmasked { name, resident_id })?;
        } else {
            output::line(format!("{name} {resident_id}"));
        }
        Ok(Exit::Done)
    }
}
