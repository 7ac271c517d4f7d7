//! retention_training: to be written.
