//! More than one node on one database, and a node that comes back: a slot is held once, and nothing is lost or told twice.

use std::collections::BTreeSet;

use futures::future::join_all;
use hufu::domain::eligibility::evidence::Owner;
use hufu::proto::claims::v1::{Claim, WatchClaimsRequest};

use crate::support::claims::{NewClaim, all, state, verdict};
use crate::support::people::{firm, graduate, numbered};
use crate::support::registries::Fault;
use crate::support::suspects::unweighed;
use crate::support::{Caller, Database, Harness, end_node, eventually};

const ENTITLED: &str = "150000 fen to the corporate account";
/// Submissions to each of two nodes.
const EACH: usize = 60;

/// Submits all in the same moment, turn by turn to one and the other.
async fn submit_to_both(nodes: &[Caller; 2], claims: &[NewClaim]) -> Vec<Claim> {
    let receipts = claims.iter().enumerate().map(|(index, claim)| claim.receipt(&nodes[index % 2]));
    join_all(receipts).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_give_one_slot() {
    Harness::tell(Database::Postgres, async |hufu| {
        let replica = hufu.replica().await;
        let nodes = [hufu.office("371502"), hufu.office_at(&replica, "371502")];
        let firms: Vec<_> = (0..2 * EACH).map(|index| firm(&format!("企业{index}")).known_to(hufu)).collect();
        let wang = graduate("王小明").hired_by(&firms[0]).also_hired_by(&firms[1..]).known_to(hufu);
        let claims: Vec<_> = firms.iter().map(|firm| wang.claim().by(firm)).collect();
        let receipts = submit_to_both(&nodes, &claims).await;
        let holders: Vec<_> = receipts.iter().filter(|claim| state(claim) != "held").collect();
        assert_eq!(holders.len(), 1);
        assert_eq!(verdict(&nodes[1].decided(&holders[0].claim_id).await), ENTITLED);

        // Nothing changes any more; whichever node is asked: the same holder, the same suspects in the same order.
        let pull = async |node: &Caller| node.pull("").await.unwrap().0.iter().map(unweighed).collect::<Vec<_>>();
        let (pulled, pulled_there) = (pull(&nodes[0]).await, pull(&nodes[1]).await);
        assert!(pulled == pulled_there && pulled.len() == 2 * EACH - 1, "{} suspects", pulled.len());
        assert!(pulled.iter().all(|it| it.first.as_ref().unwrap().claim_id == holders[0].claim_id));

        nodes[1].withdraw(&holders[0].claim_id).await.unwrap();
        eventually("another is entitled", async || {
            let entitled = all(&nodes[0]).await.iter().filter(|claim| verdict(claim) == ENTITLED).count();
            (entitled == 2).then_some(())
        })
        .await;
        end_node(replica).await;
    })
    .await;
}

/// A caller that does not know whether its request arrived may send it again to another node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_to_two_replicas_is_one_claim() {
    Harness::tell(Database::Postgres, async |hufu| {
        let replica = hufu.replica().await;
        let nodes = [hufu.office("371502"), hufu.office_at(&replica, "371502")];
        let firm = firm("甲公司").known_to(hufu);
        let claims = (0..EACH).map(|index| graduate(&numbered("学生", index)).hired_by(&firm).known_to(hufu).claim());
        let twice: Vec<_> = claims.flat_map(|claim| [claim.clone(), claim]).collect();
        let receipts = submit_to_both(&nodes, &twice).await;
        assert!(receipts.chunks(2).all(|pair| pair[0].claim_id == pair[1].claim_id));
        let ids: BTreeSet<_> = receipts.into_iter().map(|claim| claim.claim_id).collect();
        assert_eq!((ids.len(), all(&nodes[0]).await.len()), (EACH, EACH));
        assert_eq!(nodes[1].suspects().await.len(), 0);
        end_node(replica).await;
    })
    .await;
}

/// What one node commits, those who watch or pull at another are told of: nothing twice, nothing left out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_replica_records_the_other_tells() {
    Harness::tell(Database::Postgres, async |hufu| {
        let replica = hufu.replica().await;
        let nodes = [hufu.office("371502"), hufu.office_at(&replica, "371502")];
        let mut watched = nodes[1].claims().watch_claims(WatchClaimsRequest::default()).await.unwrap().into_inner();
        assert!(watched.message().await.unwrap().unwrap().claim.is_none(), "a token to begin with");
        let (a, b) = (firm("甲公司").known_to(hufu), firm("乙公司").known_to(hufu));
        let class: Vec<_> = (0..EACH).map(|it| graduate(&numbered("学生", it)).hired_by(&a).known_to(hufu)).collect();
        let firsts: Vec<_> = class.iter().map(|it| it.claim()).collect();
        let seconds: Vec<_> = class.iter().map(|it| it.claim().by(&b)).collect();
        let mut submitted: BTreeSet<_> = ids(&submit_to_both(&nodes, &firsts).await);

        let submitting = submit_to_both(&nodes, &seconds);
        let pulling = async {
            let (mut pulled, mut token) = (Vec::new(), String::new());
            while pulled.len() < EACH {
                let (new, next) = nodes[1].pull(&token).await.unwrap();
                pulled.extend(new.into_iter().map(|it| it.second.unwrap().claim_id));
                token = next;
            }
            pulled
        };
        let (held, pulled) = tokio::join!(submitting, pulling);
        assert_eq!(pulled.iter().cloned().collect::<BTreeSet<_>>(), ids(&held));
        assert_eq!(pulled.len(), EACH, "a suspect was told twice");

        submitted.extend(ids(&held));
        let mut told = BTreeSet::new();
        while told.len() < submitted.len() {
            told.extend(watched.message().await.unwrap().unwrap().claim.map(|claim| claim.claim_id));
        }
        assert_eq!(told, submitted);
        end_node(replica).await;
    })
    .await;
}

fn ids(claims: &[Claim]) -> BTreeSet<String> {
    claims.iter().map(|claim| claim.claim_id.clone()).collect()
}

/// A claim that waits is taken up again by the node that comes back; receipts, slots and tokens are as they were.
async fn a_node_comes_back(database: Database) {
    let hufu = Harness::start(database).await;
    let (a, b) = (firm("甲公司").known_to(&hufu), firm("乙公司").known_to(&hufu));
    let wang = graduate("王小明").hired_by(&a).known_to(&hufu);
    let county = hufu.office("371502");
    hufu.registries.disturb(Owner::TaxRegistry, Fault::Down);
    let claim = wang.claim();
    let receipt = claim.receipt(&county).await.unwrap();
    let held = wang.claim().by(&b).receipt(&county).await.unwrap();
    let (_, token) = county.pull("").await.unwrap();

    let hufu = hufu.restart().await;
    let county = hufu.office("371502");
    assert_eq!(claim.receipt(&county).await.unwrap().claim_id, receipt.claim_id);
    assert_eq!(state(&county.claim(&held.claim_id).await.unwrap()), "held");
    assert_eq!(county.pull(&token).await.unwrap().0.len(), 0);
    hufu.registries.mend(Owner::TaxRegistry);
    assert_eq!(verdict(&county.decided(&receipt.claim_id).await), ENTITLED);
    hufu.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_comes_back_on_sqlite() {
    a_node_comes_back(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_comes_back_on_postgres() {
    a_node_comes_back(Database::Postgres).await;
}
