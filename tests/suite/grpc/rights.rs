//! Who may call what, where: every call, by somebody without a certificate, without the role, from elsewhere, and with the right.

mod suspects;

use std::collections::BTreeSet;

use hufu::domain::caller::Role;
use hufu::domain::money::Fen;
use hufu::domain::rights::RIGHTS;
use hufu::domain::statement::{Statement, Totals};
use hufu::proto::DESCRIPTOR_SET;
use hufu::proto::claims::v1 as claims;
use hufu::proto::clawback::v1 as clawback;
use hufu::proto::ledger::v1 as ledger;
use hufu::proto::policy::v1 as policy;
use hufu::proto::pooling::v1 as pooling;
use hufu::proto::reports::v1 as reports;
use hufu::proto::suspects::v1::SuspectDecision;
use hufu::sandbox::Running;
use hufu::tables::{StatementEncoding, write_csv};
use prost::Message;
use tonic::Status;
use tonic_types::StatusExt;

use super::clawback::with_money;
use super::{refusal, risk_area};
use crate::support::claims::{NewClaim, all, in_words, verdict};
use crate::support::people::{firm, graduate};
use crate::support::reviews::{Approve, Pass};
use crate::support::{Caller, Database, Harness, fresh_request_id, money, on_both_databases};

const STRANGER: &str = "Unauthenticated CERTIFICATE_REQUIRED";
const ROLE_MISSING: &str = "PermissionDenied ROLE_MISSING";
const OUTSIDE: &str = "PermissionDenied REGION_OUTSIDE_CALLER";
const NOT_FOUND: &str = "NotFound NOT_FOUND";
const GRANTED: &str = "granted";

/// Whose region a call is about, in the records below.
#[derive(Clone, Copy)]
enum Home {
    County,
    City,
}

/// Each call, the roles of which it takes one (none: a certificate is enough), what it is about, and what a caller from elsewhere is
/// answered.
const CALLS: [(&str, &[Role], Home, &str); 55] = [
    ("ClaimService/CheckClaim", &[Role::ClaimsRead], Home::County, OUTSIDE),
    ("ClaimService/SubmitClaim", &[Role::ClaimsSubmit], Home::County, OUTSIDE),
    // The stream itself is open to whoever may submit; each claim of elsewhere is refused in its own answer.
    ("ClaimService/SubmitClaims", &[Role::ClaimsSubmit], Home::County, "refused REGION_OUTSIDE_CALLER"),
    ("ClaimService/GetClaim", &[Role::ClaimsRead], Home::County, NOT_FOUND),
    ("ClaimService/ListClaims", &[Role::ClaimsRead], Home::County, OUTSIDE),
    ("ClaimService/WithdrawClaim", &[Role::ClaimsSubmit], Home::County, NOT_FOUND),
    ("ClaimService/ReviewClaim", &[Role::ClaimsReview, Role::ClaimsApprove], Home::County, NOT_FOUND),
    ("ClaimService/WatchClaims", &[Role::ClaimsRead], Home::County, OUTSIDE),
    ("SuspectService/PullSuspects", &[Role::SuspectsRead], Home::County, OUTSIDE),
    ("SuspectService/ListSuspects", &[Role::SuspectsRead], Home::County, OUTSIDE),
    ("SuspectService/GetSuspect", &[Role::SuspectsRead], Home::County, NOT_FOUND),
    ("SuspectService/DecideSuspect", &[Role::SuspectsJudge], Home::County, NOT_FOUND),
    // Each suspect is answered for itself.
    ("SuspectService/DecideSuspects", &[Role::SuspectsJudge], Home::County, "refused NOT_FOUND"),
    // Who judges may take one for oneself: that is told at the desk.
    ("SuspectService/AssignSuspect", &[Role::SuspectsAssign], Home::County, NOT_FOUND),
    ("SuspectService/TakeUpSuspect", &[Role::SuspectsJudge], Home::County, NOT_FOUND),
    ("SuspectService/CommentSuspect", &[Role::SuspectsJudge], Home::County, NOT_FOUND),
    ("SuspectService/ReopenSuspect", &[Role::SuspectsJudge], Home::County, NOT_FOUND),
    ("SuspectService/GetDossier", &[Role::SuspectsRead], Home::County, NOT_FOUND),
    ("SuspectService/UnmaskPerson", &[Role::SuspectsUnmask], Home::County, NOT_FOUND),
    ("SuspectService/GetDesk", &[Role::SuspectsRead], Home::County, OUTSIDE),
    ("SuspectService/ImportSuspectRecords", &[Role::SuspectsImport], Home::County, OUTSIDE),
    ("SuspectService/ListSuspectRecords", &[Role::SuspectsRead], Home::County, OUTSIDE),
    ("SuspectService/SaveView", &[Role::SuspectsRead], Home::County, GRANTED),
    ("SuspectService/ListViews", &[Role::SuspectsRead], Home::County, GRANTED),
    ("AuditService/ListEntries", &[Role::AuditRead], Home::County, OUTSIDE),
    ("ConsoleService/CreateLink", &[Role::ConsoleLink], Home::County, OUTSIDE),
    ("PolicyService/ListSheets", &[], Home::County, GRANTED),
    ("PolicyService/GetSheet", &[], Home::County, GRANTED),
    ("PolicyService/CompareSheets", &[], Home::County, GRANTED),
    ("PolicyService/DeclareRiskArea", &[Role::PolicyDeclare], Home::County, OUTSIDE),
    ("PolicyService/ListRiskAreas", &[], Home::County, OUTSIDE),
    ("PoolingService/FileClaims", &[Role::PoolingFile], Home::County, OUTSIDE),
    ("PoolingService/ListFilings", &[Role::MoneyRead], Home::County, OUTSIDE),
    ("PoolingService/RunPooling", &[Role::PoolingRun], Home::City, OUTSIDE),
    ("PoolingService/PlanPooling", &[Role::MoneyRead], Home::City, OUTSIDE),
    ("PoolingService/GetPoolingStatus", &[Role::MoneyRead], Home::City, OUTSIDE),
    ("PoolingService/ListBatches", &[Role::MoneyRead], Home::City, OUTSIDE),
    ("PoolingService/GetBatch", &[Role::MoneyRead], Home::City, NOT_FOUND),
    ("PoolingService/ListPayments", &[Role::MoneyRead], Home::County, OUTSIDE),
    ("PoolingService/ReviewPayment", &[Role::ClaimsReview, Role::ClaimsApprove], Home::County, NOT_FOUND),
    ("PoolingService/ImportStatement", &[Role::PoolingRun], Home::County, OUTSIDE),
    ("PoolingService/ExportInstructions", &[Role::PoolingRun], Home::City, NOT_FOUND),
    ("LedgerService/ListAccounts", &[Role::MoneyRead], Home::County, OUTSIDE),
    ("LedgerService/ListEntries", &[Role::MoneyRead], Home::County, OUTSIDE),
    ("LedgerService/GetTrialBalance", &[Role::MoneyRead], Home::County, OUTSIDE),
    ("LedgerService/GetFlow", &[Role::MoneyRead], Home::County, OUTSIDE),
    ("LedgerService/CheckLedger", &[Role::MoneyRead], Home::County, OUTSIDE),
    ("ReportService/GetRadar", &[Role::MoneyRead], Home::County, OUTSIDE),
    ("ReportService/ListUpstreams", &[], Home::County, GRANTED),
    ("ClawbackService/DraftCase", &[Role::ClawbackHandle], Home::County, NOT_FOUND),
    ("ClawbackService/AdvanceCase", &[Role::ClawbackHandle, Role::ClawbackApprove], Home::County, NOT_FOUND),
    ("ClawbackService/RecordRepayment", &[Role::ClawbackHandle], Home::County, NOT_FOUND),
    ("ClawbackService/GetCase", &[Role::MoneyRead], Home::County, NOT_FOUND),
    ("ClawbackService/ListCases", &[Role::MoneyRead], Home::County, OUTSIDE),
    ("ClawbackService/GetRecovery", &[Role::MoneyRead], Home::County, OUTSIDE),
];

const COUNTY: &str = "371502";
const CITY: &str = "371500";

impl Home {
    fn region(self) -> &'static str {
        match self {
            Self::County => COUNTY,
            Self::City => CITY,
        }
    }

    /// Who has nothing to do with it, were every role given: its neighbors, other cities and provinces, and of a city its counties.
    fn elsewhere(self) -> [&'static str; 4] {
        match self {
            Self::County => ["371521", "370100", "410000", "410902"],
            Self::City => ["371502", "371521", "370100", "410000"],
        }
    }

    /// Whoever is above it may do the same there.
    fn above(self) -> &'static str {
        match self {
            Self::County => CITY,
            Self::City => "370000",
        }
    }
}

/// What the calls are about: claims of 东昌府区, of which one was paid and is claimed back, and the city's batch.
struct Records {
    new_claim: NewClaim,
    claim_id: String,
    paid_id: String,
    suspect_id: String,
    case_id: String,
    payment_id: String,
    batch_id: String,
    statement: Vec<u8>,
}

impl Records {
    async fn make(hufu: &Harness, bureaus: &Running) -> Self {
        let city = hufu.office(CITY);
        let firm = firm("甲公司").known_to(hufu).banks_with(bureaus);
        let wang = graduate("王小明").hired_by(&firm).known_to(hufu);
        let paid = wang.claim().submit(&city).await;
        let claim_id = wang.claim().submit(&city).await.claim_id;
        city.pay(&paid).await;
        let suspect_id = city.only_suspect().await.suspect_id;
        city.judge(&suspect_id, "wang.li", SuspectDecision::Confirm).await.unwrap();
        let draft = draft(&suspect_id, &paid.claim_id);
        let case = city.clawback().draft_case(draft).await.unwrap().into_inner().case.unwrap();
        let request = pooling::ListPaymentsRequest { region: COUNTY.to_owned(), ..Default::default() };
        let payments = city.pooling().list_payments(request).await.unwrap().into_inner().payments;
        let payout = payments.into_iter().find(|it| it.kind() == pooling::PaymentKind::Payout).unwrap();
        Self {
            new_claim: wang.claim(),
            claim_id,
            paid_id: paid.claim_id,
            suspect_id,
            case_id: case.case_id,
            payment_id: payout.payment_id,
            batch_id: payout.batch_id,
            statement: far_statement(),
        }
    }
}

/// A statement of the county's account, so far ahead that none of it can be posted.
fn far_statement() -> Vec<u8> {
    let account = money::expenditure(COUNTY);
    let declared = Totals { lines: 0, credit: Fen::ZERO, debit: Fen::ZERO };
    let (opening, closing) = (Fen::ZERO, Fen::ZERO);
    let statement = Statement { account, number: 999, opening, closing, declared, lines: Vec::new() };
    write_csv(&statement, StatementEncoding::Utf8).unwrap()
}

fn draft(suspect_id: &str, claim_id: &str) -> clawback::DraftCaseRequest {
    clawback::DraftCaseRequest {
        request_id: fresh_request_id(),
        suspect_id: suspect_id.to_owned(),
        claim_id: claim_id.to_owned(),
        amount_fen: 0,
        person: "zhao.min".to_owned(),
        facts: "该毕业生已由另一企业申领".to_owned(),
    }
}

async fn every_call_is_denied_without_its_right(hufu: &Harness, bureaus: &Running) {
    let records = Records::make(hufu, bureaus).await;
    for (rpc, roles, home, from_elsewhere) in CALLS {
        let region = home.region();
        let without = Role::ALL.into_iter().filter(|it| !roles.contains(it)).collect::<Vec<_>>();
        let without_role = if roles.is_empty() { GRANTED } else { ROLE_MISSING };
        let first = roles.first().copied();
        check((rpc, first), &hufu.stranger(), &records, STRANGER).await;
        check((rpc, first), &hufu.caller(region, &[]), &records, without_role).await;
        check((rpc, first), &hufu.caller(region, &without), &records, without_role).await;
        for region in home.elsewhere() {
            check((rpc, first), &hufu.office(region), &records, from_elsewhere).await;
        }
        check((rpc, first), &hufu.office(home.above()), &records, GRANTED).await;
        for role in roles {
            check((rpc, Some(*role)), &hufu.caller(region, &[*role]), &records, GRANTED).await;
            // Where either of two roles is taken, what the one decides the other may not.
            for other in roles.iter().filter(|it| *it != role) {
                check((rpc, Some(*other)), &hufu.caller(region, &[*role]), &records, ROLE_MISSING).await;
            }
        }
        if roles.is_empty() {
            check((rpc, None), &hufu.caller(region, &[]), &records, GRANTED).await;
        }
    }
}

/// Makes a call as whoever has a role makes it.
async fn check((rpc, role): (&str, Option<Role>), caller: &Caller, records: &Records, expected: &str) {
    let found = match call(rpc, role, caller, records).await {
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

async fn call(rpc: &str, role: Option<Role>, caller: &Caller, records: &Records) -> Result<&'static str, Status> {
    let (service, _) = rpc.split_once('/').unwrap();
    match service {
        "PoolingService" => return pool(rpc, role, caller, records).await,
        "LedgerService" => return look_into_the_ledger(rpc, caller).await,
        "ClawbackService" => return claw_back(rpc, role, caller, records).await,
        "SuspectService" => return suspects::look_into(rpc, caller, records).await,
        "AuditService" | "ConsoleService" => return suspects::look_behind_the_console(rpc, caller).await,
        _ => {}
    }
    let region = || COUNTY.to_owned();
    let (new_claim, claim_id) = (&records.new_claim, records.claim_id.clone());
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
        "ClaimService/ReviewClaim" => {
            let claim = claims::Claim { claim_id, version: 1, ..Default::default() };
            let decision = if role == Some(Role::ClaimsApprove) { Approve } else { Pass };
            caller.decide(&claim, "wang.li", decision).await.map(drop)?;
        }
        "PolicyService/ListSheets" => caller.policy().list_sheets(policy::ListSheetsRequest {}).await.map(drop)?,
        "PolicyService/GetSheet" => {
            let request = policy::GetSheetRequest { sheet_id: "job-expansion-2022".to_owned() };
            caller.policy().get_sheet(request).await.map(drop)?;
        }
        "PolicyService/CompareSheets" => {
            let sheet = |id: &str| Some(policy::SheetVersion { sheet_id: id.to_owned(), version: 0 });
            let (left, right) = (sheet("job-expansion-2022"), sheet("retention-training-2022"));
            caller.policy().compare_sheets(policy::CompareSheetsRequest { left, right }).await.map(drop)?;
        }
        "PolicyService/DeclareRiskArea" => caller.policy().declare_risk_area(risk_area(COUNTY)).await.map(drop)?,
        "ReportService/GetRadar" => {
            let request = reports::GetRadarRequest { region: region(), ..Default::default() };
            caller.reports().get_radar(request).await.map(drop)?;
        }
        "ReportService/ListUpstreams" => {
            caller.reports().list_upstreams(reports::ListUpstreamsRequest {}).await.map(drop)?;
        }
        "PolicyService/ListRiskAreas" => {
            let request = policy::ListRiskAreasRequest { region: region() };
            caller.policy().list_risk_areas(request).await.map(drop)?;
        }
        _ => panic!("{rpc} is not tried"),
    }
    Ok(GRANTED)
}

async fn look_into_the_ledger(rpc: &str, caller: &Caller) -> Result<&'static str, Status> {
    let region = || COUNTY.to_owned();
    let slice = || Some(ledger::Slice { region: region(), ..Default::default() });
    match rpc {
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
        "LedgerService/GetFlow" => {
            caller.ledger().get_flow(ledger::GetFlowRequest { slice: slice() }).await.map(drop)?;
        }
        "LedgerService/CheckLedger" => {
            caller.ledger().check_ledger(ledger::CheckLedgerRequest { region: region() }).await.map(drop)?;
        }
        _ => panic!("{rpc} is not tried"),
    }
    Ok(GRANTED)
}

async fn pool(rpc: &str, role: Option<Role>, caller: &Caller, records: &Records) -> Result<&'static str, Status> {
    let (region, city, batch_id) = (|| COUNTY.to_owned(), || CITY.to_owned(), records.batch_id.clone());
    let mut desk = caller.pooling();
    match rpc {
        "PoolingService/FileClaims" => {
            let (request_id, person) = (fresh_request_id(), "zhao.liu".to_owned());
            let request = pooling::FileClaimsRequest { request_id, region: region(), person, expected: None };
            desk.file_claims(request).await.map(drop)?;
        }
        "PoolingService/ListFilings" => {
            let request = pooling::ListFilingsRequest { region: region(), ..Default::default() };
            desk.list_filings(request).await.map(drop)?;
        }
        "PoolingService/RunPooling" => {
            desk.run_pooling(pooling::RunPoolingRequest { city: city() }).await.map(drop)?;
        }
        "PoolingService/PlanPooling" => {
            desk.plan_pooling(pooling::PlanPoolingRequest { city: city() }).await.map(drop)?;
        }
        "PoolingService/GetPoolingStatus" => {
            desk.get_pooling_status(pooling::GetPoolingStatusRequest { city: city() }).await.map(drop)?;
        }
        "PoolingService/ListBatches" => {
            let request = pooling::ListBatchesRequest { region: city(), ..Default::default() };
            desk.list_batches(request).await.map(drop)?;
        }
        "PoolingService/GetBatch" => desk.get_batch(pooling::GetBatchRequest { batch_id }).await.map(drop)?,
        "PoolingService/ListPayments" => {
            let request = pooling::ListPaymentsRequest { region: region(), ..Default::default() };
            desk.list_payments(request).await.map(drop)?;
        }
        "PoolingService/ReviewPayment" => {
            use pooling::PaymentDecision::{Approve, Pass};
            let decision = if role == Some(Role::ClaimsApprove) { Approve } else { Pass };
            let request = pooling::ReviewPaymentRequest {
                request_id: fresh_request_id(),
                payment_id: records.payment_id.clone(),
                version: 1,
                person: "wang.li".to_owned(),
                decision: decision.into(),
            };
            desk.review_payment(request).await.map(drop)?;
        }
        "PoolingService/ImportStatement" => {
            let (file, file_name) = (records.statement.clone(), String::new());
            let request = pooling::ImportStatementRequest { region: region(), file, file_name };
            desk.import_statement(request).await.map(drop)?;
        }
        "PoolingService/ExportInstructions" => {
            desk.export_instructions(pooling::ExportInstructionsRequest { batch_id }).await.map(drop)?;
        }
        _ => panic!("{rpc} is not tried"),
    }
    Ok(GRANTED)
}

async fn claw_back(rpc: &str, role: Option<Role>, caller: &Caller, records: &Records) -> Result<&'static str, Status> {
    let (region, case_id) = (|| COUNTY.to_owned(), records.case_id.clone());
    let mut desk = caller.clawback();
    match rpc {
        "ClawbackService/DraftCase" => {
            desk.draft_case(draft(&records.suspect_id, &records.paid_id)).await.map(drop)?;
        }
        "ClawbackService/AdvanceCase" => {
            // Both are steps that a draft does not allow from these people, so that the case stays as it is.
            use clawback::CaseStep;
            let is_approver = role == Some(Role::ClawbackApprove);
            let (step, text) =
                if is_approver { (CaseStep::Approve, "") } else { (CaseStep::RecordReply, "企业无异议") };
            let request = clawback::AdvanceCaseRequest {
                request_id: fresh_request_id(),
                case_id,
                version: 1,
                person: "zhao.min".to_owned(),
                step: step.into(),
                text: text.to_owned(),
                set_off: false,
            };
            desk.advance_case(request).await.map(drop)?;
        }
        "ClawbackService/RecordRepayment" => {
            let request = clawback::RecordRepaymentRequest {
                request_id: fresh_request_id(),
                case_id,
                amount_fen: 1,
                bank_reference: "B-1".to_owned(),
                person: "zhao.min".to_owned(),
            };
            desk.record_repayment(request).await.map(drop)?;
        }
        "ClawbackService/GetCase" => desk.get_case(clawback::GetCaseRequest { case_id }).await.map(drop)?,
        "ClawbackService/ListCases" => {
            let request = clawback::ListCasesRequest { region: region(), ..Default::default() };
            desk.list_cases(request).await.map(drop)?;
        }
        "ClawbackService/GetRecovery" => {
            desk.get_recovery(clawback::GetRecoveryRequest { region: region() }).await.map(drop)?;
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

/// The table above holds every call that a node of ours answers: those of the services in the table of rights.
#[test]
fn no_call_is_left_out() {
    let own = RIGHTS.iter().filter_map(|right| right.rpc.strip_prefix("hufu."));
    let own: BTreeSet<_> = own.map(|rpc| rpc.split_once(".v1.").unwrap()).collect();
    let services: BTreeSet<_> = own.iter().map(|(area, rpc)| (*area, rpc.split_once('/').unwrap().0)).collect();
    let files = prost_types::FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap().file;
    let calls = files.iter().flat_map(|file| file.service.iter().map(move |service| (file.package(), service)));
    let of_ours = calls.filter(|(package, service)| {
        let area = package.strip_prefix("hufu.").and_then(|it| it.strip_suffix(".v1"));
        area.is_some_and(|area| services.contains(&(area, service.name())))
    });
    let calls = of_ours
        .flat_map(|(_, service)| service.method.iter().map(|method| format!("{}/{}", service.name(), method.name())));
    let calls: BTreeSet<_> = calls.collect();
    assert_eq!(calls, CALLS.iter().map(|(rpc, ..)| (*rpc).to_owned()).collect());
    assert_eq!(calls, own.iter().map(|(_, rpc)| (*rpc).to_owned()).collect(), "the table of rights");
    assert_eq!(calls.len(), CALLS.len(), "a call is there twice");
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

with_money![every_call_is_denied_without_its_right];

on_both_databases![
    a_certificate_with_an_unknown_role_is_refused,
    each_level_sees_what_lies_below_it,
    a_taken_slot_is_all_that_another_province_learns,
];
