//! sheet: to be written.
