//! Double entry, append-only (I3).
