//! Tests of reading by keys: the message scrolls, the tab stays, quick presses count, boxes close, and a server that is
//! away is reported. Which keys there are is tested in keyboard.rs.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::json;

use crate::support::app::{App, Engine};
use crate::support::webdriver::Browser;

use super::inbox_page::{DESKTOP, click, find, run, send};
use super::keyboard::{begin, open_subject, press, wait_for};
use super::panes::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_enter_the_keys_scroll_the_message() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    send(&visitor, json!({"Subject": "with a frame", "HTML": "<p>hello"})).await;
    send(&visitor, json!({"Subject": "long", "Text": "line\n".repeat(400)})).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    find(page, "#live[data-state=on]").await;
    press(&browser, &["j"]).await;
    open_subject(&browser, "long").await;
    press(&browser, &[&Key::Enter.to_string()]).await;
    until(page, "return document.activeElement.matches('.text-panel')", json!(true)).await;
    for kind in ["rawKeyDown", "keyUp"] {
        let event = json!({"type": kind, "key": "PageDown", "code": "PageDown", "windowsVirtualKeyCode": 34});
        browser.devtools("Input.dispatchKeyEvent", event).await;
    }
    until(page, "return document.querySelector('.text-panel').scrollTop > 100", json!(true)).await;
    press(&browser, &["j"]).await;
    open_subject(&browser, "with a frame").await;
    press(&browser, &[&Key::Enter.to_string()]).await;
    until(page, "return document.activeElement.matches('iframe.mail')", json!(true)).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_within_a_message_scrolls_its_frame_and_opens_no_window() {
    let app = App::start(Engine::Sqlite).await;
    let html = "<a href='#sec' target='_blank'>down</a><p style='height:3000px'>long</p><h2 id='sec'>Section</h2>";
    let id = send(&app.visitor(), json!({"Subject": "x", "HTML": html})).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
    find(page, "#read iframe.mail").await.enter_frame().await.expect("the frame");
    click(page, "a").await;
    find(page, "#sec:target").await;
    assert_eq!(page.windows().await.expect("the windows").len(), 1);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_escape_closes_a_box_and_the_focus_returns_to_where_it_was() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    press(&browser, &["t"]).await;
    press(&browser, &["shop", &Key::Escape.to_string()]).await;
    let state = "const row = document.activeElement.closest('.row');
        return [document.querySelectorAll('details.menu[open]').length, row?.querySelector('.subject').textContent]";
    assert_eq!(run(page, state).await, json!([0, "one"]));
    click(page, ".acts summary[data-key=t]").await;
    click(page, "#tags").await;
    press(&browser, &[&Key::Escape.to_string()]).await;
    let state = "return [document.querySelectorAll('details.menu[open]').length, document.activeElement.localName]";
    assert_eq!(run(page, state).await, json!([0, "summary"]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_quick_press_of_the_delete_key_deletes_a_message() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    let quickly = "for (let n = 0; n < 5; n++)
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: '#', bubbles: true }))";
    run(&browser.page, quickly).await;
    wait_for(&browser, &["six"]).await;
    open_subject(&browser, "six").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_message_opens_with_the_tab_that_was_chosen() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    press(&browser, &["4"]).await;
    find(page, ".tabs [data-tab=headers][aria-current]").await;
    press(&browser, &["j"]).await;
    open_subject(&browser, "two").await;
    find(page, ".tabs [data-tab=headers][aria-current]").await;
    press(&browser, &["1", "k"]).await;
    open_subject(&browser, "one").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_actions_say_that_nothing_has_changed() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    let offline = |is: bool| json!({"offline": is, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.devtools("Network.enable", json!({})).await;
    browser.devtools("Network.emulateNetworkConditions", offline(true)).await;
    let notice = "//*[contains(@class, 'toast')][contains(., 'Nothing has changed')]";
    for key in ["j", "#", "3"] {
        run(page, "document.querySelector('.toast')?.remove()").await;
        press(&browser, &[key]).await;
        page.wait().for_element(Locator::XPath(notice)).await.unwrap_or_else(|e| panic!("{key}: {e}"));
        let open = "return document.querySelector('.row.now .subject')?.textContent";
        assert_eq!(run(page, open).await, "one", "{key}");
    }
    browser.devtools("Network.emulateNetworkConditions", offline(false)).await;
    wait_for(&browser, &["one", "two", "three", "four", "five", "six"]).await;
    press(&browser, &["j"]).await;
    open_subject(&browser, "three").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_palette_lists_first_what_begins_with_the_text() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    press(&browser, &["#"]).await;
    open_subject(&browser, "two").await;
    for (typed, first) in [("table", "Table"), ("undo", "Undo deletion: Deleted 1 message")] {
        click(page, "#palette-open").await;
        find(page, "dialog[open] input").await.send_keys(typed).await.expect("typed");
        let found = find(page, "#palette [role=option]").await.text().await.expect("its text");
        assert!(found.starts_with(first), "{found}");
        press(&browser, &[&Key::Escape.to_string()]).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_choice_of_how_the_list_looks_keeps_the_open_message() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for n in 0..3 {
        send(&visitor, json!({"Subject": format!("Order {n}"), "Text": format!("text {n}")})).await;
    }
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox/", app.site())).await.expect("the list");
    click(page, ".row .open").await;
    find(page, "#read .plain-text").await;
    for (choice, shown) in [("#group", "#group[aria-current]"), ("#table", ".mailbox.table")] {
        click(page, choice).await;
        find(page, shown).await;
        find(page, "#read .plain-text").await;
        let address = page.current_url().await.expect("an address").to_string();
        assert!(address.contains("/view/") && address.ends_with("?group=1"), "{choice}: {address}");
    }
    browser.close().await;
}
