//! A person's saved views: a name for an address.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::asked::{LIST, Query};
use crate::web::{Csrf, PageError, Session, Web};

/// Letters of a view's name.
const NAME_CHARACTERS_MAX: usize = 40;

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
    let name = kept.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS_MAX || name.chars().any(char::is_control) {
        return Err(PageError::field("name", "视图名称应为1至40个字", "a view's name has 1 to 40 characters"));
    }
    // Kept as it will be read: nothing but filters that are known.
    let uri = format!("{LIST}?{}", kept.query).parse().map_err(|_| unknown())?;
    let query = axum_extra::extract::Query::<Query>::try_from_uri(&uri).map_err(|_| unknown())?.0;
    let asked = query.read().map_err(|_| unknown())?;
    let query = match (kept.forget, asked.query()) {
        (true, _) => String::new(),
        (false, query) if query.is_empty() => "order=risk".to_owned(),
        (false, query) => query,
    };
    let back = asked.address();
    web.gateway.save_view(&session.caller, session.operator.clone(), name, query).await?;
    let said = if kept.forget {
        lang.pick("视图已删除", "View forgotten.")
    } else {
        lang.pick("视图已保存", "View kept.")
    };
    Ok(web.done(&session, said, &back))
}

fn unknown() -> PageError {
    PageError::field("query", "筛选条件无法识别", "a filter is not known")
}
