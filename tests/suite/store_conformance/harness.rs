//! A database of its own for each test, on either backend, and a small invented world to fill it with.

use std::collections::BTreeMap;
use std::sync::Arc;

use hufu::domain::claim::ClaimState;
use hufu::domain::claim::{Claim, ClaimId, ClaimRoute, DispatchSide, Graduate, Person, Subject, Worker, Workforce};
use hufu::domain::eligibility::evidence::{EnterpriseEvidence, Evidence, MissingCause, Owner, PersonEvidence};
use hufu::domain::eligibility::verdict::{MissingFact, Payee, PayeeAccountKind, Reason, Verdict};
use hufu::domain::identity::{BankAccount, EnterpriseName, PersonName, Phone, Region, ResidentId, Uscc};
use hufu::domain::money::Fen;
use hufu::domain::slot::slots_of;
use hufu::domain::suspect::SuspectRule;
use hufu::store::record::{
    Actor, AssessmentRecord, ClaimRecord, Decision, DueClaim, RequestKey, Submission, SubmitOutcome, SuspectRecord,
    WithdrawOutcome, Withdrawal,
};
use hufu::store::{Access, Keys, Store, StoreError, StoreSettings};
use jiff::{SignedDuration, Timestamp};
use sqlx::Connection;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// An empty database that is gone with the test.
pub(crate) struct Database {
    pub(crate) backend: Backend,
    pub(crate) url: String,
    pub(crate) folder: tempfile::TempDir,
    /// On PostgreSQL: the server, and the name of the database there.
    server: Option<(String, String)>,
}

impl Database {
    pub(crate) async fn new(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Keys::generate().unwrap().write(&folder.path().join("key")).unwrap();
        match backend {
            Backend::Sqlite => {
                let url = format!("sqlite://{}", folder.path().join("hufu.db").display());
                Self { backend, url, folder, server: None }
            }
            Backend::Postgres => {
                let server = postgres_server();
                let name = format!("hufu_{}", Uuid::new_v4().simple());
                execute_postgres(&server, format!("CREATE DATABASE {name}")).await;
                let mut url = url::Url::parse(&server).expect("HUFU_TEST_POSTGRES is a URL");
                url.set_path(&name);
                Self { backend, url: url.to_string(), folder, server: Some((server, name)) }
            }
        }
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::load(&self.folder.path().join("key")).unwrap()
    }

    pub(crate) fn settings(&self) -> StoreSettings {
        StoreSettings::new(&self.url)
    }

    pub(crate) async fn open(&self) -> Store {
        Store::open(self.settings(), self.keys()).await.unwrap()
    }

    /// Runs a statement behind the store's back.
    pub(crate) async fn execute(&self, sql: impl sqlx::SqlSafeStr) {
        match self.backend {
            Backend::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap();
            }
            Backend::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap();
            }
        }
    }

    /// Tries a statement behind the store's back that a constraint of the database must refuse.
    pub(crate) async fn refuses(&self, sql: &'static str) -> bool {
        let error = match self.backend {
            Backend::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.err()
            }
            Backend::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.err()
            }
        };
        let kind = error.as_ref().and_then(|it| it.as_database_error()).map(sqlx::error::DatabaseError::kind);
        matches!(kind, Some(sqlx::error::ErrorKind::CheckViolation | sqlx::error::ErrorKind::UniqueViolation))
    }

    /// Texts behind the store's back, in the order of the statement.
    pub(crate) async fn texts(&self, sql: &'static str) -> Vec<String> {
        match self.backend {
            Backend::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
            Backend::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
        }
    }

    /// Counts behind the store's back.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        match self.backend {
            Backend::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
            Backend::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
        }
    }

    pub(crate) async fn remove(self) {
        if let Some((server, name)) = self.server {
            execute_postgres(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how the test command says where its server is")]
fn postgres_server() -> String {
    std::env::var("HUFU_TEST_POSTGRES").expect(
        "HUFU_TEST_POSTGRES is not set: it takes the URL of a PostgreSQL server on which databases may be created; \
         the test command starts one",
    )
}

async fn execute_postgres(server: &str, sql: String) {
    let mut connection = sqlx::PgConnection::connect(server).await.expect("the server of HUFU_TEST_POSTGRES answers");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_millisecond(1_665_363_600_000 + second * 1_000).unwrap()
}

pub(crate) fn region(code: &str) -> Region {
    Region::parse(code).unwrap()
}

pub(crate) fn access(purpose: &'static str) -> Access {
    Access { actor: Actor("37/review".to_owned()), person: None, purpose, at: at(900) }
}

pub(crate) fn resident_id(number: u16) -> ResidentId {
    let born = jiff::civil::date(1999, 1, 1) + SignedDuration::from_hours(24 * i64::from(number / 1_000));
    ResidentId::from_parts("371502", born, number % 1_000).unwrap()
}

pub(crate) fn person(number: u16) -> Person {
    Person {
        name: PersonName::parse("欧阳明月").unwrap(),
        resident_id: resident_id(number),
        phone: Some(Phone::parse(&format!("138{:08}", 44_550_000 + u32::from(number))).unwrap()),
    }
}

pub(crate) fn enterprise(number: u32) -> Uscc {
    Uscc::from_body(&format!("91371500{number:09}")).unwrap()
}

/// A claim and the request that brings it, to be changed before it is submitted.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) request_id: String,
    pub(crate) digest: u8,
    pub(crate) claim: Claim,
}

impl Draft {
    /// A graduate claimed by an enterprise of Liaocheng.
    pub(crate) fn graduate(person_number: u16, enterprise_number: u32) -> Self {
        let person = person(person_number);
        let subject = Subject::Graduate(Graduate {
            person,
            graduated_on: None,
            contract_from: None,
            contract_until: None,
            dispatch: None,
        });
        Self::new("job-expansion-2022", enterprise_number, subject)
    }

    /// An enterprise's workforce with dispatched workers.
    pub(crate) fn workforce(enterprise_number: u32, roster: &[(u16, DispatchSide)]) -> Self {
        let worker = |(number, side): &(u16, DispatchSide)| Worker { person: person(*number), side: *side };
        let roster = roster.iter().map(worker).collect();
        let subject = Subject::Workforce(Workforce { claimed_headcount: Some(20), roster });
        Self::new("retention-training-2022", enterprise_number, subject)
    }

    fn new(sheet_id: &str, enterprise_number: u32, subject: Subject) -> Self {
        let request_id = Uuid::new_v4().to_string();
        let claim = Claim {
            claim_id: ClaimId(Uuid::now_v7()),
            sheet_id: sheet_id.to_owned(),
            route: ClaimRoute::SelfApplied,
            enterprise: enterprise(enterprise_number),
            enterprise_name: EnterpriseName::parse("聊城测试有限公司").ok(),
            region: region("371502"),
            account: Some(BankAccount::parse("6217002340001234567").unwrap()),
            subject,
            received_at: at(0),
        };
        Self { request_id, digest: 1, claim }
    }

    pub(crate) fn in_region(mut self, code: &str) -> Self {
        self.claim.region = region(code);
        self
    }

    pub(crate) fn request(mut self, request_id: &str, digest: u8) -> Self {
        self.request_id = request_id.to_owned();
        self.digest = digest;
        self
    }

    pub(crate) fn id(&self) -> ClaimId {
        self.claim.claim_id
    }

    pub(crate) fn submission(self) -> Submission {
        let slots = slots_of(&self.claim, group(&self.claim));
        Submission {
            request: request(&self.request_id, self.digest),
            actor: Actor("371502/insurance".to_owned()),
            slots,
            claim: self.claim,
            collision_reasons: Arc::new(reasons()),
            due_on: Some(jiff::civil::date(2022, 11, 9)),
            asked: Fen::new(150_000),
            sheet_version: 1,
        }
    }
}

pub(crate) fn group(claim: &Claim) -> &'static str {
    match claim.subject {
        Subject::Graduate(_) => "graduate-award",
        Subject::Workforce(_) => "retention-training",
    }
}

pub(crate) fn request(request_id: &str, digest: u8) -> RequestKey {
    RequestKey { caller: "371502/insurance".to_owned(), request_id: request_id.to_owned(), digest: [digest; 32] }
}

pub(crate) fn reason(code: &str) -> Reason {
    Reason { code: code.to_owned(), clause: "五(二)".to_owned(), zh: "重复".to_owned(), en: "double".to_owned() }
}

fn reasons() -> BTreeMap<SuspectRule, Reason> {
    SuspectRule::ALL.into_iter().map(|rule| (rule, reason(&rule.code().to_uppercase()))).collect()
}

/// Submits, and expects it to be recorded.
pub(crate) async fn submit(store: &Store, draft: Draft) -> ClaimRecord {
    match store.submit(draft.submission()).await.unwrap() {
        SubmitOutcome::Recorded(record) => record,
        other @ (SubmitOutcome::Repeated(_) | SubmitOutcome::RequestIdReused) => {
            panic!("not recorded: {other:?}")
        }
    }
}

pub(crate) fn withdrawal(id: ClaimId) -> Withdrawal {
    Withdrawal {
        request: request(&format!("withdraw-{id}"), 1),
        actor: Actor("371502/insurance".to_owned()),
        claim_id: id,
        reason: "entered by mistake".to_owned(),
        at: at(100),
    }
}

pub(crate) async fn try_withdraw(store: &Store, id: ClaimId) -> Result<WithdrawOutcome, StoreError> {
    store.withdraw(withdrawal(id)).await
}

/// Withdraws, and expects it to be done.
pub(crate) async fn withdraw(store: &Store, id: ClaimId) -> ClaimRecord {
    match try_withdraw(store, id).await.unwrap() {
        WithdrawOutcome::Withdrawn(record) => record,
        other @ (WithdrawOutcome::Repeated(_)
        | WithdrawOutcome::NotFound
        | WithdrawOutcome::AlreadyWithdrawn
        | WithdrawOutcome::AlreadyFiled
        | WithdrawOutcome::RequestIdReused) => panic!("not withdrawn: {other:?}"),
    }
}

/// The claim as it stands.
pub(crate) async fn look(store: &Store, id: ClaimId) -> ClaimRecord {
    store.claim(id, Region::MINISTRY, &access("test")).await.unwrap().expect("the claim is there")
}

pub(crate) async fn state(store: &Store, id: ClaimId) -> ClaimState {
    look(store, id).await.state
}

/// Leases everything that is due.
pub(crate) async fn lease_all(store: &Store) -> Vec<DueClaim> {
    store.lease_due(at(211), 1_000, at(260)).await.unwrap()
}

pub(crate) fn entitled() -> Verdict {
    let account = BankAccount::parse("6217002340001234567").unwrap();
    Verdict::Entitled {
        amount: Fen::new(150_000),
        units: 1,
        payee: Payee { kind: PayeeAccountKind::Corporate, account },
        uncounted: Vec::new(),
    }
}

pub(crate) fn unknown() -> Verdict {
    let cause = MissingCause::Unavailable;
    Verdict::Unknown { missing: vec![MissingFact { fact: "graduated-on".to_owned(), owner: Owner::Credential, cause }] }
}

/// An assessment of a claim at the version it was seen at.
pub(crate) fn assessment(record: &ClaimRecord, verdict: Verdict) -> AssessmentRecord {
    let state = match verdict {
        Verdict::Entitled { .. } => ClaimState::Assessed,
        Verdict::NotEntitled { .. } => ClaimState::Refused,
        Verdict::Held { .. } => ClaimState::Held,
        Verdict::Unknown { .. } => ClaimState::Assessing,
    };
    let persons = record.claim.subject.persons().len();
    AssessmentRecord {
        claim_id: record.claim.claim_id,
        version: record.version,
        state,
        decision: Decision { verdict, sheet_version: 1, decided_at: at(210) },
        evidence: Evidence {
            enterprise: EnterpriseEvidence::not_asked(),
            persons: vec![PersonEvidence::not_asked(); persons],
            declarations: Vec::new(),
            units_taken: Vec::new(),
            decided_at: at(210),
        },
        findings: Vec::new(),
        next_attempt_at: (state == ClaimState::Assessing).then(|| at(500)),
    }
}

pub(crate) async fn assess(store: &Store, record: AssessmentRecord) -> hufu::store::record::AssessmentOutcome {
    let outcomes = store.record_assessments(vec![record], Actor("hufu/assessor".to_owned()), at(211)).await.unwrap();
    outcomes[0]
}

/// Every suspect there is.
pub(crate) async fn suspects(store: &Store) -> Vec<SuspectRecord> {
    store.suspects_after(0, Region::MINISTRY, 10_000, &access("test")).await.unwrap()
}

pub(crate) fn held(code: &str) -> Verdict {
    Verdict::Held { reasons: vec![reason(code)], amount: Fen::new(150_000) }
}
