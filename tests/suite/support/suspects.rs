//! Suspects as the fraud-review team sees them.

use hufu::proto::suspects::v1 as pb;
use tonic::Status;

use super::Caller;

impl Caller {
    /// The suspects of the caller's region, newest first.
    pub(crate) async fn suspects(&self) -> Vec<pb::Suspect> {
        let request = pb::ListSuspectsRequest { page_size: 500, ..Default::default() };
        self.suspect_desk().list_suspects(request).await.unwrap().into_inner().suspects
    }

    /// The only suspect there is.
    pub(crate) async fn only_suspect(&self) -> pb::Suspect {
        let suspects = self.suspects().await;
        let [suspect] = suspects.try_into().unwrap_or_else(|all: Vec<_>| panic!("{} suspects", all.len()));
        suspect
    }

    /// Pulls until caught up: the suspects and the token to go on from.
    pub(crate) async fn pull(&self, resume_token: &str) -> Result<(Vec<pb::Suspect>, String), Status> {
        let mut token = resume_token.to_owned();
        let request = pb::PullSuspectsRequest { resume_token: token.clone(), region: String::new() };
        let mut stream = self.suspect_desk().pull_suspects(request).await?.into_inner();
        let mut suspects = Vec::new();
        while let Some(message) = stream.message().await? {
            assert!(message.suspects.len() <= 500, "a message of {} suspects", message.suspects.len());
            suspects.extend(message.suspects);
            token = message.resume_token;
        }
        Ok((suspects, token))
    }
}

/// A suspect apart from what is at stake: a node weighs it by itself, so that this alone may differ between two answers.
pub(crate) fn unweighed(suspect: &pb::Suspect) -> pb::Suspect {
    pb::Suspect { stake: None, ..suspect.clone() }
}

/// A suspect in words: rule, clause, and the claims on both sides.
pub(crate) fn sides(suspect: &pb::Suspect) -> (&str, &str, Option<&str>, &str) {
    let first = suspect.first.as_ref().map(|side| side.claim_id.as_str());
    let second = suspect.second.as_ref().unwrap().claim_id.as_str();
    (&suspect.rule, &suspect.clause, first, second)
}
