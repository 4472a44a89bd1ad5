//! Tests that apply to every account page and error page.

use std::path::Path;

use super::samples::{UntrustedText, pages};
use crate::i18n::Locale;

fn every_page(outside: &str) -> impl Iterator<Item = (Locale, String, String)> {
    Locale::ALL.into_iter().flat_map(move |locale| {
        pages(locale, &UntrustedText { text: outside }).into_iter().map(move |(name, html)| (locale, name, html))
    })
}

/// With `PAGES=<folder>` the pages are written there for review.
#[test]
fn every_page_renders_in_both_languages() {
    let folder = std::env::var_os("PAGES");
    for (locale, name, html) in every_page("kim.minjun@example.com") {
        assert!(html.starts_with("<!DOCTYPE html>"), "{name}");
        assert!(html.contains(&format!("<html lang=\"{}\">", locale.tag())), "{name}");
        if let Some(folder) = &folder {
            std::fs::write(Path::new(folder).join(format!("{name}.{}.html", locale.tag())), html).unwrap();
        }
    }
}

#[test]
fn untrusted_text_is_escaped() {
    for (_, name, html) in every_page("\"'><script>alert(1)</script>{{7*7}}<b>") {
        assert_eq!(html.matches("<script").count(), 1, "{name}");
        assert!(!html.contains("<b>"), "{name}");
        assert!(!html.contains("49"), "{name}");
        assert!(!html.contains("=\"\"'"), "{name}");
    }
}

#[test]
fn a_page_contains_no_inline_style_and_no_inline_script() {
    for (_, name, html) in every_page("kim@example.com") {
        assert!(!html.contains("<style"), "{name}");
        for tag in tags(&html) {
            assert!(!tag.contains(" style=") && !tag.contains(" on"), "{name}: <{tag}>");
            assert!(!tag.starts_with("script") || tag.contains(" src=\"/static/"), "{name}: <{tag}>");
        }
    }
}

/// The value of a tag's attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split_once('"').map(|(value, _)| value)
}

#[test]
fn every_input_has_a_label_and_an_autocomplete_token() {
    for (_, name, html) in every_page("kim@example.com") {
        for tag in tags(&html).filter(|tag| tag.starts_with("input")) {
            let kind = attribute(tag, "type").unwrap();
            if kind == "hidden" || tag.contains("class=\"off\"") {
                continue;
            }
            let id = attribute(tag, "id").unwrap();
            assert_eq!(attribute(tag, "name"), Some(id), "{name}: <{tag}>");
            assert_eq!(html.matches(&format!("<label for=\"{id}\"")).count(), 1, "{name}: {id}");
            assert!(!tag.contains("placeholder"), "{name}: <{tag}>");
            let expected: &[&str] = match (kind, id) {
                ("email", _) => &["username", "email"],
                ("password", "password") => &["new-password", "current-password"],
                ("password", "current_password") => &["current-password"],
                ("text", "name") => &["name"],
                ("checkbox", "remember") => continue,
                other => panic!("{name}: {other:?}"),
            };
            assert!(expected.contains(&attribute(tag, "autocomplete").unwrap()), "{name}: <{tag}>");
            let quiet = tag.contains("autocapitalize=\"none\"") && tag.contains("spellcheck=\"false\"");
            assert!(quiet || id == "name", "{name}: <{tag}>");
        }
    }
}

#[test]
fn ids_are_unique_and_every_reference_to_an_id_resolves() {
    for (_, name, html) in every_page("kim@example.com") {
        let ids: Vec<&str> = tags(&html).filter_map(|tag| attribute(tag, "id")).collect();
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "{name}: {ids:?}");
        for tag in tags(&html) {
            let named = ["aria-describedby", "aria-labelledby", "for"].iter().filter_map(|a| attribute(tag, a));
            for id in named.flat_map(|value| value.split(' ')) {
                assert!(ids.contains(&id), "{name}: {id} of <{tag}>");
            }
            if let Some(id) = attribute(tag, "href").and_then(|href| href.strip_prefix('#')) {
                assert!(ids.contains(&id), "{name}: #{id}");
            }
        }
    }
}

#[test]
fn a_rejected_form_shows_its_errors_in_the_title_the_summary_and_next_to_the_fields() {
    for (locale, name, html) in every_page("kim@example.com") {
        let refused = name.ends_with("-errors") || name == "login-refused" || name == "forgot-throttled";
        let prefix = if locale == Locale::Ko { "<title>오류: " } else { "<title>Error: " };
        assert_eq!(html.contains(prefix), refused, "{name}");
        assert_eq!(html.contains("class=\"summary\" role=\"alert\" tabindex=\"-1\""), refused, "{name}");
        let marked = tags(&html).filter(|tag| tag.contains("aria-invalid=\"true\" aria-describedby=")).count();
        assert_eq!(marked > 0, refused && name != "forgot-throttled", "{name}");
    }
}

#[test]
fn submitted_values_are_shown_again_except_passwords() {
    for (_, name, html) in every_page("kim@example.com") {
        for tag in tags(&html).filter(|tag| tag.starts_with("input")) {
            match attribute(tag, "type") {
                Some("password") => assert_eq!(attribute(tag, "value"), None, "{name}"),
                Some("email") if name.ends_with("-errors") => {
                    assert_eq!(attribute(tag, "value"), Some("kim@example.com"), "{name}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn every_page_has_one_headline_a_logout_when_signed_in_and_only_post_forms() {
    for (_, name, html) in every_page("kim@example.com") {
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert!(html.contains("href=\"#main\"") && html.contains("lang=ko\""), "{name}");
        let signed_in = name.starts_with("account") || name == "home-in";
        assert_eq!(html.contains("<form method=\"post\" action=\"/logout\">"), signed_in, "{name}");
        for tag in tags(&html).filter(|tag| tag.starts_with("form")) {
            assert_eq!(attribute(tag, "method"), Some("post"), "{name}");
            assert!(attribute(tag, "action").unwrap().starts_with('/'), "{name}");
        }
        for tag in tags(&html).filter(|tag| tag.starts_with("button")) {
            assert_eq!(attribute(tag, "type"), Some("submit"), "{name}");
        }
    }
}

#[test]
fn no_page_links_to_another_site() {
    for (_, name, html) in every_page("//evil.example") {
        for tag in tags(&html) {
            for target in ["href", "src", "action"].iter().filter_map(|a| attribute(tag, a)) {
                let own = target.starts_with('#') || (target.starts_with('/') && !target.starts_with("//"));
                assert!(own, "{name}: <{tag}>");
            }
        }
    }
}

/// The text between each `<` and `>`. Text is escaped, so every `<` begins a tag.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0))
}
