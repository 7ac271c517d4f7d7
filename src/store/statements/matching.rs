//! What each line of a statement fits, as far as it is decided.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::domain::clawback::CaseId;
use crate::domain::identity::Region;
use crate::domain::payment::InstructionId;
use crate::domain::pooling::BatchId;
use crate::domain::statement::{Direction, StatementLine};

/// What a line fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Money of a batch, from finance or back to it.
    Arrival(BatchId),
    /// What became of an instruction of this account.
    Instruction(InstructionId),
    /// A transfer of the city that came in here. The city's instruction posts it, once it is booked.
    TransferReceived(InstructionId),
    Repayment(CaseId),
}

impl Fit {
    /// The stable word in the store.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Arrival(_) => "arrival",
            Self::Instruction(_) => "instruction",
            Self::TransferReceived(_) => "transfer-received",
            Self::Repayment(_) => "repayment",
        }
    }

    pub(super) fn about(&self) -> &Uuid {
        match self {
            Self::Arrival(BatchId(id))
            | Self::Instruction(InstructionId(id))
            | Self::TransferReceived(InstructionId(id))
            | Self::Repayment(CaseId(id)) => id,
        }
    }
}

/// How far a line is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Open,
    Fits(Fit),
    /// It contradicts what is recorded under its reference, and fits nothing else either.
    Nothing,
}

/// The lines of a statement and what each fits.
pub(super) struct Fits<'a> {
    lines: &'a [StatementLine],
    decided: Vec<Decision>,
}

impl<'a> Fits<'a> {
    pub(super) fn of(lines: &'a [StatementLine]) -> Self {
        Self { lines, decided: vec![Decision::Open; lines.len()] }
    }

    /// Lines of one direction that nothing was found for yet, each with its place.
    pub(super) fn open(&self, direction: Direction) -> Vec<(usize, &'a StatementLine)> {
        let lines = self.lines.iter().enumerate().zip(&self.decided);
        let is_open = |line: &StatementLine, decided| decided == Decision::Open && line.direction == direction;
        lines.filter(|((_, line), decided)| is_open(line, **decided)).map(|(line, _)| line).collect()
    }

    pub(super) fn decide(&mut self, index: usize, fit: Fit) {
        self.set(index, Decision::Fits(fit));
    }

    /// Nothing else is looked for.
    pub(super) fn refuse(&mut self, index: usize) {
        self.set(index, Decision::Nothing);
    }

    fn set(&mut self, index: usize, decision: Decision) {
        if let Some(decided) = self.decided.get_mut(index) {
            *decided = decision;
        }
    }

    /// Every line with what it fits, in their order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a StatementLine, Option<Fit>)> {
        self.lines.iter().zip(&self.decided).map(|(line, decided)| match decided {
            Decision::Fits(fit) => (line, Some(*fit)),
            Decision::Open | Decision::Nothing => (line, None),
        })
    }
}

/// The id that a line's payer gave, where it is one of ours by its form.
pub(super) fn id_of(line: &StatementLine) -> Option<Uuid> {
    Uuid::try_parse(line.end_to_end_id.as_deref()?).ok()
}

/// The ids that lines name, each once and in order.
pub(super) fn ids_of(lines: &[StatementLine]) -> BTreeSet<Uuid> {
    lines.iter().filter_map(id_of).collect()
}

/// The number of a region's case that a remittance names; none where it names several, for nobody can say which was meant.
pub(super) fn case_number(remittance: &str, region: Region) -> Option<String> {
    let text = remittance.to_ascii_uppercase();
    let prefix = format!("ZH-{region}-");
    let numbers: BTreeSet<String> = text
        .split(prefix.as_str())
        .skip(1)
        .filter_map(|rest| Some(format!("{prefix}{}", year_and_number(rest)?)))
        .collect();
    if numbers.len() > 1 { None } else { numbers.into_iter().next() }
}

/// `2022-000001` at the beginning of a text, and no digit after it.
fn year_and_number(text: &str) -> Option<String> {
    const FORM: [bool; 11] = [true, true, true, true, false, true, true, true, true, true, true];
    let found: String = text.chars().take(FORM.len()).collect();
    let fits = |(letter, is_digit): (char, bool)| if is_digit { letter.is_ascii_digit() } else { letter == '-' };
    let is_longer = text.chars().nth(FORM.len()).is_some_and(|next| next.is_ascii_digit());
    let is_whole = found.chars().count() == FORM.len() && found.chars().zip(FORM).all(fits);
    (is_whole && !is_longer).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remittance_names_one_case_or_none() {
        let region = Region::parse("371502").unwrap();
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(case_number(text, region).as_deref(), expected, "{text}");
        check("退回补助 ZH-371502-2022-000017", Some("ZH-371502-2022-000017"));
        check("zh-371502-2022-000017退回", Some("ZH-371502-2022-000017"));
        check("案号ZH-371502-2022-000017、ZH-371502-2022-000017", Some("ZH-371502-2022-000017"));
        check("ZH-371502-2022-000017 ZH-371502-2022-000018", None);
        check("ZH-371503-2022-000017", None);
        check("ZH-371502-2022-0000171", None);
        check("ZH-371502-2022-00001", None);
        check("ZH-371502-2022_000017", None);
        check("", None);
    }
}
