//! Invalid input to `gatepost mail`: one line on standard error names it, and nothing is queued.

use super::site::{Site, Smtp};
use crate::smtp::programs::{said, succeeds};
use crate::support::process::Folder;
use crate::support::scripted::Scripted;

#[test]
fn line_ends_and_control_characters_do_not_reach_the_envelope_or_the_header() {
    let Some(server) = Scripted::aiosmtpd(&serde_json::json!({})) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    for to in [
        "kim@example.org\r\nRCPT TO:<evil@example.net>",
        "Kim\r\nBcc: evil@example.net <kim@example.org>",
        "kim@exa\u{7}mple.org",
        "kim@example.org\u{1}",
        "k m@example.org",
    ] {
        let output = site.send(&[to], &[]);
        assert_eq!(output.status.code(), Some(2), "{to:?}: {}", said(&output));
    }
    assert!(server.mail().is_empty());
    // The byte order mark of Windows editors is not part of the text.
    site.folder.write("text.txt", "\u{feff}hello\n");
    let subject = "s\r\nBcc: evil@example.net\r\n\r\nbody\u{202e}";
    succeeds(&site.folder.run(&["mail", "send", "kim@example.org", "--subject", subject, "--text", "text.txt"]));
    let arrived = server.mail();
    let mail = String::from_utf8_lossy(&arrived[0]).into_owned();
    let header = mail.split("\r\n\r\n").next().unwrap();
    assert!(!header.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{header}");
    assert!(mail.contains("\r\n\r\nhello\r\n"), "{mail}");
    let Some(found) = super::parsers::read(&arrived[0]) else { return };
    assert_eq!(found["subject"], "s  Bcc: evil@example.net    body");
}

#[test]
fn files_that_cannot_be_attached_are_named_before_anything_is_queued() {
    let Some(server) = Scripted::aiosmtpd(&serde_json::json!({})) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    let huge = site.folder.path().join("huge.bin");
    std::fs::File::create(&huge).unwrap().set_len(40_000_000).unwrap();
    let half = site.folder.path().join("half.bin");
    std::fs::File::create(&half).unwrap().set_len(20_000_000).unwrap();
    let pipe = site.folder.path().join("pipe");
    succeeds(&std::process::Command::new("mkfifo").arg(&pipe).output().unwrap());
    for (more, why) in [
        (&["--attach", "missing.pdf"][..], "cannot read missing.pdf"),
        (&["--attach", "pipe"], "cannot attach pipe: not a regular file"),
        (&["--attach", "huge.bin"], "huge.bin is too large: 40000000 bytes"),
        // Each fits; base64 and both together do not.
        (&["--attach", "half.bin", "--attach", "half.bin"], "message too large"),
        (&["--html", "missing.html"], "cannot read missing.html"),
    ] {
        let output = site.send(&["kim@example.org"], more);
        assert_eq!(output.status.code(), Some(1), "{more:?}: {}", said(&output));
        assert!(said(&output).contains(why) && said(&output).lines().count() == 1, "{why}: {}", said(&output));
    }
    assert_eq!(site.run(&["mail", "list"]), (true, String::new()));
    let output = site.run(&["mail", "test", "kim@example.org", "--transport", "pigeon"]);
    assert!(!output.0 && output.1.contains("capture, smtp, gmail"), "{}", output.1);
}

#[test]
fn a_transport_that_is_not_set_up_is_named_with_its_cure() {
    let folder = Folder::new("");
    for (transport, cure) in [("gmail", "gatepost gmail authorize"), ("smtp", "mail.smtp.host")] {
        let output = folder.run(&["mail", "test", "kim@example.org", "--transport", transport]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(&format!("{transport:?} is not set up")), "{said}");
        assert!(said.contains(cure) && said.contains("configured transports: capture\n"), "{said}");
    }
    folder.write("Rocket.toml", "[default.mail]\ntransport = \"gmail\"\nfrom = \"post@example.com\"\n");
    let output = folder.run(&["mail", "test", "kim@example.org"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("credentials/google.json does not exist"), "{said}");
    assert!(said.contains("gatepost gmail authorize"), "{said}");
}

#[test]
fn a_message_without_content_names_all_the_options_that_give_it() {
    let output = Folder::new("").run(&["mail", "send", "kim@example.org", "--subject", "x"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(["--text", "--html", "--template"].iter().all(|option| said.contains(option)), "{said}");
}

#[test]
fn standard_input_gives_the_text_or_the_html_but_not_both() {
    let output =
        Folder::new("").run(&["mail", "send", "kim@example.org", "--subject", "x", "--text", "-", "--html", "-"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--text and --html cannot both be standard input"), "{said}");
}
