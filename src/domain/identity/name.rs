//! name: to be written.
