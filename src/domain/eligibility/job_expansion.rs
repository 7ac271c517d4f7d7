//! job_expansion: to be written.
