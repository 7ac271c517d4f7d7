//! What makes two requests the same: a digest over what was meant, not over how it was typed.
//!
//! The encoding is kept for good, because the store compares digests of years: fields are only ever added, each under a new tag, and
//! a field that is absent leaves no trace, so that a request from before a field was added keeps its digest.

use jiff::civil::Date;
use ring::digest::{Context, SHA256};

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
use crate::proto::suspects::v1 as suspects;
use crate::workflows::NewClaim;
use crate::workflows::record::payment::PaymentAct;
use crate::workflows::record::review::ReviewAct;

/// The digest of a claim to be submitted.
pub(in crate::services) fn of_claim(claim: &NewClaim) -> [u8; 32] {
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
pub(in crate::services) fn of_withdrawal(claim_id: ClaimId, reason: &str) -> [u8; 32] {
    let mut encoding = Encoding::new("withdraw-claim");
    encoding.field(1, &claim_id.to_string());
    encoding.field(2, reason);
    encoding.finish()
}

/// The digest of a declaration to be entered.
pub(in crate::services) fn of_declaration(declaration: &Declaration) -> [u8; 32] {
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
pub(in crate::services) fn of_review(
    claim_id: ClaimId,
    version: i64,
    operator: &OperatorId,
    act: &ReviewAct,
    comment: &str,
) -> [u8; 32] {
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
pub(in crate::services) fn of_desk_step(
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
pub(in crate::services) enum DeskRequestKind {
    One,
    Many,
}

/// The digest of a case to be drafted.
pub(in crate::services) fn of_draft(
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
pub(in crate::services) fn of_step(
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
pub(in crate::services) fn of_repayment(
    case_id: CaseId,
    amount: Fen,
    bank_reference: &str,
    operator: &OperatorId,
) -> [u8; 32] {
    let mut encoding = Encoding::new("record-repayment");
    encoding.field(1, &case_id.to_string());
    encoding.field(2, &amount.get().to_string());
    encoding.field(3, bank_reference);
    encoding.field(4, operator.as_str());
    encoding.finish()
}

/// The digest of a county's wish to file.
pub(in crate::services) fn of_filing(
    region: Region,
    operator: &OperatorId,
    expected: Option<ControlTotals>,
) -> [u8; 32] {
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
pub(in crate::services) fn of_payment_review(
    payment_id: PaymentId,
    version: i64,
    operator: &OperatorId,
    act: PaymentAct,
) -> [u8; 32] {
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
pub(in crate::services) fn of_payment_file(payer: Region, ids: impl Iterator<Item = InstructionId>) -> [u8; 32] {
    let mut encoding = Encoding::new("payment-file");
    encoding.field(1, payer.as_str());
    ids.for_each(|id| encoding.field(2, &id.to_string()));
    encoding.finish()
}

/// Over what the ministry's records say as they were sent: those that cannot be read are part of the request too.
pub(in crate::services) fn of_records(region: Region, records: &[suspects::SuspectRecord]) -> [u8; 32] {
    let mut encoding = Encoding::new("suspect-records");
    encoding.field(1, region.as_str());
    for record in records {
        let suspects::SuspectRecord { record_number, kind, resident_id, name, uscc, subsidy, other_province, words } =
            record;
        encoding.field(40, record_number);
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
mod tests {
    use super::super::claim::{new_claim, tests::of_graduate};
    use super::super::violation::Violations;
    use super::DeskRequestKind::{Many, One};
    use super::*;
    use crate::domain::identity::Uscc;
    use crate::domain::suspect::desk::{DismissalReason, NewFact};
    use crate::proto::claims::v1 as pb;

    fn digest(change: impl FnOnce(&mut pb::ClaimSubmission)) -> String {
        let mut claim = of_graduate();
        change(&mut claim);
        let claim = new_claim(Some(claim), &mut Violations::default()).unwrap();
        data_encoding::HEXLOWER.encode(&of_claim(&claim))
    }

    fn person(claim: &mut pb::ClaimSubmission) -> &mut pb::Person {
        match claim.subject.as_mut() {
            Some(pb::claim_submission::Subject::Graduate(it)) => it.person.as_mut().unwrap(),
            Some(pb::claim_submission::Subject::Workforce(_)) | None => panic!("not of a graduate"),
        }
    }

    /// The store keeps digests for good: if this fails, requests that were sent before are no longer recognized.
    #[test]
    fn a_claims_digest_never_changes() {
        assert_eq!(digest(|_| {}), "4376db7cc2d272e2c3471c81794a1de0759028be179e7adf0440e862cdf1f3c5");
    }

    fn person_of(name: &str) -> OperatorId {
        OperatorId::new("lc-hrss", name).unwrap()
    }

    fn uuid(number: u128) -> uuid::Uuid {
        uuid::Uuid::from_u128(number)
    }

    /// Kept for good like those of claims.
    #[test]
    fn the_digests_of_decisions_never_change() {
        let wang = person_of("wang.li");
        let digests = [
            of_review(ClaimId(uuid(1)), 2, &wang, &ReviewAct::Pass, ""),
            of_desk_step(One, &[SuspectId(uuid(1))], &wang, (&DeskStep::Confirm, "属实"), None, None),
            of_draft(SuspectId(uuid(1)), ClaimId(uuid(2)), None, &wang, "事实"),
            of_step(CaseId(uuid(1)), 3, &wang, CaseStep::Demand, "", true),
            of_repayment(CaseId(uuid(1)), Fen::new(5), "B-1", &wang),
        ];
        let found = digests.map(|it| data_encoding::HEXLOWER.encode(&it));
        let expected = [
            "8bcb0646d738ecc5e3d63ef81435804b183c05aa8ebebb88b17606af36f1675c",
            "72dfa6417b44d6d2c7a99a5d74edcfb49a019214f6e38ab58c8a6a01f918ae40",
            "e413430cb489354438f0f2d5cfc7104aaac81a7f96f7dfb1f705b2bfd7de8f09",
            "f67cad39589ddc9316cc2e1d1f4fca788caee750293a116c09a88ecead763046",
            "cb4a183405b5798defca68219d7bc93086a9b180b9fee1603b0b73618e82cb78",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_part_of_a_decision_makes_another_request() {
        let (wang, li) = (person_of("wang.li"), person_of("li.na"));
        let back = |reason: &str| ReviewAct::SendBack { reason: reason.to_owned() };
        let review = |id, version, who, act, comment| of_review(ClaimId(uuid(id)), version, who, act, comment);
        let place = |code| Some(Region::parse(code).unwrap());
        let act = |kind, ids: &[u128], who, step: DeskStep, words, place, version| {
            let ids: Vec<_> = ids.iter().map(|id| SuspectId(uuid(*id))).collect();
            of_desk_step(kind, &ids, who, (&step, words), place, version)
        };
        let (confirm, dismiss) = (DeskStep::Confirm, DeskStep::Dismiss(DismissalReason::ClaimGone));
        let assign = |name| DeskStep::Assign { assignee: person_of(name) };
        let draft = |suspect, claim, fen: Option<i64>, who, facts| {
            of_draft(SuspectId(uuid(suspect)), ClaimId(uuid(claim)), fen.map(Fen::new), who, facts)
        };
        let step = |id, version, who, step, text, set_off| of_step(CaseId(uuid(id)), version, who, step, text, set_off);
        let repay = |id, fen, reference, who| of_repayment(CaseId(uuid(id)), Fen::new(fen), reference, who);
        let mut digests = vec![
            review(1, 2, &wang, &ReviewAct::Pass, ""),
            review(2, 2, &wang, &ReviewAct::Pass, ""),
            review(1, 3, &wang, &ReviewAct::Pass, ""),
            review(1, 2, &li, &ReviewAct::Pass, ""),
            review(1, 2, &wang, &ReviewAct::Approve, ""),
            review(1, 2, &wang, &ReviewAct::Pass, "a"),
            review(1, 2, &wang, &back("a"), "a"),
            act(One, &[1], &wang, confirm.clone(), "a", None, None),
            act(One, &[2], &wang, confirm.clone(), "a", None, None),
            act(Many, &[1], &wang, confirm.clone(), "a", None, None),
            act(Many, &[1, 2], &wang, confirm.clone(), "a", None, None),
            act(Many, &[2, 1], &wang, confirm.clone(), "a", None, None),
            act(One, &[1], &li, confirm.clone(), "a", None, None),
            act(One, &[1], &wang, confirm.clone(), "b", None, None),
            act(One, &[1], &wang, confirm.clone(), "a", place("370000"), None),
            act(One, &[1], &wang, confirm.clone(), "a", place("410000"), None),
            act(One, &[1], &wang, confirm, "a", None, Some(2)),
            act(One, &[1], &wang, dismiss, "a", None, None),
            act(One, &[1], &wang, DeskStep::Dismiss(DismissalReason::PutRight), "a", None, None),
            act(One, &[1], &wang, DeskStep::Reopen(NewFact::Report), "a", None, None),
            act(One, &[1], &wang, DeskStep::Reopen(NewFact::Document), "a", None, None),
            act(One, &[1], &wang, DeskStep::Comment, "a", None, None),
            act(One, &[1], &wang, DeskStep::TakeUp, "", None, None),
            act(One, &[1], &wang, assign("wang.li"), "", None, None),
            act(One, &[1], &wang, assign("li.na"), "", None, None),
            draft(1, 2, None, &wang, "a"),
            draft(3, 2, None, &wang, "a"),
            draft(1, 3, None, &wang, "a"),
            draft(1, 2, Some(1), &wang, "a"),
            draft(1, 2, None, &li, "a"),
            draft(1, 2, None, &wang, "b"),
            step(1, 2, &wang, CaseStep::Demand, "", false),
            step(2, 2, &wang, CaseStep::Demand, "", false),
            step(1, 3, &wang, CaseStep::Demand, "", false),
            step(1, 2, &li, CaseStep::Demand, "", false),
            step(1, 2, &wang, CaseStep::NoReply, "", false),
            step(1, 2, &wang, CaseStep::Demand, "a", false),
            step(1, 2, &wang, CaseStep::Demand, "", true),
            repay(1, 5, "a", &wang),
            repay(2, 5, "a", &wang),
            repay(1, 6, "a", &wang),
            repay(1, 5, "b", &wang),
            repay(1, 5, "a", &li),
        ];
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }

    #[test]
    fn what_moves_money_is_another_request_with_every_field() {
        let region = |code: &str| Region::parse(code).unwrap();
        let person = |id: &str| OperatorId::new("lc-hrss", id).unwrap();
        let totals = |claims, fen| Some(ControlTotals { claims, amount: crate::domain::money::Fen::new(fen) });
        let payment = |id| PaymentId(uuid::Uuid::from_u128(id));
        let instructions =
            |ids: &[u128]| ids.iter().map(|id| InstructionId(uuid::Uuid::from_u128(*id))).collect::<Vec<_>>();
        let file = |payer, ids: &[u128]| of_payment_file(region(payer), instructions(ids).into_iter());
        let mut digests = vec![
            of_filing(region("371502"), &person("wang.li"), None),
            of_filing(region("371503"), &person("wang.li"), None),
            of_filing(region("371502"), &person("li.si"), None),
            of_filing(region("371502"), &person("wang.li"), totals(1, 0)),
            of_filing(region("371502"), &person("wang.li"), totals(0, 1)),
            of_payment_review(payment(1), 1, &person("wang.li"), PaymentAct::Pass),
            of_payment_review(payment(2), 1, &person("wang.li"), PaymentAct::Pass),
            of_payment_review(payment(1), 2, &person("wang.li"), PaymentAct::Pass),
            of_payment_review(payment(1), 1, &person("li.si"), PaymentAct::Pass),
            of_payment_review(payment(1), 1, &person("wang.li"), PaymentAct::Approve),
            file("371502", &[1]),
            file("371503", &[1]),
            file("371502", &[2]),
            file("371502", &[1, 2]),
        ];
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
        // Kept for good, as a claim's.
        let filing = of_filing(region("371502"), &person("Wang.Li"), totals(2, 300_000));
        assert_eq!(
            data_encoding::HEXLOWER.encode(&filing),
            "141554f055d7406df1d59c84a78fecb03e4b3a38e9aa810e431651dd6c06f62f"
        );
        let review = of_payment_review(payment(1), 1, &person("wang.li"), PaymentAct::Pass);
        assert_eq!(
            data_encoding::HEXLOWER.encode(&review),
            "abdab8287356cdf470ee7d54320615bacbe61da5d60b5db78c489115323830b4"
        );
    }

    #[test]
    fn two_spellings_of_one_claim_are_one_request() {
        let same = digest(|_| {});
        assert_eq!(digest(|it| person(it).resident_id = " 11010519491231002x".into()), same);
        assert_eq!(digest(|it| person(it).resident_id = "１１０１０５１９４９１２３１００２Ｘ".into()), same);
        assert_eq!(digest(|it| person(it).name = "王 某某".into()), same);
        assert_eq!(digest(|it| person(it).phone = "+86 138-0000-0000".into()), same);
        assert_eq!(digest(|it| it.uscc = it.uscc.to_lowercase()), same);
        assert_eq!(digest(|it| it.account = "6222 0000 0000 0000".into()), same);
    }

    #[test]
    fn every_field_makes_another_request() {
        let mut digests = vec![
            digest(|_| {}),
            digest(|it| it.sheet_id = "job-expansion-2023".into()),
            digest(|it| it.route = pb::ClaimRoute::Automatic.into()),
            digest(|it| it.uscc = Uscc::from_body("91371500300000000").unwrap().as_str().into()),
            digest(|it| it.enterprise_name.clear()),
            digest(|it| it.region = "371503".into()),
            digest(|it| it.account.clear()),
            digest(|it| it.account = "6222000000000001".into()),
            digest(|it| person(it).name = "王某".into()),
            digest(|it| person(it).resident_id = "110105491231003".into()),
            digest(|it| person(it).phone.clear()),
        ];
        for change in 0..5 {
            digests.push(digest(|it| {
                let Some(pb::claim_submission::Subject::Graduate(graduate)) = it.subject.as_mut() else { return };
                match change {
                    0 => graduate.graduated_on = None,
                    1 => graduate.contract_from = graduate.contract_until,
                    2 => graduate.contract_until = None,
                    3 => graduate.dispatch = None,
                    _ => graduate.dispatch.as_mut().unwrap().dispatch_agreement = "派2022-2".into(),
                }
            }));
        }
        let workforce = pb::Workforce { claimed_headcount: Some(1), roster: vec![] };
        digests.push(digest(|it| it.subject = Some(pb::claim_submission::Subject::Workforce(workforce))));
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }

    #[test]
    fn every_field_of_a_record_makes_another_request() {
        let place = |code: &str| Region::parse(code).unwrap();
        let digest = |change: &dyn Fn(&mut suspects::SuspectRecord)| {
            let mut record = suspects::SuspectRecord { record_number: "YD-1".into(), kind: 1, ..Default::default() };
            change(&mut record);
            of_records(place("371500"), &[record])
        };
        let changes: [&dyn Fn(&mut suspects::SuspectRecord); 9] = [
            &|_| {},
            &|it| it.record_number = "YD-2".into(),
            &|it| it.kind = 2,
            &|it| it.resident_id = "a".into(),
            &|it| it.name = "a".into(),
            &|it| it.uscc = "a".into(),
            &|it| it.subsidy = "a".into(),
            &|it| it.other_province = "a".into(),
            &|it| it.words = "a".into(),
        ];
        let mut digests: Vec<_> = changes.into_iter().map(digest).collect();
        digests.push(of_records(place("371502"), &[]));
        digests.push(of_records(place("371500"), &[]));
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }
}
