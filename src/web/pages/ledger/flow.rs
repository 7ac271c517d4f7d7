//! Where the money of a part of the ledger is, as pictures: a page of the ledger's, and a part of the first page.

use axum::extract::{Query, State};
use maud::{Markup, html};

use super::trial::nothing;
use super::{FLOW, framed};
use crate::web::error::PageError;
use crate::web::pages::slice::AskedSlice;
use crate::web::parts;
use crate::web::{Session, Web};
use crate::workflows::ledger::FundFlow;

pub(super) async fn page(
    State(web): State<Web>,
    session: Session,
    Query(asked): Query<AskedSlice>,
) -> Result<Markup, PageError> {
    let lang = session.lang;
    let found = web.gateway.fund_flow(&session.caller, asked.read(&session)?).await?;
    let content = html! {
        p.hint { (lang.pick(
            "资金流向为各月合计：当月从基金支出的，可能以后月份才发放，不按月份筛选。",
            "Of all months together: what was drawn in one is paid in another, so no month narrows it.")) }
        (pictures(&session, &found))
    };
    Ok(framed(&session, FLOW, &asked, html! {}, content))
}

/// The fund's flow, and money by county and subsidy. A ledger that does not add up is said, never left out.
pub(in crate::web::pages) fn pictures(session: &Session, found: &FundFlow) -> Markup {
    let lang = session.lang;
    let name = |region| session.place(region);
    let Some(flow) = &found.flow else {
        let words = lang.pick(
            "账目不符，不能画出资金流向，请先对账。",
            "The ledger does not add up: check it before a picture is drawn.",
        );
        return parts::warning(html! { (words) " " a href="/console/ledger/check" { (lang.pick("对账", "Check")) } });
    };
    if flow.cities.is_empty() {
        return nothing(session);
    }
    html! {
        (parts::card(lang.pick("基金流向（元）", "Where the fund's money is (yuan)"), parts::flow(lang, flow, name)))
        @if !found.paid.is_empty() {
            (parts::card(lang.pick("各地补助", "Subsidies by place"), parts::money_chart(lang, &found.paid, name)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ledger::flow::Flow;

    /// The first page shows the same pictures: what does not add up is said there as well.
    #[test]
    fn a_ledger_that_does_not_add_up_is_an_alarm_and_no_empty_place() {
        let session = Session::at("371500");
        let broken = pictures(&session, &FundFlow { flow: None, paid: Vec::new() }).0;
        assert!(broken.contains("role=\"alert\"") && broken.contains("账目不符"), "{broken}");
        let empty = pictures(&session, &FundFlow { flow: Some(Flow { cities: Vec::new() }), paid: Vec::new() }).0;
        assert!(empty.contains("没有分录") && !empty.contains("账目不符"), "{empty}");
    }
}
