//! Tests that apply to every email in every language.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mail_parser::{MessageParser, MimeHeaders};

use super::data::WelcomeEmail;
use super::{Email, EmailContext, EmailKind, RenderedEmail, TestEmail};
use crate::clock::Time;
use crate::i18n::Locale;
use crate::mail::{Draft, Mailbox};

fn context(locale: Locale) -> EmailContext {
    let (site_name, public_url) = ("Gatepost".into(), "https://id.example.com".into());
    EmailContext { locale, site_name, public_url, content: Default::default() }
}

fn every_email() -> Vec<(String, Locale, RenderedEmail)> {
    let in_locale = |locale: Locale| {
        let context = context(locale);
        let render = move |kind: &EmailKind| {
            let email = kind.sample(&context).unwrap();
            (format!("{}.{}", kind.name(), locale.tag()), locale, email.render(&context).unwrap())
        };
        EmailKind::ALL.iter().map(render)
    };
    Locale::ALL.into_iter().flat_map(in_locale).collect()
}

fn html(email: &RenderedEmail) -> &str {
    email.html.as_deref().unwrap()
}

/// All distinct URLs in `text`.
fn links(text: &str) -> BTreeSet<&str> {
    let end = |c: char| c.is_whitespace() || "\"'<>".contains(c);
    text.match_indices("http").map(|(at, _)| text[at..].split(end).next().unwrap()).collect()
}

/// Compares with the approved texts. `SNAPSHOTS=write` approves new ones; `PAGES=<folder>` writes the
/// HTML there for review.
#[test]
fn emails_read_as_last_approved() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/emails");
    let shown = std::env::var_os("PAGES");
    let mut now: BTreeMap<&str, String> = BTreeMap::new();
    let emails = every_email();
    for (name, locale, email) in &emails {
        if let Some(folder) = &shown {
            std::fs::write(Path::new(folder).join(format!("preview-{name}.html")), html(email)).unwrap();
        }
        let text = format!("[{locale}]\n{}\n\n{}\n\n{}\n", email.subject, email.text, html(email));
        let kind = name.split('.').next().unwrap();
        let texts = now.entry(kind).or_default();
        let gap = if texts.is_empty() { "" } else { "\n" };
        *texts += &format!("{gap}{text}").replace("sample00000000000000000000", "<token>");
    }
    for (kind, now) in now {
        let file = folder.join(format!("{kind}.txt"));
        if std::env::var_os("SNAPSHOTS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &now).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), now, "{kind}: SNAPSHOTS=write");
    }
}

#[test]
fn text_and_html_carry_the_same_single_link_and_the_text_gives_it_a_line() {
    for (name, _, email) in every_email() {
        let link = links(&email.text);
        assert_eq!(links(html(&email)), link, "{name}");
        let none = name.starts_with("email_changed.") || name.starts_with("test.");
        assert_eq!(link.len(), if none { 0 } else { 1 }, "{name}");
        for link in link {
            assert!(link.starts_with("https://id.example.com/"), "{name}");
            assert!(email.text.lines().any(|line| line == link), "{name}");
            assert_eq!(html(&email).matches("<a ").count(), 2, "{name}: the button and the plain address");
        }
    }
}

#[test]
fn html_is_complete_and_contains_no_active_content() {
    for (name, locale, email) in every_email() {
        let html = html(&email);
        assert!(html.contains(&format!("<html lang=\"{}\">", locale.tag())), "{name}");
        for external in ["<img", " src=", "url(", "<style", "<script", "<link", "@import", "<form", "<iframe"] {
            assert!(!html.contains(external), "{name}: {external}");
        }
        assert_eq!(html.matches("<table").count(), html.matches("<table role=\"presentation\"").count(), "{name}");
        assert!(html.contains(&format!("<title>{}</title>", email.subject)), "{name}");
        // Gmail truncates longer messages.
        assert!(html.len() < 102_000, "{name}");
    }
}

/// Checked against the bundled caniemail data. Features with less support are decoration that may be missing: round
/// corners, `lang`, `role`, the colour scheme, where a link opens.
#[test]
fn html_uses_only_widely_supported_features() {
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
    for (name, _, email) in every_email() {
        for warning in crate::mail::html_check::check(html(&email)).warnings {
            let known = warning.score.unsupported < 10.0 || GRACEFUL.contains(&warning.slug.as_str());
            assert!(known, "{name}: {} {:.1} %", warning.slug, warning.score.unsupported);
        }
    }
}

#[test]
fn every_text_of_an_email_exists_and_is_filled_in() {
    for (name, locale, email) in every_email() {
        let all = format!("{}{}{}", email.subject, email.text, html(&email));
        // A missing text is shown as its key. The prefix is built from two pieces: the checks of i18n take every
        // literal for a use of a key.
        let key = ["email", "-"].concat();
        assert!(!all.contains(&key) && !all.contains("{$") && !all.contains("{{"), "{name}");
        assert!(email.subject.contains("Gatepost") && !email.subject.contains('\n'), "{name}");
        assert!(!email.text.contains("\n\n\n") && !email.text.contains('\r'), "{name}");
        let hangul = all.chars().any(|c| ('가'..='힣').contains(&c));
        assert_eq!(hangul, locale == Locale::Ko, "{name}");
    }
}

#[test]
fn the_lifetime_of_a_link_is_stated_in_words() {
    let of = |name: &str| every_email().into_iter().find(|(n, ..)| n == name).unwrap().2;
    assert!(of("verification.en").text.contains("24 hours"));
    assert!(html(&of("verification.ko")).contains("24시간"));
    assert!(html(&of("password_reset.en")).contains("30 minutes"));
    assert!(of("password_reset.ko").text.contains("30분"));
}

#[test]
fn text_from_outside_stays_text_and_never_reaches_a_subject() {
    let outside = "\"'><script>alert(1)</script>{{7*7}}{ $site }";
    for locale in Locale::ALL {
        let context = context(locale);
        let welcome = Email::Welcome(WelcomeEmail { name: outside.into() }).render(&context).unwrap();
        let test = Email::Test(TestEmail { transport: outside.into() }).render(&context).unwrap();
        for email in [welcome, test] {
            assert!(email.text.contains(outside));
            assert!(!html(&email).contains("<script") && !html(&email).contains("49"));
            assert!(!email.subject.contains("alert"));
        }
        let context = EmailContext { site_name: "A & <b>B</b>".into(), ..context };
        for kind in EmailKind::ALL {
            let email = kind.sample(&context).unwrap().render(&context).unwrap();
            assert!(!html(&email).contains("<b>"), "{}", kind.name());
        }
    }
}

#[test]
fn every_email_is_the_same_after_it_is_built_and_parsed() {
    for (name, locale, email) in every_email() {
        let bytes = written(&email, locale);
        assert!(bytes.is_ascii(), "{name}");
        let wire = String::from_utf8(bytes.clone()).unwrap();
        let longest = wire.split("\r\n").map(str::len).max().unwrap();
        assert!(longest <= 78, "{name}: a line of {longest}");
        assert!(!wire.replace("\r\n", "").contains(['\r', '\n']), "{name}: a bare CR or LF");

        let read = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(read.subject(), Some(email.subject.as_str()), "{name}");
        assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), email.text.trim_end(), "{name}");
        assert_eq!(read.body_html(0).unwrap().replace("\r\n", "\n").trim_end(), html(&email).trim_end(), "{name}");
        let kind = read.content_type().unwrap();
        assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")), "{name}");
    }
}

fn written(email: &RenderedEmail, locale: Locale) -> Vec<u8> {
    let mailbox = |text: &str| text.parse::<Mailbox>().unwrap();
    let message = Draft {
        id: "0193a000-0000-7000-8000-000000000001".into(),
        purpose: None,
        from: mailbox("Gatepost <no-reply@example.com>"),
        reply_to: None,
        to: vec![mailbox("someone@example.com")],
        subject: email.subject.clone(),
        text: email.text.clone(),
        html: email.html.clone(),
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

/// What each variable of an email is, for docs/sending.md.
const VARIABLES: [(&str, &str); 13] = [
    ("site_name", "the setting `site_name`"),
    ("public_url", "the setting `public_url`"),
    ("locale", "`en` or `ko`"),
    ("login_url", "the login page"),
    ("forgot_password_url", "the page that sends a link for a new password"),
    ("change_password_url", "the page that changes the password of a signed-in user"),
    ("logo_url", "`site/logo.svg`; empty without one. Gmail and Outlook show no SVG pictures"),
    ("link", "the link that the email is for; its template must print it"),
    ("link_lifetime", "how long the link is valid, such as `24 hours` or `24시간`"),
    ("name", "the user's name; empty if they gave none"),
    ("new_email", "the new address, masked"),
    ("time", "when it happened, such as `2026-11-21 03:34 UTC`"),
    ("transport", "the transport that delivers the email"),
];

/// The two tables of docs/sending.md: the variables of each email, and what each variable is.
fn variable_tables() -> String {
    let context = context(Locale::En);
    let common: Vec<_> = context.variables().into_keys().collect();
    let mut tables = "| email | variables of its own |\n|---|---|\n".to_owned();
    for kind in EmailKind::ALL {
        let variables = kind.sample(&context).unwrap().variables(&context);
        let own = variables.into_keys().filter(|name| !common.contains(name));
        let own: Vec<_> = own.map(|name| format!("`{name}`")).collect();
        tables.push_str(&format!("| `{}` | {} |\n", kind.name(), own.join(", ")));
    }
    tables.push_str("\n| variable | value |\n|---|---|\n");
    for (name, meaning) in VARIABLES {
        tables.push_str(&format!("| `{name}` | {meaning} |\n"));
    }
    tables
}

#[test]
fn the_page_about_sending_lists_the_variables_of_every_email() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sending.md")).unwrap();
    let tables = variable_tables();
    assert!(page.contains(&tables), "docs/sending.md must hold:\n{tables}");
    for kind in EmailKind::ALL {
        let context = context(Locale::Ko);
        for name in kind.sample(&context).unwrap().variables(&context).into_keys() {
            assert!(VARIABLES.iter().any(|(known, _)| *known == name), "{name}");
        }
    }
}
