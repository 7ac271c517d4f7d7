//! The ledger over the wire: it agrees with all there is, balances in every part, and shows nobody more than is for their region (I3).

use hufu::domain::caller::Role;
use hufu::proto::ledger::v1 as pb;
use hufu::sandbox::Running;
use prost::Message;
use tonic::Status;

use super::clawback::with_money;
use super::privacy::Secrets;
use super::refused;
use crate::support::people::{firm, graduate};
use crate::support::{Caller, Database, Harness, money, on_both_databases};

async fn checked(caller: &Caller, region: &str) -> Result<pb::CheckLedgerResponse, Status> {
    let request = pb::CheckLedgerRequest { region: region.to_owned() };
    Ok(caller.ledger().check_ledger(request).await?.into_inner())
}

async fn trial(caller: &Caller, slice: pb::Slice) -> Result<pb::GetTrialBalanceResponse, Status> {
    let request = pb::GetTrialBalanceRequest { slice: Some(slice) };
    Ok(caller.ledger().get_trial_balance(request).await?.into_inner())
}

/// All entries of a part, in pages of three.
async fn entries(caller: &Caller, slice: pb::Slice, account: &str) -> Vec<pb::Entry> {
    let account = account.to_owned();
    let mut request = pb::ListEntriesRequest { slice: Some(slice), account, page_size: 3, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = caller.ledger().list_entries(request.clone()).await.unwrap().into_inner();
        assert!(page.entries.len() <= 3);
        all.extend(page.entries);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

fn of_region(region: &str) -> pb::Slice {
    pb::Slice { region: region.to_owned(), ..Default::default() }
}

async fn an_empty_ledger_agrees_with_an_empty_node(hufu: &Harness) {
    let county = hufu.office("371502");
    let found = checked(&county, "").await.unwrap();
    assert!(found.entries == 0 && found.differences.is_empty(), "{} differences", found.differences.len());
    let sums = trial(&county, pb::Slice::default()).await.unwrap();
    assert!(sums.kinds.is_empty() && (sums.debit_fen, sums.credit_fen) == (0, 0));
    assert!(entries(&county, pb::Slice::default(), "").await.is_empty());
}

async fn the_ledger_takes_its_role_and_its_region(hufu: &Harness) {
    let (reader, county) = (hufu.caller("371502", &[Role::MoneyRead]), hufu.office("371502"));
    let others: Vec<_> = Role::ALL.into_iter().filter(|it| *it != Role::MoneyRead).collect();
    let without = hufu.caller("371502", &others);
    assert!(checked(&reader, "371502").await.is_ok());
    assert_eq!(refused(checked(&without, "").await), "PermissionDenied ROLE_MISSING");
    for region in ["371500", "371521", "410000"] {
        assert_eq!(refused(checked(&county, region).await), "PermissionDenied REGION_OUTSIDE_CALLER");
        assert_eq!(refused(trial(&county, of_region(region)).await), "PermissionDenied REGION_OUTSIDE_CALLER");
    }
    let invalid = "InvalidArgument FIELDS_INVALID";
    let slice = pb::Slice { subsidy: "hiring".to_owned(), ..Default::default() };
    assert_eq!(refused(trial(&county, slice).await), invalid);
    let request = pb::ListEntriesRequest { account: "cash".to_owned(), ..Default::default() };
    assert_eq!(refused(county.ledger().list_entries(request).await), invalid);
    let request = pb::ListAccountsRequest { kind: "cash".to_owned(), ..Default::default() };
    assert_eq!(refused(county.ledger().list_accounts(request).await), invalid);
}

async fn a_payment_is_in_the_ledger_and_agrees_with_all_there_is(hufu: &Harness, bureaus: &Running) {
    let (city, county, other) = (hufu.office("371500"), hufu.office("371502"), hufu.office("371521"));
    let firm = firm("甲公司").known_to(hufu).banks_with(bureaus);
    let wang = graduate("王小明").hired_by(&firm).known_to(hufu);
    let secrets = Secrets::of(&wang, firm.corporate_account.as_ref().unwrap());
    let claim = wang.claim().submit(&city).await;
    city.pay(&claim).await;

    let found = checked(&city, "").await.unwrap();
    let codes: Vec<_> = found.differences.iter().map(|it| it.code.as_str()).collect();
    assert!(codes.is_empty() && found.entries >= 6, "{codes:?} over {} entries", found.entries);
    let whole = trial(&city, pb::Slice::default()).await.unwrap();
    assert!(whole.debit_fen == whole.credit_fen && whole.debit_fen > 0);
    let net = |kind: &str| {
        let of_kind = whole.kinds.iter().find(|it| it.kind == kind);
        of_kind.map_or(0, |it| it.debit_fen - it.credit_fen)
    };
    assert_eq!([net("fund"), net("expense"), net("payable"), net("in-transit")], [-150_000, 150_000, 0, 0]);

    let all = entries(&city, pb::Slice::default(), "").await;
    assert!(all.windows(2).all(|two| two[0].sequence < two[1].sequence), "oldest first, each once");
    assert_eq!(i64::try_from(all.len()).unwrap(), found.entries);
    all.iter().for_each(|it| secrets.check("an entry", &it.encode_to_vec()));
    let payable = format!("payable/{}", firm.uscc.as_str());
    let of_firm = entries(&city, pb::Slice::default(), &payable).await;
    assert!(!of_firm.is_empty() && of_firm.iter().all(|it| it.debit == payable || it.credit == payable));

    // A county sees what is for it, and each part balances by itself.
    let here = entries(&county, pb::Slice::default(), "").await;
    assert!(!here.is_empty() && here.len() < all.len() && here.iter().all(|it| it.place == "371502"));
    assert!(entries(&other, pb::Slice::default(), "").await.is_empty());
    let subsidy = |word: &str| pb::Slice { subsidy: word.to_owned(), ..of_region("371502") };
    let batch = pb::Slice { batch_id: here[0].batch_id.clone(), month: here[0].month, ..of_region("371502") };
    for slice in [of_region("371502"), subsidy("job-expansion"), batch] {
        let part = trial(&city, slice).await.unwrap();
        assert!(part.debit_fen == part.credit_fen && part.debit_fen > 0);
    }
    assert_eq!(trial(&city, subsidy("retention-training")).await.unwrap().debit_fen, 0);
    check_flow(&city, &county, &other).await;
    check_accounts(&county, &firm.uscc.as_str().to_owned()).await;
}

/// What was drawn went to the county and from there to the enterprise; the county sees the same of its own, and the others nothing.
async fn check_flow(city: &Caller, county: &Caller, other: &Caller) {
    let flow = async |caller: &Caller, region: &str| {
        // A month cuts nothing off: money does not begin anew with it.
        let month = Some(hufu::proto::common::v1::Month { year: 2022, month: 11 });
        let slice = pb::Slice { month, ..of_region(region) };
        caller.ledger().get_flow(pb::GetFlowRequest { slice: Some(slice) }).await.map(tonic::Response::into_inner)
    };
    for caller in [city, county] {
        let found = flow(caller, "").await.unwrap();
        let [of_city] = &found.cities[..] else { panic!("one city") };
        let [of_county] = &of_city.counties[..] else { panic!("one county") };
        assert_eq!((of_city.city.as_str(), of_city.drawn_fen), ("371500", 150_000));
        assert_eq!((of_county.county.as_str(), of_county.passed_on_fen), ("371502", 150_000));
        let kept = of_county.ends.as_ref().map(|ends| (ends.kept_fen, ends.held_fen, ends.clawed_back_fen));
        assert_eq!(kept, Some((150_000, 0, 0)));
        let [paid] = &found.paid[..] else { panic!("one place and subsidy") };
        assert_eq!((paid.place.as_str(), paid.subsidy.as_str(), paid.amount_fen), ("371502", "job-expansion", 150_000));
    }
    assert!(flow(other, "").await.unwrap().cities.is_empty());
    assert_eq!(refused(flow(county, "371500").await), "PermissionDenied REGION_OUTSIDE_CALLER");
}

async fn check_accounts(county: &Caller, uscc: &String) {
    let mut request = pb::ListAccountsRequest { page_size: 1, ..Default::default() };
    let mut accounts = Vec::new();
    loop {
        let page = county.ledger().list_accounts(request.clone()).await.unwrap().into_inner();
        accounts.extend(page.accounts);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let names: Vec<_> = accounts.iter().map(|it| format!("{}/{}", it.kind, it.owner)).collect();
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
    assert!(names.contains(&"county/371502".to_owned()) && names.contains(&format!("payable/{uscc}")), "{names:?}");
    assert!(accounts.iter().all(|it| !it.kind_zh.is_empty()));
}

on_both_databases![an_empty_ledger_agrees_with_an_empty_node, the_ledger_takes_its_role_and_its_region];

with_money![a_payment_is_in_the_ledger_and_agrees_with_all_there_is];
