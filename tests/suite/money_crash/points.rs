//! Each crash point, before and after, in a scenario that passes it.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;

use hufu::domain::money::Fen;
use hufu::proto::finance::v1 as finance;
use hufu::proto::finance::v1::finance_service_client::FinanceServiceClient;
use hufu::proto::pooling::v1::{BatchState, PoolingStatus};
use hufu::sandbox::{BankMode, Fault, FinanceMode, Share, Upstream};
use hufu::workflows::pooling::point::Point;
use tonic::Code;

use super::office::{CITY, People, moves, waits};
use super::oracle::{against_the_bank, violations};
use super::town::{Rest, Town, account_of};

/// Of a signal that a process sends to itself when it aborts.
const SIGABRT: i32 = 6;
/// Runs after which a point that was not passed never will be.
const RUNS_MAX: usize = 12;

/// A stretch of the path with what goes wrong on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    /// Everything is filed, and nothing goes wrong.
    Whole,
    /// The bank takes every payment and does not answer.
    Silent,
    /// Finance grants a part of it; the rest is filed again.
    Part,
    /// Finance refuses; all is filed again.
    Refused,
    /// Less arrives than was granted, until finance makes it good.
    Less,
    /// Finance has another application under the batch's id.
    Differs,
    /// Payments came back and were approved anew.
    Returned,
    /// A double was clawed back: the money goes to the fund.
    Repaid,
}

use Point::*;
use Scenario::*;

/// What is tried: every point at least once.
const TRIED: [(Scenario, &[Point]); 8] = [
    (
        Whole,
        &[
            TakeLease,
            GiveLeaseBack,
            PostStatement,
            InquireReport,
            OpenBatch,
            PoolFiling,
            SealBatch,
            Apply,
            RecordAsked,
            RecordGrant,
            FundBatch,
            MakeTransfers,
            Instruct,
            MakeReturns,
            CloseBatch,
            StartSending,
            Send,
            SendReport,
        ],
    ),
    (Silent, &[Send, SendReport, InquireReport]),
    (Part, &[RecordGrant, MakeReturns]),
    (Refused, &[RecordRefusal]),
    (Less, &[FundBatch]),
    (Differs, &[StopBatch]),
    (Returned, &[Reinstruct, StartSending, Send, SendReport]),
    (Repaid, &[PostStatement, MakeReturns, Send, CloseBatch]),
];

/// One process killed at one point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub(super) scenario: Scenario,
    point: Point,
    side: &'static str,
}

impl Trial {
    /// All of them; together they are at every point, before and after.
    pub(super) fn all() -> Vec<Self> {
        let of = |(scenario, points): &(Scenario, &'static [Point])| {
            let scenario = *scenario;
            let sides = |point: &Point| {
                let point = *point;
                ["before", "after"].map(|side| Self { scenario, point, side })
            };
            points.iter().flat_map(sides).collect::<Vec<_>>()
        };
        let all: Vec<Self> = TRIED.iter().flat_map(of).collect();
        let tried: BTreeSet<Point> = all.iter().map(|it| it.point).collect();
        assert_eq!(tried, BTreeSet::from(Point::ALL), "a point that no scenario is for");
        all
    }

    pub(super) fn name(&self) -> String {
        format!("{:?} at {}.{}", self.scenario, self.point.code(), self.side)
    }

    /// Kills the process at the point, starts it again, and gives what is wrong then.
    pub(super) async fn run(self, states: &States) -> Vec<String> {
        let mut town = states.of(self.scenario).copy().await;
        let found = self.run_in(&mut town).await;
        town.remove().await;
        found
    }

    async fn run_in(self, town: &mut Town) -> Vec<String> {
        self.scenario.break_weather(town);
        town.start_armed(&format!("{}.{}", self.point.code(), self.side)).await;
        if let Err(why) = until_death(town).await {
            return vec![why];
        }
        town.start().await;
        let mut found = match town.office.run_until_still(People::Away).await {
            Ok(status) => self.scenario.unlike_before_people(&status),
            Err(status) => return vec![format!("after the restart: {} {}", status.code(), status.message())],
        };
        found.extend(against_the_bank(town).await);
        found.extend(self.scenario.end(town).await);
        let exited = town.node.terminate().await;
        if !exited.status.success() {
            found.push(format!("the node did not stop as it should: {exited:?}"));
        }
        found
    }
}

/// Runs the city until the process dies of it.
async fn until_death(town: &mut Town) -> Result<(), String> {
    for _ in 0..RUNS_MAX {
        match town.office.run().await {
            Ok(report) if report.steps.iter().any(|it| moves(it) || waits(it)) => {}
            Ok(_) => break,
            Err(status) if status.code() == Code::Aborted => return Err(format!("not run: {}", status.message())),
            Err(status) => {
                let exited = town.node.wait_for_exit().await;
                let is_abort = exited.status.signal() == Some(SIGABRT);
                return is_abort.then_some(()).ok_or_else(|| format!("ended otherwise: {exited:?}, {status:?}"));
            }
        }
    }
    town.node.kill().await;
    Err("the point was never passed".to_owned())
}

impl Scenario {
    /// What goes wrong until the process was killed and is up again.
    fn break_weather(self, town: &Town) {
        let faults = &town.bureaus.faults;
        let share = Share::permille(650).unwrap();
        match self {
            Self::Whole | Self::Differs | Self::Returned | Self::Repaid => {}
            Self::Silent => faults.set_bank([BankMode::TimeoutAfter.for_all()]),
            Self::Part => faults.set_finance([FinanceMode::Part(share)]),
            Self::Refused => faults.set_finance([FinanceMode::Refuse]),
            Self::Less => faults.set_finance([FinanceMode::Less(share)]),
        }
    }

    /// Without people, the city comes as far as it would have come without the crash.
    fn unlike_before_people(self, status: &PoolingStatus) -> Vec<String> {
        let open: Vec<(&str, &str)> =
            status.open_batches.iter().map(|it| (it.state().as_str_name(), it.stopped.as_str())).collect();
        let expected: &[(&str, &str)] = match self {
            Self::Whole | Self::Silent | Self::Part | Self::Refused | Self::Returned | Self::Repaid => &[],
            Self::Less => &[("BATCH_STATE_GRANTED", "ARRIVAL_DIFFERS")],
            Self::Differs => &[("BATCH_STATE_SEALED", "APPLICATION_DIFFERS")],
        };
        let mut found = Vec::new();
        if open != expected {
            found.push(format!("open without people: {open:?}, expected {expected:?}"));
        }
        if (status.owed, status.in_doubt) != (0, 0) {
            found.push(format!("{} owed and {} in doubt without a cause", status.owed, status.in_doubt));
        }
        found
    }

    /// Has people do what the scenario itself leaves to them, and gives what is wrong in the end.
    async fn end(self, town: &Town) -> Vec<String> {
        match self {
            Self::Differs => {
                let booked = town.payments_booked();
                return (booked > 0).then(|| format!("{booked} payments without a grant")).into_iter().collect();
            }
            Self::Whole | Self::Silent | Self::Returned | Self::Repaid => {}
            Self::Part | Self::Refused | Self::Less => {
                town.clear_sky();
                if let Err(status) = town.office.file_all().await {
                    return vec![format!("filing again: {status:?}")];
                }
                if let Err(status) = town.office.run_until_still(People::Away).await {
                    return vec![format!("under a clear sky: {status:?}")];
                }
            }
        }
        let mut found = violations(town).await;
        let fund = hufu::cli::demo_money::cities()[&hufu::domain::identity::Region::parse(CITY).unwrap()].fund.clone();
        let given_back = town.bureaus.vault().balance(&fund.account).get();
        let (is_part, repaid) = (self == Self::Part, town.repaid_fen);
        if !is_part && given_back != repaid || is_part && given_back == 0 {
            found.push(format!("{given_back} fen went back to the fund, {repaid} were repaid"));
        }
        found
    }
}

/// The states that scenarios begin in, each made once.
pub(super) struct States {
    filed: Rest,
    sealed: Rest,
    returned: Rest,
    repaid: Rest,
}

impl States {
    pub(super) async fn prepare(assessed: &Rest) -> Self {
        let mut town = assessed.copy().await;
        town.start().await;
        town.file_few().await;
        let filed = town.rest().await;
        let (sealed, returned, repaid) = tokio::join!(sealed(&filed), returned(&filed), repaid(&filed));
        Self { filed, sealed, returned, repaid }
    }

    fn of(&self, scenario: Scenario) -> &Rest {
        match scenario {
            Whole | Silent | Part | Refused | Less => &self.filed,
            Differs => &self.sealed,
            Returned => &self.returned,
            Repaid => &self.repaid,
        }
    }
}

/// A batch is sealed, and finance has another application under its id.
async fn sealed(filed: &Rest) -> Rest {
    let mut town = filed.copy().await;
    town.start().await;
    town.bureaus.faults.set(Upstream::Finance, Fault::Down);
    town.office.run().await.unwrap();
    let batch = town.office.batches().await.unwrap().remove(0);
    assert_eq!(batch.state().as_str_name(), BatchState::Sealed.as_str_name());
    town.bureaus.faults.set(Upstream::Finance, Fault::Healthy);
    town.bureaus.faults.set_finance([FinanceMode::Pending]);
    let line = finance::FundingLine { amount_fen: 100, ..finance::FundingLine::default() };
    let application = finance::FundingApplication {
        application_id: batch.batch_id.replace('-', ""),
        lines: vec![line],
        total_fen: 100,
        municipal_account: "6100000000000001".to_owned(),
        ..finance::FundingApplication::default()
    };
    let request = finance::SubmitFundingApplicationRequest { application: Some(application) };
    let at = format!("http://{}", town.bureaus.addr(Upstream::Finance));
    let mut client = FinanceServiceClient::connect(at).await.unwrap();
    client.submit_funding_application(request).await.unwrap();
    town.rest().await
}

/// Payments to one enterprise came back, and were approved anew.
async fn returned(filed: &Rest) -> Rest {
    let mut town = filed.copy().await;
    town.start().await;
    let closed = account_of(town.dues.values().next().unwrap());
    town.bureaus.faults.set_bank([BankMode::ReturnClosed.for_account(closed)]);
    let status = town.office.run_until_still(People::Away).await.unwrap();
    assert!(status.owed > 0, "nothing came back");
    town.bureaus.faults.set_bank([]);
    assert!(town.office.review_owed().await.unwrap() > 0);
    town.rest().await
}

/// All is paid; then a double is clawed back, and the enterprise has repaid it.
async fn repaid(filed: &Rest) -> Rest {
    let mut town = filed.copy().await;
    town.start().await;
    town.office.run_until_still(People::Away).await.unwrap();
    let case = town.office.demand().await;
    let city = &hufu::cli::demo_money::cities()[&hufu::domain::identity::Region::parse(CITY).unwrap()];
    let at = &city.place[&hufu::domain::identity::Region::parse(&case.region).unwrap()].account;
    town.bureaus.vault().credit("退款单位", at, Fen::new(case.amount_fen), "", &case.case_number).unwrap();
    town.repaid_fen = case.amount_fen;
    town.rest().await
}
