//! Small labels. Color says how much it matters, the words say what it is: nothing is told by color alone.

use maud::{Markup, html};

/// What a color means, everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to do.
    Plain,
    /// Under way.
    Busy,
    /// Ended well.
    Good,
    /// Somebody should look.
    Warn,
    /// Money is in danger, or a deadline is past.
    Bad,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Busy => "busy",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A state or a band.
pub fn badge(tone: Tone, words: &str) -> Markup {
    html! { span.badge.(tone.class()) { (words) } }
}

/// A word among several, without a meaning of its own.
pub fn tag(words: &str) -> Markup {
    html! { span.tag { (words) } }
}
