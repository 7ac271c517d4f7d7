//! jobs: to be written.
