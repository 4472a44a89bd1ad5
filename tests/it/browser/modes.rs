//! Tests of the inbox's page under settings of the reader's system: large text, forced colours, reduced motion; and when
//! the stream is refused for a while.

use fantoccini::Locator;
use serde_json::json;

use crate::support::app::{App, Engine};
use crate::support::webdriver::{Browser, Person};

use super::inbox_page::{DESKTOP, find, run, send};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_of_twice_the_size_is_not_cut_off() {
    let app = App::start(Engine::Sqlite).await;
    let html =
        "<p>482913 <a href='https://shop.example/verify?token=abcdefghijklmnop'>Confirm my new email address</a>";
    let subject = "Confirm the new address of your account with the code 482913";
    let message = json!({"Subject": subject, "HTML": html, "Tags": ["shop"]});
    let id = send(&app.visitor(), message).await;
    for phone in [false, true] {
        let browser = Browser::open(Person { phone, ..DESKTOP }).await;
        let page = &browser.page;
        for path in ["", &format!("view/{id}"), "faults", "connect", "outbox", "previews", "sessions", "keys"] {
            page.goto(&format!("{}/dev/inbox/{path}", app.site())).await.expect("a page");
            run(page, "document.documentElement.style.fontSize = '175%'").await;
            let cut = "return [...document.querySelectorAll('.bar, .bar .btn, .list-head, .row, .head, .strip, .tabs, .list-foot, .side li a, .bar-note')]
                .filter((each) => each.offsetHeight && each.scrollHeight > each.clientHeight + 2).map((each) => each.className)";
            browser.picture(&format!("large-{phone}-{}", path.replace(&id, "message").replace('/', "-"))).await;
            assert_eq!(run(page, cut).await, json!([]), "{path}, phone: {phone}");
            let wider = "return [document.documentElement, document.querySelector('main')].map((each) => each.scrollWidth - each.clientWidth)";
            assert_eq!(run(page, wider).await, json!([0, 0]), "{path}, phone: {phone}");
        }
        page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
        run(page, "document.documentElement.style.fontSize = '175%'").await;
        let sizes = "const pane = document.getElementById('read').getBoundingClientRect(), box = (each) => each.getBoundingClientRect();
            const out = [...document.querySelectorAll('.acts .btn:not(.none)')].filter((each) => box(each).right > pane.right + 1);
            return [out.length, box(document.querySelector('.strip .i')).width >= 30,
                box(document.querySelector('.stage')).height >= 250]";
        assert_eq!(run(page, sizes).await, json!([0, true, true]), "phone: {phone}");
        if !phone {
            let out = "return [...document.querySelectorAll('.strip > *')].filter((each) => each.getBoundingClientRect().right > innerWidth).length";
            assert_eq!(run(page, out).await, 0);
        }
        page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
        run(page, "document.documentElement.style.fontSize = '175%'").await;
        let words = "const subject = document.querySelector('.subject');
            return subject.clientWidth / parseFloat(getComputedStyle(subject).fontSize)";
        let shown = run(page, words).await.as_f64().expect("a number");
        assert!(shown >= if phone { 9.0 } else { 25.0 }, "{shown} em of the subject, phone: {phone}");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_low_window_the_open_message_scrolls_as_a_whole() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), json!({"Subject": "x", "HTML": "<p>482913 <a href='https://a.test/x'>Go</a>"})).await;
    let browser = Browser::open(DESKTOP).await;
    // 1280 x 800 at a zoom of 200 %.
    let size = json!({"width": 640, "height": 400, "deviceScaleFactor": 2, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
    browser.page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
    let heights = "const read = document.getElementById('read'), strip = document.querySelector('.strip');
        return [read.scrollHeight > read.clientHeight, getComputedStyle(read).overflowY,
            strip.scrollHeight <= strip.clientHeight, document.querySelector('.mail').offsetHeight >= 190]";
    assert_eq!(run(&browser.page, heights).await, json!([true, "auto", true, true]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forced_colours_leave_the_open_and_the_unread_message_visible() {
    let app = App::start(Engine::Sqlite).await;
    send(&app.visitor(), json!({"Subject": "unread"})).await;
    let id = send(&app.visitor(), json!({"Subject": "open"})).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    let forced = json!({"features": [{"name": "forced-colors", "value": "active"}]});
    browser.devtools("Emulation.setEmulatedMedia", forced).await;
    page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("the message");
    browser.picture("forced-colours").await;
    let marks = "const style = (css, pseudo) => getComputedStyle(document.querySelector(css), pseudo);
        const ground = getComputedStyle(document.body).backgroundColor;
        return [style('.row.now').outlineStyle, style('.row.unread', '::before').backgroundColor !== ground,
            style('.tabs [aria-current]').borderBottomColor !== ground, style('.i').stroke !== ground]";
    assert_eq!(run(page, marks).await, json!(["solid", true, true, true]));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reduced_motion_moves_nothing() {
    let app = App::start(Engine::Sqlite).await;
    for (value, animation) in [("reduce", "none"), ("no-preference", "fresh")] {
        let browser = Browser::open(DESKTOP).await;
        let page = &browser.page;
        let feature = json!({"features": [{"name": "prefers-reduced-motion", "value": value}]});
        browser.devtools("Emulation.setEmulatedMedia", feature).await;
        send(&app.visitor(), json!({"Subject": "first"})).await;
        page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
        find(page, "#live[data-state=on]").await;
        send(&app.visitor(), json!({"Subject": "second"})).await;
        find(page, ".row.fresh").await;
        let moves = "return [getComputedStyle(document.querySelector('.row.fresh')).animationName,
            [...document.querySelectorAll('*')].filter((each) => getComputedStyle(each).transitionDuration !== '0s').length]";
        assert_eq!(run(page, moves).await, json!([animation, 0]), "{value}");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_was_refused_begins_again_and_nothing_is_lost() {
    let app = App::start(Engine::Sqlite).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    // The first address answers 404, as a proxy's 502 would do: the browser itself does not try again.
    let refuse = "delete window.SharedWorker; const Real = EventSource; let tries = 0;
        window.EventSource = class extends Real { constructor(url) { super(tries++ ? url : '/dev/inbox/nowhere'); } };";
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": refuse })).await;
    send(&app.visitor(), json!({"Subject": "first"})).await;
    page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
    find(page, "#live[data-state=off]").await;
    send(&app.visitor(), json!({"Subject": "meanwhile"})).await;
    find(page, "#live[data-state=on]").await;
    let row = Locator::XPath("//bdi[@class='subject'][.='meanwhile']");
    page.wait().for_element(row).await.expect("nothing is lost");
    browser.close().await;
}
