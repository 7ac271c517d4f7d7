//! A funded batch to pay from, made behind the store's back, and what must hold of the books after every step.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER_PERMISSIVE;
use hufu::domain::approval::{ApprovalHash, ApprovedClaim};
use hufu::domain::claim::{ClaimId, SubsidyKind};
use hufu::domain::eligibility::verdict::{Payee as Paid, PayeeAccountKind};
use hufu::domain::identity::{BankAccount, Region, Uscc};
use hufu::domain::ledger::{Account, AccountKind, Entry, Event, Hop, Legs, Slice, TrialBalance};
use hufu::domain::money::Fen;
use hufu::domain::operator::OperatorId;
use hufu::domain::payment::{BankReport, Payee, PaymentKind, PaymentState};
use hufu::domain::pooling::{AgencyAccount, BatchId, CityAccounts};
use hufu::store::Store;
use hufu::store::record::Actor;
use hufu::store::record::payment::*;
use hufu::store::record::pooling::Fence;
use ring::{hkdf, hmac};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use uuid::Uuid;

use super::harness::*;

pub(super) const CITY: &str = "371500";
pub(super) const COUNTY: &str = "371502";
pub(super) const OTHER_COUNTY: &str = "371503";
/// What the harness has every claim entitled to.
pub(super) const CLAIM_FEN: i64 = 150_000;

/// A funded batch in a store of its own.
pub(super) struct World<'a> {
    pub(super) database: &'a Database,
    pub(super) store: Store,
    pub(super) batch: BatchId,
    pub(super) fence: Fence,
    pub(super) accounts: CityAccounts,
    /// By the number of their person, or of their enterprise where there is none.
    pub(super) claims: BTreeMap<(u16, u32), ClaimId>,
}

/// Runs a statement behind the store's back.
pub(super) async fn try_sql(database: &Database, sql: String) -> Result<(), sqlx::Error> {
    match database.backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.map(drop)
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.map(drop)
        }
    }
}

async fn sql(database: &Database, sql: String) {
    try_sql(database, sql).await.unwrap();
}

pub(super) fn bytes(database: &Database, bytes: &[u8]) -> String {
    let hex = HEXLOWER_PERMISSIVE.encode(bytes);
    match database.backend {
        Backend::Sqlite => format!("X'{hex}'"),
        Backend::Postgres => format!("'\\x{hex}'::bytea"),
    }
}

pub(super) fn account(number: u32) -> BankAccount {
    BankAccount::parse(&format!("62170023{number:08}")).unwrap()
}

/// The account that the harness's verdict names.
pub(super) fn approved_account() -> BankAccount {
    BankAccount::parse("6217002340001234567").unwrap()
}

pub(super) fn operator(person: &str) -> OperatorId {
    OperatorId::new("lc-hrss", person).unwrap()
}

pub(super) fn actor() -> Actor {
    Actor("hufu/pooling".to_owned())
}

/// The keyed hash that the store keeps of an approval, computed apart from it.
pub(super) fn approval_hash(database: &Database, encoded: &[u8]) -> ApprovalHash {
    let text = std::fs::read_to_string(database.folder.path().join("key")).unwrap();
    let master = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).unwrap();
    let master = hkdf::Salt::new(hkdf::HKDF_SHA256, b"hufu/store/v1").extract(&master);
    let info: [&[u8]; 1] = [b"look-up index"];
    let key = hmac::Key::from(master.expand(&info, hmac::HMAC_SHA256).unwrap());
    let tag = hmac::sign(&key, &[b"approval\0", encoded].concat());
    ApprovalHash(tag.as_ref().try_into().unwrap())
}

/// A claim to be funded: a graduate, or a workforce where the person is 0.
pub(super) type Wanted = (u16, u32, &'static str);

impl<'a> World<'a> {
    /// Claims that are submitted, assessed, and by direct SQL approved, pooled and funded.
    pub(super) async fn new(database: &'a Database, wanted: &[Wanted]) -> Self {
        let store = database.open().await;
        let batch = BatchId(Uuid::now_v7());
        let city = region(CITY);
        let fence = store.take_lease(city, "one".to_owned(), at(1_000), at(9_000)).await.unwrap().unwrap();
        let agency = |number, name: &str| AgencyAccount { account: account(number), name: name.to_owned() };
        let places = [(CITY, 1), (COUNTY, 2), (OTHER_COUNTY, 3)];
        let expenditure = places.into_iter().map(|(place, number)| (region(place), agency(number, "支出户")));
        let accounts = CityAccounts { fund: agency(9, "失业保险基金"), expenditure: expenditure.collect() };
        let mut world = Self { database, store, batch, fence, accounts, claims: BTreeMap::new() };
        let row = bytes(database, batch.0.as_bytes());
        sql(
            database,
            format!(
                "INSERT INTO batch (batch_id, city, month, number, state, claims, amount_fen, granted_fen, arrived_fen,
                funded_claims, opened_at, changed_at) VALUES ({row}, '{CITY}', '2022-10', 1, 'funded', 0, 0, 0, 0, 0, 0, 0)"
            ),
        )
        .await;
        world.fund(wanted).await;
        world
    }

    /// The same for more claims, before the batch pays.
    async fn fund(&mut self, wanted: &[Wanted]) {
        let (database, store) = (self.database, &self.store);
        let mut approvals = Vec::new();
        let mut owed: BTreeMap<(Region, Uscc, SubsidyKind), i64> = BTreeMap::new();
        let drafts = wanted.iter().map(|(person, enterprise, place)| {
            let draft = match person {
                0 => Draft::workforce(*enterprise, &[]),
                person => Draft::graduate(*person, *enterprise),
            };
            draft.in_region(place)
        });
        let records = futures::future::join_all(drafts.map(|draft| submit(store, draft))).await;
        let assessments = records.iter().map(|it| assessment(it, entitled())).collect();
        store.record_assessments(assessments, Actor("hufu/assessor".to_owned()), at(211)).await.unwrap();
        for (record, (person, enterprise, _)) in records.iter().zip(wanted) {
            let claim = &record.claim;
            let payee = Paid { kind: PayeeAccountKind::Corporate, account: approved_account() };
            let approved = ApprovedClaim {
                claim_id: claim.claim_id,
                payee: &payee,
                amount: Fen::new(CLAIM_FEN),
                units: 1,
                persons: claim.subject.persons().into_iter().map(|it| &it.resident_id).collect(),
                evidence: &[7; 32],
            };
            let hash = approval_hash(database, &approved.encode());
            let (id, subsidy) = (bytes(database, claim.claim_id.0.as_bytes()), claim.subject.subsidy());
            approvals.push(format!(
                "({id}, 2, 'lc-hrss/one', 0, 'lc-hrss/two', 0, {evidence}, {hash}, '{place}', '{CITY}', '{subsidy}',
                  '{enterprise}', {CLAIM_FEN}, 1, '2022-11-09', {version}, {id}, {batch})",
                evidence = bytes(database, &[7; 32]),
                hash = bytes(database, &hash.0),
                place = claim.region.as_str(),
                subsidy = code(subsidy),
                enterprise = claim.enterprise.as_str(),
                version = record.version,
                batch = bytes(database, self.batch.0.as_bytes()),
            ));
            *owed.entry((claim.region, claim.enterprise.clone(), subsidy)).or_default() += CLAIM_FEN;
            self.claims.insert((*person, *enterprise), claim.claim_id);
        }
        sql(
            database,
            format!(
                "INSERT INTO approval (claim_id, decision_version, reviewed_by, reviewed_at, approved_by, approved_at,
                evidence_hash, approval_hash, region, city, subsidy, enterprise, amount_fen, units, due_on,
                received_sequence, filing_id, batch_id) VALUES {}",
                approvals.join(",")
            ),
        )
        .await;
        sql(
            database,
            "UPDATE claim SET state = 'funded', version = version + 1
            WHERE claim_id IN (SELECT claim_id FROM approval)"
                .to_owned(),
        )
        .await;
        let entries = owed.into_iter().flat_map(|((place, enterprise, subsidy), fen)| {
            let hops = [Hop::Assigned { city: region(CITY) }, Hop::Owed { place, enterprise }];
            hops.map(|hop| (hop, place, subsidy, fen))
        });
        self.post_all(entries.collect()).await;
    }

    /// Posts an entry behind the store's back.
    pub(super) async fn post(&self, hop: Hop, place: Region, subsidy: SubsidyKind, fen: i64) {
        self.post_all(vec![(hop, place, subsidy, fen)]).await;
    }

    async fn post_all(&self, entries: Vec<(Hop, Region, SubsidyKind, i64)>) {
        let count = entries.len();
        let rows = (1..).zip(entries).map(|(number, (hop, place, subsidy, fen))| {
            let Legs { event, debit, credit } = hop.legs();
            format!(
                "((SELECT sequence FROM ledger_head) + {number}, '{key}', 0, '{event}', {batch}, '{CITY}', '{place}',
                  '{subsidy}', '2022-10', '{dk}', '{debit}', '{ck}', '{credit}', {fen})",
                key = Uuid::now_v7(),
                event = event.code(),
                batch = bytes(self.database, self.batch.0.as_bytes()),
                place = place.as_str(),
                subsidy = code(subsidy),
                dk = debit.kind.code(),
                debit = debit.owner,
                ck = credit.kind.code(),
                credit = credit.owner,
            )
        });
        let rows: Vec<String> = rows.collect();
        let columns = "sequence, entry_key, at, event, batch_id, city, place, subsidy, month, debit_kind, debit_owner,
            credit_kind, credit_owner, amount_fen";
        sql(self.database, format!("INSERT INTO ledger_entry ({columns}) VALUES {}", rows.join(","))).await;
        sql(self.database, format!("UPDATE ledger_head SET sequence = sequence + {count}")).await;
    }

    pub(super) async fn transfers(&self) -> TransferOutcome {
        self.store.make_transfers(self.transfer()).await.unwrap()
    }

    pub(super) fn transfer(&self) -> MakeTransfers {
        let (fence, batch_id, accounts) = (self.fence, self.batch, self.accounts.clone());
        MakeTransfers { fence, actor: actor(), batch_id, accounts, at: at(1_000) }
    }

    /// Everything that is made is sent, and told to be so and so.
    pub(super) async fn send(&self, report: impl Fn(&InstructionRecord) -> BankReport) -> Vec<InstructionRecord> {
        let sent = self.store.start_sending(self.fence, 1_000, actor(), at(1_100)).await.unwrap();
        let reports = sent.iter().map(|it| (it.order.instruction_id, report(it))).collect();
        self.report(reports).await;
        sent
    }

    pub(super) async fn report(&self, reports: Vec<Report>) -> Vec<ReportOutcome> {
        let outcomes = self.store.report(reports, actor(), at(1_200)).await.unwrap();
        assert_books(self.database).await;
        outcomes
    }

    /// All transfers paid: the counties may pay.
    pub(super) async fn paying(&self) {
        self.transfers().await;
        self.send(|it| BankReport::Settled(it.order.amount)).await;
        assert_eq!(self.batch_state().await, "paying");
    }

    pub(super) async fn payable(&self) -> Vec<Payable> {
        self.store.payable(self.batch, None, 1_000, &access("pay")).await.unwrap()
    }

    /// Who may be paid, as a payout to one account.
    pub(super) async fn payouts(&self, account: Option<BankAccount>) -> Vec<NewPayout> {
        let payout = |it: Payable| NewPayout {
            place: it.place,
            enterprise: it.enterprise,
            account: account.clone(),
            payee_name: "聊城测试有限公司".to_owned(),
            pay: it.compared,
            changed: Vec::new(),
            purpose: "一次性扩岗补助".to_owned(),
        };
        self.payable().await.into_iter().map(payout).collect()
    }

    pub(super) fn to_instruct(&self, payouts: Vec<NewPayout>) -> Instruct {
        let (fence, batch_id, accounts) = (self.fence, self.batch, self.accounts.clone());
        Instruct { fence, actor: actor(), batch_id, accounts, payouts, at: at(1_300) }
    }

    pub(super) async fn instruct(&self, payouts: Vec<NewPayout>) -> Vec<InstructOutcome> {
        let outcomes = self.store.instruct(self.to_instruct(payouts)).await.unwrap();
        assert_books(self.database).await;
        outcomes
    }

    pub(super) async fn instruct_all(&self) -> Vec<InstructOutcome> {
        self.instruct(self.payouts(Some(approved_account())).await).await
    }

    pub(super) async fn reinstruct(&self, payment: &PaymentRecord, to: Option<BankAccount>) -> InstructOutcome {
        let again = Reinstruct { payment_id: payment.payment_id, account: to, payee_name: "新户名".to_owned() };
        let accounts = self.accounts.clone();
        let outcomes = self.store.reinstruct(self.fence, actor(), accounts, vec![again], at(1_400)).await.unwrap();
        assert_books(self.database).await;
        outcomes[0].clone()
    }

    pub(super) async fn returns(&self) -> u32 {
        let accounts = self.accounts.clone();
        let made = self.store.make_returns(self.fence, actor(), self.batch, accounts, at(1_500)).await.unwrap();
        assert_books(self.database).await;
        made
    }

    pub(super) fn review(&self, payment: &PaymentRecord, person: &str, act: PaymentAct, to: u32) -> ReviewPayment {
        let account = if to == 0 { approved_account() } else { account(to) };
        ReviewPayment {
            request: request(&Uuid::new_v4().to_string(), 1),
            actor: Actor("371500/desk".to_owned()),
            operator: operator(person),
            payment_id: payment.payment_id,
            version: payment.version,
            act,
            account,
            payee_name: "聊城测试有限公司".to_owned(),
            at: at(1_350),
        }
    }

    pub(super) async fn payments(&self, kind: PaymentKind) -> Vec<PaymentRecord> {
        let filter =
            PaymentFilter { within: region(CITY), batch_id: Some(self.batch), state: None, before: None, limit: 1_000 };
        let mut found = self.store.payments(&filter).await.unwrap();
        found.retain(|it| it.kind == kind);
        found
    }

    /// The payout to an enterprise.
    pub(super) async fn payout(&self, number: u32) -> PaymentRecord {
        let payee = Payee::Enterprise(enterprise(number));
        self.payments(PaymentKind::Payout).await.into_iter().find(|it| it.payee == payee).unwrap()
    }

    pub(super) async fn payment_state(&self, number: u32) -> PaymentState {
        self.payout(number).await.state
    }

    pub(super) async fn claim_state(&self, person: u16, enterprise: u32) -> hufu::domain::claim::ClaimState {
        state(&self.store, self.claims[&(person, enterprise)]).await
    }

    pub(super) async fn batch_state(&self) -> String {
        texts(self.database, "SELECT state FROM batch").await.remove(0)
    }
}

pub(super) async fn texts(database: &Database, sql: &'static str) -> Vec<String> {
    match database.backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
        }
    }
}

fn code(subsidy: SubsidyKind) -> &'static str {
    match subsidy {
        SubsidyKind::JobExpansion => "job-expansion",
        SubsidyKind::RetentionTraining => "retention-training",
    }
}

const READ_ENTRIES: &str = "
    SELECT place, COALESCE(subsidy, ''), debit_kind, debit_owner, credit_kind, credit_owner, amount_fen, batch_id
    FROM ledger_entry ORDER BY sequence";

type EntryRow = (String, String, String, String, String, String, i64, Vec<u8>);

async fn entries(database: &Database) -> Vec<Entry> {
    let rows: Vec<EntryRow> = match database.backend {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
            sqlx::query_as(READ_ENTRIES).fetch_all(&mut connection).await.unwrap()
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            sqlx::query_as(READ_ENTRIES).fetch_all(&mut connection).await.unwrap()
        }
    };
    let account = |kind: &str, owner| Account { kind: AccountKind::from_code(kind).unwrap(), owner };
    let kinds = [SubsidyKind::JobExpansion, SubsidyKind::RetentionTraining];
    let entry = |(place, subsidy, debit, debit_owner, credit, credit_owner, fen, batch): EntryRow| Entry {
        key: String::new(),
        event: Event::Arrived,
        slice: Slice {
            batch: BatchId(Uuid::from_slice(&batch).unwrap()),
            place: region(&place),
            subsidy: kinds.into_iter().find(|it| code(*it) == subsidy),
            month: hufu::domain::calendar::Month::new(2022, 10).unwrap(),
        },
        debit: account(&debit, debit_owner),
        credit: account(&credit, credit_owner),
        amount: Fen::new(fen),
        about: None,
    };
    rows.into_iter().map(entry).collect()
}

/// What must be 0 whatever happened.
const FAULTS: [(&str, &str); 7] = [
    ("ledger has gaps", "SELECT sequence - (SELECT COUNT(*) FROM ledger_entry) FROM ledger_head"),
    (
        "payments differ from their instructions",
        "SELECT COUNT(*) FROM payment WHERE paid_fen <> (
            SELECT COALESCE(SUM(i.paid_fen - i.returned_fen), 0) FROM instruction i
            WHERE i.payment_id = payment.payment_id)",
    ),
    (
        "a payment is paid without its money, or has it and is not",
        "SELECT COUNT(*) FROM payment
         WHERE (state = 'paid') <> (paid_fen + set_off_fen = amount_fen AND NOT EXISTS (
            SELECT 1 FROM instruction i WHERE i.payment_id = payment.payment_id
                AND i.state IN ('made', 'sending', 'accepted', 'in-doubt')))",
    ),
    (
        "a payment under way has no open instruction, or another has one",
        "SELECT COUNT(*) FROM payment
         WHERE (state IN ('instructed', 'in-doubt')) <> EXISTS (
            SELECT 1 FROM instruction i WHERE i.payment_id = payment.payment_id
                AND i.state IN ('made', 'sending', 'accepted', 'in-doubt'))",
    ),
    (
        "claims are not where their payment is",
        "SELECT COUNT(*) FROM approval JOIN payment ON payment.payment_id = approval.payment_id
            JOIN claim ON claim.claim_id = approval.claim_id
         WHERE claim.state <> CASE payment.state WHEN 'owed' THEN 'returned' WHEN 'reviewed' THEN 'returned'
            WHEN 'approved' THEN 'returned' ELSE payment.state END",
    ),
    (
        "what enterprises are owed differs from the ledger",
        "SELECT CAST(
            (SELECT COALESCE(SUM(CASE WHEN credit_kind IN ('payable', 'returned') THEN amount_fen ELSE 0 END
                - CASE WHEN debit_kind IN ('payable', 'returned') THEN amount_fen ELSE 0 END), 0) FROM ledger_entry)
            - (SELECT COALESCE(SUM(a.amount_fen), 0) FROM approval a JOIN claim c ON c.claim_id = a.claim_id
                WHERE c.state = 'funded')
            - (SELECT COALESCE(SUM(amount_fen - paid_fen - set_off_fen), 0) FROM payment WHERE kind = 'payout')
            AS BIGINT)",
    ),
    (
        "what is in transit differs from the ledger",
        "SELECT CAST(
            (SELECT COALESCE(SUM(CASE WHEN debit_kind = 'in-transit' THEN amount_fen ELSE 0 END
                - CASE WHEN credit_kind = 'in-transit' THEN amount_fen ELSE 0 END), 0) FROM ledger_entry)
            - (SELECT COALESCE(SUM(amount_fen - paid_fen), 0) FROM instruction
                WHERE state IN ('made', 'sending', 'accepted', 'in-doubt')) AS BIGINT)",
    ),
];

/// I3: both sides are equal, nothing stands on the wrong side in any place and subsidy, and payments, instructions and claims agree
/// with the ledger to the fen.
pub(super) async fn assert_books(database: &Database) {
    let entries = entries(database).await;
    let trial = TrialBalance::of(&entries).unwrap();
    assert_eq!(trial.difference(), Some(Fen::ZERO));
    assert!(trial.overdrawn().is_empty(), "{:?}", trial.overdrawn());
    let slices: BTreeSet<_> = entries.iter().map(|it| (it.slice.batch, it.slice.place, it.slice.subsidy)).collect();
    for slice in slices {
        let own = entries.iter().filter(|it| (it.slice.batch, it.slice.place, it.slice.subsidy) == slice);
        let trial = TrialBalance::of(own).unwrap();
        let overdrawn = trial.overdrawn().into_iter().filter(|it| it.kind != AccountKind::Receivable);
        assert_eq!(overdrawn.count(), 0, "{slice:?}: {:?}", trial.overdrawn());
    }
    for (what, sql) in FAULTS {
        assert_eq!(database.count(sql).await, 0, "{what}");
    }
}
