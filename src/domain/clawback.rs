//! The clawback case.
