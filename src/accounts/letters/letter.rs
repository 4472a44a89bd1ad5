//! The emails that Gatepost composes, with the data of each. Only the welcome email contains the display name: sent to
//! an unconfirmed address, a name would be text from an untrusted person. Notices state when (`at`) the event happened.

use std::time::Duration;

use crate::clock::Time;
use crate::mail::Address;

/// An email that Gatepost composes.
#[derive(Clone, Debug)]
pub enum Letter {
    Verify(Verify),
    Welcome(Welcome),
    AlreadyRegistered(AlreadyRegistered),
    AlreadyVerified(AlreadyVerified),
    Reset(Reset),
    Invite(Invite),
    PasswordChanged(PasswordChanged),
    ChangeEmail(ChangeEmail),
    EmailChangeRequested(EmailChangeRequested),
    EmailChanged(EmailChanged),
    Test(Test),
}

impl Letter {
    /// The email's name: the folder of its templates, and the kind of its outbox job.
    pub const fn name(&self) -> &'static str {
        match self {
            Letter::Verify(_) => "verify",
            Letter::Welcome(_) => "welcome",
            Letter::AlreadyRegistered(_) => "already_registered",
            Letter::AlreadyVerified(_) => "already_verified",
            Letter::Reset(_) => "reset",
            Letter::Invite(_) => "invite",
            Letter::PasswordChanged(_) => "password_changed",
            Letter::ChangeEmail(_) => "change_email",
            Letter::EmailChangeRequested(_) => "email_change_requested",
            Letter::EmailChanged(_) => "email_changed",
            Letter::Test(_) => "test",
        }
    }
}

/// To the address of a signup: asks to confirm it.
#[derive(Clone, Debug)]
pub struct Verify {
    /// The full URL of the confirmation page.
    pub link: String,
    pub life: Duration,
}

/// Sent after the confirmation.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// The display name; may be empty.
    pub name: String,
}

/// To a user's address that was used for another signup.
#[derive(Clone, Debug)]
pub struct AlreadyRegistered {
    pub at: Time,
}

/// To a user's address for which a confirmation was requested.
#[derive(Clone, Debug)]
pub struct AlreadyVerified {
    pub at: Time,
}

/// To a user who forgot the password.
#[derive(Clone, Debug)]
pub struct Reset {
    /// The full URL of the page for the new password.
    pub link: String,
    pub life: Duration,
}

/// To a user created by the operator: asks to choose a password.
#[derive(Clone, Debug)]
pub struct Invite {
    /// The full URL of the page for the password.
    pub link: String,
    pub life: Duration,
}

/// A notice that the password was changed or reset.
#[derive(Clone, Debug)]
pub struct PasswordChanged {
    pub at: Time,
}

/// To a user's new address: asks to confirm it.
#[derive(Clone, Debug)]
pub struct ChangeEmail {
    /// The full URL of the confirmation page.
    pub link: String,
    pub life: Duration,
}

/// A notice to a user's address that a change was requested.
#[derive(Clone, Debug)]
pub struct EmailChangeRequested {
    /// Shown masked.
    pub new: Address,
    pub at: Time,
}

/// A notice to a user's old address that it was replaced.
#[derive(Clone, Debug)]
pub struct EmailChanged {
    /// Shown masked.
    pub new: Address,
    pub at: Time,
}

/// The email of `mail test`.
#[derive(Clone, Debug)]
pub struct Test {
    /// The name of the transport that delivers it.
    pub transport: String,
}
