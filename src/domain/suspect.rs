//! suspect: to be written.
