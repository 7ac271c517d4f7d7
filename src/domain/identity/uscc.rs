//! uscc: to be written.
