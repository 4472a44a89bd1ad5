//! The account pages: one struct with named fields per page, rendered by the template of the same name. No HTTP.

mod account;
mod login;
mod recovery;
mod signup;

#[cfg(test)]
mod checks;
#[cfg(test)]
mod samples;

pub use account::{Account, AccountDelete, AccountEmail, AccountEmailConfirm, AccountPassword, SessionRow};
pub use login::{Home, Login, LoginFailure};
pub use recovery::{Forgot, ForgotSent, Reset};
pub use signup::{Confirm, LinkGone, LinkPurpose, Resend, Signup, VerifySent};
