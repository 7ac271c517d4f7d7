//! The planted cases among graduates, and what becomes of each graduate's claim.

use super::{ClaimFate, Planted, Script};
use crate::domain::suspect::SuspectRule;
use crate::sandbox::population::{Enterprise, Part, Resident, World};

/// What becomes of a graduate's claim.
pub(super) fn fate(graduate: &Resident, claimant: &Enterprise) -> ClaimFate {
    let has_account = claimant.corporate.is_some() || claimant.contribution.is_some();
    match graduate.part {
        Part::TwoEnterprises => ClaimFate::Suspect(SuspectRule::PersonTwoEnterprises),
        Part::TwoProvinces => ClaimFate::Suspect(SuspectRule::PersonTwoProvinces),
        Part::Resubmitted => ClaimFate::Suspect(SuspectRule::PersonResubmitted),
        Part::AlreadyAwarded => ClaimFate::Suspect(SuspectRule::PersonAlreadyAwarded),
        Part::IdentityDisagrees => ClaimFate::Suspect(SuspectRule::PersonIdentityDisagrees),
        Part::WrongAccount => ClaimFate::Suspect(SuspectRule::AccountNotTaxRegistry),
        Part::AdultEducation
        | Part::SelfStudy
        | Part::Vocational
        | Part::GraduatedEarly
        | Part::NoCertificate
        | Part::HiredEarly
        | Part::NotRegistered
        | Part::ContractUnsigned => ClaimFate::NotEntitled,
        Part::Lapsed => ClaimFate::Held,
        Part::Ordinary | Part::NumberMistyped | Part::DateImpossible | Part::CodeMistyped | Part::RowRepeated => {
            if has_account {
                ClaimFate::Entitled
            } else {
                ClaimFate::Held
            }
        }
    }
}

/// The planted cases among graduates.
pub(super) fn planted(world: &World, script: &Script) -> Vec<Planted> {
    let cases = world.graduates().iter().filter_map(|graduate| {
        let claims = script.graduates.get(&graduate.resident_id)?;
        let (rule, description_zh) = description(graduate.part)?;
        Some(Planted {
            rule,
            description_zh: description_zh.to_owned(),
            requests: claims.iter().map(|(request, _)| request.clone()).collect(),
            person: Some(graduate.resident_id.clone()),
            enterprises: claims.iter().map(|(_, uscc)| uscc.clone()).collect(),
        })
    });
    cases.collect()
}

fn description(part: Part) -> Option<(SuspectRule, &'static str)> {
    match part {
        Part::TwoEnterprises => Some((SuspectRule::PersonTwoEnterprises, "同一毕业生被省内两户企业申领")),
        Part::TwoProvinces => Some((SuspectRule::PersonTwoProvinces, "同一毕业生在山东、河南两省申领")),
        Part::Resubmitted => Some((SuspectRule::PersonResubmitted, "同一企业在补报名册中再次申领同一毕业生")),
        Part::AlreadyAwarded => Some((SuspectRule::PersonAlreadyAwarded, "毕业生此前已享受互斥补贴")),
        Part::IdentityDisagrees => Some((SuspectRule::PersonIdentityDisagrees, "登记部门在该号码下登记的是另一姓名")),
        Part::WrongAccount => Some((SuspectRule::AccountNotTaxRegistry, "名册所填账户不是税务部门提供的账户")),
        Part::Ordinary
        | Part::AdultEducation
        | Part::SelfStudy
        | Part::Vocational
        | Part::GraduatedEarly
        | Part::NoCertificate
        | Part::HiredEarly
        | Part::NotRegistered
        | Part::ContractUnsigned
        | Part::Lapsed
        | Part::NumberMistyped
        | Part::DateImpossible
        | Part::CodeMistyped
        | Part::RowRepeated => None,
    }
}
