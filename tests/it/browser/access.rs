//! Pages that everybody can use: labels, errors tied to their fields, contrast in light and dark, focus order, target
//! size, nothing wider than a phone.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;

use crate::support::app::{App, Engine, PASSWORD};
use crate::support::webdriver::{Browser, Person};

const PAGES_OF_STRANGERS: [&str; 6] = ["/", "/signup", "/login", "/verify", "/verify/resend", "/password/forgot"];
const PAGES_OF_MEMBERS: [&str; 5] = ["/", "/account", "/account/email", "/account/password", "/account/delete"];

/// Runs checks.js in the page that is open.
pub async fn findings(browser: &Browser, language: &str) -> Vec<String> {
    let found = browser.page.execute(include_str!("checks.js"), vec![json!(language)]).await.expect("the checks run");
    let found = found.as_array().cloned().unwrap_or_default();
    found.iter().map(|finding| finding.as_str().unwrap_or_default().to_owned()).collect()
}

/// Every page of this visitor's, light and dark; findings with the page they were made on.
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
        all.extend(browser.complaints().await.into_iter().map(|said| format!("{path}: console: {said}")));
    }
    all
}

async fn submit(browser: &Browser, path: &str, site: &str, fields: &[(&str, &str)]) {
    browser.page.goto(&format!("{site}{path}")).await.expect("a page");
    // The browser's own checks would keep the form from the server.
    browser.page.execute("document.querySelector('main form').noValidate = true", vec![]).await.expect("a form");
    for (id, value) in fields {
        let input = browser.page.find(Locator::Id(id)).await.expect("an input");
        input.send_keys(value).await.expect("typed");
    }
    let button = browser.page.find(Locator::Css("main form button[type=submit]")).await.expect("a button");
    button.click().await.expect("pressed");
}

async fn everybody_can_use(phone: bool, language: &'static str) {
    let app = App::start(Engine::Sqlite).await;
    let site = app.site();
    let browser = Browser::open(Person { language, scripts: true, phone }).await;
    let width = if phone { "phone" } else { "desk" };
    let mut all = visit(&browser, &site, &PAGES_OF_STRANGERS, language, width).await;

    submit(&browser, "/signup", &site, &[("email", "nobody@"), ("password", "short")]).await;
    all.extend(findings(&browser, language).await.into_iter().map(|f| format!("a refused signup: {f}")));
    browser.picture(&format!("{width}-{language}-signup-refused")).await;
    submit(&browser, "/login", &site, &[("email", "nobody@example.com"), ("password", PASSWORD)]).await;
    all.extend(findings(&browser, language).await.into_iter().map(|f| format!("a refused login: {f}")));
    browser.picture(&format!("{width}-{language}-login-refused")).await;

    app.member("person@example.com").await;
    submit(&browser, "/login", &site, &[("email", "person@example.com"), ("password", PASSWORD)]).await;
    all.extend(visit(&browser, &site, &PAGES_OF_MEMBERS, language, width).await);
    browser.close().await;
    // A refused form answers 422, which the console repeats, sooner or later.
    all.retain(|finding| !finding.contains("status of 422"));
    assert!(all.is_empty(), "\n  {}\n", all.join("\n  "));
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_the_pages_in_english() {
    everybody_can_use(false, "en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_the_pages_in_korean_on_a_phone() {
    everybody_can_use(true, "ko").await;
}

/// Everything that takes the focus, in the page's order, as `tag#id name`.
const IN_PAGE_ORDER: &str = "
    const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')];
    const open = all.filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0);
    return open.map((e) => e.tagName + '#' + e.id + ' ' + (e.name || e.getAttribute('href') || e.textContent.trim()));";
/// The same of what has the focus now, and whether that can be seen.
const FOCUSED: &str = "
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const style = getComputedStyle(e);
    const seen = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    return [e.tagName + '#' + e.id + ' ' + (e.name || e.getAttribute('href') || e.textContent.trim()), seen];";

#[tokio::test(flavor = "multi_thread")]
async fn the_tab_key_walks_each_form_in_the_page_s_order_and_shows_where_it_is() {
    let app = App::start(Engine::Sqlite).await;
    let browser = Browser::open(Person { language: "en", scripts: true, phone: false }).await;
    for path in ["/signup", "/login", "/password/forgot"] {
        browser.page.goto(&format!("{}{path}", app.site())).await.expect("a page");
        let order = browser.page.execute(IN_PAGE_ORDER, vec![]).await.expect("the order");
        let order: Vec<String> = serde_json::from_value(order).expect("names");
        let mut walked = Vec::new();
        for _ in 0..order.len() {
            let keys = browser.page.active_element().await.expect("an element");
            keys.send_keys(&Key::Tab.to_string()).await.expect("a key pressed");
            let focused = browser.page.execute(FOCUSED, vec![]).await.expect("the focus");
            let (name, seen): (String, bool) = serde_json::from_value(focused).expect("something has the focus");
            assert!(seen, "{path}: the focus on {name} cannot be seen");
            walked.push(name);
        }
        assert_eq!(walked, order, "{path}");
    }
    browser.close().await;
}
