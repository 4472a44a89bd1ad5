//! Tests of the inbox's keys: everything is done without a pointer, and keys act on the selection if there is one.

use fantoccini::Locator;
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::support::app::{App, Engine};
use crate::support::webdriver::Browser;

use super::inbox_page::{DESKTOP, click, find, run, send};

/// A page with the messages `one` to `six`, the newest first, and a live connection.
pub async fn begin(app: &App) -> Browser {
    let visitor = app.visitor();
    for subject in ["six", "five", "four", "three", "two", "one"] {
        send(
            &visitor,
            json!({"Subject": subject, "Text": "Your code is 482913", "HTML": "<p>Your code is 482913</p>"}),
        )
        .await;
    }
    let browser = Browser::open(DESKTOP).await;
    browser.page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    find(&browser.page, "#live[data-state=on]").await;
    browser
}

pub async fn press(browser: &Browser, keys: &[&str]) {
    for key in keys {
        browser.page.active_element().await.expect("an element").send_keys(key).await.expect("the key is pressed");
    }
}

pub async fn open_subject(browser: &Browser, subject: &str) {
    let title = format!("//article[@id='read']//h1[.='{subject}']");
    browser.page.wait().for_element(Locator::XPath(&title)).await.unwrap_or_else(|e| panic!("{subject}: {e}"));
}

async fn subjects(browser: &Browser) -> Value {
    run(&browser.page, "return [...document.querySelectorAll('.row .subject')].map((each) => each.textContent)").await
}

/// Waits until the list has exactly these subjects.
pub async fn wait_for(browser: &Browser, wanted: &[&str]) {
    for _ in 0..100 {
        if subjects(browser).await == json!(wanted) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{:?} instead of {wanted:?}", subjects(browser).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_read_deleted_and_restored_by_keys_alone() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    press(&browser, &["j", "j"]).await;
    open_subject(&browser, "three").await;
    press(&browser, &["k"]).await;
    open_subject(&browser, "two").await;
    press(&browser, &["#"]).await;
    // The next older message opens.
    open_subject(&browser, "three").await;
    wait_for(&browser, &["one", "three", "four", "five", "six"]).await;
    press(&browser, &["z"]).await;
    wait_for(&browser, &["one", "two", "three", "four", "five", "six"]).await;
    press(&browser, &["3"]).await;
    find(&browser.page, ".tabs [data-tab=source][aria-current]").await;
    press(&browser, &["u"]).await;
    let row = "return document.activeElement.closest('.row')?.querySelector('.subject').textContent";
    assert_eq!(run(&browser.page, row).await, "three", "back to the row of the message");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_act_on_the_selection_if_there_is_one() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    press(&browser, &["j", "j", "x", "J", "J"]).await;
    assert_eq!(find(&browser.page, "#selected").await.text().await.expect("its text"), "3 selected");
    press(&browser, &["#"]).await;
    wait_for(&browser, &["one", "five", "six"]).await;
    let toast = find(&browser.page, ".toast").await.text().await.expect("its text");
    assert!(toast.contains('3'), "{toast}");
    press(&browser, &["z"]).await;
    wait_for(&browser, &["one", "two", "three", "four", "five", "six"]).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dialog_lists_the_keys_and_a_palette_finds_commands() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    press(&browser, &["?"]).await;
    find(page, "dialog[open] kbd").await;
    press(&browser, &[&Key::Escape.to_string()]).await;
    let chord = Key::Control.to_string() + "k";
    press(&browser, &[&chord]).await;
    let input = find(page, "dialog[open] input").await;
    input.send_keys("outbox").await.expect("typed");
    input.send_keys(&Key::Enter.to_string()).await.expect("taken");
    let there = format!("{}/dev/inbox/outbox", app.site()).parse().expect("an address");
    page.wait().for_url(&there).await.expect("the outbox");
    click(page, "#palette-open").await;
    let input = find(page, "dialog[open] input").await;
    input.send_keys("faults").await.expect("typed");
    input.send_keys(&Key::Enter.to_string()).await.expect("taken");
    let there = format!("{}/dev/inbox/faults", app.site()).parse().expect("an address");
    page.wait().for_url(&there).await.expect("the palette works beside the list");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_search_box_completes_what_is_known() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    press(&browser, &["/"]).await;
    press(&browser, &["has:c"]).await;
    find(page, "#completion:not([hidden]) [role=option]").await;
    press(&browser, &[&Key::Down.to_string(), &Key::Enter.to_string()]).await;
    assert_eq!(run(page, "return document.getElementById('q').value").await, "has:code ");
    press(&browser, &["to:cust"]).await;
    find(page, "#completion:not([hidden]) [role=option]").await;
    press(&browser, &[&Key::Down.to_string(), &Key::Enter.to_string()]).await;
    assert_eq!(run(page, "return document.getElementById('q').value").await, "has:code mailbox:customer@example.com ");
    press(&browser, &[&Key::Enter.to_string()]).await;
    page.wait().for_element(Locator::XPath("//*[@id='found'][contains(., '6')]")).await.expect("what is found");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_can_be_switched_off() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox/keys", app.site())).await.expect("the page of the keys");
    click(page, "main form button").await;
    // The answer to the form must arrive before the next page is loaded.
    find(page, "main form button[value=keys]").await;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    find(page, "body[data-keys=off] .row").await;
    press(&browser, &["j", "x", "#"]).await;
    assert_eq!(run(page, "return document.querySelectorAll('.row input:checked').length").await, 0);
    assert_eq!(subjects(&browser).await.as_array().expect("rows").len(), 6);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn escape_clears_the_selection_and_an_emptied_list_keeps_the_focus() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    press(&browser, &["a"]).await;
    let ticked = "return document.querySelectorAll('.row > input:checked').length";
    assert_eq!(run(page, ticked).await, 6);
    press(&browser, &[&Key::Escape.to_string()]).await;
    assert_eq!(run(page, ticked).await, 0);
    press(&browser, &["a", "#"]).await;
    wait_for(&browser, &[]).await;
    page.wait().for_element(Locator::Css("#read.none, #read.guide")).await.expect("an empty pane");
    assert_eq!(run(page, "return document.title").await, "Inbox");
    let focused = "return document.activeElement.closest('#list') !== null";
    assert_eq!(run(page, focused).await, true, "the focus is in the list");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_works_when_its_address_holds_a_password() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    let address = format!("{}/dev/inbox/?done=read", app.site()).replace("://", "://dev:secret@");
    page.goto(&address).await.expect("the list");
    find(page, "#live[data-state=on]").await;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    press(&browser, &["3"]).await;
    find(page, ".tabs [data-tab=source][aria-current]").await;
    press(&browser, &["#"]).await;
    open_subject(&browser, "two").await;
    wait_for(&browser, &["two", "three", "four", "five", "six"]).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_message_that_is_deleted_elsewhere_says_so_and_the_list_stays() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    let id = run(page, "return document.getElementById('read').dataset.id").await;
    let request = app.visitor().request(reqwest::Method::DELETE, "/dev/inbox/api/v1/messages");
    app.visitor().send(request.body(json!({"IDs": [id]}).to_string())).await;
    let sentence = "//article[@id='read']//p[contains(., 'may have been deleted')]";
    page.wait().for_element(Locator::XPath(sentence)).await.expect("a sentence in the pane");
    wait_for(&browser, &["two", "three", "four", "five", "six"]).await;
    page.refresh().await.expect("the page of the deleted message");
    page.wait().for_element(Locator::XPath(sentence)).await.expect("the sentence");
    wait_for(&browser, &["two", "three", "four", "five", "six"]).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_message_keeps_its_row_though_the_search_no_longer_finds_it() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox/?q=is:unread", app.site())).await.expect("the unread messages");
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    let found = "//*[@id='found'][contains(., '5')]";
    page.wait().for_element(Locator::XPath(found)).await.expect("the list is loaded again");
    assert_eq!(subjects(&browser).await, json!(["one", "two", "three", "four", "five", "six"]));
    press(&browser, &["j"]).await;
    open_subject(&browser, "two").await;
    wait_for(&browser, &["two", "three", "four", "five", "six"]).await;
    press(&browser, &["#"]).await;
    open_subject(&browser, "three").await;
    let listed = app.visitor().get("/dev/inbox/api/v1/messages").await.json();
    let left: Vec<_> = listed["messages"].as_array().expect("a list").iter().map(|each| &each["Subject"]).collect();
    assert_eq!(left, ["one", "three", "four", "five", "six"]);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletions_are_undone_one_after_the_other_also_on_another_page() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    press(&browser, &["j"]).await;
    open_subject(&browser, "one").await;
    press(&browser, &["#"]).await;
    open_subject(&browser, "two").await;
    press(&browser, &["#"]).await;
    open_subject(&browser, "three").await;
    browser.page.goto(&format!("{}/dev/inbox/sessions", app.site())).await.expect("another page");
    browser.page.goto(&format!("{}/dev/inbox/", app.site())).await.expect("the list");
    press(&browser, &["z"]).await;
    wait_for(&browser, &["two", "three", "four", "five", "six"]).await;
    press(&browser, &["z"]).await;
    wait_for(&browser, &["one", "two", "three", "four", "five", "six"]).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_back_the_keys_act_on_the_message_that_is_shown() {
    let app = App::start(Engine::Sqlite).await;
    let browser = begin(&app).await;
    let page = &browser.page;
    for (keys, subject) in [("j", "one"), ("j", "two"), ("j", "three")] {
        press(&browser, &[keys]).await;
        open_subject(&browser, subject).await;
    }
    let entries = run(page, "return history.length").await;
    click(page, ".row.now .open").await;
    page.back().await.expect("the page before");
    open_subject(&browser, "two").await;
    assert_eq!(run(page, "return history.length").await, entries, "a message that is open is not opened again");
    page.back().await.expect("the page before");
    open_subject(&browser, "one").await;
    find(page, ".row.now .open:focus").await;
    press(&browser, &["j"]).await;
    open_subject(&browser, "two").await;
    browser.close().await;
}
