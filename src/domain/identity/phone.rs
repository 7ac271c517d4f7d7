//! phone: to be written.
