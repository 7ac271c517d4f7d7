//! The cities whose money a node moves, and their accounts. A mistake is refused under its key, and never quotes an account.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::identity::{BankAccount, Level, Region};

/// Of a place or an account: banks print 60 Chinese characters at most.
const NAME_CHARACTERS_MAX: usize = 60;

/// The cities whose money this node moves, and how often it does by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawPooling")]
pub struct Pooling {
    /// Minutes between runs of all cities; 0 leaves them to `hufu pool run`.
    pub every_minutes: u32,
    /// By the city's code.
    pub city: BTreeMap<Region, PoolingCity>,
}

/// One city: where its money goes through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PoolingCity {
    /// As papers have it, e.g. `聊城市`.
    pub name: String,
    /// Where money goes that is given back to the fund.
    pub fund: FundAccount,
    /// 支出户, by the code of the county or unit, or of the city itself.
    pub place: BTreeMap<Region, PoolingPlace>,
}

/// An account of the fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FundAccount {
    pub account: BankAccount,
    /// As the bank knows its holder.
    pub name: String,
}

/// A place with its expenditure account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PoolingPlace {
    /// As papers have it, e.g. `东昌府区`.
    pub name: String,
    pub account: BankAccount,
    /// As the bank knows its holder.
    pub account_name: String,
}

/// As the file has it; the other settings' own errors would not say under which key a code or an account is wrong, nor why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPooling {
    #[serde(default)]
    every_minutes: u32,
    #[serde(default)]
    city: BTreeMap<String, RawCity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCity {
    name: String,
    fund: RawFund,
    #[serde(default)]
    place: BTreeMap<String, RawPlace>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFund {
    account: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlace {
    name: String,
    account: String,
    account_name: String,
}

/// A key, and what is wrong there.
#[derive(Debug, thiserror::Error)]
#[error("pooling.{key}: {reason}")]
struct PoolingError {
    key: String,
    reason: String,
}

impl TryFrom<RawPooling> for Pooling {
    type Error = PoolingError;

    fn try_from(raw: RawPooling) -> Result<Self, PoolingError> {
        let mut reader = Reader::default();
        let mut cities = BTreeMap::new();
        for (code, city) in raw.city {
            let key = format!("city.\"{code}\"");
            let code = region(&code, &key)?;
            if code.level() != Level::Municipal {
                return refuse(&key, "is not the code of a city");
            }
            let city = reader.city(code, city, &key)?;
            if cities.insert(code, city).is_some() {
                return refuse(&key, "is there twice");
            }
        }
        Ok(Self { every_minutes: raw.every_minutes, city: cities })
    }
}

/// Reads cities one after the other.
#[derive(Default)]
struct Reader {
    /// A statement is of one account: with two places on it, nobody could say whose money is there.
    accounts: BTreeSet<BankAccount>,
}

impl Reader {
    fn city(&mut self, code: Region, raw: RawCity, key: &str) -> Result<PoolingCity, PoolingError> {
        let account = self.account(&raw.fund.account, &format!("{key}.fund.account"))?;
        let fund = FundAccount { account, name: name(raw.fund.name, &format!("{key}.fund.name"))? };
        let mut places = BTreeMap::new();
        for (place, raw) in raw.place {
            let key = format!("{key}.place.\"{place}\"");
            let place = region(&place, &key)?;
            if !code.covers(place) {
                return refuse(&key, "does not lie in the city");
            }
            let with = PoolingPlace {
                name: name(raw.name, &format!("{key}.name"))?,
                account: self.account(&raw.account, &format!("{key}.account"))?,
                account_name: name(raw.account_name, &format!("{key}.account_name"))?,
            };
            if places.insert(place, with).is_some() {
                return refuse(&key, "is there twice");
            }
        }
        Ok(PoolingCity { name: name(raw.name, &format!("{key}.name"))?, fund, place: places })
    }

    fn account(&mut self, text: &str, key: &str) -> Result<BankAccount, PoolingError> {
        let account = BankAccount::parse(text).or_else(|error| refuse(key, error))?;
        if self.accounts.insert(account.clone()) {
            Ok(account)
        } else {
            refuse(key, "is the account of another place or of the fund")
        }
    }
}

fn region(text: &str, key: &str) -> Result<Region, PoolingError> {
    Region::parse(text).or_else(|error| refuse(key, error))
}

/// A name that fits papers and payment files.
fn name(text: String, key: &str) -> Result<String, PoolingError> {
    let is_one_line = text.trim() == text && !text.chars().any(char::is_control);
    if is_one_line && (1..=NAME_CHARACTERS_MAX).contains(&text.chars().count()) {
        Ok(text)
    } else {
        refuse(key, "does not have 1 to 60 characters on one line")
    }
}

fn refuse<T>(key: &str, reason: impl std::fmt::Display) -> Result<T, PoolingError> {
    Err(PoolingError { key: key.to_owned(), reason: reason.to_string() })
}

#[cfg(test)]
mod tests {
    use crate::config::tests::load;

    /// A city with its own account and one county's.
    const CITY: &str = r#"
[upstream.finance]
uri = "https://x"
[upstream.bank]
uri = "https://x"
[pooling.city."371500"]
name = "聊城市"
fund = { account = "6200000000000001", name = "市财政局" }
[pooling.city."371500".place."371500"]
name = "聊城市"
account = "6200 0000 0000 0002"
account_name = "市经办机构"
[pooling.city."371500".place."3715A1"]
name = "旅游度假区"
account = "6200000000000003"
account_name = "区经办机构"
"#;

    #[test]
    fn a_city_is_read_with_its_places() {
        let pooling = load(CITY).unwrap().pooling;
        let [(code, city)] = pooling.city.iter().collect::<Vec<_>>()[..] else { panic!("one city") };
        assert_eq!((code.as_str(), city.name.as_str(), city.fund.name.as_str()), ("371500", "聊城市", "市财政局"));
        let places: Vec<_> = city.place.iter().map(|(code, place)| (code.as_str(), place.account.as_str())).collect();
        assert_eq!(places, [("371500", "6200000000000002"), ("3715A1", "6200000000000003")]);
        assert!(!format!("{pooling:?}").contains("6200000000000003"), "no account in what is logged");
    }

    #[test]
    fn a_mistake_in_a_city_is_refused_under_its_key() {
        let check = |from: &str, to: &str, expected: &str| {
            assert!(CITY.contains(from), "{from}");
            let refusal = load(&CITY.replace(from, to)).unwrap_err().to_string();
            assert!(refusal.contains(expected), "{refusal}");
            assert!(!refusal.contains("62000000000"), "no account in a message: {refusal}");
        };
        check(
            "6200000000000001",
            "62000000000000O1",
            "pooling.city.\"371500\".fund.account: bank account has a character",
        );
        check("6200000000000003", "123", "place.\"3715A1\".account: bank account does not have 8 to 32 digits");
        check("account = \"6200000000000003\"\n", "", "3715A1.account");
        check("account_name = \"区经办机构\"", "account_nane = \"x\"", "account_nane");
        check("place.\"3715A1\"", "place.\"371\"", "place.\"371\": region does not have six characters");
        check(
            "place.\"3715A1\"",
            "place.\"371402\"",
            "pooling.city.\"371500\".place.\"371402\": does not lie in the city",
        );
        check("city.\"371500\"", "city.\"370000\"", "city.\"370000\": is not the code of a city");
        check("6200000000000003", "6200-0000-0000-0002", "place.\"3715A1\".account: is the account of another place");
        check("6200 0000 0000 0002", "6200000000000001", "place.\"371500\".account: is the account of another place");
        check("\"旅游度假区\"", "\" \"", "place.\"3715A1\".name: does not have");
        check(
            "[upstream.finance]\nuri = \"https://x\"\n[upstream.bank]\nuri = \"https://x\"\n",
            "",
            "upstream.finance",
        );
    }
}
