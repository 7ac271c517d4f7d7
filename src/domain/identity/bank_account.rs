//! bank_account: to be written.
