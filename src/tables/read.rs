//! A file to its sheets, told apart by its first bytes and not by its name, which offices change at will.

use super::error::TableError;
use super::grid::{MAX_FILE_BYTES, Sheet};
use super::{separated, spreadsheet};

/// How an XLSX file, a zip package, begins.
const PACKAGE: &[u8] = b"PK\x03\x04";
/// How an old `.xls` begins, and an `.xlsx` that is wrapped in a password.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Reads every visible sheet of a workbook, or a CSV file as one sheet named like the file.
pub fn read(bytes: &[u8], file_name: &str) -> Result<Vec<Sheet>, TableError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(TableError::FileTooLarge);
    }
    if bytes.is_empty() {
        return Err(TableError::Empty);
    }
    if bytes.starts_with(PACKAGE) {
        spreadsheet::read(bytes)
    } else if bytes.starts_with(COMPOUND) {
        Err(TableError::OldSpreadsheet)
    } else {
        let name = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
        separated::read(bytes, name).map(|sheet| vec![sheet])
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::super::grid::Cell;
    use super::*;
    use proptest::prelude::*;
    use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

    #[test]
    fn a_workbook_keeps_its_kinds_of_cells() {
        let mut workbook = Workbook::new();
        workbook.add_worksheet().set_name("hidden").unwrap().set_hidden(true);
        let sheet = workbook.add_worksheet();
        sheet.set_name("花名册").unwrap().set_active(true);
        let day = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
        sheet.merge_range(0, 0, 0, 3, "标题", &Format::new()).unwrap();
        sheet.write_string(1, 0, " text ").unwrap();
        sheet.write_number(1, 1, 20_220_630).unwrap();
        sheet.write_datetime_with_format(1, 2, ExcelDateTime::from_ymd(2022, 6, 30).unwrap(), &day).unwrap();
        sheet.write_boolean(1, 3, true).unwrap();
        sheet.write_formula(4, 0, Formula::new("=NA()").set_result("#N/A")).unwrap();
        sheet
            .write_number(
                4,
                2,
                371_502_199_901_011_234_u64.to_string().parse::<serde_json::Number>().unwrap().as_f64().unwrap(),
            )
            .unwrap();

        let sheets = read(&workbook.save_to_buffer().unwrap(), "a.csv").unwrap();
        assert_eq!(sheets.iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>(), ["花名册"]);
        let rows: Vec<_> = sheets[0].rows.iter().map(|row| (row.number, row.cells.clone())).collect();
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(rows[0], (1, vec![text("标题"); 4]));
        assert_eq!(sheets[0].rows[0].spans, [(0, 3)]);
        let number = |text: &str| Cell::Number { text: text.to_owned() };
        let date = Cell::Date(jiff::civil::date(2022, 6, 30));
        assert_eq!(rows[1], (2, vec![text("text"), number("20220630"), date, Cell::Boolean(true)]));
        assert_eq!(rows[2], (5, vec![Cell::Error("#N/A".to_owned()), Cell::Empty, number("3.71502E+17")]));
    }

    #[test]
    fn a_file_is_told_by_what_it_is() {
        let check = |bytes: &[u8], expected| {
            assert_eq!(
                read(bytes, "dir/名册.xlsx").map(|sheets| sheets[0].name.clone()).map_err(|error| error.code()),
                expected
            );
        };
        check("姓名,a".as_bytes(), Ok("名册.xlsx".to_owned()));
        check(b"", Err("TABLE_EMPTY"));
        check(&[COMPOUND, &[0; 512]].concat(), Err("TABLE_OLD_SPREADSHEET"));
        check(b"PK\x03\x04", Err("TABLE_UNREADABLE"));
        check(b"%PDF-1.7\0\0", Err("TABLE_NOT_A_TABLE"));
        check(&vec![b'a'; MAX_FILE_BYTES + 1], Err("TABLE_FILE_TOO_LARGE"));
    }

    #[test]
    fn a_cell_in_the_far_corner_costs_one_row() {
        let mut workbook = Workbook::new();
        workbook.add_worksheet().write_string(1_048_575, 200, "x").unwrap();
        let sheets = read(&workbook.save_to_buffer().unwrap(), "a").unwrap();
        assert_eq!((sheets[0].rows.len(), sheets[0].rows[0].number), (1, 1_048_576));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_bytes_are_fatal(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = read(&bytes, "a.csv");
        }

        #[test]
        fn no_broken_workbook_is_fatal(edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
            let mut bytes = fixtures::workbook(&[&["姓名", "身份证号", "毕业时间"], &["张三", "1", "2022-06-30"]]);
            for (index, value) in edits {
                let at = index.index(bytes.len());
                bytes[at] = value;
            }
            let _ = read(&bytes, "a.xlsx");
        }

        #[test]
        fn no_broken_part_is_fatal(xml in r#"<sheetData>(<row r="[0-9]{0,11}">(<c r="[A-Z]{0,9}[0-9]{0,11}" t="(s|n|d|e|str)"><v>[0-9.eE+#N/A-]{0,9}</v></c>){0,3}</row>){0,3}</sheetData>(<mergeCells><mergeCell ref="[A-C]?[0-9]{0,11}:[A-C]?[0-9]{0,2}"/></mergeCells>)?"#) {
            let _ = read(&fixtures::workbook_of_xml(&xml), "a.xlsx");
        }
    }
}
