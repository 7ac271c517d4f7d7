//! Every value of a sheet as a row: what it is called, what it says, and the clause it rests on.

use super::sheet::{Counting, ReasonOn, Sheet};
use super::terms::{Cited, Clause, Condition, GraduateTerms, HardHitSector, Parameters, Word, WorkforceTerms};
use super::words::{COMMAS, THEN, Words, requirement};
use crate::domain::eligibility::verdict::Reason;

/// What a value is about; in the order in which a sheet is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What the sheet is, and for how long.
    Head,
    /// What is paid, to whom and from what.
    Money,
    /// Questions that the notice leaves open, or answers in passing.
    Question,
    Sector,
    Condition,
    /// Words for what the conditions do not say.
    Reason,
}

impl Part {
    pub const ALL: [Self; 6] = [Self::Head, Self::Money, Self::Question, Self::Sector, Self::Condition, Self::Reason];

    pub fn zh(self) -> &'static str {
        match self {
            Self::Head => "名称与期限",
            Self::Money => "标准与发放",
            Self::Question => "口径与参数",
            Self::Sector => "特困行业",
            Self::Condition => "条件",
            Self::Reason => "其他理由",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            Self::Head => "name and window",
            Self::Money => "rate and payment",
            Self::Question => "questions and parameters",
            Self::Sector => "hard-hit sectors",
            Self::Condition => "conditions",
            Self::Reason => "other reasons",
        }
    }
}

/// What a value says, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// A section of the notice, or the words for an open parameter; empty where the value needs none, such as a title.
    pub clause: String,
    /// As the sheet writes it, or in English.
    pub en: String,
    pub zh: String,
}

/// One value of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetValue {
    pub part: Part,
    /// Unique within a sheet, and the same in every version of it: `rate.amount-fen`, `condition.NO_DIPLOMA.effect`.
    pub name: String,
    /// What it is called.
    pub zh: String,
    pub en: String,
    pub said: Said,
}

/// All values of a sheet, in reading order. Comments and the order of keys are no values. That none is left out is held by the tests of
/// [`super::diff`].
pub fn values(sheet: &Sheet) -> Vec<SheetValue> {
    let mut rows = Rows { part: Part::Head, values: Vec::new() };
    rows.head(sheet);
    rows.part = Part::Money;
    rows.money(sheet);
    rows.part = Part::Question;
    rows.parameters(&sheet.parameters);
    match &sheet.counting {
        Counting::Graduates(terms) => rows.graduates(terms),
        Counting::Workforce(terms) => rows.workforce(terms),
    }
    rows.part = Part::Sector;
    sheet.sectors.iter().for_each(|sector| rows.sector(sector));
    rows.part = Part::Condition;
    let mut before = None;
    for condition in &sheet.conditions {
        rows.condition(condition, before);
        before = Some(condition);
    }
    rows.part = Part::Reason;
    for (on, reason) in &sheet.reasons {
        rows.reason(*on, reason);
    }
    rows.values
}

fn days(count: u32) -> Words {
    Words { en: format!("{count} days"), zh: format!("{count}日") }
}

struct Rows {
    part: Part,
    values: Vec<SheetValue>,
}

impl Rows {
    fn row(&mut self, name: impl Into<String>, (zh, en): (&str, &str), clause: &str, said: Words) {
        let said = Said { clause: clause.to_owned(), en: said.en, zh: said.zh };
        let (zh, en) = (zh.to_owned(), en.to_owned());
        self.values.push(SheetValue { part: self.part, name: name.into(), zh, en, said });
    }

    fn plain(&mut self, name: &str, label: (&str, &str), said: Words) {
        self.row(name, label, "", said);
    }

    fn cited(&mut self, name: &str, label: (&str, &str), clause: &Clause, said: Words) {
        self.row(name, label, clause.as_str(), said);
    }

    fn word<T: Word>(&mut self, name: &str, label: (&str, &str), cited: &Cited<T>) {
        self.cited(name, label, &cited.clause, Words::of(cited.value.word()));
    }

    fn head(&mut self, sheet: &Sheet) {
        self.plain("id", ("表号", "id"), Words::same(&sheet.id));
        self.plain("version", ("版本", "version"), Words::same(sheet.version));
        self.plain("subsidy", ("补助", "subsidy"), Words::of(sheet.subsidy.word()));
        self.plain("zh", ("中文名称", "Chinese title"), Words::same(&sheet.zh));
        self.plain("en", ("英文名称", "English title"), Words::same(&sheet.en));
        self.plain("source", ("文号", "source"), Words::same(&sheet.source));
        let Cited { value: window, clause } = &sheet.window;
        self.cited("window.from", ("实施期限起", "window, first day"), clause, Words::same(window.from));
        self.cited("window.until", ("实施期限止", "window, last day"), clause, Words::same(window.until));
        let Cited { value, clause } = &sheet.application_deadline;
        self.cited("application-deadline", ("申请期限", "last day of application"), clause, Words::same(value));
    }

    fn money(&mut self, sheet: &Sheet) {
        let Cited { value: rate, clause } = &sheet.rate;
        let amount = Words { en: format!("{} fen", rate.amount.get()), zh: format!("{}元", rate.amount) };
        self.cited("rate.amount-fen", ("补助标准", "rate"), clause, amount);
        self.cited("rate.unit", ("计发单位", "unit"), clause, Words::of(rate.unit.word()));
        let Cited { value: once, clause } = &sheet.once;
        self.cited("once.key", ("享受次数", "had once by"), clause, Words::of(once.key.word()));
        self.cited("once.group", ("互斥组", "exclusion group"), clause, Words::same(&once.group));
        if let Some(Cited { value, clause }) = &sheet.excludes {
            let kinds = value.iter().map(|kind| Words::of(kind.word()));
            self.cited("excludes", ("不重复享受", "excluded by"), clause, Words::list(kinds, COMMAS));
        }
        let Cited { value, clause } = &sheet.payee_order;
        let order = value.iter().map(|kind| Words::of(kind.word()));
        self.cited("payee-order", ("发放账户", "account paid"), clause, Words::list(order, THEN));
        self.word("fund-head", ("列支科目", "account head"), &sheet.fund_head);
        if let Some(Cited { value, clause }) = &sheet.payment_clock {
            self.cited("payment-clock", ("发放时限", "time to pay"), clause, days(value.days));
        }
        let Cited { value, clause } = &sheet.poolings_a_month_min;
        let times = Words { en: value.to_string(), zh: format!("{value}次") };
        self.cited("poolings-a-month-min", ("每月汇总不少于", "poolings a month, at least"), clause, times);
        let Cited { value, clause } = &sheet.evidence_age_days_max;
        self.cited("evidence-age-days-max", ("核查结果有效期", "age of evidence, at most"), clause, days(*value));
    }

    fn parameters(&mut self, parameters: &Parameters) {
        let Parameters { slot_goes_to, days_are, days_count_from, returned_payment } = parameters;
        self.word("parameters.slot-goes-to", ("重复申领时名额归", "a slot goes to"), slot_goes_to);
        self.word("parameters.days-are", ("期限按", "days are"), days_are);
        self.word("parameters.days-count-from", ("期限起算", "days count from"), days_count_from);
        self.word("parameters.returned-payment", ("退票款项", "a returned payment is"), returned_payment);
    }

    fn graduates(&mut self, terms: &GraduateTerms) {
        let GraduateTerms { standing_tested, dispatched_counted_by, split_debtor } = terms;
        self.word("graduate.standing-tested", ("缴费状态核对时点", "standing is tested"), standing_tested);
        let label = ("被派遣毕业生计入", "a dispatched graduate is counted by");
        self.word("graduate.dispatched-counted-by", label, dispatched_counted_by);
        self.word("graduate.split-debtor", ("分配后退回责任", "after a split, who owes"), split_debtor);
    }

    fn workforce(&mut self, terms: &WorkforceTerms) {
        let Cited { value, clause } = &terms.static_management_days_min;
        let label = ("静态管理不少于", "static management, at least");
        self.cited("workforce.static-management-days-min", label, clause, days(*value));
        let label = ("县两次列入时取", "a county listed twice counts by");
        self.word("workforce.county-listed-twice", label, &terms.county_listed_twice);
        let label = ("跨年的静态管理", "a period across the window");
        self.word("workforce.period-across-the-window", label, &terms.period_across_the_window);
        let label = ("风险区域企业人数按", "headcount of a zone, month");
        self.word("workforce.zone-headcount-month", label, &terms.zone_headcount_month);
        let label = ("特困行业企业人数按", "headcount of a sector, month");
        self.word("workforce.industry-headcount-month", label, &terms.industry_headcount_month);
        self.word("workforce.later-headcounts", ("其后人数变化", "later headcounts"), &terms.later_headcounts);
        let label = ("县级参保企业按", "county-level enterprises by");
        self.word("workforce.county-level-judged-by", label, &terms.county_level_judged_by);
        let label = ("市本级参保企业按", "municipal-level enterprises by");
        self.word("workforce.municipal-level-judged-by", label, &terms.municipal_level_judged_by);
        let label = ("劳务派遣企业计入", "a dispatch agency counts");
        self.word("workforce.dispatch-agency-counts", label, &terms.dispatch_agency_counts);
        let label = ("劳务派遣企业按", "a dispatch agency is judged by");
        self.word("workforce.dispatch-agency-judged-by", label, &terms.dispatch_agency_judged_by);
        let label = ("派遣职工计入", "dispatched workers are counted by");
        self.word("workforce.dispatched-counted-by", label, &terms.dispatched_counted_by);
        let label = ("派遣职工按", "dispatched workers are judged by");
        self.word("workforce.dispatched-judged-by", label, &terms.dispatched_judged_by);
        let label = ("职工在两户企业参保", "a worker at two enterprises");
        self.word("workforce.worker-at-two-enterprises", label, &terms.worker_at_two_enterprises);
    }

    fn sector(&mut self, sector: &HardHitSector) {
        let HardHitSector { name, zh, codes } = sector;
        let listed = Words::list(codes.value.iter().map(Words::same), COMMAS);
        self.row(format!("sector.{name}.zh"), (zh, name), codes.clause.as_str(), Words::same(zh));
        self.row(format!("sector.{name}.codes"), (zh, name), codes.clause.as_str(), listed);
    }

    /// `before` is the one asked before it: reasons are given in the order of the conditions.
    fn condition(&mut self, condition: &Condition, before: Option<&Condition>) {
        let Condition { reason: Reason { code, clause, zh, en }, effect, routes, requirement: required } = condition;
        let mut row = |field: &str, label: (&str, &str), said: Words| {
            let label = (format!("{zh}·{}", label.0), format!("{code}, {}", label.1));
            self.row(format!("condition.{code}.{field}"), (&label.0, &label.1), clause, said);
        };
        row("require", ("须", "requires"), requirement(required));
        row("effect", ("不符合时", "otherwise"), Words::of(effect.word()));
        row("routes", ("经办模式", "routes"), Words::list(routes.iter().map(|it| Words::of(it.word())), COMMAS));
        row("zh", ("中文理由", "Chinese words"), Words::same(zh));
        row("en", ("英文理由", "English words"), Words::same(en));
        let before = before.map_or(Words::of(("first", "首项")), |it| Words {
            en: format!("after {}", it.reason.code),
            zh: format!("在“{}”之后", it.reason.zh),
        });
        row("place", ("顺序", "place"), before);
    }

    fn reason(&mut self, on: ReasonOn, reason: &Reason) {
        let Reason { code, clause, zh, en } = reason;
        let mut row = |field: &str, label: (&str, &str), said: Words| {
            let label = (format!("{zh}·{}", label.0), format!("{}, {}", on.code(), label.1));
            self.row(format!("reason.{}.{field}", on.code()), (&label.0, &label.1), clause, said);
        };
        row("code", ("代码", "code"), Words::same(code));
        row("zh", ("中文理由", "Chinese words"), Words::same(zh));
        row("en", ("英文理由", "English words"), Words::same(en));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::policy::sheet::Catalog;

    #[test]
    fn each_value_has_a_name_of_its_own_and_each_rule_its_clause() {
        let catalog = Catalog::shipped().unwrap();
        for sheet in catalog.iter() {
            let rows = values(sheet);
            let names: BTreeSet<_> = rows.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(names.len(), rows.len(), "{}", sheet.id);
            assert!(rows.is_sorted_by_key(|it| it.part), "{}", sheet.id);
            for row in &rows {
                let is_title = ["id", "version", "subsidy", "zh", "en", "source"].contains(&row.name.as_str());
                assert_eq!(Clause::parse(&row.said.clause).is_none(), is_title, "{}", row.name);
                let texts = [&row.zh, &row.en, &row.said.zh, &row.said.en];
                assert!(texts.iter().all(|it| !it.is_empty()), "{}", row.name);
            }
        }
    }

    #[test]
    fn values_read_as_the_notice_says_them() {
        let catalog = Catalog::shipped().unwrap();
        let check = |sheet: &str, name: &str, clause: &str, zh: &str| {
            let rows = values(catalog.get(sheet).unwrap());
            let row = rows.iter().find(|it| it.name == name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((row.said.clause.as_str(), row.said.zh.as_str()), (clause, zh), "{name}");
        };
        let (graduates, workforce) = ("job-expansion-2022", "retention-training-2022");
        check(graduates, "rate.amount-fen", "一(二)", "1,500.00元");
        check(graduates, "payee-order", "二(二)", "对公账户，其次缴纳社会保险费账户");
        check(graduates, "payment-clock", "二(一)2", "30日");
        check(graduates, "condition.CONTRIBUTIONS_TOO_SHORT.require", "一(二)", "本企业缴费月数不少于1");
        check(graduates, "condition.NOT_IN_GOOD_STANDING.effect", "一(二)", "暂缓，待补正或核实");
        check(workforce, "workforce.zone-headcount-month", "五(一)", "起始月");
        check(workforce, "sector.tourism.codes", "参数：通知未规定", "7291、785、786");
    }
}
