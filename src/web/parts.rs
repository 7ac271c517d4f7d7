//! What pages are put together from. Each piece is a function that gives markup; none knows a record.

mod badge;
mod chart;
mod field;
mod list;
mod money;
mod notice;
mod pager;
pub mod svg;
mod table;
mod text;
mod time;

pub use badge::{Tone, badge, tag};
pub use chart::bar;
pub use field::{Choice, check_box, csrf, field, hidden, request_id, select, submit, text_area};
pub use list::{card, facts, tabs};
pub use money::{count, fen, yuan};
pub use notice::{denied, empty, loading, notice_page, warning};
pub use pager::pager;
pub use table::{Column, table};
pub use text::{id, words};
pub use time::{day, instant};
