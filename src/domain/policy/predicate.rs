//! predicate: to be written.
