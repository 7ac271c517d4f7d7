//! The sandbox: the other bureaus, played. Seeded people and firms, real servers for the upstream contracts, a bank that remembers every
//! fen, faults on demand, and the story that the demo tells.

pub mod population;
pub mod provinces;
pub mod score;

pub mod corrections;
pub mod faults;
pub mod upstreams;
pub mod vault;

pub mod story;

pub use corrections::Corrections;
pub use faults::{BankMode, BankRule, Fault, FaultSpec, FaultSwitch, FinanceMode, Share, Switching, Upstream};
pub use population::{Scale, Seed, World, story_start};
pub use provinces::Provinces;
pub use story::Story;
pub use upstreams::{Running, Sandbox, SandboxError, SandboxSettings, ServerTls};
pub use vault::Vault;
