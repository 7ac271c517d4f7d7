//! The money's path as a whole: months of seeded traffic against an auditor of its own, random orders of what people do, and payments
//! in doubt.

mod acts;
mod auditor;
mod claims;
mod desk;
mod names;
mod town;
mod weather;

mod doubt;
mod orders;

mod traffic;
