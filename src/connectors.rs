//! connectors: to be written.
