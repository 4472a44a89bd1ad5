//! The whole way in a browser: sign up → /dev/inbox → the email's button → confirm → log in → account page → log out.

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, Locator};

use crate::support::app::{App, Engine, PASSWORD};
use crate::support::webdriver::{Browser, Person};

const ADDRESS: &str = "gildong@example.com";

struct Journey {
    app: App,
    browser: Browser,
    name: &'static str,
    person: Person,
}

impl Journey {
    async fn begin(name: &'static str, person: Person) -> Self {
        let app = App::on(Engine::Sqlite).real_time().start().await;
        Journey { app, browser: Browser::open(person).await, name, person }
    }

    fn page(&self) -> &Client {
        &self.browser.page
    }

    async fn find(&self, css: &str) -> Element {
        let found = self.page().wait().for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(e) => panic!("{css} at {}: {e}", self.page().current_url().await.expect("an address")),
        }
    }

    async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap_or_else(|e| panic!("{css}: {e}"));
    }

    async fn type_into(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.expect("the text is typed");
    }

    /// Waits until the page at this path is open.
    async fn arrive(&self, path: &str, picture: &str) {
        let wanted = format!("{}{path}", self.app.site()).parse().expect("an address");
        let arrived = self.page().wait().for_url(&wanted).await;
        let here = self.page().current_url().await.expect("an address");
        assert!(arrived.is_ok(), "at {here} instead of {path}");
        self.browser.picture(&format!("journey-{}-{picture}", self.name)).await;
    }

    async fn sign_up(&self) {
        self.page().goto(&format!("{}/", self.app.site())).await.expect("the home page");
        self.browser.picture(&format!("journey-{}-1-home", self.name)).await;
        self.click("main a[href='/signup']").await;
        self.type_into("#name", "홍길동").await;
        self.type_into("#email", ADDRESS).await;
        self.type_into("#password", PASSWORD).await;
        self.click("main form button[type=submit]").await;
        self.arrive("/verify", "2-check-your-mail").await;
    }

    /// Opens the email in the inbox and clicks the button inside its frame, which opens a new tab.
    async fn click_the_emails_button(&self) {
        self.page().goto(&format!("{}/dev/inbox", self.app.site())).await.expect("the inbox");
        self.open_the_newest_message().await;
        self.browser.picture(&format!("journey-{}-3-email", self.name)).await;
        let frame = self.find("iframe").await;
        frame.enter_frame().await.expect("the email's frame");
        let button = self.find("a[href*='/verify/']").await;
        // Without scripts, a click of ChromeDriver inside a frame never ends; the Enter key does the same.
        let pressed = match self.person.scripts {
            true => button.click().await,
            false => button.send_keys(&Key::Enter.to_string()).await,
        };
        pressed.expect("the email's button is pressed");
        self.page().enter_parent_frame().await.expect("the inbox again");
        let tab = self.newest_tab().await;
        self.page().switch_to_window(tab).await.expect("the new tab");
    }

    /// Reloads the list until the message is there, since the list is not live without scripts; then opens it.
    async fn open_the_newest_message(&self) {
        for _ in 0..50 {
            if let Ok(link) = self.page().find(Locator::Css("main a[href*='/dev/inbox/view/']")).await {
                link.click().await.expect("the message opens");
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            self.page().refresh().await.expect("the list again");
        }
        panic!("no message arrived");
    }

    async fn newest_tab(&self) -> fantoccini::wd::WindowHandle {
        let here = self.page().window().await.expect("this tab");
        for _ in 0..100 {
            let tabs = self.page().windows().await.expect("the tabs");
            if let Some(tab) = tabs.into_iter().find(|tab| *tab != here) {
                return tab;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the email's button opened no tab");
    }

    async fn confirm_and_log_in(&self) {
        self.click("main form button[type=submit]").await;
        self.arrive("/login", "4-confirmed").await;
        self.find("[data-flash=verified]").await;
        let filled = self.find("#email").await.attr("value").await.expect("an attribute");
        assert_eq!(filled.as_deref(), Some(ADDRESS));
        self.type_into("#password", PASSWORD).await;
        self.click("main form button[type=submit]").await;
        self.arrive("/account", "5-account").await;
        let main = self.find("main").await.text().await.expect("the page's text");
        assert!(main.contains(ADDRESS), "{main}");
    }

    async fn log_out(&self) {
        self.click("form[action='/logout'] button").await;
        self.arrive("/", "6-logged-out").await;
        self.find("[data-flash=logged-out]").await;
        self.page().goto(&format!("{}/account", self.app.site())).await.expect("a page");
        self.find("form[action='/login']").await;
    }
}

async fn complete_the_journey(name: &'static str, person: Person) {
    let journey = Journey::begin(name, person).await;
    journey.sign_up().await;
    let language = journey.find("html").await.attr("lang").await.expect("an attribute");
    assert_eq!(language.as_deref(), Some(person.language));
    journey.click_the_emails_button().await;
    journey.confirm_and_log_in().await;
    journey.log_out().await;
    let console = journey.browser.complaints().await;
    journey.browser.close().await;
    assert!(console.is_empty(), "the console has {console:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_created_confirmed_and_used_in_english() {
    complete_the_journey("en", Person { language: "en", scripts: true, phone: false }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_created_confirmed_and_used_in_korean() {
    complete_the_journey("ko", Person { language: "ko", scripts: true, phone: false }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_created_confirmed_and_used_without_scripts() {
    complete_the_journey("noscript", Person { language: "en", scripts: false, phone: false }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_created_confirmed_and_used_on_a_phone() {
    complete_the_journey("phone", Person { language: "ko", scripts: true, phone: true }).await;
}
