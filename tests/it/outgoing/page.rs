//! The outbox page of the running program, after servers that said what nobody should believe.

use serde_json::json;

use super::site::{Site, Smtp};
use crate::smtp::programs::said;
use crate::support::scripted::Scripted;

const BOMB: &str = "\"><script>alert(1)</script><img src=x onerror=alert(2)>";
/// What a browser shows as the above.
const TEXT: &str = "&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#60;img src=x onerror=alert(2)&#62;";
/// All that an address may hold of what markup is made of (RFC 5322, atext).
const GONE: &str = "a&lt'c=/d@example.org";

/// A site with one mail refused for good and one that waits for a login, both by the same words; their ids.
fn refused(server: &Scripted) -> (Site, String, String) {
    let site = Site::new(&Smtp::plain(server.port));
    let mut ids = Vec::new();
    for to in [GONE, "ill@example.org"] {
        let output = site.folder.run(&["mail", "send", to, "--subject", BOMB, "--text", "text.txt"]);
        assert!(!output.status.success(), "{}", said(&output));
        ids.push(site.newest()["id"].as_str().unwrap().to_owned());
    }
    let [gone, ill] = ids.try_into().unwrap();
    (site, gone, ill)
}

fn server() -> Option<Scripted> {
    let gone = format!("550 5.1.1 {BOMB}");
    let ill = format!("530 5.7.0 Authentication required {BOMB}");
    Scripted::aiosmtpd(&json!({ "refuse": { GONE: gone, "ill@example.org": ill } }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_words_and_an_address_stay_text_in_the_list_and_on_each_mails_page() {
    let Some(server) = server() else { return };
    let (site, gone, ill) = refused(&server);
    let running = site.folder.serve();
    let visitor = running.visitor();
    for (path, shown) in [
        // Both rows and the notice of the transport that is paused.
        ("/dev/inbox/outbox".to_owned(), 3),
        ("/dev/inbox/outbox?state=dead".to_owned(), 2),
        (format!("/dev/inbox/outbox/{gone}"), 2),
        (format!("/dev/inbox/outbox/{ill}"), 2),
    ] {
        let page = visitor.get(&path).await;
        let html = page.text();
        assert_eq!((page.status, html.matches(TEXT).count()), (200, shown), "{path}: {html}");
        assert!(!html.contains("<script>") && !html.contains("<img src=x"), "{path}: {html}");
        let addressed = path.contains(&ill) || html.contains("a&#38;lt&#39;c=/d@example.org");
        assert!(addressed && !html.contains("a&lt'c"), "{path}: {html}");
    }
    for path in ["/dev/inbox/outbox?state=%22%3E%3Cscript%3E", "/dev/inbox/outbox/%22%3E%3Cscript%3E"] {
        let html = visitor.get(path).await.text();
        assert!(!html.contains("<script>"), "{path}: {html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_each_attempt_is_said_in_the_readers_language() {
    let Some(server) = server() else { return };
    let (site, gone, ill) = refused(&server);
    let running = site.folder.serve();
    for (language, refused, fault) in [("en", "permanent", "configuration"), ("ko", "영구 거부", "설정 오류")] {
        for (id, outcome) in [(&gone, refused), (&ill, fault)] {
            let html = running.visitor().get(&format!("/dev/inbox/outbox/{id}?lang={language}")).await.text();
            assert!(html.contains(&format!("<span class=\"mark bad\">{outcome}</span>")), "{outcome}: {html}");
        }
    }
}
