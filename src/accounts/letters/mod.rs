//! The letters that Gatepost itself writes: what each one needs to know, and its subject, text and HTML. Pure; who
//! loads the rows and derives the links is the author of letters.

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
pub use paper::Paper;
pub use sheet::Rendered;
