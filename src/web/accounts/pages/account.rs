//! Pages of the signed-in user.

use std::time::Duration;

use askama::Template;

use crate::web::field::{FieldError, FormField};
use crate::web::page::Layout;
use crate::web::reply::{Form, form_page};

/// A session in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub id: String,
    /// The names of browser and system, if known: "Firefox, Linux".
    pub device: Option<String>,
    /// How long ago it began.
    pub began: Duration,
    /// How long ago it was last used.
    pub used: Duration,
    /// True if it outlives the browser session.
    pub remembered: bool,
    /// True if it is the session of this request.
    pub current: bool,
}

/// GET /account, and POST /account/name when the name was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account.html")]
pub struct AccountPage {
    pub layout: Layout,
    pub email: String,
    /// The new address while its confirmation is pending.
    pub pending_email: Option<String>,
    /// How long ago the account was created.
    pub began: Duration,
    pub name: FormField,
    pub sessions: Vec<SessionRow>,
}

form_page!(AccountPage { "name": name.error });

impl AccountPage {
    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.current)
    }
}

/// GET /account/email, and POST when the form was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account_email.html")]
pub struct AccountEmailPage {
    pub layout: Layout,
    /// The present address.
    pub current_email: String,
    pub email: FormField,
    pub current_password: Option<FieldError>,
}

form_page!(AccountEmailPage { "email": email.error, "current_password": current_password });

/// GET /account/email/<token>, which changes nothing, and POST when the password was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account_email_confirm.html")]
pub struct AccountEmailConfirmPage {
    pub layout: Layout,
    /// The path of this page, which the form posts to.
    pub action: String,
    /// The address before the change.
    pub current_email: String,
    pub new_email: String,
    /// True if the user of the link is not signed in.
    pub ask_password: bool,
    pub current_password: Option<FieldError>,
}

form_page!(AccountEmailConfirmPage { "current_password": current_password });

/// GET /account/password, and POST when the form was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account_password.html")]
pub struct AccountPasswordPage {
    pub layout: Layout,
    /// For password managers.
    pub email: String,
    pub current_password: Option<FieldError>,
    pub password: Option<FieldError>,
    /// In characters.
    pub password_min_length: usize,
}

form_page!(AccountPasswordPage { "current_password": current_password, "password": password });

/// GET /account/delete, and POST when the password was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account_delete.html")]
pub struct AccountDeletePage {
    pub layout: Layout,
    /// For password managers.
    pub email: String,
    pub current_password: Option<FieldError>,
}

form_page!(AccountDeletePage { "current_password": current_password });
