//! Tests of what must be readable at the usual widths of a window: marks, the search's chip, notices above the frame.

use serde_json::{Value, json};

use crate::support::app::{App, Engine};
use crate::support::webdriver::{Browser, Person};

use super::inbox_page::{DESKTOP, click, find, run, send};

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
            let clipped =
                "return [...document.querySelectorAll('.meta-line > .flag, .bar-note > span:not(.preheader)')]
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
