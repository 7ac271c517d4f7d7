//! Threads that take one piece of work after another.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More threads than any machine has cores would only take memory.
const THREADS_MAX: usize = 256;

/// How many threads work.
pub(super) struct Crew {
    pub(super) threads: usize,
}

impl Crew {
    /// As many as asked for; 0 means as many as the machine has cores.
    pub(super) fn new(threads: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { threads: (if threads == 0 { cores } else { threads }).min(THREADS_MAX) }
    }

    /// Does every piece of work once, each thread with what `make` made for it, and answers with these.
    pub(super) fn each<T: Send>(
        &self,
        pieces: usize,
        make: impl Fn() -> T + Sync,
        work: impl Fn(&mut T, usize) + Sync,
    ) -> Vec<T> {
        let next = AtomicUsize::new(0);
        let run = || {
            let mut mine = make();
            loop {
                let piece = next.fetch_add(1, Ordering::Relaxed);
                if piece >= pieces {
                    return mine;
                }
                work(&mut mine, piece);
            }
        };
        let others = self.threads.min(pieces.max(1)).saturating_sub(1);
        std::thread::scope(|scope| {
            let others: Vec<_> = (0..others).map(|_| scope.spawn(run)).collect();
            let mut all = vec![run()];
            for other in others {
                match other.join() {
                    Ok(mine) => all.push(mine),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        })
    }
}

/// Sorts in as many runs as there are threads, and then the whole, which finds the runs sorted.
pub(super) fn sort<T: Ord + Send>(crew: &Crew, values: &mut [T]) {
    let each = values.len().div_ceil(crew.threads).max(1);
    std::thread::scope(|scope| {
        for run in values.chunks_mut(each) {
            scope.spawn(|| run.sort_unstable());
        }
    });
    values.sort();
}
