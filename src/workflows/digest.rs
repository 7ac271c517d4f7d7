//! What makes two requests the same, however they came: a digest over what was meant, not over how it was typed. The services and the
//! console ask here, so that one caller's request means the same on the wire and in a form.
//!
//! The encoding is kept for good, because the store compares digests of years: fields are only ever added, each under a new tag, and
//! a field that is absent leaves no trace, so that a request from before a field was added keeps its digest.

use jiff::civil::Date;
use ring::digest::{Context, SHA256};

use super::NewClaim;
use crate::domain::claim::{ClaimId, ClaimRoute, DispatchSide, Graduate, Person, Subject, Workforce};
use crate::domain::clawback::{CaseId, CaseStep};
use crate::domain::eligibility::evidence::{Declaration, DeclarationKind};
use crate::domain::identity::Region;
use crate::domain::money::Fen;
use crate::domain::operator::OperatorId;
use crate::domain::payment::{InstructionId, PaymentId};
use crate::domain::pooling::ControlTotals;
use crate::domain::suspect::SuspectId;
use crate::domain::suspect::desk::DeskStep;
use crate::store::record::payment::PaymentAct;
use crate::store::record::review::ReviewAct;

/// The digest of a claim to be submitted.
pub fn of_claim(claim: &NewClaim) -> [u8; 32] {
    let NewClaim { sheet_id, route, enterprise, enterprise_name, region, account, subject } = claim;
    let mut encoding = Encoding::new("submit-claim");
    encoding.field(1, sheet_id);
    encoding.field(2, route_word(*route));
    encoding.field(3, enterprise.as_str());
    encoding.optional(4, enterprise_name.as_ref().map(|name| name.as_str()));
    encoding.field(5, region.as_str());
    encoding.optional(6, account.as_ref().map(|account| account.as_str()));
    match subject {
        Subject::Graduate(it) => graduate(&mut encoding, it),
        Subject::Workforce(it) => workforce(&mut encoding, it),
    }
    encoding.finish()
}

/// The digest of a claim to be taken back.
pub fn of_withdrawal(claim_id: ClaimId, reason: &str) -> [u8; 32] {
    let mut encoding = Encoding::new("withdraw-claim");
    encoding.field(1, &claim_id.to_string());
    encoding.field(2, reason);
    encoding.finish()
}

/// The digest of a declaration to be entered.
pub fn of_declaration(declaration: &Declaration) -> [u8; 32] {
    let Declaration { region, kind, from, until } = declaration;
    let mut encoding = Encoding::new("declare-risk-area");
    encoding.field(1, region.as_str());
    let kind = match kind {
        DeclarationKind::RiskArea => "risk-area",
        DeclarationKind::StaticManagement => "static-management",
    };
    encoding.field(2, kind);
    encoding.date(3, Some(*from));
    encoding.date(4, *until);
    encoding.finish()
}

/// The digest of a decision on a claim.
pub fn of_review(claim_id: ClaimId, version: i64, operator: &OperatorId, act: &ReviewAct, comment: &str) -> [u8; 32] {
    let mut encoding = Encoding::new("review-claim");
    encoding.field(1, &claim_id.to_string());
    encoding.field(2, &version.to_string());
    encoding.field(3, operator.as_str());
    let decision = match act {
        ReviewAct::Pass => "pass",
        ReviewAct::Approve => "approve",
        ReviewAct::SendBack { .. } => "send-back",
    };
    encoding.field(4, decision);
    encoding.words(5, comment);
    encoding.finish()
}

/// The digest of a step at the desk of one suspect, or of many.
pub fn of_desk_step(
    kind: DeskRequestKind,
    suspects: &[SuspectId],
    operator: &OperatorId,
    (step, words): (&DeskStep, &str),
    province: Option<Region>,
    version: Option<i64>,
) -> [u8; 32] {
    let mut encoding = Encoding::new(match kind {
        DeskRequestKind::One => "decide-suspect",
        DeskRequestKind::Many => "decide-suspects",
    });
    suspects.iter().for_each(|id| encoding.field(1, &id.to_string()));
    encoding.field(2, operator.as_str());
    let word = match step {
        DeskStep::Assign { .. } => "assign",
        DeskStep::TakeUp => "take-up",
        DeskStep::Confirm => "confirm",
        DeskStep::Dismiss(_) => "dismiss",
        DeskStep::Reopen(_) => "reopen",
        DeskStep::Comment => "comment",
    };
    encoding.field(3, word);
    encoding.words(4, words);
    encoding.words(5, step.detail());
    encoding.optional(6, province.as_ref().map(Region::as_str));
    encoding.optional(7, version.map(|it| it.to_string()).as_deref());
    encoding.finish()
}

/// Whether a request is about one suspect or about many, were they only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskRequestKind {
    One,
    Many,
}

/// The digest of a case to be drafted.
pub fn of_draft(
    suspect_id: SuspectId,
    claim_id: ClaimId,
    amount: Option<Fen>,
    operator: &OperatorId,
    facts: &str,
) -> [u8; 32] {
    let mut encoding = Encoding::new("draft-case");
    encoding.field(1, &suspect_id.to_string());
    encoding.field(2, &claim_id.to_string());
    encoding.optional(3, amount.map(|it| it.get().to_string()).as_deref());
    encoding.field(4, operator.as_str());
    encoding.field(5, facts);
    encoding.finish()
}

/// The digest of a step of a case.
pub fn of_step(
    case_id: CaseId,
    version: i64,
    operator: &OperatorId,
    step: CaseStep,
    text: &str,
    set_off: bool,
) -> [u8; 32] {
    let mut encoding = Encoding::new("advance-case");
    encoding.field(1, &case_id.to_string());
    encoding.field(2, &version.to_string());
    encoding.field(3, operator.as_str());
    encoding.field(4, step.code());
    encoding.words(5, text);
    encoding.optional(6, set_off.then_some("set-off"));
    encoding.finish()
}

/// The digest of a repayment.
pub fn of_repayment(case_id: CaseId, amount: Fen, bank_reference: &str, operator: &OperatorId) -> [u8; 32] {
    let mut encoding = Encoding::new("record-repayment");
    encoding.field(1, &case_id.to_string());
    encoding.field(2, &amount.get().to_string());
    encoding.field(3, bank_reference);
    encoding.field(4, operator.as_str());
    encoding.finish()
}

/// The digest of a county's wish to file.
pub fn of_filing(region: Region, operator: &OperatorId, expected: Option<ControlTotals>) -> [u8; 32] {
    let mut encoding = Encoding::new("file-claims");
    encoding.field(1, region.as_str());
    encoding.field(2, operator.as_str());
    if let Some(ControlTotals { claims, amount }) = expected {
        encoding.field(3, &claims.to_string());
        encoding.field(4, &amount.get().to_string());
    }
    encoding.finish()
}

/// The digest of a decision on a payment.
pub fn of_payment_review(payment_id: PaymentId, version: i64, operator: &OperatorId, act: PaymentAct) -> [u8; 32] {
    let mut encoding = Encoding::new("review-payment");
    encoding.field(1, &payment_id.to_string());
    encoding.field(2, &version.to_string());
    encoding.field(3, operator.as_str());
    let act = match act {
        PaymentAct::Pass => "pass",
        PaymentAct::Approve => "approve",
    };
    encoding.field(4, act);
    encoding.finish()
}

/// Names a file of instructions: the same instructions make the same file, which a bank that had it recognizes.
pub fn of_payment_file(payer: Region, ids: impl Iterator<Item = InstructionId>) -> [u8; 32] {
    let mut encoding = Encoding::new("payment-file");
    encoding.field(1, payer.as_str());
    ids.for_each(|id| encoding.field(2, &id.to_string()));
    encoding.finish()
}

/// A record of the ministry's as it was sent, its kind as the contract numbers it.
#[derive(Clone, Copy, Debug)]
pub struct SentRecord<'a> {
    pub number: &'a str,
    pub kind: i32,
    pub resident_id: &'a str,
    pub name: &'a str,
    pub uscc: &'a str,
    pub subsidy: &'a str,
    pub other_province: &'a str,
    pub words: &'a str,
}

/// Over what the ministry's records say as they were sent: those that cannot be read are part of the request too.
pub fn of_records<'a>(region: Region, records: impl Iterator<Item = SentRecord<'a>>) -> [u8; 32] {
    let mut encoding = Encoding::new("suspect-records");
    encoding.field(1, region.as_str());
    for record in records {
        let SentRecord { number, kind, resident_id, name, uscc, subsidy, other_province, words } = record;
        encoding.field(40, number);
        encoding.field(41, &kind.to_string());
        for (tag, text) in (42..).zip([resident_id, name, uscc, subsidy, other_province, words]) {
            encoding.words(tag, text);
        }
    }
    encoding.finish()
}

fn graduate(encoding: &mut Encoding, graduate: &Graduate) {
    let Graduate { person: who, graduated_on, contract_from, contract_until, dispatch } = graduate;
    encoding.field(20, "graduate");
    person(encoding, who);
    encoding.date(21, *graduated_on);
    encoding.date(22, *contract_from);
    encoding.date(23, *contract_until);
    if let Some(papers) = dispatch {
        encoding.field(24, papers.host.as_str());
        encoding.optional(25, papers.dispatch_agreement.as_deref());
        encoding.optional(26, papers.sharing_agreement.as_deref());
    }
}

fn workforce(encoding: &mut Encoding, workforce: &Workforce) {
    let Workforce { claimed_headcount, roster } = workforce;
    encoding.field(30, "workforce");
    encoding.optional(31, claimed_headcount.map(|count| count.to_string()).as_deref());
    for worker in roster {
        let side = match worker.side {
            DispatchSide::Agency => "agency",
            DispatchSide::Host => "host",
        };
        encoding.field(32, side);
        person(encoding, &worker.person);
    }
}

fn person(encoding: &mut Encoding, person: &Person) {
    let Person { name, resident_id, phone } = person;
    encoding.field(10, name.as_str());
    encoding.field(11, resident_id.as_str());
    encoding.optional(12, phone.as_ref().map(|phone| phone.as_str()));
}

fn route_word(route: ClaimRoute) -> &'static str {
    match route {
        ClaimRoute::Automatic => "automatic",
        ClaimRoute::SelfApplied => "self-applied",
    }
}

/// Fields as tag, length and bytes: no two lists of fields give the same bytes.
struct Encoding(Context);

impl Encoding {
    fn new(kind: &str) -> Self {
        let mut encoding = Self(Context::new(&SHA256));
        encoding.field(0, kind);
        encoding
    }

    fn field(&mut self, tag: u8, text: &str) {
        self.0.update(&[tag]);
        self.0.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(text.as_bytes());
    }

    fn optional(&mut self, tag: u8, text: Option<&str>) {
        if let Some(text) = text {
            self.field(tag, text);
        }
    }

    /// Words that may be left out.
    fn words(&mut self, tag: u8, text: &str) {
        self.optional(tag, Some(text).filter(|it| !it.is_empty()));
    }

    fn date(&mut self, tag: u8, date: Option<Date>) {
        self.optional(tag, date.map(|date| date.to_string()).as_deref());
    }

    fn finish(self) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.copy_from_slice(self.0.finish().as_ref());
        digest
    }
}

#[cfg(test)]
mod tests;
