//! audit: to be written.
