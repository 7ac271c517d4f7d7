//! The two cities of the sandbox, with their counties.

use std::collections::BTreeMap;

use crate::domain::identity::Region;

/// A county, a district, or a unit without a code of its own in GB/T 2260.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// As in GB/T 2260, or as configured.
    pub code: &'static str,
    /// The Chinese name.
    pub name: &'static str,
    /// How enterprises there begin their names.
    pub short: &'static str,
    /// The six digits with which credit codes and identity numbers issued there begin.
    pub issuer: &'static str,
}

/// A city: its code, its name, its province as enterprises write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct City {
    /// As in GB/T 2260.
    pub code: &'static str,
    /// The Chinese name.
    pub name: &'static str,
    /// The province, as enterprises begin their names.
    pub province: &'static str,
    /// The counties.
    pub places: &'static [Place],
}

/// Liaocheng in Shandong and Puyang in Henan, which meet at a provincial border.
pub const CITIES: [City; 2] = [
    City { code: "371500", name: "聊城市", province: "山东", places: &LIAOCHENG },
    City { code: "410900", name: "濮阳市", province: "河南", places: &PUYANG },
];

const LIAOCHENG: [Place; 9] = [
    place("371502", "东昌府区", "聊城市东昌府区", "371502"),
    place("371503", "茌平区", "聊城市茌平区", "371503"),
    place("371521", "阳谷县", "阳谷县", "371521"),
    place("371522", "莘县", "莘县", "371522"),
    place("371524", "东阿县", "东阿县", "371524"),
    place("371525", "冠县", "冠县", "371525"),
    place("371526", "高唐县", "高唐县", "371526"),
    place("371581", "临清市", "临清市", "371581"),
    // The zone lies in the district and has no code of its own.
    place("3715A1", "江北水城旅游度假区", "聊城江北水城旅游度假区", "371502"),
];

const PUYANG: [Place; 6] = [
    place("410902", "华龙区", "濮阳市华龙区", "410902"),
    place("410922", "清丰县", "清丰县", "410922"),
    place("410923", "南乐县", "南乐县", "410923"),
    place("410926", "范县", "范县", "410926"),
    place("410927", "台前县", "台前县", "410927"),
    place("410928", "濮阳县", "濮阳县", "410928"),
];

const fn place(code: &'static str, name: &'static str, short: &'static str, issuer: &'static str) -> Place {
    Place { code, name, short, issuer }
}

/// All counties with their city, in the order of their codes.
pub fn all() -> impl Iterator<Item = (&'static City, &'static Place)> {
    CITIES.iter().flat_map(|city| city.places.iter().map(move |place| (city, place)))
}

/// The region of a code from the tables above.
pub fn region(code: &str) -> Region {
    // A test walks the tables; nothing else is asked for.
    Region::parse(code).unwrap_or(Region::MINISTRY)
}

/// The regions by the names that offices write in place of a code.
pub fn region_names() -> BTreeMap<String, Region> {
    let cities = CITIES.iter().map(|city| (city.name.to_owned(), region(city.code)));
    let places = all().map(|(_, place)| (place.name.to_owned(), region(place.code)));
    cities.chain(places).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Level;

    #[test]
    fn every_place_has_a_region_of_its_own_in_its_city() {
        assert_eq!(region_names().len(), 17);
        for (city, place) in all() {
            let at = region(place.code);
            assert_eq!((at.as_str(), at.level()), (place.code, Level::County));
            assert!(region(city.code).covers(at) && region(city.code).covers(region(place.issuer)), "{}", place.name);
        }
    }
}
