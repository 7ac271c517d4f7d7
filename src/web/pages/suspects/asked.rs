//! What a list is asked for, as the address says it: a list that somebody looks at can be sent to a colleague as it is.

use serde::Deserialize;
use url::form_urlencoded;

use crate::domain::caller::Caller;
use crate::domain::identity::Region;
use crate::domain::rights::narrow;
use crate::domain::suspect::stake::Band;
use crate::domain::suspect::{SuspectRule, SuspectState};
use crate::workflows::record::SuspectFilter;
use crate::workflows::record::desk::{SEARCH_CHARACTERS_MAX, SuspectOrder, SuspectSearch};

/// The list's own address.
pub(in crate::web) const LIST: &str = "/console/suspects";
/// Suspects on a page where none is said, and at most.
pub(in crate::web) const PAGE_DEFAULT: u32 = 50;
pub(in crate::web) const PAGE_MAX: u32 = 200;
pub(in crate::web) const PAGE_SIZES: [u32; 3] = [25, PAGE_DEFAULT, PAGE_MAX];
/// Of states: closed ones too.
pub(in crate::web) const ANY: &str = "any";

/// The query part of the address, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Query {
    pub(in crate::web) text: String,
    pub(in crate::web) rule: String,
    /// `any`, or states by their codes, each by itself or separated by commas.
    pub(in crate::web) state: Vec<String>,
    pub(in crate::web) band: String,
    /// `me`, or a person's id.
    pub(in crate::web) assignee: String,
    pub(in crate::web) region: String,
    /// `risk` where it is not said, or `newest`.
    pub(in crate::web) order: String,
    pub(in crate::web) size: String,
    /// Where the page begins, as the order has it.
    pub(in crate::web) after: String,
}

/// The same, every word of it known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Asked {
    pub(in crate::web) text: String,
    pub(in crate::web) rule: Option<SuspectRule>,
    /// Empty stands for those at work; for all where a search is made.
    pub(in crate::web) states: Vec<SuspectState>,
    /// Closed ones too.
    pub(in crate::web) any_state: bool,
    pub(in crate::web) band: Option<Band>,
    pub(in crate::web) assignee: String,
    pub(in crate::web) region: Option<Region>,
    pub(in crate::web) order: SuspectOrder,
    pub(in crate::web) size: u32,
}

/// Which part of an address is not known; an unknown filter shows nothing, never more than was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Unreadable {
    Text,
    Rule,
    State,
    Band,
    Region,
    Order,
    Size,
    After,
}

impl Query {
    /// Reads every word of it.
    pub(in crate::web) fn read(&self) -> Result<Asked, Unreadable> {
        let text = self.text.trim().to_owned();
        if text.chars().count() > SEARCH_CHARACTERS_MAX {
            return Err(Unreadable::Text);
        }
        // Several of them may stand in one word: a select has one value for them all.
        let codes = || self.state.iter().flat_map(|word| word.split(','));
        let any_state = codes().any(|code| code == ANY);
        let named = codes().filter(|code| !code.is_empty() && *code != ANY);
        let states = named.map(SuspectState::from_code);
        Ok(Asked {
            text,
            rule: known(&self.rule, SuspectRule::from_code, Unreadable::Rule)?,
            states: states.collect::<Option<Vec<_>>>().ok_or(Unreadable::State)?,
            any_state,
            band: known(&self.band, Band::from_code, Unreadable::Band)?,
            assignee: self.assignee.trim().to_owned(),
            region: known(&self.region, |code| Region::parse(code).ok(), Unreadable::Region)?,
            order: self.order()?,
            size: known(&self.size, |size| size.parse().ok(), Unreadable::Size)?
                .unwrap_or(PAGE_DEFAULT)
                .clamp(1, PAGE_MAX),
        })
    }

    fn order(&self) -> Result<SuspectOrder, Unreadable> {
        let order = match self.order.as_str() {
            "" | "risk" => SuspectOrder::Risk { after: None },
            "newest" => SuspectOrder::Newest { before: None },
            _ => return Err(Unreadable::Order),
        };
        Ok(known(&self.after, |place| order.from_place(place), Unreadable::After)?.unwrap_or(order))
    }
}

fn known<T>(word: &str, read: impl FnOnce(&str) -> Option<T>, fault: Unreadable) -> Result<Option<T>, Unreadable> {
    let word = word.trim();
    if word.is_empty() { Ok(None) } else { read(word).map(Some).ok_or(fault) }
}

impl Asked {
    /// What the gateway is asked. `None` for a region that is not the caller's to ask about.
    pub(in crate::web) fn filter(&self, caller: &Caller, me: &str) -> Option<SuspectFilter> {
        let within = narrow(caller, self.region).ok()?;
        let assignee = match self.assignee.as_str() {
            "" => None,
            "me" => Some(me.to_owned()),
            named if named.contains('/') => Some(named.to_owned()),
            named => Some(format!("{}/{}", caller.organization, named.to_ascii_lowercase())),
        };
        let search = Some(self.text.clone()).filter(|text| !text.is_empty()).map(SuspectSearch::Text);
        Some(SuspectFilter {
            within,
            seen_from: caller.region,
            rule: self.rule,
            states: self.states_asked(),
            band: self.band,
            assignee,
            search,
            order: self.order,
            limit: self.size,
        })
    }

    /// Who searches looks for one suspect, wherever it stands; who does not, for work.
    fn states_asked(&self) -> Vec<SuspectState> {
        match self.states.is_empty() && !self.any_state && self.text.is_empty() {
            true => SuspectState::AT_WORK.to_vec(),
            false if self.any_state => Vec::new(),
            false => self.states.clone(),
        }
    }

    /// Whether anything narrows the list.
    pub(in crate::web) fn is_narrowed(&self) -> bool {
        let Self { text, rule, states, any_state: _, band, assignee, region, order: _, size: _ } = self;
        !text.is_empty()
            || rule.is_some()
            || !states.is_empty()
            || band.is_some()
            || !assignee.is_empty()
            || region.is_some()
    }

    /// The query part of this list's address, from its first page on.
    pub(in crate::web) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut said = |key: &str, word: &str| {
            if !word.is_empty() {
                query.append_pair(key, word);
            }
        };
        said("text", &self.text);
        said("rule", self.rule.map(SuspectRule::code).unwrap_or_default());
        self.states.iter().for_each(|state| said("state", state.code()));
        said("state", if self.any_state { ANY } else { "" });
        said("band", self.band.map(Band::code).unwrap_or_default());
        said("assignee", &self.assignee);
        said("region", self.region.as_ref().map(Region::as_str).unwrap_or_default());
        if matches!(self.order, SuspectOrder::Newest { .. }) {
            said("order", "newest");
        }
        if self.size != PAGE_DEFAULT {
            said("size", &self.size.to_string());
        }
        query.finish()
    }

    /// The address of this list.
    pub(in crate::web) fn address(&self) -> String {
        at(LIST, &self.query())
    }

    /// The address of the page that begins there.
    pub(in crate::web) fn address_from(&self, next: SuspectOrder) -> String {
        let Some(token) = next.place() else { return self.address() };
        let mut query = form_urlencoded::Serializer::new(self.query());
        at(LIST, &query.append_pair("after", &token).finish())
    }

    /// Whether this is another page than the first.
    pub(in crate::web) fn goes_on(&self) -> bool {
        self.order.place().is_some()
    }

    /// The same list changed.
    pub(in crate::web) fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = self.clone();
        // Another list begins at its own first page.
        other.order = other.order.from_start();
        change(&mut other);
        other
    }
}

fn at(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(change: impl FnOnce(&mut Query)) -> Result<Asked, Unreadable> {
        let mut query = Query::default();
        change(&mut query);
        query.read()
    }

    #[test]
    fn what_a_list_was_asked_for_comes_back_from_its_address() {
        let told = asked(|it| {
            it.text = "青岛 & 海尔=一厂".into();
            it.rule = "person_two_provinces".into();
            it.state = vec!["open".into(), "assigned".into()];
            it.band = "stoppable".into();
            it.assignee = "me".into();
            it.region = "371502".into();
            it.order = "newest".into();
            it.size = "25".into();
        })
        .unwrap();
        let again: Query = axum_query(&told.query());
        assert_eq!(again.read().as_ref(), Ok(&told));
        assert_eq!(asked(|it| it.state = vec!["open,assigned".into()]).unwrap().states, told.states);
    }

    #[test]
    fn an_unknown_word_is_named_and_never_passed_over() {
        let check = |change: fn(&mut Query), fault| assert_eq!(asked(change), Err(fault));
        check(|it| it.rule = "no_such_rule".into(), Unreadable::Rule);
        check(|it| it.state = vec!["open".into(), "shut".into()], Unreadable::State);
        check(|it| it.state = vec!["open,shut".into()], Unreadable::State);
        check(|it| it.band = "all".into(), Unreadable::Band);
        check(|it| it.region = "99".into(), Unreadable::Region);
        check(|it| it.order = "oldest".into(), Unreadable::Order);
        check(|it| it.after = "7".into(), Unreadable::After);
        check(|it| it.after = "-1.7".into(), Unreadable::After);
        check(|it| it.text = "字".repeat(65), Unreadable::Text);
    }

    #[test]
    fn the_next_page_goes_on_after_the_last_suspect_shown() {
        let by_risk = asked(|_| {}).unwrap();
        let order = SuspectOrder::Risk { after: Some((70, 8)) };
        let next: Query = axum_query(by_risk.address_from(order).split_once('?').unwrap().1);
        assert_eq!(next.read().unwrap().order, order);
        let newest = asked(|it| it.order = "newest".into()).unwrap();
        let order = SuspectOrder::Newest { before: Some(8) };
        let next: Query = axum_query(newest.address_from(order).split_once('?').unwrap().1);
        assert_eq!(next.read().unwrap().order, order);
    }

    fn axum_query(text: &str) -> Query {
        let uri = format!("/console/suspects?{text}").parse().unwrap();
        axum_extra::extract::Query::try_from_uri(&uri).unwrap().0
    }
}
