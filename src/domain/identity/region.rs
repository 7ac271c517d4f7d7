//! region: to be written.
