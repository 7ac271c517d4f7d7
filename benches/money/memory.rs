//! The most memory that this process had resident since it was last asked to forget.

/// Begins to count anew, from what is resident now, in MiB. Where the system does not let it, the peak is that of the whole run.
pub(crate) fn forget_peak() -> u64 {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
    mib("VmRSS:")
}

/// In MiB; 0 where the system does not tell.
pub(crate) fn peak_mib() -> u64 {
    mib("VmHWM:")
}

fn mib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}
