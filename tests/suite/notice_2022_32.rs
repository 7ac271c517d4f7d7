//! The notice 聊人社字〔2022〕32号: a test for each worked case and each clause that can be decided without a store.
//!
//! Cases 13 and 20, and what becomes of the claims that collide in 12, 14 and 16, need a running gateway and are tested there.

mod case;
mod job_expansion;
mod properties;
mod retention_training;
mod worked;
