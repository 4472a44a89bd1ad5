//! The emails that Gatepost composes: their data, subjects, texts and HTML. No I/O; the composer loads the rows and
//! derives the links.

mod letter;
mod paper;
mod samples;
mod sheet;

#[cfg(test)]
mod checks;

pub use letter::{
    AlreadyRegistered, AlreadyVerified, ChangeEmail, EmailChangeRequested, EmailChanged, Invite, Letter,
    PasswordChanged, Reset, Test, Verify, Welcome,
};
pub use paper::EmailContext;
pub use sheet::RenderedEmail;
