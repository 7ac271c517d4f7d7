//! The audit log as it is listed: by person, subject, day and region, newest first, bounded, and itself in the log (I10).

use hufu::domain::identity::Region;
use hufu::domain::operator::OperatorId;
use hufu::store::record::desk::{AuditFilter, AuditPage, AuditRecord};
use hufu::store::{Access, Store};
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::harness::*;
use super::on_both;
use super::paid::{It, row};

const DAY: Date = date(2022, 10, 10);
/// 2022-10-10T00:00 in China.
const MIDNIGHT: i64 = 1_665_331_200_000;

fn all(within: &str) -> AuditFilter {
    AuditFilter { within: region(within), person: None, subject: None, day: None, before: None, limit: 100 }
}

async fn list(store: &Store, filter: &AuditFilter) -> AuditPage {
    store.audit_entries(filter, &access("test")).await.unwrap()
}

/// All pages of a size together.
async fn walk(store: &Store, filter: &AuditFilter, size: u32) -> Vec<AuditRecord> {
    let mut filter = AuditFilter { limit: size, ..filter.clone() };
    let mut found = Vec::new();
    loop {
        let page = list(store, &filter).await;
        assert!(page.entries.len() <= size as usize);
        found.extend(page.entries);
        match page.next {
            Some(next) => filter.before = Some(next),
            None => return found,
        }
    }
}

/// An entry as it is put into the log behind the store's back.
#[derive(Clone, Copy, Debug)]
struct Put {
    sequence: i64,
    at: i64,
    region: &'static str,
    person: Option<&'static str>,
    subject: Option<Uuid>,
}

impl Put {
    async fn into_log(self, database: &Database) {
        let hash = Uuid::nil();
        let detail = self.person.map_or_else(|| "purpose=x".to_owned(), |it| format!("purpose=x person={it}"));
        let row: &[(&str, It)] = row! {
            sequence: self.sequence, at: self.at, actor: "lc/desk", action: "suspects-read", subject_kind: "suspect",
            region: self.region, detail: detail.as_str(), prev_hash: hash, hash: hash,
        };
        let mut row = row.to_vec();
        if let Some(subject) = self.subject {
            row.push(("subject_id", subject.into()));
        }
        database.insert("audit_entry", &row).await;
        if let Some(person) = self.person {
            database.insert("audit_person", row! { person: person, sequence: self.sequence }).await;
        }
        database.run(format!("UPDATE audit_head SET sequence = {}", self.sequence)).await;
    }

    fn fits(&self, filter: &AuditFilter) -> bool {
        let on = filter.day.is_none_or(|_| (MIDNIGHT..MIDNIGHT + 86_400_000).contains(&self.at));
        filter.within.covers(region(self.region))
            && filter.person.as_deref().is_none_or(|it| self.person == Some(it))
            && filter.subject.is_none_or(|it| self.subject == Some(it))
            && on
    }
}

on_both! {
    async fn every_filter_gives_what_fits_and_nothing_else(database: &Database) {
        let store = database.open().await;
        let subjects = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let mut log = Vec::new();
        for number in 0..48_i64 {
            let pick = |of: i64| usize::try_from(number / of).unwrap();
            let put = Put {
                sequence: number + 1,
                // Replicas' clocks differ: a later entry may be of an earlier moment, before midnight and after.
                at: MIDNIGHT - 20_000 + number * 2_000 - (number % 5) * 7_000,
                region: ["371502", "371500", "440106", "000000"][pick(1) % 4],
                person: [Some("lc/wang.li"), None, Some("gz/li.na")][pick(2) % 3],
                subject: [Some(subjects[0]), None, Some(subjects[1])][pick(3) % 3],
            };
            put.into_log(database).await;
            log.push(put);
        }
        // The lists below write themselves into the log: behind what they are asked for.
        let end = Some(49);
        for within in ["000000", "370000", "371502", "440000"] {
            for person in [None, Some("lc/wang.li"), Some("nobody/x")] {
                for subject in [None, Some(subjects[0])] {
                    for day in [None, Some(DAY)] {
                        let person = person.map(str::to_owned);
                        let filter = AuditFilter { within: region(within), person, subject, day, before: end, limit: 100 };
                        let mut expected: Vec<&Put> = log.iter().filter(|it| it.fits(&filter)).collect();
                        let by_time = day.is_some() && filter.person.is_none() && subject.is_none();
                        expected.sort_by_key(|it| std::cmp::Reverse((if by_time { it.at } else { 0 }, it.sequence)));
                        let expected: Vec<i64> = expected.into_iter().map(|it| it.sequence).collect();
                        let found: Vec<i64> = walk(&store, &filter, 3).await.iter().map(|it| it.sequence).collect();
                        assert_eq!(found, expected, "{filter:?}");
                        assert_eq!(list(&store, &filter).await.entries.len(), expected.len());
                    }
                }
            }
        }
        store.close().await;
    }

    /// One entry of a county at the far end of a log of others: no call looks at more than its share.
    async fn a_list_that_few_entries_fit_is_bounded_and_goes_on(database: &Database) {
        let store = database.open().await;
        Put { sequence: 1, at: MIDNIGHT, region: "371502", person: Some("lc/wang.li"), subject: None }.into_log(database).await;
        database.run(format!(
            "INSERT INTO audit_entry (sequence, at, actor, action, subject_kind, subject_id, region, detail, prev_hash, hash)
             WITH RECURSIVE counted(number) AS (SELECT 2 UNION ALL SELECT number + 1 FROM counted WHERE number < 230001)
             SELECT number, {MIDNIGHT} + number, 'gz/desk', 'suspects-read', 'suspect', {id}, '440106', 'person=lc/wang.li',
                {id}, {id} FROM counted", id = database.id(Uuid::nil()))).await;
        database.run("INSERT INTO audit_person SELECT 'lc/wang.li', sequence FROM audit_entry WHERE sequence > 1").await;
        database.run("UPDATE audit_head SET sequence = 230001").await;
        let person = Some("lc/wang.li".to_owned());
        for filter in [
            all("371500"),
            AuditFilter { person: person.clone(), ..all("371500") },
            AuditFilter { day: Some(DAY), ..all("371500") },
            AuditFilter { day: Some(DAY), person, ..all("371500") },
        ] {
            let mut filter = AuditFilter { before: Some(230_002), ..filter };
            let mut pages = 1;
            let found = loop {
                let page = list(&store, &filter).await;
                if let Some(found) = page.entries.first() {
                    break found.clone();
                }
                filter.before = Some(page.next.expect("a place to go on"));
                pages += 1;
            };
            assert_eq!((found.sequence, pages), (1, 3), "{filter:?}");
        }
        let of_subject = AuditFilter { subject: Some(Uuid::nil()), before: Some(230_002), ..all("371500") };
        let first = list(&store, &of_subject).await;
        assert_eq!((first.entries.len(), first.next), (0, Some(130_002)));
        store.close().await;
    }

    async fn who_reads_is_found_by_name(database: &Database) {
        let store = database.open().await;
        let claim = submit(&store, Draft::graduate(1, 1)).await.claim;
        let person = OperatorId::new("lc", "wang.li").unwrap();
        let as_person = Access { person: Some(person.clone()), ..access("get-claim") };
        store.claim(claim.claim_id, Region::MINISTRY, &as_person).await.unwrap().unwrap();
        store.claim(claim.claim_id, Region::MINISTRY, &access("get-claim")).await.unwrap().unwrap();
        let named = AuditFilter { person: Some(person.as_str().to_owned()), ..all("371500") };
        let found = list(&store, &named).await.entries;
        let [read] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((read.action.as_str(), read.subject_id), ("claims-read", Some(claim.claim_id.0)));
        assert_eq!((read.person.as_deref(), read.actor.as_str()), (Some("lc/wang.li"), "37/review"));
        assert_eq!(read.detail, "purpose=get-claim count=1 person=lc/wang.li");
        let of_claim = AuditFilter { subject: Some(claim.claim_id.0), ..all("371502") };
        let actions: Vec<_> = list(&store, &of_claim).await.entries.into_iter().map(|it| it.action).collect();
        assert_eq!(actions, ["claims-read", "claims-read", "claim-submitted"]);
        assert_eq!(list(&store, &AuditFilter { within: region("440000"), ..of_claim }).await.entries, []);
        store.verify_audit().await.unwrap();
        store.close().await;
    }

    /// The words of whoever withdrew name nobody.
    async fn free_words_name_no_person(database: &Database) {
        let store = database.open().await;
        let claim = submit(&store, Draft::graduate(1, 1)).await.claim;
        let mut withdrawal = withdrawal(claim.claim_id);
        withdrawal.reason = "person=lc/wang.li".to_owned();
        store.withdraw(withdrawal).await.unwrap();
        assert_eq!(database.count("SELECT COUNT(*) FROM audit_person").await, 0);
        let entries = list(&store, &all("000000")).await.entries;
        assert!(entries.iter().all(|it| it.person.is_none()));
        store.close().await;
    }

    async fn who_looks_is_in_the_log_even_where_nothing_was_found(database: &Database) {
        let store = database.open().await;
        let nobody = AuditFilter { person: Some("lc/nobody".to_owned()), ..all("370000") };
        let access = Access { person: OperatorId::new("lc", "chief").ok(), ..access("list-audit-entries") };
        assert_eq!(store.audit_entries(&nobody, &access).await.unwrap(), AuditPage::default());
        let looked = list(&store, &AuditFilter { person: Some("lc/chief".to_owned()), ..all("000000") }).await.entries;
        let [looked] = looked.as_slice() else { panic!("{looked:?}") };
        assert_eq!((looked.action.as_str(), looked.region.as_str()), ("audit-read", "370000"));
        assert_eq!(Region::parse(&looked.region).unwrap(), region("370000"));
        store.close().await;
    }
}
