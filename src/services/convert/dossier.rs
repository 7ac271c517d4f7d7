//! What a suspect is judged by, on the wire; and a person asked for in the open.

use super::super::status::Fault;
use super::record::timestamp;
use super::violation::Violations;
use super::{field, suspect};
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimId;
use crate::domain::identity::Region;
use crate::domain::operator::OperatorId;
use crate::domain::suspect::SuspectId;
use crate::proto::suspects::v1 as pb;
use crate::workflows::record::desk::{
    Dossier, DossierAnswer, DossierEvent, DossierField, DossierNode, DossierWeight, UnmaskReason, Unmasked,
};

/// Which dossier, and whether without the weight.
pub(in crate::services) fn asked(request: &pb::GetDossierRequest) -> Result<(SuspectId, bool), Fault> {
    let mut violations = Violations::default();
    let suspect_id = field::suspect_id(&request.suspect_id, "suspect_id", &mut violations);
    Ok((violations.or(suspect_id)?, request.blind))
}

/// A dossier, as a caller of this region sees it.
pub(in crate::services) fn dossier(dossier: Dossier, seen_from: Region) -> pb::GetDossierResponse {
    let Dossier { suspect: record, fields, answers, weights, events, nodes, links, next_zh, next_en } = dossier;
    pb::GetDossierResponse {
        suspect: Some(suspect::suspect(record, seen_from)),
        fields: fields.into_iter().map(line).collect(),
        answers: answers.into_iter().map(answer).collect(),
        weights: weights.into_iter().map(weight).collect(),
        events: events.into_iter().map(event).collect(),
        nodes: nodes.into_iter().map(node).collect(),
        links: links.into_iter().map(|(from, to)| pb::DossierLink { from, to }).collect(),
        next_step_zh: next_zh,
        next_step_en: next_en,
    }
}

fn line(field: DossierField) -> pb::DossierField {
    let DossierField { name, zh, en, first, second, differs } = field;
    let (name, label_zh, label_en) = (name.to_owned(), zh.to_owned(), en.to_owned());
    pb::DossierField { name, label_zh, label_en, first, second, differs }
}

fn answer(answer: DossierAnswer) -> pb::DossierAnswer {
    let DossierAnswer { side, registry, asked_at, zh, en } = answer;
    pb::DossierAnswer {
        side: i32::from(side),
        // The contract's names have underscores.
        registry: registry.code().replace('-', "_"),
        asked_at: asked_at.map(timestamp),
        answer_zh: zh,
        answer_en: en,
    }
}

fn weight(weight: DossierWeight) -> pb::DossierWeight {
    let DossierWeight { code, zh, en, points } = weight;
    pb::DossierWeight { code: code.to_owned(), label_zh: zh, label_en: en, points }
}

fn event(event: DossierEvent) -> pb::DossierEvent {
    let DossierEvent { at, side, actor, province: _, zh, en, words } = event;
    let (at, side) = (Some(timestamp(at)), i32::from(side));
    pb::DossierEvent { at, side, actor, what_zh: zh, what_en: en, words }
}

fn node(node: DossierNode) -> pb::DossierNode {
    let DossierNode { id, kind, zh, en, suspect } = node;
    let suspect_id = suspect.map(|id| id.to_string()).unwrap_or_default();
    pb::DossierNode { id, kind: kind.code().to_owned(), label: zh, label_en: en, suspect_id }
}

/// A person asked for in the open.
#[derive(Debug)]
pub(in crate::services) struct UnmaskAsked {
    pub(in crate::services) operator: OperatorId,
    pub(in crate::services) suspect_id: SuspectId,
    pub(in crate::services) claim_id: ClaimId,
    pub(in crate::services) reason: UnmaskReason,
    pub(in crate::services) words: String,
}

/// Reads who wants to look at whom, and why: neither reason nor words may be left out.
pub(in crate::services) fn unmask(caller: &Caller, request: &pb::UnmaskPersonRequest) -> Result<UnmaskAsked, Fault> {
    let pb::UnmaskPersonRequest { suspect_id, claim_id, person, reason, words } = request;
    let mut violations = Violations::default();
    let suspect_id = field::suspect_id(suspect_id, "suspect_id", &mut violations);
    let claim_id = field::claim_id(claim_id, "claim_id", &mut violations);
    let operator = field::operator(caller, person, &mut violations);
    let reason = match pb::UnmaskReason::try_from(*reason) {
        Ok(pb::UnmaskReason::CompareDocument) => Some(UnmaskReason::CompareDocument),
        Ok(pb::UnmaskReason::AskRegistry) => Some(UnmaskReason::AskRegistry),
        Ok(pb::UnmaskReason::Contact) => Some(UnmaskReason::Contact),
        Ok(pb::UnmaskReason::Referral) => Some(UnmaskReason::Referral),
        Ok(pb::UnmaskReason::Unspecified) | Err(_) => {
            field::unknown_value(*reason, "reason", &mut violations);
            None
        }
    };
    let words = field::reason_text(words, "words", &mut violations);
    let words = field::given(words, "words", &mut violations);
    let said = suspect_id.zip(claim_id).zip(operator).zip(reason.zip(words));
    let (((suspect_id, claim_id), operator), (reason, words)) = violations.or(said)?;
    Ok(UnmaskAsked { operator, suspect_id, claim_id, reason, words })
}

/// A person in the open.
pub(in crate::services) fn unmasked(unmasked: Unmasked) -> pb::UnmaskPersonResponse {
    let Unmasked { name, resident_id } = unmasked;
    pb::UnmaskPersonResponse { name, resident_id }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Status;
    use tonic_types::StatusExt;

    #[test]
    fn a_look_says_who_at_whom_and_why() {
        let caller = Caller {
            organization: "lc-hrss".into(),
            system: "desk".into(),
            region: Region::parse("371502").unwrap(),
            roles: std::collections::BTreeSet::new(),
            person: None,
        };
        let check = |spoil: fn(&mut pb::UnmaskPersonRequest), expected: &str| {
            let mut request = pb::UnmaskPersonRequest {
                suspect_id: uuid::Uuid::from_u128(7).to_string(),
                claim_id: uuid::Uuid::from_u128(8).to_string(),
                person: "wang.li".into(),
                reason: pb::UnmaskReason::Contact.into(),
                words: "联系本人核实合同".into(),
            };
            spoil(&mut request);
            let found = unmask(&caller, &request).err().map_or_else(
                || "ok".to_owned(),
                |fault| {
                    let details = Status::from(fault).get_error_details();
                    let first = &details.bad_request().unwrap().field_violations[0];
                    format!("{} {}", first.field, first.reason)
                },
            );
            assert_eq!(found, expected);
        };
        check(|_| {}, "ok");
        check(|it| it.suspect_id.clear(), "suspect_id ID_MALFORMED");
        check(|it| it.claim_id.clear(), "claim_id ID_MALFORMED");
        check(|it| it.person.clear(), "person PERSON_EMPTY");
        check(|it| it.reason = 0, "reason ENUM_UNSPECIFIED");
        check(|it| it.reason = 9, "reason ENUM_UNKNOWN");
        check(|it| it.words = " ".into(), "words FIELD_MISSING");
        check(|it| it.words = "电话13800000000".into(), "words TEXT_PERSONAL_NUMBER");
        check(|it| it.words = "字".repeat(201), "words TEXT_TOO_LONG");
    }
}
