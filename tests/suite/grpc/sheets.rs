//! Policy sheets over the wire: every value with its clause, and what differs between two.

use hufu::proto::policy::v1 as pb;

use super::refused;
use crate::support::{Harness, on_both_databases};

fn version(sheet_id: &str, version: i32) -> Option<pb::SheetVersion> {
    Some(pb::SheetVersion { sheet_id: sheet_id.to_owned(), version })
}

async fn sheets_are_shown_and_compared_value_by_value(hufu: &Harness) {
    // Whoever has a certificate may.
    let anybody = hufu.caller("371502", &[]);
    let compare = async |left, right| {
        let request = pb::CompareSheetsRequest { left, right };
        anybody.policy().compare_sheets(request).await.map(tonic::Response::into_inner)
    };
    let (graduates, workforce) = ("job-expansion-2022", "retention-training-2022");
    let request = pb::GetSheetRequest { sheet_id: graduates.to_owned() };
    let sheet = anybody.policy().get_sheet(request).await.unwrap().into_inner();
    let rate = sheet.values.iter().find(|it| it.name == "rate.amount-fen").and_then(|it| it.said.clone()).unwrap();
    assert_eq!((rate.clause.as_str(), rate.zh.as_str()), ("一(二)", "1,500.00元"));

    assert!(compare(version(graduates, 0), version(graduates, 1)).await.unwrap().differences.is_empty());
    let found = compare(version(graduates, 0), version(workforce, 0)).await.unwrap();
    let rate = found.differences.iter().find(|it| it.name == "rate.amount-fen").unwrap();
    let said = |it: &Option<pb::Said>| it.as_ref().map(|it| it.zh.clone());
    assert_eq!((said(&rate.left), said(&rate.right)), (Some("1,500.00元".to_owned()), Some("500.00元".to_owned())));
    // Of each side its own values: a clock for one subsidy, sectors for the other.
    let kind = |name: &str| {
        let found = found.differences.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("{name}"));
        (found.left.is_some(), found.right.is_some())
    };
    assert_eq!((kind("payment-clock"), kind("sector.retail.codes")), ((true, false), (false, true)));

    let unknown = "NotFound SHEET_UNKNOWN";
    assert_eq!(refused(compare(version(graduates, 2), version(workforce, 0)).await), unknown);
    assert_eq!(refused(compare(version(graduates, 0), version("none", 0)).await), unknown);
    for (left, right) in [(None, version(workforce, 0)), (version("", 0), None), (version(graduates, -1), None)] {
        assert_eq!(refused(compare(left, right).await), "InvalidArgument FIELDS_INVALID");
    }
}

on_both_databases![sheets_are_shown_and_compared_value_by_value];
