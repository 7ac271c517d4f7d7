//! Lists that the node gives page by page.

use tonic::Status;

/// As many as the contract gives on one page.
pub const PAGE_SIZE: i32 = 500;

/// Rows of a list, page after page, and no more than `limit`. `ask` is given where the page begins, and gives its rows and where the
/// next one begins; nowhere after the last.
pub async fn pages<T>(
    limit: usize,
    mut ask: impl AsyncFnMut(String) -> Result<(Vec<T>, String), Status>,
) -> Result<Vec<T>, Status> {
    let mut rows = Vec::new();
    let mut page_token = String::new();
    loop {
        let (page, next) = ask(page_token).await?;
        rows.extend(page);
        if rows.len() >= limit || next.is_empty() {
            rows.truncate(limit);
            return Ok(rows);
        }
        page_token = next;
    }
}
