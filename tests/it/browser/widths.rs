//! Tests of what must be readable at the usual widths of a window: marks, the search's chip, notices above the frame; and
//! of the widths that a reader chooses.

use fantoccini::Client;
use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::support::app::{App, Engine};
use crate::support::webdriver::{Browser, Person};

use super::inbox_page::{DESKTOP, click, find, run, send};
use super::panes::until;

const WIDTHS: [u32; 3] = [1000, 1280, 1440];

async fn set_width(browser: &Browser, width: u32) {
    let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_notices_and_the_end_of_a_search_are_readable_at_usual_widths() {
    let app = App::start(Engine::Sqlite).await;
    let from = json!({"Name": "Somebody with a long name", "Email": "somebody@a-long-name.example.com"});
    let blind: Vec<Value> = (0..100).map(|n| json!(format!("b{n}@example.com"))).collect();
    let html = "<img src='https://images.example.com/a.png'><img src='https://t.example.net/p.gif' width=1 height=1>\
        <a href='https://a.test/x'>Go</a>";
    let mail = json!({"Subject": "x", "From": from, "Bcc": blind, "HTML": html});
    let id = send(&app.visitor(), mail).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    for width in WIDTHS {
        set_width(&browser, width).await;
        for scheme in ["", "dark"] {
            let query = format!("q=mailbox:customer@example.com&scheme={scheme}");
            page.goto(&format!("{}/dev/inbox/view/{id}?{query}", app.site())).await.expect("the message");
            find(page, ".bar-note .link").await;
            let clipped = "return [...document.querySelectorAll('.meta-line .flag, .bar-note > span:not(.preheader)')]
                .filter((each) => each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight)
                .map((each) => each.textContent)";
            assert_eq!(run(page, clipped).await, json!([]), "{width} {scheme}");
        }
        let end = "const icon = document.querySelector('.list-head .chip .i').getBoundingClientRect();
            const { x, y, width, height } = icon, at = document.elementFromPoint(x + width / 2, y + height / 2);
            return [width, at.closest('.chip') !== null]";
        assert_eq!(run(page, end).await, json!([16, true]), "{width}");
        // The link's two halves fill its frame.
        let blank = "const go = document.querySelector('.go');
            return go.clientWidth - [...go.children].reduce((sum, each) => sum + each.offsetWidth, 0)";
        assert!(run(page, blank).await.as_i64().is_some_and(|blank| blank.abs() <= 1), "{width}");
        browser.picture(&format!("readable-{width}")).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_selection_does_not_move_the_list() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for n in 0..52 {
        send(&visitor, json!({"Subject": format!("number {n}")})).await;
    }
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    for width in WIDTHS {
        set_width(&browser, width).await;
        page.goto(&format!("{}/dev/inbox", app.site())).await.expect("the list");
        find(page, "#live[data-state=on]").await;
        let place =
            "const { top, bottom } = document.getElementById('scroller').getBoundingClientRect(); return [top, bottom]";
        let before = run(page, place).await;
        click(page, ".row input").await;
        assert!(find(page, ".list-foot [name=all]").await.is_displayed().await.expect("known"));
        assert_eq!(run(page, place).await, before, "{width}");
        // What concerns all messages ends with the selection.
        click(page, ".list-foot [name=all]").await;
        click(page, ".row input").await;
        assert_eq!(run(page, "return document.querySelector('[name=all]').checked").await, false);
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_with_a_fixed_width_fits_a_phone_and_a_comparison() {
    let app = App::start(Engine::Sqlite).await;
    let html =
        |text: &str| format!("<body style='margin:0'><table width=700 style='margin:20px'><tr><td>{text}</table>");
    let mut ids = Vec::new();
    for text in ["one", "two"] {
        ids.push(send(&app.visitor(), json!({"Subject": text, "HTML": html(text)})).await);
    }
    let phone = Person { phone: true, ..DESKTOP };
    let (message, compare) = (format!("view/{}", ids[0]), format!("compare?a={}&b={}", ids[0], ids[1]));
    for (person, path, frame) in [(phone, message, "iframe.mail"), (DESKTOP, compare, "iframe.compare-frame")] {
        let browser = Browser::open(person).await;
        let page = &browser.page;
        page.goto(&format!("{}/dev/inbox/{path}", app.site())).await.expect("the page");
        find(page, frame).await.enter_frame().await.expect("the frame");
        let root =
            "const root = document.documentElement; return [root.scrollWidth - root.clientWidth, innerWidth < 700]";
        assert_eq!(run(page, root).await, json!([0, true]), "{frame}");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dividers_move_by_keys_and_pointer_and_are_remembered() {
    let app = App::start(Engine::Sqlite).await;
    send(&app.visitor(), json!({"Subject": "x"})).await;
    let browser = Browser::open(DESKTOP).await;
    let page = &browser.page;
    let inbox = format!("{}/dev/inbox", app.site());
    page.goto(&inbox).await.expect("the list");
    let widths = "return ['side', 'messages'].map((id) => Math.round(document.getElementById(id).getBoundingClientRect().width))";
    let begin = run(page, widths).await;
    let (side, list) = (begin[0].as_i64().expect("a number"), begin[1].as_i64().expect("a number"));
    let saved = async |page: &Client, words: &str| {
        until(
            page,
            &format!(
                "const link = document.querySelector('link[href*=panes]'); return link?.href.split('?')[1] ?? '{words}'"
            ),
            json!(words),
        )
        .await;
    };
    let divider = find(page, ".divider[data-pane=list]").await;
    // What moves them is loaded at the first touch.
    let touch = async || {
        run(page, "document.querySelector('.divider[data-pane=list]').focus()").await;
        until(page, "return document.querySelector('.divider[data-pane=list]').onkeydown !== null", json!(true)).await;
    };
    touch().await;
    divider.send_keys(&Key::Right.to_string().repeat(3)).await.expect("moved");
    assert_eq!(run(page, widths).await, json!([side, list + 48]));
    assert_eq!(divider.attr("aria-valuenow").await.expect("known"), Some((list + 48).to_string()));
    let place = run(page, "const { x, y } = document.querySelector('.divider[data-pane=side]').getBoundingClientRect(); return [x + 4, y + 99]").await;
    let (x, y) = (place[0].as_f64().expect("a number"), place[1].as_f64().expect("a number"));
    for (kind, x, buttons) in
        [("mouseMoved", x, 0), ("mousePressed", x, 1), ("mouseMoved", x + 40.0, 1), ("mouseReleased", x + 40.0, 0)]
    {
        let event = json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": buttons, "clickCount": 1});
        browser.devtools("Input.dispatchMouseEvent", event).await;
    }
    let moved = run(page, widths).await;
    assert!(moved[0].as_i64().is_some_and(|now| (now - side - 40).abs() < 6), "{moved} after {begin}");
    for _ in 0..50 {
        page.goto(&inbox).await.expect("the list");
        if run(page, "return document.querySelector('link[href*=panes]')?.href.includes('&') ?? false").await == true {
            break;
        }
    }
    assert_eq!(run(page, widths).await, moved, "after a new load");
    saved(page, &format!("side={}&list={}", moved[0], moved[1])).await;
    touch().await;
    run(
        page,
        "for (const each of document.querySelectorAll('.divider')) each.dispatchEvent(new MouseEvent('dblclick'))",
    )
    .await;
    assert_eq!(run(page, widths).await, begin);
    for _ in 0..50 {
        page.goto(&inbox).await.expect("the list");
        if run(page, "return document.querySelector('link[href*=panes]') === null").await == true {
            break;
        }
    }
    assert_eq!(run(page, widths).await, begin, "after a new load");
    browser.close().await;
}
