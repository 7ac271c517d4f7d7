//! Amounts in yuan as a file writes them, to whole fen without a fraction in between; and how an office spells them out.

use crate::domain::money::Fen;

/// Reads `18500.05`, `18,500.05`, `18500.5` or `18500`, with a minus in front where it is below zero.
///
/// `None` for anything else: a third decimal would have to be rounded, and a comma that does not stand before three digits may be a
/// decimal point.
pub fn parse_yuan(text: &str) -> Option<Fen> {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, it)| (whole, Some(it)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let decimals = match decimals {
        None => 0,
        Some(decimals) if !is_digits(decimals) => return None,
        Some(decimals) => match decimals.len() {
            1 => decimals.parse::<i128>().ok()?.checked_mul(10)?,
            2 => decimals.parse().ok()?,
            _ => return None,
        },
    };
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_grouped = whole.contains(',');
    if !is_digits(first) || is_grouped && first.len() > 3 || !groups.all(|it| it.len() == 3 && is_digits(it)) {
        return None;
    }
    let fen = whole.replace(',', "").parse::<i128>().ok()?.checked_mul(100)?.checked_add(decimals)?;
    i64::try_from(if is_negative { fen.checked_neg()? } else { fen }).ok().map(Fen::new)
}

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];

/// An amount in capital numerals (大写金额), which cannot be altered by a stroke: `壹万捌仟伍佰元零伍分`.
///
/// As 会计基础工作规范 第五十二条 has it: one 零 for a run of zeros between digits, none before 万, 亿 or 元; 整 after 元 or 角. Where the
/// rule leaves a choice (a zero before 元 with 角 behind it), the 零 is left out.
pub fn capital_yuan(amount: Fen) -> String {
    let fen = amount.get().unsigned_abs();
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = String::new();
    if amount < Fen::ZERO {
        text.push('负');
    }
    if yuan > 0 || jiao == 0 && fen == 0 {
        text.push_str(&capital_whole(yuan));
        text.push('元');
    }
    match (jiao, fen) {
        (0, 0) => text.push('整'),
        (jiao, 0) => text.push_str(&format!("{}角整", digit(jiao))),
        // A missing 角 between 元 and 分 is said; an amount of 分 alone has nothing in front.
        (0, fen) if yuan > 0 => text.push_str(&format!("零{}分", digit(fen))),
        (0, fen) => text.push_str(&format!("{}分", digit(fen))),
        (jiao, fen) => text.push_str(&format!("{}角{}分", digit(jiao), digit(fen))),
    }
    text
}

fn digit(digit: u64) -> &'static str {
    usize::try_from(digit).ok().and_then(|it| DIGITS.get(it)).copied().unwrap_or_default()
}

/// A whole number. Each unit counts what stands before it, whatever its size, so the numeral of a numeral is one: 玖亿亿.
fn capital_whole(number: u64) -> String {
    const UNITS: [(u64, char); 5] = [(100_000_000, '亿'), (10_000, '万'), (1_000, '仟'), (100, '佰'), (10, '拾')];
    let Some((size, unit)) = UNITS.into_iter().find(|(size, _)| number >= *size) else {
        return digit(number).to_owned();
    };
    let (count, rest) = (number / size, number % size);
    let mut text = capital_whole(count);
    text.push(unit);
    if rest > 0 {
        // A zero stands between the unit and the rest if the rest does not begin at the next smaller place.
        if rest < size / 10 {
            text.push('零');
        }
        text.push_str(&capital_whole(rest));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_read_to_the_fen_or_not_at_all() {
        let check = |text, expected: Option<i64>| assert_eq!(parse_yuan(text), expected.map(Fen::new), "{text}");
        check("0", Some(0));
        check("0.05", Some(5));
        check("18500", Some(1_850_000));
        check("18500.5", Some(1_850_050));
        check("18,500.05", Some(1_850_005));
        check("1,850,005.00", Some(185_000_500));
        check("-0.05", Some(-5));
        check("92233720368547758.07", Some(i64::MAX));
        check("-92,233,720,368,547,758.08", Some(i64::MIN));
        for text in [
            "",
            "-",
            ".",
            ".5",
            "5.",
            "1.005",
            "1.000",
            "1,5",
            "1,50.00",
            "1500,00",
            "1,,500",
            ",500",
            "1.5.0",
            "+5",
            "--5",
            "1e3",
            "１",
            "1 500",
            "¥5",
            "92233720368547758.08",
            "5,",
            "0.-5",
        ] {
            check(text, None);
        }
        check(&"9".repeat(100), None);
    }

    #[test]
    fn capital_numerals_follow_the_rules_for_zeros() {
        let check = |fen, expected: &str| assert_eq!(capital_yuan(Fen::new(fen)), expected, "{fen}");
        check(0, "零元整");
        check(5, "伍分");
        check(50, "伍角整");
        check(55, "伍角伍分");
        check(100, "壹元整");
        check(1_000, "壹拾元整");
        check(1_005, "壹拾元零伍分");
        check(10_000, "壹佰元整");
        check(10_500, "壹佰零伍元整");
        check(140_950, "壹仟肆佰零玖元伍角整");
        check(600_714, "陆仟零柒元壹角肆分");
        check(168_032, "壹仟陆佰捌拾元叁角贰分");
        check(1_640_902, "壹万陆仟肆佰零玖元零贰分");
        check(32_504, "叁佰贰拾伍元零肆分");
        check(10_700_053, "壹拾万柒仟元伍角叁分");
        check(1_850_000, "壹万捌仟伍佰元整");
        check(1_000_100, "壹万零壹元整");
        check(10_010_000_000, "壹亿零壹拾万元整");
        check(10_000_000_100, "壹亿零壹元整");
        check(100_000_000_000, "壹拾亿元整");
        check(100_010_000_100, "壹拾亿零壹拾万零壹元整");
        check(20_450_000, "贰拾万肆仟伍佰元整");
        check(165_000_000, "壹佰陆拾伍万元整");
        check(1_000_000_000_000_000, "壹拾万亿元整");
        check(-15_000, "负壹佰伍拾元整");
        check(i64::MAX, "玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分");
    }

    /// Reads capital numerals back, by other means than they are written.
    fn value(text: &str) -> u64 {
        let mut parts = [0, 0, 0];
        let (mut total, mut section, mut last) = (0, 0, 0);
        for character in text.chars() {
            match character {
                '拾' | '佰' | '仟' => {
                    section +=
                        last * [('拾', 10), ('佰', 100), ('仟', 1_000)].iter().find(|it| it.0 == character).unwrap().1;
                    last = 0;
                }
                '万' => (total, section, last) = (total + (section + last) * 10_000, 0, 0),
                '亿' => (total, section, last) = ((total + section + last) * 100_000_000, 0, 0),
                '元' => (parts[0], total, section, last) = (total + section + last, 0, 0, 0),
                '角' => (parts[1], last) = (last, 0),
                '分' => (parts[2], last) = (last, 0),
                '整' => {}
                other => {
                    last = DIGITS
                        .iter()
                        .position(|it| *it == other.to_string())
                        .map(|it| u64::try_from(it).unwrap())
                        .unwrap();
                }
            }
        }
        parts[0] * 100 + parts[1] * 10 + parts[2]
    }

    proptest! {
        #[test]
        fn printed_amounts_read_back(fen: i64) {
            let text = Fen::new(fen).yuan_text();
            prop_assert_eq!(parse_yuan(&text), Some(Fen::new(fen)));
            prop_assert_eq!(parse_yuan(&text.replace(',', "")), Some(Fen::new(fen)));
        }

        #[test]
        fn capital_numerals_say_the_amount(fen in 0..=99_999_999_999_999_i64, zeros in 0_u32..8) {
            let fen = fen / 10_i64.pow(zeros) * 10_i64.pow(zeros);
            let text = capital_yuan(Fen::new(fen));
            prop_assert_eq!(value(&text), u64::try_from(fen).unwrap(), "{}", text);
            prop_assert!(!text.contains("零零") && !text.contains("零万") && !text.contains("零亿"), "{}", text);
            prop_assert!(fen == 0 || !text.contains("零元") && !text.starts_with('零'), "{}", text);
        }
    }
}
