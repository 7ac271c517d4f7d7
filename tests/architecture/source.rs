//! Reads the source text: which files there are, what each names, where its test code lies.

use std::fmt::Display;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One file, named by its path from the root of the repository.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A path as the code writes it (`crate::store::Store`, `tokio`, `f64`), use trees spelled out.
pub(crate) struct Mention {
    pub(crate) line: usize,
    pub(crate) path: Vec<String>,
    /// How many `super` reach the crate's root from here.
    depth: usize,
}

/// What a walk over a file's tokens finds. Test code (`#[cfg(test)]`) is left out, and its lines are listed instead.
#[derive(Default)]
pub(crate) struct Walk {
    pub(crate) mentions: Vec<Mention>,
    pub(crate) literals: Vec<(usize, String)>,
    pub(crate) test_lines: Vec<RangeInclusive<usize>>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    /// Every file of these kinds under these folders of the repository, in the order of their paths.
    pub(crate) fn all(folders: &[&str], extensions: &[&str]) -> Vec<Source> {
        let mut found = Vec::new();
        let mut waiting: Vec<String> = folders.iter().map(|folder| (*folder).to_owned()).collect();
        while let Some(folder) = waiting.pop() {
            let Ok(entries) = fs::read_dir(root().join(&folder)) else { continue };
            for entry in entries {
                let entry = entry.expect("a readable folder");
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                if entry.path().is_dir() {
                    waiting.push(path);
                } else if extensions.iter().any(|extension| path.ends_with(extension)) {
                    found.push(Source::read(&path));
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    pub(crate) fn read(path: &str) -> Source {
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Source::new(path, &text)
    }

    /// The module of `lib.rs` that the file belongs to; `lib` and `main` for the roots themselves.
    pub(crate) fn module(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap_or(&self.path);
        below.split('/').next().unwrap_or(below).trim_end_matches(".rs")
    }

    pub(crate) fn numbered_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    pub(crate) fn finding(&self, line: usize, what: impl Display) -> String {
        format!("{}:{line}: {what}", self.path)
    }

    pub(crate) fn syntax(&self) -> syn::File {
        syn::parse_file(&self.text).unwrap_or_else(|error| panic!("{}: not Rust: {error}", self.path))
    }

    pub(crate) fn walk(&self) -> Walk {
        let mut walk = Walk::default();
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            walk.test_lines.push(1..=self.text.lines().count());
            return walk;
        }
        let tokens = self.text.parse().unwrap_or_else(|error| panic!("{}: not Rust: {error}", self.path));
        let depth = if matches!(self.module(), "lib" | "main") { 0 } else { self.path.split('/').count() - 1 };
        walk.tokens(tokens, &[], depth);
        walk
    }
}

impl Mention {
    /// The module of ours that is meant, if any: `crate::store::X`, or `super::super::store` from two levels down.
    pub(crate) fn ours(&self) -> Option<&str> {
        let supers = self.path.iter().take_while(|segment| *segment == "super").count();
        let from_root = match self.path.first().map(String::as_str) {
            Some("crate" | "hufu") => 1,
            Some("super") if supers == self.depth => supers,
            Some(_) | None => return None,
        };
        self.path.get(from_root).map(String::as_str)
    }

    /// Whether `HashMap` or `std::fs` stands anywhere in the path.
    pub(crate) fn names(&self, banned: &str) -> bool {
        let banned: Vec<&str> = banned.split("::").collect();
        self.path.windows(banned.len()).any(|window| window.iter().eq(&banned))
    }
}

impl Walk {
    /// `prefix` is what stands before a use tree's brace.
    fn tokens(&mut self, tokens: TokenStream, prefix: &[String], depth: usize) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Punct(mark) if mark.as_char() == '#' && is_cfg_test(tokens.get(at + 1)) => {
                    let end = (at + 2..tokens.len()).find(|&i| ends_item(&tokens[i])).unwrap_or(tokens.len() - 1);
                    self.test_lines.push(token.span().start().line..=tokens[end].span().end().line);
                    at = end;
                }
                TokenTree::Punct(_) => {}
                TokenTree::Literal(literal) => self.literals.push((literal.span().start().line, literal.to_string())),
                TokenTree::Group(group) => {
                    let is_inline_module = at >= 2 && is_word(&tokens[at - 2], "mod");
                    self.tokens(group.stream(), prefix, depth + usize::from(is_inline_module));
                }
                TokenTree::Ident(word) if word == "as" && !prefix.is_empty() => at += 1,
                TokenTree::Ident(word) => {
                    let mut path = prefix.to_vec();
                    path.push(word.to_string());
                    while is_path_separator(&tokens, at + 1) {
                        match tokens.get(at + 3) {
                            Some(TokenTree::Ident(word)) => path.push(word.to_string()),
                            Some(TokenTree::Punct(star)) if star.as_char() == '*' => path.push("*".to_owned()),
                            Some(TokenTree::Group(tree)) if tree.delimiter() == Delimiter::Brace => {
                                self.tokens(tree.stream(), &path, depth);
                            }
                            Some(_) | None => break,
                        }
                        at += 3;
                    }
                    self.mentions.push(Mention { line: word.span().start().line, path, depth });
                }
            }
            at += 1;
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_word(token: &TokenTree, expected: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == expected)
}

fn is_cfg_test(attribute: Option<&TokenTree>) -> bool {
    let text = attribute.map(|tokens| tokens.to_string().replace(' ', "")).unwrap_or_default();
    text == "[cfg(test)]" || text.starts_with("[cfg(all(test,")
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(mark) => mark.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |token: Option<&TokenTree>, joint: bool| {
        matches!(token, Some(TokenTree::Punct(mark))
            if mark.as_char() == ':' && (!joint || mark.spacing() == Spacing::Joint))
    };
    colon(tokens.get(at), true) && colon(tokens.get(at + 1), false)
}
