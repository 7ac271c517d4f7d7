//! `hufu reconcile` over files, as the program runs it: what each rule finds, what bad files do, and that nothing personal comes out.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use encoding_rs::GB18030;
use hufu::domain::identity::{ResidentId, Uscc};
use jiff::civil::date;
use serde_json::Value;
use tempfile::TempDir;

const HEADER: &str = "claim_id,province,county,uscc,name,resident_id,subsidy,month,amount_yuan,account,phone";

/// A folder with a file of claims.
struct Desk(TempDir);

impl Desk {
    fn new(claims: impl AsRef<[u8]>) -> Self {
        let desk = Self(tempfile::Builder::new().prefix("hufu-reconcile.").tempdir().unwrap());
        fs::write(desk.path("claims.csv"), claims).unwrap();
        desk
    }

    fn of_rows(rows: &[Claim]) -> Self {
        let lines: Vec<String> = rows.iter().map(Claim::line).collect();
        Self::new(format!("{HEADER}\n{}\n", lines.join("\n")))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hufu"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HUFU")) {
            command.env_remove(name);
        }
        let arguments = ["reconcile", "--claims", "claims.csv", "--out", "pairs.csv", "--json"];
        command.current_dir(self.0.path()).args(arguments).args(more).output().unwrap()
    }

    /// The summary, the exit code being as expected.
    fn summary(&self, more: &[&str], code: i32) -> Value {
        let Output { status, stdout, stderr } = self.run(more);
        assert_eq!(status.code(), Some(code), "{}", String::from_utf8_lossy(&stderr));
        serde_json::from_slice(&stdout).unwrap()
    }

    /// Pairs with their rule.
    fn found(&self, more: &[&str]) -> Vec<String> {
        self.summary(more, 0);
        self.pairs()
    }

    fn pairs(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("pairs.csv")).unwrap();
        let row = |line: &str| line.splitn(4, ',').take(3).collect::<Vec<_>>().join(" ");
        text.lines().skip(1).map(row).collect()
    }

    fn bad(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("pairs.csv.bad.csv")).unwrap();
        let row = |line: &str| line.splitn(4, ',').take(3).collect::<Vec<_>>().join(" ");
        text.lines().skip(1).map(row).collect()
    }
}

/// A claim that has nothing in common with another but what it is given.
#[derive(Clone)]
struct Claim {
    id: u32,
    province: &'static str,
    county: &'static str,
    uscc: String,
    name: &'static str,
    number: String,
    subsidy: &'static str,
    account: String,
    phone: String,
}

impl Claim {
    fn new(id: u32) -> Self {
        Self {
            id,
            province: "370000",
            county: "371502",
            uscc: uscc(id),
            name: "张伟",
            number: number(id),
            subsidy: "job-expansion",
            account: format!("6200{id:012}"),
            phone: format!("138{id:08}"),
        }
    }

    /// Another claim for the same person.
    fn again(&self, id: u32) -> Self {
        Self { name: self.name, number: self.number.clone(), ..Self::new(id) }
    }

    fn line(&self) -> String {
        let Self { id, province, county, uscc, name, number, subsidy, account, phone } = self;
        format!("{id},{province},{county},{uscc},{name},{number},{subsidy},2022-07,1500.00,{account},{phone}")
    }
}

fn uscc(index: u32) -> String {
    Uscc::from_body(&format!("913715020{index:08}")).unwrap().as_str().to_owned()
}

/// Numbers far apart from one another.
fn number(index: u32) -> String {
    let birth = date(1970 + i16::try_from(index % 30).unwrap(), 1 + i8::try_from(index % 12).unwrap(), 15);
    ResidentId::from_parts("371502", birth, u16::try_from(index * 37 % 1_000).unwrap()).unwrap().as_str().to_owned()
}

/// The number with another digit at a place, so that its check fails.
fn wrong(number: &str, at: usize) -> String {
    let mut bytes = number.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'7' { b'1' } else { b'7' };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn one_person_claimed_twice_is_found_by_the_first_rule_that_holds() {
    let first = Claim::new(1);
    let elsewhere = Claim { province: "河南", county: "410100", ..first.again(2) };
    let hired = Claim { subsidy: "一次性吸纳就业补贴", ..first.again(3) };
    let other = Claim::new(11);
    let again = Claim { uscc: other.uscc.clone(), account: other.account.clone(), ..other.again(12) };
    let elsewhere_worker = Claim { subsidy: "retention-training-2022", ..other.again(13) };
    let worker = Claim { subsidy: "retention-training", ..Claim::new(21) };
    let rows = [first, elsewhere, hired, other, again, elsewhere_worker, worker.clone(), worker.again(22)];
    let mut rows = rows;
    rows[7].subsidy = "retention-training";
    let desk = Desk::of_rows(&rows);
    assert_eq!(
        desk.found(&[]),
        [
            "1 2 person_two_provinces",
            "1 3 person_two_subsidies",
            "2 3 person_two_provinces",
            "11 12 person_resubmitted",
            "21 22 person_two_enterprises",
        ]
    );
    let text = fs::read_to_string(desk.path("pairs.csv")).unwrap();
    assert!(
        text.contains(
            "1,2,person_two_provinces,hold,六(三),500,same_resident_id:+400;same_name:+150;phone_differs:-50"
        )
    );
    assert!(text.contains("11,12,person_resubmitted,hold,五(二),"));
    assert!(text.contains("21,22,person_two_enterprises,hold,五(一),"));
}

#[test]
fn a_number_typed_wrong_hides_nobody() {
    let first = Claim::new(1);
    let typed = |id, number: String| Claim { number, ..first.again(id) };
    let swapped = {
        let mut bytes = first.number.clone().into_bytes();
        let at = (6..14).find(|at| bytes[*at] != bytes[at + 1]).unwrap();
        bytes.swap(at, at + 1);
        String::from_utf8(bytes).unwrap()
    };
    let rows = [
        first.clone(),
        typed(2, wrong(&first.number, 16)),
        typed(3, swapped),
        Claim { name: "張偉", ..typed(4, wrong(&first.number, 3)) },
        // Somebody else's: the name is another.
        Claim { name: "李娜", ..typed(5, wrong(&first.number, 17)) },
    ];
    let desk = Desk::of_rows(&rows);
    let found = desk.found(&[]);
    for pair in ["1 2", "1 3", "1 4"] {
        assert!(found.contains(&format!("{pair} person_nearly_identical")), "{found:?}");
    }
    assert!(found.contains(&"5  person_number_impossible".to_owned()), "{found:?}");
    assert!(!found.iter().any(|it| it.starts_with("1 5")));
}

#[test]
fn two_sound_numbers_are_two_persons_however_alike() {
    let siblings = |sequence| {
        let birth = date(1999, 5, 5);
        ResidentId::from_parts("371502", birth, sequence).unwrap().as_str().to_owned()
    };
    let rows: Vec<Claim> =
        (0..4).map(|at| Claim { number: siblings(100 + at), ..Claim::new(u32::from(at) + 1) }).collect();
    assert_eq!(Desk::of_rows(&rows).found(&[]), [] as [&str; 0]);
}

#[test]
fn what_enterprises_share_is_found_once_for_two_of_them() {
    let worker = |id| Claim { subsidy: "retention-training", ..Claim::new(id) };
    let (first, moved) = (worker(1), worker(3));
    let rows = [
        first.clone(),
        Claim { uscc: first.uscc.clone(), county: "371503", ..worker(2) },
        Claim { uscc: first.uscc.clone(), county: "371503", ..moved },
        Claim { account: "6200 0000 0000 0011".to_owned(), ..Claim::new(10) },
        Claim::new(11),
        Claim { uscc: uscc(11), account: Claim::new(11).account, ..Claim::new(12) },
        Claim { phone: "+86 138-0000-0021".to_owned(), ..Claim::new(20) },
        Claim::new(21),
    ];
    assert_eq!(
        Desk::of_rows(&rows).found(&[]),
        ["1 2 enterprise_two_counties", "10 11 account_shared", "20 21 phone_shared"]
    );
}

#[test]
fn a_large_block_pairs_with_its_first_claim_and_is_reported() {
    let first = Claim::new(1_000);
    let rows: Vec<Claim> = (0..250).map(|at| first.again(1_000 + at)).collect();
    let desk = Desk::of_rows(&rows);
    let summary = desk.summary(&[], 0);
    assert_eq!(summary["large_blocks"], 1);
    assert_eq!(summary["findings"]["person_two_enterprises"], 249);
    assert!(desk.pairs().iter().all(|pair| pair.starts_with("1000 ")));
}

#[test]
fn every_way_of_saving_a_file_gives_the_same_findings() {
    let first = Claim::new(1);
    let rows = [first.clone(), first.again(2), Claim::new(3)];
    let expected = Desk::of_rows(&rows).found(&[]);
    assert_eq!(expected, ["1 2 person_two_enterprises"]);
    let chinese = "申领编号,省份,县区,统一社会信用代码,姓名,身份证号,补贴项目,月份,金额(元),收款账号,手机号";
    let lines = |end: &str| rows.iter().map(Claim::line).collect::<Vec<_>>().join(end);
    let quoted = |line: String| line.split(',').map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",");
    let files: [Vec<u8>; 6] = [
        format!("\u{FEFF}{HEADER}\r\n{}\r\n", lines("\r\n")).into(),
        format!("{chinese}\n{}", lines("\n")).into(),
        GB18030.encode(&format!("{chinese}\r\n{}", lines("\r\n"))).0.into(),
        format!("{HEADER}\n\n{}\n\n", lines("\n\n")).into(),
        format!("{HEADER}\n{}\n", lines("\n").lines().map(|it| quoted(it.to_owned())).collect::<Vec<_>>().join("\n"))
            .into(),
        format!("{HEADER}\n{}\n", lines("\n")).replace(',', "\t").into(),
    ];
    for file in files {
        let desk = Desk::new(&file);
        assert_eq!(desk.found(&["--threads", "3"]), expected, "{}", String::from_utf8_lossy(&file));
        assert_eq!(desk.bad(), [] as [&str; 0]);
    }
}

#[test]
fn other_headers_are_mapped() {
    let first = Claim::new(1);
    let header = HEADER.replace("claim_id", "单据").replace("resident_id", "证件");
    let text = format!("{header}\n{}\n{}\n", first.line(), first.again(2).line());
    let desk = Desk::new(text);
    assert_eq!(desk.run(&[]).status.code(), Some(3));
    assert_eq!(desk.found(&["--map", "claim_id=单据", "--map", "resident_id=证件"]), ["1 2 person_two_enterprises"]);
}

#[test]
fn a_bad_row_never_sinks_the_rest() {
    let first = Claim::new(1);
    let line = |id| first.again(id).line();
    let lines = [
        line(1),
        "2,too,few".to_owned(),
        line(3).replace("job-expansion", "lottery"),
        line(4).replacen('4', "", 1),
        line(5).replacen('5', "\"5", 1),
        format!("{},", line(6)),
        line(1),
        line(7).replacen("7,", "\"7\n8\",", 1),
        line(9).replacen("9,", "\"9\",", 1),
        "\"".to_owned(),
    ];
    let desk = Desk::new(format!("{HEADER}\n{}\n", lines.join("\n")));
    let summary = desk.summary(&[], 1);
    assert_eq!((summary["rows"].as_u64(), summary["bad_rows"].as_u64()), (Some(2), Some(8)), "{:?}", desk.bad());
    assert_eq!(desk.pairs(), ["1 9 person_two_enterprises"]);
    assert_eq!(
        desk.bad(),
        [
            "3  ROW_WRONG_CELLS",
            "4 subsidy SUBSIDY_UNKNOWN",
            "5 claim_id CLAIM_ID_MISSING",
            "6  ROW_WRONG_CELLS",
            "7  ROW_WRONG_CELLS",
            "8 claim_id CLAIM_ID_REPEATED",
            "9 claim_id CLAIM_ID_MISSING",
            "11  ROW_OPEN_QUOTE",
        ]
    );
}

#[test]
fn a_bad_cell_costs_only_its_own_key() {
    let first = Claim::new(1);
    let rows = [
        Claim { phone: "x".to_owned(), account: "1e5".to_owned(), county: "", province: "?", ..first.clone() },
        Claim { uscc: "?".to_owned(), name: "", ..first.again(2) },
    ];
    assert_eq!(Desk::of_rows(&rows).found(&[]), ["1 2 person_two_enterprises"]);
}

#[test]
fn a_hostile_file_is_an_error_or_bad_rows_never_an_outage() {
    for (file, code) in [
        (b"".to_vec(), 3),
        (b"\xFF\xFEc\0l\0".to_vec(), 3),
        (vec![0; 3_000_000], 3),
        (vec![b'"'; 3_000_000], 3),
        (vec![b','; 3_000_000], 3),
        (format!("{HEADER}\n").into_bytes(), 0),
        (format!("{HEADER}\n{}", "9".repeat(5_000_000)).into_bytes(), 1),
        (format!("{HEADER}\n\"{}", "9\n".repeat(2_000_000)).into_bytes(), 1),
        ([HEADER.as_bytes(), b"\n", &[0xFF; 70_000], b"\n\xFF,,,,,,job-expansion,,,,\n"].concat(), 1),
    ] {
        let desk = Desk::new(&file);
        let Output { status, stderr, .. } = desk.run(&["--threads", "2"]);
        let told = String::from_utf8_lossy(&stderr).into_owned();
        assert_eq!(status.code(), Some(code), "{} bytes: {told}", file.len());
        assert!(!told.contains("panicked"), "{told}");
    }
}

#[test]
fn nothing_personal_comes_out() {
    let first = Claim::new(1);
    let near = Claim { number: wrong(&first.number, 9), ..first.again(2) };
    let bad = format!("{},{}", first.line(), first.number);
    let desk = Desk::new(format!("{HEADER}\n{}\n{}\n{bad}\n", first.line(), near.line()));
    let Output { stdout, stderr, .. } = desk.run(&[]);
    let read = |name| fs::read_to_string(desk.path(name)).unwrap();
    let told = [&String::from_utf8(stdout).unwrap(), &String::from_utf8(stderr).unwrap(), &read("pairs.csv")]
        .map(String::as_str)
        .concat()
        + &read("pairs.csv.bad.csv");
    assert!(told.contains("person_nearly_identical"));
    for secret in [&first.number, &near.number, &first.account, &first.phone, "张"] {
        assert!(!told.contains(secret), "{told}");
    }
}
