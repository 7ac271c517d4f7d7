//! Conversions of the money's path.
