//! The account pages: one struct with named fields per page, rendered by the template of the same name. No HTTP.

mod account;
mod login;
mod recovery;
mod signup;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use account::{
    AccountDeletePage, AccountEmailConfirmPage, AccountEmailPage, AccountPage, AccountPasswordPage, SessionRow,
};
pub use login::{HomePage, LoginPage};
pub use recovery::{ForgotPage, ForgotSentPage, ResetPage};
pub use signup::{ConfirmPage, LinkExpiredPage, LinkPurpose, ResendPage, SignupPage, VerifySentPage};
