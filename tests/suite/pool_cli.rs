//! The built program from an empty folder to money that is paid, as somebody uses it who has read no code: every step a process, and
//! every file that it writes opened again.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use hufu::domain::claim::ClaimRoute;
use hufu::sandbox::story::{RosterFile, RosterKind};
use hufu::sandbox::{Scale, Seed, Story, World, story_start};
use hufu::tables::grid::Cell;
use hufu::tables::read::read;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

const CITY: &str = "371500";
/// A debug build that generates a population on a busy machine; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(90);
/// Far more than one batch takes.
const RUNS_MAX: usize = 12;
const ROLES: [&str; 10] = [
    "claims.submit",
    "claims.read",
    "claims.review",
    "claims.approve",
    "suspects.read",
    "policy.declare",
    "pooling.file",
    "pooling.run",
    "money.read",
    "clawback.handle",
];

/// A folder with what a new user makes in it, and what runs there.
struct Office {
    folder: TempDir,
    /// Of this test process alone, so that the ports of the manual are free.
    address: Ipv4Addr,
    running: Vec<Child>,
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("hufu-office.").tempdir().unwrap();
        let [_, a, b, c] = std::process::id().to_be_bytes();
        Self { folder, address: Ipv4Addr::new(127, a.saturating_add(101), b, c), running: Vec::new() }
    }

    /// The program in the office's folder, without the settings of whoever runs the tests.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hufu"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HUFU")) {
            command.env_remove(name);
        }
        command.env("HUFU_SERVER", format!("https://{}:7443", self.address));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    async fn output(&self, arguments: &[&str]) -> Output {
        self.program(arguments).output().await.unwrap()
    }

    /// Runs a command that must end with one of these exit codes; what it printed.
    async fn run(&self, arguments: &[&str], codes: &[i32]) -> String {
        let Output { status, stdout, stderr } = self.output(arguments).await;
        let (stdout, stderr) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        let code = status.code().unwrap();
        assert!(codes.contains(&code), "`hufu {}` ended with {code}:\n{stdout}\n{stderr}", arguments.join(" "));
        stdout + &stderr
    }

    async fn done(&self, arguments: &[&str]) -> String {
        self.run(arguments, &[0]).await
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        let Output { stdout, stderr, .. } = self.output(&[arguments, &["--json"]].concat()).await;
        let text = String::from_utf8(stdout).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}\n{}", String::from_utf8_lossy(&stderr)))
    }

    /// Starts something that goes on, and waits until it answers.
    async fn start(&mut self, arguments: &[&str], port: u16) {
        let log = std::fs::File::create(self.folder.path().join(format!("{}.log", arguments[0]))).unwrap();
        let mut command = self.program(arguments);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.running.push(command.spawn().unwrap());
        let begun = Instant::now();
        while tokio::net::TcpStream::connect((self.address, port)).await.is_err() {
            let ended = self.running.last_mut().unwrap().try_wait().unwrap();
            let log = String::from_utf8_lossy(&self.file(&format!("{}.log", arguments[0]))).into_owned();
            assert!(ended.is_none() && begun.elapsed() < PATIENCE, "{} does not come up: {log}", arguments[0]);
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).unwrap()
    }

    /// All cells of a workbook, by the product's own reader.
    fn cells(&self, name: &str) -> String {
        let sheets = read(&self.file(name), name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let cells = sheets.iter().flat_map(|sheet| &sheet.rows).flat_map(|row| &row.cells);
        let texts = cells.filter_map(|cell| match cell {
            Cell::Text(text) | Cell::Number { text } => Some(text.as_str()),
            Cell::Empty | Cell::Date(_) | Cell::Boolean(_) | Cell::Error(_) => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}

/// The settings as the manual has them, with the addresses of this office.
fn settings(office: &Office, place: &str) -> String {
    let at = office.address;
    let registries = ["tax-registry", "credential", "insurance", "employment", "award-history", "finance", "bank"];
    let upstreams =
        (7501..).zip(registries).map(|(port, name)| format!("[upstream.{name}]\nuri = \"https://{at}:{port}\"\n"));
    format!(
        r#"[node]
environment = "development"
listen = "{at}:7443"
story_clock = "{clock}"
{upstreams}
[pooling.city."{CITY}"]
name = "聊城市"
fund = {{ account = "6200000000000001", name = "聊城市财政局" }}
[pooling.city."{CITY}".place."{CITY}"]
name = "聊城市"
account = "6200000000000002"
account_name = "聊城市失业保险经办机构"
[pooling.city."{CITY}".place."{place}"]
name = "某县"
account = "6200000000000003"
account_name = "某县失业保险经办机构"
"#,
        clock = story_start(),
        upstreams = upstreams.collect::<Vec<_>>().join("\n"),
    )
}

/// The largest roster of graduates that a county of the city has.
fn roster() -> RosterFile {
    let world = World::generate(Seed::DEMO, Scale::small());
    let of_county = |it: &RosterFile| it.region.as_str().starts_with("3715") && it.region.as_str() != CITY;
    let rosters = Story::of(&world).rosters.into_iter();
    let graduates = rosters.filter(|it| it.kind == RosterKind::Graduates && of_county(it));
    graduates.max_by_key(|it| it.rows.len()).unwrap()
}

async fn set_up(office: &mut Office, roster: &RosterFile) {
    let address = office.address.to_string();
    office.done(&["pki", "init", "--name", &address]).await;
    let mut caller = vec!["pki", "caller", "--region", CITY, "--organization", "liaocheng", "--system", "desk"];
    caller.extend(ROLES.iter().flat_map(|role| ["--role", *role]));
    office.done(&caller).await;
    let accounts = [
        "6200000000000001=聊城市财政局",
        "6200000000000002=聊城市失业保险经办机构",
        "6200000000000003=某县失业保险经办机构",
    ];
    let mut sandbox = vec!["sandbox", "--small", "--bind", &address, "--rosters", "rosters"];
    sandbox.extend(accounts.iter().flat_map(|account| ["--account", *account]));
    office.start(&sandbox, 7507).await;
    std::fs::write(office.folder.path().join("hufu.toml"), settings(office, roster.region.as_str())).unwrap();
    office.start(&["serve", "--config", "hufu.toml"], 7443).await;
}

/// Two people decide; one alone cannot.
async fn import_and_review(office: &Office, roster: &RosterFile) {
    let file = Path::new("rosters").join(&roster.file_name).display().to_string();
    let region = roster.region.to_string();
    let route = if roster.route == ClaimRoute::Automatic { "automatic" } else { "self-applied" };
    let import = ["import", &file, "--sheet", "job-expansion-2022", "--region", &region, "--route", route];
    // A roster as offices keep them has rows that are refused.
    office.run(&import, &[0, 1]).await;
    let review = ["claims", "review", "--all", "--state"];
    let pass = [&review[..], &["assessed", "--person", "wang.li", "--pass"]].concat();
    office.done(&pass).await;
    let alone = [&review[..], &["reviewed", "--person", "wang.li", "--approve"]].concat();
    let refused = office.run(&alone, &[1]).await;
    assert!(refused.contains("SAME_PERSON"), "{refused}");
    let nothing = office.run(&["pool", "file", "--region", &region, "--person", "zhao.liu"], &[5]).await;
    assert!(nothing.contains("没有已审批待报送的申请"), "{nothing}");
    let approve = [&review[..], &["reviewed", "--person", "li.na", "--approve"]].concat();
    office.done(&approve).await;
}

/// The money is asked for, comes, and is paid; gives the batch.
async fn pool(office: &Office, region: &str) -> Value {
    office.done(&["pool", "file", "--region", region, "--person", "zhao.liu"]).await;
    let plan = office.done(&["pool", "plan", "--city", CITY]).await;
    assert!(plan.contains(region) || plan.contains("某县"), "{plan}");
    for _ in 0..RUNS_MAX {
        office.run(&["pool", "run", "--city", CITY], &[0, 1]).await;
        let payments = office.json(&["pool", "payments"]).await;
        let payments = payments["payments"].as_array().unwrap();
        if !payments.is_empty() && payments.iter().all(|it| it["state"] == "paid") {
            office.run(&["pool", "status", "--city", CITY], &[0, 1]).await;
            return payments[0].clone();
        }
    }
    panic!("not paid: {}", office.json(&["pool", "payments"]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_user_goes_from_an_empty_folder_to_money_that_is_paid() {
    let (mut office, roster) = (Office::new(), roster());
    set_up(&mut office, &roster).await;
    import_and_review(&office, &roster).await;
    let paid = pool(&office, roster.region.as_str()).await;
    let batch = paid["batch_id"].as_str().unwrap();
    let printed = office.done(&["pool", "payments", "--batch", batch]).await;
    assert!(!printed.contains("6200000000000003"), "an account is shown unmasked");

    let filings = office.json(&["pool", "filings"]).await;
    let fen = filings["filings"][0]["sealed"]["amount_fen"].as_i64().unwrap();
    let total = hufu::domain::money::Fen::new(fen).to_string();
    office.done(&["pool", "application", batch, "--out", "application.html"]).await;
    let page = String::from_utf8(office.file("application.html")).unwrap();
    assert!(page.contains(&total) && page.contains("失业保险基金"), "{total} is not in the page");
    office.done(&["pool", "application", batch, "--out", "application.xlsx"]).await;
    assert!(office.cells("application.xlsx").contains("某县"));
    office.run(&["pool", "application", batch, "--out", "application.pdf"], &[3]).await;
    office.done(&["pool", "report", "--city", CITY, "--out", "report.xlsx"]).await;
    assert!(office.cells("report.xlsx").contains("某县"));
    let settled = office.run(&["pool", "instructions", batch, "--out", "pain001.xml"], &[5]).await;
    assert!(settled.contains("没有可导出的支付指令"), "{settled}");
    assert!(!office.folder.path().join("pain001.xml").exists());

    office.done(&["ledger", "check"]).await;
    let trial = office.done(&["ledger", "trial"]).await;
    assert!(trial.contains(&total), "{trial}");
    office.run(&["ledger", "trial", "--month", "October"], &[2]).await;
}
