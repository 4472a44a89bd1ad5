//! The account pages. A handler is a guard, a form, one domain call and one match to a page.

mod email;
mod home;
mod link_token;
mod login;
mod password;
mod profile;
mod recovery;
#[cfg(test)]
mod samples;
mod signup;
#[cfg(test)]
mod tests;
mod validation;
mod verify;

use rocket::Route;

/// All routes of the account pages.
pub fn routes() -> Vec<Route> {
    [
        home::routes(),
        signup::routes(),
        verify::routes(),
        login::routes(),
        profile::routes(),
        email::routes(),
        password::routes(),
        recovery::routes(),
    ]
    .concat()
}
