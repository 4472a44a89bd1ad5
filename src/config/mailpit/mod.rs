//! Mailpit's options. `gatepost mailpit` takes them as Mailpit does ([`MailpitConfig`]); for the other commands, the
//! variables with an equal here are settings (`variables`).

mod certificates;
mod files;
mod given;
mod option_reader;
mod options;
mod servers;
mod settings;
mod tag_rules;
mod values;
pub(super) mod variables;

pub use given::{GivenOptions, MailpitUsageError};
pub use option_reader::MailpitError;
pub use options::{MailpitOption, OPTIONS, OptionKind, OptionSupport, both_names};
pub use settings::{MailpitConfig, MetricsAddress, UiTls};
