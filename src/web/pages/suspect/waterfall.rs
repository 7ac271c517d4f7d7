//! The weight of the evidence, piece by piece: what speaks for the suspicion goes right, what speaks against it goes left.

use maud::{Markup, html};

use crate::web::lang::Lang;
use crate::workflows::record::desk::DossierWeight;

/// The picture is so wide, in its own units; so that a bar that can be drawn can be seen.
const WIDTH: f32 = 400.0;
const BAR_MIN: f32 = 2.0;

/// From where to where one bar goes, in the units of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bar {
    x: f32,
    width: f32,
}

/// Sums from nothing on, and the scale that all of them fit.
struct Scale {
    low: i32,
    span: i32,
}

impl Scale {
    fn of(weights: &[DossierWeight]) -> Self {
        let sums = sums(weights);
        let low = sums.iter().copied().min().unwrap_or_default().min(0);
        let high = sums.iter().copied().max().unwrap_or_default().max(0);
        Self { low, span: high.saturating_sub(low).max(1) }
    }

    fn x(&self, sum: i32) -> f32 {
        sum.saturating_sub(self.low) as f32 / self.span as f32 * WIDTH
    }

    fn bar(&self, from: i32, to: i32) -> Bar {
        let (left, right) = (self.x(from.min(to)), self.x(from.max(to)));
        let width = (right - left).max(BAR_MIN);
        Bar { x: left.min(WIDTH - width), width }
    }
}

/// What it comes to after each piece.
fn sums(weights: &[DossierWeight]) -> Vec<i32> {
    let add = |sum: &mut i32, weight: &DossierWeight| {
        *sum = sum.saturating_add(weight.points);
        Some(*sum)
    };
    weights.iter().scan(0, add).collect()
}

/// Hundredths of a bit as `+3.25`.
fn points(points: i32) -> String {
    let sign = if points < 0 { '−' } else { '+' };
    let all = points.unsigned_abs();
    format!("{sign}{}.{:02}", all / 100, all % 100)
}

/// The table with its bars.
pub(super) fn waterfall(lang: Lang, weights: &[DossierWeight]) -> Markup {
    if weights.is_empty() {
        return html! { p.faint { (lang.pick("尚未评估，稍后再看。", "Not weighed yet; look again in a moment.")) } };
    }
    let scale = Scale::of(weights);
    let sums = sums(weights);
    let total = sums.last().copied().unwrap_or_default();
    html! {
        table.waterfall {
            caption.unseen { (lang.pick("证据分量逐项", "The weight, evidence by evidence")) }
            thead.unseen {
                tr {
                    th scope="col" { (lang.pick("证据", "Evidence")) }
                    th scope="col" { (lang.pick("累计图示", "Running sum")) }
                    th scope="col" { (lang.pick("分量", "Weight")) }
                }
            }
            tbody {
                @for (weight, sum) in weights.iter().zip(&sums) {
                    tr {
                        th scope="row" { (lang.pick(&weight.zh, &weight.en)) }
                        td.bars { (bar(&scale, sum.saturating_sub(weight.points), *sum, direction(weight.points))) }
                        td.number {
                            (points(weight.points))
                            span.unseen {
                                @if weight.points < 0 { (lang.pick("，不支持", ", against")) }
                                @else { (lang.pick("，支持", ", for")) }
                            }
                        }
                    }
                }
            }
            tfoot {
                tr {
                    th scope="row" { (lang.pick("合计", "Total")) }
                    td.bars { (bar(&scale, 0, total, "total")) }
                    td.number { (points(total)) }
                }
            }
        }
        p.waterfall-key {
            span.waterfall-unit { (lang.pick("每 +1.00，属实的可能加倍", "each +1.00 doubles the odds that it is true")) }
            span.waterfall aria-hidden="true" { (swatch("against")) (lang.pick("◂ 不支持", "◂ against")) }
            span.waterfall aria-hidden="true" { (swatch("for")) (lang.pick("支持 ▸", "for ▸")) }
        }
    }
}

fn swatch(class: &str) -> Markup {
    html! { svg viewBox="0 0 10 10" { rect.bar.{ "bar-" (class) } width="10" height="10" rx="2" {} } }
}

fn direction(points: i32) -> &'static str {
    if points < 0 { "against" } else { "for" }
}

fn bar(scale: &Scale, from: i32, to: i32, class: &str) -> Markup {
    let Bar { x, width } = scale.bar(from, to);
    let zero = scale.x(0);
    html! {
        svg viewBox="0 0 400 18" preserveAspectRatio="none" aria-hidden="true" {
            line.zero x1=(zero) x2=(zero) y1="0" y2="18" {}
            rect.bar.{ "bar-" (class) } x=(x) y="3" width=(width) height="12" rx="1.5" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(points: i32) -> DossierWeight {
        DossierWeight { code: "same_resident_id", zh: "同一证件号码".into(), en: "same number".into(), points }
    }

    /// The bars hang together: each begins where the one before ended, and the last sum is the total.
    #[test]
    fn bars_run_from_sum_to_sum() {
        let weights = [weight(300), weight(100), weight(-200)];
        let scale = Scale::of(&weights);
        assert_eq!(sums(&weights), [300, 400, 200]);
        assert_eq!(scale.bar(0, 300), Bar { x: 0.0, width: 300.0 });
        assert_eq!(scale.bar(300, 400), Bar { x: 300.0, width: 100.0 });
        assert_eq!(scale.bar(400, 200), Bar { x: 200.0, width: 200.0 });
    }

    #[test]
    fn what_speaks_against_all_of_it_stays_within_the_picture() {
        for weights in [vec![weight(-500), weight(-1)], vec![weight(0)], vec![weight(1_000_000), weight(1)]] {
            let scale = Scale::of(&weights);
            for (weight, sum) in weights.iter().zip(sums(&weights)) {
                let Bar { x, width } = scale.bar(sum - weight.points, sum);
                assert!(x >= 0.0 && width >= BAR_MIN && x + width <= WIDTH + 0.01, "{x} {width}");
            }
        }
    }

    #[test]
    fn points_are_bits_with_their_sign() {
        assert_eq!([325, -40, 0].map(points), ["+3.25", "−0.40", "+0.00"]);
    }
}
