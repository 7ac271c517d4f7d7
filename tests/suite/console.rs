//! The console: in a real browser over a real node, and page by page over the socket.

mod alarm;
mod cases;
mod documents;
mod limits;
mod lists;
mod money;
mod requests;
mod rights;
mod suspects;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use hufu::domain::caller::Role;
use hufu::proto::audit::v1::{AuditEntry, ListEntriesRequest};
use hufu::proto::console::v1::CreateLinkRequest;
use hufu::proto::console::v1::console_service_client::ConsoleServiceClient;
use tokio::process::Command;
use tokio::time::timeout;
use tonic_types::StatusExt;

use crate::foreign_client::helper;
use crate::support::{Caller, Database, Harness};

/// A browser on a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(120);

impl Caller {
    /// A link that lets a person in with all of the caller's rights, or with these.
    pub(crate) async fn console_link(&self, person: &str, roles: &[Role]) -> Result<String, tonic::Status> {
        self.console_link_at(person, "", roles).await
    }

    /// The same for a place within the caller's.
    pub(crate) async fn console_link_at(
        &self,
        person: &str,
        region: &str,
        roles: &[Role],
    ) -> Result<String, tonic::Status> {
        let roles = roles.iter().map(|role| role.code().to_owned()).collect();
        let request = CreateLinkRequest { person: person.to_owned(), region: region.to_owned(), roles };
        Ok(ConsoleServiceClient::new(self.channel.clone()).create_link(request).await?.into_inner().path)
    }
}

impl Caller {
    /// The latest entries of the audit log, newest first.
    pub(crate) async fn audit_entries(&self) -> Vec<AuditEntry> {
        let request = ListEntriesRequest { page_size: 500, ..Default::default() };
        self.audit().list_entries(request).await.unwrap().into_inner().entries
    }
}

/// Where screenshots and printed pages are kept for whoever looks at them.
pub(crate) fn pictures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/console")
}

/// Has a script of `tests/browser` tell its story at the node; its screenshots go to `target/console`.
pub(crate) async fn browse(hufu: &Harness, script: &str, given: &[(&str, String)]) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new("node");
    program.arg(root.join("tests/browser").join(script)).current_dir(hufu.folder());
    program.env("HUFU_URL", hufu.uri()).env("HUFU_SHOTS", pictures());
    for name in ["HUFU_BROWSER", "HUFU_CHROMIUM"] {
        program.env(name, helper(name));
    }
    program.envs(given.iter().map(|(name, value)| (name, value)));
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let told = timeout(PATIENCE, program.output()).await.expect("the browser's story ends in time").unwrap();
    let (said, complained) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success(), "{script}:\n{said}\n{complained}");
}

/// Links for several persons with all roles in a region, as a script reads them.
pub(crate) async fn links(hufu: &Harness, region: &str, persons: &[&str]) -> (&'static str, String) {
    let mut links = Vec::new();
    for person in persons {
        links.push(link(hufu, region, person, &[]).await);
    }
    ("HUFU_LINKS", serde_json::to_string(&links).unwrap())
}

/// A link for one person with these roles in a region; with all where none is named.
pub(crate) async fn link(hufu: &Harness, region: &str, person: &str, roles: &[Role]) -> String {
    format!("{}{}", hufu.uri(), hufu.office(region).console_link(person, roles).await.unwrap())
}

/// What a library that had no part in writing a file reads in it (`tests/python/read_files.py`).
pub(crate) async fn read_back(what: &str, file: &Path) -> serde_json::Value {
    let mut program = Command::new(helper("HUFU_TEST_PYTHON"));
    program.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/read_files.py")).arg(what).arg(file);
    program.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let read = timeout(PATIENCE, program.output()).await.expect("the file is read in time").unwrap();
    assert!(read.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&read.stderr));
    serde_json::from_slice(&read.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_comes_in_by_a_link_looks_around_and_leaves() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let links = links(hufu, "370000", &["wang.min", "gao.jun"]).await;
        browse(hufu, "entry.mjs", &[links]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_stories_look_for_is_found_where_it_is_planted() {
    Harness::tell(Database::Sqlite, async |hufu| browse(hufu, "planted.mjs", &[]).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_in_which_nothing_is_asked_ends() {
    const IDLE_S: u32 = 3;
    let short = |settings: &mut hufu::config::Settings| settings.console.idle_s = IDLE_S;
    Harness::tell_with(Database::Sqlite, short, async |hufu| {
        let links = links(hufu, "370000", &["wang.min"]).await;
        browse(hufu, "expiry.mjs", &[links, ("HUFU_IDLE_S", IDLE_S.to_string())]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_comes_in_by_a_certificate() {
    Harness::tell(Database::Sqlite, async |hufu| {
        let uri = "hufu://370000/shandong/browser?role=suspects.read";
        let person = hufu.files_named("person", &format!("{uri}&person=li.na"));
        let system = hufu.files_named("system", uri);
        let file = |path: PathBuf| path.display().to_string();
        let given = [
            ("HUFU_PERSON_CERT", file(person.cert)),
            ("HUFU_PERSON_KEY", file(person.key)),
            ("HUFU_SYSTEM_CERT", file(system.cert)),
            ("HUFU_SYSTEM_KEY", file(system.key)),
        ];
        browse(hufu, "certificate.mjs", &given).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_are_made_in_development_alone() {
    let production = |settings: &mut hufu::config::Settings| {
        settings.node.environment = hufu::config::Environment::Production;
        settings.node.story_clock = None;
    };
    Harness::tell_with(Database::Sqlite, production, async |hufu| {
        let refused = hufu.office("370000").console_link("wang.min", &[]).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
        assert_eq!(refused.get_error_details().error_info().unwrap().reason, "CONSOLE_LINKS_OFF");
    })
    .await;
}
