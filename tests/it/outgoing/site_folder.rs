//! The folder `site/` in the real program: the operator's emails, texts, logo and colours; and programs that
//! use them. `broken_site` has what is refused.

use mail_parser::MessageParser;
use serde_json::Value;

use crate::smtp::programs::said;
use crate::support::process::{Folder, Process};

const PASSWORD: &str = "correct horse battery";

/// An email of the operator's own in both languages.
fn with_email(toml: &str) -> Folder {
    let folder = Folder::new(toml);
    folder.write("site/emails/order/subject.txt", "Your order, {{ nickname }}");
    folder.write(
        "site/emails/order/body.html",
        "{% extends \"layout.html\" %}{% block main %}<p>Hello <b>{{ nickname }}</b>, see \
         <a href=\"https://shop.example.com/{{ number }}\">order</a>.</p>{% endblock %}",
    );
    folder.write("site/emails/order/ko/subject.txt", "{{ nickname }} 님의 주문");
    folder.write("site/emails/order/ko/body.txt", "{{ nickname }} 님, 주문 번호는 {{ number }}입니다.\n");
    folder.write("site/emails/layout.html", "<!DOCTYPE html><main>{% block main %}{% endblock %}</main>");
    folder
}

pub fn run(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String) {
    let output = folder.run(arguments);
    (output.status.code(), said(&output))
}

/// The newest message to `to`.
pub async fn message(server: &Process, to: &str) -> Value {
    let path = format!("/dev/inbox/api/v1/wait?query=to:{to}&timeout=30s");
    let found = server.visitor().get(&path).await;
    assert_eq!(found.status, 200, "{}", found.text());
    let id = found.json()["messages"][0]["ID"].as_str().expect("an id").to_owned();
    server.visitor().get(&format!("/dev/inbox/api/v1/message/{id}")).await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_of_the_operator_is_sent_with_its_variables_in_the_chosen_language() {
    let folder = with_email("");
    let server = folder.serve();
    let name = "{{ 7 * 7 }} <b>Kim</b>";
    let send = |to: &str, more: &[&str]| {
        let nickname = format!("nickname={name}");
        let fixed = ["mail", "send", to, "--template", "order", "--var", "number=17", "--var", nickname.as_str()];
        run(&folder, &[&fixed, more].concat())
    };
    let (code, printed) = send("kim@example.org", &[]);
    assert_eq!(code, Some(0), "{printed}");
    let found = message(&server, "kim@example.org").await;
    assert_eq!(found["Subject"], format!("Your order, {name}"));
    let html = found["HTML"].as_str().unwrap();
    assert!(html.starts_with("<!DOCTYPE html><main><p>Hello <b>{{ 7 * 7 }} &lt;b&gt;Kim&lt;/b&gt;</b>"), "{html}");
    let text = found["Text"].as_str().unwrap();
    assert!(text.contains(name) && text.contains("https://shop.example.com/17"), "made from the HTML: {text}");

    let (code, printed) = send("lee@example.org", &["--locale", "ko"]);
    assert_eq!(code, Some(0), "{printed}");
    let found = message(&server, "lee@example.org").await;
    assert_eq!(found["Subject"], format!("{name} 님의 주문"));
    assert_eq!(found["HTML"], "", "the Korean email has a text only");
}

#[test]
fn mail_send_explains_what_it_cannot_use() {
    let folder = with_email("");
    folder.write("only.html", "<p>Hello <a href=\"https://example.com/\">there</a></p>");
    let send = |more: &[&str]| run(&folder, &[&["mail", "send", "kim@example.org"], more].concat());
    for (arguments, code, expected) in [
        (
            &["--template", "order", "--var", "number=1"][..],
            1,
            "site/emails/order/subject.txt:1: unknown variable: nickname",
        ),
        (&["--template", "ordr"], 1, "no email \"ordr\"; there are: order"),
        (&["--template", "../order"], 1, "no email \"../order\""),
        (&["--template", "order", "--var", "number"], 2, "expected KEY=VALUE"),
        (&["--template", "order", "--locale", "fr"], 2, "expected one of en, ko"),
        (&["--template", "order", "--subject", "x"], 2, "cannot be used with"),
        (&["--var", "a=b", "--subject", "x", "--html", "only.html"], 2, "cannot be used with"),
        (&["--subject", "x"], 2, "--text"),
        (&["--html", "only.html"], 2, "--subject"),
    ] {
        let (found, printed) = send(arguments);
        assert!(found == Some(code) && printed.contains(expected), "{arguments:?}: {found:?} {printed}");
    }
    let (code, printed) = send(&["--subject", "x", "--html", "only.html"]);
    assert_eq!(code, Some(0), "{printed}");
    let (code, printed) = run(&folder, &["inbox", "export", "out"]);
    assert_eq!(code, Some(0), "{printed}");
    let file = std::fs::read_dir(folder.path().join("out")).unwrap().next().unwrap().unwrap().path();
    let message = std::fs::read(file).unwrap();
    let text = MessageParser::default().parse(&message).unwrap().body_text(0).unwrap().into_owned();
    assert!(text.contains("Hello there") && text.contains("https://example.com/"), "made from the HTML: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_email_is_sent_in_place_of_the_built_in_one_and_the_rest_stays() {
    let folder = Folder::new("");
    folder.write("site/emails/verification/subject.txt", "Only the subject, {{ site_name }}");
    folder
        .write("site/emails/welcome/body.html", "<h1>Hi {{ name }}</h1><p><a href=\"{{ login_url }}\">Log in</a></p>");
    folder.write("site/locales/en.ftl", "login-title = Come in\nemail-verification-button = Yes, this is me\n");
    let server = folder.serve();
    let visitor = server.visitor();
    visitor.sign_up("kim@example.org", PASSWORD).await;
    let found = message(&server, "kim@example.org").await;
    assert_eq!(found["Subject"], "Only the subject, Gatepost");
    let html = found["HTML"].as_str().unwrap();
    assert!(html.contains("/verify/") && html.contains("Yes, this is me"), "the built-in body: {html}");
    let login = visitor.get("/login").await.text();
    assert!(login.contains("Come in"), "{login}");

    let previews = visitor.get("/dev/inbox/previews").await.text();
    assert!(previews.contains("Only the subject, Gatepost"), "{previews}");
    let preview = visitor.get("/dev/inbox/previews/welcome.ko.html").await.text();
    assert!(preview.contains("<h1>Hi 김하늘</h1>"), "{preview}");
}

#[tokio::test(flavor = "multi_thread")]
async fn own_emails_are_previewed_with_sample_values_in_each_language() {
    let folder = with_email("");
    folder.write("site/emails/order/ko/sample.json", "{\"nickname\": \"하늘\", \"number\": 42}");
    let server = folder.serve();
    let visitor = server.visitor();
    let page = async |tag: &str| visitor.get(&format!("/dev/inbox/previews?email=order&locale={tag}")).await.text();
    let previews = page("en").await + &page("ko").await;
    for expected in ["Your order, nickname", "하늘 님의 주문", "주문 번호는 42입니다", "/previews/order.en.html"]
    {
        assert!(previews.contains(expected), "{expected} in {previews}");
    }
    let preview = server.visitor().get("/dev/inbox/previews/order.en.html").await;
    assert!(preview.header("Content-Security-Policy").starts_with("sandbox "));
    assert!(preview.text().contains("https://shop.example.com/number"));
    assert_eq!(server.visitor().get("/dev/inbox/previews/order.ko.html").await.status, 404, "it has no HTML");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logo_and_colours_are_served_with_safe_headers_and_used() {
    let folder = Folder::new("");
    folder.write("site/logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>");
    folder.write("site/theme.css", ":root { --accent: #aa0011; --link: #bb0011; }\n");
    let server = folder.serve();
    let visitor = server.visitor();
    let page = visitor.get("/login").await;
    let policy = page.header("Content-Security-Policy").to_owned();
    let styles = policy.split("style-src ").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or_default();
    assert!(styles.ends_with("/static/"), "only files from there: {policy}");
    let page = page.text();
    let path = |name: &str| {
        let at = page.find(&format!("/static/{name}?v=")).unwrap_or_else(|| panic!("{name} in {page}"));
        page[at..].split('"').next().unwrap().to_owned()
    };
    let theme = visitor.get(&path("theme.css")).await;
    assert_eq!((theme.status, theme.header("Content-Type")), (200, "text/css; charset=utf-8"));
    assert!(theme.header("Cache-Control").contains("immutable") && theme.text().contains("#aa0011"));
    let logo = visitor.get(&path("logo.svg")).await;
    assert_eq!(logo.header("Content-Type"), "image/svg+xml");
    assert_eq!(logo.header("X-Content-Type-Options"), "nosniff");
    assert!(
        logo.header("Content-Security-Policy").starts_with("default-src 'none'; style-src 'unsafe-inline'; sandbox")
    );
    let preview = visitor.get("/dev/inbox/previews/verification.en.html").await.text();
    assert!(preview.contains("background-color:#aa0011") && !preview.contains("#1f5f4a"), "{preview}");
    let without = Folder::new("").serve();
    assert_eq!(without.visitor().get("/static/theme.css").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_at_once_and_a_broken_one_keeps_the_last_good_version() {
    let folder = Folder::new("");
    let server = folder.serve();
    let subject = async || {
        let page = server.visitor().get("/dev/inbox/previews").await.text();
        page.split("Subject ").nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default().to_owned()
    };
    assert_eq!(subject().await, "");
    for (text, seen) in
        [("Subject one", "one"), ("Subject number two", "number two"), ("Subject {{ three", "number two")]
    {
        folder.write("site/emails/welcome/subject.txt", text);
        assert_eq!(subject().await, seen);
    }
    let log = server.prints("the last good version stays", 1);
    assert!(log[0].contains("site/emails/welcome/subject.txt:1: syntax error"), "{log:?}");
    folder.write("site/emails/welcome/subject.txt", "Subject four");
    assert_eq!(subject().await, "four");
    std::fs::remove_dir_all(folder.path().join("site")).unwrap();
    assert_eq!(subject().await, "", "the built-in email again");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_release_a_change_waits_for_the_next_start() {
    let toml = "[release]\npublic_url = \"https://id.example.com\"\nhosts = [\"127.0.0.1\"]\n\
                [release.mail]\ntransport = \"smtp\"\nfrom = \"a@example.com\"\n\
                [release.mail.smtp]\nhost = \"127.0.0.1\"\nsecurity = \"none\"\n";
    let folder = Folder::new(toml);
    let key = said(&folder.run(&["secret"])).trim().to_owned();
    let theme = |colour: &str| folder.write("site/theme.css", &format!(":root {{ --accent: {colour}; }}"));
    let start = || {
        let mut command = folder.command(&["serve"]);
        command.env("ROCKET_PROFILE", "release").env("GATEPOST_SECRET_KEY", &key);
        Process::start(command).unwrap_or_else(|said| panic!("{said}"))
    };
    theme("#111111");
    let server = start();
    theme("#222222");
    let served = async |server: &Process| server.visitor().get("/static/theme.css").await.text();
    assert!(served(&server).await.contains("#111111"));
    drop(server);
    assert!(served(&start()).await.contains("#222222"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_enqueues_in_the_outbox_of_the_server() {
    let folder = with_email("");
    let server = folder.serve();
    let program = std::path::PathBuf::from(env!("CARGO_BIN_EXE_gatepost")).with_file_name("examples").join("enqueue");
    let mut command = std::process::Command::new(program);
    command.current_dir(folder.path());
    let arguments = ["sqlite:data/gatepost.db", "kim@example.org", "order", "nickname=하늘", "number=3"];
    let printed = said(&command.args(arguments).output().unwrap());
    let found = message(&server, "kim@example.org").await;
    assert_eq!(found["Subject"], "하늘 님의 주문");
    assert_eq!(found["Text"].as_str().map(str::trim), Some("하늘 님, 주문 번호는 3입니다."));
    let list = run(&folder, &["mail", "list"]).1;
    assert!(list.contains(printed.trim()) && list.contains("sent"), "{list}");
}
