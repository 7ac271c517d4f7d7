//! Who is entitled, and why not: evidence in, verdict out. The same inputs give the same bytes (I13).

pub mod evidence;
pub mod verdict;

pub mod fact;
mod ruling;

pub mod dispatch;
pub mod job_expansion;
pub mod retention_training;
pub mod zone;

mod payee;

pub mod assess;
