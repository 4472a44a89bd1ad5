//! Tests of accessibility: labels, errors linked to their fields, contrast in light and dark, focus order, target size,
//! and no page wider than a phone.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;

use crate::support::app::{App, Engine, PASSWORD};
use crate::support::webdriver::{Browser, Person};

const PUBLIC_PAGES: [&str; 6] = ["/", "/signup", "/login", "/verify", "/verify/resend", "/password/forgot"];
const MEMBER_PAGES: [&str; 5] = ["/", "/account", "/account/email", "/account/password", "/account/delete"];

/// The findings of checks.js in the open page.
pub async fn findings(browser: &Browser, language: &str) -> Vec<String> {
    let found = browser.page.execute(include_str!("checks.js"), vec![json!(language)]).await.expect("the checks run");
    let found = found.as_array().cloned().unwrap_or_default();
    found.iter().map(|finding| finding.as_str().unwrap_or_default().to_owned()).collect()
}

/// Opens every path in the light and the dark scheme; returns the findings with their paths.
async fn visit(browser: &Browser, site: &str, paths: &[&str], language: &str, width: &str) -> Vec<String> {
    let mut all = Vec::new();
    for path in paths {
        for scheme in ["light", "dark"] {
            let feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            browser.devtools("Emulation.setEmulatedMedia", feature).await;
            browser.page.goto(&format!("{site}{path}")).await.expect("a page");
            all.extend(
                findings(browser, language).await.into_iter().map(|f| format!("{path} ({scheme}, {width}): {f}")),
            );
            let name = path.trim_start_matches('/').replace('/', "-");
            let name = if name.is_empty() { "home" } else { &name };
            browser.picture(&format!("{width}-{language}-{name}-{scheme}")).await;
        }
        all.extend(browser.complaints().await.into_iter().map(|line| format!("{path}: console: {line}")));
    }
    all
}

async fn submit(browser: &Browser, path: &str, site: &str, fields: &[(&str, &str)]) {
    browser.page.goto(&format!("{site}{path}")).await.expect("a page");
    // The browser's own validation would not submit the form.
    browser.page.execute("document.querySelector('main form').noValidate = true", vec![]).await.expect("a form");
    for (id, value) in fields {
        let input = browser.page.find(Locator::Id(id)).await.expect("an input");
        input.send_keys(value).await.expect("the text is typed");
    }
    let button = browser.page.find(Locator::Css("main form button[type=submit]")).await.expect("a button");
    button.click().await.expect("the button is clicked");
}

async fn pages_are_accessible(phone: bool, language: &'static str) {
    let app = App::start(Engine::Sqlite).await;
    let site = app.site();
    let browser = Browser::open(Person { language, scripts: true, phone }).await;
    let width = if phone { "phone" } else { "desktop" };
    let mut all = visit(&browser, &site, &PUBLIC_PAGES, language, width).await;

    submit(&browser, "/signup", &site, &[("email", "nobody@"), ("password", "short")]).await;
    all.extend(findings(&browser, language).await.into_iter().map(|f| format!("a rejected signup: {f}")));
    browser.picture(&format!("{width}-{language}-signup-refused")).await;
    submit(&browser, "/login", &site, &[("email", "nobody@example.com"), ("password", PASSWORD)]).await;
    all.extend(findings(&browser, language).await.into_iter().map(|f| format!("a rejected login: {f}")));
    browser.picture(&format!("{width}-{language}-login-refused")).await;

    app.member("person@example.com").await;
    submit(&browser, "/login", &site, &[("email", "person@example.com"), ("password", PASSWORD)]).await;
    all.extend(visit(&browser, &site, &MEMBER_PAGES, language, width).await);
    browser.close().await;
    // A rejected form answers 422, which the console reports with some delay.
    all.retain(|finding| !finding.contains("status of 422"));
    assert!(all.is_empty(), "\n  {}\n", all.join("\n  "));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_accessible_in_english() {
    pages_are_accessible(false, "en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_accessible_in_korean_on_a_phone() {
    pages_are_accessible(true, "ko").await;
}

/// Script that returns every focusable element in document order, as `tag#id name`.
const IN_PAGE_ORDER: &str = "
    const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')];
    const open = all.filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0);
    return open.map((e) => e.tagName + '#' + e.id + ' ' + (e.name || e.getAttribute('href') || e.textContent.trim()));";
/// Script that returns the focused element in the same form, and whether its focus is visible.
const FOCUSED: &str = "
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const style = getComputedStyle(e);
    const seen = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    return [e.tagName + '#' + e.id + ' ' + (e.name || e.getAttribute('href') || e.textContent.trim()), seen];";

#[tokio::test(flavor = "multi_thread")]
async fn the_tab_key_moves_a_visible_focus_in_document_order() {
    let app = App::start(Engine::Sqlite).await;
    let browser = Browser::open(Person { language: "en", scripts: true, phone: false }).await;
    for path in ["/signup", "/login", "/password/forgot"] {
        browser.page.goto(&format!("{}{path}", app.site())).await.expect("a page");
        let order = browser.page.execute(IN_PAGE_ORDER, vec![]).await.expect("the order");
        let order: Vec<String> = serde_json::from_value(order).expect("names");
        let mut walked = Vec::new();
        for _ in 0..order.len() {
            let keys = browser.page.active_element().await.expect("an element");
            keys.send_keys(&Key::Tab.to_string()).await.expect("the key is pressed");
            let focused = browser.page.execute(FOCUSED, vec![]).await.expect("the focus");
            let (name, seen): (String, bool) = serde_json::from_value(focused).expect("something has the focus");
            assert!(seen, "{path}: the focus on {name} is not visible");
            walked.push(name);
        }
        assert_eq!(walked, order, "{path}");
    }
    browser.close().await;
}
