//! Tests of what the inbox's pages print.

use serde_json::json;

use crate::support::app::{App, Engine};
use crate::support::webdriver::Browser;

use super::inbox_page::{DESKTOP, run, send};

const IS_SHOWN: &str = "const shown = (css) => document.querySelector(css)?.checkVisibility() ?? false;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_prints_its_messages_and_nothing_of_the_page_around_them() {
    let app = App::start(Engine::Sqlite).await;
    for n in 0..40 {
        send(&app.visitor(), json!({"Subject": format!("number {n}")})).await;
    }
    let browser = Browser::open(DESKTOP).await;
    browser.page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    browser.devtools("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
    let printed = format!(
        "{IS_SHOWN} return [['.row', '#found', '#side', '.list-head button', '.list-foot', '.read.none'].map(shown),
            document.documentElement.scrollHeight > 40 * 40]"
    );
    assert_eq!(run(&browser.page, &printed).await, json!([[true, true, false, false, false, false], true]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_prints_without_the_list_and_says_where_a_long_one_is_cut() {
    let app = App::start(Engine::Sqlite).await;
    let browser = Browser::open(DESKTOP).await;
    for (paragraphs, cut) in [(1, false), (3_000, true)] {
        let html = "<p>Some words of a paragraph.".repeat(paragraphs);
        let id = send(&app.visitor(), json!({"Subject": "x", "HTML": html})).await;
        browser.devtools("Emulation.setEmulatedMedia", json!({"media": ""})).await;
        browser.page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
        let shown = format!("{IS_SHOWN} return ['.mail', '.row', '.tabs', '.print-note'].map(shown)");
        assert_eq!(run(&browser.page, &shown).await, json!([true, true, true, false]));
        browser.devtools("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
        assert_eq!(run(&browser.page, &shown).await, json!([true, false, false, cut]), "{paragraphs}");
    }
    browser.close().await;
}
