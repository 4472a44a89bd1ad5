//! Tests of the inbox's page while the server is away: without a word, or without an answer.

use fantoccini::Locator;
use serde_json::json;

use crate::support::app::{App, Engine};
use crate::support::webdriver::Browser;

use super::inbox_page::{DESKTOP, find, run, send};

/// Streams after the first one stay silent while `silent` is true, and the page waits a moment for a sign of life instead
/// of 45 seconds.
const SILENCE: &str = "delete window.SharedWorker; const Real = EventSource, later = setTimeout; window.silent = false;
    window.setTimeout = (action, time, ...rest) => later(action, time > 40000 && window.silent ? 300 : time, ...rest);
    window.EventSource = function (url) {
        return window.silent ? { readyState: 0, addEventListener() {}, close() {} } : new Real(url);
    };";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_a_sign_of_life_is_shown_and_opened_again() {
    let app = App::start(Engine::Sqlite).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": SILENCE })).await;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    find(page, "#live[data-state=on]").await;
    // The wait begins with each event.
    run(page, "window.silent = true").await;
    send(&app.visitor(), json!({"Subject": "before"})).await;
    find(page, "#live[data-state=off]").await;
    send(&app.visitor(), json!({"Subject": "meanwhile"})).await;
    run(page, "window.silent = false").await;
    find(page, "#live[data-state=on]").await;
    let row = Locator::XPath("//bdi[@class='subject'][.='meanwhile']");
    page.wait().for_element(row).await.expect("nothing is lost");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_while_the_server_is_away_leaves_the_page_as_it_is() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), json!({"Subject": "kept", "HTML": "<p>x"})).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    let offline = |is: bool| json!({"offline": is, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.devtools("Network.enable", json!({})).await;
    for leave in [
        "document.querySelector('#q').value = 'kept'; document.querySelector('.search button').click()",
        "document.querySelector('#side a[href*=unread]').click()",
    ] {
        page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
        find(page, "#live[data-state=on]").await;
        let before = page.current_url().await.expect("a URL");
        browser.devtools("Network.emulateNetworkConditions", offline(true)).await;
        let off = "const live = document.querySelector('#live'); live.dataset.state = 'off'; live.textContent = ''; ";
        run(page, &format!("{off}{leave}")).await;
        find(page, ".toast").await;
        assert_eq!(page.current_url().await.expect("a URL"), before, "{leave}");
        assert!(find(page, "#read .mail").await.is_displayed().await.expect("known"));
        browser.devtools("Network.emulateNetworkConditions", offline(false)).await;
        run(page, &format!("{off}{leave}")).await;
        find(page, ".chip[title]").await;
        assert!(page.current_url().await.expect("a URL").query().is_some(), "{leave}");
    }
    browser.close().await;
}
