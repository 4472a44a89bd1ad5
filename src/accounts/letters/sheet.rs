//! Renders an email's subject, text and HTML from the templates in the email's folder.

use askama::Template;

use super::letter::{
    AlreadyRegistered, AlreadyVerified, ChangeEmail, EmailChangeRequested, EmailChanged, Invite, Letter,
    PasswordChanged, Reset, Test, Verify, Welcome,
};
use super::paper::EmailContext;

/// A rendered email. Text and HTML contain the same link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedEmail {
    /// A single line.
    pub subject: String,
    /// Complete without the HTML; LF line ends.
    pub text: String,
    pub html: String,
}

impl Letter {
    /// Renders the email in the language of `paper`.
    ///
    /// # Errors
    /// When a template fails. No data of an email causes that.
    pub fn render(&self, paper: &EmailContext) -> Result<RenderedEmail, askama::Error> {
        match self {
            Letter::Verify(letter) => letter.sheets(paper),
            Letter::Welcome(letter) => letter.sheets(paper),
            Letter::AlreadyRegistered(letter) => letter.sheets(paper),
            Letter::AlreadyVerified(letter) => letter.sheets(paper),
            Letter::Reset(letter) => letter.sheets(paper),
            Letter::Invite(letter) => letter.sheets(paper),
            Letter::PasswordChanged(letter) => letter.sheets(paper),
            Letter::ChangeEmail(letter) => letter.sheets(paper),
            Letter::EmailChangeRequested(letter) => letter.sheets(paper),
            Letter::EmailChanged(letter) => letter.sheets(paper),
            Letter::Test(letter) => letter.sheets(paper),
        }
    }
}

impl Welcome {
    fn greeting(&self, paper: &EmailContext) -> String {
        match self.name.as_str() {
            "" => paper.t("email-greeting"),
            name => paper.with("email-greeting-name", "name", name),
        }
    }
}

/// Implements rendering for an email with three templates: askama takes one template per struct.
macro_rules! sheets {
    ($letter:ident, $subject:tt, $text:tt, $html:tt) => {
        impl $letter {
            fn sheets(&self, paper: &EmailContext) -> Result<RenderedEmail, askama::Error> {
                #[derive(Template)]
                #[template(path = $subject)]
                struct Subject<'a> {
                    paper: &'a EmailContext,
                }
                #[derive(Template)]
                #[template(path = $text)]
                struct Text<'a> {
                    paper: &'a EmailContext,
                    #[allow(dead_code, reason = "some emails use no data")]
                    letter: &'a $letter,
                }
                #[derive(Template)]
                #[template(path = $html)]
                struct Html<'a> {
                    paper: &'a EmailContext,
                    #[allow(dead_code, reason = "some emails use no data")]
                    letter: &'a $letter,
                }
                Ok(RenderedEmail {
                    subject: Subject { paper }.render()?,
                    text: Text { paper, letter: self }.render()?,
                    html: Html { paper, letter: self }.render()?,
                })
            }
        }
    };
}

sheets!(Verify, "letters/verify/subject.txt", "letters/verify/body.txt", "letters/verify/body.html");
sheets!(Welcome, "letters/welcome/subject.txt", "letters/welcome/body.txt", "letters/welcome/body.html");
sheets!(
    AlreadyRegistered,
    "letters/already_registered/subject.txt",
    "letters/already_registered/body.txt",
    "letters/already_registered/body.html"
);
sheets!(
    AlreadyVerified,
    "letters/already_verified/subject.txt",
    "letters/already_verified/body.txt",
    "letters/already_verified/body.html"
);
sheets!(Reset, "letters/reset/subject.txt", "letters/reset/body.txt", "letters/reset/body.html");
sheets!(Invite, "letters/invite/subject.txt", "letters/invite/body.txt", "letters/invite/body.html");
sheets!(
    PasswordChanged,
    "letters/password_changed/subject.txt",
    "letters/password_changed/body.txt",
    "letters/password_changed/body.html"
);
sheets!(
    ChangeEmail,
    "letters/change_email/subject.txt",
    "letters/change_email/body.txt",
    "letters/change_email/body.html"
);
sheets!(
    EmailChangeRequested,
    "letters/email_change_requested/subject.txt",
    "letters/email_change_requested/body.txt",
    "letters/email_change_requested/body.html"
);
sheets!(
    EmailChanged,
    "letters/email_changed/subject.txt",
    "letters/email_changed/body.txt",
    "letters/email_changed/body.html"
);
sheets!(Test, "letters/test/subject.txt", "letters/test/body.txt", "letters/test/body.html");
