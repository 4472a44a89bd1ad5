//! Tests of the inbox's panes in a browser: a message is shown at a click, the list grows at its end, rows have two
//! heights, the selection is tagged, and a phone reaches every action.

use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use crate::support::app::{App, Engine};
use crate::support::webdriver::{Browser, Person};

use super::inbox_page::{DESKTOP, click, find, run, send};

/// Waits until a script returns this.
pub async fn until(page: &Client, script: &str, wanted: Value) {
    let test = format!("return JSON.stringify((() => {{ {script} }})()) === JSON.stringify({wanted})");
    for _ in 0..1_000 {
        if run(page, &test).await == true {
            return;
        }
    }
    panic!("{script}: {} instead of {wanted}", run(page, script).await);
}

async fn text_in_frame(page: &Client) -> String {
    find(page, "#read iframe.mail").await.enter_frame().await.expect("the frame");
    let text = find(page, "p").await.text().await.expect("its text");
    page.clone().enter_parent_frame().await.expect("the page");
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_click_shows_each_message_with_its_own_frame_or_none() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    send(&visitor, json!({"Subject": "third", "HTML": "<p>third body</p>"})).await;
    send(&visitor, json!({"Subject": "second", "Text": "second body"})).await;
    send(&visitor, json!({"Subject": "first", "HTML": "<p>first body</p>"})).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    let open = async |nth: usize, subject: &str| {
        click(page, &format!(".row:nth-child({nth} of .row) .open")).await;
        let title = format!("//article[@id='read']//h1[.='{subject}']");
        page.wait().for_element(Locator::XPath(&title)).await.expect("the message");
    };
    open(1, "first").await;
    assert_eq!(text_in_frame(page).await, "first body");
    open(2, "second").await;
    assert!(find(page, "#read .plain-text").await.text().await.expect("text").contains("second body"));
    let panes =
        "return [document.querySelectorAll('article.read').length, document.querySelectorAll('#read iframe').length]";
    assert_eq!(run(page, panes).await, json!([1, 0]));
    open(3, "third").await;
    assert_eq!(text_in_frame(page).await, "third body");
    open(1, "first").await;
    assert_eq!(text_in_frame(page).await, "first body");
    assert_eq!(run(page, panes).await, json!([1, 1]));
    let frame = "const frame = document.querySelector('#read iframe'); return [frame.sandbox.value, frame.title, frame.className]";
    let sandbox = "allow-popups allow-popups-to-escape-sandbox";
    assert_eq!(run(page, frame).await, json!([sandbox, "Preview", "mail pages1"]));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    // Unread messages that were only beside the opened ones stay unread.
    assert_eq!(run(page, "return document.querySelectorAll('.row.unread').length").await, 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_press_that_opens_nothing_leaves_the_open_message_in_its_frame() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for name in ["third", "second", "first"] {
        send(&visitor, json!({"Subject": name, "HTML": format!("<p>{name} body</p>")})).await;
    }
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    for name in ["first", "second"] {
        let nth = if name == "first" { 1 } else { 2 };
        click(page, &format!(".row:nth-child({nth} of .row) .open")).await;
        let title = format!("//article[@id='read']//h1[.='{name}']");
        page.wait().for_element(Locator::XPath(&title)).await.expect("the message");
    }
    let pointer = async |kind: &str| {
        let event = format!("new PointerEvent('{kind}', {{ bubbles: true, pointerType: 'mouse' }})");
        run(page, &format!("document.querySelector('.row:nth-child(3 of .row) .open').dispatchEvent({event})")).await
    };
    let shows = async |text: &str| {
        for _ in 0..1_000 {
            if text_in_frame(page).await == text {
                return true;
            }
        }
        false
    };
    pointer("pointerdown").await;
    assert!(shows("third body").await, "the frame loads what may open");
    pointer("pointerup").await;
    assert!(shows("second body").await, "nothing has opened");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_messages_join_the_list_when_its_end_comes_near() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for n in 0..130 {
        send(&visitor, json!({"Subject": format!("number {n}")})).await;
    }
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    find(page, "#live[data-state=on]").await;
    run(page, "window.row = document.querySelectorAll('.row')[40]; row.querySelector('input').click(); row.querySelector('input').focus({ preventScroll: true })").await;
    run(page, "document.getElementById('scroller').scrollTop = 1e6").await;
    until(page, "return document.querySelectorAll('.row').length", json!(100)).await;
    // What arrives meanwhile neither repeats nor hides a message.
    send(&visitor, json!({"Subject": "new"})).await;
    find(page, "#moved:not([hidden])").await;
    run(page, "document.getElementById('scroller').scrollTop = 1e6").await;
    until(page, "return document.querySelectorAll('.row').length", json!(130)).await;
    let subjects =
        run(page, "return [...document.querySelectorAll('.row .subject')].map((each) => each.textContent)").await;
    let expected: Vec<String> = (0..130).rev().map(|n| format!("number {n}")).collect();
    assert_eq!(subjects, json!(expected));
    let kept = "return [row.isConnected, row.querySelector('input') === document.activeElement, row.querySelector('input').checked]";
    assert_eq!(run(page, kept).await, json!([true, true, true]));
    let foot = "return [document.querySelector('.list-foot span').textContent, document.querySelectorAll('.list-foot a').length]";
    assert_eq!(run(page, foot).await, json!(["1–130 / 130", 0]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compact_rows_are_lower_and_remembered_also_without_scripts() {
    let app = App::start(Engine::Sqlite).await;
    send(&app.visitor(), json!({"Subject": "x"})).await;
    for scripts in [true, false] {
        let browser = Browser::open(Person { scripts, ..DESKTOP }).await;
        let page = &browser.page;
        page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
        let height = async || find(page, ".row").await.rectangle().await.expect("a place").3;
        let before = height().await;
        click(page, "#side .display summary").await;
        let below = "return [...document.querySelectorAll('#side .display :is(button, a)')]
            .filter((each) => each.getBoundingClientRect().bottom > innerHeight).length";
        assert_eq!(run(page, below).await, 0, "choices out of sight");
        click(page, "#side button[value=compact]").await;
        find(page, "body.compact").await;
        let compact = height().await;
        assert!(before >= 52.0 && compact <= 42.0, "{before} and {compact}");
        find(page, "#side button[value=compact][aria-pressed=true]").await;
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn selected_messages_are_tagged_by_keys_and_the_enter_key_does_nothing_else() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for subject in ["three", "two", "one"] {
        send(&visitor, json!({"Subject": subject, "Tags": ["old"]})).await;
    }
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    let press =
        async |key: &str| page.active_element().await.expect("an element").send_keys(key).await.expect("pressed");
    press("j").await;
    find(page, "#read[data-id]").await;
    for key in ["x", "J", "t"] {
        press(key).await;
    }
    press("urgent").await;
    press(&Key::Enter.to_string()).await;
    let tags =
        "return [...document.querySelectorAll('.row')].map((row) => row.querySelector('.tag + .tag')?.title ?? '')";
    until(page, tags, json!(["urgent", "urgent", ""])).await;
    assert_eq!(run(page, "return document.querySelectorAll('.row.unread').length").await, 2, "one was opened");
    // In a checkbox, Enter would press the first button of the form.
    run(page, "document.querySelector('.row:last-of-type input').focus()").await;
    press(&Key::Enter.to_string()).await;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    assert_eq!(run(page, "return document.querySelectorAll('.row.unread').length").await, 2);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_reaches_every_action_and_every_section() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), json!({"Subject": "x", "Tags": ["shop"]})).await;
    for language in ["en", "ko"] {
        let browser = Browser::open(Person { phone: true, language, ..DESKTOP }).await;
        let page = &browser.page;
        page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
        // In one step, since the page may replace its panes at any time.
        let shown = async |css: &str| {
            find(page, css).await;
            run(page, &format!("return document.querySelector({css:?})?.checkVisibility() ?? false")).await
                == json!(true)
        };
        for (menu, content) in [("t", "#tags"), ("r", "#to")] {
            click(page, &format!(".acts summary[data-key={menu}]")).await;
            assert!(shown(content).await, "{content}");
            click(page, &format!(".acts summary[data-key={menu}]")).await;
        }
        click(page, ".acts summary:has(.i-download)").await;
        assert!(shown(".acts a[href*='raw']").await);
        browser.picture(&format!("phone-message-{language}")).await;
        page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
        assert!(!shown("#side a[href$='/outbox']").await);
        browser.picture(&format!("phone-list-{language}")).await;
        click(page, "#side .more summary").await;
        click(page, "#side .display summary").await;
        for css in ["#side a[href$='/outbox'] span", "#side a[href*='tag']", "#side button[value=dark]"] {
            assert!(shown(css).await, "{css}");
        }
        browser.picture(&format!("phone-more-{language}")).await;
        let wider = "const side = document.getElementById('side');
            return [document.documentElement.scrollWidth - innerWidth, side.scrollWidth - side.clientWidth]";
        assert_eq!(run(page, wider).await, json!([0, 0]));
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_name_of_a_sender_does_not_widen_the_head() {
    let app = App::start(Engine::Sqlite).await;
    let from = json!({"Name": "N".repeat(250), "Email": format!("{}@example.com", "a".repeat(60))});
    let id =
        send(&app.visitor(), json!({"Subject": "x", "From": from, "Bcc": ["b@example.com"], "HTML": "<p>x"})).await;
    for phone in [false, true] {
        let browser = Browser::open(Person { phone, ..DESKTOP }).await;
        let page = &browser.page;
        page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
        let out = "const read = document.getElementById('read').getBoundingClientRect();
            return [...document.querySelectorAll('.head, .meta-line, .meta-line > *, .acts, .acts button, .strip, .tabs')]
                .filter((each) => each.getBoundingClientRect().right > read.right + 1).map((each) => each.className)";
        assert_eq!(run(page, out).await, json!([]), "phone: {phone}");
        browser.picture(&format!("long-name-{phone}")).await;
        browser.close().await;
    }
}
