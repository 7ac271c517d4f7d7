//! Chinese first, English by a switch.

use http::HeaderMap;
use http::header;

use super::session::cookie;
use crate::domain::identity::Region;

/// The cookie that keeps the choice. No secret, and of no use to anybody.
pub(super) const COOKIE: &str = "__Host-hufu-lang";

/// The language of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The words in this language.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// What the province of a place is called.
    pub fn province(self, region: Region) -> &'static str {
        self.pick(region.province_name_zh(), region.province_name_en())
    }

    /// As HTML names it.
    pub fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    pub(super) fn code(self) -> &'static str {
        self.pick("zh", "en")
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// What was chosen; Chinese where nothing was, whatever the browser speaks.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        cookie(headers, COOKIE).and_then(Self::from_code).unwrap_or_default()
    }

    /// The header that keeps the choice for a year.
    pub(super) fn cookie(self) -> (header::HeaderName, String) {
        let value = format!("{COOKIE}={}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax", self.code());
        (header::SET_COOKIE, value)
    }
}
