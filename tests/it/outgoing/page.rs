//! The outbox page of the running program, with markup in server replies, addresses and subjects.

use serde_json::json;

use super::site::{Site, Smtp};
use crate::smtp::programs::said;
use crate::support::scripted::Scripted;

const BOMB: &str = "\"><script>alert(1)</script><img src=x onerror=alert(2)>";
/// The same text, escaped.
const TEXT: &str = "&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#60;img src=x onerror=alert(2)&#62;";
/// An address with every character of markup that is allowed in it (RFC 5322, atext).
const REJECTED: &str = "a&lt'c=/d@example.org";

/// A site with one rejected message and one that waits for a login, both with [`BOMB`] in the reply, and their ids.
fn refused(server: &Scripted) -> (Site, String, String) {
    let site = Site::new(&Smtp::plain(server.port));
    let mut ids = Vec::new();
    for to in [REJECTED, "waiting@example.org"] {
        let output = site.folder.run(&["mail", "send", to, "--subject", BOMB, "--text", "text.txt"]);
        assert!(!output.status.success(), "{}", said(&output));
        ids.push(site.newest()["id"].as_str().unwrap().to_owned());
    }
    let [rejected, waiting] = ids.try_into().unwrap();
    (site, rejected, waiting)
}

fn server() -> Option<Scripted> {
    let rejected = format!("550 5.1.1 {BOMB}");
    let waiting = format!("530 5.7.0 Authentication required {BOMB}");
    Scripted::aiosmtpd(&json!({ "refuse": { REJECTED: rejected, "waiting@example.org": waiting } }))
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_and_addresses_are_escaped_in_the_list_and_on_the_page_of_each_message() {
    let Some(server) = server() else { return };
    let (site, rejected, waiting) = refused(&server);
    let running = site.folder.serve();
    let visitor = running.visitor();
    for (path, shown) in [
        // Both rows and the notice about the paused transport.
        ("/dev/inbox/outbox".to_owned(), 3),
        ("/dev/inbox/outbox?state=dead".to_owned(), 2),
        (format!("/dev/inbox/outbox/{rejected}"), 2),
        (format!("/dev/inbox/outbox/{waiting}"), 2),
    ] {
        let page = visitor.get(&path).await;
        let html = page.text();
        // The server that has just started may have attempted once more.
        assert!(page.status == 200 && html.matches(TEXT).count() >= shown, "{path}: {html}");
        assert!(!html.contains("<script>") && !html.contains("<img src=x"), "{path}: {html}");
        let addressed = path.contains(&waiting) || html.contains("a&#38;lt&#39;c=/d@example.org");
        assert!(addressed && !html.contains("a&lt'c"), "{path}: {html}");
    }
    for path in ["/dev/inbox/outbox?state=%22%3E%3Cscript%3E", "/dev/inbox/outbox/%22%3E%3Cscript%3E"] {
        let html = visitor.get(path).await.text();
        assert!(!html.contains("<script>"), "{path}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_of_each_attempt_is_shown_in_the_readers_language() {
    let Some(server) = server() else { return };
    let (site, rejected, waiting) = refused(&server);
    let running = site.folder.serve();
    for (language, refused, fault) in
        [("en", "permanent failure", "configuration error"), ("ko", "영구 거부", "설정 오류")]
    {
        for (id, outcome) in [(&rejected, refused), (&waiting, fault)] {
            let html = running.visitor().get(&format!("/dev/inbox/outbox/{id}?lang={language}")).await.text();
            assert!(html.contains(&format!("<span class=\"mark bad\">{outcome}</span>")), "{outcome}: {html}");
        }
    }
}
