//! transport: to be written.
