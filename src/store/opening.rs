//! Many sealed rows opened on several threads: to open one costs more than to read it.

use super::StoreError;

/// Below so many rows, another thread costs more than it saves.
const ROWS_OF_A_THREAD: usize = 500;

/// Opens rows, and gives them in their order.
pub(super) async fn open_all<R, O>(
    rows: Vec<R>,
    open: impl Fn(R) -> Result<O, StoreError> + Clone + Send + 'static,
) -> Result<Vec<O>, StoreError>
where
    R: Send + 'static,
    O: Send + 'static,
{
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(rows.len() / ROWS_OF_A_THREAD);
    if threads <= 1 {
        return rows.into_iter().map(open).collect();
    }
    let (count, size) = (rows.len(), rows.len().div_ceil(threads));
    let mut rows = rows.into_iter();
    let opening = (0..threads).map(|_| {
        let (some, open): (Vec<R>, _) = (rows.by_ref().take(size).collect(), open.clone());
        tokio::task::spawn_blocking(move || some.into_iter().map(open).collect::<Result<Vec<O>, StoreError>>())
    });
    // All of them begin before the first is awaited.
    let opening: Vec<_> = opening.collect();
    let mut opened = Vec::with_capacity(count);
    for some in opening {
        // A thread is lost only where the node is ending.
        opened.extend(some.await.map_err(|_| StoreError::Closed)??);
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rows_come_in_their_order_and_one_that_does_not_open_fails_all() {
        for count in [0, 1, 499, 500, 2_003, 10_000] {
            let rows: Vec<usize> = (0..count).collect();
            assert_eq!(open_all(rows.clone(), Ok).await.unwrap(), rows);
            let last = count.saturating_sub(1);
            let open = move |row| if row == last { Err(StoreError::Corrupt("sealed value")) } else { Ok(row) };
            assert_eq!(open_all(rows, open).await.is_err(), count > 0);
        }
    }
}
