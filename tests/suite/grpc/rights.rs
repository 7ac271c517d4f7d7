//! Who may call what, where: every call, by somebody without a certificate, without the role, from elsewhere, and with the right.

use hufu::domain::caller::Role;
use hufu::proto::DESCRIPTOR_SET;
use hufu::proto::claims::v1 as claims;
use hufu::proto::ledger::v1 as ledger;
use hufu::proto::policy::v1 as policy;
use hufu::proto::suspects::v1 as suspects;
use prost::Message;
use tonic::Status;
use tonic_types::StatusExt;

use super::{refusal, risk_area};
use crate::support::claims::{NewClaim, all, in_words, verdict};
use crate::support::people::{firm, graduate};
use crate::support::reviews::Pass;
use crate::support::{Caller, Harness, fresh_request_id, on_both_databases};

const STRANGER: &str = "Unauthenticated CERTIFICATE_REQUIRED";
const ROLE_MISSING: &str = "PermissionDenied ROLE_MISSING";
const OUTSIDE: &str = "PermissionDenied REGION_OUTSIDE_CALLER";
const NOT_FOUND: &str = "NotFound NOT_FOUND";
const GRANTED: &str = "granted";

/// Each call, the roles of which it takes one (none: a certificate is enough), and what a caller from elsewhere is answered.
const CALLS: [(&str, &[Role], &str); 20] = [
    ("ClaimService/CheckClaim", &[Role::ClaimsRead], OUTSIDE),
    ("ClaimService/SubmitClaim", &[Role::ClaimsSubmit], OUTSIDE),
    // The stream itself is open to whoever may submit; each claim of elsewhere is refused in its own answer.
    ("ClaimService/SubmitClaims", &[Role::ClaimsSubmit], "refused REGION_OUTSIDE_CALLER"),
    ("ClaimService/GetClaim", &[Role::ClaimsRead], NOT_FOUND),
    ("ClaimService/ListClaims", &[Role::ClaimsRead], OUTSIDE),
    ("ClaimService/WithdrawClaim", &[Role::ClaimsSubmit], NOT_FOUND),
    ("ClaimService/ReviewClaim", &[Role::ClaimsReview, Role::ClaimsApprove], NOT_FOUND),
    ("ClaimService/WatchClaims", &[Role::ClaimsRead], OUTSIDE),
    ("SuspectService/PullSuspects", &[Role::SuspectsRead], OUTSIDE),
    ("SuspectService/ListSuspects", &[Role::SuspectsRead], OUTSIDE),
    ("SuspectService/GetSuspect", &[Role::SuspectsRead], NOT_FOUND),
    ("SuspectService/DecideSuspect", &[Role::SuspectsJudge], NOT_FOUND),
    ("PolicyService/ListSheets", &[], GRANTED),
    ("PolicyService/GetSheet", &[], GRANTED),
    ("PolicyService/DeclareRiskArea", &[Role::PolicyDeclare], OUTSIDE),
    ("PolicyService/ListRiskAreas", &[], OUTSIDE),
    ("LedgerService/ListAccounts", &[Role::MoneyRead], OUTSIDE),
    ("LedgerService/ListEntries", &[Role::MoneyRead], OUTSIDE),
    ("LedgerService/GetTrialBalance", &[Role::MoneyRead], OUTSIDE),
    ("LedgerService/CheckLedger", &[Role::MoneyRead], OUTSIDE),
];

/// What the calls are about: all of it lies in 东昌府区.
struct Records {
    new_claim: NewClaim,
    claim_id: String,
    suspect_id: String,
}

const REGION: &str = "371502";

async fn every_call_is_denied_without_its_right(hufu: &Harness) {
    let county = hufu.office(REGION);
    let firm = firm("甲公司").known_to(hufu);
    let wang = graduate("王小明").hired_by(&firm).known_to(hufu);
    wang.claim().submit(&county).await;
    let claim_id = wang.claim().submit(&county).await.claim_id;
    let suspect_id = county.only_suspect().await.suspect_id;
    let records = Records { new_claim: wang.claim(), claim_id, suspect_id };
    for (rpc, roles, from_elsewhere) in CALLS {
        let without = Role::ALL.into_iter().filter(|it| !roles.contains(it)).collect::<Vec<_>>();
        let without_role = if roles.is_empty() { GRANTED } else { ROLE_MISSING };
        check(rpc, &hufu.stranger(), &records, STRANGER).await;
        check(rpc, &hufu.caller(REGION, &without), &records, without_role).await;
        for region in ["371521", "370100", "410000", "410902"] {
            check(rpc, &hufu.office(region), &records, from_elsewhere).await;
        }
        check(rpc, &hufu.caller(REGION, roles.get(..1).unwrap_or_default()), &records, GRANTED).await;
    }
}

async fn check(rpc: &str, caller: &Caller, records: &Records, expected: &str) {
    let found = match call(rpc, caller, records).await {
        Ok(granted) => granted.to_owned(),
        // Let in, and not done for what the record is: this claim is held, this suspect judged before.
        Err(status) if status.code() == tonic::Code::FailedPrecondition => GRANTED.to_owned(),
        Err(status) => {
            let details = status.get_error_details();
            let reason = details.error_info().unwrap_or_else(|| panic!("{rpc}: no ErrorInfo: {status:?}"));
            assert!(
                details.localized_message().is_some_and(|it| it.locale == "zh-CN"),
                "{rpc}: no words for officials"
            );
            format!("{:?} {}", status.code(), reason.reason)
        }
    };
    assert_eq!(found, expected, "{rpc}");
}

async fn call(rpc: &str, caller: &Caller, records: &Records) -> Result<&'static str, Status> {
    let region = || REGION.to_owned();
    let slice = || Some(ledger::Slice { region: region(), ..Default::default() });
    let (new_claim, claim_id, suspect_id) = (&records.new_claim, records.claim_id.clone(), records.suspect_id.clone());
    match rpc {
        "ClaimService/CheckClaim" => new_claim.check(caller).await.map(drop)?,
        "ClaimService/SubmitClaim" => new_claim.receipt(caller).await.map(drop)?,
        "ClaimService/SubmitClaims" => return submit_over_a_stream(caller, new_claim).await,
        "ClaimService/GetClaim" => caller.claim(&claim_id).await.map(drop)?,
        "ClaimService/ListClaims" => {
            let request = claims::ListClaimsRequest { region: region(), ..Default::default() };
            caller.claims().list_claims(request).await.map(drop)?;
        }
        "ClaimService/WithdrawClaim" => caller.withdraw(&claim_id).await.map(drop)?,
        "ClaimService/WatchClaims" => {
            let request = claims::WatchClaimsRequest { resume_token: "0".to_owned(), region: region() };
            caller.claims().watch_claims(request).await?.into_inner().message().await.map(drop)?;
        }
        "SuspectService/PullSuspects" => {
            let request = suspects::PullSuspectsRequest { resume_token: String::new(), region: region() };
            caller.suspect_desk().pull_suspects(request).await?.into_inner().message().await.map(drop)?;
        }
        "SuspectService/ListSuspects" => {
            let request = suspects::ListSuspectsRequest { region: region(), ..Default::default() };
            caller.suspect_desk().list_suspects(request).await.map(drop)?;
        }
        "SuspectService/GetSuspect" => {
            let request = suspects::GetSuspectRequest { suspect_id };
            caller.suspect_desk().get_suspect(request).await.map(drop)?;
        }
        "ClaimService/ReviewClaim" => {
            let claim = claims::Claim { claim_id, version: 1, ..Default::default() };
            caller.decide(&claim, "wang.li", Pass).await.map(drop)?;
        }
        "SuspectService/DecideSuspect" => {
            caller.judge(&suspect_id, "wang.li", suspects::SuspectDecision::Confirm).await.map(drop)?;
        }
        "LedgerService/ListAccounts" => {
            let request = ledger::ListAccountsRequest { slice: slice(), ..Default::default() };
            caller.ledger().list_accounts(request).await.map(drop)?;
        }
        "LedgerService/ListEntries" => {
            let request = ledger::ListEntriesRequest { slice: slice(), ..Default::default() };
            caller.ledger().list_entries(request).await.map(drop)?;
        }
        "LedgerService/GetTrialBalance" => {
            let request = ledger::GetTrialBalanceRequest { slice: slice() };
            caller.ledger().get_trial_balance(request).await.map(drop)?;
        }
        "LedgerService/CheckLedger" => {
            caller.ledger().check_ledger(ledger::CheckLedgerRequest { region: region() }).await.map(drop)?;
        }
        "PolicyService/ListSheets" => caller.policy().list_sheets(policy::ListSheetsRequest {}).await.map(drop)?,
        "PolicyService/GetSheet" => {
            let request = policy::GetSheetRequest { sheet_id: "job-expansion-2022".to_owned() };
            caller.policy().get_sheet(request).await.map(drop)?;
        }
        "PolicyService/DeclareRiskArea" => caller.policy().declare_risk_area(risk_area(REGION)).await.map(drop)?,
        "PolicyService/ListRiskAreas" => {
            let request = policy::ListRiskAreasRequest { region: region() };
            caller.policy().list_risk_areas(request).await.map(drop)?;
        }
        _ => panic!("{rpc} is not tried"),
    }
    Ok(GRANTED)
}

async fn submit_over_a_stream(caller: &Caller, claim: &NewClaim) -> Result<&'static str, Status> {
    let request = claims::SubmitClaimsRequest { request_id: fresh_request_id(), claim: Some(claim.submission.clone()) };
    let mut answers = caller.claims().submit_claims(tokio_stream::iter([request])).await?.into_inner();
    match answers.message().await?.unwrap().outcome.unwrap() {
        claims::submit_claims_response::Outcome::Claim(_) => Ok(GRANTED),
        claims::submit_claims_response::Outcome::Refusal(refusal) => {
            assert_eq!(refusal.reason, "REGION_OUTSIDE_CALLER");
            Ok("refused REGION_OUTSIDE_CALLER")
        }
    }
}

/// The table above holds every call of these contracts; clawback and pooling have stories of their own.
#[test]
fn no_call_is_left_out() {
    let files = prost_types::FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap().file;
    let own = files.iter().filter(|file| ["claims", "suspects", "policy", "ledger"].iter().any(|it| is_of(file, it)));
    let calls = own
        .flat_map(|file| &file.service)
        .flat_map(|service| service.method.iter().map(|method| format!("{}/{}", service.name(), method.name())));
    assert_eq!(calls.collect::<Vec<_>>(), CALLS.map(|(rpc, _, _)| rpc));
}

fn is_of(file: &prost_types::FileDescriptorProto, area: &str) -> bool {
    file.package() == format!("hufu.{area}.v1")
}

/// What a certificate says and hufu does not understand is refused, never skipped.
async fn a_certificate_with_an_unknown_role_is_refused(hufu: &Harness) {
    let caller = hufu.caller_named("hufu://371502/a/b?role=claims.read&role=claims.everything");
    let refusal = refusal(caller.claims().list_claims(claims::ListClaimsRequest::default()).await);
    assert_eq!(super::reason_of(&refusal), "CALLER_MALFORMED");
}

async fn each_level_sees_what_lies_below_it(hufu: &Harness) {
    // A county, another one, and the tourism zone, which has no code of its own.
    let firms =
        ["371502", "371521", "3715A1"].map(|region| firm(&format!("{region}公司")).in_region(region).known_to(hufu));
    let wang = graduate("王小明").hired_by(&firms[0]).known_to(hufu);
    for firm in &firms {
        wang.claim().by(firm).submit(&hufu.office(&firm.region)).await;
    }
    // The first claim is in both suspects.
    let seen = [
        ("371502", 1, 2),
        ("371521", 1, 1),
        ("3715A1", 1, 1),
        ("371500", 3, 2),
        ("370000", 3, 2),
        ("000000", 3, 2),
        ("371522", 0, 0),
        ("370100", 0, 0),
        ("410000", 0, 0),
    ];
    for (region, claims, suspects) in seen {
        let office = hufu.office(region);
        assert_eq!((all(&office).await.len(), office.suspects().await.len()), (claims, suspects), "{region}");
        assert_eq!(office.pull("").await.unwrap().0.len(), suspects, "{region}");
    }
    let of_one_county = claims::ListClaimsRequest { region: "371521".to_owned(), ..Default::default() };
    let listed = hufu.office("370000").claims().list_claims(of_one_county).await.unwrap().into_inner().claims;
    assert_eq!(listed.iter().map(|claim| claim.region.as_str()).collect::<Vec<_>>(), ["371521"]);
}

/// From another province one learns of a claim that the graduate's slot is taken, and nothing else.
async fn a_taken_slot_is_all_that_another_province_learns(hufu: &Harness) {
    let (county, henan) = (hufu.office("371502"), hufu.office("410902"));
    let (at_home, away) = (firm("甲公司").known_to(hufu), firm("濮阳软件").in_region("410902").known_to(hufu));
    let wang = graduate("王小明").hired_by(&at_home).also_hired_by([&away]).known_to(hufu);
    let before = wang.claim().by(&away).check(&henan).await.unwrap();
    assert!(!before.slot_taken);
    let taken_by = wang.claim().submit(&county).await;
    assert_eq!(verdict(&taken_by), "150000 fen to the corporate account");

    let after = wang.claim().by(&away).check(&henan).await.unwrap();
    assert!(after.slot_taken);
    assert_eq!(in_words(&after.verdict.unwrap()), in_words(&before.verdict.unwrap()));
    assert_eq!(refusal(henan.claim(&taken_by.claim_id).await).code(), tonic::Code::NotFound);
    assert_eq!((all(&henan).await.len(), henan.suspects().await.len()), (0, 0), "a check left a trace");
    assert_eq!(county.suspects().await.len(), 0, "a check accused somebody");
}

on_both_databases![
    every_call_is_denied_without_its_right,
    a_certificate_with_an_unknown_role_is_refused,
    each_level_sees_what_lies_below_it,
    a_taken_slot_is_all_that_another_province_learns,
];
