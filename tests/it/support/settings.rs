//! Settings of proptest.

use proptest::prelude::ProptestConfig;

/// Proptest's configuration without files for failures: a failing case prints its input anyway.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
