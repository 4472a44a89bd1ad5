//! Signups with addresses chosen to look like SMTP replies, and servers that reject all mail, with a real Postfix. The
//! clock is manual, so a message that is sent is sent without a delay.

use crate::support::app::{App, Engine, PASSWORD};
use crate::support::authority::Authority;
use crate::support::postfix::Postfix;

/// Addresses that Postfix quotes in `554 5.7.1 <…>: Relay access denied`.
const CHOSEN: [&str; 10] = [
    "root@localhost",
    "relay@nowhere.test",
    "RELAY@NOWHERE.TEST",
    "authentication.required@x.test",
    "sender.address@x.test",
    "5.7.1@x.test",
    "kim@blocked.test",
    "client-host@x.test",
    "helo%40x.test@x.test",
    "kim@릴레이.test",
];

async fn site(authority: &Authority, port: u16, transports: &str) -> App {
    let settings = format!(
        "[default.mail]\ntransport = {transports}\nfrom = \"Gatepost <no-reply@example.com>\"\n\
         [default.mail.smtp]\nhost = \"localhost\"\nport = {port}\nsecurity = \"starttls\"\nca_file = '{}'\n",
        authority.root().display()
    );
    App::on(Engine::Sqlite).settings(&settings).start().await
}

async fn smtp_status(app: &App) -> (String, String) {
    let ready = app.visitor().get("/readyz").await.json();
    let check = &ready["checks"]["transport.smtp"];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    (text(&check["status"]), text(&check["reason"]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_signups_with_chosen_addresses_delay_no_other_email() {
    let authority = Authority::new();
    let Some(postfix) = Postfix::start(&authority.identity("localhost")) else { return };
    let app = site(&authority, postfix.ports.relay, "\"smtp\"").await;
    for (n, address) in CHOSEN.iter().enumerate() {
        assert_eq!(app.visitor().sign_up(address, PASSWORD).await.status, 303, "{address}");
        app.running().drain().await;
        let other = format!("kim{n}@example.org");
        assert_eq!(app.visitor().sign_up(&other, PASSWORD).await.status, 303);
        app.running().drain().await;
        postfix.mail(n + 1);
    }
    assert_eq!(smtp_status(&app).await.0, "ready");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_consecutive_signups_with_chosen_addresses_delay_no_other_email() {
    let authority = Authority::new();
    let Some(postfix) = Postfix::start(&authority.identity("localhost")) else { return };
    let app = site(&authority, postfix.ports.relay, "\"smtp\"").await;
    for address in CHOSEN {
        assert_eq!(app.visitor().sign_up(address, PASSWORD).await.status, 303, "{address}");
        app.running().drain().await;
    }
    let (status, reason) = smtp_status(&app).await;
    assert_eq!(status, "degraded");
    assert!(reason.contains("Relay access denied"), "{reason}");
    assert_eq!(app.visitor().sign_up("kim@example.org", PASSWORD).await.status, 303);
    app.running().drain().await;
    postfix.mail(1);
    assert_eq!(smtp_status(&app).await.0, "ready");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_email_is_lost_if_a_server_rejects_the_client_and_another_transport_sends_it() {
    let authority = Authority::new();
    let Some(postfix) = Postfix::start(&authority.identity("localhost")) else { return };
    for (port, text) in [(postfix.ports.no_clients, "Client host rejected"), (postfix.ports.no_helo, "Helo command")] {
        let alone = site(&authority, port, "\"smtp\"").await;
        let both = site(&authority, port, "[\"smtp\", \"capture\"]").await;
        for app in [&alone, &both] {
            for n in 0..3 {
                let visitor = app.visitor();
                assert_eq!(visitor.sign_up(&format!("kim{n}@example.org"), PASSWORD).await.status, 303);
                app.running().drain().await;
            }
            let (status, reason) = smtp_status(app).await;
            assert!(status == "degraded" && reason.contains(text), "{status}: {reason}");
        }
        let list = alone.command(&["mail", "list", "--json"]);
        let rows: serde_json::Value = serde_json::from_slice(&list.stdout).expect("a list of rows");
        assert!(rows.as_array().is_some_and(|rows| rows.len() == 3), "{rows}");
        assert!(rows.as_array().into_iter().flatten().all(|row| row["state"] == "queued"), "{rows}");
        for n in 0..3 {
            assert_eq!(both.emails(&format!("kim{n}@example.org")).await.len(), 1);
        }
    }
    postfix.mail(0);
}
