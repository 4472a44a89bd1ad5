//! The page that the browser shows after the consent.

use askama::Template;

use crate::i18n::Locale;
use crate::transport::gmail::CallbackPage;

#[derive(Template)]
#[template(path = "gmail/consent.html")]
struct ConsentPage {
    locale: Locale,
    title: String,
    text: String,
}

/// Renders `page`; `language` is an Accept-Language header.
pub(super) fn render(page: CallbackPage, language: &str) -> String {
    let locale = Locale::negotiate(language).unwrap_or(Locale::En);
    let name = match page {
        CallbackPage::Allowed => "gmail-allowed",
        CallbackPage::Denied => "gmail-denied",
        CallbackPage::Other => "gmail-other",
    };
    let (title, text) = (locale.text(&format!("{name}-title")), locale.text(&format!("{name}-text")));
    let fallback = title.clone();
    ConsentPage { locale, title, text }.render().unwrap_or(fallback)
}
