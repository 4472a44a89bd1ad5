//! The account pages: one struct with named fields per page, rendered by the template of the same name. No HTTP.

mod account;
mod login;
mod recovery;
mod signup;

#[cfg(test)]
mod checks;
#[cfg(test)]
mod samples;

pub use account::{AccountPage, AccountDeletePage, AccountEmailPage, AccountEmailConfirmPage, AccountPasswordPage, SessionRow};
pub use login::{HomePage, Login, LoginFailure};
pub use recovery::{ForgotPage, ForgotSentPage, Reset};
pub use signup::{ConfirmPage, LinkGone, LinkPurpose, Resend, Signup, VerifySentPage};
