//! The run held to the matcher without a kernel, on small files full of coincidences.

use std::fmt::Write as _;
use std::fs;

use jiff::civil::date;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::domain::identity::{ResidentId, Uscc};
use crate::domain::matching::naive;
use crate::domain::matching::row::RowText;
use crate::domain::matching::scope::NEAR_THRESHOLD;

const HEADER: &str = "claim_id,province,county,uscc,name,resident_id,subsidy,month,amount_yuan,account,phone";

/// A row before it is written.
#[derive(Clone, Debug)]
struct Made {
    cells: [String; 8],
}

impl Made {
    fn text<'a>(&'a self, claim_id: &'a str) -> RowText<'a> {
        let [province, county, uscc, name, resident_id, subsidy, account, phone] = &self.cells;
        RowText { claim_id, province, county, uscc, name, resident_id, subsidy, account, phone }
    }

    fn line(&self, claim_id: &str) -> String {
        let [province, county, uscc, name, resident_id, subsidy, account, phone] = &self.cells;
        format!(
            "{claim_id},{province},{county},{uscc},{name},{resident_id},{subsidy},2022-07,1500.00,{account},{phone}"
        )
    }
}

fn uscc(index: u8) -> String {
    Uscc::from_body(&format!("9137150200000{index:04}")).unwrap().as_str().to_owned()
}

fn number(day: i8, sequence: u16) -> String {
    ResidentId::from_parts("371502", date(1988, 3, day), sequence).unwrap().as_str().to_owned()
}

/// A number as somebody types it: right, with a slip or two, or in the older form.
fn typed_number() -> impl Strategy<Value = String> {
    let slip = prop_oneof![
        4 => Just(None),
        3 => (0_usize..18, 0_u8..10).prop_map(|(at, digit)| Some((at, Some(b'0' + digit)))),
        2 => (1_usize..18).prop_map(|at| Some((at, None))),
    ];
    (1_i8..3, 1_u16..4, slip.clone(), slip, 0_u8..10).prop_map(|(day, sequence, first, second, form)| {
        let mut bytes = number(day, sequence).into_bytes();
        if form == 0 {
            bytes = [&bytes[..6], &bytes[8..17]].concat();
        }
        for (at, digit) in [first, second].into_iter().flatten() {
            match digit {
                _ if at >= bytes.len() => {}
                Some(digit) => bytes[at] = digit,
                None => bytes.swap(at - 1, at),
            }
        }
        let text = String::from_utf8(bytes).unwrap();
        match form {
            1 => format!("'{text}"),
            2 => text.get(..17).unwrap_or_default().to_owned(),
            3 => String::new(),
            _ => text,
        }
    })
}

fn made() -> impl Strategy<Value = Made> {
    let place = prop_oneof![
        Just(("370000", "371502")),
        Just(("山东", "371503")),
        Just(("410000", "410100")),
        Just(("山东省", "阳谷县")),
        Just(("", "")),
    ];
    let enterprise = prop_oneof![9 => (1_u8..4).prop_map(uscc), 1 => Just("x".to_owned())];
    let name =
        prop_oneof![Just("张伟"), Just("張偉"), Just("章玮"), Just("张 伟"), Just("张伟强"), Just("李娜"), Just("")];
    let subsidy = prop_oneof![Just("job-expansion"), Just("hiring-subsidy"), Just("retention-training-2022")];
    let account = prop_oneof![3 => (1_u8..5).prop_map(|it| format!("62000000000{it:04}")), 1 => Just("x".to_owned())];
    let phone = prop_oneof![3 => (1_u8..5).prop_map(|it| format!("138000000{it:02}")), 1 => Just(String::new())];
    (place, enterprise, name, typed_number(), subsidy, account, phone).prop_map(
        |((province, county), uscc, name, number, subsidy, account, phone)| Made {
            cells: [
                province.to_owned(),
                county.to_owned(),
                uscc,
                name.to_owned(),
                number,
                subsidy.to_owned(),
                account,
                phone,
            ],
        },
    )
}

/// Writes a file, matches it, and gives back the findings as bytes.
fn matched(
    folder: &TempDir,
    lines: &[String],
    threads: usize,
    secret: u64,
    memory: Option<u64>,
) -> (Reconciled, String) {
    let [claims, out, bad_rows] = ["claims.csv", "pairs.csv", "bad.csv"].map(|name| folder.path().join(name));
    let mut text = format!("{HEADER}\n");
    lines.iter().for_each(|line| writeln!(text, "{line}").unwrap());
    fs::write(&claims, text).unwrap();
    let run = Reconcile {
        claims: &claims,
        out: &out,
        bad_rows: &bad_rows,
        map: &[],
        rules: MatchRule::ALL,
        threads,
        memory,
        near_threshold: NEAR_THRESHOLD,
        secret,
    };
    let reconciled = reconcile(&run, &|_, _| {}).unwrap();
    (reconciled, fs::read_to_string(out).unwrap())
}

fn written(findings: &[Finding]) -> String {
    let mut text = "claim_a,claim_b,rule,effect,clause,weight,evidence\n".to_owned();
    for it in findings {
        let other = it.other.as_ref().map_or("", |it| it.as_str());
        write!(text, "{},{other},{},{},", it.claim, it.rule.code(), it.rule.effect().code()).unwrap();
        write!(text, "{},{},", it.clause(), it.evidence.total()).unwrap();
        it.write_evidence(&mut text).unwrap();
        text.push('\n');
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_finds_what_all_pairs_find(made in proptest::collection::vec(made(), 0..24), secret: u64) {
        let folder = tempfile::tempdir().unwrap();
        let ids: Vec<String> = (0..made.len()).map(|at| format!("{}", at + 5)).collect();
        let rows: Vec<Row> = made.iter().zip(&ids).map(|(it, id)| Row::parse(&it.text(id)).unwrap()).collect();
        let lines: Vec<String> = made.iter().zip(&ids).map(|(it, id)| it.line(id)).collect();
        let (reconciled, found) = matched(&folder, &lines, 2, secret, None);
        prop_assert_eq!(reconciled.rows, rows.len() as u64);
        prop_assert_eq!(&found, &written(&naive::findings(&rows, NEAR_THRESHOLD)));
    }

    #[test]
    fn neither_order_nor_threads_nor_memory_nor_secret_show(
        (made, order) in proptest::collection::vec(made(), 1..24).prop_flat_map(|made| {
            let order: Vec<usize> = (0..made.len()).collect();
            (Just(made), Just(order).prop_shuffle())
        }),
        threads in 1_usize..5,
        secret: u64,
        memory in prop_oneof![Just(None), (1_u64..2_000).prop_map(Some)],
    ) {
        let folder = tempfile::tempdir().unwrap();
        // A name in seven occurs twice.
        let lines: Vec<String> = made.iter().enumerate().map(|(at, it)| it.line(&format!("c{}", at.min(at % 7 * 9)))).collect();
        let (first, found) = matched(&folder, &lines, 1, 1, None);
        let shuffled: Vec<String> = order.iter().map(|at| lines[*at].clone()).collect();
        let (again, found_again) = matched(&folder, &shuffled, threads, secret, memory);
        prop_assert_eq!(found, found_again);
        prop_assert_eq!((first.rows, first.bad_rows, first.findings), (again.rows, again.bad_rows, again.findings));
    }
}
