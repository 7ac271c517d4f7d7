//! Form fields: each with its label, its help and, where it was refused, what is wrong with it.

use maud::{Markup, html};
use uuid::Uuid;

use crate::web::error::Violation;
use crate::web::session::Session;

/// One choice of a closed list: value and words.
pub type Choice<'a> = (&'a str, &'a str);

/// The token that shows that the form is ours. Every form that is posted has it.
pub fn csrf(session: &Session) -> Markup {
    hidden("csrf", &session.csrf)
}

/// An id for the request that the form will be, so that sent twice it is done once.
pub fn request_id() -> Markup {
    hidden("request_id", &Uuid::new_v4().to_string())
}

pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// A line to type in; `kind` is HTML's (`text`, `search`, `date`, `number`).
pub fn field(label: &str, name: &str, kind: &str, value: &str, error: Option<&str>) -> Markup {
    around(
        label,
        name,
        error,
        html! {
            input #(name) type=(kind) name=(name) value=(value) autocomplete="off"
                aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| format!("{name}-error"))];
        },
    )
}

/// Several lines to type in.
pub fn text_area(label: &str, name: &str, value: &str, error: Option<&str>) -> Markup {
    around(
        label,
        name,
        error,
        html! {
            textarea #(name) name=(name) rows="3" autocomplete="off"
                aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| format!("{name}-error"))] { (value) }
        },
    )
}

/// One of a closed list.
pub fn select(label: &str, name: &str, choices: &[Choice<'_>], chosen: &str) -> Markup {
    around(
        label,
        name,
        None,
        html! {
            select #(name) name=(name) {
                @for (value, words) in choices { option value=(value) selected[*value == chosen] { (words) } }
            }
        },
    )
}

/// Yes or no.
pub fn check_box(label: &str, name: &str, value: &str, checked: bool) -> Markup {
    html! { label.check { input type="checkbox" name=(name) value=(value) checked[checked]; span { (label) } } }
}

/// The button that sends the form; `primary` for the one thing that the page is for.
pub fn submit(words: &str, is_primary: bool) -> Markup {
    html! { button.(if is_primary { "primary" } else { "button" }) type="submit" { (words) } }
}

fn around(label: &str, name: &str, error: Option<&str>, control: Markup) -> Markup {
    html! {
        div.field.wrong[error.is_some()] {
            label for=(name) { (label) }
            (control)
            @if let Some(error) = error { p.field-error id=(format!("{name}-error")) { (error) } }
        }
    }
}

impl Session {
    /// What is wrong with one field, in the page's language.
    pub fn wrong<'a>(&self, violations: &'a [Violation], field: &str) -> Option<&'a str> {
        let found = violations.iter().find(|it| it.field == field)?;
        Some(self.lang.pick(found.zh.as_str(), found.en.as_str()))
    }
}
