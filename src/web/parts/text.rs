//! What others wrote, shown harmlessly in either language: escaped, kept in its own direction, its hidden characters made visible.

use maud::{Markup, html};

/// Names, reasons, remarks: anything that a person or another system wrote.
pub fn words(text: &str) -> Markup {
    html! {
        bdi.words {
            @for (is_hidden, run) in runs(text) {
                @if is_hidden { span.hidden-mark { (run) } } @else { (run) }
            }
        }
    }
}

/// An id or a code: in figures of one width, and where it is long, its last part.
pub fn id(id: &str) -> Markup {
    let shown: String = if id.len() > 20 {
        id.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect()
    } else {
        id.into()
    };
    html! { span.mono title=(id) { (shown) } }
}

/// Cuts a text into what is shown as it is and, each alone, what would otherwise not be seen, by its number.
fn runs(text: &str) -> Vec<(bool, String)> {
    let mut runs: Vec<(bool, String)> = Vec::new();
    for letter in text.chars() {
        if is_hidden(letter) {
            runs.push((true, format!("U+{:04X}", u32::from(letter))));
        } else if let Some((false, run)) = runs.last_mut() {
            run.push(letter);
        } else {
            runs.push((false, letter.to_string()));
        }
    }
    runs
}

/// Controls, marks of direction, joiners and other letters without a shape, private use. A line break is a blank in a page.
fn is_hidden(letter: char) -> bool {
    matches!(letter,
        '\u{0}'..='\u{9}' | '\u{B}'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{AD}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{E0FFF}'
        | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_shown_harmlessly() {
        let check =
            |text: &str, expected: &str| assert_eq!(words(text).0, format!("<bdi class=\"words\">{expected}</bdi>"));
        let hidden = |code: &str| format!("<span class=\"hidden-mark\">{code}</span>");
        check("鲁西软件", "鲁西软件");
        check("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
        check("\" onload=\"x", "&quot; onload=&quot;x");
        check("甲\u{202E}公司", &format!("甲{}公司", hidden("U+202E")));
        check("\u{200B}\u{FEFF}", &format!("{}{}", hidden("U+200B"), hidden("U+FEFF")));
        check("=HYPERLINK(1)", "=HYPERLINK(1)");
    }
}
