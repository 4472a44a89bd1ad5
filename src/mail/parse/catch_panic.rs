//! Contains a failure of a parser.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a parser over untrusted text. A panic costs only the parser's own result.
pub(super) fn catch_panic<T: Default>(reader: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(reader)).unwrap_or_default()
}
