//! Every account page in every state worth looking at, for the tests.

use std::time::Duration;

use askama::Template;

use super::*;
use crate::i18n::Locale;
use crate::web::field::{Field, FieldError};
use crate::web::page::Frame;
use crate::web::problem::{Problem, ProblemPage};

/// Text from outside, in every place where some may come from.
pub struct Outside<'a> {
    pub text: &'a str,
}

const MIN: usize = 12;

/// Name and HTML of each page, with `outside` as all text that somebody typed or sent.
pub fn pages(locale: Locale, outside: &Outside<'_>) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    signed_out(locale, outside.text, &mut pages);
    signed_in(locale, outside.text, &mut pages);
    problems(locale, &mut pages);
    pages
}

fn add(pages: &mut Vec<(String, String)>, name: &str, page: impl Template) {
    pages.push((name.to_owned(), page.render().unwrap()));
}

fn frame(locale: Locale, text: &str, path: &str) -> Frame {
    Frame { path: format!("{path}?next={text}"), ..Frame::sample(locale) }
}

fn signed_out(locale: Locale, text: &str, pages: &mut Vec<(String, String)>) {
    let frame = |path: &str| frame(locale, text, path);
    let next = Some(text.to_owned());
    add(pages, "home", Home { frame: frame("/") });
    add(
        pages,
        "signup",
        Signup {
            frame: frame("/signup"),
            name: Field::default(),
            email: Field::default(),
            password: None,
            password_min_length: MIN,
            next: None,
        },
    );
    add(
        pages,
        "signup-errors",
        Signup {
            frame: frame("/signup"),
            name: Field::wrong(text, FieldError::NameTooLong),
            email: Field::wrong(text, FieldError::EmailMalformed),
            password: Some(FieldError::PasswordTooShort(MIN)),
            password_min_length: MIN,
            next: next.clone(),
        },
    );
    add(
        pages,
        "verify-sent",
        VerifySent {
            frame: Frame { inbox: true, ..frame("/verify") },
            address: Some(text.to_owned()),
            sent: Some(Duration::from_secs(20)),
            wait: Some(Duration::from_secs(40)),
            sender: "no-reply@example.com".into(),
        },
    );
    add(
        pages,
        "verify-sent-generic",
        VerifySent {
            frame: Frame { flash: Some("resent"), ..frame("/verify") },
            address: None,
            sent: None,
            wait: None,
            sender: "no-reply@example.com".into(),
        },
    );
    add(pages, "resend", Resend { frame: frame("/verify/resend"), email: Field::new(text) });
    add(
        pages,
        "resend-errors",
        Resend { frame: frame("/verify/resend"), email: Field::wrong(text, FieldError::EmailNotRegistered) },
    );
    for (name, choose_password, password) in [
        ("confirm", false, None),
        ("confirm-choose", true, None),
        ("confirm-choose-errors", true, Some(FieldError::PasswordCommon)),
    ] {
        add(
            pages,
            name,
            Confirm {
                frame: frame("/verify/token"),
                action: "/verify/token".into(),
                email: text.to_owned(),
                choose_password,
                name: Field::new(text),
                password,
                password_min_length: MIN,
            },
        );
    }
    for (name, purpose) in [
        ("link-gone-verify", LinkPurpose::Verify),
        ("link-gone-reset", LinkPurpose::Reset),
        ("link-gone-change-email", LinkPurpose::ChangeEmail),
    ] {
        add(pages, name, LinkGone { frame: frame("/verify/token"), purpose });
    }
    for (name, failure, error) in [
        ("login", None, None),
        ("login-refused", Some(LoginFailure::Refused), None),
        ("login-throttled", Some(LoginFailure::Throttled(Duration::from_secs(250))), None),
        ("login-errors", None, Some(FieldError::EmailEmpty)),
    ] {
        add(
            pages,
            name,
            Login {
                frame: Frame { flash: failure.is_none().then_some("verified"), ..frame("/login") },
                email: Field { value: text.to_owned(), error },
                password: error.map(|_| FieldError::PasswordEmpty),
                remember: failure.is_some(),
                next: next.clone(),
                failure,
                remember_life: Duration::from_secs(30 * 86_400),
            },
        );
    }
    add(pages, "forgot", Forgot { frame: frame("/password/forgot"), email: Field::new(text) });
    add(
        pages,
        "forgot-errors",
        Forgot { frame: frame("/password/forgot"), email: Field::wrong(text, FieldError::EmailMalformed) },
    );
    add(
        pages,
        "forgot-sent",
        ForgotSent { frame: frame("/password/forgot/sent"), sender: "no-reply@example.com".into() },
    );
    add(
        pages,
        "reset",
        Reset {
            frame: frame("/password/reset/token"),
            action: "/password/reset/token".into(),
            email: text.to_owned(),
            password: None,
            password_min_length: MIN,
        },
    );
    add(
        pages,
        "reset-errors",
        Reset {
            frame: frame("/password/reset/token"),
            action: "/password/reset/token".into(),
            email: text.to_owned(),
            password: Some(FieldError::PasswordHoldsAddress),
            password_min_length: MIN,
        },
    );
}

fn signed_in(locale: Locale, text: &str, pages: &mut Vec<(String, String)>) {
    let frame = |path: &str| Frame { signed_in: Some(text.to_owned()), ..frame(locale, text, path) };
    let email = text.to_owned();
    add(pages, "home-in", Home { frame: frame("/") });
    for (name, name_error) in [("account", None), ("account-errors", Some(FieldError::NameTooLong))] {
        add(
            pages,
            name,
            Account {
                frame: Frame { flash: name_error.is_none().then_some("name-saved"), ..frame("/account") },
                email: email.clone(),
                pending_email: name_error.is_some().then(|| text.to_owned()),
                began: Duration::from_secs(40 * 86_400),
                name: Field { value: text.to_owned(), error: name_error },
                sessions: sessions(text),
            },
        );
    }
    for (name, email_error, password_error) in [
        ("account-email", None, None),
        ("account-email-errors", Some(FieldError::EmailUnchanged), Some(FieldError::CurrentPasswordWrong)),
    ] {
        add(
            pages,
            name,
            AccountEmail {
                frame: frame("/account/email"),
                current_email: email.clone(),
                email: Field { value: text.to_owned(), error: email_error },
                current_password: password_error,
            },
        );
    }
    for (name, ask_password, current_password) in [
        ("account-email-confirm", false, None),
        ("account-email-confirm-errors", true, Some(FieldError::CurrentPasswordWrong)),
    ] {
        add(
            pages,
            name,
            AccountEmailConfirm {
                frame: frame("/account/email/token"),
                action: "/account/email/token".into(),
                current_email: email.clone(),
                new_email: text.to_owned(),
                ask_password,
                current_password,
            },
        );
    }
    add(
        pages,
        "account-password",
        AccountPassword {
            frame: frame("/account/password"),
            email: email.clone(),
            current_password: None,
            password: None,
            password_min_length: MIN,
        },
    );
    add(
        pages,
        "account-password-errors",
        AccountPassword {
            frame: frame("/account/password"),
            email: email.clone(),
            current_password: Some(FieldError::CurrentPasswordEmpty),
            password: Some(FieldError::PasswordUnchanged),
            password_min_length: MIN,
        },
    );
    add(pages, "account-delete", AccountDelete { frame: frame("/account/delete"), email, current_password: None });
}

fn sessions(text: &str) -> Vec<SessionRow> {
    let row = |device: Option<&str>, current, began, used| SessionRow {
        id: "0193a000-0000-7000-8000-000000000001".into(),
        device: device.map(str::to_owned),
        began: Duration::from_secs(began),
        used: Duration::from_secs(used),
        remembered: current,
        current,
    };
    vec![
        row(Some("Firefox, Linux"), true, 86_400, 3),
        row(Some(text), false, 7_200, 600),
        row(None, false, 300_000, 90_000),
    ]
}

fn problems(locale: Locale, pages: &mut Vec<(String, String)>) {
    for problem in Problem::ALL {
        let page = ProblemPage {
            frame: Frame::sample(locale),
            problem,
            wait: matches!(problem, Problem::TooMany | Problem::Busy).then(|| Duration::from_secs(75)),
            id: (problem == Problem::Internal).then(|| "4f1c9a".to_owned()),
        };
        add(pages, &format!("problem-{}", problem.key()), page);
    }
}
