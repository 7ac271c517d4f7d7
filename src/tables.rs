//! tables: to be written.
