//! The operator's folder `site/`: emails in minijinja's language, texts, a logo and colours. It is read at start; in the
//! debug profile a change is seen at once. The text of a template is trusted as far as its file is; the values that it
//! prints are not.

mod built_in;
mod check;
mod content;
mod emails;
mod engine;
mod files;
mod folder;
mod problem;
mod sample;
#[cfg(test)]
mod tests;
mod theme;

pub use built_in::{BuiltInEmails, EmailVariables};
pub use check::shows_link;
pub use content::{SiteAsset, SiteContent};
pub use emails::{SiteBody, SiteEmail};
pub use folder::SiteFolder;
pub use problem::{SiteError, SiteProblem};
