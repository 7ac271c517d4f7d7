//! Amounts and counts: tabular figures, right-aligned by the class of their cell.

use maud::{Markup, html};

use crate::domain::money::Fen;
use crate::web::lang::Lang;

/// An amount in a column whose heading says yuan (元).
pub fn fen(amount: Fen) -> Markup {
    html! { span.num.minus[amount < Fen::ZERO] { (amount) } }
}

/// An amount in a sentence.
pub fn yuan(lang: Lang, amount: Fen) -> Markup {
    html! { span.num.minus[amount < Fen::ZERO] { @match lang { Lang::Zh => { (amount) " 元" } Lang::En => { "¥" (amount) } } } }
}

/// A count, with a comma at the thousands.
pub fn count(count: u64) -> Markup {
    let digits = count.to_string();
    let mut text = String::with_capacity(26);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    html! { span.num { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_amounts_are_read_at_a_glance() {
        let check =
            |number, expected: &str| assert_eq!(count(number).0, format!("<span class=\"num\">{expected}</span>"));
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
        assert_eq!(yuan(Lang::Zh, Fen::new(150_000)).0, "<span class=\"num\">1,500.00 元</span>");
        assert_eq!(yuan(Lang::En, Fen::new(-5)).0, "<span class=\"num minus\">¥-0.05</span>");
    }
}
