//! The kernel over keys in memory, and a plain radix pass over the same.

use hufu::domain::matching::kernel::{Keyed, Parts, Scattered, Scratch, equals};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Keys of 16 bytes, of which one in fifty occurs twice.
pub(crate) fn keys(count: usize) -> Vec<Keyed> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut keys: Vec<Keyed> = Vec::with_capacity(count);
    for row in 0..count {
        let earlier = rng.next_u64() % (row as u64 + 1);
        let hash = if row % 50 == 0 { keys.get(earlier as usize).map(|it| it.hash) } else { None };
        keys.push(Keyed { hash: hash.unwrap_or_else(|| rng.next_u64()), row: row as u64 });
    }
    keys
}

/// Counts, adds up, and copies every key to its part: each thread its share.
pub(crate) fn radix_pass(keys: &[Keyed], threads: usize) -> u64 {
    const BITS: u32 = 11;
    let part = |key: &Keyed| (key.hash >> (64 - BITS)) as usize;
    let pass = |keys: &[Keyed]| {
        let mut ends = vec![0; 1 << BITS];
        keys.iter().for_each(|key| ends[part(key)] += 1);
        let mut sum = 0;
        for end in &mut ends {
            (*end, sum) = (sum, sum + *end);
        }
        let mut parted = vec![Keyed { hash: 0, row: 0 }; keys.len()];
        for key in keys {
            let slot = &mut ends[part(key)];
            parted[*slot] = *key;
            *slot += 1;
        }
        std::hint::black_box(parted).len() as u64
    };
    std::thread::scope(|scope| {
        let shares = keys.chunks(keys.len().div_ceil(threads));
        let workers: Vec<_> = shares.map(|share| scope.spawn(move || pass(share))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker")).sum()
    })
}

/// Finds what is equal; answers how many keys there were.
pub(crate) fn doubles(keys: &[Keyed], threads: usize) -> u64 {
    let parts = Parts::for_entries(keys.len() as u64);
    let scattered: Vec<Scattered<Keyed>> = std::thread::scope(|scope| {
        let scatter = |share: &[Keyed]| {
            let mut scattered = Scattered::new(parts, share.len() as u64);
            share.iter().for_each(|key| scattered.push(*key));
            scattered
        };
        let shares = keys.chunks(keys.len().div_ceil(threads));
        let workers: Vec<_> = shares.map(|share| scope.spawn(move || scatter(share))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker")).collect()
    });
    let found: usize = std::thread::scope(|scope| {
        let scattered = &scattered;
        let find = move |from: usize| {
            let mut scratch = Scratch::default();
            let mut groups = 0;
            for part in (from..parts.count()).step_by(threads) {
                let pieces: Vec<&[Keyed]> = scattered.iter().map(|it| it.part(part)).collect();
                equals(&pieces, &mut scratch, |_| groups += 1);
            }
            groups
        };
        let workers: Vec<_> = (0..threads).map(|from| scope.spawn(move || find(from))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker")).sum()
    });
    assert!(found > keys.len() / 60, "one in fifty occurs twice");
    keys.len() as u64
}
