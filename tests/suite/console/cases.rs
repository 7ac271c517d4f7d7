//! What two persons decide in the console: a case referred and its rest waived, a case repaid, a payment that came back.

use hufu::domain::identity::BankAccount;
use hufu::proto::pooling::v1::{FileClaimsRequest, ListPaymentsRequest, PaymentState, RunPoolingRequest};
use hufu::sandbox::Running;

use super::money::{APPROVES, CITY, DRAFTS, demanded, drafted};
use super::{browse, links};
use crate::support::people::{firm, graduate};
use crate::support::{Database, Harness, eventually, fresh_request_id, money};

/// A payment to an account that was closed meanwhile; gives its batch.
async fn came_back(hufu: &Harness, bureaus: &Running) -> String {
    let city = hufu.office(CITY);
    let closing = firm("阳谷商贸公司").in_region("371521").known_to(hufu).banks_with(bureaus);
    let account = BankAccount::parse(closing.corporate_account.as_ref().unwrap()).unwrap();
    bureaus.vault().close(&account).unwrap();
    let claim = graduate("赵一").hired_by(&closing).known_to(hufu).claim().submit(&city).await;
    city.approve(&claim).await;
    let filing = FileClaimsRequest {
        request_id: fresh_request_id(),
        region: claim.region.clone(),
        person: "wang.li".to_owned(),
        expected: None,
    };
    city.pooling().file_claims(filing).await.unwrap();
    eventually("the payout came back", async || {
        city.pooling().run_pooling(RunPoolingRequest { city: CITY.to_owned() }).await.unwrap();
        let request = ListPaymentsRequest { state: PaymentState::Owed.into(), ..Default::default() };
        let owed = city.pooling().list_payments(request).await.unwrap().into_inner().payments;
        owed.into_iter().next().map(|payment| payment.batch_id)
    })
    .await
}

async fn what_one_proposes_another_approves(hufu: &Harness, bureaus: &Running) {
    let city = hufu.office(CITY);
    let mut cases = Vec::new();
    for name in ["刘洋", "陈静"] {
        let case = drafted(hufu, bureaus, "371502", name).await;
        cases.push(demanded(&city, case).await.case_id);
    }
    let batch = came_back(hufu, bureaus).await;
    let links = links(hufu, CITY, &[DRAFTS, APPROVES]).await;
    let cases = serde_json::to_string(&cases).unwrap();
    browse(hufu, "cases.mjs", &[links, ("HUFU_CASES", cases), ("HUFU_BATCH", batch)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_proposes_another_approves_on_sqlite() {
    money::tell(Database::Sqlite, what_one_proposes_another_approves).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_proposes_another_approves_on_postgres() {
    money::tell(Database::Postgres, what_one_proposes_another_approves).await;
}
