//! fact: to be written.
