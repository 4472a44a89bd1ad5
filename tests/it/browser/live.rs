//! The live list in a real browser: what it costs, and that it takes nothing away from whoever works in it.

use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use crate::support::app::{App, Engine};
use crate::support::visitor::Visitor;
use crate::support::webdriver::{Browser, Person};

const ANYBODY: Person = Person { language: "en", scripts: true, phone: false };

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
async fn eight_tabs_that_show_no_live_list_leave_the_site_usable() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), "x").await;
    let browser = Browser::open(ANYBODY).await;
    let inbox = format!("{}/dev/inbox", app.site());
    for n in 0..8 {
        let tab = browser.page.new_window(true).await.expect("a tab");
        browser.page.switch_to_window(tab.handle).await.expect("the tab");
        let place = if n % 2 == 0 { format!("{inbox}/view/{id}") } else { format!("{inbox}/outbox") };
        browser.page.goto(&place).await.unwrap_or_else(|e| panic!("tab {n}: {e}"));
    }
    browser.page.goto(&inbox).await.expect("the list");
    live(&browser.page).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_live_again_after_going_back_to_it_and_when_it_is_looked_at_again() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    send(&visitor, "first").await;
    let browser = Browser::open(ANYBODY).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox?done=deleted", app.site())).await.expect("the list");
    live(page).await;
    assert_eq!(run(page, "return location.search").await, "", "a notice is told once");
    page.find(Locator::Css(".row .open")).await.expect("a row").click().await.expect("opened");
    page.wait().for_element(Locator::Css("article.message")).await.expect("the message");
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
async fn new_mail_leaves_focus_ticks_folds_and_the_place_on_the_page_alone() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for n in 0..60 {
        send(&visitor, &format!("number {n}")).await;
    }
    let browser = Browser::open(ANYBODY).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    live(page).await;
    let begin = "const row = document.querySelectorAll('.row')[25], box = row.querySelector('input');
        document.querySelector('.sure').open = true;
        row.scrollIntoView(); scrollBy(0, -100);
        box.checked = true; box.focus({ preventScroll: true });
        window.row = row; window.top_before = row.getBoundingClientRect().top;";
    run(page, begin).await;
    send(&visitor, "new").await;
    shown(page, "new").await;
    let state = "const box = window.row.querySelector('input');
        return [document.activeElement === box, box.checked, document.querySelector('.sure').open,
            Math.round(window.row.getBoundingClientRect().top - window.top_before)];";
    assert_eq!(run(page, state).await, json!([true, true, true, 0]));

    page.goto(&format!("{}/dev/inbox?start=50", app.site())).await.expect("the second page");
    live(page).await;
    let ids = "return [...document.querySelectorAll('.row')].map((row) => row.dataset.id)";
    let before = run(page, ids).await;
    send(&visitor, "newest").await;
    page.wait().for_element(Locator::Css("#moved:not([hidden])")).await.expect("a notice");
    assert_eq!(run(page, ids).await, before);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_copied_where_the_browser_has_no_clipboard() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), "x").await;
    let browser = Browser::open(ANYBODY).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
    run(
        page,
        "Object.defineProperty(navigator, 'clipboard', { value: undefined });
        document.addEventListener('copy', () => { window.copied = document.activeElement.value; });",
    )
    .await;
    page.find(Locator::Css(".copy")).await.expect("a button").click().await.expect("pressed");
    page.wait().for_element(Locator::XPath("//button[.='Copied']")).await.expect("an answer");
    assert_eq!(run(page, "return window.copied").await, "482913");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_nothing_shows_that_needs_one() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), "x").await;
    let browser = Browser::open(Person { scripts: false, ..ANYBODY }).await;
    browser.page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
    let code = browser.page.wait().for_element(Locator::Css(".codes code")).await.expect("the code");
    assert!(code.is_displayed().await.expect("known"));
    for dead in [".copy", ".keys"] {
        let element = browser.page.find(Locator::Css(dead)).await.expect("an element");
        assert!(!element.is_displayed().await.expect("known"), "{dead}");
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_ticked_is_not_ticked_on_other_mail_after_going_back() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for subject in ["opened", "ticked"] {
        send(&visitor, subject).await;
    }
    for scripts in [true, false] {
        let browser = Browser::open(Person { scripts, ..ANYBODY }).await;
        let page = &browser.page;
        page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
        page.find(Locator::Css(".row input")).await.expect("a box").click().await.expect("ticked");
        page.find(Locator::Css(".row:nth-child(2) .open")).await.expect("a row").click().await.expect("opened");
        page.wait().for_element(Locator::Css("article.message")).await.expect("the message");
        send(&visitor, &format!("new, scripts {scripts}")).await;
        page.back().await.expect("back");
        page.wait().for_element(Locator::Css(".rows")).await.expect("the list");
        let mut ticked = Vec::new();
        for label in page.find_all(Locator::Css(".row input:checked")).await.expect("boxes") {
            ticked.push(label.attr("aria-label").await.expect("a label").unwrap_or_default());
        }
        let came = format!("new, scripts {scripts}");
        assert!(!ticked.iter().any(|label| label.contains(&came)), "{ticked:?}");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_the_focus_is_in_sight_and_a_row_that_others_delete_leaves_it_to_the_next() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for n in 0..40 {
        send(&visitor, &format!("number {n}")).await;
    }
    for phone in [false, true] {
        let browser = Browser::open(Person { phone, ..ANYBODY }).await;
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
        let gone = run(page, "return document.activeElement.closest('.row').dataset.id").await;
        let delete = visitor.request(reqwest::Method::DELETE, "/dev/inbox/api/v1/messages");
        visitor.send(delete.body(json!({"IDs": [gone]}).to_string())).await;
        let next = format!(".row[data-id='{}'] .open:focus", id.as_str().expect("an id"));
        page.wait().for_element(Locator::Css(&next)).await.expect("the neighbour has the focus");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_tag_comes_with_its_mail_and_a_long_one_widens_no_page() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let browser = Browser::open(Person { phone: true, ..ANYBODY }).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    live(page).await;
    let mail = json!({"From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "Subject": "tagged",
        "Tags": ["x".repeat(90), "short"]});
    visitor.send(visitor.request(reqwest::Method::POST, "/dev/inbox/api/v1/send").body(mail.to_string())).await;
    shown(page, "tagged").await;
    page.wait().for_element(Locator::XPath("//div[@id='tags']//a[.='short']")).await.expect("in the bar, too");
    assert_eq!(run(page, "return document.documentElement.scrollWidth - innerWidth").await, 0);
    page.goto(&format!("{}/dev/inbox/?q=before:{}", app.site(), "y".repeat(300))).await.expect("a search");
    assert_eq!(run(page, "return document.documentElement.scrollWidth - innerWidth").await, 0);
    browser.close().await;
}
