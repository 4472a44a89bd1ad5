//! The notices that an action shows on the next page.

use crate::i18n::Locale;

/// Their codes. The text of code `x` is `inbox-x` in the locales.
const NOTICES: [&str; 9] = [
    "deleted",
    "not-done",
    "nothing-selected",
    "restored",
    "not-restored",
    "tagged",
    "tagged-in-part",
    "released",
    "too-many",
];

/// The text for a code that a URL names; `None` if it is unknown.
pub fn text(locale: Locale, code: &str) -> Option<String> {
    let code = NOTICES.into_iter().find(|known| *known == code)?;
    Some(locale.text(&format!("inbox-{code}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_has_a_text_in_every_language() {
        for code in NOTICES {
            assert!(Locale::ALL.iter().all(|locale| locale.has(&format!("inbox-{code}"))), "{code}");
        }
    }
}
