//! The accounts domain: signups, users, links and sessions. It sends no mail, renders no page and knows no HTTP. Each
//! operation is one method of [`Accounts`] and one transaction.

mod common_passwords;
mod composer;
pub mod emails;
mod error;
mod hasher;
mod link;
mod linked_email;
mod operations;
mod password;
mod requester;
mod session;
mod settings;
mod signup;
mod site;
mod store;
mod throttle;
mod token;
mod user;

pub use composer::EmailComposer;
pub use error::Error;
pub use operations::Accounts;
pub use operations::admin::{AdminError, UserInfo};
pub use operations::email_change::{ChangeEmailError, ConfirmEmail, ConfirmEmailError};
pub use operations::login::{LoggedIn, LoginAttempt, LoginError};
pub use operations::profile::{ChangePasswordError, CurrentPasswordError};
pub use operations::recovery::ResetError;
pub use operations::resend::ResendError;
pub use operations::sign_up::{NewSignup, SignupError};
pub use operations::verify::{ConfirmError, ConfirmView, Confirmation};
pub use password::{Password, PasswordError};
pub use requester::{KNOWN_TTL, Requester};
pub use session::{ListedSession, LoginSession};
pub use settings::{AccountLimits, HASH_QUEUE, Settings};
pub use site::{PublicUrl, PublicUrlError, Site, is_local_path, split_port};
pub use token::read as read_token;
pub use user::{Name, NameError, account_address};
