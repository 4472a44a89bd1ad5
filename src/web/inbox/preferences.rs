//! What a reader has chosen for the pages of the inbox: colours, pictures, keys. One cookie holds it.

use rocket::http::CookieJar;

use super::super::cookies::{self, CookieName};
use super::pane_widths::PaneWidths;
use super::state::Mount;

/// How long a browser keeps the choices.
const TTL: std::time::Duration = std::time::Duration::from_secs(365 * 86_400);

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
    pub fn of(jar: &CookieJar<'_>, mount: &Mount) -> Self {
        cookies::read(jar, &mount.origin, CookieName::Inbox).map(Preferences::parse).unwrap_or_default()
    }

    pub fn store(self, jar: &CookieJar<'_>, mount: &Mount) {
        cookies::write(jar, &mount.origin, CookieName::Inbox, self.text(), Some(TTL));
    }

    /// Reads the cookie; unknown words are skipped.
    fn parse(text: &str) -> Self {
        text.split('.').fold(Preferences::default(), |all, word| all.with(word).unwrap_or(all))
    }

    /// The choices after one more; `None` if `word` is not one.
    pub fn with(self, word: &str) -> Option<Self> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_survive_their_cookie_and_unknown_words_do_not_matter() {
        let chosen = ["dark", "pictures", "no-keys", "table", "compact", "side-300", "list-500"];
        let all = chosen.iter().try_fold(Preferences::default(), |all, word| all.with(word)).unwrap();
        assert_eq!(Preferences::parse(&all.text()), all);
        assert_eq!(Preferences::parse("dark.explode.pictures.no-pictures").text(), "dark");
        assert_eq!(Preferences::default().with("explode"), None);
    }
}
