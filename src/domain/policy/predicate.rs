//! The condition language of a sheet: a finite tree of tests on typed facts, judged in three values.
//!
//! It has no arithmetic, no variables and no order of evaluation, so that whether one sheet is anywhere stricter than another can be
//! computed (六(一)).

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::domain::eligibility::fact::{Fact, FactState, FactValue, Facts};

/// A condition's test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Atom(Atom),
}

/// One test on one fact. That the test fits the fact's type is checked when the sheet is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    pub fact: Fact,
    pub test: Test,
}

/// What is asked of a fact. Every bound is included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    Is(bool),
    In(BTreeSet<String>),
    Dates {
        from: Option<Date>,
        until: Option<Date>,
    },
    Counts {
        at_least: Option<u32>,
        at_most: Option<u32>,
    },
    /// GB/T 4754 codes; a code of the list covers every code that begins with it.
    SectorIn(BTreeSet<String>),
}

/// Kleene's third value carries the facts that would have to be known: only those that can still change the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    Unknown(BTreeSet<Fact>),
}

impl Predicate {
    /// Judges the facts. An unknown fact that cannot change the answer does not block it.
    pub fn evaluate(&self, facts: &Facts) -> Truth {
        match self {
            Self::All(parts) => all_of(parts.iter().map(|part| part.evaluate(facts))),
            // De Morgan: one way of combining serves both.
            Self::Any(parts) => !all_of(parts.iter().map(|part| !part.evaluate(facts))),
            Self::Not(part) => !part.evaluate(facts),
            Self::Atom(atom) => atom.evaluate(facts),
        }
    }

    /// Every fact it speaks of.
    pub fn facts(&self) -> BTreeSet<Fact> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::facts).collect(),
            Self::Not(part) => part.facts(),
            Self::Atom(atom) => BTreeSet::from([atom.fact]),
        }
    }
}

impl Atom {
    fn evaluate(&self, facts: &Facts) -> Truth {
        match facts.get(self.fact) {
            FactState::Known(value) => self.test.judge(value).map_or_else(|| self.unknown(), Truth::from),
            FactState::Missing(_) => self.unknown(),
        }
    }

    fn unknown(&self) -> Truth {
        Truth::Unknown(BTreeSet::from([self.fact]))
    }
}

impl Test {
    /// `None` where the value does not decide the test.
    fn judge(&self, value: &FactValue) -> Option<bool> {
        match (self, value) {
            (_, FactValue::Absent) => Some(false),
            (Self::Is(wanted), FactValue::Flag(flag)) => Some(wanted == flag),
            (Self::In(words), FactValue::Word(word)) => Some(words.contains(*word)),
            (Self::Dates { from, until }, FactValue::Date(date)) => {
                Some(from.is_none_or(|from| from <= *date) && until.is_none_or(|until| *date <= until))
            }
            (Self::Counts { at_least, at_most }, FactValue::Count(count)) => {
                Some(at_least.is_none_or(|least| least <= *count) && at_most.is_none_or(|most| *count <= most))
            }
            (Self::SectorIn(codes), FactValue::Sector(sector)) => judge_sector(codes, sector),
            // A reader of sheets that let such a pair pass would be wrong; undecided is the answer that harms nobody.
            (
                Self::Is(_) | Self::In(_) | Self::Dates { .. } | Self::Counts { .. } | Self::SectorIn(_),
                FactValue::Flag(_)
                | FactValue::Word(_)
                | FactValue::Date(_)
                | FactValue::Count(_)
                | FactValue::Sector(_),
            ) => None,
        }
    }
}

/// A code shorter than a listed one (72 against 7291) may or may not be meant, so it decides nothing.
fn judge_sector(codes: &BTreeSet<String>, sector: &str) -> Option<bool> {
    if codes.iter().any(|code| sector.starts_with(code.as_str())) {
        return Some(true);
    }
    if codes.iter().any(|code| code.starts_with(sector)) { None } else { Some(false) }
}

fn all_of(parts: impl Iterator<Item = Truth>) -> Truth {
    let mut blocking = BTreeSet::new();
    for part in parts {
        match part {
            Truth::True => {}
            Truth::False => return Truth::False,
            Truth::Unknown(facts) => blocking.extend(facts),
        }
    }
    if blocking.is_empty() { Truth::True } else { Truth::Unknown(blocking) }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown(facts) => Self::Unknown(facts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::eligibility::evidence::MissingCause;

    const FACTS: [Fact; 3] = [Fact::ContractSigned, Fact::EmploymentRegistered, Fact::DiplomaHeld];

    fn atom(fact: Fact, wanted: bool) -> Predicate {
        Predicate::Atom(Atom { fact, test: Test::Is(wanted) })
    }

    fn facts(states: [Option<bool>; 3]) -> Facts {
        let mut facts = Facts::default();
        for (fact, state) in FACTS.into_iter().zip(states) {
            facts.set(fact, state.map_or(FactState::Missing(MissingCause::Stale), FactState::flag));
        }
        facts
    }

    /// Every predicate of up to two levels over three facts.
    fn predicates() -> Vec<Predicate> {
        let atoms: Vec<_> = FACTS.into_iter().flat_map(|fact| [atom(fact, true), atom(fact, false)]).collect();
        let level = |parts: &[Predicate]| -> Vec<Predicate> {
            let pairs = parts.iter().flat_map(|a| parts.iter().map(move |b| vec![a.clone(), b.clone()]));
            let joined = pairs.flat_map(|pair| [Predicate::All(pair.clone()), Predicate::Any(pair)]);
            parts
                .iter()
                .cloned()
                .chain(parts.iter().cloned().map(|it| Predicate::Not(Box::new(it))))
                .chain(joined)
                .collect()
        };
        level(&atoms)
    }

    const VALUES: [Option<bool>; 3] = [None, Some(false), Some(true)];

    fn every_state() -> impl Iterator<Item = [Option<bool>; 3]> {
        VALUES
            .into_iter()
            .flat_map(|a| VALUES.into_iter().flat_map(move |b| VALUES.into_iter().map(move |c| [a, b, c])))
    }

    /// A decided answer stays when more becomes known, and an undecided one names only facts that are missing.
    #[test]
    fn knowledge_only_ever_decides() {
        let states: Vec<_> = every_state().collect();
        for predicate in predicates() {
            for known in &states {
                let answer = predicate.evaluate(&facts(*known));
                if let Truth::Unknown(blocking) = &answer {
                    let missing = |fact: &Fact| matches!(facts(*known).get(*fact), FactState::Missing(_));
                    assert!(!blocking.is_empty() && blocking.iter().all(missing), "{predicate:?} {known:?}");
                    continue;
                }
                let refines = |more: &&[Option<bool>; 3]| known.iter().zip(**more).all(|(a, b)| a.is_none() || *a == b);
                for more in states.iter().filter(refines) {
                    assert_eq!(predicate.evaluate(&facts(*more)), answer, "{predicate:?} {known:?} {more:?}");
                }
            }
        }
    }

    /// What need not be known is not asked for.
    #[test]
    fn a_decided_part_drops_the_others() {
        let both = |parts: fn(Vec<Predicate>) -> Predicate| parts(vec![atom(FACTS[0], true), atom(FACTS[1], true)]);
        let unknown = |facts: &[Fact]| Truth::Unknown(facts.iter().copied().collect());
        assert_eq!(both(Predicate::All).evaluate(&facts([None, Some(false), None])), Truth::False);
        assert_eq!(both(Predicate::Any).evaluate(&facts([None, Some(true), None])), Truth::True);
        assert_eq!(both(Predicate::All).evaluate(&facts([None, Some(true), None])), unknown(&[FACTS[0]]));
        assert_eq!(both(Predicate::Any).evaluate(&facts([None, None, None])), unknown(&[FACTS[0], FACTS[1]]));
    }

    /// Asked, answered and not there: no test passes, whatever it wants.
    #[test]
    fn an_absent_value_passes_no_test() {
        let mut facts = Facts::default();
        facts.set(Fact::ContractSigned, FactState::Known(FactValue::Absent));
        assert_eq!(atom(Fact::ContractSigned, true).evaluate(&facts), Truth::False);
        assert_eq!(atom(Fact::ContractSigned, false).evaluate(&facts), Truth::False);
    }
}
