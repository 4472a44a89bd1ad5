//! Emails of the folder: which file is used, and what a template can and cannot do.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::content::SiteContent;
use super::files::SiteFiles;
use super::{BuiltInEmails, EmailVariables, SiteEmail};
use crate::i18n::Locale;

/// One built-in email, `reset`, with a link.
struct OneEmail;

impl BuiltInEmails for OneEmail {
    fn samples(&self, name: &str, _: Locale) -> Vec<EmailVariables> {
        let values = |recipient: &str| {
            let values = [("link", "https://id.example.com/r/1"), ("site_name", "Forum"), ("name", recipient)];
            values.map(|(name, value)| (name, value.to_owned())).into()
        };
        if name == "reset" { ["Kim", ""].map(values).into() } else { Vec::new() }
    }

    fn common(&self, _: Locale) -> EmailVariables {
        BTreeMap::from([("site_name", "Forum".to_owned())])
    }
}

fn load(files: &[(&str, &str)]) -> Result<SiteContent, Vec<String>> {
    let files: SiteFiles = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    SiteContent::new("site", files, "Forum", &OneEmail).map_err(|found| found.iter().map(ToString::to_string).collect())
}

fn render(content: &SiteContent, name: &str, locale: Locale, values: &[(&str, &str)]) -> Result<SiteEmail, String> {
    let values: BTreeMap<_, _> = values.iter().copied().collect();
    content.render(name, locale, &values).map_err(|error| error.to_string())
}

/// An own email, `hello`, with this HTML.
fn hello(html: &str) -> Result<SiteContent, Vec<String>> {
    load(&[("emails/hello/subject.txt", "Hello"), ("emails/hello/body.html", html)])
}

#[test]
fn a_body_is_taken_from_the_folder_of_its_language_as_a_whole() {
    let content = load(&[
        ("emails/hello/subject.txt", "Hello {{ name }}\n"),
        ("emails/hello/body.txt", "Hello"),
        ("emails/hello/body.html", "<p>Hello</p>"),
        ("emails/hello/ko/body.html", "<p>안녕하세요, <b>{{ name }}</b> 님</p>"),
    ])
    .unwrap();
    let en = render(&content, "hello", Locale::En, &[("name", "Kim")]).unwrap();
    assert_eq!((en.subject.as_str(), en.body.text.as_str()), ("Hello Kim", "Hello"));
    let ko = render(&content, "hello", Locale::Ko, &[("name", "김")]).unwrap();
    assert_eq!(ko.body.text, "안녕하세요, 김 님", "made from the Korean HTML, not the English text");
    assert_eq!(ko.subject, "Hello 김");
}

#[test]
fn values_are_data_in_every_part() {
    let content = load(&[
        ("emails/hello/subject.txt", "{{ name }}"),
        ("emails/hello/body.html", "<a href=\"{{ url }}\">{{ name }}</a>{% include \"part.txt\" %}"),
        ("emails/part.txt", "<hr>{{ name }}"),
        ("emails/hello/body.txt", "{{ name }}"),
    ])
    .unwrap();
    let name = "{{ 7 * 7 }}{% raw %}<b>'\"&\r\nBcc: x@example.com";
    let email = render(&content, "hello", Locale::En, &[("name", name), ("url", "https://a/b?c=1&d=/")]).unwrap();
    let escaped = "{{ 7 * 7 }}{% raw %}&lt;b&gt;&#39;&quot;&amp;\r\nBcc: x@example.com";
    let html = format!("<a href=\"https://a/b?c=1&amp;d=/\">{escaped}</a><hr>{escaped}");
    assert_eq!(email.body.html.as_deref(), Some(html.as_str()), "an included .txt is escaped too");
    assert_eq!(email.body.text, name);
    assert!(!email.subject.contains(['\r', '\n']), "{}", email.subject);
}

#[test]
fn templates_find_what_they_include_beside_them_and_above() {
    let content = load(&[
        ("emails/layout.html", "<main>{% block main %}{% endblock %}</main>{% include \"foot.html\" %}"),
        ("emails/foot.html", "<p>general</p>"),
        ("emails/hello/subject.txt", "Hello"),
        ("emails/hello/body.html", "{% extends \"layout.html\" %}{% block main %}Hello{% endblock %}"),
        ("emails/hello/ko/body.html", "{% extends \"body.html\" %}{% block main %}안녕{% endblock %}"),
    ])
    .unwrap();
    let html = |locale| render(&content, "hello", locale, &[]).unwrap().body.html.unwrap();
    assert_eq!(html(Locale::En), "<main>Hello</main><p>general</p>");
    assert_eq!(html(Locale::Ko), "<main>안녕</main><p>general</p>");
}

#[test]
fn each_fault_names_its_file_and_line() {
    for (html, expected) in [
        ("<p>\n{{ name", "emails/hello/body.html:2: syntax error"),
        ("<p>\n\n{% if %}", "emails/hello/body.html:3: syntax error"),
        ("{% include \"../../Rocket.toml\" %}", "emails/hello/body.html:1: a file that is not in the folder"),
        ("{% include \"/etc/passwd\" %}", "emails/hello/body.html:1: a file that is not in the folder"),
        (
            "\n{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
            "body.html:2: does too much",
        ),
        ("{% set x = 'x' * 500000000 %}{{ x }}", "emails/hello/body.html:1: does too much"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "emails/hello/body.html:1: invalid operation: recursion"),
        ("<p>\n{% include \"hello/body.html\" %}", "emails/hello/body.html:2: includes itself"),
        ("<p>\n{% include \"body.html\" %}", "emails/hello/body.html:2: includes itself"),
        ("{% include \"a.html\" %}", "emails/hello/body.html:1: a file that is not in the folder"),
        ("{{ 'a' | nothing }}", "emails/hello/body.html:1: unknown filter"),
    ] {
        let started = Instant::now();
        let problems = hello(html).unwrap_err();
        assert!(problems[0].contains(expected), "{html}: {problems:?}");
        assert!(started.elapsed() < Duration::from_secs(5), "{html}");
    }
}

#[test]
fn a_template_that_makes_too_much_is_refused_with_the_true_reason_and_without_using_the_memory() {
    let too_much = "does too much work, or makes too long a text or list";
    for (html, expected) in [
        ("{{ 'x' * 1000000000 }}", too_much),
        ("{{ '%1000000000d'|format(1) }}", too_much),
        ("{% set a = range(1000)|join('y'*1000) %}{{ ([a]*400)|join|length }}", too_much),
        ("{% set a = 'y'*100000 %}{{ ([{'b': {'c': a}}]*400)|join(attribute='b.c')|length }}", too_much),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion limit exceeded"),
        ("{{ ([1,2,3]*100000000)|length }}", ""),
        ("{{ range(100000000)|list|length }}", "too many elements"),
    ] {
        let problems = hello(html).unwrap_err();
        assert!(problems[0].ends_with(expected) && !problems[0].contains("sample.json"), "{html}: {problems:?}");
    }
    let joined = "{{ [1, '<b>', 'c']|join(', ') }} {{ [{'b': 'x'}, {'b': 'y'}]|join('-', attribute='b') }}";
    let email = render(&hello(joined).unwrap(), "hello", Locale::En, &[]).unwrap();
    assert_eq!(email.body.html.as_deref(), Some("1, &lt;b&gt;, c x-y"));
    let problems = hello("{{ 1|join }}").unwrap_err();
    assert!(problems[0].contains("cannot join") && problems[0].contains("sample.json"), "{problems:?}");
}

#[test]
fn files_that_include_each_other_are_named_with_the_line_of_the_first_include() {
    for (foot, expected) in [
        ("{% include \"head.html\" %}", "emails/hello/body.html:2: includes itself by way of emails/foot.html"),
        ("\n\n{% include \"foot.html\" %}", "emails/foot.html:3: includes itself"),
        ("{% extends \"hello/body.html\" %}", "emails/"),
    ] {
        let problems = load(&[
            ("emails/hello/subject.txt", "Hello"),
            ("emails/hello/body.html", "<p>\n{% include \"foot.html\" %}"),
            ("emails/head.html", "{% include \"hello/body.html\" %}"),
            ("emails/foot.html", foot),
        ]);
        let problems = problems.unwrap_err();
        assert!(problems[0].starts_with(expected), "{foot}: {problems:?}");
    }
    let macros = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
    let files =
        [("emails/a/subject.txt", "A"), ("emails/a/body.html", "{% include \"m.html\" %}"), ("emails/m.html", macros)];
    let problems = load(&files).unwrap_err();
    assert!(problems[0].contains("emails/m.html:1: invalid operation: recursion"), "{problems:?}");
}

#[test]
fn an_unknown_variable_is_named_when_the_email_is_sent() {
    let content = hello("<p>\n{{ name }} {{ user.city }}").unwrap();
    let error = render(&content, "hello", Locale::En, &[]).unwrap_err();
    assert_eq!(error, "site/emails/hello/body.html:2: unknown variable: name");
    let error = render(&content, "hello", Locale::En, &[("name", "Kim")]).unwrap_err();
    assert!(error.starts_with("site/emails/hello/body.html:2: unknown variable: user"), "{error}");
    let error = render(&content, "helo", Locale::En, &[]).unwrap_err();
    assert_eq!(error, "site/emails: no email \"helo\"; there are: hello");
}

#[test]
fn sample_values_come_from_a_file_or_are_the_names() {
    let content = hello("{{ site_name }}: {{ user.name | upper }}{% for item in items %} {{ item.price }}{% endfor %}");
    let email = content.unwrap().render_sample("hello", Locale::En, &OneEmail.common(Locale::En)).unwrap();
    assert_eq!(email.body.html.as_deref(), Some("Forum: NAME price"));
    let with = |sample: &str, html: &str| {
        load(&[
            ("emails/hello/subject.txt", "Hello"),
            ("emails/hello/body.html", html),
            ("emails/hello/sample.json", sample),
        ])
    };
    let content = with("{\"items\": [1, 2]}", "{% for n in items %}{{ n }},{% endfor %}").unwrap();
    let email = content.render_sample("hello", Locale::Ko, &OneEmail.common(Locale::Ko)).unwrap();
    assert_eq!(email.body.html.as_deref(), Some("1,2,"));
    let problems = with("{\"name\": 1}", "\n{{ nmae }}").unwrap_err();
    assert_eq!(problems, ["emails/hello/body.html:2: unknown variable: nmae"]);
    let problems = with("{\n]", "x").unwrap_err();
    assert!(problems[0].starts_with("emails/hello/sample.json:2: expected a JSON object"), "{problems:?}");
}

#[test]
fn a_replaced_email_is_checked_with_its_own_variables_and_must_show_its_link() {
    let reset = |part: &str, text: &str| load(&[(&format!("emails/reset/{part}"), text)]).map(drop);
    assert_eq!(reset("subject.txt", "New password at {{ site_name }}"), Ok(()));
    assert_eq!(reset("body.html", "<p><a href='{{ link }}'>go</a></p>"), Ok(()));
    let lacks = "does not print {{ link }}, for which the email is sent";
    for (part, text, expected) in [
        ("body.html", "<p>go</p>", format!("emails/reset/body.html:1: {lacks}")),
        ("body.html", "<!-- {{ link }} --><style>{{ link }}</style>", format!("emails/reset/body.html:1: {lacks}")),
        ("ko/body.txt", "go", format!("emails/reset/ko/body.txt:1: {lacks}")),
        (
            "subject.txt",
            "{% if name %}{{ name }}{% else %}{{ nobody }}{% endif %}",
            "emails/reset/subject.txt:1: unknown variable: nobody; there are link, name, site_name".to_owned(),
        ),
        (
            "body.txt",
            "{{ link }}\n{{ nme }}",
            "emails/reset/body.txt:2: unknown variable: nme; there are link, name, site_name".to_owned(),
        ),
    ] {
        assert_eq!(reset(part, text), Err(vec![expected]), "{part}: {text}");
    }
}

#[test]
fn an_email_that_mail_programs_cut_off_is_refused() {
    let fits = format!("<p>{}</p>", "x".repeat(101_000));
    assert!(hello(&fits).is_ok());
    let problems = hello(&format!("<p>{}</p>", "x".repeat(102_000))).map(drop).unwrap_err();
    assert_eq!(problems, ["emails/hello/body.html:1: prints 103 KB; Gmail shows at most 102 KB of an email"]);
}

#[test]
fn a_subject_has_between_1_and_500_characters() {
    let problems = |subject: &str| {
        load(&[("emails/hello/subject.txt", subject), ("emails/hello/body.txt", "x")])
            .map(drop)
            .err()
            .unwrap_or_default()
    };
    assert!(problems(&"s".repeat(500)).is_empty());
    assert_eq!(problems(&"s".repeat(501)), ["emails/hello/subject.txt: the subject has more than 500 characters"]);
    assert_eq!(problems(" \n"), ["emails/hello/subject.txt: the subject is empty"]);
}

#[test]
fn an_email_needs_a_subject_a_body_a_plain_name_and_a_known_language() {
    for (files, expected) in [
        (&[("emails/hello/body.txt", "x")][..], "emails/hello: its email has no subject.txt for en"),
        (&[("emails/hello/subject.txt", "x")], "emails/hello/subject.txt: its email has no body for en"),
        (&[("emails/hel.lo/subject.txt", "x")], "emails/hel.lo: expected a name of ASCII alphanumerics"),
        (&[("emails/hello/kr/subject.txt", "x")], "emails/hello/kr: unknown language kr; there are en, ko"),
        (
            &[("emails/Reset/subject.txt", "x")],
            "emails/Reset: is not the name of a built-in email; did you mean reset?",
        ),
        (&[("locales/fr.ftl", "")], "locales/fr.ftl: unknown language fr; there are en, ko"),
        (&[("locales/en.ftl", "\nno-such-key = x")], "locales/en.ftl:2: unknown text no-such-key"),
        (&[("theme.css", "body {}")], "theme.css:1: expected :root"),
        (&[("logo.svg", "GIF89a")], "logo.svg:1: expected an SVG picture"),
    ] {
        let problems = load(files).map(drop).unwrap_err();
        assert!(problems[0].starts_with(expected), "{expected}: {problems:?}");
    }
    let korean = load(&[("emails/hello/ko/subject.txt", "x"), ("emails/hello/ko/body.txt", "x")]).unwrap();
    assert!(korean.has_email("hello", Locale::Ko) && !korean.has_email("hello", Locale::En));
}
