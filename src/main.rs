//! Parses the arguments and hands over to `cli`.

fn main() {}
