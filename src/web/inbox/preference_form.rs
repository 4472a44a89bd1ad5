//! The form that changes a preference.

use rocket::form::{Form, FromForm};
use rocket::http::CookieJar;
use rocket::response::Redirect;
use rocket::{State, post};

use crate::accounts::is_local_path;

use super::super::api::auth::ApiAuth;
use super::super::error::WebError;
use super::preferences::Preferences;
use super::state::Mount;

#[derive(FromForm)]
pub struct Choice<'r> {
    /// The word of the choice.
    set: &'r str,
    /// The page to return to: a path of this server.
    next: &'r str,
}

#[post("/preferences", data = "<form>")]
pub async fn preferences(
    _client: ApiAuth<'_>,
    mount: &State<Mount>,
    jar: &CookieJar<'_>,
    form: Form<Choice<'_>>,
) -> Result<Redirect, WebError> {
    let chosen = Preferences::of(jar, mount).with(form.set).ok_or_else(|| WebError::bad("unknown preference"))?;
    chosen.store(jar, mount);
    Ok(Redirect::to(if is_own_page(form.next, mount) { form.next.to_owned() } else { format!("{}/", mount.base) }))
}

/// True for the path of a page of the inbox.
fn is_own_page(path: &str, mount: &Mount) -> bool {
    is_local_path(path) && mount.contains(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::PublicUrl;

    #[test]
    fn a_form_returns_to_pages_of_the_inbox_alone() {
        for base in ["", "/dev/inbox"] {
            let mount =
                Mount { base: base.to_owned(), assets: String::new(), is_alone: false, origin: PublicUrl::pending() };
            assert!(is_own_page(&format!("{base}/view/x?q=a%20b"), &mount), "{base}");
            for other in ["//a.example/", "https://a.example/", "/\\a.example", "", "x", "/dev/inboxes"] {
                assert!(!is_own_page(other, &mount) || base.is_empty() && other == "/dev/inboxes", "{base} {other}");
            }
            assert!(!is_own_page(&format!("{base}/{}", "x".repeat(2_000)), &mount));
        }
    }
}
