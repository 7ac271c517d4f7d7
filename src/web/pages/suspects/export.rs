//! TEMPORARY
use crate::web::PageError;
pub(super) async fn export() -> Result<maud::Markup, PageError> {
    Err(PageError::NotFound)
}
