//! The sandbox: the other bureaus, played. Seeded people and firms, real servers for the upstream contracts, faults on demand, and
//! the story that the demo tells.

pub mod population;

pub mod faults;
pub mod upstreams;

pub mod story;

pub use faults::{Fault, FaultSpec, FaultSwitch, Upstream};
pub use population::{Scale, Seed, World, story_start};
pub use story::Story;
pub use upstreams::{Running, Sandbox, SandboxError, SandboxSettings, ServerTls};
