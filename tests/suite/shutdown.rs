//! Told to stop, a node stops in bounded time whoever is still connected, and keeps what it acknowledged.
