//! The fraud-review desk from a shell: the ministry's list in, what was found out, and who did what; every step a process.

use std::process::{Output, Stdio};

use encoding_rs::GB18030;
use hufu::domain::caller::Role;
use hufu::proto::suspects::v1::SuspectDecision;
use hufu::tables::read::read;
use serde_json::Value;
use tokio::process::Command;

use crate::support::people::{Graduate, firm, graduate};
use crate::support::{CallerFiles, Harness, on_both_databases};

const CITY: &str = "371500";

/// The program with a caller's certificate.
struct Shell<'a> {
    hufu: &'a Harness,
    files: CallerFiles,
}

impl<'a> Shell<'a> {
    fn new(hufu: &'a Harness) -> Self {
        Self { hufu, files: hufu.caller_files(CITY, &Role::ALL) }
    }

    /// Exit code and what was printed.
    async fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hufu"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HUFU")) {
            command.env_remove(name);
        }
        let CallerFiles { ca, cert, key } = &self.files;
        command.env("HUFU_SERVER", self.hufu.uri()).env("HUFU_CA", ca).env("HUFU_CERT", cert).env("HUFU_KEY", key);
        command.current_dir(self.hufu.folder()).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        let Output { status, stdout, stderr } = command.output().await.unwrap();
        let printed = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        (status.code().unwrap(), printed)
    }

    async fn json(&self, arguments: &[&str], code: i32) -> Value {
        let (found, printed) = self.run(&[arguments, &["--json"]].concat()).await;
        assert_eq!(found, code, "{printed}");
        serde_json::from_str(&printed).unwrap_or_else(|_| panic!("not JSON: {printed}"))
    }

    /// The rows of a sheet that was written.
    fn rows(&self, name: &str) -> Vec<Vec<String>> {
        let bytes = std::fs::read(self.hufu.folder().join(name)).unwrap();
        let sheet = read(&bytes, name).unwrap().remove(0);
        let width = sheet.rows[0].cells.len();
        let row =
            |row: &hufu::tables::grid::Row| (0..width).map(|at| row.cell(at).shown().unwrap_or_default()).collect();
        sheet.rows.iter().map(row).collect()
    }
}

/// A list as the ministry's office saves it.
fn list(wang: &Graduate, li: &Graduate) -> Vec<u8> {
    let (wang_id, li_id) = (wang.resident_id.as_str(), li.resident_id.as_str());
    let lines = [
        "疑点数据下发表（聊城市）".to_owned(),
        "序号,疑点编号,疑点类型,身份证号,姓名,补贴项目,重复享受省份,说明".to_owned(),
        format!("1,YD-1,跨省重复享受,{wang_id},王小明,一次性扩岗补助,广东省,部级比对"),
        format!("2,YD-2,身份不实,{li_id},李小红,,,"),
        format!("3,YD-3,身份不实,{},王小明,,,", &wang_id.replace('1', "2")),
        format!("4,=1+1,重复享受,{wang_id},王小明,,,"),
        "合计,4".to_owned(),
    ];
    GB18030.encode(&lines.join("\r\n")).0.into_owned()
}

async fn a_list_goes_in_and_what_was_found_comes_out(hufu: &Harness) {
    let city = hufu.office(CITY);
    let employer = firm("甲公司").known_to(hufu);
    let wang = graduate("王小明").hired_by(&employer).known_to(hufu);
    let li = graduate("李小红").hired_by(&employer);
    wang.claim().submit(&city).await;
    std::fs::write(hufu.folder().join("疑点数据.csv"), list(&wang, &li)).unwrap();
    let shell = Shell::new(hufu);

    let import = ["suspects", "import", "疑点数据.csv", "--region", CITY];
    let answers = shell.json(&[&import[..], &["--out", "answers.xlsx"]].concat(), 1).await;
    let found: Vec<_> = answers["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["row"].as_u64().unwrap(), it["outcome"].as_str().unwrap(), it["reason"].as_str().unwrap()))
        .collect();
    let expected =
        [(3, "matched", ""), (4, "unmatched", "PERSON_UNKNOWN"), (5, "refused", "RECORD_INVALID"), (6, "matched", "")];
    assert_eq!(found, expected);
    assert!(answers["answers"][2]["message"].as_str().unwrap().starts_with("第 5 行：D列“身份证号”"), "{answers}");
    let (code, printed) = shell.run(&import).await;
    assert_eq!(code, 1, "{printed}");
    for secret in [wang.resident_id.as_str(), li.resident_id.as_str(), "王小明", "李小红"] {
        assert!(!printed.contains(secret) && !answers.to_string().contains(secret), "a message repeats a cell");
    }
    assert_eq!(city.suspects().await.len(), 2, "the same file again is the same records");
    assert_eq!(shell.rows("answers.xlsx")[4][1], "=1+1", "kept as a text, and read back as one");

    let suspect = city.suspects().await.into_iter().find(|it| it.rule == "person_two_provinces").unwrap();
    city.judge(&suspect.suspect_id, "wang.li", SuspectDecision::Dismiss).await.unwrap();
    let written = shell.json(&["suspects", "outcomes", "--out", "核实结果.xlsx"], 0).await;
    assert_eq!(written["by_result"], serde_json::json!({ "dismissed": 1, "investigating": 1, "unmatched": 1 }));
    let rows = shell.rows("核实结果.xlsx");
    let columns: Vec<_> = rows.iter().map(|row| row[..4].join(" ")).collect();
    let expected = [
        "疑点编号 疑点类型 核实结果 原因",
        "YD-1 跨省重复享受 不属实 登记机构记录有误",
        "YD-2 身份不实 未匹配 本地区没有此人的申领",
        "=1+1 重复享受 核实中 ",
    ];
    assert_eq!(columns, expected);
    assert!(rows[1][5].starts_with("王** 371502********"), "{}", rows[1][5]);
    let text = rows.concat().join(" ");
    assert!(!text.contains(wang.resident_id.as_str()) && !text.contains("王小明"));
    shell.json(&["suspects", "outcomes", "--out", "核实结果.csv"], 0).await;
    let csv = std::fs::read_to_string(hufu.folder().join("核实结果.csv")).unwrap();
    assert!(csv.contains("\"'=1+1\""), "{csv}");
    assert_eq!(shell.run(&["suspects", "outcomes", "--out", "x.pdf"]).await.0, 3);

    // What was done is in the log, by who did it.
    let entries = shell.json(&["audit", "list", "--subject", &suspect.suspect_id], 0).await;
    let actions: Vec<_> =
        entries["entries"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"suspect-opened") && actions.contains(&"suspect-judged"), "{actions:?}");
    let by_person = shell.json(&["audit", "list", "--person", "wang.li", "--day", "2022-10-10"], 0).await;
    assert!(by_person["entries"].as_array().unwrap().iter().any(|it| it["action"] == "suspect-judged"), "{by_person}");
    assert!(by_person["entries"][0]["at"].as_str().unwrap().starts_with("2022-10-10T09:"), "in China's time");
    let (code, printed) = shell.run(&["audit", "list", "--day", "yesterday"]).await;
    assert!(code == 5 && printed.contains("FIELDS_INVALID"), "{printed}");
}

async fn a_certificate_is_made_for_one_person(hufu: &Harness) {
    let shell = Shell::new(hufu);
    assert_eq!(shell.run(&["pki", "init", "--dir", "ours"]).await.0, 0);
    let caller =
        ["pki", "caller", "--dir", "ours", "--region", CITY, "--organization", "liaocheng", "--system", "console"];
    let with = async |person: &str| {
        shell.run(&[&caller[..], &["--role", "suspects.judge", "--person", person]].concat()).await
    };
    let (code, printed) = with("wang.li").await;
    assert!(
        code == 0 && printed.contains("hufu://371500/liaocheng/console?role=suspects.judge&person=wang.li"),
        "{printed}"
    );
    for person in ["13800000000", "wang li", ""] {
        assert_eq!(with(person).await.0, 3, "{person}");
    }
}

on_both_databases![a_list_goes_in_and_what_was_found_comes_out, a_certificate_is_made_for_one_person];
