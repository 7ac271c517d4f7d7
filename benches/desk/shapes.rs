//! What the desk is asked for, one shape after another, each many times at other places.

use std::time::Instant;

use hufu::domain::identity::Region;
use hufu::domain::suspect::stake::{Band, Stake};
use hufu::domain::suspect::{SuspectId, SuspectRule, SuspectState};
use hufu::store::Store;
use hufu::store::record::SuspectFilter;
use hufu::store::record::desk::{SuspectOrder, SuspectSearch};

use super::load::{Town, person};

/// Something that is asked for again and again.
pub(crate) struct Ask {
    name: String,
    what: What,
}

enum What {
    /// The list, at places of its order that differ from call to call.
    List {
        filter: SuspectFilter,
        is_deep: bool,
        suspects: i64,
    },
    /// A search for one of these.
    Search(Vec<String>),
    Desk(Region),
    One(Vec<SuspectId>),
}

/// Milliseconds, and the rows of the last answer.
pub(crate) struct Taken {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
    pub(crate) rows: usize,
}

impl Ask {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) async fn measure(&self, store: &Store, calls: usize) -> Taken {
        let (mut taken, mut rows) = (Vec::with_capacity(calls), 0);
        for call in 0..calls {
            let started = Instant::now();
            rows = self.once(store, call).await;
            taken.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        taken.sort_by(f64::total_cmp);
        let at = |share: usize| taken[(calls * share / 1_000).min(calls - 1)];
        Taken { p50: at(500), p99: at(990), max: at(1_000), rows }
    }

    async fn once(&self, store: &Store, call: usize) -> usize {
        let access = super::access();
        match &self.what {
            What::List { filter, is_deep, suspects } => {
                let mut filter = filter.clone();
                if *is_deep {
                    filter.order = deep(filter.order, filter.band, call, *suspects);
                }
                store.suspect_page(&filter, &access).await.expect("a page").suspects.len()
            }
            What::Search(texts) => {
                let text = texts[call % texts.len()].clone();
                let search = Some(SuspectSearch::Text(text));
                let filter = SuspectFilter { search, ..SuspectFilter::newest(Region::MINISTRY, 50) };
                let page = store.suspect_page(&filter, &access).await.expect("a page");
                assert!(!page.suspects.is_empty() && !page.is_too_broad, "it is found");
                page.suspects.len()
            }
            What::Desk(region) => store.desk_overview(*region, &access).await.expect("numbers").overdue.len(),
            What::One(ids) => store
                .suspect(ids[call % ids.len()], Region::MINISTRY, &access)
                .await
                .expect("a suspect")
                .map_or(0, |it| it.desks.len()),
        }
    }
}

/// A place somewhere in the order.
fn deep(order: SuspectOrder, band: Option<Band>, call: usize, suspects: i64) -> SuspectOrder {
    let part = (call as i64 * 7_919) % 1_000;
    match order {
        SuspectOrder::Newest { .. } => SuspectOrder::Newest { before: Some(suspects * part / 1_000 + 1) },
        SuspectOrder::Risk { .. } => {
            let (low, _) = Stake::risks_of(band.unwrap_or(Band::Stoppable));
            SuspectOrder::Risk { after: Some((low + part * 449_000_000, i64::MAX)) }
        }
    }
}

pub(crate) async fn all(store: &Store, town: &Town) -> Vec<Ask> {
    let last = store.suspects(&SuspectFilter::newest(Region::MINISTRY, 200), &super::access()).await.expect("suspects");
    let suspects = last.first().map_or(0, |it| it.sequence);
    let region = |code| Region::parse(code).expect("a region");
    let (ministry, province, county) = (Region::MINISTRY, region("370000"), region("370102"));
    let risk = SuspectOrder::Risk { after: None };
    let newest = SuspectOrder::Newest { before: None };
    let rule = Some(SuspectRule::PersonTwoProvinces);
    let of = |within, order| SuspectFilter { order, ..SuspectFilter::newest(within, 50) };
    let at_work = SuspectState::AT_WORK.to_vec();
    let closed = vec![SuspectState::Confirmed, SuspectState::Dismissed];
    let assignee = Some("lc/p7".to_owned());
    let shapes = [
        ("all, by risk", of(ministry, risk)),
        ("all, newest", of(ministry, newest)),
        ("a province, by risk", of(province, risk)),
        ("a county, by risk", of(county, risk)),
        ("at work, by risk", SuspectFilter { states: at_work.clone(), ..of(ministry, risk) }),
        ("at work, newest", SuspectFilter { states: at_work.clone(), ..of(ministry, newest) }),
        ("one rule, by risk", SuspectFilter { rule, ..of(ministry, risk) }),
        ("one rule, newest", SuspectFilter { rule, ..of(ministry, newest) }),
        ("closed, newest", SuspectFilter { states: closed, ..of(province, newest) }),
        ("one band, by risk", SuspectFilter { band: Some(Band::Recoverable), ..of(ministry, risk) }),
        ("one band, newest", SuspectFilter { band: Some(Band::Recoverable), ..of(ministry, newest) }),
        (
            "rule, states and band, by risk",
            SuspectFilter { rule, states: at_work.clone(), band: Some(Band::Stoppable), ..of(ministry, risk) },
        ),
        ("one person's, by risk", SuspectFilter { assignee: assignee.clone(), ..of(ministry, risk) }),
        ("one person's, newest", SuspectFilter { assignee, ..of(ministry, newest) }),
        ("all, by risk, 500 a page", SuspectFilter { limit: 500, ..of(ministry, risk) }),
        ("at work, newest, 500 a page", SuspectFilter { limit: 500, states: at_work, ..of(ministry, newest) }),
    ];
    let mut asks = Vec::new();
    for (name, filter) in shapes {
        for (word, is_deep) in [("first page", false), ("deep pages", true)] {
            let what = What::List { filter: filter.clone(), is_deep, suspects };
            asks.push(Ask { name: format!("list: {name}: {word}"), what });
        }
    }
    // Those that are searchable were opened first.
    let early = (0..200).map(|it| it * 200);
    let search = |name: &str, texts: Vec<String>| Ask { name: format!("search: {name}"), what: What::Search(texts) };
    let part = |name: String| name.chars().skip(2).take(4).collect::<String>();
    asks.push(search("part of an enterprise's name", early.clone().map(|it| part(town.name(it))).collect()));
    asks.push(search("an enterprise's whole name", early.clone().map(|it| town.name(it)).collect()));
    asks.push(search("an enterprise's code", early.clone().map(|it| town.code(it).as_str().to_owned()).collect()));
    asks.push(search(
        "a person's number",
        early.clone().map(|it| person(it).resident_id.as_str().to_owned()).collect(),
    ));
    asks.push(search("a person's name", early.map(|it| person(it).name.as_str().to_owned()).collect()));
    asks.push(search("a claim's id", last.iter().map(|it| it.second.claim_id.to_string()).collect()));
    for (name, within) in [("the ministry", ministry), ("a province", province), ("a county", county)] {
        asks.push(Ask { name: format!("the desk in numbers: {name}"), what: What::Desk(within) });
    }
    asks.push(Ask { name: "one suspect".into(), what: What::One(last.iter().map(|it| it.suspect_id).collect()) });
    asks
}
