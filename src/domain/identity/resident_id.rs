//! resident_id: to be written.
