//! Each letter with what it needs to know. No letter but the welcome carries a display name: in a mail to an address
//! that nobody confirmed yet it would be a stranger's words. Notices say when (`at`) what they tell of happened.

use std::time::Duration;

use crate::clock::Time;
use crate::mail::Address;

/// A letter that Gatepost writes.
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
    /// Its name: the folder of its templates, and the kind of its row in the outbox.
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

/// To an address that signed up: confirm it.
#[derive(Clone, Debug)]
pub struct Verify {
    /// The full address of the confirmation page.
    pub link: String,
    pub life: Duration,
}

/// After the confirmation.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// The display name; empty when there is none.
    pub name: String,
}

/// To a user's address that somebody signed up with again.
#[derive(Clone, Debug)]
pub struct AlreadyRegistered {
    pub at: Time,
}

/// To a user's address that somebody asked a confirmation for.
#[derive(Clone, Debug)]
pub struct AlreadyVerified {
    pub at: Time,
}

/// To a user who forgot the password.
#[derive(Clone, Debug)]
pub struct Reset {
    /// The full address of the page that takes the new password.
    pub link: String,
    pub life: Duration,
}

/// To a user made by the operator: choose a password.
#[derive(Clone, Debug)]
pub struct Invite {
    /// The full address of the page that takes the password.
    pub link: String,
    pub life: Duration,
}

/// Notice: the password was changed or reset.
#[derive(Clone, Debug)]
pub struct PasswordChanged {
    pub at: Time,
}

/// To the new address of a user: confirm it.
#[derive(Clone, Debug)]
pub struct ChangeEmail {
    /// The full address of the confirmation page.
    pub link: String,
    pub life: Duration,
}

/// Notice to the address of a user: another one was asked for.
#[derive(Clone, Debug)]
pub struct EmailChangeRequested {
    /// Shown masked.
    pub new: Address,
    pub at: Time,
}

/// Notice to the old address of a user: another one took its place.
#[derive(Clone, Debug)]
pub struct EmailChanged {
    /// Shown masked.
    pub new: Address,
    pub at: Time,
}

/// From `mail test`.
#[derive(Clone, Debug)]
pub struct Test {
    /// The transport that takes it out.
    pub transport: String,
}
