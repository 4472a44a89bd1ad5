//! Tests of the inbox's page in a browser: how high a message begins, how small the page is, pictures, undo without
//! scripts, the phone, notifications.

use fantoccini::{Client, Locator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{App, Engine};
use crate::support::visitor::Visitor;
use crate::support::webdriver::{Browser, Person};

pub const DESKTOP: Person = Person { language: "en", scripts: true, phone: false };
/// Limits of the page: pixels above the message, bytes of HTML and of scripts.
const MAX_TOP: f64 = 240.0;
const MAX_TOP_ON_A_PHONE: f64 = 300.0;
const MAX_HTML: usize = 80 * 1024;
const MAX_SCRIPTS: usize = 25 * 1024;

/// Sends a message as JSON with these fields beside sender and recipient; returns its id.
pub async fn send(visitor: &Visitor, fields: Value) -> String {
    let mut mail = json!({"From": {"Name": "Moss & Pine", "Email": "orders@shop.example"},
        "To": [{"Email": "customer@example.com"}], "Text": "hello"});
    for (name, value) in fields.as_object().expect("an object") {
        mail[name] = value.clone();
    }
    let request = visitor.request(Method::POST, "/dev/inbox/api/v1/send").body(mail.to_string());
    visitor.send(request).await.json()["ID"].as_str().expect("an id").to_owned()
}

/// A message of about 2 KB with a code, a button and a link to unsubscribe.
fn usual(n: usize) -> Value {
    let html = format!(
        "<!doctype html><h1>Order {n}</h1><p>Your verification code is 48291{}.</p>{}\
         <p><a href='https://shop.example/orders/{n}/confirm?token=abc'>Confirm the order</a></p>\
         <p><a href='https://shop.example/unsubscribe'>Unsubscribe</a></p>",
        n % 10,
        "<p>Thank you for the order. We send it as soon as it is packed.</p>".repeat(24)
    );
    json!({"Subject": format!("Your order number {n} has been received and is being packed"), "HTML": html,
        "Text": format!("Order {n}"), "Tags": ["shop"]})
}

pub async fn run(page: &Client, script: &str) -> Value {
    page.execute(script, vec![]).await.expect("a script runs")
}

pub async fn find(page: &Client, css: &str) -> fantoccini::elements::Element {
    page.wait().for_element(Locator::Css(css)).await.unwrap_or_else(|e| panic!("{css}: {e}"))
}

/// Clicks an element. The page may replace it between the search and the click; then the new one is clicked.
pub async fn click(page: &Client, css: &str) {
    const ATTEMPTS: usize = 20;
    for attempt in 1..=ATTEMPTS {
        match find(page, css).await.click().await {
            Err(error) if attempt < ATTEMPTS && error.to_string().contains("stale element") => {}
            clicked => return clicked.unwrap_or_else(|e| panic!("{css}: {e}")),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_begins_high_on_the_screen_and_the_page_is_small() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let mut id = String::new();
    for n in 0..50 {
        id = send(&visitor, usual(n)).await;
    }
    let path = format!("/dev/inbox/view/{id}");
    let html = visitor.get(&path).await.text().len();
    let mut scripts = 0;
    for script in ["inbox.js", "live.js", "mailbox.js", "keys.js"] {
        scripts += visitor.get(&format!("/static/{script}")).await.text().len();
    }
    println!("HTML of 50 rows and a message of 2 KB: {html} bytes; scripts: {scripts} bytes");
    for (phone, most) in [(false, MAX_TOP), (true, MAX_TOP_ON_A_PHONE)] {
        let browser = Browser::open(Person { phone, ..DESKTOP }).await;
        for tab in ["preview", "text"] {
            browser.page.goto(&format!("{}{path}?tab={tab}", app.site())).await.expect("a page");
            let top = "return document.querySelector('iframe.mail, .plain-text').getBoundingClientRect().top";
            let top = run(&browser.page, top).await.as_f64().expect("a number");
            println!("{tab} begins at y = {top}{}", if phone { " on a phone" } else { "" });
            assert!(top <= most, "{tab} begins at {top}, phone: {phone}");
        }
        browser.picture(&format!("message-{}", if phone { "phone" } else { "desktop" })).await;
        browser.close().await;
    }
    assert!(html <= MAX_HTML, "{html} bytes of HTML");
    assert!(scripts <= MAX_SCRIPTS, "{scripts} bytes of scripts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_a_message_is_opened_deleted_and_restored() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    send(&visitor, usual(1)).await;
    send(&visitor, usual(2)).await;
    let browser = Browser::open(Person { scripts: false, ..DESKTOP }).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    click(page, ".row .open").await;
    find(page, "#read[data-id] iframe").await;
    assert_eq!(page.find_all(Locator::Css(".row")).await.expect("rows").len(), 2, "the list stays beside the message");
    click(page, ".tabs [data-tab=headers]").await;
    find(page, ".headers-panel").await;
    click(page, "#read form[action*='/delete'] button").await;
    click(page, ".toast form button").await;
    page.wait()
        .for_element(Locator::XPath("//*[contains(@class, 'toast')][contains(., 'undone')]"))
        .await
        .expect("notice");
    assert_eq!(page.find_all(Locator::Css(".row")).await.expect("rows").len(), 2);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_of_this_machine_load_at_once_and_others_when_asked() {
    let app = App::start(Engine::Sqlite).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let local = listener.local_addr().expect("an address");
    let (loaded, mut loads) = tokio::sync::mpsc::unbounded_channel();
    // The server answers nothing, so that the page does not wait for its picture.
    let server = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            let _ = loaded.send(());
        }
    });
    let html = format!(
        "<img src='http://{local}/own.png'><img src='http://pictures.invalid/a.png'>\
        <img src='http://pictures.invalid/pixel' width=1 height=1>"
    );
    let id = send(&app.visitor(), json!({"Subject": "pictures ".repeat(12), "HTML": html})).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
    loads.recv().await.expect("the picture of this machine is loaded");
    let top = run(page, "return document.querySelector('iframe.mail').getBoundingClientRect().top").await;
    assert!(top.as_f64().is_some_and(|top| top <= MAX_TOP), "the frame begins at {top}");
    let note = find(page, ".bar-note").await.text().await.expect("its text");
    assert!(note.contains("1 picture (pictures.invalid), 1 tracking pixel"), "{note}");
    click(page, ".bar-note a").await;
    find(page, "iframe[src*='img=1']").await;
    click(page, ".bar-note form button").await;
    find(page, "iframe:not([src*='img=1'])").await;
    click(page, ".bar-note form button").await;
    find(page, "iframe[src*='img=1']").await;
    browser.close().await;
    server.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_the_message_takes_the_screen_and_back_returns_to_the_list() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    send(&visitor, usual(1)).await;
    let browser = Browser::open(Person { phone: true, language: "ko", ..DESKTOP }).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    let shown = async |css: &str| find(page, css).await.is_displayed().await.expect("known");
    assert!(shown(".list").await && !shown("#read").await && shown("#side").await);
    click(page, ".row .open").await;
    find(page, "body.open #read[data-id]").await;
    assert!(!shown(".list").await && shown("#read").await);
    assert_eq!(run(page, "return document.documentElement.scrollWidth - innerWidth").await, 0);
    // The chosen tab is in sight when the page comes with it.
    let url = page.current_url().await.expect("a URL");
    page.goto(&format!("{}?tab=versions", url.as_str())).await.expect("the message");
    let out = "const { left, right } = document.querySelector('.tabs [aria-current]').getBoundingClientRect();
        return [left >= 0, right <= innerWidth]";
    assert_eq!(run(page, out).await, json!([true, true]));
    click(page, "#read .back").await;
    find(page, "body:not(.open) .list").await;
    assert!(shown(".list").await && !shown("#read").await);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone_a_deletion_returns_to_the_list_and_its_notice_fits_the_screen() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for n in 1..=2 {
        send(&visitor, usual(n)).await;
    }
    let browser = Browser::open(Person { phone: true, language: "en", ..DESKTOP }).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    click(page, ".row .open").await;
    click(page, "body.open #read .acts [data-key='#']").await;
    find(page, "body:not(.open) .toast form").await;
    let sides = "const { left, right } = document.querySelector('.toast').getBoundingClientRect();
        return left >= 0 && right <= innerWidth && document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(run(page, sides).await, true);
    let list = "return [document.querySelectorAll('.row').length, document.querySelector('.list').checkVisibility()]";
    assert_eq!(run(page, list).await, json!([1, true]));
    page.back().await.expect("the page before");
    find(page, "body:not(.open) .list").await;
    assert_eq!(run(page, list).await, json!([1, true]));
    browser.close().await;
}

/// `public_url` has one loopback name; its site redirects from the others, which the policy of the inbox's page forbids.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inbox_has_its_styles_and_scripts_under_every_loopback_name() {
    let app = App::start(Engine::Sqlite).await;
    send(&app.visitor(), usual(1)).await;
    let site = app.site();
    let port = site.rsplit(':').next().expect("a port");
    for name in ["127.0.0.1", "localhost", "mail.localhost"] {
        let browser = Browser::open(DESKTOP).await;
        let page = &browser.page;
        page.goto(&format!("http://{name}:{port}/dev/inbox")).await.expect("the list");
        let unloaded =
            "return [...document.querySelectorAll('link[rel=stylesheet]')].filter((each) => !each.sheet).length";
        assert_eq!(run(page, unloaded).await, 0, "{name}");
        click(page, ".row .open").await;
        find(page, "#read[data-id] iframe").await;
        let swapped = "return performance.getEntriesByType('navigation')[0].name.includes('/view/')";
        assert_eq!(run(page, swapped).await, false, "{name}: the scripts open the message in the pane");
        let address = page.current_url().await.expect("an address");
        assert_eq!(address.host_str(), Some(name));
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_message_is_counted_in_the_title_and_notified_with_its_code() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    let double = "window.notes = []; document.hasFocus = () => false;
        window.Notification = class { constructor(title, { body }) { window.notes.push([title, body]); }
            static permission = 'granted'; static async requestPermission() { return 'granted'; } };";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": double })).await;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    click(page, "#notify").await;
    find(page, "#live[data-state=on]").await;
    send(&visitor, json!({"Subject": "Your code is 482913", "Text": "482913"})).await;
    find(page, ".row").await;
    assert_eq!(run(page, "return document.title").await, "(1) Inbox");
    assert_eq!(run(page, "return window.notes").await, json!([["482913 — Moss & Pine", "Your code is 482913"]]));
    assert!(find(page, ".row button.code").await.is_displayed().await.expect("known"));
    // What nobody sees in a name is not in a notification either.
    send(&visitor, json!({"Subject": "", "From": {"Name": "a\u{202e}b", "Email": "a@example.com"}, "Text": "x"})).await;
    find(page, ".row:nth-child(3)").await;
    assert_eq!(run(page, "return window.notes[1]").await, json!(["a b", "a b"]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_visits_test_message_opens_when_it_has_been_sent() {
    let app = App::start(Engine::Sqlite).await;
    let browser = Browser::open(DESKTOP).await;
    for path in ["/dev/inbox/", "/dev/inbox/connect"] {
        browser.page.goto(&format!("{}{path}", app.site())).await.expect("a page");
        click(&browser.page, "form[action$='/connect/send'] button[value=newsletter]").await;
        find(&browser.page, "iframe.mail").await;
        assert!(browser.page.current_url().await.expect("a URL").path().starts_with("/dev/inbox/view/"), "{path}");
    }
    browser.close().await;
}
