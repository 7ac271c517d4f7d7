//! Rosters of dispatched workers: each is counted on one side, a whole roster of the largest size goes through, and a row too many
//! does not.

use hufu::proto::claims::v1 as pb;
use pb::DispatchSide;
use pb::submit_claims_response::Outcome;
use pb::verdict::Decision;

use super::declare_risk_area;
use crate::support::claims::{A_MOMENT, NewClaim, verdict, workforce_of};
use crate::support::people::{Firm, Graduate, firm, graduate, numbered};
use crate::support::{Caller, Harness, eventually, on_both_databases};

/// Uncounted workers of an entitled claim: place in the roster, whether held, and why.
fn uncounted(claim: &pb::Claim) -> Vec<(i32, bool, String)> {
    let Some(Decision::Entitled(entitled)) = claim.verdict.as_ref().and_then(|it| it.decision.as_ref()) else {
        return Vec::new();
    };
    let unit = |it: &pb::UncountedUnit| (it.index, it.held, it.reason.as_ref().unwrap().code.clone());
    entitled.uncounted.iter().map(unit).collect()
}

/// An agency with one worker who is sent to the host, which funds the contributions, in a zone county.
struct Dispatch {
    county: Caller,
    by_host: NewClaim,
    by_agency: NewClaim,
}

impl Dispatch {
    async fn of(hufu: &Harness) -> Self {
        let county = hufu.office("371502");
        declare_risk_area(&county, "371502").await;
        let host = firm("用工单位").known_to(hufu);
        let agency = firm("派遣公司").dispatching(1).known_to(hufu);
        let sent = sent_to(&host, &agency, "派小工").known_to(hufu);
        let by_host = workforce_of(&host).with_worker(&sent, DispatchSide::Host);
        let by_agency = workforce_of(&agency).with_worker(&sent, DispatchSide::Agency);
        Self { county, by_host, by_agency }
    }

    /// The host counts the worker, the agency's unit is held, and a suspect has both.
    async fn check(&self, of_host: &pb::Claim, of_agency: &pb::Claim) {
        // Twenty of its own and the one sent to it; of the agency's twenty, nineteen are its own.
        let host_now = self.county.decided(&of_host.claim_id).await;
        assert_eq!(verdict(&host_now), "1050000 fen to the corporate account");
        let held = [(0, true, "WORKER_BOTH_SIDES".to_owned())];
        let agency_now = eventually("the agency's unit is held", async || {
            let now = self.county.decided(&of_agency.claim_id).await;
            (uncounted(&now) == held).then_some(now)
        })
        .await;
        assert_eq!(verdict(&agency_now), "950000 fen to the corporate account");
        let suspect = self.county.only_suspect().await;
        assert_eq!((suspect.rule.as_str(), suspect.clause.as_str()), ("worker_both_sides", "五(一)"));
        tokio::time::sleep(A_MOMENT).await;
        assert!(self.county.claim(&of_host.claim_id).await.unwrap() == host_now, "the host was touched");
    }
}

fn sent_to(host: &Firm, agency: &Firm, name: &str) -> Graduate {
    graduate(name).hired_by(agency).funded_by(host).insured_in(1..=10)
}

async fn case_6_the_host_stands_when_it_comes_first(hufu: &Harness) {
    let dispatch = Dispatch::of(hufu).await;
    let of_host = dispatch.by_host.submit(&dispatch.county).await;
    let of_agency = dispatch.by_agency.submit(&dispatch.county).await;
    dispatch.check(&of_host, &of_agency).await;
}

async fn case_6_the_host_stands_when_it_comes_second(hufu: &Harness) {
    let dispatch = Dispatch::of(hufu).await;
    let of_agency = dispatch.by_agency.submit(&dispatch.county).await;
    let of_host = dispatch.by_host.submit(&dispatch.county).await;
    dispatch.check(&of_host, &of_agency).await;
}

async fn case_6_the_host_stands_when_both_come_at_once(hufu: &Harness) {
    let dispatch = Dispatch::of(hufu).await;
    let (of_host, of_agency) =
        tokio::join!(dispatch.by_host.submit(&dispatch.county), dispatch.by_agency.submit(&dispatch.county));
    dispatch.check(&of_host, &of_agency).await;
}

/// When the host goes, nobody else counts the worker; the agency still does not, because it does not fund the contributions.
async fn a_host_that_goes_frees_the_worker(hufu: &Harness) {
    let dispatch = Dispatch::of(hufu).await;
    let of_host = dispatch.by_host.submit(&dispatch.county).await;
    let of_agency = dispatch.by_agency.submit(&dispatch.county).await;
    dispatch.check(&of_host, &of_agency).await;
    dispatch.county.withdraw(&of_host.claim_id).await.unwrap();
    let left_out = [(0, false, "WORKER_FUNDED_BY_ANOTHER".to_owned())];
    eventually("the agency's unit is no longer held", async || {
        let now = dispatch.county.decided(&of_agency.claim_id).await;
        (uncounted(&now) == left_out).then_some(())
    })
    .await;
}

/// The most workers that one claim may name.
const ROSTER: usize = 2_000;

async fn the_largest_roster_goes_through(hufu: &Harness) {
    let county = hufu.office("371502");
    declare_risk_area(&county, "371502").await;
    let (host, agency) = (firm("用工单位").known_to(hufu), firm("派遣公司").dispatching(20).known_to(hufu));
    let workers: Vec<_> =
        (0..ROSTER).map(|index| sent_to(&host, &agency, &numbered("工人", index)).known_to(hufu)).collect();
    let mut claim = workforce_of(&host);
    for worker in &workers {
        claim = claim.with_worker(worker, DispatchSide::Host);
    }
    let answer = submit_over_a_stream(&county, &claim).await;
    let receipt = answer.unwrap_or_else(|refusal| panic!("refused: {}", refusal.reason));
    let decided = county.decided(&receipt.claim_id).await;
    // Twenty of its own and all that were sent to it.
    assert_eq!(verdict(&decided), "101000000 fen to the corporate account");
    assert_eq!(uncounted(&decided), []);

    let refusal = submit_over_a_stream(&county, &claim.with_worker(&workers[0], DispatchSide::Host)).await;
    let refusal = refusal.err().expect("one more is refused");
    let faults: Vec<_> = refusal.violations.iter().map(|it| (it.field.as_str(), it.reason.as_str())).collect();
    assert_eq!(faults, [("claim.workforce.roster", "ROSTER_TOO_LONG")]);
}

/// As programs with large claims do: one item of a stream may be larger than a single call.
async fn submit_over_a_stream(
    caller: &Caller,
    claim: &NewClaim,
) -> Result<pb::Claim, hufu::proto::common::v1::Refusal> {
    let item = pb::SubmitClaimsRequest {
        request_id: crate::support::fresh_request_id(),
        claim: Some(claim.submission.clone()),
    };
    let mut answers = caller.claims().submit_claims(tokio_stream::iter([item])).await.unwrap().into_inner();
    match answers.message().await.unwrap().unwrap().outcome.unwrap() {
        Outcome::Claim(claim) => Ok(claim),
        Outcome::Refusal(refusal) => Err(refusal),
    }
}

/// One worker twice on one roster is a slip, not a case of two claims.
async fn a_worker_twice_on_one_roster_is_counted_once(hufu: &Harness) {
    let county = hufu.office("371502");
    declare_risk_area(&county, "371502").await;
    let (host, agency) = (firm("用工单位").known_to(hufu), firm("派遣公司").dispatching(1).known_to(hufu));
    let sent = sent_to(&host, &agency, "派小工").known_to(hufu);
    let twice = workforce_of(&host).with_worker(&sent, DispatchSide::Host).with_worker(&sent, DispatchSide::Host);
    let claim = twice.submit(&county).await;
    assert_eq!(verdict(&claim), "1050000 fen to the corporate account");
    assert_eq!(uncounted(&claim), [(1, false, "WORKER_ALREADY_COUNTED".to_owned())]);
    assert_eq!(county.suspects().await.len(), 0);
}

on_both_databases![
    case_6_the_host_stands_when_it_comes_first,
    case_6_the_host_stands_when_it_comes_second,
    case_6_the_host_stands_when_both_come_at_once,
    a_host_that_goes_frees_the_worker,
    the_largest_roster_goes_through,
    a_worker_twice_on_one_roster_is_counted_once,
];
