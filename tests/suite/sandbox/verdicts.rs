//! The story's claims are judged as the story says: rosters read from its files, facts taken from its world, verdicts by the sheets.

use std::collections::BTreeMap;

use hufu::domain::calendar::Month;
use hufu::domain::claim::{Claim, ClaimId, DispatchPapers, DispatchSide, Graduate, Person, Subject, Worker, Workforce};
use hufu::domain::eligibility::assess::{Assessment, assess};
use hufu::domain::eligibility::evidence::{
    Answer, ContributionMonth, ContributionRecord, CredentialRecord, EmploymentRecord, EmploymentRegistration,
    EnterpriseEnrollment, EnterpriseEvidence, Evidence, PersonEvidence, TaxAccounts,
};
use hufu::domain::eligibility::verdict::Verdict;
use hufu::domain::policy::sheet::{Catalog, Sheet};
use hufu::domain::suspect::SuspectRule;
use hufu::sandbox::population::{Account, Enterprise, Resident, booked_until};
use hufu::sandbox::story::{ClaimFate, RosterFile, RosterKind, RowFate, request_id};
use hufu::sandbox::{Scale, Seed, Story, World, story_start};
use hufu::tables::roster::RosterPerson;
use hufu::tables::{Options, Roster, RosterRow, read_roster};
use uuid::Uuid;

use super::small_world;

fn known<T>(value: T) -> Answer<T> {
    Answer::Known { value, as_of: story_start(), received_at: story_start(), reference: "suite".to_owned() }
}

fn read(roster: &RosterFile) -> Roster {
    let kind = match roster.kind {
        RosterKind::Graduates => hufu::tables::RosterKind::Graduates,
        RosterKind::Workforce => hufu::tables::RosterKind::Workforce,
    };
    let options = Options { region: Some(roster.region), region_names: Story::region_names(), ..Options::new(kind) };
    read_roster(&roster.bytes().unwrap(), &roster.file_name, &options).unwrap()
}

fn person(person: &RosterPerson) -> Person {
    Person { name: person.name.clone(), resident_id: person.resident_id.clone(), phone: person.phone.clone() }
}

/// The claim that some rows of a roster make.
fn claim(roster: &RosterFile, rows: &[&RosterRow]) -> Claim {
    let first = rows[0];
    let subject = match roster.kind {
        RosterKind::Graduates => Subject::Graduate(Graduate {
            person: person(first.person.as_ref().unwrap()),
            graduated_on: first.graduated_on,
            contract_from: first.contract_from,
            contract_until: first.contract_until,
            dispatch: first.host.clone().map(|host| DispatchPapers {
                host,
                dispatch_agreement: first.dispatch_agreement.clone(),
                sharing_agreement: first.sharing_agreement.clone(),
            }),
        }),
        RosterKind::Workforce => {
            let worker = |row: &&RosterRow| {
                let is_host = row.host.as_ref() == Some(&row.enterprise);
                let side = if is_host { DispatchSide::Host } else { DispatchSide::Agency };
                row.person.as_ref().map(|it| Worker { person: person(it), side })
            };
            Subject::Workforce(Workforce {
                claimed_headcount: first.headcount,
                roster: rows.iter().filter_map(worker).collect(),
            })
        }
    };
    Claim {
        claim_id: ClaimId(Uuid::nil()),
        sheet_id: roster.kind.sheet_id().to_owned(),
        route: roster.route,
        enterprise: first.enterprise.clone(),
        enterprise_name: first.enterprise_name.clone(),
        region: first.region.unwrap(),
        account: first.account.clone(),
        subject,
        received_at: story_start(),
    }
}

fn person_evidence(resident: &Resident) -> PersonEvidence {
    let first = Month::new(2022, 1).unwrap();
    let months = resident.jobs.iter().flat_map(|job| {
        first.iter_to(booked_until()).filter(|month| job.insured.covers(*month)).map(|month| ContributionMonth {
            month,
            enrolled_by: job.employer.clone(),
            funded_by: job.funded_by.clone(),
            paid: job.insured.is_paid(month),
        })
    });
    let registrations = resident.jobs.iter().filter_map(|job| {
        Some(EmploymentRegistration { enterprise: job.employer.clone(), registered_on: job.registered_on? })
    });
    PersonEvidence {
        credential: known(CredentialRecord {
            name: Some(resident.credential_name.clone()),
            diplomas: resident.diplomas.clone(),
        }),
        contributions: known(ContributionRecord {
            name: Some(resident.insurance_name.clone()),
            months: months.collect(),
            standings: resident.jobs.iter().map(|job| (job.employer.clone(), job.insured.standing)).collect(),
        }),
        employment: known(EmploymentRecord {
            registrations: registrations.collect(),
            contracts: resident.jobs.iter().filter_map(|job| job.contract.clone()).collect(),
        }),
        awards: known(resident.awards.clone()),
    }
}

fn enterprise_evidence(world: &World, enterprise: &Enterprise) -> EnterpriseEvidence {
    let number = |account: &Option<Account>| account.as_ref().map(|it| it.number.clone());
    let months = Month::new(2022, 1).unwrap().iter_to(booked_until());
    EnterpriseEvidence {
        accounts: known(TaxAccounts {
            corporate: number(&enterprise.corporate),
            contribution: number(&enterprise.contribution),
            name: Some(enterprise.name.clone()),
        }),
        enrollment: known(EnterpriseEnrollment {
            name: enterprise.name.clone(),
            entity_type: enterprise.entity_type,
            sector: enterprise.sector.to_owned(),
            level: enterprise.level,
            enrollment_region: enterprise.enrollment_region,
            place_of_business: enterprise.place_of_business,
            is_dispatch_agency: enterprise.is_dispatch_agency(),
        }),
        headcounts: known(months.map(|month| (month, world.headcount(&enterprise.uscc, month))).collect()),
        awards: known(enterprise.awards.clone()),
    }
}

/// The rules that a claim is suspect by without a second claim.
fn stands_alone(rule: SuspectRule) -> bool {
    match rule {
        SuspectRule::PersonAlreadyAwarded
        | SuspectRule::PersonIdentityDisagrees
        | SuspectRule::AccountNotTaxRegistry => true,
        SuspectRule::PersonTwoEnterprises
        | SuspectRule::PersonResubmitted
        | SuspectRule::PersonTwoProvinces
        | SuspectRule::EnterpriseTwice
        | SuspectRule::WorkerBothSides => false,
    }
}

/// Checks one claim's verdict, as if it had come alone.
fn check_verdict(place: &str, fate: ClaimFate, assessment: &Assessment) {
    let is_right = match (fate, &assessment.verdict) {
        (ClaimFate::Entitled, verdict) => matches!(verdict, Verdict::Entitled { .. }),
        (ClaimFate::NotEntitled, verdict) => matches!(verdict, Verdict::NotEntitled { .. }),
        (ClaimFate::Held, verdict) => matches!(verdict, Verdict::Held { .. }),
        (ClaimFate::Suspect(rule), verdict) if stands_alone(rule) => matches!(verdict, Verdict::Held { .. }),
        // A refused claim gives its slot up, and whoever comes second would meet nobody.
        (ClaimFate::Suspect(_), verdict) => matches!(verdict, Verdict::Entitled { .. } | Verdict::Held { .. }),
    };
    assert!(is_right, "{place}: {fate:?}, but {:?}", assessment.verdict);
    let expected: Vec<SuspectRule> = match fate {
        ClaimFate::Suspect(rule) => [rule].into_iter().filter(|rule| stands_alone(*rule)).collect(),
        ClaimFate::Entitled | ClaimFate::NotEntitled | ClaimFate::Held => Vec::new(),
    };
    assert_eq!(assessment.findings, expected, "{place}");
}

fn judged(world: &World, sheet: &Sheet, claim: &Claim) -> Assessment {
    let persons = claim.subject.persons();
    let evidence = Evidence {
        enterprise: enterprise_evidence(world, world.enterprise(&claim.enterprise).unwrap()),
        persons: persons.iter().map(|it| person_evidence(world.resident(&it.resident_id).unwrap())).collect(),
        declarations: Story::declarations(),
        units_taken: Vec::new(),
        decided_at: story_start(),
    };
    assess(claim, sheet, &evidence)
}

/// Judges every claim of a story from its files, and compares with what the story says.
fn check(world: &World) {
    let story = Story::of(world);
    let catalog = Catalog::shipped().unwrap();
    for file in &story.rosters {
        let roster = read(file);
        let refused: BTreeMap<u32, &str> =
            roster.problems.iter().map(|problem| (problem.row, problem.problems[0].code)).collect();
        let rows: BTreeMap<u32, &RosterRow> = roster.rows.iter().map(|row| (row.number, row)).collect();
        assert_eq!(rows.len() + refused.len(), file.rows.len(), "{}", file.file_name);
        for row in &file.rows {
            let place = request_id(&file.file_name, row.number);
            match row.fate {
                RowFate::Refused(reason) => assert_eq!(refused.get(&row.number), Some(&reason), "{place}"),
                RowFate::PartOf(_) => assert!(rows.contains_key(&row.number), "{place}"),
                RowFate::Claim(fate) => {
                    let others = file.rows.iter().filter(|it| it.fate == RowFate::PartOf(row.number));
                    let of_claim: Vec<&RosterRow> =
                        [row].into_iter().chain(others).map(|it| rows[&it.number]).collect();
                    let claim = claim(file, &of_claim);
                    let sheet = catalog.get(&claim.sheet_id).unwrap();
                    check_verdict(&place, fate, &judged(world, sheet, &claim));
                }
            }
        }
    }
}

#[test]
fn every_claim_of_the_small_story_is_judged_as_told() {
    check(&small_world());
    for seed in 1..6 {
        check(&World::generate(Seed(seed), Scale::small()));
    }
}

#[test]
fn every_claim_of_the_demo_is_judged_as_told() {
    check(&World::generate(Seed::DEMO, Scale::demo()));
}
