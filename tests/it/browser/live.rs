//! Tests of the live list in a browser: its connections, and that updates do not disturb the user.

use std::io::Write as _;

use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use crate::support::app::{App, Engine};
use crate::support::visitor::Visitor;
use crate::support::webdriver::{Browser, Person};

use super::inbox_page::find;

const DESKTOP: Person = Person { language: "en", scripts: true, phone: false };

async fn send(visitor: &Visitor, subject: &str) -> String {
    let mail = json!({"From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "Subject": subject,
        "Text": "Your code is 482913"});
    let request = visitor.request(reqwest::Method::POST, "/dev/inbox/api/v1/send").body(mail.to_string());
    visitor.send(request).await.json()["ID"].as_str().expect("an id").to_owned()
}

async fn run(page: &Client, script: &str) -> Value {
    page.execute(script, vec![]).await.expect("a script runs")
}

/// Waits until a row has this subject.
async fn shown(page: &Client, subject: &str) {
    let row = format!("//bdi[@class='subject'][.='{subject}']");
    page.wait().for_element(Locator::XPath(&row)).await.unwrap_or_else(|e| panic!("{subject}: {e}"));
}

/// Waits until the list is live.
async fn live(page: &Client) {
    page.wait().for_element(Locator::Css("#live[data-state=on]")).await.expect("a live list");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_tabs_without_a_live_list_do_not_block_the_site() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), "x").await;
    let browser = Browser::open(DESKTOP).await;
    let inbox = format!("{}/dev/inbox", app.site());
    for n in 0..8 {
        let tab = browser.page.new_window(true).await.expect("a tab");
        browser.page.switch_to_window(tab.handle).await.expect("the tab");
        let url = if n % 2 == 0 { format!("{inbox}/view/{id}") } else { format!("{inbox}/outbox") };
        browser.page.goto(&url).await.unwrap_or_else(|e| panic!("tab {n}: {e}"));
    }
    browser.page.goto(&inbox).await.expect("the list");
    live(&browser.page).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_live_again_after_going_back_and_after_its_tab_was_hidden() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    send(&visitor, "first").await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox?done=deleted", app.site())).await.expect("the list");
    live(page).await;
    assert_eq!(run(page, "return location.search").await, "", "a notice is shown once");
    page.find(Locator::Css(".row .open")).await.expect("a row").click().await.expect("the message is opened");
    page.wait().for_element(Locator::Css("#read[data-id]")).await.expect("the message");
    page.back().await.expect("back");
    live(page).await;
    send(&visitor, "second").await;
    shown(page, "second").await;
    let turn = "Object.defineProperty(document, 'hidden', { value: arguments[0], configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));";
    page.execute(turn, vec![json!(true)]).await.expect("hidden");
    send(&visitor, "third").await;
    page.execute(turn, vec![json!(false)]).await.expect("shown");
    shown(page, "third").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_message_does_not_change_focus_selection_and_scroll_position() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for n in 0..60 {
        send(&visitor, &format!("number {n}")).await;
    }
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    live(page).await;
    let begin = "const row = document.querySelectorAll('.row')[25], box = row.querySelector('input');
        const menu = document.querySelector('#side details'); if (menu) menu.open = true;
        row.scrollIntoView();
        box.checked = true; box.focus({ preventScroll: true });
        window.row = row; window.top_before = row.getBoundingClientRect().top;";
    run(page, begin).await;
    send(&visitor, "new").await;
    let pill = page.wait().for_element(Locator::Css("#moved:not([hidden])")).await.expect("a pill");
    assert_eq!(pill.text().await.expect("its text"), "1 new ↑");
    let state = "const box = window.row.querySelector('input');
        return [document.activeElement === box, box.checked,
            Math.round(window.row.getBoundingClientRect().top - window.top_before)];";
    assert_eq!(run(page, state).await, json!([true, true, 0]));
    pill.click().await.expect("the pill is clicked");
    shown(page, "new").await;
    assert_eq!(run(page, "return window.row.querySelector('input').checked").await, true);

    page.goto(&format!("{}/dev/inbox?start=50", app.site())).await.expect("the second page");
    live(page).await;
    let ids = "return [...document.querySelectorAll('.row')].map((row) => row.dataset.id)";
    let before = run(page, ids).await;
    send(&visitor, "newest").await;
    page.wait().for_element(Locator::Css("#moved:not([hidden])")).await.expect("a pill");
    assert_eq!(run(page, ids).await, before);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_copied_in_a_browser_without_the_clipboard_api() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), "x").await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
    run(
        page,
        "Object.defineProperty(navigator, 'clipboard', { value: undefined });
        document.addEventListener('copy', () => { window.copied = document.activeElement.value; });",
    )
    .await;
    page.find(Locator::Css(".big .copy")).await.expect("a button").click().await.expect("the button is clicked");
    let done = Locator::XPath("//*[contains(@class, 'toast')][contains(., 'Copied')]");
    page.wait().for_element(done).await.expect("the confirmation");
    assert_eq!(run(page, "return window.copied").await, "482913");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_no_control_that_needs_one_is_visible() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), "x").await;
    let browser = Browser::open(Person { scripts: false, ..DESKTOP }).await;
    browser.page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
    let code = browser.page.wait().for_element(Locator::Css(".big code")).await.expect("the code");
    assert!(code.is_displayed().await.expect("known"));
    for control in [".copy", "#palette-open", "#all"] {
        let element = browser.page.find(Locator::Css(control)).await.expect("an element");
        assert!(!element.is_displayed().await.expect("known"), "{control}");
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_selection_does_not_move_to_another_message_after_going_back() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for subject in ["opened", "selected"] {
        send(&visitor, subject).await;
    }
    for scripts in [true, false] {
        let browser = Browser::open(Person { scripts, ..DESKTOP }).await;
        let page = &browser.page;
        page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
        page.wait()
            .for_element(Locator::Css(".row input"))
            .await
            .expect("a checkbox")
            .click()
            .await
            .expect("the message is selected");
        page.find(Locator::Css(".row + .row .open"))
            .await
            .expect("a row")
            .click()
            .await
            .expect("the message is opened");
        page.wait().for_element(Locator::Css("#read[data-id]")).await.expect("the message");
        send(&visitor, &format!("new, scripts {scripts}")).await;
        page.back().await.expect("back");
        page.wait().for_element(Locator::Css(".rows")).await.expect("the list");
        let mut selected = Vec::new();
        for label in page.find_all(Locator::Css(".row input:checked")).await.expect("checkboxes") {
            selected.push(label.attr("aria-label").await.expect("a label").unwrap_or_default());
        }
        let arrived = format!("new, scripts {scripts}");
        assert!(!selected.iter().any(|label| label.contains(&arrived)), "{selected:?}");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_focused_row_is_visible_and_its_focus_moves_to_the_next_row_when_it_is_deleted() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for n in 0..40 {
        send(&visitor, &format!("number {n}")).await;
    }
    for phone in [false, true] {
        let browser = Browser::open(Person { phone, ..DESKTOP }).await;
        let page = &browser.page;
        page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
        live(page).await;
        let hidden = "const box = document.activeElement.getBoundingClientRect();
            const at = document.elementFromPoint(box.left + 4, box.top + box.height / 2);
            return at && (document.activeElement.contains(at) || at.contains(document.activeElement)) ? null
                : document.activeElement.textContent;";
        for key in ["j", "k"] {
            for _ in 0..35 {
                let press = format!(
                    "document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }}));"
                );
                run(page, &press).await;
                assert_eq!(run(page, hidden).await, Value::Null, "{key}, phone {phone}");
            }
        }
        let id = run(page, "return document.activeElement.closest('.row').nextElementSibling.dataset.id").await;
        let deleted = run(page, "return document.activeElement.closest('.row').dataset.id").await;
        let delete = visitor.request(reqwest::Method::DELETE, "/dev/inbox/api/v1/messages");
        visitor.send(delete.body(json!({"IDs": [deleted]}).to_string())).await;
        let next = format!(".row[data-id='{}'] .open:focus", id.as_str().expect("an id"));
        page.wait().for_element(Locator::Css(&next)).await.expect("the next row has the focus");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_tag_is_shown_with_its_message_and_a_long_one_does_not_widen_the_page() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let browser = Browser::open(Person { phone: true, ..DESKTOP }).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    live(page).await;
    let mail = json!({"From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "Subject": "tagged",
        "Tags": ["x".repeat(90), "short"]});
    visitor.send(visitor.request(reqwest::Method::POST, "/dev/inbox/api/v1/send").body(mail.to_string())).await;
    shown(page, "tagged").await;
    let tag = "//li[contains(@class, 'row')]//span[contains(@class, 'tag')][contains(., 'short')]";
    page.wait().for_element(Locator::XPath(tag)).await.expect("the tag of the row");
    assert_eq!(run(page, "return document.documentElement.scrollWidth - innerWidth").await, 0);
    page.goto(&format!("{}/dev/inbox/?q=before:{}", app.site(), "y".repeat(300))).await.expect("a search");
    assert_eq!(run(page, "return document.documentElement.scrollWidth - innerWidth").await, 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_sessions_shows_a_session_that_ends_while_it_is_open() {
    let app = App::start(Engine::Sqlite).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox/sessions", app.site())).await.expect("the page");
    find(page, "#list > .empty").await;
    let mut client = std::net::TcpStream::connect(app.smtp()).expect("a connection");
    client.write_all(b"QUIT\r\n").expect("a command");
    find(page, "#list .entry").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_another_window_restores_comes_back() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let id = send(&visitor, "restored").await;
    for n in 0..30 {
        send(&visitor, &format!("number {n}")).await;
    }
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    for path in ["/dev/inbox/".to_owned(), format!("/dev/inbox/view/{id}")] {
        page.goto(&format!("{}{path}", app.site())).await.expect("a page");
        live(page).await;
        let is_open = path.contains("/view/");
        run(page, "document.querySelectorAll('.row')[9].scrollIntoView()").await;
        let deleted = visitor.post(&format!("/dev/inbox/view/{id}/delete"), &[]).await;
        let batch = deleted.location().split("undo=").nth(1).expect("a number").to_owned();
        let gone =
            if is_open { "#read:not([data-id])".to_owned() } else { format!(".list:not(:has([data-id='{id}']))") };
        find(page, &gone).await;
        visitor.post(&format!("/dev/inbox/undo/{batch}"), &[]).await;
        if is_open {
            find(page, &format!("#read[data-id='{id}']")).await;
        } else {
            find(page, "#moved:not([hidden])").await.click().await.expect("the list is loaded");
            shown(page, "restored").await;
        }
    }
    browser.close().await;
}
