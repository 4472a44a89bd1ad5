//! axe-core's rules on the pages of the inbox, in both colour schemes and languages.

use serde_json::{Value, json};

use crate::support::app::{App, Engine};
use crate::support::process::tools;
use crate::support::webdriver::{Browser, Person};

use super::inbox_page::send;

/// Script that runs axe-core and returns what it finds, one line each.
const RUN: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], iframes: false })
        .then(({ violations }) => done(violations.flatMap(({ id, nodes }) =>
            nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`))),
            (error) => done([String(error)]));";

async fn findings(browser: &Browser, axe: &str) -> Vec<String> {
    browser.page.execute(axe, vec![]).await.expect("axe-core is loaded");
    let found: Value = browser.page.execute_async(RUN, vec![]).await.expect("axe-core runs");
    serde_json::from_value(found).expect("lines")
}

async fn axe_finds_nothing(language: &'static str, phone: bool) {
    let axe = std::fs::read_to_string(tools().join("node/node_modules/axe-core/axe.min.js"));
    let axe = axe.expect("axe-core; bin/setup installs it");
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let browser = Browser::open(Person { language, scripts: true, phone }).await;
    let empty = visit(&browser, &app, &axe, &["", "/?q=nothing", "/keys"]).await;
    let html = "<h1>Hello</h1><img src='https://pictures.invalid/a.png'><a href='https://a.invalid/verify'>Verify</a>";
    send(&visitor, json!({"Subject": "first", "Text": "x"})).await;
    let attached = json!([{"Content": "eA==", "Filename": "a.txt"}, {"Content": "eA==", "Filename": "b.txt"}]);
    let whole = json!({"Subject": "Your code is 482913", "HTML": html, "Text": "482913", "Tags": ["one", "two"],
        "Attachments": attached, "Bcc": ["hidden@example.com"]});
    let id = send(&visitor, whole).await;
    let tabs = ["preview", "text", "source", "headers", "parts", "smtp", "checks", "versions"];
    let views: Vec<String> = tabs.iter().map(|tab| format!("/view/{id}?tab={tab}")).collect();
    let paths: Vec<&str> = ["", "/?q=bogus:x is:bogus"].into_iter().chain(views.iter().map(String::as_str)).collect();
    let mut all = visit(&browser, &app, &axe, &paths).await;
    all.extend(empty);
    browser.close().await;
    assert!(all.is_empty(), "\n  {}\n", all.join("\n  "));
}

/// The findings on these pages of the inbox in the light and the dark scheme.
async fn visit(browser: &Browser, app: &App, axe: &str, paths: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for path in paths {
        for scheme in ["light", "dark"] {
            let feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            browser.devtools("Emulation.setEmulatedMedia", feature).await;
            browser.page.goto(&format!("{}/dev/inbox{path}", app.site())).await.expect("a page");
            all.extend(findings(browser, axe).await.into_iter().map(|found| format!("{path} ({scheme}): {found}")));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axe_finds_nothing_on_the_inbox_in_english() {
    axe_finds_nothing("en", false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn axe_finds_nothing_on_the_inbox_in_korean_on_a_phone() {
    axe_finds_nothing("ko", true).await;
}
