//! Broken sheets, each refused at its line for its reason.

use crate::domain::policy::sheet::{Catalog, Sheet};

const EXPANSION: &str = include_str!("../../../../policies/job-expansion-2022.toml");
const RETENTION: &str = include_str!("../../../../policies/retention-training-2022.toml");

/// Replaces the first occurrence of a text and expects the refusal so many lines below where it stood.
fn check_below(sheet: &str, from: &str, to: &str, lines_below: usize, reason: &str) {
    let (before, _) = sheet.split_once(from).unwrap_or_else(|| panic!("the sheet has no `{from}`"));
    let line = before.matches('\n').count() + 1 + lines_below;
    let refused = Sheet::parse(&sheet.replacen(from, to, 1), "policies/x.toml").expect_err(to);
    assert_eq!(refused.to_string(), format!("policies/x.toml:{line}: {reason}"));
}

fn check(sheet: &str, from: &str, to: &str, reason: &str) {
    check_below(sheet, from, to, 0, reason);
}

#[test]
fn what_is_no_toml_or_has_the_wrong_shape() {
    check(EXPANSION, "version = 1", "version = = 1", "extra `=`, expected nothing");
    check_below(EXPANSION, "version = 1", "version = 1\nversion = 1", 1, "duplicate key");
    check(EXPANSION, "version = 1", "version = \"one\"", "invalid type: string \"one\", expected u32");
    check(EXPANSION, "version = 1", "version = -1", "invalid value: integer `-1`, expected u32");
    check(
        EXPANSION,
        "amount-fen = 150000",
        "amount-fen = 1500.00",
        "invalid type: floating point `1500.0`, expected i64",
    );
    check(EXPANSION, "is = \"regular\"", "is = 3", "invalid type: integer `3`, expected true, false or a word");
    check(EXPANSION, "until = 2022-12-31", "until = 2022-02-30", "invalid date, expected day between 01 and 28");
    let subsidies = "unknown variant `heating`, expected `job-expansion` or `retention-training`";
    check(EXPANSION, "subsidy = \"job-expansion\"", "subsidy = \"heating\"", subsidies);
    check(EXPANSION, "\"other-expenditure\"", "\"skills\"", "unknown variant `skills`, expected `other-expenditure`");
    let routes = "unknown variant `by-post`, expected `automatic` or `self-applied`";
    check(EXPANSION, "routes = [\"self-applied\"]", "routes = [\"by-post\"]", routes);
    let parameters =
        "unknown field `weather`, expected one of `slot-goes-to`, `days-are`, `days-count-from`, `returned-payment`";
    check_below(EXPANSION, "[parameters]", "[parameters]\nweather = 1", 1, parameters);
    let tests = "unknown field `atleast`, expected one of `all`, `any`, `not`, `fact`, `is`, `in`, `from`, `until`, `at-least`, \
                 `at-most`, `sector-in`";
    check(EXPANSION, "at-least = 1", "atleast = 1", tests);
}

/// What is not there has no line of its own: its table's first line stands in.
#[test]
fn what_is_missing() {
    check(EXPANSION, ", clause = \"一(二)\" }", " }", "missing field `clause`");
    let condition = "[[condition]]\ncode = \"APPLIED_TOO_LATE\"\n";
    check(EXPANSION, &format!("{condition}clause = \"四\"\n"), condition, "missing field `clause`");
    let debtor = "split-debtor = { value = \"paid-enterprise\", clause = \"参数：通知未规定\" }\n";
    let (from_here, _) = EXPANSION.split_once("[graduate]").unwrap();
    let line = from_here.matches('\n').count() + 1;
    let refused = Sheet::parse(&EXPANSION.replacen(debtor, "", 1), "x.toml").expect_err("a question is open");
    assert_eq!(refused.to_string(), format!("x.toml:{line}: missing field `split-debtor`"));
    let nameless = Sheet::parse(&EXPANSION.replacen("version = 1\n", "", 1), "x.toml").expect_err("it has no version");
    assert_eq!(nameless.to_string(), "x.toml:1: missing field `version`");
}

#[test]
fn values_that_make_no_sense() {
    check(EXPANSION, "version = 1", "version = 0", "must be above zero");
    check(
        EXPANSION,
        "id = \"job",
        "id = \"Job",
        "`Job-expansion-2022` is no name of small letters, digits and hyphens",
    );
    check(EXPANSION, "zh = \"一次性扩岗补助（2022年）\"", "zh = \" \"", "the text is empty");
    check(
        EXPANSION,
        "window = { from = 2022-01-01",
        "window = { from = 2023-01-01",
        "the window is empty: it ends before it begins",
    );
    check(EXPANSION, "value = 2023-01-31", "value = 2023-01-31T08:00:00", "a day is expected, without a time");
    check(EXPANSION, "amount-fen = 150000", "amount-fen = 0", "the rate must be above zero");
    check(EXPANSION, "amount-fen = 150000", "amount-fen = 100000001", "the rate is above 100000000 fen");
    check(EXPANSION, "unit = \"graduate\"", "unit = \"worker\"", "this subsidy is paid by the `graduate`");
    check(EXPANSION, "key = \"person\"", "key = \"enterprise\"", "this subsidy is had once by the `person`");
    check(RETENTION, "key = \"enterprise\"", "key = \"person\"", "this subsidy is had once by the `enterprise`");
    let itself = "a subsidy does not exclude itself: that it is had once is said by `once`";
    check(EXPANSION, "[\"hiring-subsidy\"]", "[\"hiring-subsidy\", \"job-expansion\"]", itself);
    check(EXPANSION, "[\"hiring-subsidy\"]", "[]", "the list is empty");
    check(
        EXPANSION,
        "[\"corporate\", \"contribution\"]",
        "[\"corporate\", \"corporate\"]",
        "the list names this twice",
    );
    check(
        EXPANSION,
        "[\"corporate\", \"contribution\"]",
        "[\"corporate\", \"cash\"]",
        "unknown variant `cash`, expected `corporate` or `contribution`",
    );
    check(EXPANSION, "payment-clock = { value = 30", "payment-clock = { value = 0", "must be above zero");
    check(RETENTION, "days-min = { value = 7", "days-min = { value = 0", "must be above zero");
}

#[test]
fn values_without_a_clause_of_the_notice() {
    let no_section =
        |text: &str| format!("`{text}` names no section of the notice, such as `二(一)1`, nor an open parameter");
    for wrong in ["", "第二条", "二(一", "二（一）", "domain 5", "参数", "一(二)、"] {
        check(EXPANSION, "clause = \"一(二)\" }", &format!("clause = \"{wrong}\" }}"), &no_section(wrong));
    }
    let reason_without = no_section("x");
    check(EXPANSION, "clause = \"五(二)\"\neffect", "clause = \"x\"\neffect", &reason_without);
}

#[test]
fn parameters_of_which_one_value_is_implemented() {
    check(EXPANSION, "value = \"calendar\"", "value = \"working\"", "only `calendar` is implemented, not `working`");
    check(EXPANSION, "value = \"first-receipt\"", "value = \"lot\"", "only `first-receipt` is implemented, not `lot`");
    check(RETENTION, "value = \"onset\"", "value = \"average\"", "only `onset` is implemented, not `average`");
    check(RETENTION, "\"both-counted\"", "\"neither\"", "only `both-counted` is implemented, not `neither`");
}

/// The tables of questions, each put into the other subsidy's sheet.
#[test]
fn questions_of_the_other_subsidy() {
    let table = |sheet: &'static str, from: &str, to: &str| {
        let (_, rest) = sheet.split_once(from).unwrap();
        let (table, _) = rest.split_once(to).unwrap();
        format!("{from}{table}")
    };
    let graduate = table(EXPANSION, "[graduate]", "[[condition]]");
    let workforce = table(RETENTION, "[workforce]", "# 5个特困行业");
    let misplaced = "`[workforce]` does not belong in a sheet of `job-expansion`";
    check(EXPANSION, "[graduate]", &format!("{workforce}\n[graduate]"), misplaced);
    let misplaced = "`[graduate]` does not belong in a sheet of `retention-training`";
    check(RETENTION, "[workforce]", &format!("{graduate}\n[workforce]"), misplaced);
    let missing = Sheet::parse(&EXPANSION.replacen(&graduate, "", 1), "x.toml").map(|it| it.id);
    assert_eq!(missing.map_err(|it| it.to_string()), Err("x.toml:4: `[graduate]` is missing".to_owned()));
    let missing = Sheet::parse(&RETENTION.replacen(&workforce, "", 1), "x.toml").map(|it| it.id);
    assert_eq!(missing.map_err(|it| it.to_string()), Err("x.toml:4: `[workforce]` is missing".to_owned()));
}

#[test]
fn conditions_that_cannot_be_judged() {
    let fact = "fact = \"graduated-on\", from = 2022-01-01, until = 2022-12-31";
    let to = |sheet: &str| format!("{{ {sheet} }}");
    let wrong = |with: &str, reason: &str| check(EXPANSION, &to(fact), &to(with), reason);
    wrong("fact = \"shoe-size\", at-least = 40", "there is no fact `shoe-size`");
    wrong("fact = \"zone\", is = true", "claims of `job-expansion` have no fact `zone`");
    wrong("fact = \"graduated-on\"", "`graduated-on` is a day: it takes `from` and `until`");
    wrong("fact = \"graduated-on\", is = true", "`graduated-on` is a day: it takes `from` and `until`");
    wrong("fact = \"contract-signed\", in = [\"yes\"]", "`contract-signed` is true or false: it takes `is`");
    wrong("fact = \"contract-signed\", is = \"yes\"", "`contract-signed` is true or false");
    wrong("fact = \"months-paid\", from = 2022-01-01", "`months-paid` is a number: it takes `at-least` and `at-most`");
    wrong("fact = \"sector\", is = \"62\"", "`sector` is an industry code: it takes `sector-in`");
    wrong("fact = \"sector\", sector-in = [\"6\"]", "`6` is no code of two to four digits");
    wrong("fact = \"sector\", sector-in = [\"mining\"]", "no `[[sector]]` is named `mining`");
    wrong("fact = \"standing\", is = \"current\", in = [\"ended\"]", "`standing` is a word: it takes `is` or `in`");
    wrong("fact = \"standing\", is = \"late\"", "`standing` is never `late`, only one of current, suspended, ended");
    wrong("fact = \"standing\", in = [\"late\"]", "`standing` is never `late`, only one of current, suspended, ended");
    wrong("fact = \"standing\", is = true", "`standing` is never `true`, only one of current, suspended, ended");
    wrong("fact = \"standing\", in = []", "the list is empty");
    wrong("fact = \"already-awarded\", is = false", "`already-awarded` is judged by the engine alone");
    wrong("fact = \"months-paid\", at-least = 3, at-most = 2", "no number is at least the one and at most the other");
    wrong(
        "fact = \"hired-on\", from = 2023-01-01, until = 2022-12-31",
        "the window is empty: it ends before it begins",
    );
    let one = "one of `all`, `any`, `not`, or `fact` with its test, is expected";
    wrong("", one);
    wrong("is = true", one);
    wrong("all = [{ fact = \"dispatched\", is = true }], is = true", one);
    wrong("any = [{ fact = \"dispatched\", is = true }], not = { fact = \"dispatched\", is = true }", one);
    wrong("any = []", "the list is empty");
    let deep = (0..8).fold("fact = \"dispatched\", is = true".to_owned(), |inner, _| format!("not = {{ {inner} }}"));
    wrong(&deep, "the condition is nested too deeply");
}

#[test]
fn a_deadline_that_its_condition_contradicts() {
    let reason = "`submitted-on` ends on 2023-01-30, but `application-deadline` is 2023-01-31";
    check(EXPANSION, "\"submitted-on\", until = 2023-01-31", "\"submitted-on\", until = 2023-01-30", reason);
}

#[test]
fn codes_and_words() {
    let twice = "the code `NO_DIPLOMA` is already used";
    check(EXPANSION, "code = \"CERTIFICATE_NOT_ISSUED\"", "code = \"NO_DIPLOMA\"", twice);
    check(EXPANSION, "code = \"NO_PAYEE_ACCOUNT\"", "code = \"NO_DIPLOMA\"", twice);
    let no_code = "`no diploma` is no code of capital letters, digits and underscores";
    check(EXPANSION, "code = \"NO_DIPLOMA\"", "code = \"no diploma\"", no_code);
    check(EXPANSION, "zh = \"未办理就业登记\"", "zh = \"\"", "the text is empty");
    check(EXPANSION, "effect = \"hold\"", "effect = \"shrug\"", "unknown variant `shrug`, expected `refuse` or `hold`");
    let no_reason = "the engine has no reason `full_moon`";
    check(EXPANSION, "on = \"no_payee_account\"", "on = \"full_moon\"", no_reason);
    let words = "`person_resubmitted` already has its words";
    check(EXPANSION, "on = \"person_two_provinces\"", "on = \"person_resubmitted\"", words);
    let first = "on = \"person_two_enterprises\"";
    let missing = Sheet::parse(&EXPANSION.replacen(first, "on = \"enterprise_twice\"", 1), "x.toml");
    let reason = "no `[[reason]]` has words for `person_two_enterprises`";
    assert_eq!(missing.map(|it| it.id).map_err(|it| it.reason), Err(reason.to_owned()));
}

#[test]
fn sectors() {
    check(RETENTION, "name = \"retail\"", "name = \"catering\"", "the sector `catering` is already named");
    check(RETENTION, "codes = [\"62\"]", "codes = [\"H62\"]", "`H62` is no code of two to four digits");
    check(RETENTION, "codes = [\"53\", \"54\", \"55\"]", "codes = [\"53\", \"53\"]", "the list names this twice");
}

#[test]
fn catalogs_that_contradict_themselves() {
    let parse = |text: &str| Sheet::parse(text, "policies/x.toml");
    let catalog = |second: &str| {
        let sheets = vec![parse(EXPANSION).unwrap(), parse(second).unwrap()];
        Catalog::new(sheets).map(|it| it.iter().count()).map_err(|it| it.to_string())
    };
    assert_eq!(catalog(RETENTION), Ok(2));
    let same_id = "policies/x.toml:2: another sheet has the id `job-expansion-2022`";
    assert_eq!(catalog(EXPANSION), Err(same_id.to_owned()));
    let one_group = RETENTION.replacen("group = \"retention-training\"", "group = \"graduate-award\"", 1);
    let line = one_group.lines().position(|line| line.starts_with("once")).unwrap() + 1;
    let reason =
        format!("policies/x.toml:{line}: another sheet holds the group `graduate-award` once by something else");
    assert_eq!(catalog(&one_group), Err(reason));
}

/// A sheet's text may be anything: reading it refuses and never panics.
#[test]
fn a_torn_sheet_is_refused() {
    for (at, _) in EXPANSION.trim_end().char_indices() {
        let torn = EXPANSION.get(..at).unwrap_or_default();
        assert!(Sheet::parse(torn, "x.toml").is_err(), "torn at byte {at}");
    }
}
