//! Every account page in each of its states, with sample data, for the tests.

use std::time::Duration;

use askama::Template;

use crate::i18n::Locale;
use crate::web::field::{FieldError, FormField};
use crate::web::page::Layout;
use crate::web::problem::{PageProblem, ProblemPage};

use super::email::{AccountEmailConfirmPage, AccountEmailPage};
use super::home::HomePage;
use super::login::LoginPage;
use super::password::AccountPasswordPage;
use super::profile::{AccountDeletePage, AccountPage, SessionRow};
use super::recovery::{ForgotPage, ForgotSentPage, ResetPage};
use super::signup::{ResendPage, SignupPage, VerifySentPage};
use super::verify::{ConfirmPage, LinkExpiredPage, LinkPurpose};

/// The text that stands wherever a page may show untrusted text.
pub struct UntrustedText<'a> {
    pub text: &'a str,
}

/// Name and HTML of each page.
type Pages = Vec<(String, String)>;

const MIN: usize = 12;
const SENDER: &str = "no-reply@example.com";

/// Name and HTML of each page, with `outside` wherever a visitor or a header may supply text.
pub fn pages(locale: Locale, outside: &UntrustedText<'_>) -> Pages {
    let mut pages = Vec::new();
    add(&mut pages, "home", HomePage { layout: layout(locale, outside.text, "/") });
    for add_pages in
        [signup_pages, waiting_pages, confirm_pages, unusable_links, login_pages, forgot_pages, reset_pages]
    {
        add_pages(locale, outside.text, &mut pages);
    }
    for add_pages in [account_pages, address_pages, password_and_deletion_pages] {
        add_pages(locale, outside.text, &mut pages);
    }
    problems(locale, &mut pages);
    pages
}

fn add(pages: &mut Pages, name: &str, page: impl Template) {
    pages.push((name.to_owned(), page.render().unwrap()));
}

/// The layout of a page for a visitor who is not signed in.
fn layout(locale: Locale, text: &str, path: &str) -> Layout {
    Layout { path: format!("{path}?next={text}"), ..Layout::sample(locale) }
}

/// The layout of a page for a signed-in user.
fn layout_signed_in(locale: Locale, text: &str, path: &str) -> Layout {
    let user_id = Some("0193a000-0000-7000-8000-000000000009".to_owned());
    Layout { signed_in: Some(text.to_owned()), user_id, ..layout(locale, text, path) }
}

fn signup_pages(locale: Locale, text: &str, pages: &mut Pages) {
    let empty = SignupPage {
        layout: layout(locale, text, "/signup"),
        name: FormField::default(),
        email: FormField::default(),
        password: None,
        password_min_length: MIN,
        next: None,
    };
    let rejected = SignupPage {
        layout: layout(locale, text, "/signup"),
        name: FormField::wrong(text, FieldError::NameTooLong),
        email: FormField::wrong(text, FieldError::EmailMalformed),
        password: Some(FieldError::PasswordTooShort(MIN)),
        password_min_length: MIN,
        next: Some(text.to_owned()),
    };
    add(pages, "signup", empty);
    add(pages, "signup-errors", rejected);
}

/// The page that waits for the confirmation, and the form for another email.
fn waiting_pages(locale: Locale, text: &str, pages: &mut Pages) {
    let bound = VerifySentPage {
        layout: Layout { inbox: true, captures: true, ..layout(locale, text, "/verify") },
        address: Some(text.to_owned()),
        sent: Some(Duration::from_secs(20)),
        wait: Some(Duration::from_secs(40)),
        sender: SENDER.into(),
    };
    let generic = VerifySentPage {
        layout: Layout { flash: Some("resent"), ..layout(locale, text, "/verify") },
        address: None,
        sent: None,
        wait: None,
        sender: SENDER.into(),
    };
    add(pages, "verify-sent", bound);
    add(pages, "verify-sent-generic", generic);
    let resend = |email: FormField| ResendPage { layout: layout(locale, text, "/verify/resend"), email };
    add(pages, "resend", resend(FormField::new(text)));
    add(pages, "resend-errors", resend(FormField::wrong(text, FieldError::EmailNotRegistered)));
}

fn confirm_pages(locale: Locale, text: &str, pages: &mut Pages) {
    for (name, choose_password, password) in [
        ("confirm", false, None),
        ("confirm-choose", true, None),
        ("confirm-choose-errors", true, Some(FieldError::PasswordCommon)),
    ] {
        let page = ConfirmPage {
            layout: layout(locale, text, "/verify/token"),
            action: "/verify/token".into(),
            email: text.to_owned(),
            choose_password,
            name: FormField::new(text),
            password,
            password_min_length: MIN,
        };
        add(pages, name, page);
    }
}

fn unusable_links(locale: Locale, text: &str, pages: &mut Pages) {
    for (name, purpose) in [
        ("link-gone-verify", LinkPurpose::Verify),
        ("link-gone-reset", LinkPurpose::Reset),
        ("link-gone-change-email", LinkPurpose::ChangeEmail),
    ] {
        add(pages, name, LinkExpiredPage { layout: layout(locale, text, "/verify/token"), purpose });
    }
}

fn login_pages(locale: Locale, text: &str, pages: &mut Pages) {
    for (name, refused, error) in
        [("login", false, None), ("login-refused", true, None), ("login-errors", false, Some(FieldError::EmailEmpty))]
    {
        let page = LoginPage {
            layout: Layout { flash: (!refused).then_some("verified"), ..layout(locale, text, "/login") },
            email: FormField { value: text.to_owned(), error },
            password: error.map(|_| FieldError::PasswordEmpty),
            remember: refused,
            next: Some(text.to_owned()),
            refused,
            remember_lifetime: Duration::from_secs(30 * 86_400),
        };
        add(pages, name, page);
    }
}

fn forgot_pages(locale: Locale, text: &str, pages: &mut Pages) {
    let forgot = |email: FormField| ForgotPage { layout: layout(locale, text, "/password/forgot"), email };
    add(pages, "forgot", forgot(FormField::new(text)));
    let mut throttled = forgot(FormField::new(text));
    throttled.layout.refusal = Some(text.to_owned());
    add(pages, "forgot-throttled", throttled);
    add(pages, "forgot-errors", forgot(FormField::wrong(text, FieldError::EmailMalformed)));
    let sent = ForgotSentPage { layout: layout(locale, text, "/password/forgot/sent"), sender: SENDER.into() };
    add(pages, "forgot-sent", sent);
}

fn reset_pages(locale: Locale, text: &str, pages: &mut Pages) {
    for (name, password) in [("reset", None), ("reset-errors", Some(FieldError::PasswordHoldsAddress))] {
        let page = ResetPage {
            layout: layout(locale, text, "/password/reset/token"),
            action: "/password/reset/token".into(),
            email: text.to_owned(),
            password,
            password_min_length: MIN,
        };
        add(pages, name, page);
    }
}

/// The home page and the account page of a signed-in user.
fn account_pages(locale: Locale, text: &str, pages: &mut Pages) {
    let layout = |path: &str| layout_signed_in(locale, text, path);
    add(pages, "home-in", HomePage { layout: layout("/") });
    for (name, error) in [("account", None), ("account-errors", Some(FieldError::NameTooLong))] {
        let page = AccountPage {
            layout: Layout { flash: error.is_none().then_some("name-saved"), ..layout("/account") },
            email: text.to_owned(),
            pending_email: error.is_some().then(|| text.to_owned()),
            began: Duration::from_secs(40 * 86_400),
            name: FormField { value: text.to_owned(), error },
            sessions: sessions(text),
        };
        add(pages, name, page);
    }
}

fn address_pages(locale: Locale, text: &str, pages: &mut Pages) {
    let wrong = Some(FieldError::CurrentPasswordWrong);
    for (name, error, current_password) in
        [("account-email", None, None), ("account-email-errors", Some(FieldError::EmailUnchanged), wrong)]
    {
        let page = AccountEmailPage {
            layout: layout_signed_in(locale, text, "/account/email"),
            current_email: text.to_owned(),
            email: FormField { value: text.to_owned(), error },
            current_password,
        };
        add(pages, name, page);
    }
    for (name, ask_password, current_password) in
        [("account-email-confirm", false, None), ("account-email-confirm-errors", true, wrong)]
    {
        let page = AccountEmailConfirmPage {
            layout: layout_signed_in(locale, text, "/account/email/token"),
            action: "/account/email/token".into(),
            current_email: text.to_owned(),
            new_email: text.to_owned(),
            ask_password,
            current_password,
        };
        add(pages, name, page);
    }
}

fn password_and_deletion_pages(locale: Locale, text: &str, pages: &mut Pages) {
    let (empty, unchanged) = (Some(FieldError::CurrentPasswordEmpty), Some(FieldError::PasswordUnchanged));
    for (name, current_password, password) in
        [("account-password", None, None), ("account-password-errors", empty, unchanged)]
    {
        let page = AccountPasswordPage {
            layout: layout_signed_in(locale, text, "/account/password"),
            email: text.to_owned(),
            current_password,
            password,
            password_min_length: MIN,
        };
        add(pages, name, page);
    }
    let layout = layout_signed_in(locale, text, "/account/delete");
    add(pages, "account-delete", AccountDeletePage { layout, email: text.to_owned(), current_password: None });
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

fn problems(locale: Locale, pages: &mut Pages) {
    for problem in PageProblem::ALL {
        let page = ProblemPage {
            layout: Layout::sample(locale),
            problem,
            wait: matches!(problem, PageProblem::TooMany | PageProblem::Busy).then(|| Duration::from_secs(75)),
            id: (problem == PageProblem::Internal).then(|| "4f1c9a".to_owned()),
        };
        add(pages, &format!("problem-{}", problem.key()), page);
    }
}
