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

/// Every row of a list, page after page, of which one is held at a time.
pub async fn each<T>(
    mut ask: impl AsyncFnMut(String) -> Result<(Vec<T>, String), Status>,
    mut take: impl FnMut(T),
) -> Result<(), Status> {
    let mut page_token = String::new();
    loop {
        let (page, next) = ask(page_token).await?;
        page.into_iter().for_each(&mut take);
        if next.is_empty() {
            return Ok(());
        }
        page_token = next;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// No page is asked for while rows of the one before are still there.
    #[tokio::test]
    async fn each_row_is_taken_once_and_before_the_next_page() {
        let (taken, held) = (Cell::new(0), Cell::new(0));
        let ask = async |page_token: String| {
            assert_eq!(held.replace(2), 0);
            let next = match page_token.as_str() {
                "" => "b",
                "b" => "c",
                _ => "",
            };
            Ok((vec![(), ()], next.to_owned()))
        };
        let take = |()| {
            taken.set(taken.get() + 1);
            held.set(held.get() - 1);
        };
        each(ask, take).await.unwrap();
        assert_eq!((taken.get(), held.get()), (6, 0));
    }
}
