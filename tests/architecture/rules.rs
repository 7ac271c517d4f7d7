//! The rules. Every finding names file and line, says what is wrong and what to do instead.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::source::Source;
use super::{APPEND_ONLY_TABLES, FILE_LINES, FUNCTION_LINES, LONGER_FUNCTIONS, TABLE};

pub(crate) type Rule = fn(&Source) -> Vec<String>;

pub(crate) fn layering(file: &Source) -> Vec<String> {
    let Some(row) = TABLE.iter().find(|row| row.module == file.module()) else { return Vec::new() };
    let mut findings = Vec::new();
    for mention in file.walk().mentions {
        let mut found = |what: &str, name: &str| {
            findings.push(file.finding(mention.line, format!("{} {what} `{name}`: {}", row.module, row.instead)));
        };
        if let Some(other) = mention.ours()
            && other != row.module
            && !row.may_use.split_whitespace().any(|module| module == other)
        {
            found("may not use", other);
        }
        for banned in row.never_mentions.split_whitespace().filter(|banned| mention.names(banned)) {
            found("never mentions", banned);
        }
    }
    findings
}

pub(crate) fn opening(file: &Source) -> Vec<String> {
    let finding = || file.finding(1, "opens without `//!`: say in a sentence what the file is for");
    (!file.text.starts_with("//!")).then(finding).into_iter().collect()
}

pub(crate) fn naming(file: &Source) -> Vec<String> {
    let finding = |folder| file.finding(1, format!("name it {folder}.rs, so that tabs and searches tell files apart"));
    file.path.strip_suffix("/mod.rs").map(finding).into_iter().collect()
}

pub(crate) fn leftovers(file: &Source) -> Vec<String> {
    let marks = [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X")];
    let is_left = |line: &str| line.split(|c: char| !c.is_alphanumeric()).any(|word| marks.contains(&word));
    let finding = |line| file.finding(line, "unfinished: finish it, or open an issue and drop the mark");
    file.numbered_lines().filter(|(_, text)| is_left(text)).map(|(line, _)| finding(line)).collect()
}

pub(crate) fn file_length(file: &Source) -> Vec<String> {
    let lines = file.text.lines().count();
    let finding = || file.finding(lines, format!("longer than {FILE_LINES} lines: split it, one concept a file"));
    (lines > FILE_LINES).then(finding).into_iter().collect()
}

pub(crate) fn function_length(file: &Source) -> Vec<String> {
    function_length_except(file, LONGER_FUNCTIONS)
}

pub(crate) fn function_length_except(file: &Source, longer: &[(&str, &str)]) -> Vec<String> {
    let (long, short): (Vec<_>, Vec<_>) =
        functions(file).into_iter().partition(|(_, _, lines)| *lines > FUNCTION_LINES);
    let is_excused = |name: &str| longer.contains(&(file.path.as_str(), name));
    let grown = long.iter().filter(|(_, name, _)| !is_excused(name)).map(|(line, name, lines)| {
        let instead = "give its steps names, or make its table a constant";
        file.finding(*line, format!("`{name}` has {lines} lines, more than {FUNCTION_LINES}: {instead}"))
    });
    let shrunk = short
        .iter()
        .filter(|(_, name, _)| is_excused(name))
        .map(|(line, name, _)| file.finding(*line, format!("`{name}` is short now: take it off LONGER_FUNCTIONS")));
    grown.chain(shrunk).collect()
}

/// Line, name and length in lines of every function with a body.
fn functions(file: &Source) -> Vec<(usize, String, usize)> {
    struct Functions(Vec<(usize, String, usize)>);
    impl Functions {
        fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
            let start = signature.span().start().line;
            self.0.push((start, signature.ident.to_string(), body.span().end().line - start + 1));
        }
    }
    impl<'a> Visit<'a> for Functions {
        fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
            self.add(&item.sig, &item.block);
            visit::visit_item_fn(self, item);
        }
        fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
            self.add(&item.sig, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
        fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
            if let Some(body) = &item.default {
                self.add(&item.sig, body);
            }
            visit::visit_trait_item_fn(self, item);
        }
    }
    let mut functions = Functions(Vec::new());
    functions.visit_file(&file.syntax());
    functions.0
}

/// Invented people live in tests and the sandbox alone, so that a number found anywhere else is a leak (I11).
pub(crate) fn identity_numbers(file: &Source) -> Vec<String> {
    if file.module() == "sandbox" {
        return Vec::new();
    }
    let test_lines = file.walk().test_lines;
    let is_test = |line| test_lines.iter().any(|lines| lines.contains(&line));
    let has_number = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_identity_number);
    let what = "looks like a resident identity number: mask it, or move the example into a test or the sandbox";
    let found = file.numbered_lines().filter(|(line, text)| has_number(text) && !is_test(*line));
    found.map(|(line, _)| file.finding(line, what)).collect()
}

/// Eighteen characters with the birth date at 6, or the old fifteen with a two-digit year.
fn is_identity_number(word: &str) -> bool {
    let digits: Vec<u32> = word.chars().map_while(|c| c.to_digit(10)).collect();
    let number = |from: usize, to: usize| digits[from..to].iter().fold(0, |sum, digit| sum * 10 + digit);
    let is_day = |at: usize| (1..=12).contains(&number(at, at + 2)) && (1..=31).contains(&number(at + 2, at + 4));
    match (word.len(), digits.len()) {
        (18, 17) if !word.ends_with(['x', 'X']) => false,
        (18, 17 | 18) => (1900..2100).contains(&number(6, 10)) && is_day(10),
        (15, 15) => is_day(8),
        _ => false,
    }
}

pub(crate) fn append_only(file: &Source) -> Vec<String> {
    let mut findings = Vec::new();
    let mut before = (String::new(), String::new());
    for (line, text) in file.numbered_lines() {
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
            let changes = matches!(
                (before.0.as_str(), before.1.as_str()),
                (_, "update" | "truncate")
                    | ("update", "only")
                    | ("delete", "from")
                    | ("replace", "into")
                    | ("truncate" | "drop", "table")
            );
            if changes && APPEND_ONLY_TABLES.contains(&word) {
                let what = format!("`{word}` is append-only: write a new entry that corrects the old one (I3, I10)");
                findings.push(file.finding(line, what));
            }
            before = (before.1, word.to_lowercase());
        }
    }
    findings
}

pub(crate) fn sql_in_store_alone(file: &Source) -> Vec<String> {
    const VERBS: [&str; 5] = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE "];
    let is_sql = |literal: &str| {
        let text = literal.trim_start_matches(['b', 'r', '#', '"', ' ', '\n']);
        VERBS.iter().any(|verb| text.starts_with(verb))
    };
    let literals = file.walk().literals.into_iter().filter(|(_, text)| file.module() != "store" && is_sql(text));
    literals.map(|(line, _)| file.finding(line, "SQL outside store: give store a function for it")).collect()
}
