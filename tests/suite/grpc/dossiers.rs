//! What a suspect is judged by, over the wire: masked, bound to the caller's region, without the weight for who asks so; and one person
//! in the open for a reason (I11).

use hufu::domain::caller::Role;
use hufu::proto::suspects::v1 as pb;
use prost::Message;
use tonic::Status;

use super::privacy::Secrets;
use super::refused;
use crate::support::people::{Graduate, firm, graduate};
use crate::support::{Caller, Harness, eventually, on_both_databases};

const ROLE_MISSING: &str = "PermissionDenied ROLE_MISSING";
const NOT_FOUND: &str = "NotFound NOT_FOUND";
const INVALID: &str = "InvalidArgument FIELDS_INVALID";

impl Caller {
    async fn dossier(&self, suspect_id: &str, blind: bool) -> Result<pb::GetDossierResponse, Status> {
        let request = pb::GetDossierRequest { suspect_id: suspect_id.to_owned(), blind };
        Ok(self.suspect_desk().get_dossier(request).await?.into_inner())
    }

    async fn unmask(&self, request: pb::UnmaskPersonRequest) -> Result<pb::UnmaskPersonResponse, Status> {
        Ok(self.suspect_desk().unmask_person(request).await?.into_inner())
    }
}

/// A look at the person of a suspect's second claim.
fn look(suspect: &pb::Suspect) -> pb::UnmaskPersonRequest {
    pb::UnmaskPersonRequest {
        suspect_id: suspect.suspect_id.clone(),
        claim_id: suspect.second.clone().unwrap().claim_id,
        person: "wang.li".to_owned(),
        reason: pb::UnmaskReason::Contact.into(),
        words: "联系本人核实合同".to_owned(),
    }
}

/// One graduate claimed by two enterprises of one county, and the suspect that came of it.
async fn doubled(hufu: &Harness, county: &Caller) -> (Graduate, pb::Suspect) {
    let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(hufu);
    wang.claim().submit(county).await;
    wang.claim().by(&b).submit(county).await;
    (wang, county.only_suspect().await)
}

fn field<'a>(dossier: &'a pb::GetDossierResponse, name: &str) -> &'a pb::DossierField {
    dossier.fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("no field {name}"))
}

fn points(dossier: &pb::GetDossierResponse) -> i32 {
    dossier.weights.iter().map(|weight| weight.points).sum()
}

async fn a_dossier_lays_the_claims_side_by_side(hufu: &Harness) {
    let county = hufu.office("371502");
    let (wang, suspect) = doubled(hufu, &county).await;
    let dossier = county.dossier(&suspect.suspect_id, false).await.unwrap();
    let secrets = Secrets::of(&wang, wang.employer.corporate_account.as_ref().unwrap());
    secrets.check("GetDossier", &dossier.encode_to_vec());

    let (enterprise, person) = (field(&dossier, "enterprise"), field(&dossier, "resident_id"));
    assert!(enterprise.differs && enterprise.first == wang.employer.uscc.as_str());
    assert!(!person.differs && person.first == person.second && person.first.contains("********"));
    assert!(dossier.weights.iter().any(|it| it.code == "same_resident_id" && it.points > 0));
    assert!(dossier.weights.is_sorted_by(|a, b| a.points >= b.points), "strongest first");
    let registries: Vec<_> = dossier.answers.iter().filter(|it| it.side == 1).map(|it| it.registry.as_str()).collect();
    assert_eq!(registries, ["tax_registry", "insurance", "insurance", "credential", "employment", "award_history"]);
    assert!(dossier.answers.iter().filter(|it| it.side == 1).all(|it| it.asked_at.is_some()));
    assert!(dossier.events.iter().any(|it| it.side == 0) && dossier.events.iter().any(|it| it.side == 2));
    assert!(dossier.events.is_sorted_by_key(|it| it.at.map(|at| (at.seconds, at.nanos))), "oldest first");
    assert!(dossier.next_step_zh.contains("六(三)"));
    let kinds: Vec<_> = dossier.nodes.iter().map(|node| node.kind.as_str()).collect();
    assert!(["suspect", "claim", "enterprise", "person"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    for link in &dossier.links {
        let is_there = |id: &str| dossier.nodes.iter().any(|node| node.id == id);
        assert!(is_there(&link.from) && is_there(&link.to), "a link to nowhere");
    }
    assert_eq!(
        refused(hufu.caller("371502", &[Role::ClaimsRead]).dossier(&suspect.suspect_id, false).await),
        ROLE_MISSING
    );
    for region in ["371521", "410000"] {
        assert_eq!(refused(hufu.office(region).dossier(&suspect.suspect_id, false).await), NOT_FOUND, "{region}");
    }
}

async fn of_a_claim_elsewhere_a_dossier_tells_its_province_and_day(hufu: &Harness) {
    let (county, henan, ministry) = (hufu.office("371502"), hufu.office("410902"), hufu.office("000000"));
    let (at_home, away) = (firm("甲公司").known_to(hufu), firm("濮阳软件").in_region("410902").known_to(hufu));
    let wang = graduate("王小明").hired_by(&at_home).also_hired_by([&away]).known_to(hufu);
    wang.claim().submit(&county).await;
    let second = wang.claim().by(&away).submit(&henan).await;
    let suspect_id = county.only_suspect().await.suspect_id;

    let seen = county.dossier(&suspect_id, false).await.unwrap();
    let text = String::from_utf8_lossy(&seen.encode_to_vec()).into_owned();
    for secret in [away.uscc.as_str(), "濮阳软件", second.claim_id.as_str(), "410902"] {
        assert!(!text.contains(secret), "the other province's claim is told: {secret}");
    }
    let told: Vec<_> = seen.fields.iter().filter(|it| !it.second.is_empty()).map(|it| it.name.as_str()).collect();
    assert_eq!(told, ["region", "received_on"]);
    assert_eq!(field(&seen, "region").second, "410000");
    assert!(seen.fields.iter().all(|it| !it.differs), "what differs would tell of it");
    assert!(seen.answers.iter().all(|it| it.side == 1) && seen.events.iter().all(|it| it.side != 2));
    let codes: Vec<_> = seen.weights.iter().map(|it| it.code.as_str()).collect();
    assert!(codes.contains(&"outside") && !codes.contains(&"same_name"), "{codes:?}");

    let whole = ministry.dossier(&suspect_id, false).await.unwrap();
    assert!(field(&whole, "enterprise").differs && whole.weights.iter().all(|it| it.code != "outside"));
    assert_eq!(points(&seen), points(&whole), "the sum stays the same");
    let suspect = ministry.only_suspect().await;
    assert_eq!(refused(county.unmask(look(&suspect)).await), NOT_FOUND, "not by the other province's claim");
}

async fn a_blind_reader_sees_the_weight_after_judging(hufu: &Harness) {
    let county = hufu.office("371502");
    let (_, suspect) = doubled(hufu, &county).await;
    let blind = county.dossier(&suspect.suspect_id, true).await.unwrap();
    assert!(blind.weights.is_empty() && !blind.fields.is_empty());
    assert!(blind.suspect.unwrap().stake.is_none_or(|stake| stake.weight == 0));
    county.judge(&suspect.suspect_id, "wang.li", pb::SuspectDecision::Dismiss).await.unwrap();
    let judged = county.dossier(&suspect.suspect_id, true).await.unwrap();
    assert!(!judged.weights.is_empty());
    assert!(judged.events.iter().any(|it| it.what_zh.contains("不属实") && it.words == "合同与参保记录相符"));
}

async fn a_person_is_unmasked_for_a_reason_and_nowhere_else(hufu: &Harness) {
    let county = hufu.office("371502");
    let (wang, suspect) = doubled(hufu, &county).await;
    let refuse = async |spoil: fn(&mut pb::UnmaskPersonRequest)| {
        let mut request = look(&suspect);
        spoil(&mut request);
        refused(county.unmask(request).await)
    };
    assert_eq!(refuse(|it| it.reason = 0).await, INVALID);
    assert_eq!(refuse(|it| it.words.clear()).await, INVALID);
    assert_eq!(refuse(|it| it.words = "电话13800000000".to_owned()).await, INVALID);
    assert_eq!(refuse(|it| it.person.clear()).await, INVALID);
    assert_eq!(refuse(|it| it.claim_id = uuid::Uuid::nil().to_string()).await, NOT_FOUND);
    let judge = hufu.caller("371502", &[Role::SuspectsRead, Role::SuspectsJudge]);
    assert_eq!(refused(judge.unmask(look(&suspect)).await), ROLE_MISSING);
    assert_eq!(refused(hufu.office("371521").unmask(look(&suspect)).await), NOT_FOUND);

    let shown = county.unmask(look(&suspect)).await.unwrap();
    assert!(shown.name == wang.name && shown.resident_id == wang.resident_id.as_str());
    for _ in 1..50 {
        county.unmask(look(&suspect)).await.unwrap();
    }
    assert_eq!(refused(county.unmask(look(&suspect)).await), "ResourceExhausted UNMASK_QUOTA");
    let dossier = county.dossier(&suspect.suspect_id, false).await.unwrap();
    let secrets = Secrets::of(&wang, wang.employer.corporate_account.as_ref().unwrap());
    secrets.check("GetDossier", &dossier.encode_to_vec());
}

/// The node weighs by itself.
async fn a_running_node_weighs_its_suspects(hufu: &Harness) {
    let county = hufu.office("371502");
    let (_, suspect) = doubled(hufu, &county).await;
    let stake = eventually("the suspect is weighed", async || {
        county.dossier(&suspect.suspect_id, false).await.unwrap().suspect?.stake
    })
    .await;
    assert!(stake.band() == pb::SuspectBand::Stoppable && stake.amount_fen == 150_000 && stake.weight > 500);
}

on_both_databases! {
    a_dossier_lays_the_claims_side_by_side,
    of_a_claim_elsewhere_a_dossier_tells_its_province_and_day,
    a_blind_reader_sees_the_weight_after_judging,
    a_person_is_unmasked_for_a_reason_and_nowhere_else,
    a_running_node_weighs_its_suspects,
}
