//! A broken folder `site/`: at start, while the server runs, and with the values of a real email.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use super::site_folder::{message, run};
use crate::support::process::Folder;

/// Each kind of bad input: its file, its text, and what is said about it.
const BROKEN: [(&str, &str, &str); 9] = [
    ("emails/welcome/body.txt", "one\n{{ two", "site/emails/welcome/body.txt:2: syntax error"),
    ("emails/welcome/body.txt", "one\n{{ nmae }}", "site/emails/welcome/body.txt:2: unknown variable: nmae; there are"),
    ("emails/password_reset/body.txt", "no link", "site/emails/password_reset/body.txt:1: does not print {{ link }}"),
    ("emails/welcome/body.txt", "{% include '../../Rocket.toml' %}", "body.txt:1: a file that is not in the folder"),
    (
        "emails/x/body.txt",
        "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
        "too much work",
    ),
    ("locales/en.ftl", "# words\nlogin-titel = x", "site/locales/en.ftl:2: unknown text login-titel; did you mean"),
    ("locales/ko.ftl", "login-title = { $nothing }", "site/locales/ko.ftl:1: unknown variable $nothing"),
    ("theme.css", ":root {\n --accent: url(x);\n}", "site/theme.css:2: \"url(x)\" is not a colour"),
    ("logo.svg", "GIF89a", "site/logo.svg:1: expected an SVG picture"),
];

#[test]
fn check_and_start_refuse_each_broken_folder_with_file_and_line() {
    for (file, text, expected) in BROKEN {
        let folder = Folder::new("");
        folder.write("site/emails/x/subject.txt", "x");
        folder.write("site/emails/x/body.txt", "x");
        folder.write(&format!("site/{file}"), text);
        let started = Instant::now();
        for command in ["check", "serve"] {
            let (code, printed) = run(&folder, &[command]);
            assert!(code == Some(1) && printed.contains(expected), "{command}, {file}: {code:?} {printed}");
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{file}");
        let said = String::from_utf8(folder.run(&["serve"]).stderr).unwrap();
        assert_eq!(said.lines().count(), 1, "one line: {said}");
    }
}

#[test]
fn large_files_and_files_from_outside_are_refused() {
    let folder = Folder::new("");
    folder.write("site/emails/x/subject.txt", "x");
    folder.write("site/emails/x/body.txt", &"x".repeat(5_000_000));
    let (code, printed) = run(&folder, &["check"]);
    let expected = "site/emails/x/body.txt: too large: 5000000 bytes, at most 524288 are allowed";
    assert!(code == Some(1) && printed.contains(expected), "{printed}");
    folder.write("site/emails/x/body.txt", &"x".repeat(103_000));
    let (code, printed) = run(&folder, &["check"]);
    assert!(code == Some(1) && printed.contains("site/emails/x/body.txt:1: prints 103 KB"), "{printed}");

    std::fs::remove_file(folder.path().join("site/emails/x/body.txt")).unwrap();
    folder.write("secret.txt", "SECRET");
    for (target, link) in [("../../../secret.txt", "body.txt"), ("../../..", "ko")] {
        let link = folder.path().join("site/emails/x").join(link);
        symlink(target, &link).unwrap();
        let (code, printed) = run(&folder, &["check"]);
        assert!(code == Some(1) && printed.contains("leads out of the folder"), "{printed}");
        std::fs::remove_file(link).unwrap();
    }
    folder.write("site/emails/real.txt", "a part");
    symlink("../real.txt", folder.path().join("site/emails/x/body.txt")).unwrap();
    let (code, printed) = run(&folder, &["check"]);
    assert_eq!(code, Some(0), "a link inside the folder is fine: {printed}");
}

#[test]
fn another_folder_may_be_named_and_must_exist() {
    let folder = Folder::new("[default.site]\nfolder = \"texts/ours\"\n");
    let (code, printed) = run(&folder, &["check"]);
    assert!(
        code == Some(1) && printed.contains("setting site.folder") && printed.contains("not a folder"),
        "{printed}"
    );
    folder.write("texts/ours/emails/welcome/subject.txt", "Hi");
    let (code, printed) = run(&folder, &["check"]);
    assert!(code == Some(0) && printed.contains("texts/ours: emails welcome"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_that_fails_with_real_values_gives_way_to_the_built_in_one() {
    let folder = Folder::new("");
    // The sample's public URL is another one than the real one.
    let text = "{% if 'example.com' in public_url %}{{ link }}{% else %}no link{% endif %}";
    folder.write("site/emails/verification/body.txt", text);
    let server = folder.serve();
    server.visitor().sign_up("kim@example.org", "correct horse battery").await;
    let found = message(&server, "kim@example.org").await;
    assert!(found["Text"].as_str().unwrap().contains("/verify/"), "{found}");
    let log = server.prints("the built-in email verification is sent instead", 1);
    assert!(log[0].contains("emails/verification/body.txt:1: does not print {{ link }}"), "{log:?}");
}
