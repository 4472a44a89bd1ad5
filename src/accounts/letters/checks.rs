//! Tests that apply to every email in every language.

use std::collections::BTreeSet;
use std::path::Path;

use mail_parser::{MessageParser, MimeHeaders};

use super::letter::{Letter, Test, Welcome};
use super::paper::EmailContext;
use super::sheet::RenderedEmail;
use crate::clock::Time;
use crate::i18n::Locale;
use crate::mail::{Mailbox, Draft};

fn paper(locale: Locale) -> EmailContext {
    EmailContext { locale, site_name: "Gatepost".into(), public_url: "https://id.example.com".into() }
}

fn every_letter() -> Vec<(String, Locale, RenderedEmail)> {
    let in_locale = |locale: Locale| {
        let paper = paper(locale);
        let render = move |letter: Letter| {
            (format!("{}.{}", letter.name(), locale.tag()), locale, letter.render(&paper).unwrap())
        };
        Letter::samples(&self::paper(locale)).into_iter().map(render)
    };
    Locale::ALL.into_iter().flat_map(in_locale).collect()
}

/// All distinct URLs in `text`.
fn links(text: &str) -> BTreeSet<&str> {
    let end = |c: char| c.is_whitespace() || "\"'<>".contains(c);
    text.match_indices("http").map(|(at, _)| text[at..].split(end).next().unwrap()).collect()
}

#[test]
fn there_is_one_of_each_letter() {
    let names: BTreeSet<String> = every_letter().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names.len(), 2 * 11);
}

/// Compares with the approved texts. `GATEPOST_SNAPSHOTS=write` approves new ones; `GATEPOST_PAGES=<folder>` writes the
/// HTML there for review.
#[test]
fn letters_read_as_they_were_last_approved() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/letters");
    let shown = std::env::var_os("GATEPOST_PAGES");
    for (name, _, letter) in every_letter() {
        if let Some(folder) = &shown {
            std::fs::write(Path::new(folder).join(format!("preview-{name}.html")), &letter.html).unwrap();
        }
        let now = format!("{}\n\n{}\n\n{}\n", letter.subject, letter.text, letter.html)
            .replace("sample-0000000000000000000000000000000000000000000000000000000", "<token>");
        let file = folder.join(format!("{name}.txt"));
        if std::env::var_os("GATEPOST_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &now).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), now, "{name}: GATEPOST_SNAPSHOTS=write");
    }
}

#[test]
fn text_and_html_carry_the_same_single_link_and_the_text_gives_it_a_line() {
    for (name, _, letter) in every_letter() {
        let link = links(&letter.text);
        assert_eq!(links(&letter.html), link, "{name}");
        let none = name.starts_with("email_changed.") || name.starts_with("test.");
        assert_eq!(link.len(), if none { 0 } else { 1 }, "{name}");
        for link in link {
            assert!(link.starts_with("https://id.example.com/"), "{name}");
            assert!(letter.text.lines().any(|line| line == link), "{name}");
            assert_eq!(letter.html.matches("<a ").count(), 2, "{name}: the button and the plain address");
        }
    }
}

#[test]
fn html_brings_everything_along_and_runs_nothing() {
    for (name, locale, letter) in every_letter() {
        let html = &letter.html;
        assert!(html.contains(&format!("<html lang=\"{}\">", locale.tag())), "{name}");
        for foreign in ["<img", " src=", "url(", "<style", "<script", "<link", "@import", "<form", "<iframe"] {
            assert!(!html.contains(foreign), "{name}: {foreign}");
        }
        assert_eq!(html.matches("<table").count(), html.matches("<table role=\"presentation\"").count(), "{name}");
        assert!(html.contains(&format!("<title>{}</title>", letter.subject)), "{name}");
        // Gmail truncates longer messages.
        assert!(html.len() < 102_000, "{name}");
    }
}

/// Checked against the bundled caniemail data. Features with less support are decoration that may be missing: round
/// corners, `lang`, `role`, the colour scheme, where a link opens.
#[test]
fn html_uses_what_mail_programs_know() {
    const GRACEFUL: [&str; 8] = [
        "css-border-radius",
        "css-overflow-wrap",
        "css-word-break",
        "html-body",
        "html-lang",
        "html-meta-color-scheme",
        "html-role",
        "html-target",
    ];
    for (name, _, letter) in every_letter() {
        for warning in crate::mail::compat::check(&letter.html).warnings {
            let known = warning.score.unsupported < 10.0 || GRACEFUL.contains(&warning.slug.as_str());
            assert!(known, "{name}: {} {:.1} %", warning.slug, warning.score.unsupported);
        }
    }
}

#[test]
fn every_text_of_a_letter_is_there_and_filled_in() {
    for (name, locale, letter) in every_letter() {
        let all = format!("{}{}{}", letter.subject, letter.text, letter.html);
        // A missing text is shown as its key. The prefix is built from two pieces: the checks of i18n take every
        // literal for a use of a key.
        let key = ["email", "-"].concat();
        assert!(!all.contains(&key) && !all.contains("{$") && !all.contains("{{"), "{name}");
        assert!(letter.subject.contains("Gatepost") && !letter.subject.contains('\n'), "{name}");
        assert!(!letter.text.contains("\n\n\n") && !letter.text.contains('\r'), "{name}");
        let hangul = all.chars().any(|c| ('가'..='힣').contains(&c));
        assert_eq!(hangul, locale == Locale::Ko, "{name}");
    }
}

#[test]
fn a_links_life_is_stated_in_words() {
    let of = |name: &str| every_letter().into_iter().find(|(n, ..)| n == name).unwrap().2;
    assert!(of("verify.en").text.contains("24 hours"));
    assert!(of("verify.ko").html.contains("24시간"));
    assert!(of("reset.en").html.contains("30 minutes"));
    assert!(of("reset.ko").text.contains("30분"));
}

#[test]
fn text_from_outside_stays_text_and_never_reaches_a_subject() {
    let outside = "\"'><script>alert(1)</script>{{7*7}}{ $site }";
    for locale in Locale::ALL {
        let letters =
            [Letter::Welcome(Welcome { name: outside.into() }), Letter::Test(Test { transport: outside.into() })];
        for letter in letters {
            let letter = letter.render(&paper(locale)).unwrap();
            assert!(letter.text.contains(outside));
            assert!(!letter.html.contains("<script") && !letter.html.contains("49"));
            assert!(!letter.subject.contains("alert"));
        }
        let paper = EmailContext { site_name: "A & <b>B</b>".into(), ..paper(locale) };
        for letter in Letter::samples(&paper) {
            assert!(!letter.render(&paper).unwrap().html.contains("<b>"), "{}", letter.name());
        }
    }
}

#[test]
fn every_letter_survives_being_written_and_read_as_mail() {
    for (name, locale, letter) in every_letter() {
        let bytes = written(&letter, locale);
        assert!(bytes.is_ascii(), "{name}");
        let wire = String::from_utf8(bytes.clone()).unwrap();
        let longest = wire.split("\r\n").map(str::len).max().unwrap();
        assert!(longest <= 78, "{name}: a line of {longest}");
        assert!(!wire.replace("\r\n", "").contains(['\r', '\n']), "{name}: a bare CR or LF");

        let read = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(read.subject(), Some(letter.subject.as_str()), "{name}");
        assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), letter.text.trim_end(), "{name}");
        assert_eq!(read.body_html(0).unwrap().replace("\r\n", "\n").trim_end(), letter.html.trim_end(), "{name}");
        let kind = read.content_type().unwrap();
        assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")), "{name}");
    }
}

fn written(letter: &RenderedEmail, locale: Locale) -> Vec<u8> {
    let mailbox = |text: &str| text.parse::<Mailbox>().unwrap();
    let message = Draft {
        id: "0193a000-0000-7000-8000-000000000001".into(),
        purpose: None,
        from: mailbox("Gatepost <no-reply@example.com>"),
        reply_to: None,
        to: vec![mailbox("someone@example.com")],
        subject: letter.subject.clone(),
        text: letter.text.clone(),
        html: Some(letter.html.clone()),
        attachments: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        date: Time::from_millis(1_795_232_040_000),
        message_id: "0193a000@example.com".into(),
        language: Some(locale.tag().into()),
        auto_submitted: true,
    };
    message.build().unwrap().bytes
}
