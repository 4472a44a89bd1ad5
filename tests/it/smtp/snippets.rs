//! The snippets of the page that shows how to connect an application: each whose tools are installed sends to a server
//! with default settings, or finds the message that was sent.

use std::process::Command;

use super::programs::{program, said, succeeds};
use crate::support::process::{Folder, Process, tools};

/// A server with default settings, and its page.
struct ConnectedServer {
    folder: Folder,
    server: Process,
    page: String,
}

impl ConnectedServer {
    async fn start() -> Self {
        let folder = Folder::new("");
        let server = folder.serve();
        let page = server.visitor().get("/dev/inbox/connect").await.text();
        ConnectedServer { folder, server, page }
    }

    /// The text of a snippet.
    fn snippet(&self, id: &str) -> String {
        let start = self.page.split(&format!("<pre id=\"{id}\"")).nth(1).expect("the snippet");
        let text = start.split_once('>').expect("the end of the tag").1.split("</pre>").next().expect("its end");
        [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
            .into_iter()
            .fold(text.to_owned(), |text, (escaped, character)| text.replace(escaped, character))
    }

    async fn subjects(&self) -> Vec<String> {
        let list = self.server.visitor().get("/dev/inbox/api/v1/messages").await.json();
        let messages = list["messages"].as_array().expect("a list");
        messages.iter().map(|message| message["Subject"].as_str().expect("a subject").to_owned()).collect()
    }

    /// Runs a client. It has sent one message with the subject "Hello".
    async fn receives_from(&self, client: &mut Command) {
        let output = client.output().expect("the client runs");
        succeeds(&output);
        assert_eq!(self.subjects().await, ["Hello"], "{}", said(&output));
    }

    /// Stores a message for the snippets that wait.
    fn send(&self) {
        let bytes = "From: app@example.com\r\nTo: you@example.com\r\nSubject: Hello\r\n\r\nhttps://a.test/\r\n";
        let mut sendmail = self.folder.command(&["sendmail", "-t", "-i"]);
        sendmail.env("GATEPOST_INBOX__SMTP_ADDRESS", self.server.smtp());
        succeeds(&super::programs::fed(&mut sendmail, bytes));
    }
}

/// A Go program in the folder.
fn go(server: &ConnectedServer, arguments: &[&str]) -> Option<Command> {
    let mut go = program("go")?;
    go.args(arguments).current_dir(server.folder.path());
    go.envs([("GO111MODULE", "off"), ("GOFLAGS", ""), ("GOTOOLCHAIN", "local"), ("GOPROXY", "off")]);
    go.env("GOCACHE", tools().join("go-cache")).env("GOPATH", server.folder.path().join("go"));
    Some(go)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippet_for_django_sends() {
    let Some(mut python) = program(tools().join("venv/bin/python")) else { return };
    let server = ConnectedServer::start().await;
    let script = format!(
        "{}\nfrom django.conf import settings\nfrom django.core.mail import send_mail\n\
         settings.configure(EMAIL_HOST=EMAIL_HOST, EMAIL_PORT=EMAIL_PORT)\n\
         send_mail('Hello', 'x', 'app@example.com', ['you@example.com'])",
        server.snippet("django")
    );
    server.receives_from(python.args(["-c", &script])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippets_of_settings_name_a_server_that_takes_mail() {
    for id in ["flask", "env", "symfony", "spring", "laravel", "compose", "dotnet"] {
        let Some(mut python) = program("python3") else { return };
        let server = ConnectedServer::start().await;
        let text = server.snippet(id);
        // Each of these formats has the host and the port once, as a text or as a URL.
        let script = "import re, smtplib, sys\n\
             text = sys.argv[1]\n\
             host = re.search(r'127\\.0\\.0\\.1', text).group()\n\
             port = re.search(r'(?:port|PORT\"?\\]?|127\\.0\\.0\\.1\"?)[ =:,]+(\\d+)', text).group(1)\n\
             smtp = smtplib.SMTP(host, int(port))\n\
             smtp.sendmail('app@example.com', ['you@example.com'], 'Subject: Hello\\r\\n\\r\\nx')\n\
             smtp.quit()";
        server.receives_from(python.args(["-c", script, &text])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippet_for_rails_sends_with_the_library_that_rails_uses() {
    let Some(mut ruby) = program("ruby") else { return };
    let server = ConnectedServer::start().await;
    let script = format!(
        "require 'net/smtp'\nrequire 'ostruct'\nconfig = OpenStruct.new(action_mailer: OpenStruct.new)\n{}\n\
         settings = config.action_mailer.smtp_settings\nsmtp = Net::SMTP.new(settings[:address], settings[:port])\n\
         # What the mail gem does by default.\nsmtp.enable_starttls_auto if smtp.respond_to?(:enable_starttls_auto)\n\
         smtp.start('localhost') {{ |s| s.send_message(\"Subject: Hello\\r\\n\\r\\nx\", 'a@example.com', 'b@example.com') }}",
        server.snippet("rails")
    );
    server.receives_from(ruby.args(["-e", &script])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippet_for_node_sends() {
    let Some(mut node) = program("node") else { return };
    if program(tools().join("node/node_modules/nodemailer/package.json")).is_none() {
        return;
    }
    let server = ConnectedServer::start().await;
    let script = tools().join("node").join(format!("snippet-{}.mjs", std::process::id()));
    let text = format!("import nodemailer from \"nodemailer\";\n{}\ntransport.close();\n", server.snippet("node"));
    std::fs::write(&script, text).expect("a script");
    let output = node.arg(&script).output().expect("node runs");
    std::fs::remove_file(&script).expect("the script is deleted");
    succeeds(&output);
    assert_eq!(server.subjects().await, ["Hello"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippet_for_go_sends() {
    let server = ConnectedServer::start().await;
    let Some(mut go) = go(&server, &["run", "main.go"]) else { return };
    let main = format!(
        "package main\nimport \"net/smtp\"\nfunc main() {{\n{}\nif err != nil {{ panic(err) }}\n}}\n",
        server.snippet("go")
    );
    server.folder.write("main.go", &main);
    server.receives_from(&mut go).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippet_for_php_sends() {
    let Some(mut php) = program("php") else { return };
    let server = ConnectedServer::start().await;
    // The snippet expects the program in the path.
    let text = server.snippet("php").replace("\"gatepost ", &format!("\"{} ", env!("CARGO_BIN_EXE_gatepost")));
    server.folder.write("php.ini", &text);
    php.current_dir(server.folder.path()).args(["-c", "php.ini", "-r"]);
    php.arg("exit(mail('you@example.com', 'Hello', 'x', 'From: app@example.com') ? 0 : 1);");
    server.receives_from(php.env("GATEPOST_INBOX__SMTP_ADDRESS", server.server.smtp())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippets_that_wait_find_the_message() {
    let server = ConnectedServer::start().await;
    server.send();
    if let Some(mut shell) = program("curl").and(program("sh")) {
        let output = shell.args(["-c", &server.snippet("wait-curl")]).output().expect("curl runs");
        succeeds(&output);
        assert!(said(&output).contains("\"Subject\":\"Hello\""), "{}", said(&output));
    }
    if let Some(mut python) = program("python3") {
        let script = format!("{}\ntest_the_message_arrives()", server.snippet("wait-pytest"));
        succeeds(&python.args(["-c", &script]).output().expect("python runs"));
    }
    if let Some(mut php) = program("php") {
        let check = server.snippet("wait-phpunit").replace("$this->assertNotEmpty(", "exit(0 + empty(");
        let script = check.replace("$message[\"Subject\"]);", "$message[\"Subject\"]));");
        succeeds(&php.args(["-r", &script]).output().expect("php runs"));
    }
    let Some(mut go) = go(&server, &["test", "wait_test.go"]) else { return };
    let test = format!(
        "package wait\nimport (\n\"encoding/json\"\n\"net/http\"\n\"testing\"\n)\nfunc TestWait(t *testing.T) {{\n{}\n\
         if len(found.Messages) != 1 || found.Messages[0].Subject != \"Hello\" {{ t.Fatal(found) }}\n}}\n",
        server.snippet("wait-go")
    );
    server.folder.write("wait_test.go", &test);
    succeeds(&go.output().expect("go runs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snippets_for_browsers_wait_as_the_tests_of_node_do() {
    let Some(mut node) = program("node") else { return };
    let server = ConnectedServer::start().await;
    server.send();
    // The two libraries are replaced by the least that the snippets use of them.
    let library = "const request = { get: (url) => fetch(url) };\nlet visited;\nconst page = { goto: (url) => { visited = url; } };\n\
         const test = (_, body) => body({ page, request });\n";
    let playwright = format!(
        "{library}await {}\nif (visited !== \"https://a.test/\") throw new Error(visited);\n",
        server.snippet("wait-playwright")
    );
    server.folder.write("playwright.mjs", &playwright);
    let cypress = format!(
        "let visited;\nconst got = fetch(/url: \"([^\"]+)\"/.exec(`{0}`)[1]).then((answer) => answer.json());\n\
         const chain = {{ its: () => chain, then: (f) => got.then((body) => f(body.messages[0])) }};\n\
         const cy = {{ request: () => chain, visit: (url) => {{ visited = url; }} }};\n\
         await {0}\nif (visited !== \"https://a.test/\") throw new Error(visited);\n",
        server.snippet("wait-cypress")
    );
    server.folder.write("cypress.mjs", &cypress);
    for script in ["playwright.mjs", "cypress.mjs"] {
        let output = node.current_dir(server.folder.path()).arg(script).output().expect("node runs");
        succeeds(&output);
        let Some(next) = program("node") else { return };
        node = next;
    }
}
