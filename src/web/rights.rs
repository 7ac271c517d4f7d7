//! Who may open what and do what: one table, and what is not in it is denied. Every row names the RPC that does the same, so what a page
//! allows is what a call allows.

use http::Method;

use crate::domain::caller::Caller;
use crate::domain::rights::{Denied, authorize};

/// One address with one method, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub method: Verb,
    /// As the router has it, with its parameters in braces.
    pub path: &'static str,
    pub needs: Needs,
}

/// The methods that the console knows; HEAD counts as GET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
}

/// What a page takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Open to everybody: how one comes in, and what pages look like.
    Nothing,
    /// Whoever is logged in.
    Session,
    /// Whoever may make this call: `package.Service/Method`.
    Call(&'static str),
    /// Whoever may make one of these; the page asks for each again.
    OneOf(&'static [&'static str]),
}

/// What people do with a suspect; the page asks for the role of the step that is taken.
pub const DESK_STEPS: [&str; 5] = [
    "hufu.suspects.v1.SuspectService/DecideSuspect",
    "hufu.suspects.v1.SuspectService/AssignSuspect",
    "hufu.suspects.v1.SuspectService/TakeUpSuspect",
    "hufu.suspects.v1.SuspectService/CommentSuspect",
    "hufu.suspects.v1.SuspectService/ReopenSuspect",
];

/// Every page and every action.
pub const ROWS: &[Row] = &[
    get("/", Needs::Nothing),
    get("/console", Needs::Nothing),
    get("/console/assets/{hash}/{name}", Needs::Nothing),
    // Coming and going.
    get("/console/login", Needs::Nothing),
    post("/console/login", Needs::Nothing),
    get("/console/enter", Needs::Nothing),
    post("/console/enter", Needs::Nothing),
    post("/console/language", Needs::Nothing),
    post("/console/logout", Needs::Session),
    // The sections, in the order of the navigation.
    get("/console/today", Needs::Session),
    get("/console/today/flow", Needs::Call("hufu.ledger.v1.LedgerService/GetFlow")),
    get("/console/today/upstreams", Needs::Call("hufu.reports.v1.ReportService/ListUpstreams")),
    get("/console/suspects", Needs::Call("hufu.suspects.v1.SuspectService/ListSuspects")),
    get("/console/suspects/export", Needs::Call("hufu.suspects.v1.SuspectService/ListSuspects")),
    post("/console/suspects/find", Needs::Call("hufu.suspects.v1.SuspectService/ListSuspects")),
    post("/console/suspects/blind", Needs::Call("hufu.suspects.v1.SuspectService/GetDossier")),
    post("/console/suspects/views", Needs::Call("hufu.suspects.v1.SuspectService/SaveView")),
    post("/console/suspects/bulk", Needs::Call("hufu.suspects.v1.SuspectService/DecideSuspects")),
    post("/console/suspects/bulk/decide", Needs::Call("hufu.suspects.v1.SuspectService/DecideSuspects")),
    get("/console/suspects/{id}", Needs::Call("hufu.suspects.v1.SuspectService/GetDossier")),
    post("/console/suspects/{id}", Needs::OneOf(&DESK_STEPS)),
    post("/console/suspects/{id}/unmask", Needs::Call("hufu.suspects.v1.SuspectService/UnmaskPerson")),
    get("/console/clawback", Needs::Call("hufu.clawback.v1.ClawbackService/ListCases")),
    post("/console/clawback", Needs::Call("hufu.clawback.v1.ClawbackService/DraftCase")),
    get("/console/clawback/new", Needs::Call("hufu.clawback.v1.ClawbackService/DraftCase")),
    get("/console/clawback/{case}", Needs::Call("hufu.clawback.v1.ClawbackService/GetCase")),
    get("/console/clawback/{case}/papers/{paper}", Needs::Call("hufu.clawback.v1.ClawbackService/GetCase")),
    post("/console/clawback/{case}/steps", Needs::Call("hufu.clawback.v1.ClawbackService/AdvanceCase")),
    post("/console/clawback/{case}/repayments", Needs::Call("hufu.clawback.v1.ClawbackService/RecordRepayment")),
    get("/console/pooling", Needs::Call("hufu.pooling.v1.PoolingService/ListBatches")),
    get("/console/pooling/{batch}", Needs::Call("hufu.pooling.v1.PoolingService/GetBatch")),
    get("/console/pooling/{batch}/application/{format}", Needs::Call("hufu.pooling.v1.PoolingService/GetBatch")),
    post("/console/pooling/payments/{payment}", Needs::Call("hufu.pooling.v1.PoolingService/ReviewPayment")),
    get("/console/ledger", Needs::Call("hufu.ledger.v1.LedgerService/GetTrialBalance")),
    get("/console/ledger/accounts", Needs::Call("hufu.ledger.v1.LedgerService/ListAccounts")),
    get("/console/ledger/entries", Needs::Call("hufu.ledger.v1.LedgerService/ListEntries")),
    get("/console/ledger/flow", Needs::Call("hufu.ledger.v1.LedgerService/GetFlow")),
    get("/console/ledger/check", Needs::Call("hufu.ledger.v1.LedgerService/CheckLedger")),
    get("/console/policy", Needs::Call("hufu.policy.v1.PolicyService/ListSheets")),
    get("/console/policy/compare", Needs::Call("hufu.policy.v1.PolicyService/CompareSheets")),
    get("/console/policy/sheets/{sheet}", Needs::Call("hufu.policy.v1.PolicyService/GetSheet")),
    get("/console/audit", Needs::Call("hufu.audit.v1.AuditService/ListEntries")),
    get("/console/help", Needs::Session),
];

const fn get(path: &'static str, needs: Needs) -> Row {
    Row { method: Verb::Get, path, needs }
}

const fn post(path: &'static str, needs: Needs) -> Row {
    Row { method: Verb::Post, path, needs }
}

/// The row of a request, if there is one.
pub fn row(method: &Method, path: &str) -> Option<&'static Row> {
    let verb = match *method {
        Method::GET | Method::HEAD => Verb::Get,
        Method::POST => Verb::Post,
        _ => return None,
    };
    ROWS.iter().find(|row| row.method == verb && row.path == path)
}

impl Needs {
    /// Whether somebody who is logged in may.
    pub fn allow(self, caller: &Caller) -> Result<(), Denied> {
        match self {
            Self::Nothing | Self::Session => Ok(()),
            Self::Call(rpc) => authorize(caller, rpc).map(drop),
            Self::OneOf(rpcs) => {
                let mut answers = rpcs.iter().map(|rpc| authorize(caller, rpc).map(drop));
                let first = answers.next().unwrap_or(Err(Denied::NotInTheTable));
                if answers.any(|answer| answer.is_ok()) { Ok(()) } else { first }
            }
        }
    }
}
