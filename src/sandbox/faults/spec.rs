//! Faults as words: `credential=down`, `insurance=slow:3s`, `tax-registry=partial:0.4`, `bank=refuse:0.1`, `finance=pending`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{BankRule, Chosen, Fault, FinanceMode, Share, Upstream};

/// How old the data of a stale upstream are where the words do not say: older than any sheet allows.
const STALE_DEFAULT: Duration = Duration::from_secs(60 * DAY_S);
const DAY_S: u64 = 24 * 60 * 60;
/// Longer spans are slips of the pen.
const SPAN_S_MAX: u64 = 10 * 365 * DAY_S;

/// One upstream and what ails it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultSpec {
    pub upstream: Upstream,
    pub fault: Fault,
}

/// One line of a switch. An upstream has one fault; the bank and finance may have several ways with the money besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switching {
    Fault(FaultSpec),
    Bank(BankRule),
    Finance(FinanceMode),
}

/// Why words name no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultSpecError {
    #[error("write <upstream>=<fault>, e.g. credential=down")]
    NoAssignment,
    #[error(
        "no upstream `{0}`; there are tax-registry, credential, insurance, employment, award-history, finance, bank"
    )]
    UnknownUpstream(String),
    #[error(
        "no fault `{0}`; there are healthy, down, refusing, slow:<span>, partial:<share>, another, unknown-enum, all-yes, stale[:<span>]"
    )]
    UnknownFault(String),
    #[error("bank cannot `{0}`; it can be healthy, down, refusing, slow:<span>, partial:<share>, and {words}", words = BankRule::WORDS)]
    NotForBank(String),
    #[error("finance cannot `{0}`; it can be healthy, down, refusing, slow:<span>, and {words}", words = FinanceMode::WORDS)]
    NotForFinance(String),
    #[error(
        "what is behind {0} chooses nothing; write a share, account:<number> or id:<instruction>, or leave it out for all"
    )]
    NoChoice(&'static str),
    #[error("`{0}` is no span of time; write e.g. 500ms, 3s, 2m, 1h or 30d")]
    NoSpan(String),
    #[error("`{0}` is no share; write 0 to 1 with up to three decimals, e.g. 0.4")]
    NoShare(String),
    #[error("line {line}: {error}")]
    Line { line: usize, error: Box<FaultSpecError> },
}

impl FromStr for FaultSpec {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, FaultSpecError> {
        let (upstream, fault) = text.split_once('=').ok_or(FaultSpecError::NoAssignment)?;
        let upstream = upstream.trim();
        let known = Upstream::from_code(upstream);
        let upstream = known.ok_or_else(|| FaultSpecError::UnknownUpstream(upstream.to_owned()))?;
        let (word, fault) = (fault.trim(), fault.trim().parse()?);
        let is_general = match fault {
            Fault::Healthy | Fault::Down | Fault::Refusing | Fault::Slow(_) => true,
            Fault::Partial(_) => upstream == Upstream::Bank,
            // The contracts of money have no other's record to give, and no data to grow old.
            Fault::AnswersForAnother | Fault::UnknownEnum | Fault::AllYes | Fault::Stale(_) => false,
        };
        match upstream {
            Upstream::Bank if !is_general => return Err(FaultSpecError::NotForBank(word.to_owned())),
            Upstream::Finance if !is_general => return Err(FaultSpecError::NotForFinance(word.to_owned())),
            Upstream::Bank
            | Upstream::Finance
            | Upstream::TaxRegistry
            | Upstream::Credential
            | Upstream::Insurance
            | Upstream::Employment
            | Upstream::AwardHistory => {}
        }
        Ok(Self { upstream, fault })
    }
}

impl FromStr for Switching {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, FaultSpecError> {
        let (upstream, word) = text.split_once('=').ok_or(FaultSpecError::NoAssignment)?;
        let own_word = match Upstream::from_code(upstream.trim()) {
            Some(Upstream::Bank) => BankRule::from_words(word.trim()).map(|rule| rule.map(Self::Bank)),
            Some(Upstream::Finance) => FinanceMode::from_words(word.trim()).map(|mode| mode.map(Self::Finance)),
            Some(_) | None => None,
        };
        own_word.unwrap_or_else(|| match text.parse() {
            Ok(spec) => Ok(Self::Fault(spec)),
            Err(FaultSpecError::UnknownFault(word)) => Err(match Upstream::from_code(upstream.trim()) {
                Some(Upstream::Bank) => FaultSpecError::NotForBank(word),
                Some(Upstream::Finance) => FaultSpecError::NotForFinance(word),
                Some(_) | None => FaultSpecError::UnknownFault(word),
            }),
            Err(error) => Err(error),
        })
    }
}

impl Switching {
    /// The words for logs: an account shows only its last digits (I11).
    pub(super) fn masked(&self) -> String {
        match self {
            Self::Bank(BankRule { mode, chosen: Chosen::Account(account) }) => {
                format!("{}={}:account:{}", Upstream::Bank.code(), mode.code(), account.masked())
            }
            Self::Fault(_) | Self::Bank(_) | Self::Finance(_) => self.to_string(),
        }
    }
}

impl From<FaultSpec> for Switching {
    fn from(spec: FaultSpec) -> Self {
        Self::Fault(spec)
    }
}

impl fmt::Display for Switching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(spec) => spec.fmt(f),
            Self::Bank(rule) => write!(f, "{}={rule}", Upstream::Bank.code()),
            Self::Finance(mode) => write!(f, "{}={mode}", Upstream::Finance.code()),
        }
    }
}

impl FromStr for Fault {
    type Err = FaultSpecError;

    fn from_str(text: &str) -> Result<Self, FaultSpecError> {
        match text.split_once(':').map_or((text, None), |(word, value)| (word, Some(value))) {
            ("healthy", None) => Ok(Self::Healthy),
            ("down", None) => Ok(Self::Down),
            ("refusing", None) => Ok(Self::Refusing),
            ("slow", Some(value)) => span(value).map(Self::Slow),
            ("partial", Some(value)) => share(value).map(Self::Partial),
            ("another", None) => Ok(Self::AnswersForAnother),
            ("unknown-enum", None) => Ok(Self::UnknownEnum),
            ("all-yes", None) => Ok(Self::AllYes),
            ("stale", None) => Ok(Self::Stale(STALE_DEFAULT)),
            ("stale", Some(value)) => span(value).map(Self::Stale),
            _ => Err(FaultSpecError::UnknownFault(text.to_owned())),
        }
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.upstream.code(), self.fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => f.write_str("healthy"),
            Self::Down => f.write_str("down"),
            Self::Refusing => f.write_str("refusing"),
            Self::Slow(span) => write!(f, "slow:{}", span_text(*span)),
            Self::Partial(share) => write!(f, "partial:{share}"),
            Self::AnswersForAnother => f.write_str("another"),
            Self::UnknownEnum => f.write_str("unknown-enum"),
            Self::AllYes => f.write_str("all-yes"),
            Self::Stale(span) => write!(f, "stale:{}", span_text(*span)),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Reads a file of switches: one a line, `#` begins a remark. Of two faults of one upstream the last line holds.
pub fn parse_lines(text: &str) -> Result<Vec<Switching>, FaultSpecError> {
    let meant = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    let lines = text.lines().map(meant).zip(1..).filter(|(text, _)| !text.is_empty());
    lines
        .map(|(text, line)| text.parse().map_err(|error| FaultSpecError::Line { line, error: Box::new(error) }))
        .collect()
}

fn span(text: &str) -> Result<Duration, FaultSpecError> {
    let no_span = || FaultSpecError::NoSpan(text.to_owned());
    let unit_at = text.find(|it: char| !it.is_ascii_digit()).ok_or_else(no_span)?;
    let (digits, unit) = text.split_at(unit_at);
    let number: u64 = digits.parse().map_err(|_| no_span())?;
    let ms_per_unit: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY_S * 1_000,
        _ => return Err(no_span()),
    };
    let ms = number.checked_mul(ms_per_unit).filter(|ms| *ms <= SPAN_S_MAX * 1_000).ok_or_else(no_span)?;
    Ok(Duration::from_millis(ms))
}

/// The span in the largest unit that divides it.
fn span_text(span: Duration) -> String {
    let ms = span.as_millis();
    let units = [(u128::from(DAY_S) * 1_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let unit = units.into_iter().find(|(ms_per_unit, _)| ms > 0 && ms.is_multiple_of(*ms_per_unit));
    let (ms_per_unit, unit) = unit.unwrap_or((1, "ms"));
    format!("{}{unit}", ms / ms_per_unit)
}

pub(super) fn share(text: &str) -> Result<Share, FaultSpecError> {
    let no_share = || FaultSpecError::NoShare(text.to_owned());
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 3 {
        return Err(no_share());
    }
    format!("{whole}{decimals:0<3}").parse().ok().and_then(Share::permille).ok_or_else(no_share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_back_as_it_is_written() {
        let check = |text: &str, fault: Fault| {
            let spec = FaultSpec { upstream: Upstream::TaxRegistry, fault };
            assert_eq!(text.parse(), Ok(spec), "{text}");
            assert_eq!(spec.to_string().parse(), Ok(spec), "{spec}");
        };
        check("tax-registry=healthy", Fault::Healthy);
        check(" tax-registry = down ", Fault::Down);
        check("tax-registry=refusing", Fault::Refusing);
        check("tax-registry=slow:3s", Fault::Slow(Duration::from_secs(3)));
        check("tax-registry=slow:1500ms", Fault::Slow(Duration::from_millis(1_500)));
        check("tax-registry=partial:0.4", Fault::Partial(Share(400)));
        check("tax-registry=partial:1", Fault::Partial(Share(1_000)));
        check("tax-registry=another", Fault::AnswersForAnother);
        check("tax-registry=unknown-enum", Fault::UnknownEnum);
        check("tax-registry=all-yes", Fault::AllYes);
        check("tax-registry=stale", Fault::Stale(STALE_DEFAULT));
        check("tax-registry=stale:1d", Fault::Stale(Duration::from_secs(DAY_S)));
    }

    #[test]
    fn words_that_name_no_fault_are_refused_with_what_there_is() {
        let check = |text: &str, hint: &str| {
            let error = text.parse::<FaultSpec>().unwrap_err().to_string();
            assert!(error.contains(hint), "{text}: {error}");
        };
        check("credential", "credential=down");
        check("chsi=down", "award-history");
        check("credential=broken", "unknown-enum");
        check("credential=down:1s", "refusing");
        check("credential=slow:3", "500ms");
        check("credential=slow:99999999999999999999s", "500ms");
        check("credential=slow:9999999999d", "500ms");
        for text in ["1.5", "0.1234", "-1", ".5", "", "1.001", "99999"] {
            check(&format!("credential=partial:{text}"), "0.4");
        }
    }

    #[test]
    fn the_bank_and_finance_have_words_of_their_own() {
        for text in [
            "bank=down",
            "bank=partial:0.4",
            "bank=refuse",
            "bank=timeout-after:0.1",
            "bank=return-name:account:6200000000001234",
            "bank=hold:id:00000000000000000000000000000007",
            "bank=statement-wrong-total",
            "finance=slow:1s",
            "finance=pending",
            "finance=part:0.6",
            "finance=twice",
        ] {
            let read: Switching = text.parse().unwrap();
            assert!(!read.masked().contains("6200000000001234"), "{text}");
            assert_eq!(read.to_string().parse(), Ok(read), "{text}");
        }
        let check = |text: &str, hint: &str| {
            let error = text.parse::<Switching>().unwrap_err().to_string();
            assert!(error.contains(hint), "{text}: {error}");
        };
        check("bank=stale", "accept-then-fail");
        check("bank=all-yes", "bank cannot");
        check("bank=explode", "statement-repeated");
        check("bank=refuse:1.5", "account:<number>");
        check("bank=refuse:account:1", "account:<number>");
        check("finance=partial:0.4", "finance cannot");
        check("finance=part", "part:<share>");
        check("finance=less:2", "0.4");
        check("credential=refuse", "unknown-enum");
        check("chsi=down", "finance, bank");
    }

    #[test]
    fn a_file_of_switches_names_the_line_at_fault() {
        assert_eq!(parse_lines("# all well\n\n"), Ok(Vec::new()));
        assert_eq!(parse_lines("credential=down # exam week\ninsurance=slow:1s").map(|it| it.len()), Ok(2));
        let error = parse_lines("credential=down\n\nnothing").unwrap_err();
        assert!(error.to_string().starts_with("line 3: "), "{error}");
    }
}
