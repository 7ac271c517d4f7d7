//! assess: to be written.
