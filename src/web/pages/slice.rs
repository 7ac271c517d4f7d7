//! What part of the ledger a page shows: region, subsidy, month and batch, in the address, so that a view can be kept and shared.

use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use crate::domain::calendar::Month;
use crate::domain::claim::SubsidyKind;
use crate::domain::identity::Region;
use crate::domain::pooling::BatchId;
use crate::domain::rights::narrow;
use crate::web::Session;
use crate::web::error::PageError;
use crate::web::lang::Lang;
use crate::web::parts;
use crate::workflows::record::ledger::SliceFilter;

/// As the address has it; empty is all.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct AskedSlice {
    #[serde(default)]
    pub(super) region: String,
    #[serde(default)]
    pub(super) subsidy: String,
    /// `2022-10`.
    #[serde(default)]
    pub(super) month: String,
    #[serde(default)]
    pub(super) batch: String,
}

const SUBSIDIES: [(SubsidyKind, &str, &str, &str); 2] = [
    (SubsidyKind::JobExpansion, "job-expansion", "一次性扩岗补助", "one-off job expansion"),
    (SubsidyKind::RetentionTraining, "retention-training", "一次性留工培训补助", "one-off retention training"),
];

/// What a subsidy is called.
pub(super) fn subsidy_words(lang: Lang, subsidy: SubsidyKind) -> &'static str {
    let found = SUBSIDIES.into_iter().find(|(kind, ..)| *kind == subsidy);
    found.map_or("", |(_, _, zh, en)| lang.pick(zh, en))
}

impl AskedSlice {
    /// Read, and narrowed to the person's region.
    pub(super) fn read(&self, session: &Session) -> Result<SliceFilter, PageError> {
        let wrong = |field, zh: &str, en: &str| PageError::field(field, zh, en);
        let region = match self.region.as_str() {
            "" => None,
            text => Some(Region::parse(text).map_err(|error| wrong("region", error.zh(), &error.to_string()))?),
        };
        let subsidy = match self.subsidy.as_str() {
            "" => None,
            code => {
                let found = SUBSIDIES.into_iter().find(|(_, word, ..)| *word == code);
                Some(found.ok_or_else(|| wrong("subsidy", "没有此项补贴", "There is no such subsidy."))?.0)
            }
        };
        let month = match self.month.as_str() {
            "" => None,
            text => Some(Month::parse(text).map_err(|error| wrong("month", error.zh(), &error.to_string()))?),
        };
        let batch = match self.batch.trim() {
            "" => None,
            text => {
                let found = BatchId::parse(text);
                Some(found.ok_or_else(|| wrong("batch", "没有此批次编号", "This names no batch."))?)
            }
        };
        Ok(SliceFilter { within: narrow(&session.caller, region)?, batch, subsidy, month })
    }

    /// The address of a page with this slice, and whatever else it asks for.
    pub(super) fn address(&self, page: &str, more: &[(&str, &str)]) -> String {
        let own =
            [("region", &self.region), ("subsidy", &self.subsidy), ("month", &self.month), ("batch", &self.batch)];
        let own = own.into_iter().map(|(name, value)| (name, value.as_str()));
        let pairs: Vec<_> = own.chain(more.iter().copied()).filter(|(_, value)| !value.is_empty()).collect();
        if pairs.is_empty() {
            return page.to_owned();
        }
        format!("{page}?{}", Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// The form that narrows a page. `more` stands before its button. Where no month narrows the page none is asked for; the one that was
    /// chosen is kept for the other pages.
    pub(super) fn form(&self, session: &Session, page: &str, by_month: bool, more: Markup) -> Markup {
        let lang = session.lang;
        let places = session.places();
        let all = lang.pick("全部", "all");
        let regions: Vec<(String, String)> = std::iter::once((String::new(), all.to_owned()))
            .chain(places.into_iter().map(|(region, name)| (region.to_string(), format!("{name} {region}"))))
            .collect();
        let regions: Vec<_> = regions.iter().map(|(code, words)| (code.as_str(), words.as_str())).collect();
        let subsidies = SUBSIDIES.map(|(_, code, zh, en)| (code, lang.pick(zh, en)));
        let subsidies: Vec<_> = std::iter::once(("", all)).chain(subsidies).collect();
        html! {
            form.filters method="get" action=(page) role="search" aria-label=(lang.pick("筛选", "Filter")) {
                (parts::select(lang.pick("地区", "Place"), "region", &regions, &self.region))
                (parts::select(lang.pick("补助", "Subsidy"), "subsidy", &subsidies, &self.subsidy))
                @if by_month { (parts::field(lang.pick("月份", "Month"), "month", "month", &self.month, None)) }
                @else if !self.month.is_empty() { (parts::hidden("month", &self.month)) }
                (parts::field(lang.pick("批次编号", "Batch id"), "batch", "text", &self.batch, None))
                (more)
                (parts::submit(lang.pick("查看", "Show"), false))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_in_its_address_and_nothing_else_is() {
        let asked = AskedSlice { region: "371502".into(), month: "2022-10".into(), ..AskedSlice::default() };
        assert_eq!(asked.address("/console/ledger", &[]), "/console/ledger?region=371502&month=2022-10");
        let more = [("after", "7"), ("kind", "")];
        assert_eq!(AskedSlice::default().address("/console/ledger", &more), "/console/ledger?after=7");
        let hostile = AskedSlice { region: "&x=\"<".into(), ..AskedSlice::default() };
        assert_eq!(hostile.address("/p", &[]), "/p?region=%26x%3D%22%3C");
    }
}
