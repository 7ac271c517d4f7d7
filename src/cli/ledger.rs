//! `hufu ledger`: accounts, entries, trial balance, and whether all agrees to the fen (I3).

use clap::{Args, Subcommand};
use serde::Serialize;
use tonic::transport::Channel;

use super::connection::Connection;
use super::exit::{Exit, Failure};
use super::output;
use super::pages::{PAGE_SIZE, pages};
use crate::domain::calendar::Month;
use crate::domain::money::Fen;
use crate::proto::common::v1 as common;
use crate::proto::ledger::v1 as pb;
use crate::proto::ledger::v1::ledger_service_client::LedgerServiceClient;

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// 对账: compares the ledger with itself, with claims, payments and cases, and with the bank's statements.
    Check(Check),
    /// 试算平衡: what all accounts come to, by kind.
    Trial(Trial),
    /// 分录: entries, oldest first.
    Entries(Entries),
    /// 科目余额: accounts with their balances.
    Accounts(Accounts),
}

/// Compares the ledger with all that it must agree with.
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1: something does not agree; each difference is shown with both figures.")]
pub struct Check {
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    #[command(flatten)]
    common: Common,
}

/// What all accounts come to.
#[derive(Debug, Args)]
pub struct Trial {
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    common: Common,
}

/// Entries.
#[derive(Debug, Args)]
pub struct Entries {
    #[command(flatten)]
    part: Part,
    /// Only of this account, e.g. county/371502.
    #[arg(long, default_value = "", value_name = "KIND/OWNER")]
    account: String,
    /// At most so many.
    #[arg(long, default_value_t = 500, value_name = "N")]
    limit: usize,
    #[command(flatten)]
    common: Common,
}

/// Accounts.
#[derive(Debug, Args)]
pub struct Accounts {
    #[command(flatten)]
    part: Part,
    /// Only of this kind, e.g. payable.
    #[arg(long, default_value = "", value_name = "KIND")]
    kind: String,
    /// At most so many.
    #[arg(long, default_value_t = 500, value_name = "N")]
    limit: usize,
    #[command(flatten)]
    common: Common,
}

/// What part of the ledger.
#[derive(Debug, Args)]
pub struct Part {
    /// A region within the caller's.
    #[arg(long, default_value = "", value_name = "CODE")]
    region: String,
    /// A batch.
    #[arg(long, default_value = "", value_name = "BATCH")]
    batch: String,
    /// job-expansion or retention-training.
    #[arg(long, default_value = "", value_name = "SUBSIDY")]
    subsidy: String,
    /// A month, e.g. 2022-10.
    #[arg(long, value_name = "MONTH", value_parser = month)]
    month: Option<Month>,
}

fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).map_err(|error| error.to_string())
}

impl Part {
    fn slice(&self) -> pb::Slice {
        let month = self.month.map(|it| common::Month { year: it.year().into(), month: it.month().into() });
        pb::Slice { region: self.region.clone(), batch_id: self.batch.clone(), subsidy: self.subsidy.clone(), month }
    }
}

/// How it is printed, and where the node is.
#[derive(Debug, Args)]
pub struct Common {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

impl Common {
    fn client(&self) -> Result<LedgerServiceClient<Channel>, Failure> {
        Ok(LedgerServiceClient::new(self.connection.channel()?))
    }
}

#[derive(Serialize)]
struct Checked<'a> {
    entries: i64,
    differences: Vec<Differing<'a>>,
}

#[derive(Serialize)]
struct Differing<'a> {
    code: &'a str,
    message: &'a str,
    expected_fen: i64,
    found_fen: i64,
}

#[derive(Serialize)]
struct Tried<'a> {
    kinds: Vec<Balanced<'a>>,
    debit_fen: i64,
    credit_fen: i64,
}

#[derive(Serialize)]
struct Listed<T> {
    accounts: Vec<T>,
}

#[derive(Serialize)]
struct Balanced<'a> {
    kind: &'a str,
    owner: &'a str,
    debit_fen: i64,
    credit_fen: i64,
}

#[derive(Serialize)]
struct Posted<'a> {
    entries: Vec<PostedEntry<'a>>,
}

#[derive(Serialize)]
struct PostedEntry<'a> {
    sequence: i64,
    event: &'a str,
    debit: &'a str,
    credit: &'a str,
    amount_fen: i64,
    batch_id: &'a str,
    place: &'a str,
    subsidy: &'a str,
    month: String,
    about: &'a str,
}

impl Ledger {
    pub async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Check(command) => command.run().await,
            Self::Trial(command) => command.run().await,
            Self::Entries(command) => command.run().await,
            Self::Accounts(command) => command.run().await,
        }
    }
}

impl Check {
    async fn run(self) -> Result<Exit, Failure> {
        let request = pb::CheckLedgerRequest { region: self.region };
        let pb::CheckLedgerResponse { differences, entries } =
            self.common.client()?.check_ledger(request).await?.into_inner();
        if self.common.json {
            output::json(&Checked { entries, differences: differences.iter().map(differing).collect() })?;
        } else if differences.is_empty() {
            output::line(format!("已核对 {entries} 笔分录，账账相符、账实相符，差额0.00元"));
        } else {
            let mut table = output::table(["差异 code", "应为 expected", "实为 found", "说明"]);
            for it in &differences {
                let (expected, found) = (Fen::new(it.expected_fen).yuan_text(), Fen::new(it.found_fen).yuan_text());
                table.add_row([&it.code, &expected, &found, &it.message_zh]);
            }
            output::line(format!("已核对 {entries} 笔分录，有 {} 处差异", differences.len()));
            output::line(table);
        }
        Ok(if differences.is_empty() { Exit::Done } else { Exit::Attention })
    }
}

impl Trial {
    async fn run(self) -> Result<Exit, Failure> {
        let request = pb::GetTrialBalanceRequest { slice: Some(self.part.slice()) };
        let found = self.common.client()?.get_trial_balance(request).await?.into_inner();
        let (debit_fen, credit_fen) = (found.debit_fen, found.credit_fen);
        if self.common.json {
            output::json(&Tried { kinds: found.kinds.iter().map(balanced).collect(), debit_fen, credit_fen })?;
        } else {
            let mut table = output::table(["类别 kind", "", "借方 debit", "贷方 credit"]);
            for it in &found.kinds {
                let (debit, credit) = (Fen::new(it.debit_fen).yuan_text(), Fen::new(it.credit_fen).yuan_text());
                table.add_row([&it.kind_zh, &it.kind, &debit, &credit]);
            }
            let (debit, credit) = (Fen::new(debit_fen).yuan_text(), Fen::new(credit_fen).yuan_text());
            table.add_row(["合计", "total", &debit, &credit]);
            output::line(table);
        }
        Ok(if debit_fen == credit_fen { Exit::Done } else { Exit::Attention })
    }
}

impl Accounts {
    async fn run(self) -> Result<Exit, Failure> {
        let mut client = self.common.client()?;
        let accounts = pages(self.limit, async |page_token| {
            let (slice, kind) = (Some(self.part.slice()), self.kind.clone());
            let request = pb::ListAccountsRequest { slice, kind, page_size: PAGE_SIZE, page_token };
            let page = client.list_accounts(request).await?.into_inner();
            Ok((page.accounts, page.next_page_token))
        });
        let accounts = accounts.await?;
        if self.common.json {
            output::json(&Listed { accounts: accounts.iter().map(balanced).collect::<Vec<_>>() })?;
            return Ok(Exit::Done);
        }
        let mut table = output::table(["类别 kind", "", "所有者 owner", "借方 debit", "贷方 credit"]);
        for it in &accounts {
            let (debit, credit) = (Fen::new(it.debit_fen).yuan_text(), Fen::new(it.credit_fen).yuan_text());
            table.add_row([&it.kind_zh, &it.kind, &it.owner, &debit, &credit]);
        }
        output::line(table);
        Ok(Exit::Done)
    }
}

impl Entries {
    async fn run(self) -> Result<Exit, Failure> {
        let mut client = self.common.client()?;
        let entries = pages(self.limit, async |page_token| {
            let (slice, account) = (Some(self.part.slice()), self.account.clone());
            let request = pb::ListEntriesRequest { slice, account, page_size: PAGE_SIZE, page_token };
            let page = client.list_entries(request).await?.into_inner();
            Ok((page.entries, page.next_page_token))
        });
        let entries = entries.await?;
        if self.common.json {
            output::json(&Posted { entries: entries.iter().map(posted).collect() })?;
            return Ok(Exit::Done);
        }
        let mut table =
            output::table(["序号", "事项 event", "借 debit", "贷 credit", "金额 yuan", "地区 place", "月份"]);
        for it in &entries {
            let amount = Fen::new(it.amount_fen).yuan_text();
            let event = format!("{} {}", it.event_zh, it.event);
            table.add_row([&it.sequence.to_string(), &event, &it.debit, &it.credit, &amount, &it.place, &month_of(it)]);
        }
        output::line(table);
        Ok(Exit::Done)
    }
}

fn differing(difference: &pb::Difference) -> Differing<'_> {
    let pb::Difference { code, message_zh, message_en: _, expected_fen, found_fen } = difference;
    Differing { code, message: message_zh, expected_fen: *expected_fen, found_fen: *found_fen }
}

fn balanced(account: &pb::Account) -> Balanced<'_> {
    let pb::Account { kind, owner, debit_fen, credit_fen, .. } = account;
    Balanced { kind, owner, debit_fen: *debit_fen, credit_fen: *credit_fen }
}

fn posted(entry: &pb::Entry) -> PostedEntry<'_> {
    PostedEntry {
        sequence: entry.sequence,
        event: &entry.event,
        debit: &entry.debit,
        credit: &entry.credit,
        amount_fen: entry.amount_fen,
        batch_id: &entry.batch_id,
        place: &entry.place,
        subsidy: &entry.subsidy,
        month: month_of(entry),
        about: &entry.about,
    }
}

fn month_of(entry: &pb::Entry) -> String {
    entry.month.as_ref().map(|it| format!("{:04}-{:02}", it.year, it.month)).unwrap_or_default()
}
