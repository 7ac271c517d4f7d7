//! The fraud-review console: pages rendered on the node, in a browser, without a third-party host and without a build step.
//!
//! How to write a page (in `web/pages/<section>.rs`):
//!
//! 1. Give its address and method a row in [`rights::ROWS`], naming the RPC that does the same. Without a row there is no such page; by
//!    the row the guard has checked the person's role before the handler runs. What only some may do on it, ask with
//!    `session.may("hufu.….Service/Method")`; where a form's content decides which role it takes, `require(&session, Role::…)?`.
//! 2. Route it in the section's `routes()`. A handler takes `State(web): State<Web>`, `session: Session`, and for a form
//!    `Csrf(form): Csrf<Form>` (checks token and origin; the form itself renders `parts::csrf(&session)`). It answers
//!    `Result<Markup, PageError>`; `Refusal` and `Denied` become designed pages by `?`.
//! 3. Render with `layout::page(&session, Nav::…, title, html! { … })` and the pieces of [`parts`]; words by `session.lang.pick(zh, en)`.
//!    After a change: `web.done(&session, words, to)` redirects (303) and shows the words on the next page.
//! 4. No `style=` attribute, no `<style>`, no inline script, no `on…=` attribute: the policy refuses them. Colors and sizes are classes of
//!    `assets/console.css`; charts are [`parts::svg`], whose shapes carry presentation attributes alone.
//! 5. Whatever others wrote (names, reasons) goes through [`parts::words`], which isolates its direction and shows hidden characters.
//! 6. What is searched for and personal is posted: identity numbers are in no address, log or history.

mod assets;
pub mod error;
pub mod forms;
mod guard;
mod headers;
pub mod lang;
pub mod layout;
mod login;
mod pages;
pub mod parts;
pub mod rights;
pub mod session;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use tokio::sync::Semaphore;

use crate::domain::identity::{Level, Region};
use crate::workflows::Gateway;

pub use error::PageError;
pub use forms::Csrf;
pub use lang::Lang;
pub use layout::Nav;
pub use session::{Session, require};

/// What the console is told about its node.
#[derive(Clone, Debug)]
pub struct ConsoleSettings {
    /// What cities, counties and units are called; provinces have their names anyway.
    pub place_names: BTreeMap<Region, String>,
    /// A page's time.
    pub page_deadline: Duration,
    /// Pages under way at once, of all persons.
    pub pages_at_once: usize,
    /// Pages under way at once, of all who are not logged in: they take nothing from those who are.
    pub strangers_at_once: usize,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            place_names: BTreeMap::new(),
            page_deadline: Duration::from_secs(10),
            pages_at_once: 256,
            strangers_at_once: 64,
        }
    }
}

/// What every page works with.
#[derive(Clone)]
pub struct Web {
    pub gateway: Gateway,
    pub settings: Arc<ConsoleSettings>,
    places: Arc<Semaphore>,
    places_of_strangers: Arc<Semaphore>,
}

impl Web {
    /// Redirects after something was done, and says so on the next page. `to` is an address of ours.
    pub fn done(&self, session: &Session, words: impl Into<String>, to: &str) -> Response {
        self.gateway.leave_console_note(&session.id, words.into());
        Redirect::to(to).into_response()
    }
}

impl ConsoleSettings {
    /// What a place is called; its code where nobody said.
    pub fn place(&self, lang: Lang, region: Region) -> String {
        match self.place_names.get(&region) {
            Some(name) => name.clone(),
            None if matches!(region.level(), Level::Ministry | Level::Province) => lang.province(region).to_owned(),
            None => region.to_string(),
        }
    }
}

/// The console's pages, all under `/console`. What is not in [`rights::ROWS`] is not served.
pub fn router(gateway: Gateway, settings: ConsoleSettings) -> Router {
    let places = Arc::new(Semaphore::new(settings.pages_at_once));
    let places_of_strangers = Arc::new(Semaphore::new(settings.strangers_at_once));
    let web = Web { gateway, settings: Arc::new(settings), places, places_of_strangers };
    Router::new()
        .route("/", get(|| async { Redirect::to(pages::HOME) }))
        .route("/console", get(|| async { Redirect::to(pages::HOME) }))
        .route("/console/assets/{hash}/{name}", get(assets::serve))
        .merge(login::routes())
        .merge(pages::routes())
        // Whatever else is asked for below `/console` is refused by the guard, for it has no row.
        .route("/console/{*rest}", any(|| async { PageError::NotFound }))
        .layer(axum::middleware::from_fn_with_state(web.clone(), guard::guard))
        .with_state(web)
}
