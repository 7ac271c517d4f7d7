//! dispatch: to be written.
