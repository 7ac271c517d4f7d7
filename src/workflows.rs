//! workflows: to be written.
