//! The ledger over the wire: a new node's agrees with itself, and nobody sees past their region.
