//! What pages are put together from. Each piece is a function that gives markup; none knows a record.

mod badge;
mod chart;
mod field;
mod flow;
mod list;
mod money;
mod money_chart;
mod notice;
mod pager;
pub mod svg;
mod table;
mod text;
mod time;

pub use badge::{Tone, badge, tag};
pub use chart::bar;
pub use field::{Choice, check_box, csrf, field, hidden, request_id, select, submit, text_area};
pub use flow::flow;
pub use list::{card, facts, tabs};
pub use money::{count, fen, yuan};
pub use money_chart::money_chart;
pub use notice::{denied, empty, loading, notice_page, refresh, warning};
pub use pager::pager;
pub use table::{Column, table};
pub use text::{id, words};
pub use time::{day, instant};
