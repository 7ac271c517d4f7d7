//! The pages of suspects and of the day, in a real browser: found, judged, unmasked, exported.

use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use hufu::domain::caller::Role;
use hufu::domain::identity::ResidentId;

use super::{browse, link, links, read_back};
use crate::support::people::{firm, graduate};
use crate::support::{Database, Harness, eventually, on_both_databases};

/// Names that a page or a spreadsheet program could take for more than a name.
const HOSTILE: [&str; 3] =
    ["<script>alert(1)</script>公司", "=HYPERLINK(\"https://example.com\",\"公司\")", "甲\u{202E}司公"];

/// Suspects of the town below.
const SUSPECTS: usize = 5;

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
        (suspects.len() == SUSPECTS && suspects.iter().all(|it| it.stake.is_some())).then_some(())
    };
    eventually("the suspects are weighed", weighed).await;
}

async fn a_reviewer_finds_the_worst_suspect_judges_it_and_exports_the_rest(hufu: &Harness) {
    town(hufu).await;
    let links = links(hufu, "370000", &["wang.min"]).await;
    let reader = link(hufu, "370000", "zhao.lei", &[Role::SuspectsRead]).await;
    let folder = hufu.folder().display().to_string();
    browse(hufu, "suspects.mjs", &[links, ("HUFU_READER", reader), ("HUFU_FOLDER", folder)]).await;
    check_export(hufu.folder());
    check_elsewhere(hufu.folder()).await;
}

on_both_databases!(a_reviewer_finds_the_worst_suspect_judges_it_and_exports_the_rest);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reviewer_without_a_mouse_judges_the_worst_suspect() {
    Harness::tell(Database::Sqlite, async |hufu| {
        town(hufu).await;
        let links = links(hufu, "370000", &["wang.min"]).await;
        browse(hufu, "keyboard.mjs", &[links]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_page_is_usable_in_each_of_its_states() {
    Harness::tell(Database::Sqlite, async |hufu| {
        town(hufu).await;
        let links = links(hufu, "370000", &["wang.min"]).await;
        // Of a province that has nothing yet; and somebody who may do nothing but let others in.
        let empty = link(hufu, "440000", "chen.jing", &[]).await;
        let bare = link(hufu, "370000", "sun.li", &[Role::ConsoleLink]).await;
        browse(hufu, "states.mjs", &[links, ("HUFU_EMPTY", empty), ("HUFU_BARE", bare)]).await;
    })
    .await;
}

/// A spreadsheet library of another language opens the file as well: no formula, no link, hostile names as plain text, a row for each
/// suspect of the view.
async fn check_elsewhere(folder: &Path) {
    let book = read_back("workbook", &folder.join("suspects.xlsx")).await;
    assert!(book["links"].as_array().unwrap().is_empty(), "{book}");
    let rows = book["rows"].as_array().unwrap();
    let cells: Vec<(&str, &str)> = rows
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .filter_map(|cell| Some((cell[0].as_str().unwrap(), cell[1].as_str()?)))
        .collect();
    assert!(cells.iter().all(|(kind, _)| *kind != "f"), "no formulas: {cells:?}");
    for name in ["<script>alert(1)</script>公司", "HYPERLINK(\"https://example.com\",\"公司\")", "甲"] {
        assert!(cells.iter().any(|(kind, text)| *kind == "s" && text.contains(name)), "{name} is plain text");
    }
    let suspects = rows.iter().filter(|row| row[0][1].as_str().is_some_and(|id| uuid::Uuid::try_parse(id).is_ok()));
    assert_eq!(suspects.count(), SUSPECTS, "a row for each suspect of the view");
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
