//! The least there is to do: read the file once, take one cell of each line, and part its hashes by their first bits.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rapidhash::v3::{RapidSecrets, rapidhash_v3_nano_inline};

const BLOCK: usize = 512 * 1024;
const PARTS_BITS: u32 = 11;
/// The cell of the number.
const CELL: usize = 5;

/// Answers how many hashes were parted.
pub(crate) fn run(path: &Path, threads: usize) -> u64 {
    let file = File::open(path).expect("claims");
    let length = file.metadata().expect("a length").len();
    let next = AtomicU64::new(0);
    let work = || {
        let secrets = RapidSecrets::seed(1);
        let room = (length / 125) as usize / threads / (1 << PARTS_BITS);
        let mut parts: Vec<Vec<u64>> = (0..1 << PARTS_BITS).map(|_| Vec::with_capacity(room * 9 / 8)).collect();
        let mut block = vec![0; BLOCK + 1024];
        loop {
            let from = next.fetch_add(BLOCK as u64, Ordering::Relaxed);
            if from >= length {
                return parts.iter().map(|part| part.len() as u64).sum::<u64>();
            }
            let size = (length - from).min(block.len() as u64) as usize;
            file.read_exact_at(&mut block[..size], from).expect("a block");
            lines(&block[..size], size.min(BLOCK), |line| {
                let mut commas = memchr::memchr_iter(b',', line);
                if let (Some(from), Some(to)) = (commas.nth(CELL - 1), commas.next()) {
                    let hash = rapidhash_v3_nano_inline::<true, false>(&line[from + 1..to], &secrets);
                    parts[(hash >> (64 - PARTS_BITS)) as usize].push(hash);
                }
            });
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker")).sum()
    })
}

/// The lines that begin after a line end within the first bytes of a block.
fn lines(block: &[u8], begin_within: usize, mut each: impl FnMut(&[u8])) {
    let Some(mut at) = memchr::memchr(b'\n', block).map(|at| at + 1) else { return };
    while at <= begin_within {
        let Some(length) = memchr::memchr(b'\n', &block[at..]) else { return };
        each(&block[at..at + length]);
        at += length + 1;
    }
}
