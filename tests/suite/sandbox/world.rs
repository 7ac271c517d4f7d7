//! The same seed makes the same world, and the world is one in which the notice's conditions can be met.

use std::collections::{BTreeMap, BTreeSet};

use hufu::domain::calendar::Month;
use hufu::domain::eligibility::evidence::{EnrollmentLevel, EntityType, InstitutionKind, Standing};
use hufu::domain::identity::{Level, ResidentId, Uscc};
use hufu::sandbox::population::{Dispatch, Enterprise, Part, STORY_DAY, booked_until, places};
use hufu::sandbox::{Scale, Seed, World};

use super::small_world;

fn bytes(world: &World) -> (String, String) {
    (serde_json::to_string(&world.enterprises).unwrap(), serde_json::to_string(&world.residents).unwrap())
}

#[test]
fn the_same_seed_makes_the_same_world_and_another_seed_another() {
    let world = bytes(&World::generate(Seed(7), Scale::small()));
    assert!(world == bytes(&small_world()));
    assert!(world != bytes(&World::generate(Seed(8), Scale::small())));
}

#[test]
fn every_number_and_code_parses_and_is_given_out_once() {
    let world = small_world();
    let numbers: BTreeSet<&str> = world.residents.iter().map(|it| it.resident_id.as_str()).collect();
    assert_eq!(numbers.len(), world.residents.len());
    assert!(numbers.iter().all(|number| ResidentId::parse(number).is_ok()));
    let codes: BTreeSet<&str> = world.enterprises.iter().map(|it| it.uscc.as_str()).collect();
    assert_eq!(codes.len(), world.enterprises.len());
    assert!(codes.iter().all(|code| Uscc::parse(code).is_ok()));
    let phones: BTreeSet<&str> = world.residents.iter().map(|it| it.phone.as_str()).collect();
    assert_eq!(phones.len(), world.residents.len());
}

#[test]
fn an_ordinary_graduate_meets_every_condition_of_the_notice() {
    let world = small_world();
    let year = Month::new(2022, 1).unwrap()..=Month::new(2022, 12).unwrap();
    for graduate in world.graduates().iter().filter(|it| it.part == Part::Ordinary) {
        let [diploma] = graduate.diplomas.as_slice() else { panic!("one diploma each") };
        assert_eq!(diploma.institution_kind, InstitutionKind::Regular);
        assert!(diploma.certificate_issued && year.contains(&Month::of(diploma.graduated_on)));
        let age = 2022 - graduate.resident_id.birth_date().year();
        assert!((21..=24).contains(&age), "{age}");
        let [job] = graduate.jobs.as_slice() else { panic!("one job each") };
        let contract = job.contract.as_ref().unwrap();
        assert!(contract.signed && year.contains(&Month::of(contract.from)) && contract.from < STORY_DAY);
        assert!(job.registered_on.is_some_and(|it| it >= contract.from && it < STORY_DAY));
        assert!(job.insured.standing == Standing::Current && job.insured.is_paid(booked_until()));
        assert!(graduate.awards.is_empty() && graduate.other_claimant.is_none());
        assert!(graduate.credential_name == graduate.name && graduate.insurance_name == graduate.name);
    }
}

#[test]
fn a_headcount_is_the_length_of_its_roster() {
    let world = small_world();
    for enterprise in &world.enterprises {
        for month in Month::new(2022, 1).unwrap().iter_to(Month::of(STORY_DAY)) {
            let count = world.headcount(&enterprise.uscc, month);
            assert_eq!(count.contributing as usize, world.roster(&enterprise.uscc, month).count());
            let is_agency = enterprise.is_dispatch_agency();
            assert_eq!(count.funded_by_hosts > 0, is_agency, "{}", enterprise.name);
        }
    }
}

#[test]
fn the_demo_world_has_every_kind_of_enterprise_in_every_place() {
    let world = World::generate(Seed::DEMO, Scale::demo());
    let count = |is: &dyn Fn(&&Enterprise) -> bool| world.enterprises.iter().filter(is).count();
    assert_eq!((world.enterprises.len(), world.graduates().len()), (400, 5_000));
    for (_, place) in places::all() {
        assert!(count(&|it| it.place_of_business.as_str() == place.code) >= 5, "{}", place.name);
    }
    assert!(count(&|it| it.corporate.is_none() && it.contribution.is_some()) >= 15);
    assert!((4..=12).contains(&count(&|it| it.corporate.is_none() && it.contribution.is_none())));
    let is_municipal = |it: &&Enterprise| it.level == EnrollmentLevel::Municipal;
    assert!(count(&|it| is_municipal(it) && it.enrollment_region.level() == Level::Municipal) >= 20);
    assert_eq!(count(&|it| is_municipal(it)), count(&|it| it.enrollment_region.level() == Level::Municipal));
    assert_eq!(count(&|it| it.is_dispatch_agency()), 3);
    assert_eq!(count(&|it| matches!(it.dispatch, Dispatch::Host(_))), 6);
    let kinds: BTreeMap<EntityType, usize> = world.enterprises.iter().fold(BTreeMap::new(), |mut kinds, it| {
        *kinds.entry(it.entity_type).or_default() += 1;
        kinds
    });
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    let dotted = world.residents.iter().filter(|it| it.name.as_str().contains('·')).count();
    assert!(dotted > 50, "{dotted}");
}
