//! Days and instants, in China's time.

use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};

use crate::domain::calendar::cst_date_time;

/// A day: `2022-10-10`.
pub fn day(day: Date) -> Markup {
    html! { time.num datetime=(day) { (day) } }
}

/// An instant to the minute: `2022-10-10 09:00`; the machine-readable form has it exactly.
pub fn instant(at: Timestamp) -> Markup {
    let local = cst_date_time(at);
    html! { time.num datetime=(at) { (local.date()) " " (format!("{:02}:{:02}", local.hour(), local.minute())) } }
}
