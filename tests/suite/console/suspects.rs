//! The pages of suspects and of the day, in a real browser: found, judged, unmasked, exported.

use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use hufu::domain::caller::Role;
use hufu::domain::identity::ResidentId;

use super::{browse, links};
use crate::support::people::{firm, graduate};
use crate::support::{Database, Harness, eventually};

/// Names that a page or a spreadsheet program could take for more than a name.
const HOSTILE: [&str; 3] =
    ["<script>alert(1)</script>公司", "=HYPERLINK(\"https://example.com\",\"公司\")", "甲\u{202E}司公"];

/// Suspects of several rules and places, one of them in two provinces, and claimants with hostile and long names.
async fn town(hufu: &Harness) {
    let (liaocheng, puyang) = (hufu.office("371500"), hufu.office("410900"));
    let home = firm("鲁西软件有限公司").known_to(hufu);
    let other = firm("东昌府区远航物流有限公司").known_to(hufu);
    let away = firm("濮阳软件").in_region("410902").known_to(hufu);
    let cross = graduate("王小明").born(1999, 1, 2).hired_by(&home).known_to(hufu);
    cross.claim().submit(&liaocheng).await;
    cross.claim().by(&away).submit(&puyang).await;
    for (day, name) in (3..).zip(HOSTILE.into_iter().chain([&*"长".repeat(118)])) {
        let claimant = firm(name).known_to(hufu);
        let graduate = graduate("李小红").born(1999, 2, day).hired_by(&other).known_to(hufu);
        graduate.claim().submit(&liaocheng).await;
        graduate.claim().by(&claimant).submit(&liaocheng).await;
    }
    // Until all of them are weighed, their order is not that of their risk.
    let weighed = async || {
        let suspects = liaocheng.suspects().await;
        (suspects.len() == 5 && suspects.iter().all(|it| it.stake.is_some())).then_some(())
    };
    eventually("the suspects are weighed", weighed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reviewer_finds_the_worst_suspect_judges_it_and_exports_the_rest() {
    Harness::tell(Database::Sqlite, async |hufu| {
        town(hufu).await;
        let (name, links) = links(hufu, "370000", &["wang.min"]).await;
        let reader = hufu.office("370000").console_link("zhao.lei", &[Role::SuspectsRead]).await.unwrap();
        let folder = hufu.folder().display().to_string();
        let reader = format!("{}{reader}", hufu.uri());
        browse(hufu, "suspects.mjs", &[(name, links), ("HUFU_READER", reader), ("HUFU_FOLDER", folder)]).await;
        check_export(hufu.folder());
    })
    .await;
}

/// Another library than the one that wrote it opens the file: no formula, and the names as they are.
fn check_export(folder: &Path) {
    let bytes = std::fs::read(folder.join("suspects.xlsx")).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.sheet_names()[0].clone();
    assert_eq!(book.worksheet_formula(&sheet).unwrap().used_cells().count(), 0, "no formulas");
    let cells = book.worksheet_range(&sheet).unwrap();
    let text: String = cells
        .used_cells()
        .filter_map(|(_, _, cell)| if let Data::String(text) = cell { Some(format!("{text}\n")) } else { None })
        .collect();
    assert!(text.contains("HYPERLINK") && text.contains("<script>"), "names are kept: {text}");
    assert!(!has_number(&text), "nobody's number is in the file");
    let csv = std::fs::read_to_string(folder.join("suspects.csv")).unwrap();
    let cells: Vec<_> = csv.split([',', '\n']).map(|cell| cell.trim_matches('"')).collect();
    assert!(cells.iter().all(|cell| !cell.starts_with(['=', '+', '@'])), "no cell begins a formula");
    assert!(!has_number(&csv));
}

/// Whether an identity number stands in a text; codes of enterprises are as long, but begin with no province.
fn has_number(text: &str) -> bool {
    text.split(|it: char| !it.is_ascii_alphanumeric()).any(|word| word.len() == 18 && ResidentId::parse(word).is_ok())
}
