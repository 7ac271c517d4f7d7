//! What a suspect is judged by: everything side by side, masked, weighed before the reader's eyes.

use super::neighborhood::Neighborhood;
use super::timeline::{is_own, timeline};
use super::weigh::pair;
use crate::domain::calendar::cst_date;
use crate::domain::caller::Caller;
use crate::domain::claim::ClaimState;
use crate::domain::eligibility::verdict::Verdict;
use crate::domain::identity::Region;
use crate::domain::suspect::answers::answers;
use crate::domain::suspect::fields::{Field, fields};
use crate::domain::suspect::next_step::next_step;
use crate::domain::suspect::stake::Stake;
use crate::domain::suspect::weight::{About, Pair, Piece, Side, weigh};
use crate::domain::suspect::{SuspectId, SuspectState};
use crate::store::record::desk::{Dossier, DossierAnswer, DossierField, DossierWeight};
use crate::store::record::dossier::DossierBasis;
use crate::store::record::weigh::ClaimBasis;
use crate::workflows::{Gateway, Refusal};

impl Gateway {
    /// What a suspect with a claim in the caller's region is judged by. Of a claim outside the region there is nothing but its province
    /// and day. `blind` leaves the weight out until the caller's own desk is judged, so that it does not lead the reviewer.
    pub async fn dossier(&self, caller: &Caller, suspect_id: SuspectId, blind: bool) -> Result<Dossier, Refusal> {
        let access = self.access(caller, "get-dossier");
        let basis = self.inner.store.dossier(suspect_id, caller.region, &access).await?;
        Ok(dossier(basis.ok_or(Refusal::NotFound)?, caller, blind))
    }
}

fn dossier(basis: DossierBasis, caller: &Caller, blind: bool) -> Dossier {
    let pair = pair(&basis.weighed);
    let first = pair.first.as_ref().is_none_or(|it| is_seen(it, caller));
    let seen = Seen { first, second: is_seen(&pair.second, caller) };
    let mut suspect = basis.suspect.clone().seen_from(caller.region);
    let state = own_state(&basis, caller);
    let is_blind = blind && !state.is_closed();
    let weights = if is_blind { Vec::new() } else { weights(&pair, seen) };
    if is_blind {
        suspect.stake = suspect.stake.map(without_weight);
    }
    let states: Vec<ClaimState> = visible(&pair, seen).map(|(_, side)| side.state).collect();
    let next = next_step(state, &states);
    let picture = Neighborhood::of(&basis, &pair, caller.region);
    Dossier {
        fields: side_by_side(&basis, &pair, seen),
        answers: visible(&pair, seen).flat_map(|(number, side)| answers_of(number, side)).collect(),
        weights,
        events: timeline(&basis, caller),
        nodes: picture.nodes,
        links: picture.links,
        next_zh: next.zh.to_owned(),
        next_en: next.en.to_owned(),
        suspect,
    }
}

/// Which sides the caller may look at.
#[derive(Clone, Copy)]
struct Seen {
    first: bool,
    second: bool,
}

fn is_seen(side: &Side<'_>, caller: &Caller) -> bool {
    caller.region.covers(side.claim.region)
}

fn visible<'a, 'b>(pair: &'b Pair<'a>, seen: Seen) -> impl Iterator<Item = (u8, &'b Side<'a>)> {
    let first = pair.first.as_ref().filter(|_| seen.first).map(|side| (1, side));
    first.into_iter().chain(Some((2, &pair.second)).filter(|_| seen.second))
}

/// Where the caller's own desk stands; for a caller of several, the one that is least far.
fn own_state(basis: &DossierBasis, caller: &Caller) -> SuspectState {
    let own = basis.suspect.desks.iter().filter(|desk| is_own(desk.province, caller));
    SuspectState::least_far(own.map(|desk| desk.desk.state)).unwrap_or(SuspectState::Open)
}

/// What is at stake without what the evidence weighs: the order of the list would tell it too.
fn without_weight(stake: Stake) -> Stake {
    let Stake { band, amount, .. } = stake;
    let (risk, _) = Stake::risks_of(band);
    Stake { band, amount, weight: 0, risk }
}

/// Evidence by evidence. What rests on data that the caller may not see is one sum, so that the whole still adds up.
fn weights(pair: &Pair<'_>, seen: Seen) -> Vec<DossierWeight> {
    let is_told = |piece: &Piece| match piece.about {
        About::Rule => true,
        About::First => seen.first,
        About::Second => seen.second,
        About::Both => seen.first && seen.second,
    };
    let (told, hidden): (Vec<Piece>, Vec<Piece>) = weigh(pair).pieces.into_iter().partition(is_told);
    let mut weights: Vec<DossierWeight> = told
        .into_iter()
        .map(|Piece { sign, about }| {
            let (side_zh, side_en) = match about {
                About::First => ("（在先申领）", " (first claim)"),
                About::Second if pair.first.is_some() => ("（在后申领）", " (second claim)"),
                About::Second | About::Both | About::Rule => ("", ""),
            };
            let (zh, en) = (format!("{}{side_zh}", sign.zh()), format!("{}{side_en}", sign.en()));
            DossierWeight { code: sign.code(), zh, en, points: sign.points() }
        })
        .collect();
    if !hidden.is_empty() {
        let points = hidden.iter().fold(0_i32, |sum, piece| sum.saturating_add(piece.sign.points()));
        let (zh, en) =
            ("辖区外申领的证据（不予明示）".to_owned(), "evidence of a claim outside your region".to_owned());
        weights.push(DossierWeight { code: "outside", zh, en, points });
        weights.sort_by_key(|weight| std::cmp::Reverse(weight.points));
    }
    weights
}

fn side_by_side(basis: &DossierBasis, pair: &Pair<'_>, seen: Seen) -> Vec<DossierField> {
    let claims = (basis.weighed.first.as_deref(), basis.weighed.second.as_ref());
    let first = pair.first.as_ref().zip(claims.0).map(|(side, basis)| fields_of(side, basis, seen.first));
    let second = fields_of(&pair.second, claims.1, seen.second);
    let Some(first) = first else {
        return second.into_iter().map(|field| beside(None, Some(field), false)).collect();
    };
    let is_compared = seen.first && seen.second;
    let mut lines = Vec::new();
    let mut left = second;
    for field in first {
        let other = left.iter().position(|it| it.name == field.name).map(|at| left.remove(at));
        lines.push(beside(Some(field), other, is_compared));
    }
    lines.extend(left.into_iter().map(|field| beside(None, Some(field), is_compared)));
    lines
}

/// The fields of one claim; of one that the caller may not see, its province and day.
fn fields_of(side: &Side<'_>, basis: &ClaimBasis, is_seen: bool) -> Vec<Field> {
    if !is_seen {
        let province: Region = side.claim.region.province();
        let day = cst_date(side.claim.received_at).to_string();
        let shown = |name, shown: &str| {
            fields(side).into_iter().find(|it| it.name == name).map(|it| Field {
                shown: shown.to_owned(),
                whole: String::new(),
                ..it
            })
        };
        return shown("region", province.as_str()).into_iter().chain(shown("received_on", &day)).collect();
    }
    let mut fields = fields(side);
    let amount = match basis.record.decision.as_ref().map(|decision| &decision.verdict) {
        Some(Verdict::Entitled { amount, .. } | Verdict::Held { amount, .. }) => amount.yuan_text(),
        Some(Verdict::NotEntitled { .. } | Verdict::Unknown { .. }) | None => String::new(),
    };
    let due_on = basis.record.due_on.map(|day| day.to_string()).unwrap_or_default();
    for (name, zh, en, text) in
        [("amount", "金额（元）", "amount in yuan", amount), ("due_on", "发放期限", "to be paid by", due_on)]
    {
        fields.push(Field { name, zh, en, shown: text.clone(), whole: text });
    }
    fields
}

fn beside(first: Option<Field>, second: Option<Field>, is_compared: bool) -> DossierField {
    let whole = |field: &Option<Field>| field.as_ref().map(|it| it.whole.clone()).unwrap_or_default();
    let differs = is_compared && whole(&first) != whole(&second);
    let label = first.as_ref().or(second.as_ref()).map(|it| (it.name, it.zh, it.en));
    let (name, zh, en) = label.unwrap_or_default();
    let shown = |field: Option<Field>| field.map(|it| it.shown).unwrap_or_default();
    DossierField { name, zh, en, first: shown(first), second: shown(second), differs }
}

fn answers_of(number: u8, side: &Side<'_>) -> impl Iterator<Item = DossierAnswer> {
    answers(side).into_iter().map(move |said| DossierAnswer {
        side: number,
        registry: said.registry,
        asked_at: said.at,
        zh: said.zh,
        en: said.en,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Fen;
    use crate::domain::suspect::stake::Band;

    #[test]
    fn a_blind_stake_tells_no_weight() {
        let stakes = [100, 900].map(|weight| without_weight(Stake::new(Band::Stoppable, Fen::new(150_000), weight, 3)));
        assert_eq!(stakes[0], stakes[1]);
        assert_eq!((stakes[0].band, stakes[0].amount), (Band::Stoppable, Fen::new(150_000)));
    }
}
