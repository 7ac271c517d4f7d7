//! slot: to be written.
