//! Login sessions: 256 random bits in a cookie, their hash in the database. The server enforces an idle timeout and an
//! absolute lifetime.

use crate::clock::Time;

/// The session of a signed-in user.
#[derive(Clone, Debug)]
pub struct LoginSession {
    pub id: String,
    pub user_id: String,
    pub email: String,
    pub created_at: Time,
    pub seen_at: Time,
    pub remembered: bool,
}

/// A session in its owner's list.
#[derive(Clone, Debug)]
pub struct ListedSession {
    pub id: String,
    pub created_at: Time,
    pub seen_at: Time,
    pub remembered: bool,
    pub device: Option<String>,
}
