//! Tests of the inbox's page with messages and circumstances that try it: odd names, many recipients and attachments,
//! a flood while somebody reads, two tabs, a browser that refuses storage.

use fantoccini::Locator;
use serde_json::{Value, json};

use crate::support::app::{App, Engine};
use crate::support::webdriver::{Browser, Person};

use super::inbox_page::{DESKTOP, find, run, send};

const WIDER: &str = "return document.documentElement.scrollWidth - innerWidth";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_names_and_many_recipients_do_not_break_the_page() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let people: Vec<Value> = (0..500).map(|n| json!({"Email": format!("person{n}@example.com")})).collect();
    let files: Vec<Value> =
        (0..40).map(|n| json!({"Content": "eA==", "Filename": format!("{}-{n}.txt", "n".repeat(90))})).collect();
    let mut ids = Vec::new();
    for (name, subject) in [
        ("a\u{202e}b\u{200b}c", "\u{2067}invoice\u{202e} gnp.exe"),
        ("👩‍💻🚀", "🎉🎉🎉"),
        ("שלום עולם", "مرحبا بالعالم"),
        ("<b>bold</b>", "<script>alert(1)</script>"),
        (&"x".repeat(9_000), &"y".repeat(9_000)),
        ("", ""),
        ("blank", "\u{a0} \u{3000}"),
    ] {
        let from = json!({"Name": name, "Email": "odd@example.com"});
        ids.push(send(&visitor, json!({"From": from, "Subject": subject})).await);
    }
    ids.push(send(&visitor, json!({"Subject": "many", "To": people, "Attachments": files})).await);
    for phone in [false, true] {
        let browser = Browser::open(Person { phone, ..DESKTOP }).await;
        let page = &browser.page;
        page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
        assert_eq!(run(page, WIDER).await, 0, "the list, phone: {phone}");
        let blank =
            "return [...document.querySelectorAll('.subject')].filter((each) => !each.textContent.trim()).length";
        assert_eq!(run(page, blank).await, 0, "subjects that nobody sees, phone: {phone}");
        browser.picture(&format!("odd-list-{phone}")).await;
        for id in &ids {
            page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("a message");
            assert_eq!(run(page, WIDER).await, 0, "{id}, phone: {phone}");
            let top = "return document.querySelector('.stage').getBoundingClientRect().top";
            let top = run(page, top).await.as_f64().expect("a number");
            assert!(top <= 320.0, "{id} begins at {top}, phone: {phone}");
        }
        let compare = format!("{}/dev/inbox/compare?a={}&b={}", app.site(), ids[4], ids[1]);
        page.goto(&compare).await.expect("the comparison");
        let wider = "const main = document.querySelector('main'); return main.scrollWidth - main.clientWidth";
        assert_eq!(run(page, wider).await, 0, "the comparison, phone: {phone}");
        assert_eq!(browser.complaints().await, Vec::<String>::new());
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_stay_under_a_pointer_that_moves_and_slide_when_it_rests() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    send(&visitor, json!({"Subject": "first"})).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    find(page, "#live[data-state=on]").await;
    let place = find(page, ".row").await.rectangle().await.expect("a place");
    let moves = async |by: u32| {
        let (x, y) = (place.0 + place.2 / 2.0 + f64::from(by), place.1 + place.3 / 2.0);
        browser.devtools("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": x, "y": y})).await;
    };
    moves(0).await;
    send(&visitor, json!({"Subject": "second"})).await;
    for turn in 1.. {
        moves(turn % 2).await;
        if run(page, "return !document.getElementById('moved').hidden").await == true {
            break;
        }
    }
    assert_eq!(run(page, "return document.querySelectorAll('.row').length").await, 1);
    let row = Locator::XPath("//bdi[@class='subject'][.='second']");
    page.wait().for_element(row).await.expect("the new row");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snippet_from_the_right_shows_its_beginning() {
    let app = App::start(Engine::Sqlite).await;
    for (subject, text) in [("Latin", "hello ".repeat(60)), ("Hebrew", "שלום עולם ".repeat(60))] {
        send(&app.visitor(), json!({"Subject": subject, "Text": text})).await;
    }
    let browser = Browser::open(DESKTOP).await;
    browser.page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    // Where the first word is drawn, against the box that cuts the text off.
    let begins = "return [...document.querySelectorAll('.extract')].map((each) => {
        const word = document.createRange(), box = each.getBoundingClientRect();
        word.setStart(each.firstChild, 0);
        word.setEnd(each.firstChild, 4);
        const { left, right } = word.getBoundingClientRect();
        return [getComputedStyle(each).direction, left >= box.left - 1 && right <= box.right + 1,
            each.scrollWidth > each.clientWidth]
    })";
    assert_eq!(run(&browser.page, begins).await, json!([["rtl", true, true], ["ltr", true, true]]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_does_not_move_what_somebody_reads() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for n in 0..60 {
        send(&visitor, json!({"Subject": format!("old {n}")})).await;
    }
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    find(page, "#live[data-state=on]").await;
    let begin = "const row = document.querySelectorAll('.row')[20]; row.querySelector('.open').click();
        row.scrollIntoView(); window.row = row; window.before = row.getBoundingClientRect().top;";
    run(page, begin).await;
    find(page, "#read[data-id]").await;
    for n in 0..100 {
        send(&visitor, json!({"Subject": format!("new {n}")})).await;
    }
    let pill = Locator::XPath("//*[@id='moved'][not(@hidden)][contains(., '50+')]");
    page.wait().for_element(pill).await.expect("the pill counts");
    let state = "return [window.row.isConnected, Math.round(window.row.getBoundingClientRect().top - window.before),
        document.getElementById('read').dataset.id === window.row.dataset.id]";
    assert_eq!(run(page, state).await, json!([true, 0, true]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_show_the_same_and_share_one_connection() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    send(&visitor, json!({"Subject": "shared"})).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    let inbox = format!("{}/dev/inbox", app.site());
    page.goto(&inbox).await.expect("the first tab");
    let first = page.window().await.expect("a tab");
    let second = page.new_window(true).await.expect("a tab").handle;
    page.switch_to_window(second.clone()).await.expect("the second tab");
    page.goto(&inbox).await.expect("the second tab");
    find(page, "#live[data-state=on]").await;
    run(
        page,
        "document.querySelector('.row input').click(); document.querySelector('.selection [value=delete]').click()",
    )
    .await;
    find(page, ".toast form").await;
    page.switch_to_window(first).await.expect("the first tab");
    for _ in 0..100 {
        if page.find(Locator::Css(".row")).await.is_err() {
            browser.close().await;
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the first tab still shows the message");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_refuses_storage_workers_and_notifications_is_live_all_the_same() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    let refuse = "delete window.SharedWorker; delete window.Notification;
        Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": refuse })).await;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    find(page, "#live[data-state=on]").await;
    send(&visitor, json!({"Subject": "first"})).await;
    find(page, ".row").await;

    // The connection is cut. What arrives meanwhile is there when it is back.
    let offline = |is: bool| json!({"offline": is, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.devtools("Network.enable", json!({})).await;
    browser.devtools("Network.emulateNetworkConditions", offline(true)).await;
    run(page, "document.dispatchEvent(new Event('visibilitychange'))").await;
    send(&visitor, json!({"Subject": "second"})).await;
    browser.devtools("Network.emulateNetworkConditions", offline(false)).await;
    let row = Locator::XPath("//bdi[@class='subject'][.='second']");
    page.wait().for_element(row).await.expect("nothing is lost");
    browser.close().await;
}
