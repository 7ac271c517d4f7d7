//! What the clients know: written outside the node, and synced, before a request is sent and after it is answered.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use hufu::proto::claims::v1 as pb;
use hufu::proto::common::v1::Date;
use serde::{Deserialize, Serialize};

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Entry {
    /// A claim is about to be sent, for the first time or again.
    Submitting { request_id: String, asked: Asked },
    /// The node gave a receipt.
    Acknowledged { request_id: String, receipt: Receipt },
    /// A withdrawal is about to be sent, for the first time or again.
    Withdrawing { request_id: String, claim_id: String },
    /// The node took the claim back.
    Withdrawn { request_id: String, receipt: Receipt },
    /// The node refused what it must not refuse.
    Refused { request_id: String, answer: String },
}

/// What a claim asks for. From it the same request can be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) resident_id: String,
    pub(super) name: String,
    pub(super) uscc: String,
    pub(super) region: String,
}

/// What the node said about a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub(super) claim_id: String,
    pub(super) state: i32,
    pub(super) version: i64,
}

impl Asked {
    pub(super) fn submission(&self) -> pb::ClaimSubmission {
        let person =
            pb::Person { name: self.name.clone(), resident_id: self.resident_id.clone(), phone: String::new() };
        let graduate = pb::Graduate {
            person: Some(person),
            graduated_on: Some(Date { year: 2022, month: 6, day: 30 }),
            contract_from: Some(Date { year: 2022, month: 7, day: 1 }),
            contract_until: None,
            dispatch: None,
        };
        pb::ClaimSubmission {
            sheet_id: "job-expansion-2022".to_owned(),
            route: pb::ClaimRoute::Automatic.into(),
            uscc: self.uscc.clone(),
            enterprise_name: "某某有限公司".to_owned(),
            region: self.region.clone(),
            account: String::new(),
            subject: Some(pb::claim_submission::Subject::Graduate(graduate)),
        }
    }
}

impl Receipt {
    pub(super) fn of(claim: &pb::Claim) -> Self {
        Self { claim_id: claim.claim_id.clone(), state: claim.state, version: claim.version }
    }
}

/// One client's journal: a file of its own, one JSON object a line.
pub(super) struct Journal {
    file: File,
}

impl Journal {
    pub(super) fn create(folder: &Path, client: usize) -> Self {
        let path = folder.join(format!("client-{client}.jsonl"));
        Self { file: OpenOptions::new().create_new(true).append(true).open(path).unwrap() }
    }

    /// Appends entries; they are on the disk when this returns.
    pub(super) fn write(&mut self, entries: &[Entry]) {
        let mut lines = Vec::new();
        for entry in entries {
            serde_json::to_writer(&mut lines, entry).unwrap();
            lines.push(b'\n');
        }
        // The disk may be slow; other clients go on meanwhile.
        tokio::task::block_in_place(|| {
            self.file.write_all(&lines).unwrap();
            self.file.sync_data().unwrap();
        });
    }
}

/// All journals of a folder, each in its order.
pub(super) fn read_all(folder: &Path) -> Vec<Entry> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    texts.flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()).collect()
}
