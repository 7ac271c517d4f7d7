//! claim: to be written.
