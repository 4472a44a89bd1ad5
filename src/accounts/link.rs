//! A link in an email: a permission, used once.

use std::time::Duration;

use crate::clock::Time;
use crate::mail::Address;

/// A row of the links table: a permission sent by email.
#[derive(Clone, Debug)]
pub struct Link {
    pub id: String,
    pub signup_id: Option<String>,
    pub user_id: Option<String>,
    pub new_email: Option<Address>,
    /// `None` until its email is first sent.
    pub expires_at: Option<Time>,
    pub used_at: Option<Time>,
}

impl Link {
    /// `longest` is the longest lifetime of a link.
    pub fn is_alive(&self, now: Time, longest: Duration) -> bool {
        self.used_at.is_none() && self.expires_at.is_some_and(|end| end.is_pending(now, longest))
    }
}
