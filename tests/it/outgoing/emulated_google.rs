//! A second Gmail that is not of this project: npm's @emulators/google. It checks consent, PKCE, tokens and revocation
//! on its own account. Its limits: it keeps the multipart request as the message, and knows no resumable upload.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;

use crate::gmail::{TIMEOUT, TOKEN, address, command};
use crate::smtp::programs::program;
use crate::support::port;
use crate::support::process::{Folder, tools};
use crate::support::source::ROOT;

const USER: &str = "post@example.com";

/// A running emulator, which ends with its standard input.
struct EmulatedGoogle {
    root: String,
    child: Child,
}

impl EmulatedGoogle {
    /// With one user, and one client that redirects to this port.
    fn start(port: u16) -> Option<Self> {
        let packages = tools().join("node");
        program(packages.join("node_modules/@emulators/google/package.json"))?;
        let config = json!({
            "users": [{"email": USER, "name": "Post"}],
            "oauth_clients": [{"client_id": "emulated", "client_secret": "GOCSPX-emulated", "name": "Gatepost",
                "redirect_uris": [format!("http://127.0.0.1:{port}/")]}],
        });
        let mut node = Command::new("node");
        node.arg(format!("{ROOT}/tests/tools/emulated_google.mjs")).arg(&packages).arg(config.to_string());
        let mut child = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut root = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut root).unwrap();
        Some(EmulatedGoogle { root: root.trim().to_owned(), child })
    }

    fn site(&self) -> Folder {
        let folder = Folder::new(&format!(
            "[default.mail]\ntransport = \"gmail\"\nfrom = \"Site <{USER}>\"\n[default.mail.gmail]\nendpoint = \"{}\"\n",
            self.root
        ));
        let client = json!({"installed": {
            "client_id": "emulated", "client_secret": "GOCSPX-emulated", "redirect_uris": ["http://localhost"],
            "auth_uri": format!("{}/o/oauth2/v2/auth", self.root), "token_uri": format!("{}/oauth2/token", self.root),
        }});
        folder.write("credentials/google.json", &client.to_string());
        folder
    }

    /// The messages in "Sent", newest first, as the emulator keeps them.
    async fn sent(&self, access: &str) -> Vec<String> {
        let read = async |path: &str| -> Value {
            let url = format!("{}/gmail/v1/users/me/messages{path}", self.root);
            reqwest::Client::new().get(url).bearer_auth(access).send().await.unwrap().json().await.unwrap()
        };
        let mut found = Vec::new();
        for message in read("?labelIds=SENT").await["messages"].as_array().into_iter().flatten() {
            let whole = read(&format!("/{}?format=raw", message["id"].as_str().unwrap())).await;
            let raw = URL_SAFE_NO_PAD.decode(whole["raw"].as_str().unwrap().trim_end_matches('=')).unwrap();
            found.push(String::from_utf8(raw).unwrap());
        }
        found
    }
}

impl Drop for EmulatedGoogle {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

async fn run(folder: &Folder, arguments: &[&str]) -> (bool, String) {
    let child = command(folder, arguments).spawn().unwrap();
    let output = tokio::time::timeout(TIMEOUT, child.wait_with_output()).await.unwrap().unwrap();
    (output.status.success(), [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat())
}

/// Chooses the user on the consent page, as a browser does, and follows the redirect.
async fn allow(page: &str) -> String {
    let client = reqwest::Client::new();
    let shown = client.get(page).send().await.unwrap().text().await.unwrap();
    assert!(shown.contains(USER), "{shown}");
    let page = Url::parse(page).unwrap();
    let mut form: HashMap<String, String> = page.query_pairs().into_owned().collect();
    form.insert("email".to_owned(), USER.to_owned());
    let answer = client.post(page.join("/o/oauth2/v2/auth/callback").unwrap()).form(&form).send().await.unwrap();
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_sending_renewal_and_revocation_work_with_an_emulator_of_another_project() {
    let [port] = port::free();
    let Some(google) = EmulatedGoogle::start(port) else { return };
    let folder = google.site();
    let mut child = command(&folder, &["gmail", "authorize", "--port", &port.to_string()]).spawn().unwrap();
    let page = address(&mut child).await;
    assert!(allow(&page).await.contains("Gatepost"), "the page behind the redirect");
    assert!(tokio::time::timeout(TIMEOUT, child.wait()).await.unwrap().unwrap().success());

    let (done, said) = run(&folder, &["mail", "test", "kim@example.org"]).await;
    assert!(done && said.contains("sent by gmail: Gmail message id msg"), "{said}");
    folder.write("text.txt", "안녕하세요.\n");
    folder.write("large.bin", &"x".repeat(5_000_000));
    let send = ["mail", "send", "kim@example.org", "--subject", "인사", "--text", "text.txt", "--attach", "large.bin"];
    let (done, said) = run(&folder, &send).await;
    assert!(done, "one request, since the emulator refuses to open a resumable upload: {said}");

    let file = || std::fs::read_to_string(folder.path().join(TOKEN)).unwrap();
    let token: Value = serde_json::from_str(&file()).unwrap();
    let sent = google.sent(token["access_token"].as_str().unwrap()).await;
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|message| message.contains("To: <kim@example.org>")), "{}", &sent[1]);

    let expired = json!("2020-01-01T00:00:00.000Z");
    let mut old = token.clone();
    old["expires_at"] = expired;
    folder.write(TOKEN, &old.to_string());
    let (done, said) = run(&folder, &["mail", "test", "kim@example.org"]).await;
    assert!(done, "{said}");
    let renewed: Value = serde_json::from_str(&file()).unwrap();
    assert_ne!(renewed["access_token"], token["access_token"]);

    let kept = file();
    let (done, said) = run(&folder, &["gmail", "revoke"]).await;
    assert!(done && !folder.path().join(TOKEN).exists(), "{said}");
    folder.write(TOKEN, &kept);
    let (done, said) = run(&folder, &["check"]).await;
    assert!(!done && said.contains("run `gatepost gmail authorize`"), "{said}");
}
