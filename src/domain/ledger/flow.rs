//! The fund's flow as a picture shows it: what was drawn, and where all of it is now, to the fen.
//!
//! What enterprises paid back is taken out of what they keep, so that money only ever flows one way: at each place in = out + held.

use std::collections::BTreeMap;

use super::{AccountKind, Event};
use crate::domain::claim::SubsidyKind;
use crate::domain::identity::{Level, Region};
use crate::domain::money::Fen;

/// What entries of one kind come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The county that the money is for, or the city itself.
    pub place: Region,
    pub subsidy: Option<SubsidyKind>,
    pub event: Event,
    pub debit: AccountKind,
    pub credit: AccountKind,
    /// Whose transit it went into or came out of; absent where no instruction is part of it.
    pub payer: Option<Region>,
    pub amount: Fen,
}

/// Where money ended, or rests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// With enterprises, and not paid back.
    pub kept: Fen,
    /// 追回: paid back by enterprises, whether it still lies here or went on to the fund.
    pub clawed_back: Fen,
    /// 缴回基金: not needed after all.
    pub returned: Fen,
    /// In the expenditure account, or on its way from it.
    pub held: Fen,
}

impl Ends {
    /// `None` on overflow.
    pub fn total(self) -> Option<Fen> {
        Fen::checked_sum([self.kept, self.clawed_back, self.returned, self.held])
    }
}

/// What came to a county, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountyFlow {
    pub county: Region,
    /// Passed on to it and not come back. Equal to the total of `ends`.
    pub passed_on: Fen,
    pub ends: Ends,
}

/// What was drawn for a city, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityFlow {
    pub city: Region,
    /// Came from the fund. Equal to what was passed on to counties and the total of `ends`.
    pub drawn: Fen,
    /// Only counties that got something.
    pub counties: Vec<CountyFlow>,
    /// Of what the city pays itself, holds or gave back.
    pub ends: Ends,
}

/// The whole picture, by city.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    pub cities: Vec<CityFlow>,
}

/// What of one subsidy is with the enterprises of one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    pub place: Region,
    pub subsidy: SubsidyKind,
    /// Booked, less what bounced and what enterprises paid back.
    pub amount: Fen,
}

/// What is with enterprises, by place and subsidy; only where there is any. `None` on overflow.
pub fn paid<'a>(moved: impl IntoIterator<Item = &'a Moved>) -> Option<Vec<Paid>> {
    let mut sums: BTreeMap<(Region, SubsidyKind), Fen> = BTreeMap::new();
    for it in moved {
        let Some(subsidy) = it.subsidy else { continue };
        let sum = sums.entry((it.place, subsidy)).or_default();
        *sum = match (it.event, it.debit, it.credit) {
            (Event::Booked, AccountKind::Payable, _) => sum.checked_add(it.amount)?,
            (Event::CameBack, _, AccountKind::Returned) | (Event::Repaid, _, _) => sum.checked_sub(it.amount)?,
            (_, _, _) => *sum,
        };
    }
    let paid = sums.into_iter().filter(|(_, amount)| *amount > Fen::ZERO);
    Some(paid.map(|((place, subsidy), amount)| Paid { place, subsidy, amount }).collect())
}

/// One expenditure account's sums; below 0 only while it is added up, or where the ledger is wrong.
#[derive(Clone, Copy, Default)]
struct Till {
    /// Cash and in transit.
    held: Fen,
    paid: Fen,
    came_back: Fen,
    returned: Fen,
}

#[derive(Default)]
struct City {
    drawn: Fen,
    own: Till,
    counties: BTreeMap<Region, (Fen, Till)>,
}

impl Flow {
    /// The picture of all that moved. `None` where an amount overflows, or the sums say what no money can do: the ledger is to be
    /// checked, and no picture of it is drawn.
    pub fn of<'a>(moved: impl IntoIterator<Item = &'a Moved>) -> Option<Self> {
        let mut cities: BTreeMap<Region, City> = BTreeMap::new();
        for it in moved {
            cities.entry(it.place.city()).or_default().add(it)?;
        }
        let flows: Option<Vec<_>> = cities.into_iter().map(|(city, sums)| sums.flow(city)).collect();
        let cities = flows?.into_iter().filter(|it| it.drawn > Fen::ZERO).collect();
        Some(Self { cities })
    }

    /// What was drawn for all cities. `None` on overflow.
    pub fn drawn(&self) -> Option<Fen> {
        Fen::checked_sum(self.cities.iter().map(|it| it.drawn))
    }

    /// The ends of all places together. `None` on overflow.
    pub fn ends(&self) -> Option<Ends> {
        let all = self.cities.iter().flat_map(|it| it.counties.iter().map(|county| county.ends).chain([it.ends]));
        all.into_iter().try_fold(Ends::default(), |sum, it| {
            Some(Ends {
                kept: sum.kept.checked_add(it.kept)?,
                clawed_back: sum.clawed_back.checked_add(it.clawed_back)?,
                returned: sum.returned.checked_add(it.returned)?,
                held: sum.held.checked_add(it.held)?,
            })
        })
    }
}

impl City {
    fn add(&mut self, moved: &Moved) -> Option<()> {
        use AccountKind as Kind;
        let Moved { place, event, debit, credit, payer, amount, .. } = moved;
        let plus = *amount;
        let minus = Fen::ZERO.checked_sub(plus)?;
        for (kind, amount) in [(*debit, plus), (*credit, minus)] {
            match kind {
                Kind::Municipal | Kind::County | Kind::InTransit => {
                    let till = self.till(kind, *place, *payer)?;
                    till.held = till.held.checked_add(amount)?;
                }
                // What arrived and is not assigned yet was drawn as well; assigned, it moves from there to the fund's account.
                Kind::Unassigned => self.drawn = self.drawn.checked_sub(amount)?,
                Kind::Fund | Kind::Expense | Kind::Payable | Kind::Returned | Kind::Receivable => {}
            }
        }
        match (event, debit, credit) {
            (Event::Assigned, _, _) => self.drawn = self.drawn.checked_add(plus)?,
            (Event::Booked, Kind::County, _) => self.pass_on(*place, plus)?,
            (Event::CameBack, _, Kind::County) => self.pass_on(*place, minus)?,
            (Event::Booked, Kind::Payable, _) => {
                let till = self.till(*credit, *place, *payer)?;
                till.paid = till.paid.checked_add(plus)?;
            }
            (Event::CameBack, _, Kind::Returned) => {
                let till = self.till(*debit, *place, *payer)?;
                till.paid = till.paid.checked_add(minus)?;
            }
            (Event::Booked, Kind::Fund, _) => {
                let till = self.till(*credit, *place, *payer)?;
                till.returned = till.returned.checked_add(plus)?;
            }
            (Event::CameBack, _, Kind::Fund) => {
                let till = self.till(*debit, *place, *payer)?;
                till.returned = till.returned.checked_add(minus)?;
            }
            (Event::Repaid, _, _) => {
                let till = self.till(*debit, *place, *payer)?;
                till.came_back = till.came_back.checked_add(plus)?;
            }
            // Nothing leaves or enters an expenditure account by these, or it stays in it.
            (
                Event::Arrived
                | Event::Unassigned
                | Event::Owed
                | Event::NoLongerOwed
                | Event::Instructed
                | Event::Booked
                | Event::Released
                | Event::CameBack
                | Event::Reinstated
                | Event::Demanded
                | Event::SetOff
                | Event::Waived,
                _,
                _,
            ) => {}
        }
        Some(())
    }

    fn pass_on(&mut self, county: Region, amount: Fen) -> Option<()> {
        let (passed_on, _) = self.counties.entry(county).or_default();
        *passed_on = passed_on.checked_add(amount)?;
        Some(())
    }

    /// The expenditure account behind cash or transit. `None` where a transit has no payer, which no entry lacks.
    fn till(&mut self, kind: AccountKind, place: Region, payer: Option<Region>) -> Option<&mut Till> {
        let of_city = match kind {
            AccountKind::Municipal => true,
            AccountKind::County => false,
            AccountKind::InTransit => payer?.level() == Level::Municipal,
            AccountKind::Fund
            | AccountKind::Unassigned
            | AccountKind::Expense
            | AccountKind::Payable
            | AccountKind::Returned
            | AccountKind::Receivable => return None,
        };
        if of_city { Some(&mut self.own) } else { Some(&mut self.counties.entry(place).or_default().1) }
    }

    fn flow(self, city: Region) -> Option<CityFlow> {
        let Self { drawn, own, counties } = self;
        let mut flows = Vec::new();
        for (county, (passed_on, till)) in counties {
            let ends = till.ends()?;
            if ends.total()? != passed_on {
                return None;
            }
            if passed_on > Fen::ZERO {
                flows.push(CountyFlow { county, passed_on, ends });
            }
        }
        let ends = own.ends()?;
        let passed_on = Fen::checked_sum(flows.iter().map(|it| it.passed_on))?;
        (passed_on.checked_add(ends.total()?)? == drawn).then_some(CityFlow { city, drawn, counties: flows, ends })
    }
}

impl Till {
    /// Money has no name on it: of what enterprises paid back, as much as was returned to the fund went there, the rest lies here.
    fn ends(self) -> Option<Ends> {
        let kept = self.paid.checked_sub(self.came_back)?;
        let clawed_back = self.came_back.min(self.held.checked_add(self.returned)?);
        let went_on = clawed_back.min(self.returned);
        let returned = self.returned.checked_sub(went_on)?;
        let held = self.held.checked_sub(clawed_back.checked_sub(went_on)?)?;
        let is_possible = [kept, clawed_back, returned, held].into_iter().all(|it| it >= Fen::ZERO);
        is_possible.then_some(Ends { kept, clawed_back, returned, held })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::identity::Uscc;
    use crate::domain::ledger::{Hop, InstructionEvent, Legs, Way};
    use crate::domain::payment::{Payee, PaymentKind};

    const CITY: &str = "371500";
    const COUNTIES: [&str; 2] = ["371502", "371503"];

    fn region(code: &str) -> Region {
        Region::parse(code).unwrap()
    }

    fn firm() -> Uscc {
        Uscc::parse("91350100M000100Y43").unwrap()
    }

    fn fen(amount: i64) -> Fen {
        Fen::new(amount)
    }

    /// The books of one city, and what its picture must show.
    #[derive(Default)]
    struct Books(Vec<Moved>);

    impl Books {
        fn post(&mut self, place: &str, Legs { event, debit, credit }: Legs, amount: i64) {
            if amount == 0 {
                return;
            }
            let payer = [&debit, &credit].into_iter().find(|it| it.kind == AccountKind::InTransit);
            let payer = payer.map(|it| region(&it.owner));
            let (place, subsidy) = (region(place), Some(SubsidyKind::JobExpansion));
            let (debit, credit) = (debit.kind, credit.kind);
            self.0.push(Moved { place, subsidy, event, debit, credit, payer, amount: fen(amount) });
        }

        fn hop(&mut self, place: &str, hop: &Hop, amount: i64) {
            self.post(place, hop.legs(), amount);
        }

        /// Instructed; then so much of it booked, and so much of that come back. The rest stays on its way.
        fn pay(&mut self, place: &str, payer: &str, payee: Payee, [made, booked, back]: [i64; 3]) {
            let way = Way { kind: PaymentKind::Payout, payer: region(payer), payee };
            self.post(place, way.legs(InstructionEvent::Instructed), made);
            self.post(place, way.legs(InstructionEvent::Booked), booked);
            self.post(place, way.legs(InstructionEvent::CameBack), back);
        }

        fn flow(&self) -> CityFlow {
            let flow = Flow::of(&self.0).expect("the books are right");
            let [city] = <[_; 1]>::try_from(flow.cities).expect("one city");
            city
        }
    }

    fn enterprise() -> Payee {
        Payee::Enterprise(firm())
    }

    #[test]
    fn all_that_was_drawn_is_somewhere() {
        let mut books = Books::default();
        let [county, other] = COUNTIES;
        let city = region(CITY);
        books.hop(CITY, &Hop::Arrived { city }, 1_000);
        books.hop(CITY, &Hop::Unassigned { city }, 1_000);
        books.hop(county, &Hop::Assigned { city }, 600);
        books.hop(other, &Hop::Assigned { city }, 250);
        books.hop(CITY, &Hop::Assigned { city }, 150);
        books.pay(county, CITY, Payee::County(region(county)), [600, 600, 0]);
        books.pay(other, CITY, Payee::County(region(other)), [250, 0, 0]);
        books.pay(CITY, CITY, enterprise(), [100, 100, 0]);
        books.pay(county, county, enterprise(), [500, 400, 50]);
        books.hop(county, &Hop::Demanded { place: region(county), enterprise: firm() }, 80);
        books.hop(county, &Hop::Repaid { place: region(county), enterprise: firm() }, 30);
        books.pay(county, county, Payee::Fund(city), [70, 70, 0]);
        let found = books.flow();
        let ends = |kept, clawed_back, returned, held| Ends {
            kept: fen(kept),
            clawed_back: fen(clawed_back),
            returned: fen(returned),
            held: fen(held),
        };
        // 600 came; 320 stay with enterprises, 30 came back from them and 40 more went to the fund.
        let flow = CountyFlow { county: region(county), passed_on: fen(600), ends: ends(320, 30, 40, 210) };
        // What is on its way to the other county is still the city's.
        let paid = |place: &str, amount| Paid {
            place: region(place),
            subsidy: SubsidyKind::JobExpansion,
            amount: fen(amount),
        };
        assert_eq!(super::paid(&books.0), Some(vec![paid(CITY, 100), paid(county, 320)]));
        let expected = CityFlow { city, drawn: fen(1_000), counties: vec![flow], ends: ends(100, 0, 0, 300) };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_arrived_in_part_is_drawn_and_held() {
        let mut books = Books::default();
        books.hop(CITY, &Hop::Arrived { city: region(CITY) }, 400);
        let found = books.flow();
        assert_eq!((found.drawn, found.ends.held), (fen(400), fen(400)));
    }

    #[test]
    fn of_impossible_books_no_picture_is_drawn() {
        let mut books = Books::default();
        books.hop(CITY, &Hop::Assigned { city: region(CITY) }, 100);
        books.pay(CITY, CITY, enterprise(), [101, 101, 0]);
        assert_eq!(Flow::of(&books.0), None);
        let mut books = Books::default();
        books.hop(CITY, &Hop::Assigned { city: region(CITY) }, i64::MAX);
        books.hop(CITY, &Hop::Assigned { city: region(CITY) }, 1);
        assert_eq!(Flow::of(&books.0), None);
        assert_eq!(Flow::of(&[]), Some(Flow::default()));
    }

    /// A share of an amount, in hundredths.
    fn share(amount: i64, percent: i64) -> i64 {
        amount * percent / 100
    }

    proptest! {
        /// Whatever shares of the money are passed on, paid, bounced, clawed back and returned: at each place in = out + held.
        #[test]
        fn in_is_out_and_held_at_each_place(
            drawn in proptest::array::uniform3(0_i64..1_000_000_000),
            shares in proptest::array::uniform24(0_i64..=100),
        ) {
            let mut books = Books::default();
            let city = region(CITY);
            for ((place, drawn), shares) in COUNTIES.into_iter().chain([CITY]).zip(drawn).zip(shares.chunks(8)) {
                books.hop(place, &Hop::Assigned { city }, drawn);
                let mut cash = drawn;
                if place != CITY {
                    let sent = share(drawn, shares[0]);
                    let booked = share(sent, shares[1]);
                    let back = share(booked, shares[2]);
                    books.pay(place, CITY, Payee::County(region(place)), [sent, booked, back]);
                    cash = booked - back;
                }
                let sent = share(cash, shares[3]);
                let booked = share(sent, shares[4]);
                let bounced = share(booked, shares[5]);
                books.pay(place, place, enterprise(), [sent, booked, bounced]);
                let repaid = share(booked - bounced, shares[6]);
                books.hop(place, &Hop::Repaid { place: region(place), enterprise: firm() }, repaid);
                let left = cash - sent + bounced + repaid;
                let back = share(left, shares[7]);
                books.pay(place, place, Payee::Fund(city), [back, back, 0]);
            }
            let flow = Flow::of(&books.0).expect("the books are right");
            prop_assert_eq!(flow.drawn(), Some(Fen::new(drawn.iter().sum())));
            prop_assert_eq!(flow.ends().and_then(Ends::total), flow.drawn());
            for city in &flow.cities {
                let counties = Fen::checked_sum(city.counties.iter().map(|it| it.passed_on)).unwrap();
                prop_assert_eq!(counties.checked_add(city.ends.total().unwrap()), Some(city.drawn));
                for county in &city.counties {
                    prop_assert_eq!(county.ends.total(), Some(county.passed_on));
                }
            }
        }
    }
}
