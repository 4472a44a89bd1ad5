//! Maps errors of the domain to errors of form fields, and validates what all forms share.

use crate::accounts::{Accounts, CurrentPasswordError, NameError, PasswordError, account_address, is_local_path};
use crate::mail::{Address, AddressError};
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::reply::{Form, HandlerResult, Reply};

/// The field error of a rejected new password.
pub fn password_error(error: PasswordError) -> FieldError {
    match error {
        PasswordError::Empty => FieldError::PasswordEmpty,
        PasswordError::TooShort(n) => FieldError::PasswordTooShort(n),
        PasswordError::TooLong(n) => FieldError::PasswordTooLong(n),
        PasswordError::Common => FieldError::PasswordCommon,
        PasswordError::HoldsAddress => FieldError::PasswordHoldsAddress,
        PasswordError::HoldsSiteName => FieldError::PasswordHoldsSiteName,
        PasswordError::Unchanged => FieldError::PasswordUnchanged,
    }
}

pub fn name_error(error: NameError) -> FieldError {
    match error {
        NameError::TooLong => FieldError::NameTooLong,
        NameError::Characters => FieldError::NameCharacters,
    }
}

/// Validates the address of an account.
pub fn address(text: &str) -> Result<Address, FieldError> {
    account_address(text).map_err(|error| match error {
        AddressError::Empty => FieldError::EmailEmpty,
        AddressError::TooLong => FieldError::EmailTooLong,
        AddressError::Local if !text.split('@').next().is_none_or(str::is_ascii) => FieldError::EmailNeedsAscii,
        AddressError::Shape | AddressError::Local | AddressError::Domain => FieldError::EmailMalformed,
    })
}

/// The same for an address that an account is opened at or moves to.
pub fn new_address(accounts: &Accounts, text: &str) -> Result<Address, FieldError> {
    address(text).and_then(|address| match accounts.takes_domain(&address) {
        true => Ok(address),
        false => Err(FieldError::EmailMalformed),
    })
}

/// The form again after the check of the current password failed; `page` makes it with the field's error.
pub fn refuse<F: Form>(
    error: CurrentPasswordError,
    typed: &str,
    page: impl FnOnce(Option<FieldError>) -> F,
) -> HandlerResult {
    match error {
        CurrentPasswordError::Wrong => Reply::refused(&page(Some(wrong_current_password(typed)))),
        CurrentPasswordError::Other(e) => Reply::not_now(e, page(None)),
    }
}

/// The field error of a wrong or missing current password.
pub const fn wrong_current_password(typed: &str) -> FieldError {
    if typed.is_empty() { FieldError::CurrentPasswordEmpty } else { FieldError::CurrentPasswordWrong }
}

/// A submitted text that is safe to show again: without control characters and of limited length.
fn kept(text: &str) -> String {
    const MAX_LENGTH: usize = 1_000;
    text.chars().filter(|c| !c.is_control()).take(MAX_LENGTH).collect()
}

/// A field with what was typed, and its error.
pub fn shown_again(fields: &FormFields, name: &str, error: Option<FieldError>) -> FormField {
    FormField { value: kept(fields.get(name)), error }
}

/// The text, if it is a path of this site.
pub fn local_redirect(text: &str) -> Option<String> {
    is_local_path(text).then(|| text.to_owned())
}
