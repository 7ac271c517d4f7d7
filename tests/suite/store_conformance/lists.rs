//! Lists of suspects: in order and whole whatever is asked for, searched without telling for what, and counted as they move.

use std::collections::{BTreeMap, BTreeSet};

use hufu::domain::identity::EnterpriseName;
use hufu::domain::money::Fen;
use hufu::domain::suspect::desk::{DeskStep, DismissalReason, NewFact};
use hufu::domain::suspect::stake::{Band, Stake};
use hufu::domain::suspect::view::{ViewName, ViewQuery};
use hufu::domain::suspect::{SuspectRule, SuspectState};
use hufu::store::Store;
use hufu::store::record::desk::{
    DeskAct, DeskOutcome, DeskWork, Precision, SaveViewOutcome, SuspectOrder, SuspectSearch, Tally,
};
use hufu::store::record::weigh::{WeighedSuspect, Weighing, WeighingOutcome};
use hufu::store::record::{SuspectFilter, SuspectRecord};

use super::cases::{actor, fresh, person as operator};
use super::harness::*;
use super::on_both;

const SHANDONG: &str = "370000";
const HENAN: &str = "410000";
const EVERYWHERE: [&str; 6] = ["000000", SHANDONG, "371500", "371502", HENAN, "410102"];

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn stake(&mut self) -> Stake {
        let weight = u16::try_from(self.below(1_001)).unwrap();
        // Few amounts, so that many have the same risk.
        let amount = Fen::new(self.below(3).cast_signed() * 150_000);
        Stake::new(self.of(&Band::ALL), amount, weight / 500 * 500, self.below(3).cast_signed() * 10)
    }
}

/// Opens suspects of several rules and places: in one county, and in two provinces.
async fn open_some(store: &Store, from: u16, count: u16) {
    for number in from..from + count {
        let (one, other) = (u32::from(number) * 2, u32::from(number) * 2 + 1);
        let (there, second) = match number % 3 {
            0 => ("371502", other),
            1 => ("410102", other),
            _ => ("371502", one),
        };
        submit(store, Draft::graduate(number, one)).await;
        submit(store, Draft::graduate(number, second).in_region(there)).await;
    }
}

/// Weighs what was not weighed yet, and enters by what it is found.
async fn weigh_opened(store: &Store, dice: &mut Dice) {
    loop {
        let seen = store.weighing_progress().await.unwrap();
        let opened = store.suspects_opened_after(seen.suspects).await.unwrap();
        let Some(suspects) = opened.last() else { return };
        let opened = opened.suspects;
        let weighed = opened.iter().map(|it| weighed(it.sequence, dice.stake())).collect();
        let weighing = Weighing {
            seen,
            suspects,
            claims: seen.claims,
            weighed,
            opened,
            put_off: Vec::new(),
            claims_read: 0,
            at: at(200),
        };
        assert!(matches!(store.record_weighing(weighing).await.unwrap(), WeighingOutcome::Written { .. }));
    }
}

/// Weighs some anew.
async fn weigh_again(store: &Store, stakes: Vec<(i64, Stake)>) {
    let seen = store.weighing_progress().await.unwrap();
    let weighed = stakes.into_iter().map(|(sequence, stake)| weighed(sequence, stake)).collect();
    let (suspects, claims) = (seen.suspects, seen.claims);
    let weighing = Weighing {
        seen,
        suspects,
        claims,
        weighed,
        opened: Vec::new(),
        put_off: Vec::new(),
        claims_read: 0,
        at: at(210),
    };
    assert!(matches!(store.record_weighing(weighing).await.unwrap(), WeighingOutcome::Written { .. }));
}

fn weighed(sequence: i64, stake: Stake) -> WeighedSuspect {
    WeighedSuspect { sequence, stake, due_on: None, weigh_at: None }
}

/// Takes a step at the desk of a place, if it can be taken.
async fn step(store: &Store, suspect: &SuspectRecord, place: &str, who: &str, step: DeskStep, second: i64) -> bool {
    let work = DeskWork {
        actor: actor(),
        operator: operator(who),
        leads: true,
        within: region(place),
        province: None,
        step,
        words: "合同与参保记录".to_owned(),
        at: at(second),
    };
    let act = DeskAct { request: fresh(), suspect_id: suspect.suspect_id, version: None, work };
    matches!(store.desk_act(act).await.unwrap(), DeskOutcome::Done(_))
}

fn any_step(dice: &mut Dice) -> DeskStep {
    match dice.below(6) {
        0 => DeskStep::Assign { assignee: operator(dice.of(&["wang", "li"])) },
        1 => DeskStep::TakeUp,
        2 => DeskStep::Confirm,
        3 | 4 => DeskStep::Dismiss(dice.of(&DismissalReason::ALL)),
        _ => DeskStep::Reopen(NewFact::Report),
    }
}

/// Takes steps, some of which cannot be taken.
async fn work_some(store: &Store, dice: &mut Dice, steps: u64) {
    let all = suspects(store).await;
    for second in 0..steps.cast_signed() {
        let suspect = &all[usize::try_from(dice.below(all.len() as u64)).unwrap()];
        let (place, who) = (dice.of(&["371502", "410102"]), dice.of(&["wang", "li"]));
        // A week apart now and then, so that more than one week has something in it.
        step(store, suspect, place, who, any_step(dice), 300 + second * 86_400).await;
    }
}

/// A suspect's place in a scope, read behind the store's back.
#[derive(Debug)]
struct Row {
    sequence: i64,
    rule: String,
    state: String,
    risk: i64,
    assignee: String,
}

async fn rows(database: &Database, scope: &str) -> Vec<Row> {
    let rows = database
        .texts(
            "SELECT scope || ' ' || sequence || ' ' || rule || ' ' || state || ' ' || risk || ' ' || COALESCE(assignee, '-')
             FROM suspect_scope ORDER BY sequence",
        )
        .await;
    let read = |row: &String| {
        let [of, sequence, rule, state, risk, assignee] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let own = |text: &str| text.to_owned();
        (of == scope).then(|| Row {
            sequence: sequence.parse().unwrap(),
            rule: own(rule),
            state: own(state),
            risk: risk.parse().unwrap(),
            assignee: own(assignee),
        })
    };
    rows.iter().filter_map(read).collect()
}

/// What a list should be, by looking at everything.
fn expected(rows: &[Row], filter: &SuspectFilter) -> Vec<i64> {
    let mut rows: Vec<&Row> = rows
        .iter()
        .filter(|row| filter.rule.is_none_or(|it| it.code() == row.rule))
        .filter(|row| filter.states.is_empty() || filter.states.iter().any(|it| it.code() == row.state))
        .filter(|row| filter.assignee.as_ref().is_none_or(|it| *it == row.assignee))
        .filter(|row| {
            let (low, end) = filter.band.map_or((0, i64::MAX), Stake::risks_of);
            (low..end).contains(&row.risk)
        })
        .collect();
    match filter.order {
        SuspectOrder::Newest { .. } => rows.sort_by_key(|row| std::cmp::Reverse(row.sequence)),
        SuspectOrder::Risk { .. } => rows.sort_by_key(|row| std::cmp::Reverse((row.risk, row.sequence))),
    }
    rows.into_iter().map(|row| row.sequence).collect()
}

/// Everything a filter gives, page after page.
async fn paged(store: &Store, filter: &SuspectFilter) -> Vec<i64> {
    let (mut filter, mut listed) = (filter.clone(), Vec::new());
    loop {
        let page = store.suspect_page(&filter, &access("list")).await.unwrap();
        assert!(page.suspects.len() <= usize::try_from(filter.limit).unwrap());
        listed.extend(page.suspects.iter().map(|it| it.sequence));
        let Some(next) = page.next else { return listed };
        filter.order = next;
    }
}

fn every_filter(within: &str, limit: u32) -> Vec<SuspectFilter> {
    let rules = [None, Some(SuspectRule::PersonTwoProvinces), Some(SuspectRule::EnterpriseTwice)];
    let states = [vec![], vec![SuspectState::Open], vec![SuspectState::Confirmed, SuspectState::Dismissed]];
    let bands = [None, Some(Band::Stoppable), Some(Band::Nothing)];
    let assignees = [None, Some("lc/wang".to_owned())];
    let orders = [SuspectOrder::Newest { before: None }, SuspectOrder::Risk { after: None }];
    let mut filters = Vec::new();
    for rule in rules {
        for states in &states {
            for band in bands {
                for assignee in &assignees {
                    for order in orders {
                        let (states, assignee) = (states.clone(), assignee.clone());
                        let all = SuspectFilter::newest(region(within), limit);
                        filters.push(SuspectFilter { rule, states, band, assignee, order, ..all });
                    }
                }
            }
        }
    }
    filters
}

/// What is tallied, and what a recount gives: both as sorted texts.
async fn tallies_and_recount(database: &Database) -> [Vec<String>; 2] {
    let tallied = database
        .texts(
            "SELECT scope || ' ' || rule || ' ' || state || ' ' || band || ' ' || suspects || ' ' || amount_fen
             FROM suspect_tally WHERE suspects <> 0 OR amount_fen <> 0",
        )
        .await;
    let counted = database
        .texts(
            "SELECT scope || ' ' || rule || ' ' || state || ' ' || band || ' ' || COUNT(*) || ' ' || CAST(SUM(fen) AS BIGINT)
             FROM (
                SELECT scope.scope, scope.rule, scope.state, COALESCE(stake.band, 'nothing') AS band,
                    CASE WHEN claim.region LIKE (CASE WHEN scope.scope = '000000' THEN '%' WHEN scope.scope LIKE '%0000'
                        THEN substr(scope.scope, 1, 2) || '%' WHEN scope.scope LIKE '%00'
                        THEN substr(scope.scope, 1, 4) || '%' ELSE scope.scope END)
                    THEN COALESCE(stake.amount_fen, 0) ELSE 0 END AS fen
                FROM suspect_scope AS scope JOIN suspect ON suspect.sequence = scope.sequence
                    JOIN claim ON claim.claim_id = suspect.second_claim
                    LEFT JOIN suspect_stake AS stake ON stake.sequence = scope.sequence) AS placed
             GROUP BY scope, rule, state, band",
        )
        .await;
    [tallied, counted].map(|mut texts| {
        texts.sort();
        texts
    })
}

/// Opened, and judged less opened again, by place: from the flow.
async fn flow(database: &Database) -> BTreeMap<String, [i64; 2]> {
    let rows = database
        .texts("SELECT scope || ' ' || event || ' ' || CAST(SUM(suspects) AS BIGINT) FROM suspect_flow GROUP BY scope, event")
        .await;
    let mut flow: BTreeMap<String, [i64; 2]> = BTreeMap::new();
    for row in rows {
        let [scope, event, count] = row.split(' ').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let (at, count) = (flow.entry(scope.to_owned()).or_default(), count.parse::<i64>().unwrap());
        match event.split(':').next() {
            Some("opened") => at[0] += count,
            Some("reopened") => at[1] -= count,
            _ => at[1] += count,
        }
    }
    flow
}

async fn find(store: &Store, within: &str, text: &str) -> Vec<i64> {
    let search = Some(SuspectSearch::Text(text.to_owned()));
    let filter = SuspectFilter { search, ..SuspectFilter::newest(region(within), 100) };
    let page = store.suspect_page(&filter, &access("search-suspects")).await.unwrap();
    assert!(!page.is_too_broad);
    page.suspects.iter().map(|it| it.sequence).collect()
}

on_both! {
    /// After any openings, steps and weighings the numbers are those of a recount, and every scope shows its own desk.
    async fn what_is_tallied_is_what_a_recount_gives(database: &Database) {
        let store = database.open().await;
        let mut dice = Dice(17);
        for round in 0..4_u16 {
            open_some(&store, round * 12, 12).await;
            work_some(&store, &mut dice, 30).await;
            if round % 2 == 0 {
                weigh_opened(&store, &mut dice).await;
            }
            work_some(&store, &mut dice, 30).await;
            let again = (0..8).map(|it| (i64::from(round) + it, dice.stake())).filter(|(it, _)| *it > 0).collect();
            weigh_again(&store, again).await;
            let [tallied, counted] = tallies_and_recount(database).await;
            assert_eq!(tallied, counted, "round {round}");
        }
        let all = suspects(&store).await;
        assert_eq!(all.len(), 48);
        let flow = flow(database).await;
        for place in EVERYWHERE {
            let rows = rows(database, place).await;
            for row in &rows {
                let suspect = all.iter().find(|it| it.sequence == row.sequence).unwrap();
                let own = |province| place == "000000" || region(place).province() == province;
                let desks = suspect.desks.iter().filter(|it| own(it.province)).map(|it| it.desk.state);
                assert_eq!(Some(row.state.as_str()), desks.min().map(SuspectState::code), "{place} {}", row.sequence);
            }
            let closed = rows.iter().filter(|it| ["confirmed", "dismissed"].contains(&it.state.as_str())).count();
            assert_eq!(flow[place], [rows.len(), closed].map(|it| i64::try_from(it).unwrap()), "{place}");
        }
        store.close().await;
    }

    async fn a_list_is_whole_and_in_order_whatever_is_asked_for(database: &Database) {
        let store = database.open().await;
        let mut dice = Dice(4);
        open_some(&store, 0, 40).await;
        weigh_opened(&store, &mut dice).await;
        open_some(&store, 40, 8).await;
        work_some(&store, &mut dice, 120).await;
        let mut seen = BTreeSet::new();
        for place in ["000000", SHANDONG, "410102"] {
            let rows = rows(database, place).await;
            for filter in every_filter(place, 5) {
                let expected = expected(&rows, &filter);
                seen.insert(expected.len());
                assert_eq!(paged(&store, &filter).await, expected, "{filter:?}");
            }
        }
        assert!(seen.len() > 12, "the filters tell suspects apart: {seen:?}");
        let none = every_filter("371521", 5);
        for filter in none {
            assert!(paged(&store, &filter).await.is_empty());
        }
        store.close().await;
    }

    /// Between two pages some suspects get another risk: all others are listed, and once.
    async fn what_stays_where_it_is_is_listed_once_while_others_move(database: &Database) {
        let store = database.open().await;
        let mut dice = Dice(99);
        open_some(&store, 0, 40).await;
        weigh_opened(&store, &mut dice).await;
        let mut filter = SuspectFilter { order: SuspectOrder::Risk { after: None }, ..SuspectFilter::newest(region("000000"), 6) };
        let (mut listed, mut moved) = (Vec::new(), BTreeSet::new());
        loop {
            let page = store.suspect_page(&filter, &access("list")).await.unwrap();
            listed.extend(page.suspects.iter().map(|it| it.sequence));
            let Some(next) = page.next else { break };
            filter.order = next;
            let stakes: Vec<_> = (0..3).map(|_| (dice.below(40).cast_signed() + 1, dice.stake())).collect();
            let stakes: BTreeMap<i64, Stake> = stakes.into_iter().collect();
            moved.extend(stakes.keys().copied());
            weigh_again(&store, stakes.into_iter().collect()).await;
        }
        for sequence in (1..=40).filter(|it| !moved.contains(it)) {
            assert_eq!(listed.iter().filter(|it| **it == sequence).count(), 1, "{sequence}");
        }
        assert!(moved.len() > 10 && moved.len() < 30, "{}", moved.len());
        store.close().await;
    }

    async fn suspects_are_found_by_what_a_reader_may_see_of_them(database: &Database) {
        let store = database.open().await;
        let named = |mut draft: Draft, name: &str| {
            draft.claim.enterprise_name = EnterpriseName::parse(name).ok();
            draft
        };
        let first = named(Draft::graduate(1, 1), "聊城光明电子有限公司");
        let claim = first.id();
        submit(&store, first).await;
        submit(&store, named(Draft::graduate(1, 2).in_region("410102"), "郑州宏图 (Hongtu) 贸易有限公司")).await;
        submit(&store, named(Draft::graduate(2, 3), "聊城光华机械有限公司")).await;
        submit(&store, named(Draft::graduate(2, 4), "济南鸿运物流有限公司")).await;
        let unweighed = suspects(&store).await[0].suspect_id.to_string();
        assert_eq!(find(&store, SHANDONG, &unweighed).await, [1], "its own id is known before it is weighed");
        weigh_opened(&store, &mut Dice(1)).await;
        for (text, expected) in [
            ("聊城", &[2, 1][..]),
            ("光明", &[1]),
            ("聊城 机械", &[2]),
            (" 光明电子有限公司 ", &[1]),
            ("明光", &[]),
            ("鸿运", &[2]),
            ("聊城 物流", &[]),
            (enterprise(3).as_str(), &[2]),
            (enterprise(9).as_str(), &[]),
            (resident_id(2).as_str(), &[2]),
            (resident_id(7).as_str(), &[]),
            ("欧阳明月", &[2, 1]),
            ("欧阳", &[]),
            (&claim.to_string(), &[1]),
            (&claim.to_string().to_uppercase(), &[1]),
        ] {
            assert_eq!(find(&store, SHANDONG, text).await, expected, "{text}");
        }
        // The other province's enterprise is for the other province and the ministry to find.
        for text in ["宏图", "hongtu", enterprise(2).as_str()] {
            assert_eq!(find(&store, SHANDONG, text).await, [0; 0], "{text}");
            assert_eq!(find(&store, "371502", text).await, [0; 0], "{text}");
            assert_eq!(find(&store, HENAN, text).await, [1], "{text}");
            assert_eq!(find(&store, "000000", text).await, [1], "{text}");
        }
        assert_eq!(find(&store, HENAN, &claim.to_string()).await, [0; 0]);
        assert_eq!(find(&store, HENAN, resident_id(1).as_str()).await, [1], "of one person both see the person");
        let narrowed = SuspectFilter {
            seen_from: region("000000"),
            search: Some(SuspectSearch::Text("宏图".to_owned())),
            ..SuspectFilter::newest(region(SHANDONG), 9)
        };
        assert_eq!(store.suspects(&narrowed, &access("search-suspects")).await.unwrap().len(), 1);
        let both = SuspectFilter {
            rule: Some(SuspectRule::PersonTwoProvinces),
            search: Some(SuspectSearch::Text("聊城".to_owned())),
            order: SuspectOrder::Risk { after: None },
            ..SuspectFilter::newest(region(SHANDONG), 9)
        };
        assert_eq!(paged(&store, &both).await, [1], "a search is narrowed by the rest of the filter");
        let told = database.texts("SELECT detail FROM audit_entry WHERE action = 'suspects-read'").await;
        assert!(told.iter().any(|it| it.starts_with("purpose=search-suspects count=")));
        assert!(told.iter().all(|it| it.is_ascii() && !it.contains(resident_id(2).as_str())), "{told:?}");
        store.close().await;
    }

    async fn hostile_text_finds_nothing_and_breaks_nothing(database: &Database) {
        let store = database.open().await;
        open_some(&store, 0, 3).await;
        weigh_opened(&store, &mut Dice(1)).await;
        let long = "光".repeat(65);
        for text in [
            "", " ", "%", "%%", "_", "' OR 1=1 --", "\"; DROP TABLE suspect; --", "\\", "(", "*", "\u{0}", "a\u{0}b",
            "\u{202e}司公限有", "🂡🂢", "٣٤", "{input}", "$1", ",:,", &long, "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(find(&store, "000000", text).await, [0; 0], "{text:?}");
        }
        assert_eq!(suspects(&store).await.len(), 3);
        store.close().await;
    }

    async fn words_that_mean_too_many_enterprises_mean_none(database: &Database) {
        let store = database.open().await;
        for number in 0..201_u16 {
            for side in 0..2 {
                let mut draft = Draft::graduate(number, u32::from(number) * 2 + side);
                draft.claim.enterprise_name = EnterpriseName::parse(&format!("光明第{number}电子有限公司")).ok();
                submit(&store, draft).await;
            }
        }
        weigh_opened(&store, &mut Dice(1)).await;
        let filter = |text: &str| SuspectFilter {
            search: Some(SuspectSearch::Text(text.to_owned())),
            ..SuspectFilter::newest(region("000000"), 500)
        };
        let page = store.suspect_page(&filter("光明"), &access("search-suspects")).await.unwrap();
        assert!(page.is_too_broad && page.suspects.is_empty() && page.next.is_none());
        assert_eq!(find(&store, "000000", "第199电子").await.len(), 1);
        store.close().await;
    }

    /// Every query of lists, searches and numbers has a plan, and none of SQLite's walks a whole table. PostgreSQL walks small ones rightly.
    async fn no_list_walks_a_table(database: &Database) {
        let store = database.open().await;
        let plans = store.desk_plans().await.unwrap();
        assert!(plans.len() > 15, "{}", plans.len());
        for plan in plans {
            assert!(!plan.steps.is_empty(), "{}", plan.query);
            let walked = plan.steps.iter().find(|step| {
                ["suspect", "suspect_scope", "scope", "claim", "held", "term", "desk", "enterprise_term"]
                    .iter()
                    .any(|table| step.split(" USING ").next() == Some(&format!("SCAN {table}")))
            });
            assert!(walked.is_none() || database.backend == Backend::Postgres, "{walked:?} of {}", plan.query);
        }
        store.close().await;
    }

    async fn the_desk_is_shown_in_numbers(database: &Database) {
        let store = database.open().await;
        open_some(&store, 0, 6).await;
        let all = suspects(&store).await;
        let two_provinces: Vec<&SuspectRecord> =
            all.iter().filter(|it| it.rule == SuspectRule::PersonTwoProvinces).collect();
        let stake = Stake::new(Band::Stoppable, Fen::new(150_000), 900, 20);
        weigh_again(&store, vec![(two_provinces[0].sequence, stake)]).await;
        let [one, other] = two_provinces[..] else { panic!("two of six") };
        let error = DismissalReason::RegistryError;
        assert!(step(&store, one, "371502", "wang", DeskStep::Confirm, 86_400).await);
        assert!(step(&store, other, "371502", "wang", DeskStep::Dismiss(error), 86_400).await);
        assert!(step(&store, other, "371502", "li", DeskStep::Reopen(NewFact::Report), 2 * 86_400).await);
        assert!(step(&store, other, "371502", "li", DeskStep::Dismiss(DismissalReason::PutRight), 3 * 86_400).await);

        let now = |second| hufu::store::Access { at: at(second), ..access("get-desk") };
        let desk = store.desk_overview(region(SHANDONG), &now(4 * 86_400)).await.unwrap();
        let written = store.latest_sequence().await.unwrap();
        assert_eq!(store.desk_tallies(region(SHANDONG)).await.unwrap(), desk.tallies);
        assert_eq!(store.latest_sequence().await.unwrap(), written, "numbers alone are nothing for the log");
        let of_rule: Vec<&Tally> = desk.tallies.iter().filter(|it| it.rule == SuspectRule::PersonTwoProvinces).collect();
        let tally = |state, band, fen| Tally {
            rule: SuspectRule::PersonTwoProvinces, state, band, suspects: 1, amount: Fen::new(fen),
        };
        let [confirmed, dismissed] = of_rule[..] else { panic!("{of_rule:?}") };
        assert_eq!(*confirmed, tally(SuspectState::Confirmed, Band::Stoppable, 0), "the second claim is the other province's");
        assert_eq!(*dismissed, tally(SuspectState::Dismissed, Band::Nothing, 0));
        let precision = desk.precisions.iter().find(|it| it.rule == SuspectRule::PersonTwoProvinces).unwrap();
        let put_right = BTreeMap::from([(DismissalReason::PutRight, 1)]);
        let expected = Precision { rule: precision.rule, confirmed: 1, dismissed: put_right };
        assert_eq!(*precision, expected, "what was opened again is not held against the rule");
        assert_eq!(desk.precisions.len(), 3, "every rule that raised anything, judged or not");
        assert_eq!(desk.weeks.len(), 26);
        let last = desk.weeks.last().unwrap();
        assert_eq!((last.monday.to_string(), last.opened, last.confirmed, last.dismissed), ("2022-10-10".to_owned(), 6, 1, 2));

        // Nobody has touched the other four for longer than three days: the oldest first.
        let late: Vec<i64> = desk.overdue.iter().map(|it| it.sequence).collect();
        let open = |it: &&SuspectRecord| it.rule != SuspectRule::PersonTwoProvinces;
        assert_eq!(late, all.iter().filter(open).map(|it| it.sequence).collect::<Vec<_>>());
        assert!(store.desk_overview(region(SHANDONG), &now(86_400)).await.unwrap().overdue.is_empty());
        let henan = store.desk_overview(region(HENAN), &now(4 * 86_400)).await.unwrap();
        assert_eq!(henan.overdue.len(), 2, "the other province has not judged");
        assert!(step(&store, one, "410102", "zhao", DeskStep::TakeUp, 4 * 86_400).await);
        let henan = store.desk_overview(region("410102"), &now(5 * 86_400)).await.unwrap();
        assert_eq!(henan.overdue.iter().map(|it| it.sequence).collect::<Vec<_>>(), [other.sequence]);
        let henan = store.desk_overview(region("410102"), &now(20 * 86_400)).await.unwrap();
        assert_eq!(henan.overdue.iter().map(|it| it.sequence).collect::<Vec<_>>(), [other.sequence, one.sequence]);
        let empty = store.desk_overview(region("371521"), &now(20 * 86_400)).await.unwrap();
        assert!(empty.tallies.is_empty() && empty.precisions.is_empty() && empty.overdue.is_empty());
        store.close().await;
    }

    async fn a_person_keeps_views_of_ones_own(database: &Database) {
        let store = database.open().await;
        let name = |text: &str| ViewName::parse(text).unwrap();
        let query = |text: &str| Some(ViewQuery::parse(text).unwrap());
        let save = |who: &str, view: &str, text: &str| {
            let query = if text.is_empty() { None } else { query(text) };
            store.save_view(operator(who), name(view), query)
        };
        let views = async |who: &str| {
            let views = store.views(&operator(who)).await.unwrap();
            views.into_iter().map(|it| (it.name, it.query)).collect::<Vec<_>>()
        };
        let kept = |view: &str, text: &str| (view.to_owned(), text.to_owned());
        let words = "text=%E6%AC%A7%E9%98%B3";
        assert_eq!(save("wang", "b", words).await.unwrap(), SaveViewOutcome::Saved);
        assert_eq!(save("wang", "a", "state=open").await.unwrap(), SaveViewOutcome::Saved);
        assert_eq!(save("wang", "a", "state=assigned").await.unwrap(), SaveViewOutcome::Saved);
        assert_eq!(views("wang").await, [kept("a", "state=assigned"), kept("b", words)]);
        assert!(views("li").await.is_empty(), "each person's own");
        assert_eq!(save("li", "a", "").await.unwrap(), SaveViewOutcome::Forgotten);
        assert_eq!(save("wang", "a", "").await.unwrap(), SaveViewOutcome::Forgotten);
        assert_eq!(views("wang").await, [kept("b", words)]);
        for number in 1..50 {
            assert_eq!(save("wang", &format!("v{number:02}"), "x=1").await.unwrap(), SaveViewOutcome::Saved);
        }
        assert_eq!(save("wang", "more", "x=1").await.unwrap(), SaveViewOutcome::TooMany);
        assert_eq!(save("wang", "b", "x=2").await.unwrap(), SaveViewOutcome::Saved, "in place of the one of that name");
        assert_eq!(views("wang").await.len(), 50);
        let plain = "SELECT COUNT(*) FROM saved_view WHERE CAST(sealed AS TEXT) LIKE '%x=%'";
        assert_eq!(database.count(plain).await, 0, "sealed");
        store.close().await;
    }
}
