//! A person's saved views: a name for an address.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::asked::{LIST, Query};
use crate::domain::suspect::view::{ViewError, ViewName, ViewQuery};
use crate::web::{Csrf, PageError, Session, Web};

/// What is kept; an empty query forgets the view.
#[derive(Deserialize)]
pub(super) struct Kept {
    name: String,
    #[serde(default)]
    query: String,
    /// Whether it is to be forgotten: a list that nothing narrows has an empty query too.
    #[serde(default)]
    forget: bool,
}

/// Keeps a view, or forgets it.
pub(super) async fn keep(
    State(web): State<Web>,
    session: Session,
    Csrf(kept): Csrf<Kept>,
) -> Result<Response, PageError> {
    let lang = session.lang;
    let name = ViewName::parse(&kept.name).map_err(|error| unreadable("name", error))?;
    // Kept as it will be read: nothing but filters that are known.
    let uri = format!("{LIST}?{}", kept.query).parse().map_err(|_| unknown())?;
    let query = axum_extra::extract::Query::<Query>::try_from_uri(&uri).map_err(|_| unknown())?.0;
    let asked = query.read().map_err(|_| unknown())?;
    // A list that nothing narrows has a name too.
    let words = Some(asked.query()).filter(|query| !query.is_empty()).unwrap_or_else(|| "order=risk".to_owned());
    let query = ViewQuery::parse(&words).map_err(|error| unreadable("query", error))?;
    let query = Some(query).filter(|_| !kept.forget);
    let back = asked.address();
    web.gateway.save_view(&session.caller, session.operator.clone(), name, query).await?;
    let said = if kept.forget {
        lang.pick("视图已删除", "View forgotten.")
    } else {
        lang.pick("视图已保存", "View kept.")
    };
    Ok(web.done(&session, said, &back))
}

fn unreadable(field: &'static str, error: ViewError) -> PageError {
    PageError::field(field, error.zh(), error.to_string())
}

fn unknown() -> PageError {
    PageError::field("query", "筛选条件无法识别", "a filter is not known")
}
