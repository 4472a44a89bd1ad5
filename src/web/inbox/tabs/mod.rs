//! The panels of a message's page except the preview. Each is rendered on the server and needs no script. A panel is
//! read from the message on the thread that parsed it ([`Panel::read`]); what needs the network or the inbox follows
//! ([`Panel::render`]).

mod checks;
mod comparison;
mod content;
mod headers;
mod invitation;
mod kind;
mod nested;
mod panel;
mod parts;
mod query;
mod recurrence;
mod smtp;
mod source;
mod text;
pub mod transcript;
mod versions;

pub use checks::CheckBadge;
pub use comparison::compare;
pub use content::{nested_html, part_content};
pub use invitation::invitations;
pub use kind::PanelKind;
pub use panel::Panel;
pub use query::{PanelContext, PanelQuery};
