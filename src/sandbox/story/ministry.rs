//! 疑点数据: the list that the ministry sends down to 山东省 once the claims are in, and what each of its rows comes to.

use super::{Planted, Script};
use crate::domain::identity::{Region, ResidentId};
use crate::domain::suspect::SuspectRule;
use crate::sandbox::population::{World, places};

/// Records of each kind that name somebody whom the node has found by itself.
const OF_EACH_KIND: usize = 2;

/// The list, as the province's office gets it.
#[derive(Clone, Debug)]
pub struct MinistryList {
    /// The place that it was sent to.
    pub region: Region,
    pub file_name: String,
    /// The header first.
    pub lines: Vec<Vec<String>>,
    pub expected: ExpectedRecords,
}

/// What the rows of the list must come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpectedRecords {
    /// Linked with a suspect that is there already.
    pub matched: usize,
    /// Answered with why no claim fits.
    pub unmatched: usize,
    /// Answered with what is wrong in the row.
    pub refused: usize,
}

/// Writes the list: people whom the node suspects already, somebody who claims in the other province alone, and a number that lost a
/// digit on the way.
pub(super) fn list(world: &World, script: &Script, planted: &[Planted]) -> MinistryList {
    let mut list = MinistryList {
        region: places::region("370000"),
        file_name: "疑点数据_山东省.csv".to_owned(),
        lines: vec![["疑点编号", "疑点类型", "身份证号", "姓名", "重复享受省份", "说明"].map(str::to_owned).to_vec()],
        expected: ExpectedRecords::default(),
    };
    let is_here = |requests: &[String]| requests.iter().any(|it| it.starts_with("37"));
    for (rule, kind, province) in [
        (SuspectRule::PersonIdentityDisagrees, "身份不实", ""),
        (SuspectRule::PersonTwoProvinces, "跨省重复享受", "河南省"),
    ] {
        let found = planted.iter().filter(|it| it.rule == rule && is_here(&it.requests));
        for person in found.filter_map(|it| it.person.as_ref()).take(OF_EACH_KIND) {
            list.write(world, kind, person, person.as_str(), province);
            list.expected.matched += 1;
        }
    }
    let of_the_other = |claims: &[(String, _)]| claims.iter().all(|(request, _)| request.starts_with("41"));
    if let Some((person, _)) = script.graduates.iter().find(|(_, claims)| of_the_other(claims)) {
        list.write(world, "身份不实", person, person.as_str(), "");
        list.expected.unmatched += 1;
        let short: String = person.as_str().chars().skip(1).collect();
        list.write(world, "身份不实", person, &short, "");
        list.expected.refused += 1;
    }
    list
}

impl MinistryList {
    fn write(&mut self, world: &World, kind: &str, person: &ResidentId, number: &str, province: &str) {
        let name = world.resident(person).map(|it| it.name.as_str().to_owned()).unwrap_or_default();
        let record = format!("YD2022-{:04}", self.lines.len());
        let line = [record.as_str(), kind, number, name.as_str(), province, "部级比对"];
        self.lines.push(line.map(str::to_owned).to_vec());
    }

    /// Rows of data.
    pub fn rows(&self) -> usize {
        self.lines.len().saturating_sub(1)
    }
}
