//! A list of suspects as a sheet: masked, and the same wherever it is written.

use jiff::civil::Date;

use super::export::{Heading, Layout, Value};
use crate::domain::money::Fen;
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::{SuspectRule, SuspectState};

/// One suspect, as its reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspectRow {
    pub suspect_id: String,
    pub rule: SuspectRule,
    pub state: SuspectState,
    /// In China.
    pub opened_on: Date,
    /// Absent where one claim alone is suspect.
    pub first: Option<SuspectRowSide>,
    pub second: SuspectRowSide,
    /// What can still be done, about how much; absent until it was weighed.
    pub stake: Option<(Band, Fen)>,
    /// The desks at which the reader's own work is.
    pub desks: Vec<SuspectRowDesk>,
}

/// One of its claims; of one that the reader may not see, only the province.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuspectRowSide {
    pub claim_id: String,
    pub region: String,
    pub uscc: String,
    pub enterprise_name: String,
    /// Whom it is about, masked; empty where it is about no person.
    pub name_masked: String,
    pub resident_id_masked: String,
}

/// One of its desks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuspectRowDesk {
    /// `organization/person`; empty where it is nobody's.
    pub assignee: String,
    /// When it must have gone on, in China.
    pub due_on: Option<Date>,
}

impl SuspectRow {
    /// The columns. New ones come last: a file that is appended to keeps its order.
    pub fn layout() -> Layout {
        Layout::new([
            Heading::new("疑点编号", "suspect_id").wide(38),
            Heading::new("规则", "rule").wide(28),
            Heading::new("条款", "clause").wide(10),
            Heading::new("说明", "message").wide(40),
            Heading::new("发现日期", "opened_on").wide(12),
            Heading::new("在先申领", "first_claim").wide(38),
            Heading::new("在先参保地", "first_region").wide(12),
            Heading::new("在先企业", "first_uscc"),
            Heading::new("在后申领", "second_claim").wide(38),
            Heading::new("在后参保地", "second_region").wide(12),
            Heading::new("在后企业", "second_uscc"),
            Heading::new("姓名", "person").wide(12),
            Heading::new("身份证号", "resident_id"),
            Heading::new("在先企业名称", "first_enterprise_name").wide(32),
            Heading::new("在后企业名称", "second_enterprise_name").wide(32),
            Heading::new("状态", "state").wide(12),
            Heading::new("资金", "band").wide(12),
            Heading::new("涉及金额（元）", "amount_yuan").wide(16),
            Heading::new("承办人", "assignee").wide(24),
            Heading::new("办理期限", "due_on").wide(12),
        ])
    }

    /// One value for each column.
    pub fn values(self) -> Vec<Value> {
        let first = self.first.unwrap_or_default();
        let second = self.second;
        // The claims name one person, whose name may be spelt in two ways: that of the first that the reader may see is given.
        let person = if first.resident_id_masked.is_empty() { &second } else { &first };
        let (name, resident_id) = (person.name_masked.clone(), person.resident_id_masked.clone());
        let assignees: Vec<&str> =
            self.desks.iter().map(|it| it.assignee.as_str()).filter(|it| !it.is_empty()).collect();
        let due_on = self.desks.iter().filter_map(|it| it.due_on).min();
        let (band, amount) = match self.stake {
            Some((band, amount)) => (Value::from(band.zh()), Value::Money(amount)),
            None => (Value::Empty, Value::Empty),
        };
        vec![
            Value::Text(self.suspect_id),
            Value::from(self.rule.code()),
            Value::from(self.rule.clause()),
            Value::from(self.rule.zh()),
            Value::Date(self.opened_on),
            Value::Text(first.claim_id),
            Value::Text(first.region),
            Value::Text(first.uscc),
            Value::Text(second.claim_id),
            Value::Text(second.region),
            Value::Text(second.uscc),
            Value::Text(name),
            Value::Text(resident_id),
            Value::Text(first.enterprise_name),
            Value::Text(second.enterprise_name),
            Value::from(self.state.zh()),
            band,
            amount,
            Value::Text(assignees.join("；")),
            due_on.map_or(Value::Empty, Value::Date),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::export::{ExportFormat, row_writer};

    fn row(first: Option<SuspectRowSide>, second: SuspectRowSide) -> SuspectRow {
        SuspectRow {
            suspect_id: "018f3b2e-5d7a-7c3e-9f00-2b6f4f1d9a01".to_owned(),
            rule: SuspectRule::EnterpriseTwice,
            state: SuspectState::Open,
            opened_on: Date::constant(2022, 10, 10),
            first,
            second,
            stake: Some((Band::Stoppable, Fen::new(150_000))),
            desks: Vec::new(),
        }
    }

    /// Whoever makes the row, the reader's screen or a call, the same person, people and day come of it.
    #[test]
    fn a_row_names_the_person_seen_all_who_work_on_it_and_the_nearest_day() {
        let person = |name: &str| SuspectRowSide {
            name_masked: name.to_owned(),
            resident_id_masked: "110105********002X".to_owned(),
            ..SuspectRowSide::default()
        };
        let outside = SuspectRowSide { region: "410000".to_owned(), ..SuspectRowSide::default() };
        let named = |first, second| row(first, second).values().swap_remove(11);
        assert_eq!(named(Some(person("王**")), person("汪**")), Value::from("王**"));
        assert_eq!(named(Some(outside.clone()), person("汪**")), Value::from("汪**"));
        assert_eq!(named(Some(person("王**")), outside), Value::from("王**"));
        assert_eq!(named(None, person("汪**")), Value::from("汪**"));
        let desk = |assignee: &str, day| SuspectRowDesk { assignee: assignee.to_owned(), due_on: day };
        let day = |day| Some(Date::constant(2022, 10, day));
        let desks = vec![desk("a/b", day(20)), desk("", day(12)), desk("c/d", None)];
        let values = SuspectRow { desks, ..row(None, person("王**")) }.values();
        assert_eq!(values[18..], [Value::from("a/b；c/d"), Value::Date(Date::constant(2022, 10, 12))]);
    }

    /// A hostile name is a text in every format, and every row has a value for each heading.
    #[test]
    fn a_hostile_name_is_no_formula() {
        let side = |name: &str| SuspectRowSide {
            enterprise_name: name.to_owned(),
            name_masked: "+王**".to_owned(),
            resident_id_masked: "110105********002X".to_owned(),
            ..SuspectRowSide::default()
        };
        let row = |first| SuspectRow {
            desks: vec![SuspectRowDesk { assignee: "@lc/wang".to_owned(), due_on: None }],
            ..row(first, side("=HYPERLINK(\"http://x\")"))
        };
        let mut written = Vec::new();
        let mut writer = row_writer(ExportFormat::Csv, &mut written, SuspectRow::layout()).unwrap();
        writer.write_row(&row(None).values()).unwrap();
        writer.write_row(&row(Some(side("-1+1"))).values()).unwrap();
        assert_eq!(writer.finish().unwrap(), 2);
        let text = String::from_utf8(written).unwrap();
        for formula in [",=", ",\"=", ",+", ",-1", ",@"] {
            assert!(!text.contains(formula), "{formula} in {text}");
        }
        assert!(text.contains("HYPERLINK") && text.contains("可拦截"));
    }
}
