//! 疑点数据: the ministry's records find their claims, each once, and open a suspect or say why not (六(三)).

use hufu::domain::claim::{ClaimId, DispatchSide};
use hufu::domain::clawback::CaseState;
use hufu::domain::identity::{PersonName, Region};
use hufu::domain::money::Fen;
use hufu::domain::operator::OperatorId;
use hufu::domain::suspect::record::{MinistryRecord, RecordKind, RecordSubject, Unmatched};
use hufu::domain::suspect::{SuspectId, SuspectRule, SuspectState};
use hufu::store::Store;
use hufu::store::record::Actor;
use hufu::store::record::suspect_records::{
    ImportOutcome, ImportRecords, RecordFilter, RecordFinding, RecordMoney, RecordOutcome, SlotGroups,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::harness::*;
use super::paid::{PAID, Story, row};
use super::{on, on_both};

/// The name of everybody in this world.
const NAME: &str = "欧阳明月";

/// A record about a person.
pub(super) fn about(number: &str, kind: RecordKind, who: u16) -> MinistryRecord {
    let name = PersonName::parse(NAME).ok();
    let about = RecordSubject::Person { resident_id: resident_id(who), name, enterprise: None };
    MinistryRecord { number: number.to_owned(), kind, about, subsidy: None, other_province: None, words: String::new() }
}

pub(super) fn about_enterprise(number: &str, firm: u32) -> MinistryRecord {
    let about = RecordSubject::Enterprise(enterprise(firm));
    MinistryRecord { about, ..self::about(number, RecordKind::DoubleClaim, 1) }
}

pub(super) fn named(name: &str, record: MinistryRecord) -> MinistryRecord {
    let RecordSubject::Person { resident_id, enterprise, .. } = record.about else { panic!("a person's") };
    let name = PersonName::parse(name).ok();
    MinistryRecord { about: RecordSubject::Person { resident_id, name, enterprise }, ..record }
}

fn groups() -> SlotGroups {
    let person = ["graduate-award", "graduate-award/worker", "retention-training/worker"].map(str::to_owned);
    SlotGroups { person: person.into(), enterprise: vec!["retention-training".to_owned()] }
}

/// An import by the city, under a request of its own.
pub(super) fn sent(records: &[MinistryRecord]) -> ImportRecords {
    ImportRecords {
        request: request(&Uuid::new_v4().to_string(), 1),
        actor: Actor("lc/desk".to_owned()),
        person: None,
        organization: "lc".to_owned(),
        region: region("371500"),
        groups: groups(),
        records: records.to_vec(),
        at: at(300),
    }
}

pub(super) async fn import(store: &Store, import: ImportRecords) -> Vec<RecordOutcome> {
    let outcome = store.import_suspect_records(import).await.unwrap();
    let ImportOutcome::Done(outcomes) = outcome else { panic!("not done: {outcome:?}") };
    outcomes
}

/// What each record came to: how many suspects, or why none.
pub(super) async fn imported(store: &Store, records: &[MinistryRecord]) -> Vec<Result<usize, Unmatched>> {
    let outcomes = import(store, sent(records)).await;
    outcomes.into_iter().map(|it| it.unmatched.map_or(Ok(it.suspects.len()), Err)).collect()
}

pub(super) async fn listed(store: &Store, within: &str) -> Vec<RecordFinding> {
    let filter = RecordFilter { within: region(within), after: 0, limit: 100 };
    store.suspect_records(&filter, &access("test")).await.unwrap()
}

/// Rule and second claim of every suspect there is.
pub(super) async fn raised(store: &Store) -> Vec<(SuspectRule, ClaimId)> {
    suspects(store).await.into_iter().map(|it| (it.rule, it.second.claim_id)).collect()
}

on_both! {
    async fn each_kind_opens_a_suspect_of_its_rule(database: &Database) {
        let store = database.open().await;
        let (graduate, workforce) = (Draft::graduate(1, 1), Draft::workforce(2, &[(2, DispatchSide::Agency)]));
        let (of_graduate, of_workforce) = (graduate.id(), workforce.id());
        submit(&store, graduate).await;
        submit(&store, workforce).await;
        let records = [
            about("YD-1", RecordKind::FalseIdentity, 1),
            about("YD-2", RecordKind::CrossProvince, 1),
            about("YD-3", RecordKind::DoubleClaim, 1),
            about("YD-4", RecordKind::DoubleClaim, 2),
            about_enterprise("YD-5", 2),
        ];
        assert_eq!(imported(&store, &records).await, [Ok(1); 5]);
        let mut found = raised(&store).await;
        found.sort_unstable();
        let mut expected = [
            (SuspectRule::PersonIdentityDisagrees, of_graduate),
            (SuspectRule::PersonTwoProvinces, of_graduate),
            (SuspectRule::PersonAlreadyAwarded, of_graduate),
            (SuspectRule::PersonAlreadyAwarded, of_workforce),
            (SuspectRule::EnterpriseTwice, of_workforce),
        ];
        expected.sort_unstable();
        assert_eq!(found, expected);
        // The worker's suspect shows the worker, that of the enterprise nobody.
        let persons: Vec<_> = suspects(&store).await.into_iter().map(|it| (it.rule, it.second.person.is_some())).collect();
        assert!(persons.iter().all(|(rule, shown)| *shown == (*rule != SuspectRule::EnterpriseTwice)), "{persons:?}");
        let opened = "SELECT COUNT(*) FROM audit_entry WHERE action = 'suspect-opened' AND actor = 'lc/desk'";
        assert_eq!(database.count(opened).await, 5);
        let received = "SELECT COUNT(*) FROM audit_entry WHERE action = 'record-received' AND detail LIKE 'kind=% suspects=1'";
        assert_eq!(database.count(received).await, 5);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    async fn a_record_that_fits_no_claim_says_why(database: &Database) {
        let store = database.open().await;
        let (gone, refused) = (Draft::graduate(1, 1), Draft::graduate(2, 1));
        let (gone_id, over) = (gone.id(), Draft::workforce(7, &[(5, DispatchSide::Agency)]));
        let over_id = over.id();
        submit(&store, gone).await;
        withdraw(&store, gone_id).await;
        submit(&store, over).await;
        withdraw(&store, over_id).await;
        let refused = submit(&store, refused).await;
        let verdict = hufu::domain::eligibility::verdict::Verdict::NotEntitled { reasons: vec![reason("X")] };
        assess(&store, assessment(&refused, verdict)).await;
        submit(&store, Draft::graduate(3, 1)).await;
        submit(&store, Draft::graduate(4, 1).in_region("440106")).await;
        let double = RecordKind::DoubleClaim;
        let records = [
            about("YD-1", double, 1),
            about("YD-2", double, 2),
            about("YD-3", double, 5),
            about_enterprise("YD-4", 7),
            named("李四", about("YD-5", double, 3)),
            named("李四", about("YD-6", RecordKind::FalseIdentity, 3)),
            about("YD-7", double, 4),
            about("YD-8", double, 900),
            about_enterprise("YD-9", 900),
            about("YD-10", double, 3),
        ];
        let expected = [
            Err(Unmatched::ClaimNotPaying),
            Err(Unmatched::ClaimNotPaying),
            Err(Unmatched::ClaimNotPaying),
            Err(Unmatched::ClaimNotPaying),
            Err(Unmatched::NameDisagrees),
            Ok(1),
            Err(Unmatched::PersonUnknown),
            Err(Unmatched::PersonUnknown),
            Err(Unmatched::EnterpriseUnknown),
            Ok(1),
        ];
        assert_eq!(imported(&store, &records).await, expected);
        assert_eq!(suspects(&store).await.len(), 2);
        store.close().await;
    }

    async fn a_record_sent_again_is_answered_as_the_first_time(database: &Database) {
        let store = database.open().await;
        let first = sent(&[about("YD-1", RecordKind::DoubleClaim, 1), about("YD-2", RecordKind::DoubleClaim, 2)]);
        submit(&store, Draft::graduate(1, 1)).await;
        let answered = import(&store, first.clone()).await;
        assert_eq!(answered.iter().map(|it| it.unmatched).collect::<Vec<_>>(), [None, Some(Unmatched::PersonUnknown)]);
        // A claim that comes later changes no answer by itself: the record must be tried again.
        submit(&store, Draft::graduate(2, 2)).await;
        let fresh = ImportRecords { request: request("another-request", 1), ..first.clone() };
        for again in [first.clone(), fresh] {
            assert_eq!(import(&store, again).await, answered);
        }
        let repeated = "SELECT COUNT(*) FROM audit_entry WHERE action = 'records-read'
            AND detail = 'purpose=repeated-record count=2'";
        assert_eq!(database.count(repeated).await, 2);
        let reused = ImportRecords { request: request(&first.request.request_id, 2), ..first.clone() };
        assert_eq!(store.import_suspect_records(reused).await.unwrap(), ImportOutcome::RequestIdReused);
        // The number is taken: within the same list, and in the next one.
        let other = MinistryRecord { words: "另行说明".to_owned(), ..about("YD-1", RecordKind::DoubleClaim, 1) };
        assert_eq!(imported(&store, &[other]).await, [Err(Unmatched::AlreadySent)]);
        let twice = [about("YD-3", RecordKind::DoubleClaim, 1), about("YD-3", RecordKind::DoubleClaim, 9),
            about("YD-3", RecordKind::DoubleClaim, 1)];
        assert_eq!(imported(&store, &twice).await, [Ok(1), Err(Unmatched::AlreadySent), Ok(1)]);
        // Another office, and another place, number their own.
        let county = ImportRecords { region: region("371502"), ..sent(&[about("YD-1", RecordKind::FalseIdentity, 1)]) };
        assert_eq!(import(&store, county).await[0].suspects.len(), 1);
        let elsewhere = ImportRecords { organization: "jn".to_owned(), ..sent(&[about("YD-1", RecordKind::FalseIdentity, 1)]) };
        assert_eq!(import(&store, elsewhere).await[0].suspects.len(), 1);
        assert_eq!(suspects(&store).await.len(), 2, "one a rule");
        store.close().await;
    }

    /// The node found it first: the record stands behind the same suspect, from whichever of its claims.
    async fn a_suspect_that_is_there_already_is_linked(database: &Database) {
        let store = database.open().await;
        submit(&store, Draft::graduate(1, 1)).await;
        submit(&store, Draft::graduate(1, 2).in_region("440106")).await;
        let there: Vec<SuspectId> = suspects(&store).await.into_iter().map(|it| it.suspect_id).collect();
        assert_eq!(there.len(), 1);
        let record = [about("YD-1", RecordKind::CrossProvince, 1)];
        assert_eq!(import(&store, sent(&record)).await[0].suspects, there);
        let guangdong = ImportRecords { region: region("440000"), ..sent(&record) };
        assert_eq!(import(&store, guangdong).await[0].suspects, there);
        let ministry = ImportRecords { region: Region::MINISTRY, ..sent(&record) };
        assert_eq!(import(&store, ministry).await[0].suspects, there, "named once, whichever of its claims it fits");
        assert_eq!(suspects(&store).await.len(), 1);
        store.close().await;
    }

    async fn a_place_sees_what_was_sent_to_it(database: &Database) {
        let store = database.open().await;
        submit(&store, Draft::graduate(1, 1)).await;
        import(&store, sent(&[about("YD-1", RecordKind::DoubleClaim, 1), about("YD-2", RecordKind::DoubleClaim, 2)])).await;
        let county = ImportRecords { region: region("371503"), ..sent(&[about("YD-3", RecordKind::DoubleClaim, 1)]) };
        import(&store, county).await;
        let seen = async |within: &str| -> Vec<String> {
            listed(&store, within).await.into_iter().map(|it| it.number).collect()
        };
        for within in ["000000", "370000", "371500"] {
            assert_eq!(seen(within).await, ["YD-1", "YD-2", "YD-3"], "{within}");
        }
        assert_eq!(seen("371503").await, ["YD-3"]);
        for within in ["371502", "370100", "440000"] {
            assert_eq!(seen(within).await, [""; 0], "{within}");
        }
        let first = listed(&store, "371500").await.remove(0);
        let page = RecordFilter { within: region("371500"), after: first.sequence, limit: 1 };
        let next = store.suspect_records(&page, &access("test")).await.unwrap();
        assert_eq!((next.len(), next[0].number.as_str()), (1, "YD-2"));
        assert_eq!((first.suspects.len(), first.suspects[0].state), (1, SuspectState::Open));
        assert_eq!(next[0].unmatched, Some(Unmatched::PersonUnknown));
        let read = "SELECT COUNT(*) FROM audit_entry WHERE action = 'records-read' AND detail = 'purpose=test count=3'";
        assert_eq!(database.count(read).await, 4);
        store.close().await;
    }

    async fn the_money_of_a_record_is_that_of_its_claims(database: &Database) {
        let store = database.open().await;
        let story = Story::new(database, &store).await;
        import(&store, sent(&[about("YD-1", RecordKind::DoubleClaim, 1)])).await;
        let money = async || listed(&store, "371500").await[0].money;
        assert_eq!(money().await, RecordMoney { paid: Fen::new(PAID), ..RecordMoney::default() });
        let row = row! {
            case_id: Uuid::now_v7(), case_number: "ZH-1", suspect_id: story.suspect.0, claim_id: story.claim.0,
            batch_id: story.batch.0, region: "371502", city: "371500", enterprise: story.enterprise.as_str(),
            subsidy: "job-expansion", rule: "person_two_enterprises", state: CaseState::Repaying.code(),
            amount_fen: 150_000, repaid_fen: 40_000, set_off_fen: 10_000, waived_fen: 0, set_off: 1, facts: "x",
            confirmed_by: "lc/a", drafted_by: "lc/b", approved_by: "lc/c", demanded_at: 0, drafted_at: 0, changed_at: 0,
            version: 4,
        };
        database.insert("clawback_case", row).await;
        let expected = RecordMoney { paid: Fen::new(PAID), recovered: Fen::new(50_000), outstanding: Fen::new(100_000) };
        assert_eq!(money().await, expected);
        store.close().await;
    }

    /// I11: what the ministry sent is as personal as a claim.
    async fn a_record_is_kept_sealed(database: &Database) {
        let store = database.open().await;
        let words = "证件与公安信息不符".to_owned();
        let record = MinistryRecord { words, ..about("YD-SECRET", RecordKind::FalseIdentity, 1) };
        import(&store, sent(&[record])).await;
        let sealed = match database.backend {
            Backend::Sqlite => "SELECT hex(record_index) || hex(sealed) || COALESCE(unmatched, '') || region FROM suspect_record",
            Backend::Postgres =>
                "SELECT encode(record_index, 'hex') || encode(sealed, 'hex') || COALESCE(unmatched, '') || region
                 FROM suspect_record",
        };
        let kept = database.texts(sealed).await.remove(0).to_lowercase();
        for secret in [resident_id(1).as_str(), NAME, "证件与公安信息不符", "YD-SECRET"] {
            assert!(!kept.contains(&data_encoding::HEXLOWER.encode(secret.as_bytes())), "{secret} stands in the open");
        }
        store.close().await;
    }

    async fn who_imports_as_a_person_is_named(database: &Database) {
        let store = database.open().await;
        let person = OperatorId::new("lc", "wang.li").ok();
        import(&store, ImportRecords { person, ..sent(&[about("YD-1", RecordKind::DoubleClaim, 1)]) }).await;
        let named = "SELECT COUNT(*) FROM audit_person WHERE person = 'lc/wang.li'";
        assert_eq!(database.count(named).await, 1);
        store.close().await;
    }

    async fn a_full_list_is_taken_in_one_call(database: &Database) {
        let store = database.open().await;
        for number in 0..250 {
            submit(&store, Draft::graduate(number, 1)).await;
        }
        let records: Vec<_> =
            (0..1_000).map(|number| about(&format!("YD-{number}"), RecordKind::DoubleClaim, number)).collect();
        let outcomes = imported(&store, &records).await;
        assert!(outcomes[..250].iter().all(|it| *it == Ok(1)));
        assert!(outcomes[250..].iter().all(|it| *it == Err(Unmatched::PersonUnknown)));
        store.verify_audit().await.unwrap();
        store.close().await;
    }
}

/// What happens in a story of claims and records.
#[derive(Clone, Copy, Debug)]
enum Step {
    Claim { who: u16, firm: u32 },
    Withdraw { claim: usize },
    Record { number: u8, kind: usize, who: u16 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u16, 0..3_u32).prop_map(|(who, firm)| Step::Claim { who, firm }),
        (0..8_usize).prop_map(|claim| Step::Withdraw { claim }),
        (0..6_u8, 0..3_usize, 0..3_u16).prop_map(|(number, kind, who)| Step::Record { number, kind, who }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// In whatever order records and claims come: a record is linked with a claim at most once, no two suspects stand for one claim and
    /// rule, a record that fits is linked with exactly the claims that were alive then, and an answer never changes.
    #[test]
    fn any_order_links_each_record_at_most_once(steps in prop::collection::vec(step(), 1..16)) {
        on(Backend::Sqlite, |database| async move {
            let store = database.open().await;
            let mut claims: Vec<(ClaimId, u16, bool)> = Vec::new();
            let mut answers: std::collections::BTreeMap<String, (MinistryRecord, RecordOutcome)> = Default::default();
            for step in steps {
                match step {
                    Step::Claim { who, firm } => {
                        let draft = Draft::graduate(who, firm);
                        claims.push((draft.id(), who, true));
                        submit(&store, draft).await;
                    }
                    Step::Withdraw { claim } => {
                        let count = claims.len().max(1);
                        if let Some((id, _, is_live @ true)) = claims.get_mut(claim % count) {
                            *is_live = false;
                            withdraw(&store, *id).await;
                        }
                    }
                    Step::Record { number, kind, who } => {
                        let record = about(&format!("YD-{number}"), RecordKind::ALL[kind], who);
                        let outcome = import(&store, sent(std::slice::from_ref(&record))).await.remove(0);
                        match answers.get(&record.number) {
                            Some((first, answer)) if *first == record => assert_eq!(*answer, outcome),
                            Some(_) => assert_eq!(outcome.unmatched, Some(Unmatched::AlreadySent)),
                            None => {
                                let live = claims.iter().filter(|(_, of, is_live)| *of == who && *is_live).count();
                                let known = claims.iter().any(|(_, of, _)| *of == who);
                                let expected = match (live, known) {
                                    (0, false) => Some(Unmatched::PersonUnknown),
                                    (0, true) => Some(Unmatched::ClaimNotPaying),
                                    _ => None,
                                };
                                assert_eq!((outcome.unmatched, outcome.suspects.len()), (expected, live));
                                answers.insert(record.number.clone(), (record, outcome));
                            }
                        }
                    }
                }
            }
            let rules = [SuspectRule::PersonIdentityDisagrees, SuspectRule::PersonTwoProvinces, SuspectRule::PersonAlreadyAwarded];
            let mut of_records: Vec<_> = raised(&store).await.into_iter().filter(|(rule, _)| rules.contains(rule)).collect();
            let all = of_records.len();
            of_records.sort_unstable();
            of_records.dedup();
            assert_eq!(of_records.len(), all, "two suspects for one claim and rule");
            let twice = "SELECT COUNT(*) FROM (SELECT record_index FROM suspect_record_match
                GROUP BY record_index, claim_id HAVING COUNT(*) > 1) AS twice";
            assert_eq!(database.count(twice).await, 0);
            store.verify_audit().await.unwrap();
            store.close().await;
            database
        });
    }
}
