//! Parts of the ledger: what is asked for, and what it comes to.

use super::super::status::Fault;
use super::field;
use super::record::timestamp;
use super::violation::Violations;
use crate::domain::caller::Caller;
use crate::domain::claim::SubsidyKind;
use crate::domain::ledger::flow::{CityFlow, CountyFlow, Ends, Paid};
use crate::domain::ledger::{Account, AccountKind, Balance};
use crate::domain::rights::narrow;
use crate::proto::common::v1 as common;
use crate::proto::ledger::v1 as pb;
use crate::workflows::ledger::{FundFlow, TrialSums};
use crate::workflows::record::ledger::{AccountBalance, EntryRecord, LedgerCheck, LedgerDifference, SliceFilter};

/// The longest owner of an account: a USCC.
const OWNER_LENGTH_MAX: usize = 18;

const SUBSIDIES: [(&str, SubsidyKind); 2] =
    [("job-expansion", SubsidyKind::JobExpansion), ("retention-training", SubsidyKind::RetentionTraining)];

/// Reads a part of the ledger, narrowed to the caller's region.
pub(in crate::services) fn slice(
    caller: &Caller,
    slice: Option<pb::Slice>,
    mut violations: Violations,
) -> Result<SliceFilter, Fault> {
    let pb::Slice { region, batch_id, subsidy, month } = slice.unwrap_or_default();
    let region = field::region(&region, &mut violations);
    let batch = field::batch_asked(&batch_id, "slice.batch_id", &mut violations);
    let subsidy = subsidy_asked(&subsidy, &mut violations);
    let month = field::month(month, "slice.month", &mut violations);
    violations.or(Some(()))?;
    Ok(SliceFilter { within: narrow(caller, region)?, batch, subsidy, month })
}

fn subsidy_asked(code: &str, violations: &mut Violations) -> Option<SubsidyKind> {
    if code.is_empty() {
        return None;
    }
    let found = SUBSIDIES.into_iter().find(|(word, _)| *word == code).map(|(_, subsidy)| subsidy);
    if found.is_none() {
        violations.add("slice.subsidy", "SUBSIDY_UNKNOWN", "no such subsidy", "没有此项补贴");
    }
    found
}

/// The kind that a list is narrowed to; empty is all.
pub(in crate::services) fn kind_asked(code: &str, violations: &mut Violations) -> Option<AccountKind> {
    if code.is_empty() {
        return None;
    }
    let kind = AccountKind::from_code(code);
    if kind.is_none() {
        violations.add("kind", "ACCOUNT_KIND_UNKNOWN", "no such kind of account", "没有此类账户");
    }
    kind
}

/// The account that a list is narrowed to, as `kind/owner`; empty is all.
pub(in crate::services) fn account_asked(text: &str, violations: &mut Violations) -> Option<Account> {
    if text.is_empty() {
        return None;
    }
    let account = account_of(text);
    if account.is_none() {
        let en = "account is not a kind and an owner, such as `county/371502`";
        violations.add("account", "ACCOUNT_MALFORMED", en, "账户应写作“类别/所有者”，如county/371502");
    }
    account
}

/// Reads `kind/owner`.
pub(in crate::services) fn account_of(text: &str) -> Option<Account> {
    let (kind, owner) = text.split_once('/')?;
    let is_owner = (1..=OWNER_LENGTH_MAX).contains(&owner.len()) && owner.bytes().all(|it| it.is_ascii_alphanumeric());
    let kind = AccountKind::from_code(kind)?;
    is_owner.then(|| Account { kind, owner: owner.to_owned() })
}

/// An account and what it comes to.
pub(in crate::services) fn account((account, balance): AccountBalance) -> pb::Account {
    let Account { kind, owner } = account;
    pb::Account { owner, ..of_kind((kind, balance)) }
}

fn of_kind((kind, balance): (AccountKind, Balance)) -> pb::Account {
    pb::Account {
        kind: kind.code().to_owned(),
        kind_zh: kind.zh().to_owned(),
        owner: String::new(),
        debit_fen: balance.debit.get(),
        credit_fen: balance.credit.get(),
    }
}

/// A trial balance.
pub(in crate::services) fn trial(sums: TrialSums) -> pb::GetTrialBalanceResponse {
    let TrialSums { kinds, total } = sums;
    let kinds = kinds.into_iter().map(of_kind).collect();
    pb::GetTrialBalanceResponse { kinds, debit_fen: total.debit.get(), credit_fen: total.credit.get() }
}

/// Where the money is.
pub(in crate::services) fn flow(found: FundFlow) -> Result<pb::GetFlowResponse, Fault> {
    let flow = found.flow.ok_or_else(Fault::ledger_wrong)?;
    let ends = |ends: Ends| pb::FlowEnds {
        kept_fen: ends.kept.get(),
        clawed_back_fen: ends.clawed_back.get(),
        returned_fen: ends.returned.get(),
        held_fen: ends.held.get(),
    };
    let county = |flow: CountyFlow| pb::CountyFlow {
        county: flow.county.to_string(),
        passed_on_fen: flow.passed_on.get(),
        ends: Some(ends(flow.ends)),
    };
    let city = |flow: CityFlow| pb::CityFlow {
        city: flow.city.to_string(),
        drawn_fen: flow.drawn.get(),
        counties: flow.counties.into_iter().map(county).collect(),
        ends: Some(ends(flow.ends)),
    };
    let paid = |paid: Paid| pb::PaidTotal {
        place: paid.place.to_string(),
        subsidy: word_of(Some(paid.subsidy)),
        amount_fen: paid.amount.get(),
    };
    Ok(pb::GetFlowResponse {
        cities: flow.cities.into_iter().map(city).collect(),
        paid: found.paid.into_iter().map(paid).collect(),
    })
}

fn word_of(subsidy: Option<SubsidyKind>) -> String {
    let word = SUBSIDIES.into_iter().find(|(_, it)| Some(*it) == subsidy).map(|(word, _)| word);
    word.unwrap_or_default().to_owned()
}

/// An entry.
pub(in crate::services) fn entry(record: EntryRecord) -> pb::Entry {
    let EntryRecord { sequence, at, entry } = record;
    let month = entry.slice.month;
    pb::Entry {
        sequence,
        at: Some(timestamp(at)),
        event: entry.event.code().to_owned(),
        event_zh: entry.event.zh().to_owned(),
        debit: entry.debit.to_string(),
        credit: entry.credit.to_string(),
        amount_fen: entry.amount.get(),
        batch_id: entry.slice.batch.to_string(),
        place: entry.slice.place.to_string(),
        subsidy: word_of(entry.slice.subsidy),
        month: Some(common::Month { year: month.year().into(), month: month.month().into() }),
        about: entry.about.map(|id| id.to_string()).unwrap_or_default(),
    }
}

/// What a check found.
pub(in crate::services) fn check(check: LedgerCheck) -> pb::CheckLedgerResponse {
    let LedgerCheck { entries, differences } = check;
    pb::CheckLedgerResponse {
        differences: differences.into_iter().map(difference).collect(),
        entries: i64::try_from(entries).unwrap_or(i64::MAX),
    }
}

fn difference(difference: LedgerDifference) -> pb::Difference {
    let LedgerDifference { code, zh, en, expected, found } = difference;
    pb::Difference {
        code: code.to_owned(),
        message_zh: zh,
        message_en: en,
        expected_fen: expected.get(),
        found_fen: found.get(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Month;
    use crate::domain::identity::Region;
    use crate::domain::ledger::{Entry, Event, Slice};
    use crate::domain::money::Fen;
    use crate::domain::pooling::BatchId;
    use jiff::Timestamp;

    fn county() -> Caller {
        Caller {
            organization: "lc-hrss".into(),
            system: "desk".into(),
            region: Region::parse("371502").unwrap(),
            roles: std::collections::BTreeSet::new(),
            person: None,
        }
    }

    fn asked(region: &str, batch_id: &str, subsidy: &str, month: Option<(i32, i32)>) -> Result<SliceFilter, String> {
        let asked = pb::Slice {
            region: region.into(),
            batch_id: batch_id.into(),
            subsidy: subsidy.into(),
            month: month.map(|(year, month)| common::Month { year, month }),
        };
        slice(&county(), Some(asked), Violations::default()).map_err(|fault| fault.reason().to_owned())
    }

    #[test]
    fn a_part_of_the_ledger_never_reaches_past_the_caller() {
        let all = SliceFilter { within: county().region, batch: None, subsidy: None, month: None };
        assert_eq!(asked("", "", "", None), Ok(all));
        assert_eq!(slice(&county(), None, Violations::default()).map_err(|it| it.reason()), Ok(all));
        let batch = BatchId(uuid::Uuid::from_u128(9));
        let narrowed = SliceFilter {
            batch: Some(batch),
            subsidy: Some(SubsidyKind::JobExpansion),
            month: Month::new(2022, 10),
            ..all
        };
        assert_eq!(asked("371502", &batch.to_string(), "job-expansion", Some((2022, 10))), Ok(narrowed));
        for region in ["371500", "371503", "410000"] {
            assert_eq!(asked(region, "", "", None), Err("REGION_OUTSIDE_CALLER".to_owned()), "{region}");
        }
        let invalid = Err("FIELDS_INVALID".to_owned());
        assert_eq!(asked("", "x", "", None), invalid);
        assert_eq!(asked("", "", "hiring", None), invalid);
        assert_eq!(asked("", "", "", Some((2022, 0))), invalid);
    }

    #[test]
    fn an_account_is_named_by_kind_and_owner() {
        let check = |text: &str, expected: Option<(AccountKind, &str)>| {
            let expected = expected.map(|(kind, owner)| Account { kind, owner: owner.to_owned() });
            assert_eq!(account_of(text), expected, "{text}");
        };
        check("county/371502", Some((AccountKind::County, "371502")));
        check("in-transit/371500", Some((AccountKind::InTransit, "371500")));
        check("payable/91350100M000100Y43", Some((AccountKind::Payable, "91350100M000100Y43")));
        for text in ["", "county", "county/", "cash/371502", "county/37 1502", "payable/91350100M000100Y43X"] {
            check(text, None);
        }
    }

    #[test]
    fn an_entry_and_its_account_are_shown_with_words_for_officials() {
        let region = county().region;
        let entry_of = |subsidy| EntryRecord {
            sequence: 4,
            at: Timestamp::UNIX_EPOCH,
            entry: Entry {
                key: "never shown".into(),
                event: Event::Booked,
                slice: Slice {
                    batch: BatchId(uuid::Uuid::from_u128(9)),
                    place: region,
                    subsidy,
                    month: Month::new(2022, 10).unwrap(),
                },
                debit: Account::cash(region),
                credit: Account::of_place(AccountKind::InTransit, region.city()),
                amount: Fen::new(150),
                about: None,
            },
        };
        let shown = entry(entry_of(Some(SubsidyKind::RetentionTraining)));
        assert_eq!((shown.debit.as_str(), shown.credit.as_str()), ("county/371502", "in-transit/371500"));
        assert_eq!((shown.event.as_str(), shown.event_zh.as_str()), ("booked", "银行已支付"));
        assert_eq!((shown.subsidy.as_str(), shown.amount_fen), ("retention-training", 150));
        assert!(shown.month.is_some_and(|it| (it.year, it.month) == (2022, 10)) && shown.about.is_empty());
        assert!(entry(entry_of(None)).subsidy.is_empty());
        let shown = account((Account::cash(region), Balance { debit: Fen::new(7), credit: Fen::new(3) }));
        assert_eq!((shown.kind_zh.as_str(), shown.owner.as_str()), ("县级支出户", "371502"));
        assert_eq!((shown.debit_fen, shown.credit_fen), (7, 3));
    }
}
