//! Clawback over the wire.
