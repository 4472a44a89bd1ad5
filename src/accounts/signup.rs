//! A signup: an attempt to open an account, before its address is confirmed.

use crate::clock::Time;
use crate::i18n::Locale;
use crate::mail::Address;
use crate::secret::digest;

use super::user::User;

/// One attempt to open an account. Not a user yet.
#[derive(Clone, Debug)]
pub struct Signup {
    pub id: String,
    pub email: Address,
    pub locale: Locale,
    pub state: SignupState,
    pub created_at: Time,
    pub expires_at: Time,
}

/// What can become of a signup.
#[derive(Clone, Debug)]
pub enum SignupState {
    /// The form was submitted. Its browser confirms the address without typing the password again.
    Submitted(SignupData),
    /// Another browser requested a link for a pending signup. Confirming asks for name and password.
    Requested,
    /// A row that is never confirmed. It exists so that every address leaves the same rows.
    Decoy(Decoy),
}

/// What a browser submitted with the form.
#[derive(Clone, Debug)]
pub struct SignupData {
    pub name: String,
    pub password_hash: String,
    /// The local path to open after the first login.
    pub next: Option<String>,
    /// SHA-256 of the cookie that binds the signup to its browser.
    pub binding: String,
}

/// Why a signup is never confirmed.
#[derive(Clone, Debug)]
pub struct Decoy {
    /// The id of the user who has the address; `None` if nobody has it and nothing is pending for it.
    pub owner: Option<String>,
    /// Kept as for any other address.
    pub submitted: Option<SignupData>,
}

impl Signup {
    /// The signup as a decoy if the address has an owner, and as what was submitted if it has none.
    pub(super) fn for_owner(self, owner: Option<&User>) -> Self {
        if owner.is_some() {
            return self.into_decoy(owner);
        }
        let state = match self.state {
            SignupState::Decoy(decoy) => decoy.submitted.map_or(SignupState::Requested, SignupState::Submitted),
            state => state,
        };
        Signup { state, ..self }
    }

    pub(super) fn into_decoy(self, owner: Option<&User>) -> Self {
        let submitted = match self.state {
            SignupState::Submitted(data) => Some(data),
            SignupState::Requested => None,
            SignupState::Decoy(decoy) => decoy.submitted,
        };
        let owner = owner.map(|user| user.id.clone());
        Signup { state: SignupState::Decoy(Decoy { owner, submitted }), ..self }
    }

    /// What the form's browser submitted, if this cookie's browser is that one.
    pub(super) fn submitted_by(&self, cookie: Option<&str>) -> Option<&SignupData> {
        let SignupState::Submitted(data) = &self.state else { return None };
        cookie.is_some_and(|cookie| data.binding == digest(cookie)).then_some(data)
    }
}
