//! Tests of a message's page in a browser: pictures of renderings, and the layout with many attachments.

use base64::Engine as _;
use fantoccini::Locator;
use reqwest::Method;
use serde_json::json;

use crate::support::app::{App, Engine};
use crate::support::visitor::Visitor;
use crate::support::webdriver::{Browser, Person};

/// One red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

const DESKTOP: Person = Person { language: "en", scripts: true, phone: false };

/// Sends a message with a picture and `attachments` files; returns its id.
async fn send(visitor: &Visitor, attachments: usize) -> String {
    let files =
        (0..attachments).map(|n| json!({"Content": PNG, "Filename": format!("a-rather-long-name-of-a-file-{n}.png")}));
    let picture = json!({"Content": PNG, "Filename": "p.png", "ContentType": "image/png", "ContentID": "p"});
    let mail = json!({
        "From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "Subject": "x", "Text": "x",
        "HTML": "<p id=\"p\">hello <img src=\"cid:p\"></p>",
        "Attachments": files.chain([picture]).collect::<Vec<_>>(),
    });
    let request = visitor.request(Method::POST, "/dev/inbox/api/v1/send").body(mail.to_string());
    visitor.send(request).await.json()["ID"].as_str().expect("an id").to_owned()
}

async fn assert_picture_is_shown(settings: &str, login: Option<&str>) {
    let app = App::on(Engine::Sqlite).settings(settings).start().await;
    let visitor = match login {
        Some(login) => {
            let code = base64::engine::general_purpose::STANDARD.encode(login);
            app.visitor().with("authorization", &format!("Basic {code}"))
        }
        None => app.visitor(),
    };
    let id = send(&visitor, 0).await;
    let browser = Browser::open(DESKTOP).await;
    let site = match login {
        Some(login) => app.site().replace("http://", &format!("http://{login}@")),
        None => app.site(),
    };
    browser.page.goto(&format!("{site}/dev/inbox/view/{id}.html")).await.expect("a page");
    let width =
        browser.page.execute("return document.querySelector('img').naturalWidth", vec![]).await.expect("a number");
    assert_eq!(width, 1, "{settings}: {:?}", browser.complaints().await);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rendering_outside_a_frame_shows_the_messages_pictures() {
    assert_picture_is_shown("", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rendering_behind_a_password_shows_the_messages_pictures() {
    assert_picture_is_shown("[default.inbox]\nusername = 'dev'\npassword = 'word'", Some("dev:word")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_many_attachments_the_message_begins_on_the_first_screen() {
    let app = App::start(Engine::Sqlite).await;
    let id = send(&app.visitor(), 30).await;
    for phone in [false, true] {
        let browser = Browser::open(Person { phone, ..DESKTOP }).await;
        browser.page.goto(&format!("{}/dev/inbox/view/{id}", app.site())).await.expect("a page");
        let top = "return document.querySelector('.tabs').getBoundingClientRect().top / innerHeight";
        let top = browser.page.execute(top, vec![]).await.expect("a number");
        assert!(top.as_f64().is_some_and(|part| part < 0.9), "phone: {phone}, {top} of the screen");
        let wide = "return document.documentElement.scrollWidth - innerWidth";
        assert_eq!(browser.page.execute(wide, vec![]).await.expect("a number"), 0, "phone: {phone}");
        let summary = browser.page.find(Locator::Css(".attachments summary")).await.expect("the summary");
        summary.click().await.expect("the summary is clicked");
        let last = browser.page.find(Locator::Css(".attachments li:last-child a")).await.expect("a file");
        assert!(last.is_displayed().await.expect("known"), "phone: {phone}");
        browser.close().await;
    }
}
