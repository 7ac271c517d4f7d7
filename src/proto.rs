//! The generated contracts, and the descriptor set that reflection serves. No hand-written types.

/// Declares one generated package, away from the lints that are for hand-written code.
macro_rules! package {
    ($area:ident, $package:tt) => {
        #[allow(
            clippy::all,
            clippy::unwrap_used,
            clippy::wildcard_enum_match_arm,
            unreachable_pub,
            rustdoc::all,
            reason = "generated"
        )]
        pub mod $area {
            pub mod v1 {
                tonic::include_proto!($package);
            }
        }
    };
}

package!(common, "hufu.common.v1");
package!(taxregistry, "hufu.taxregistry.v1");
package!(credential, "hufu.credential.v1");
package!(insurance, "hufu.insurance.v1");
package!(employment, "hufu.employment.v1");
package!(awardhistory, "hufu.awardhistory.v1");
package!(finance, "hufu.finance.v1");
package!(bank, "hufu.bank.v1");
package!(claims, "hufu.claims.v1");
package!(suspects, "hufu.suspects.v1");
package!(policy, "hufu.policy.v1");
package!(pooling, "hufu.pooling.v1");
package!(ledger, "hufu.ledger.v1");
package!(clawback, "hufu.clawback.v1");
package!(audit, "hufu.audit.v1");
package!(console, "hufu.console.v1");
package!(reports, "hufu.reports.v1");

/// All contracts as one encoded `FileDescriptorSet`, imports included.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hufu.fds"));
