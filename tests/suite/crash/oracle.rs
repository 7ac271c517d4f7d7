//! Compares what clients know with what the node shows in the end. Pure, so that it can be shown to fail.

use std::collections::{BTreeMap, BTreeSet};

use hufu::domain::identity::{PersonName, ResidentId};
use hufu::proto::claims::v1::{Claim, ClaimState};
use hufu::proto::suspects::v1::{Suspect, SuspectClaim};

use super::journal::{Asked, Entry, Receipt};

/// What the node shows after the last restart.
#[derive(Clone, Default)]
pub(super) struct Observed {
    /// By request id: the claim that the same request, sent once more, was answered with.
    pub(super) repeated: BTreeMap<String, String>,
    /// By claim id: what `GetClaim` answers; `None` when it does not find the claim.
    pub(super) fetched: BTreeMap<String, Option<Claim>>,
    /// All pages of `ListClaims`, over everything.
    pub(super) listed: Vec<Claim>,
    /// All pages of `ListSuspects`, over everything.
    pub(super) suspects: Vec<Suspect>,
}

/// What the journals say, by request and by claim.
#[derive(Default)]
struct Known<'a> {
    asked: BTreeMap<&'a str, &'a Asked>,
    /// By request: all receipts for it.
    receipts: BTreeMap<&'a str, Vec<&'a Receipt>>,
    /// By claim: all that was ever said about it.
    said: BTreeMap<&'a str, Vec<&'a Receipt>>,
    withdrawing: BTreeMap<&'a str, &'a str>,
    withdrawn: BTreeSet<&'a str>,
    refused: Vec<String>,
}

/// Everything that must not be, in words. Empty when all promises were kept.
pub(super) fn violations(journal: &[Entry], observed: &Observed) -> Vec<String> {
    let known = Known::of(journal);
    let mut found = known.refused.clone();
    found.extend(known.contradictions());
    found.extend(known.lost(observed));
    found.extend(known.unlike(observed));
    found.extend(known.slots(observed));
    found.extend(known.suspects(observed));
    found
}

impl<'a> Known<'a> {
    fn of(journal: &'a [Entry]) -> Self {
        let mut known = Self::default();
        for entry in journal {
            match entry {
                Entry::Submitting { request_id, asked } => {
                    known.asked.insert(request_id, asked);
                }
                Entry::Acknowledged { request_id, receipt } => {
                    known.receipts.entry(request_id).or_default().push(receipt);
                    known.said.entry(&receipt.claim_id).or_default().push(receipt);
                }
                Entry::Withdrawing { request_id, claim_id } => {
                    known.withdrawing.insert(request_id, claim_id);
                }
                Entry::Withdrawn { receipt, .. } => {
                    known.withdrawn.insert(&receipt.claim_id);
                    known.said.entry(&receipt.claim_id).or_default().push(receipt);
                }
                Entry::Refused { request_id, answer } => {
                    known.refused.push(format!("{request_id} was refused: {answer}"))
                }
            }
        }
        known
    }

    /// Receipts that cannot all be true, and requests that never got one.
    fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut owners = BTreeMap::new();
        for request in self.asked.keys() {
            let receipts = self.receipts.get(request).map(Vec::as_slice).unwrap_or_default();
            let claims: BTreeSet<_> = receipts.iter().map(|receipt| receipt.claim_id.as_str()).collect();
            if claims.len() != 1 {
                found.push(format!("{request} was acknowledged as {claims:?}"));
            }
            for claim in claims {
                if let Some(other) = owners.insert(claim, request) {
                    found.push(format!("{other} and {request} were both acknowledged as {claim}"));
                }
            }
        }
        for (request, claim) in &self.withdrawing {
            if !self.withdrawn.contains(claim) {
                found.push(format!("{request}: {claim} was never taken back"));
            }
        }
        found
    }

    /// Claims that were acknowledged and are not there, that nobody asked for, or that the same request does not lead to.
    fn lost(&self, observed: &Observed) -> Vec<String> {
        let mut found = Vec::new();
        let mut listed = BTreeMap::<_, usize>::new();
        for claim in &observed.listed {
            *listed.entry(claim.claim_id.as_str()).or_default() += 1;
        }
        for (request, claim) in self.claims() {
            if observed.fetched.get(claim).is_none_or(Option::is_none) {
                found.push(format!("{claim} is lost: GetClaim does not find it ({request})"));
            }
            let times = listed.remove(claim).unwrap_or_default();
            if times != 1 {
                found.push(format!("{claim} is listed {times} times ({request})"));
            }
            let again = observed.repeated.get(request).map(String::as_str);
            if again != Some(claim) {
                found.push(format!("{request} was acknowledged as {claim}; sent again it was answered with {again:?}"));
            }
        }
        found.extend(listed.keys().map(|claim| format!("{claim} is listed, and nobody knows of it")));
        found
    }

    /// Claims that are not what was asked for, or went back to an earlier state.
    fn unlike(&self, observed: &Observed) -> Vec<String> {
        let mut found = Vec::new();
        let by_id: BTreeMap<_, _> = observed.listed.iter().map(|claim| (claim.claim_id.as_str(), claim)).collect();
        for (request, claim_id) in self.claims() {
            let asked = self.asked[request];
            let number = ResidentId::parse(&asked.resident_id).unwrap().masked();
            let name = PersonName::parse(&asked.name).unwrap().masked();
            let expected = (&asked.uscc, &asked.region, &number, &name);
            let fetched = observed.fetched.get(claim_id).and_then(Option::as_ref);
            for claim in fetched.into_iter().chain(by_id.get(claim_id).copied()) {
                let shown = (&claim.uscc, &claim.region, &claim.resident_id_masked, &claim.person_name_masked);
                if shown != expected {
                    found.push(format!("{claim_id} is {shown:?}, {request} asked for {expected:?}"));
                }
                let said = self.said[claim_id].iter().map(|receipt| receipt.version).max().unwrap_or_default();
                if claim.version < said {
                    found.push(format!("{claim_id} went back to version {} from {said}", claim.version));
                }
                if (claim.state() == ClaimState::Withdrawn) != self.withdrawn.contains(claim_id) {
                    let promised = if self.withdrawn.contains(claim_id) { "was" } else { "was not" };
                    found.push(format!("{claim_id} {promised} taken back, and is {}", claim.state().as_str_name()));
                }
            }
        }
        found
    }

    /// Persons whose slot is held twice, or by nobody although a claim waits for it.
    fn slots(&self, observed: &Observed) -> Vec<String> {
        let claims: BTreeMap<_, _> = self.claims().map(|(request, claim)| (claim, self.asked[request])).collect();
        let mut persons: BTreeMap<_, (Vec<_>, Vec<_>)> = BTreeMap::new();
        for claim in &observed.listed {
            let Some(asked) = claims.get(claim.claim_id.as_str()) else { continue };
            let (holders, waiting) = persons.entry(asked.resident_id.as_str()).or_default();
            match claim.state() {
                ClaimState::Assessing
                | ClaimState::Assessed
                | ClaimState::Reviewed
                | ClaimState::Approved
                | ClaimState::Filed
                | ClaimState::Pooled
                | ClaimState::Funded
                | ClaimState::Instructed
                | ClaimState::InDoubt
                | ClaimState::Returned
                | ClaimState::Paid
                | ClaimState::Unspecified => holders.push(&claim.claim_id),
                ClaimState::Held => waiting.push(&claim.claim_id),
                ClaimState::Refused | ClaimState::Withdrawn => {}
            }
        }
        let mut found = Vec::new();
        for (number, (holders, waiting)) in persons {
            let person = ResidentId::parse(number).unwrap().masked();
            if holders.len() > 1 {
                found.push(format!("the slot of {person} is held twice: {holders:?}"));
            }
            // With all registries down nothing is ever decided: whoever waits, waits for a holder.
            if holders.is_empty() && !waiting.is_empty() {
                found.push(format!("the slot of {person} is held by nobody, and {waiting:?} wait for it"));
            }
        }
        found
    }

    /// Claims that came second, then or now, without a suspect; and suspects that are about nobody.
    fn suspects(&self, observed: &Observed) -> Vec<String> {
        let mut found = Vec::new();
        let persons: BTreeMap<_, _> =
            self.claims().map(|(request, claim)| (claim, self.asked[request].resident_id.as_str())).collect();
        let mut seconds = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for suspect in &observed.suspects {
            let claim_of = |side: &Option<SuspectClaim>| side.clone().unwrap_or_default().claim_id;
            let (first, second) = (claim_of(&suspect.first), claim_of(&suspect.second));
            let (one, other) = (persons.get(first.as_str()), persons.get(second.as_str()));
            if one.is_none() || one != other {
                found.push(format!("suspect {} is about two persons: {first} and {second}", suspect.suspect_id));
            }
            if !ids.insert(&suspect.suspect_id) {
                found.push(format!("suspect {} is listed twice", suspect.suspect_id));
            }
            seconds.insert(second);
        }
        let held = ClaimState::Held as i32;
        let said = self.said.iter().filter(|(_, said)| said.iter().any(|receipt| receipt.state == held));
        let mut came_second: BTreeSet<_> = said.map(|(claim, _)| (*claim).to_owned()).collect();
        came_second
            .extend(observed.listed.iter().filter(|claim| claim.state == held).map(|claim| claim.claim_id.clone()));
        found.extend(
            came_second.difference(&seconds).map(|claim| format!("{claim} came second, and its suspect is lost")),
        );
        found
    }

    /// Each acknowledged request with its claim.
    fn claims(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.receipts.iter().filter_map(|(request, receipts)| Some((*request, receipts.first()?.claim_id.as_str())))
    }
}
