//! The list of suspects over the wire: by risk, page after page, narrowed and searched; the desk in numbers; and views that are kept.

use hufu::proto::suspects::v1 as pb;
use tonic::Status;

use super::refused;
use crate::support::people::{firm, graduate};
use crate::support::{Caller, Harness, eventually, on_both_databases};

const INVALID: &str = "InvalidArgument FIELDS_INVALID";
const OUTSIDE: &str = "PermissionDenied REGION_OUTSIDE_CALLER";

impl Caller {
    async fn list(&self, request: pb::ListSuspectsRequest) -> Result<pb::ListSuspectsResponse, Status> {
        Ok(self.suspect_desk().list_suspects(request).await?.into_inner())
    }

    async fn desk(&self, region: &str) -> Result<pb::GetDeskResponse, Status> {
        let request = pb::GetDeskRequest { region: region.to_owned() };
        Ok(self.suspect_desk().get_desk(request).await?.into_inner())
    }

    async fn found(&self, text: &str) -> usize {
        let request = pb::ListSuspectsRequest { text: text.to_owned(), ..Default::default() };
        self.list(request).await.unwrap().suspects.len()
    }

    async fn keep(&self, name: &str, query: &str) -> Result<(), Status> {
        let request =
            pb::SaveViewRequest { person: "wang.li".to_owned(), name: name.to_owned(), query: query.to_owned() };
        self.suspect_desk().save_view(request).await.map(drop)
    }

    async fn kept(&self, person: &str) -> Vec<(String, String)> {
        let request = pb::ListViewsRequest { person: person.to_owned() };
        let views = self.suspect_desk().list_views(request).await.unwrap().into_inner().views;
        views.into_iter().map(|it| (it.name, it.query)).collect()
    }
}

fn by_risk(page_size: i32) -> pb::ListSuspectsRequest {
    pb::ListSuspectsRequest { page_size, order: pb::SuspectOrder::Risk.into(), ..Default::default() }
}

/// Every page of a list; the state is the caller's own desk's.
async fn pages(caller: &Caller, mut request: pb::ListSuspectsRequest) -> Vec<pb::Suspect> {
    let mut listed = Vec::new();
    loop {
        let page = caller.list(request.clone()).await.unwrap();
        listed.extend(page.suspects);
        if page.next_page_token.is_empty() {
            return listed;
        }
        request.page_token = page.next_page_token;
    }
}

async fn suspects_are_listed_by_risk_and_by_what_is_asked_for(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    for name in ["王小明", "李大勇", "赵春华", "钱德胜", "孙玉兰"] {
        let person = graduate(name).hired_by(&a).known_to(hufu);
        person.claim().submit(&county).await;
        person.claim().by(&b).submit(&county).await;
    }
    let all = eventually("all are weighed", async || {
        let all = pages(&county, by_risk(2)).await;
        (all.len() == 5 && all.iter().all(|it| it.stake.is_some())).then_some(all)
    })
    .await;
    let risks: Vec<i64> = all.iter().map(|it| it.stake.as_ref().unwrap().risk).collect();
    assert!(risks.is_sorted_by(|a, b| a >= b), "{risks:?}");
    let mut ids: Vec<&str> = all.iter().map(|it| it.suspect_id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each once");

    county.judge(&all[0].suspect_id, "wang.li", pb::SuspectDecision::Confirm).await.unwrap();
    let of = |states: &[pb::SuspectState]| pb::ListSuspectsRequest {
        states: states.iter().map(|it| (*it).into()).collect(),
        ..by_risk(2)
    };
    assert_eq!(pages(&county, of(&[pb::SuspectState::Open])).await.len(), 4);
    let closed = pages(&county, of(&[pb::SuspectState::Confirmed, pb::SuspectState::Dismissed])).await;
    assert_eq!(closed.iter().map(|it| &it.suspect_id).collect::<Vec<_>>(), [&all[0].suspect_id]);
    let band = |band: pb::SuspectBand| pb::ListSuspectsRequest { band: band.into(), ..by_risk(2) };
    assert_eq!(pages(&county, band(pb::SuspectBand::Stoppable)).await.len(), 5);
    assert!(pages(&county, band(pb::SuspectBand::Recoverable)).await.is_empty());
    let of_rule = |rule: &str| pb::ListSuspectsRequest { rule: rule.to_owned(), ..by_risk(2) };
    assert_eq!(pages(&county, of_rule("person_two_enterprises")).await.len(), 5);
    assert!(pages(&county, of_rule("enterprise_twice")).await.is_empty());

    let refuse = async |change: fn(&mut pb::ListSuspectsRequest)| {
        let mut request = by_risk(2);
        change(&mut request);
        refused(county.list(request).await)
    };
    assert_eq!(refuse(|it| it.page_token = "5".to_owned()).await, INVALID);
    assert_eq!(refuse(|it| it.text = "字".repeat(65)).await, INVALID);
    assert_eq!(refuse(|it| it.states = vec![77]).await, INVALID);
    assert_eq!(refuse(|it| it.region = "410000".to_owned()).await, OUTSIDE);
}

async fn a_search_finds_what_its_reader_may_see(hufu: &Harness) {
    let (here, there) = (hufu.office("371502"), hufu.office("410902"));
    let (a, away) = (firm("聊城甲公司").known_to(hufu), firm("濮阳软件").in_region("410902").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    wang.claim().submit(&here).await;
    wang.claim().by(&away).submit(&there).await;
    eventually("it is entered", async || (here.found("聊城").await == 1).then_some(())).await;
    for (text, is_here, is_there) in [
        ("聊城甲", 1, 0),
        ("濮阳", 0, 1),
        (a.uscc.as_str(), 1, 0),
        (away.uscc.as_str(), 0, 1),
        ("王小明", 1, 1),
        (wang.resident_id.as_str(), 1, 1),
        ("' OR 1=1 --", 0, 0),
        ("%", 0, 0),
    ] {
        assert_eq!((here.found(text).await, there.found(text).await), (is_here, is_there), "{text}");
    }
    let elsewhere = hufu.office("371521");
    assert_eq!(elsewhere.found("王小明").await, 0);
}

async fn the_desk_tells_its_numbers(hufu: &Harness) {
    let county = hufu.office("371502");
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    for name in ["王小明", "李大勇", "赵春华"] {
        let person = graduate(name).hired_by(&a).known_to(hufu);
        person.claim().submit(&county).await;
        person.claim().by(&b).submit(&county).await;
    }
    let all = county.suspects().await;
    county.judge(&all[0].suspect_id, "wang.li", pb::SuspectDecision::Confirm).await.unwrap();
    let desk = eventually("all are weighed", async || {
        let desk = county.desk("").await.unwrap();
        let stoppable = desk.tallies.iter().filter(|it| it.band() == pb::SuspectBand::Stoppable);
        (stoppable.map(|it| it.suspects).sum::<i64>() == 3).then_some(desk)
    })
    .await;
    let count = |state: pb::SuspectState| {
        let of = desk.tallies.iter().filter(|it| it.state() == state);
        of.map(|it| (it.suspects, it.amount_fen)).fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1))
    };
    assert_eq!(count(pb::SuspectState::Open), (2, 300_000));
    assert_eq!(count(pb::SuspectState::Confirmed), (1, 150_000));
    let [precision] = &desk.precisions[..] else { panic!("one rule") };
    assert_eq!((precision.rule.as_str(), precision.confirmed), ("person_two_enterprises", 1));
    assert_eq!((desk.weeks.len(), desk.weeks[25].opened, desk.weeks[25].confirmed), (26, 3, 1));
    assert!(desk.alarms.is_empty() && desk.overdue.is_empty());
    assert!(hufu.office("410902").desk("").await.unwrap().tallies.is_empty());
    assert_eq!(refused(county.desk("410000").await), OUTSIDE);
}

async fn a_person_keeps_views(hufu: &Harness) {
    let county = hufu.office("371502");
    county.keep("本周", "order=risk&state=open").await.unwrap();
    county.keep("我的", "assignee=wang.li").await.unwrap();
    let kept = |name: &str, query: &str| (name.to_owned(), query.to_owned());
    let mut expected = [kept("本周", "order=risk&state=open"), kept("我的", "assignee=wang.li")];
    expected.sort();
    assert_eq!(county.kept("wang.li").await, expected);
    assert!(county.kept("li.na").await.is_empty());
    county.keep("本周", "").await.unwrap();
    assert_eq!(county.kept("wang.li").await, [kept("我的", "assignee=wang.li")]);
    let person = graduate("王小明").hired_by(&firm("甲公司").known_to(hufu)).known_to(hufu);
    let number = format!("text={}", person.resident_id.as_str());
    for (name, query) in [("", "a=1"), ("一", number.as_str()), (&"字".repeat(33), "a=1"), ("一", &"a".repeat(1_001))]
    {
        assert_eq!(refused(county.keep(name, query).await), INVALID);
    }
    for number in 1..50 {
        county.keep(&format!("v{number}"), "a=1").await.unwrap();
    }
    assert_eq!(refused(county.keep("more", "a=1").await), "FailedPrecondition TOO_MANY_VIEWS");
}

on_both_databases! {
    suspects_are_listed_by_risk_and_by_what_is_asked_for,
    a_search_finds_what_its_reader_may_see,
    the_desk_tells_its_numbers,
    a_person_keeps_views,
}
