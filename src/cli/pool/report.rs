//! `hufu pool report`: what became of the money of a city, by county and subsidy, from its batches and the ledger's entries.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Client, Report, papers};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::cli::pages::{PAGE_SIZE, each};
use crate::clock::Clock;
use crate::domain::calendar::{Month, cst_date};
use crate::domain::claim::SubsidyKind;
use crate::domain::identity::Region;
use crate::domain::ledger::{AccountKind, Event};
use crate::domain::money::Fen;
use crate::proto::ledger::v1 as ledger;
use crate::proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use crate::proto::pooling::v1 as pb;
use crate::tables::{PoolingReport, PoolingRow, write_report_xlsx};

/// How papers call the city's own line.
const MUNICIPAL_LEVEL: &str = "市本级";

impl Report {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        if self.out.extension().is_none_or(|ending| ending != "xlsx") {
            return Err(Failure::settings(format!("{}: must end in .xlsx", self.out.display())));
        }
        let mut client = self.asking.client()?;
        let mut entries = LedgerServiceClient::new(self.asking.connection.channel()?);
        let mut sums = Sums::default();
        let mut city_name = self.city.to_string();
        let mut batches: u32 = 0;
        for batch in self.batches(&mut client).await? {
            let request = pb::GetBatchRequest { batch_id: batch.batch_id.clone() };
            let found = client.get_batch(request).await?.into_inner();
            found.lines.iter().for_each(|line| sums.line(line));
            post(&mut entries, &batch.batch_id, &mut sums).await?;
            city_name = batch.city_name;
            batches = batches.saturating_add(1);
        }
        let rows = sums.rows(self.city);
        let period = self.month.map_or_else(|| "全部批次".to_owned(), month_zh);
        let prepared_on = cst_date(Clock::System.now());
        let report = PoolingReport { city_name: &city_name, period: &period, prepared_on, rows: &rows };
        let mut bytes = Vec::new();
        write_report_xlsx(&report, &mut bytes).map_err(|error| Failure::failed(error.zh()))?;
        papers::write(&self.out, &bytes)?;
        if self.asking.json {
            output::json(
                &json!({ "city": self.city.to_string(), "batches": batches, "rows": rows.len(), "out": self.out }),
            )?;
        } else {
            output::line(format!("{city_name}{period}：{batches} 个批次，{} 行 → {}", rows.len(), self.out.display()));
        }
        Ok(Exit::Done)
    }

    /// The city's batches, of the month where one is named.
    async fn batches(&self, client: &mut Client) -> Result<Vec<pb::Batch>, Failure> {
        let asked = self.month.map(super::month);
        let mut batches = Vec::new();
        let ask = async |page_token| {
            let region = self.city.to_string();
            let page = client.list_batches(pb::ListBatchesRequest { region, page_size: PAGE_SIZE, page_token });
            let page = page.await?.into_inner();
            Ok((page.batches, page.next_page_token))
        };
        let keep = |batch: pb::Batch| {
            if asked.is_none() || batch.month == asked {
                batches.push(batch);
            }
        };
        each(ask, keep).await?;
        Ok(batches)
    }
}

/// Adds what the ledger has of a batch, entry by entry: a batch has as many as enterprises, and more.
async fn post(
    client: &mut LedgerServiceClient<tonic::transport::Channel>,
    batch_id: &str,
    sums: &mut Sums,
) -> Result<(), Failure> {
    let slice = ledger::Slice { batch_id: batch_id.to_owned(), ..Default::default() };
    let request = ledger::ListEntriesRequest { slice: Some(slice), page_size: PAGE_SIZE, ..Default::default() };
    let ask = async |page_token| {
        let page = client.list_entries(ledger::ListEntriesRequest { page_token, ..request.clone() });
        let page = page.await?.into_inner();
        Ok((page.entries, page.next_page_token))
    };
    each(ask, |entry| sums.entry(&entry)).await?;
    Ok(())
}

/// What each county's money comes to, by subsidy.
#[derive(Default)]
struct Sums {
    by_line: BTreeMap<(String, SubsidyKind), Sum>,
}

/// All in fen.
#[derive(Default)]
struct Sum {
    name: String,
    asked: i64,
    granted: i64,
    transferred: i64,
    paid: i64,
    returned: i64,
    /// Free money in the city's and the county's account.
    cash: i64,
    /// On its way from the city to the county.
    passing: i64,
    /// On its way from the place's own account.
    leaving: i64,
    /// Payable to enterprises, what came back included.
    payable: i64,
}

impl Sums {
    fn of(&mut self, region: &str, subsidy: &str) -> Option<&mut Sum> {
        let subsidy = match subsidy {
            "job-expansion" => SubsidyKind::JobExpansion,
            "retention-training" => SubsidyKind::RetentionTraining,
            // Money that is not assigned to a subsidy yet, or to one that this version does not know.
            _ => return None,
        };
        Some(self.by_line.entry((region.to_owned(), subsidy)).or_default())
    }

    fn line(&mut self, line: &pb::BatchLine) {
        let Some(sum) = self.of(&line.region, &line.subsidy) else { return };
        sum.name.clone_from(&line.region_name);
        sum.asked = sum.asked.saturating_add(line.amount_fen);
        sum.granted = sum.granted.saturating_add(line.granted_fen);
    }

    fn entry(&mut self, entry: &ledger::Entry) {
        let Some(sum) = self.of(&entry.place, &entry.subsidy) else { return };
        let amount = entry.amount_fen;
        sum.side(&entry.debit, &entry.place, amount);
        sum.side(&entry.credit, &entry.place, amount.saturating_neg());
        let (debit, credit) = (kind_of(&entry.debit), kind_of(&entry.credit));
        match Event::from_code(&entry.event) {
            Some(Event::Booked) if debit == Some(AccountKind::County) => add(&mut sum.transferred, amount),
            Some(Event::Booked) if debit == Some(AccountKind::Payable) => add(&mut sum.paid, amount),
            Some(Event::CameBack) if credit == Some(AccountKind::County) => {
                add(&mut sum.transferred, amount.saturating_neg());
            }
            Some(Event::CameBack) if credit == Some(AccountKind::Returned) => {
                add(&mut sum.returned, amount);
                add(&mut sum.paid, amount.saturating_neg());
            }
            Some(_) | None => {}
        }
    }

    fn rows(self, city: Region) -> Vec<PoolingRow> {
        let named = |(region, subsidy): (String, SubsidyKind), sum: Sum| {
            let name = if region == city.as_str() { MUNICIPAL_LEVEL.to_owned() } else { sum.name.clone() };
            sum.row(if name.is_empty() { region } else { name }, subsidy)
        };
        self.by_line.into_iter().map(|(key, sum)| named(key, sum)).collect()
    }
}

impl Sum {
    /// One side of an entry: above 0 a debit, below 0 a credit.
    fn side(&mut self, account: &str, place: &str, amount: i64) {
        let owner = account.split_once('/').map_or("", |(_, owner)| owner);
        match kind_of(account) {
            Some(AccountKind::Municipal | AccountKind::County) => add(&mut self.cash, amount),
            Some(AccountKind::InTransit) if owner == place => add(&mut self.leaving, amount),
            Some(AccountKind::InTransit) => add(&mut self.passing, amount),
            Some(AccountKind::Payable | AccountKind::Returned) => add(&mut self.payable, amount.saturating_neg()),
            Some(AccountKind::Fund | AccountKind::Unassigned | AccountKind::Expense | AccountKind::Receivable)
            | None => {}
        }
    }

    /// What leaves the place goes to enterprises as far as they are owed anything, and the rest back to the fund.
    fn row(self, region: String, subsidy: SubsidyKind) -> PoolingRow {
        let in_doubt = self.leaving.min(self.payable).max(0);
        let owed = self.payable.saturating_sub(in_doubt);
        let going_back = self.leaving.saturating_sub(in_doubt);
        let unspent = self.cash.saturating_add(self.passing).saturating_add(going_back).saturating_sub(owed);
        PoolingRow {
            region,
            subsidy,
            asked: Fen::new(self.asked),
            granted: Fen::new(self.granted),
            transferred: Fen::new(self.transferred),
            paid: Fen::new(self.paid),
            returned: Fen::new(self.returned),
            in_doubt: Fen::new(in_doubt),
            owed: Fen::new(owed),
            unspent: Fen::new(unspent),
        }
    }
}

fn kind_of(account: &str) -> Option<AccountKind> {
    AccountKind::from_code(account.split_once('/')?.0)
}

fn add(sum: &mut i64, amount: i64) {
    *sum = sum.saturating_add(amount);
}

fn month_zh(month: Month) -> String {
    format!("{}年{}月", month.year(), month.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A county's 3,000 yuan for two enterprises, entry by entry; what the row says after so many of them.
    const ENTRIES: [(&str, &str, &str, i64); 10] = [
        ("assigned", "municipal/371500", "fund/371500", 300_000),
        ("owed", "expense/371502", "payable/A", 150_000),
        ("owed", "expense/371502", "payable/B", 150_000),
        ("instructed", "in-transit/371500", "municipal/371500", 300_000),
        ("booked", "county/371502", "in-transit/371500", 300_000),
        ("instructed", "in-transit/371502", "county/371502", 300_000),
        ("booked", "payable/A", "in-transit/371502", 150_000),
        ("booked", "payable/B", "in-transit/371502", 150_000),
        ("came-back", "county/371502", "returned/B", 150_000),
        // B is owed nothing after all: its money goes back to the fund.
        ("no-longer-owed", "returned/B", "expense/371502", 150_000),
    ];

    fn sums_after(count: usize) -> Sums {
        let mut sums = Sums::default();
        let (region, subsidy) = ("371502".to_owned(), "job-expansion".to_owned());
        sums.line(&pb::BatchLine {
            region: region.clone(),
            subsidy: subsidy.clone(),
            amount_fen: 300_000,
            granted_fen: 300_000,
            region_name: "东昌府区".to_owned(),
            ..Default::default()
        });
        for (event, debit, credit, amount_fen) in &ENTRIES[..count] {
            sums.entry(&ledger::Entry {
                event: (*event).to_owned(),
                debit: (*debit).to_owned(),
                credit: (*credit).to_owned(),
                amount_fen: *amount_fen,
                place: region.clone(),
                subsidy: subsidy.clone(),
                ..Default::default()
            });
        }
        sums
    }

    /// transferred, paid, returned, in doubt, owed, unspent: in yuan.
    #[track_caller]
    fn check(count: usize, expected: [i64; 6]) {
        let rows = sums_after(count).rows(Region::parse("371500").unwrap());
        let [row] = &rows[..] else { panic!("one line") };
        let found = [row.transferred, row.paid, row.returned, row.in_doubt, row.owed, row.unspent];
        assert_eq!(found.map(|fen| fen.get() / 100), expected, "after {count} entries");
        assert_eq!((row.region.as_str(), row.asked.get(), row.granted.get()), ("东昌府区", 300_000, 300_000));
    }

    #[test]
    fn every_yuan_stands_in_one_column_at_every_moment() {
        check(0, [0, 0, 0, 0, 0, 0]);
        check(1, [0, 0, 0, 0, 0, 3_000]);
        check(3, [0, 0, 0, 0, 3_000, 0]);
        check(4, [0, 0, 0, 0, 3_000, 0]);
        check(5, [3_000, 0, 0, 0, 3_000, 0]);
        check(6, [3_000, 0, 0, 3_000, 0, 0]);
        check(7, [3_000, 1_500, 0, 1_500, 0, 0]);
        check(8, [3_000, 3_000, 0, 0, 0, 0]);
        check(9, [3_000, 1_500, 1_500, 0, 1_500, 0]);
        check(10, [3_000, 1_500, 1_500, 0, 0, 1_500]);
    }

    #[test]
    fn the_city_itself_is_called_as_on_papers_and_unassigned_money_is_left_out() {
        let mut sums = Sums::default();
        let line = |subsidy: &str| pb::BatchLine {
            region: "371500".to_owned(),
            subsidy: subsidy.to_owned(),
            region_name: "聊城市".to_owned(),
            ..Default::default()
        };
        sums.line(&line("retention-training"));
        sums.line(&line(""));
        let rows = sums.rows(Region::parse("371500").unwrap());
        let found: Vec<_> = rows.iter().map(|row| (row.region.as_str(), row.subsidy)).collect();
        assert_eq!(found, [("市本级", SubsidyKind::RetentionTraining)]);
    }
}
