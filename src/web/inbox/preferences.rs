//! What a reader has chosen for the pages of the inbox: colours, pictures, keys. One cookie holds it.

use rocket::Request;
use rocket::form::{Form, FromForm};
use rocket::http::CookieJar;
use rocket::post;
use rocket::response::Redirect;

use super::super::api::auth::ApiAuth;
use super::super::api::reply::ApiError;
use super::super::cookies::{self, CookieName};
use super::pane_widths::PaneWidths;
use super::state::Mount;

/// How long a browser keeps the choices.
const TTL: std::time::Duration = std::time::Duration::from_secs(365 * 86_400);
/// Longest path that a form may return to.
const MAX_PATH: usize = 4_000;

/// The choices; by default what suits most readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    pub theme: Theme,
    /// True if pictures of any host are loaded without a question.
    pub pictures: bool,
    /// True if single keys do nothing (WCAG 2.1.4).
    pub keys_off: bool,
    /// True if the list is a table of one line for each message.
    pub table: bool,
    /// True if rows are lower, so that more of them fit.
    pub compact: bool,
    /// Widths of the panes.
    pub widths: PaneWidths,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// The word of the cookie and the form, and the end of the text's key.
    pub const fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The value of `color-scheme`.
    pub const fn schemes(self) -> &'static str {
        match self {
            Theme::System => "light dark",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

impl Preferences {
    pub fn of(request: &Request<'_>, mount: &Mount) -> Self {
        cookies::read(request.cookies(), &mount.origin, CookieName::Inbox).map(Preferences::parse).unwrap_or_default()
    }

    /// Reads the cookie; unknown words are skipped.
    fn parse(text: &str) -> Self {
        text.split('.').fold(Preferences::default(), |all, word| all.with(word).unwrap_or(all))
    }

    /// The choices after one more; `None` if `word` is not one.
    fn with(self, word: &str) -> Option<Self> {
        if let Some(theme) = Theme::ALL.into_iter().find(|theme| theme.name() == word) {
            return Some(Preferences { theme, ..self });
        }
        Some(match word {
            "pictures" => Preferences { pictures: true, ..self },
            "no-pictures" => Preferences { pictures: false, ..self },
            "keys" => Preferences { keys_off: false, ..self },
            "no-keys" => Preferences { keys_off: true, ..self },
            "table" => Preferences { table: true, ..self },
            "rows" => Preferences { table: false, ..self },
            "compact" => Preferences { compact: true, ..self },
            "comfortable" => Preferences { compact: false, ..self },
            _ => Preferences { widths: self.widths.with(word)?, ..self },
        })
    }

    /// The heights of rows to choose from, and true for the chosen one.
    pub fn densities(&self) -> [(&'static str, bool); 2] {
        [("comfortable", !self.compact), ("compact", self.compact)]
    }

    fn text(self) -> String {
        let words =
            [(self.pictures, "pictures"), (self.keys_off, "no-keys"), (self.table, "table"), (self.compact, "compact")];
        let chosen = words.into_iter().filter(|(is_chosen, _)| *is_chosen).map(|(_, word)| word.to_owned());
        std::iter::once(self.theme.name().to_owned())
            .chain(chosen)
            .chain(self.widths.words())
            .collect::<Vec<_>>()
            .join(".")
    }
}

#[derive(FromForm)]
pub struct Choice<'r> {
    /// The word of the choice.
    set: &'r str,
    /// The page to return to: a path of this server.
    next: &'r str,
}

#[post("/preferences", data = "<form>")]
pub async fn preferences(
    _client: ApiAuth,
    mount: &rocket::State<Mount>,
    jar: &CookieJar<'_>,
    form: Form<Choice<'_>>,
) -> Result<Redirect, ApiError> {
    let now = cookies::read(jar, &mount.origin, CookieName::Inbox).map(Preferences::parse).unwrap_or_default();
    let chosen = now.with(form.set).ok_or_else(|| ApiError::bad("unknown preference"))?;
    cookies::write(jar, &mount.origin, CookieName::Inbox, chosen.text(), Some(TTL));
    Ok(Redirect::to(if is_own_page(form.next, mount) { form.next.to_owned() } else { format!("{}/", mount.base) }))
}

/// True for the path of a page of the inbox.
fn is_own_page(path: &str, mount: &Mount) -> bool {
    path.strip_prefix(mount.base.as_str()).is_some_and(|rest| rest.starts_with('/') && !rest.starts_with("//"))
        && path.len() <= MAX_PATH
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::PublicUrl;

    #[test]
    fn choices_survive_their_cookie_and_unknown_words_do_not_matter() {
        let chosen = ["dark", "pictures", "no-keys", "table", "compact", "side-300", "list-500"];
        let all = chosen.iter().try_fold(Preferences::default(), |all, word| all.with(word)).unwrap();
        assert_eq!(Preferences::parse(&all.text()), all);
        assert_eq!(Preferences::parse("dark.explode.pictures.no-pictures").text(), "dark");
        assert_eq!(Preferences::default().with("explode"), None);
    }

    #[test]
    fn a_form_returns_to_pages_of_the_inbox_alone() {
        for base in ["", "/dev/inbox"] {
            let mount =
                Mount { base: base.to_owned(), assets: String::new(), is_alone: false, origin: PublicUrl::pending() };
            assert!(is_own_page(&format!("{base}/view/x?q=a%20b"), &mount), "{base}");
            for other in ["//a.example/", "https://a.example/", "/\\a.example", "", "x", "/dev/inboxes"] {
                assert!(!is_own_page(other, &mount) || base.is_empty() && other == "/dev/inboxes", "{base} {other}");
            }
            assert!(!is_own_page(&format!("{base}/{}", "x".repeat(MAX_PATH)), &mount));
        }
    }
}
