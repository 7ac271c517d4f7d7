//! services: to be written.
