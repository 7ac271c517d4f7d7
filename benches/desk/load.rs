//! A million suspects: claims that collide, submitted through the store; then spread over states, persons and risks by SQL, as months of
//! work would leave them, and tallied by SQL.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hufu::clock::Clock;
use hufu::domain::claim::{Claim, ClaimId, ClaimRoute, Graduate, Person, Subject};
use hufu::domain::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};
use hufu::domain::money::Fen;
use hufu::domain::slot::slots_of;
use hufu::domain::suspect::stake::{Band, Stake};
use hufu::store::Store;
use hufu::store::record::weigh::{WeighedSuspect, Weighing, WeighingOutcome};
use hufu::store::record::{Actor, RequestKey, Submission, SubmitOutcome};
use jiff::{Span, Timestamp};
use uuid::Uuid;

use super::database::Database;

/// Claims of one graduate: the first takes the slot, each of the others is a suspect.
const CLAIMS_OF_A_GRADUATE: usize = 11;
/// One enterprise for so many suspects.
const SUSPECTS_OF_AN_ENTERPRISE: usize = 40;
/// Of a hundred graduates so many are claimed in another province too.
const ACROSS_PROVINCES: usize = 5;
const PROVINCES: [&str; 8] = ["37", "41", "32", "33", "44", "51", "42", "43"];
const CITIES: usize = 15;
const COUNTIES: usize = 8;
/// Callers at once: as many as a transaction takes.
const CALLERS: usize = 512;
/// Suspects that are entered to be found by what they have: reading and opening the claims of all would take longer than the rest.
const KEYED: usize = 50_000;

/// How many suspects, and whose.
#[derive(Clone, Copy)]
pub(crate) struct Town {
    pub(crate) claims: usize,
    enterprises: usize,
}

impl Town {
    pub(crate) fn new(suspects: usize) -> Self {
        let graduates = suspects.div_ceil(CLAIMS_OF_A_GRADUATE - 1);
        let enterprises = (suspects / SUSPECTS_OF_AN_ENTERPRISE).max(CLAIMS_OF_A_GRADUATE * 2);
        Self { claims: graduates * CLAIMS_OF_A_GRADUATE, enterprises }
    }

    /// The claims of a graduate are of one county, but for the last of those who are claimed elsewhere too.
    fn county(index: usize) -> Region {
        let (graduate, turn) = (index / CLAIMS_OF_A_GRADUATE, index % CLAIMS_OF_A_GRADUATE);
        let elsewhere = turn + 1 == CLAIMS_OF_A_GRADUATE && graduate % 100 < ACROSS_PROVINCES;
        let province = PROVINCES[(graduate + usize::from(elsewhere)) % PROVINCES.len()];
        let (city, county) = (graduate / 7 % CITIES + 1, graduate / 11 % COUNTIES + 2);
        Region::parse(&format!("{province}{city:02}{county:02}")).expect("a region")
    }

    fn enterprise(self, index: usize) -> usize {
        index * 7 % self.enterprises
    }

    pub(crate) fn code(self, index: usize) -> Uscc {
        Uscc::from_body(&format!("91371500MA{:07}", self.enterprise(index))).expect("a possible code")
    }

    /// A place, four characters of its own, and what nearly all are called.
    pub(crate) fn name(self, index: usize) -> String {
        let number = self.enterprise(index);
        let letter = |turn: usize| {
            let places = [1_usize, 97, 89 * 97, 83 * 89 * 97];
            let letter = 0x4e00 + (number / places[turn % places.len()] * 31 + turn * 977) % 4_000;
            char::from_u32(letter as u32).unwrap_or('华')
        };
        let own: String = (0..4).map(letter).collect();
        format!("{}{own}电子科技有限公司", ["聊城", "郑州", "南京", "杭州"][number % 4])
    }
}

pub(crate) fn now() -> Timestamp {
    Clock::System.now()
}

pub(crate) fn actor() -> Actor {
    Actor("bench/bench".to_owned())
}

pub(crate) fn person(index: usize) -> Person {
    let graduate = index / CLAIMS_OF_A_GRADUATE;
    let birth = jiff::civil::date(1990, 1, 1).saturating_add(Span::new().days((graduate / 999) as i64));
    let letter = |turn: usize| char::from_u32((0x4e00 + (graduate * 13 + turn * 131) % 900) as u32).unwrap_or('明');
    Person {
        name: PersonName::parse(&format!("王{}{}", letter(1), letter(2))).expect("a name"),
        resident_id: ResidentId::from_parts("371502", birth, (graduate % 999 + 1) as u16).expect("a possible number"),
        phone: Phone::parse(&format!("138{:08}", graduate % 100_000_000)).ok(),
    }
}

fn submission(town: Town, index: usize) -> Submission {
    let person = person(index);
    let graduate = Graduate { person, graduated_on: None, contract_from: None, contract_until: None, dispatch: None };
    let claim = Claim {
        claim_id: ClaimId(Uuid::now_v7()),
        sheet_id: "job-expansion-2022".to_owned(),
        route: ClaimRoute::SelfApplied,
        enterprise: town.code(index),
        enterprise_name: EnterpriseName::parse(&town.name(index)).ok(),
        region: Town::county(index),
        account: BankAccount::parse(&format!("6222{:012}", town.enterprise(index))).ok(),
        subject: Subject::Graduate(graduate),
        received_at: now(),
    };
    Submission {
        request: RequestKey {
            caller: "bench/bench".to_owned(),
            request_id: format!("desk-{index:08}"),
            digest: [0; 32],
        },
        actor: actor(),
        slots: slots_of(&claim, "graduate-award"),
        claim,
        collision_reasons: Arc::default(),
        due_on: None,
        asked: Fen::new(150_000),
        sheet_version: 1,
    }
}

/// Submits everything, many at once, and says how fast.
pub(crate) async fn open_suspects(store: &Store, town: &Town) -> String {
    let (town, next) = (*town, Arc::new(AtomicUsize::new(0)));
    let started = std::time::Instant::now();
    let callers = (0..CALLERS).map(|_| {
        let (store, next) = (store.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                // A graduate's claims in their order, so that the first one takes the slot.
                let graduate = next.fetch_add(1, Ordering::Relaxed);
                for turn in 0..CLAIMS_OF_A_GRADUATE {
                    let index = graduate * CLAIMS_OF_A_GRADUATE + turn;
                    if index >= town.claims {
                        return;
                    }
                    let outcome = store.submit(submission(town, index)).await.expect("a submission");
                    assert!(matches!(outcome, SubmitOutcome::Recorded(_)), "new");
                }
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("a caller");
    }
    let rate = town.claims as f64 / started.elapsed().as_secs_f64();
    format!("{} claims submitted, {rate:.0}/s", town.claims)
}

/// Has the first of them weighed as the node's job does it, so that they are found by what they have. Gives how many.
pub(crate) async fn enter_keys(store: &Store) -> usize {
    let mut keyed = 0;
    loop {
        let seen = store.weighing_progress().await.expect("progress");
        let opened = store.suspects_opened_after(seen.suspects).await.expect("suspects");
        let Some(last) = opened.last().filter(|_| keyed < KEYED) else { return keyed };
        let opened = opened.suspects;
        keyed += opened.len();
        let stake = Stake::new(Band::Stoppable, Fen::new(150_000), 500, 10);
        let weighed = |sequence| WeighedSuspect { sequence, stake, due_on: None, weigh_at: None };
        let weighing = Weighing {
            seen,
            suspects: last,
            claims: seen.claims,
            weighed: opened.iter().map(|it| weighed(it.sequence)).collect(),
            opened,
            put_off: Vec::new(),
            claims_read: 0,
            at: now(),
        };
        let outcome = store.record_weighing(weighing).await.expect("a weighing");
        assert!(matches!(outcome, WeighingOutcome::Written { .. }), "nobody else weighs");
    }
}

/// Of ten suspects four are open, one is assigned, one looked into, three dismissed and one confirmed; risks in all three bands, and one of
/// sixteen not weighed. A hundred persons.
const SPREAD: [&str; 7] = [
    "DELETE FROM suspect_stake",
    "INSERT INTO suspect_stake (sequence, band, amount_fen, weight, risk, weighed_at)
     SELECT sequence, CASE sequence % 3 WHEN 0 THEN 'nothing' WHEN 1 THEN 'recoverable' ELSE 'stoppable' END,
        150000, sequence % 1001,
        (sequence % 3) * 1000000000000000 + (sequence * 7919 % 99991) * 4500000, 0
     FROM suspect WHERE sequence % 16 <> 0",
    "UPDATE suspect_scope SET
        state = CASE sequence % 10 WHEN 4 THEN 'assigned' WHEN 5 THEN 'investigating' WHEN 6 THEN 'dismissed'
            WHEN 7 THEN 'dismissed' WHEN 8 THEN 'dismissed' WHEN 9 THEN 'confirmed' ELSE 'open' END,
        assignee = CASE WHEN sequence % 10 >= 4 THEN 'lc/p' || CAST(sequence / 10 % 100 AS TEXT) ELSE NULL END,
        risk = COALESCE((SELECT stake.risk FROM suspect_stake AS stake WHERE stake.sequence = suspect_scope.sequence),
            9000000000000000),
        band = COALESCE((SELECT stake.risk / 1000000000000000 FROM suspect_stake AS stake
            WHERE stake.sequence = suspect_scope.sequence), 9)",
    "INSERT INTO suspect_desk (sequence, province, state, version, assignee, due_at, escalation, reason, words, judged_by,
        judged_at, changed_at)
     SELECT scope.sequence, scope.scope, scope.state, 2, scope.assignee,
        CASE WHEN scope.state IN ('assigned', 'investigating') THEN suspect.opened_at + 1 END, 0,
        CASE WHEN scope.state = 'dismissed' THEN 'registry-error' END, 'x', 'lc/p', suspect.opened_at, suspect.opened_at
     FROM suspect_scope AS scope, suspect
     WHERE suspect.sequence = scope.sequence AND scope.scope LIKE '%0000' AND scope.scope <> '000000'
        AND scope.sequence % 10 >= 4",
    "DELETE FROM suspect_tally",
    "INSERT INTO suspect_tally (scope, rule, state, band, suspects, amount_fen)
     SELECT scope.scope, scope.rule, scope.state, COALESCE(stake.band, 'nothing'), COUNT(*),
        CAST(SUM(COALESCE(stake.amount_fen, 0)) AS BIGINT)
     FROM suspect_scope AS scope LEFT JOIN suspect_stake AS stake ON stake.sequence = scope.sequence
     GROUP BY scope.scope, scope.rule, scope.state, COALESCE(stake.band, 'nothing')",
    "ANALYZE",
];

/// Leaves them as months of work would.
pub(crate) async fn spread(database: &Database) {
    let mut beside = database.connect().await;
    for sql in SPREAD {
        beside.run(sql).await;
    }
    if database.name() == "PostgreSQL" {
        beside.run("VACUUM").await;
    }
}
