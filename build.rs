//! Compiles the contracts in `proto/` without protoc.

use prost::Message;
use std::{env, error::Error, fs, path::PathBuf};

const CONTRACTS: [&str; 16] = [
    "taxregistry",
    "credential",
    "insurance",
    "employment",
    "awardhistory",
    "finance",
    "bank",
    "claims",
    "suspects",
    "policy",
    "pooling",
    "ledger",
    "clawback",
    "audit",
    "console",
    "reports",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler
        .include_source_info(true)
        .include_imports(true)
        .open_files(CONTRACTS.map(|area| format!("hufu/{area}/v1/{area}.proto")))?;
    // The undecoded bytes serve reflection: decoding would drop options that prost does not know.
    let descriptors = compiler.encode_file_descriptor_set();
    fs::write(out.join("hufu.fds"), &descriptors)?;

    let mut config = tonic_prost_build::Config::new();
    // Messages carry personal data, so none of them can be printed (I11).
    config.skip_debug(["."]);
    tonic_prost_build::configure()
        .compile_well_known_types(false)
        .compile_fds_with_config(tonic_prost_build::FileDescriptorSet::decode(descriptors.as_slice())?, config)?;
    Ok(())
}
