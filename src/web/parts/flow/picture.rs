//! Places in four columns with bands between them, laid out by their fen.

use maud::{Markup, html};

use super::End;
use crate::domain::identity::Region;
use crate::domain::ledger::flow::{CityFlow, Ends, Flow};
use crate::domain::money::Fen;
use crate::web::lang::Lang;
use crate::web::parts::svg;

/// Counties drawn at most; of more, the picture shows cities alone, and the table all.
const COUNTIES_DRAWN_MAX: usize = 14;
/// How wide the picture is, and how high all that was drawn from the fund. It scales with its box.
const WIDTH: u64 = 960;
const MONEY_HEIGHT: u64 = 260;
/// Room for two lines of words beside each place, and between places.
const PLACE_HEIGHT: u64 = 34;
const GAP: u64 = 14;
const ABOVE: u64 = 8;
/// Where the four columns begin, and how wide a place is.
const COLUMNS: [u64; 4] = [0, 245, 500, 790];
const PLACE_WIDTH: u64 = 10;

/// A place in the picture, and how much of it has bands already on its left and right.
struct Place {
    column: usize,
    words: String,
    class: &'static str,
    amount: Fen,
    /// Upper edge.
    y: u64,
    filled: [i64; 2],
}

/// A band from one place to another.
struct Band {
    from: usize,
    to: usize,
    class: &'static str,
    amount: Fen,
    /// Where it begins on either side, in fen from the upper edge.
    begins: [i64; 2],
}

pub(super) struct Picture {
    drawn: Fen,
    places: Vec<Place>,
    bands: Vec<Band>,
}

impl Picture {
    pub(super) fn of(lang: Lang, flow: &Flow, drawn: Fen, ends: Ends, name: &impl Fn(Region) -> String) -> Self {
        let mut picture = Self { drawn, places: Vec::new(), bands: Vec::new() };
        let with_counties = flow.cities.iter().map(|it| it.counties.len()).sum::<usize>() <= COUNTIES_DRAWN_MAX;
        let fund = picture.put(0, lang.pick("失业保险基金", "Insurance fund").to_owned(), "fund", drawn);
        let of_ends = End::ALL.map(|end| {
            let amount = end.of(ends);
            (end, (amount > Fen::ZERO).then(|| picture.put(3, end.words(lang).to_owned(), end.class(), amount)))
        });
        for city in &flow.cities {
            let at = picture.put(1, name(city.city), "city", city.drawn);
            picture.join(fund, at, "pass", city.drawn);
            for county in city.counties.iter().filter(|_| with_counties) {
                let to = picture.put(2, name(county.county), "county", county.passed_on);
                picture.join(at, to, "pass", county.passed_on);
                picture.end(to, county.ends, &of_ends);
            }
            let own = if with_counties { city.ends } else { all_ends(city) };
            picture.end(at, own, &of_ends);
        }
        picture.lay();
        picture
    }

    /// The drawing, with all of it in words for whoever does not see it.
    pub(super) fn drawing(&self, lang: Lang, ends: Ends) -> Markup {
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {}", self.height())) role="img" aria-label=(self.summary(lang, ends)) {
                @for band in &self.bands { (self.band(band)) }
                @for place in &self.places { (self.place(place)) }
            }
        }
    }

    fn put(&mut self, column: usize, words: String, class: &'static str, amount: Fen) -> usize {
        self.places.push(Place { column, words, class, amount, y: 0, filled: [0; 2] });
        self.places.len() - 1
    }

    fn join(&mut self, from: usize, to: usize, class: &'static str, amount: Fen) {
        let begins = [self.fill(from, 1, amount), self.fill(to, 0, amount)];
        self.bands.push(Band { from, to, class, amount, begins });
    }

    fn fill(&mut self, place: usize, side: usize, amount: Fen) -> i64 {
        let filled = &mut self.places[place].filled[side];
        let begins = *filled;
        *filled = filled.saturating_add(amount.get());
        begins
    }

    fn end(&mut self, from: usize, ends: Ends, places: &[(End, Option<usize>); 4]) {
        for (end, to) in places {
            let amount = end.of(ends);
            if let Some(to) = to.filter(|_| amount > Fen::ZERO) {
                self.join(from, to, end.class(), amount);
            }
        }
    }

    /// Stacks the places of each column.
    fn lay(&mut self) {
        let mut next = [ABOVE; COLUMNS.len()];
        let drawn = self.drawn.get();
        for place in &mut self.places {
            let y = &mut next[place.column];
            place.y = *y;
            *y += (tenths(place.amount.get(), drawn) / 10).max(PLACE_HEIGHT) + GAP;
        }
    }

    fn height(&self) -> u64 {
        let bottom = |it: &Place| it.y + (self.tenths(it.amount.get()) / 10).max(PLACE_HEIGHT);
        self.places.iter().map(bottom).max().unwrap_or_default() + ABOVE
    }

    /// So much money as a height, in tenths of a unit of the picture.
    fn tenths(&self, fen: i64) -> u64 {
        tenths(fen, self.drawn.get())
    }

    /// How high a point lies, in tenths, so many fen below the upper edge of a place.
    fn edge(&self, place: &Place, fen: i64) -> u64 {
        place.y * 10 + self.tenths(fen)
    }

    fn band(&self, band: &Band) -> Markup {
        let (from, to) = (&self.places[band.from], &self.places[band.to]);
        let ends = band.begins.map(|it| it.saturating_add(band.amount.get()));
        let (x0, x1) = (COLUMNS[from.column] + PLACE_WIDTH, COLUMNS[to.column]);
        let middle = (x0 + x1) / 2;
        let [upper0, lower0] = [band.begins[0], ends[0]].map(|fen| decimal(self.edge(from, fen)));
        let [upper1, lower1] = [band.begins[1], ends[1]].map(|fen| decimal(self.edge(to, fen)));
        let path = format!(
            "M{x0},{upper0} C{middle},{upper0} {middle},{upper1} {x1},{upper1} L{x1},{lower1} C{middle},{lower1} {middle},{lower0} {x0},{lower0} Z"
        );
        html! {
            path.flow-band.(format!("flow-{}", band.class)) d=(path) data-fen=(band.amount.get()) {
                title { (from.words) " → " (to.words) "  " (band.amount) }
            }
        }
    }

    fn place(&self, place: &Place) -> Markup {
        let x = COLUMNS[place.column];
        let height = self.tenths(place.amount.get()).max(10);
        let beside = x + PLACE_WIDTH + 8;
        html! {
            rect.flow-place.(format!("flow-{}", place.class)) x=(x) y=(place.y) width=(PLACE_WIDTH) height=(decimal(height))
                data-fen=(place.amount.get()) {}
            text.flow-name x=(beside) y=(place.y + 13) { (place.words) }
            text.flow-amount x=(beside) y=(place.y + 29) { (place.amount) }
        }
    }

    fn summary(&self, lang: Lang, ends: Ends) -> String {
        let Ends { kept, clawed_back, returned, held } = ends;
        let drawn = self.drawn;
        lang.pick(
            format!("从基金支出{drawn}元：企业{kept}元，支出户及在途{held}元，已追回{clawed_back}元，缴回基金{returned}元"),
            format!(
                "{drawn} yuan drawn from the fund: {kept} with enterprises, {held} held or in transit, {clawed_back} clawed back, {returned} returned"
            ),
        )
    }
}

/// A share of what was drawn, in tenths of a unit of the picture.
fn tenths(fen: i64, drawn: i64) -> u64 {
    let positive = |fen: i64| u64::try_from(fen).unwrap_or_default();
    svg::coordinate(positive(fen), positive(drawn), MONEY_HEIGHT * 10)
}

fn decimal(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A city's ends with those of its counties. Their sum was made before.
fn all_ends(city: &CityFlow) -> Ends {
    let sum = Flow { cities: vec![city.clone()] }.ends();
    sum.unwrap_or(city.ends)
}

#[cfg(test)]
mod tests {
    use super::super::flow;
    use super::*;
    use crate::domain::ledger::flow::CountyFlow;

    fn ends(kept: i64, clawed_back: i64, returned: i64, held: i64) -> Ends {
        let fen = Fen::new;
        Ends { kept: fen(kept), clawed_back: fen(clawed_back), returned: fen(returned), held: fen(held) }
    }

    /// A city with so many counties, whose amounts no picture divides evenly.
    fn city(code: &str, counties: u32) -> CityFlow {
        let county = |number: u32| {
            let ends = ends(700_001 * i64::from(number), 33_333, 7, 13);
            let county = Region::parse(&format!("3715{number:02}")).unwrap();
            CountyFlow { county, passed_on: ends.total().unwrap(), ends }
        };
        let counties: Vec<_> = (2..2 + counties).map(county).collect();
        let own = ends(150_000, 0, 0, 99_999);
        let drawn = Fen::checked_sum(counties.iter().map(|it| it.passed_on)).unwrap();
        let drawn = drawn.checked_add(own.total().unwrap()).unwrap();
        CityFlow { city: Region::parse(code).unwrap(), drawn, counties, ends: own }
    }

    fn picture(flow: &Flow) -> Picture {
        Picture::of(Lang::Zh, flow, flow.drawn().unwrap(), flow.ends().unwrap(), &|place| place.to_string())
    }

    /// At each place the bands that come in, and those that go out, come to what is there; to the fen.
    #[test]
    fn in_is_out_at_each_place() {
        for flow in [
            Flow { cities: vec![city("371500", 3)] },
            Flow { cities: vec![city("371500", 8), city("371400", 4)] },
            // Too many to draw: cities alone.
            Flow { cities: vec![city("371500", 10), city("371400", 10)] },
        ] {
            let picture = picture(&flow);
            for (at, place) in picture.places.iter().enumerate() {
                let sum = |of: fn(&Band) -> usize| -> i64 {
                    picture.bands.iter().filter(|it| of(it) == at).map(|it| it.amount.get()).sum()
                };
                let (into, out) = (sum(|it| it.to), sum(|it| it.from));
                assert!(place.column == 0 || into == place.amount.get(), "{}", place.words);
                assert!(place.column == 3 || out == place.amount.get(), "{}", place.words);
                assert_eq!(place.filled, [into, out], "{}", place.words);
            }
            let at_end = picture.places.iter().filter(|it| it.column == 3).map(|it| it.amount.get()).sum::<i64>();
            assert_eq!(Some(Fen::new(at_end)), flow.drawn());
        }
    }

    #[test]
    fn places_do_not_lie_upon_each_other_and_many_counties_are_not_drawn() {
        let few = picture(&Flow { cities: vec![city("371500", 8)] });
        for column in 0..COLUMNS.len() {
            let places: Vec<_> = few.places.iter().filter(|it| it.column == column).collect();
            for (upper, lower) in places.iter().zip(places.iter().skip(1)) {
                assert!(upper.y + PLACE_HEIGHT < lower.y, "{} and {}", upper.words, lower.words);
            }
        }
        assert_eq!(few.places.iter().filter(|it| it.column == 2).count(), 8);
        let many = picture(&Flow { cities: vec![city("371500", 15)] });
        assert_eq!(many.places.iter().filter(|it| it.column == 2).count(), 0);
    }

    #[test]
    fn the_picture_has_no_style_and_says_the_same_in_a_table() {
        let drawn = flow(Lang::Zh, &Flow { cities: vec![city("371500", 3)] }, |place| format!("{place}<b>")).0;
        assert!(!drawn.contains("style=") && !drawn.contains("<b>"), "{drawn}");
        assert!(drawn.contains("role=\"img\"") && drawn.contains("<table"));
        assert!(drawn.contains("aria-label=\"从基金支出"));
    }
}
