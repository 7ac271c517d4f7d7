//! Policy sheets and declarations.

use jiff::Timestamp;

use super::field::{date as read_date, missing, parsed, unknown_value};
use super::record::{count, date, timestamp};
use super::violation::Violations;
use crate::domain::eligibility::evidence::{Declaration, DeclarationKind};
use crate::domain::identity::{Level, Region};
use crate::domain::policy::diff::Difference;
use crate::domain::policy::sheet::Sheet;
use crate::domain::policy::value::{Said, SheetValue, values as sheet_values};
use crate::proto::policy::v1 as pb;
use crate::workflows::compare::Compared;

/// A sheet in short.
pub(in crate::services) fn summary(sheet: &Sheet) -> pb::SheetSummary {
    pb::SheetSummary {
        sheet_id: sheet.id.clone(),
        version: count(sheet.version),
        title_zh: sheet.zh.clone(),
        title_en: sheet.en.clone(),
        source: sheet.source.clone(),
        window_from: Some(date(sheet.window.value.from)),
        window_until: Some(date(sheet.window.value.until)),
        application_deadline: Some(date(sheet.application_deadline.value)),
        rate_fen: sheet.rate.value.amount.get(),
    }
}

/// A sheet's values one by one.
pub(in crate::services) fn values(sheet: &Sheet) -> Vec<pb::SheetValue> {
    let value = |SheetValue { part: _, name, zh, en, said: it }| {
        let said = Some(said(it));
        pb::SheetValue { name, label_zh: zh, label_en: en, said }
    };
    sheet_values(sheet).into_iter().map(value).collect()
}

fn said(Said { clause, en, zh }: Said) -> pb::Said {
    pb::Said { clause, en, zh }
}

/// Reads which version of a sheet is meant; version 0 is whichever there is.
pub(in crate::services) fn version_asked(
    asked: Option<pb::SheetVersion>,
    path: &str,
    violations: &mut Violations,
) -> Option<(String, Option<u32>)> {
    let Some(pb::SheetVersion { sheet_id, version }) = asked else {
        missing(path, violations);
        return None;
    };
    if sheet_id.is_empty() {
        missing(format!("{path}.sheet_id"), violations);
        return None;
    }
    match u32::try_from(version) {
        Ok(0) => Some((sheet_id, None)),
        Ok(version) => Some((sheet_id, Some(version))),
        Err(_) => {
            violations.add(format!("{path}.version"), "VERSION_NEGATIVE", "version is below 0", "版本号不能为负数");
            None
        }
    }
}

/// What differs between two sheets.
pub(in crate::services) fn compared(compared: Compared<'_>) -> pb::CompareSheetsResponse {
    let Compared { left, right, differences } = compared;
    let difference = |Difference { part: _, name, zh, en, left, right }| pb::SheetDifference {
        name,
        label_zh: zh,
        label_en: en,
        left: left.map(said),
        right: right.map(said),
    };
    pb::CompareSheetsResponse {
        left: Some(summary(left)),
        right: Some(summary(right)),
        differences: differences.into_iter().map(difference).collect(),
    }
}

/// Reads a declaration. `None` only where a violation was noted.
pub(in crate::services) fn new_declaration(
    declaration: Option<pb::Declaration>,
    violations: &mut Violations,
) -> Option<Declaration> {
    let Some(declaration) = declaration else {
        missing("declaration", violations);
        return None;
    };
    let region = parsed(Region::parse(&declaration.region), "declaration.region", violations);
    if region.is_some_and(|region| region.level() != Level::County) {
        let en = "a declaration is made for one county";
        violations.add("declaration.region", "REGION_NOT_A_COUNTY", en, "须逐县（市、区）登记");
    }
    let kind = match pb::DeclarationKind::try_from(declaration.kind) {
        Ok(pb::DeclarationKind::RiskArea) => Some(DeclarationKind::RiskArea),
        Ok(pb::DeclarationKind::StaticManagement) => Some(DeclarationKind::StaticManagement),
        Ok(pb::DeclarationKind::Unspecified) | Err(_) => {
            unknown_value(declaration.kind, "declaration.kind", violations);
            None
        }
    };
    if declaration.from.is_none() {
        missing("declaration.from", violations);
    }
    let from = read_date(declaration.from, "declaration.from", violations);
    let until = read_date(declaration.until, "declaration.until", violations);
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        let en = "the last day is before the first";
        violations.add("declaration.until", "DATES_REVERSED", en, "止日早于起日");
    }
    Some(Declaration { region: region?, kind: kind?, from: from?, until })
}

/// A declaration as entered.
pub(in crate::services) fn declaration((declaration, at): (Declaration, Timestamp)) -> pb::Declaration {
    let Declaration { region, kind, from, until } = declaration;
    pb::Declaration {
        region: region.to_string(),
        kind: match kind {
            DeclarationKind::RiskArea => pb::DeclarationKind::RiskArea,
            DeclarationKind::StaticManagement => pb::DeclarationKind::StaticManagement,
        }
        .into(),
        from: Some(date(from)),
        until: until.map(date),
        declared_at: Some(timestamp(at)),
    }
}
