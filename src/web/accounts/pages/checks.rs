//! What must hold for every account page and error page, whatever it shows.

use std::path::Path;

use super::samples::{Outside, pages};
use crate::i18n::Locale;

fn every_page(outside: &str) -> impl Iterator<Item = (Locale, String, String)> {
    Locale::ALL.into_iter().flat_map(move |locale| {
        pages(locale, &Outside { text: outside }).into_iter().map(move |(name, html)| (locale, name, html))
    })
}

/// With `GATEPOST_PAGES=<folder>` the pages are written there, to be looked at.
#[test]
fn every_page_renders_in_both_languages() {
    let folder = std::env::var_os("GATEPOST_PAGES");
    for (locale, name, html) in every_page("kim.minjun@example.com") {
        assert!(html.starts_with("<!DOCTYPE html>"), "{name}");
        assert!(html.contains(&format!("<html lang=\"{}\">", locale.tag())), "{name}");
        if let Some(folder) = &folder {
            std::fs::write(Path::new(folder).join(format!("{name}.{}.html", locale.tag())), html).unwrap();
        }
    }
}

#[test]
fn text_from_outside_stays_text() {
    for (_, name, html) in every_page("\"'><script>alert(1)</script>{{7*7}}<b>") {
        assert_eq!(html.matches("<script").count(), 1, "{name}");
        assert!(!html.contains("<b>"), "{name}");
        assert!(!html.contains("49"), "{name}");
        assert!(!html.contains("=\"\"'"), "{name}");
    }
}

#[test]
fn a_page_holds_no_style_and_no_script_of_its_own() {
    for (_, name, html) in every_page("kim@example.com") {
        assert!(!html.contains("<style"), "{name}");
        for tag in tags(&html) {
            assert!(!tag.contains(" style=") && !tag.contains(" on"), "{name}: <{tag}>");
            assert!(!tag.starts_with("script") || tag.contains(" src=\"/static/"), "{name}: <{tag}>");
        }
    }
}

/// What stands between each `<` and `>`; text is escaped, so that every `<` is a tag's.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0))
}
