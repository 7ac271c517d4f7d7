//! Wall time, processor time and memory of a piece of work.

use std::fmt;
use std::time::Instant;

/// The fastest of several runs.
pub(crate) struct Measured {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds of processor time, all threads together.
    pub(crate) cpu: f64,
    /// The most that the whole process had resident meanwhile, in any of the runs.
    pub(crate) peak_bytes: u64,
    pub(crate) rows: u64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wall, cpu, peak_bytes, rows } = self;
        write!(f, "{wall:>7.3} s wall {cpu:>7.3} s cpu {:>6} MB  {rows} rows", peak_bytes / 1_000_000)
    }
}

/// Does the work so many times; it answers how many rows it had.
pub(crate) fn measured(runs: usize, work: impl Fn() -> u64) -> Measured {
    let mut best = Measured { wall: f64::MAX, cpu: f64::MAX, peak_bytes: 0, rows: 0 };
    for _ in 0..runs {
        drop(std::fs::write("/proc/self/clear_refs", "5"));
        let (cpu, started) = (cpu_seconds(), Instant::now());
        best.rows = work();
        best.wall = best.wall.min(started.elapsed().as_secs_f64());
        best.cpu = best.cpu.min(cpu_seconds() - cpu);
        best.peak_bytes = best.peak_bytes.max(status("VmHWM:"));
    }
    best
}

/// One line of the table: measured, what it may be at most, and whether it is.
pub(crate) fn ratio(what: &str, measured: f64, target: f64) {
    println!("{what:<52} {measured:>8.2} {target:>9.2}  {}", if measured <= target { "met" } else { "MISSED" });
}

/// In bytes; 0 where the system does not tell.
fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// User and system time of the process, from the 14th and 15th field, in hundredths of a second as Linux has it.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum::<f64>() / 100.0
}
