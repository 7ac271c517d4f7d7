//! What the funding application of a batch says, for whoever writes it as a page or a workbook.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::BatchView;
use crate::domain::calendar::cst_date;
use crate::domain::identity::Region;
use crate::domain::pooling::FundingApplication;
use crate::workflows::Gateway;

/// All that the paper says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundingPaper {
    pub application: FundingApplication,
    pub city_name: String,
    /// Of every place in the application.
    pub names: BTreeMap<Region, String>,
    /// The notices that it rests on.
    pub source: String,
    /// The same day whenever it is printed: what finance got must not change with the batch's later steps.
    pub prepared_on: Date,
}

impl Gateway {
    /// What a place is called in the settings, or its code.
    pub fn place_name(&self, place: Region) -> String {
        let named = self.city(place.city()).and_then(|city| city.names.get(&place));
        named.map_or_else(|| place.to_string(), Clone::clone)
    }

    /// The funding application of a batch; `None` until it is sealed, and where nothing is asked for.
    pub fn funding_paper(&self, view: &BatchView) -> Option<FundingPaper> {
        let batch = &view.batch;
        let content_hash = batch.content_hash.filter(|_| !view.lines.is_empty())?;
        let application = FundingApplication {
            batch_id: batch.batch_id,
            city: batch.city,
            month: batch.month,
            number: batch.number,
            lines: view.lines.iter().map(|it| it.line).collect(),
            total: batch.total,
            content_hash,
        };
        let subsidies: BTreeSet<_> = application.lines.iter().map(|line| line.subsidy).collect();
        let sheets = self.sheets().iter().filter(|sheet| subsidies.contains(&sheet.subsidy));
        let sources: BTreeSet<&str> = sheets.map(|sheet| sheet.source.as_str()).collect();
        Some(FundingPaper {
            city_name: self.place_name(batch.city),
            names: application.lines.iter().map(|line| (line.region, self.place_name(line.region))).collect(),
            source: sources.into_iter().collect::<Vec<_>>().join("、"),
            prepared_on: cst_date(batch.opened_at),
            application,
        })
    }
}
