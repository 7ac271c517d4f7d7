//! Claims to measure with: two in a hundred are doubles, of which one in ten has a digit wrong. Not made to judge what is found; for that
//! there is `hufu sandbox population`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use hufu::domain::identity::{ResidentId, Uscc};
use jiff::civil::date;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const HEADER: &str = "claim_id,province,county,uscc,name,resident_id,subsidy,month,amount_yuan,account,phone";
const COUNTIES: [u32; 12] =
    [110_101, 130_102, 320_102, 330_102, 370_102, 371_502, 371_521, 410_102, 440_103, 510_104, 610_102, 650_102];
const SURNAMES: &str = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗";
const GIVEN: &str = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文斌宇浩然子轩梓涵欣怡佳";
const SUBSIDIES: [&str; 4] = ["job-expansion", "job-expansion", "hiring-subsidy", "retention-training"];

/// Writes so many claims into a folder. The same number gives the same bytes.
pub(crate) fn write(folder: &Path, rows: u64) -> PathBuf {
    let path = folder.join(format!("claims-{rows}.csv"));
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&path).expect("a file"));
    let mut rng = ChaCha8Rng::seed_from_u64(20_221_231);
    writeln!(file, "{HEADER}").expect("a written line");
    for row in 0..rows {
        let is_double = row > 0 && rng.random_ratio(1, 50);
        let person = if is_double { rng.random_range(0..row) } else { row };
        let wrong = is_double && rng.random_ratio(1, 10);
        writeln!(file, "{}", line(row, person, wrong, rows, &mut rng)).expect("a written line");
    }
    file.flush().expect("a written file");
    path
}

/// The claim of a person, who is told by a number.
fn line(row: u64, person: u64, wrong: bool, rows: u64, rng: &mut ChaCha8Rng) -> String {
    let mut of_person = ChaCha8Rng::seed_from_u64(person);
    let home = COUNTIES[of_person.random_range(0..COUNTIES.len())] + of_person.random_range(0..9);
    let birth = date(of_person.random_range(1970..2003), of_person.random_range(1..13), of_person.random_range(1..29));
    let sequence = of_person.random_range(0..1_000);
    let number = ResidentId::from_parts(&home.to_string(), birth, sequence).expect("a possible number");
    let mut number = number.as_str().as_bytes().to_vec();
    if wrong {
        let at = rng.random_range(6..17);
        number[at] = b'0' + (number[at] - b'0' + rng.random_range(1..10)) % 10;
    }
    let mut name = String::new();
    name.extend(SURNAMES.chars().nth(of_person.random_range(0..20)));
    for _ in 0..of_person.random_range(1..3) {
        name.extend(GIVEN.chars().nth(of_person.random_range(0..40)));
    }
    let subsidy = SUBSIDIES[of_person.random_range(0..SUBSIDIES.len())];
    let enterprise = rng.random_range(0..rows / 14 + 1);
    let county = COUNTIES[enterprise as usize % COUNTIES.len()];
    let uscc = Uscc::from_body(&format!("91{county}MA{enterprise:07}")).expect("a possible code");
    let phone = 13_000_000_000 + (person * 7_919) % 6_900_000_000;
    format!(
        "{},{},{county},{},{name},{},{subsidy},2022-{:02},1500.00,6222{enterprise:015},{phone}",
        2_022_000_000_000 + row,
        county / 10_000 * 10_000,
        uscc.as_str(),
        String::from_utf8_lossy(&number),
        rng.random_range(1..13),
    )
}
