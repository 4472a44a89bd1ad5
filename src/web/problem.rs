//! Error pages: a fixed list of problems, each with its status, its text and a link to continue.

use std::time::Duration;

use askama::Template;

use super::page::Layout;

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageProblem {
    BadRequest,
    Forbidden,
    /// Rejected because another site sent it.
    CrossSite,
    SignupsClosed,
    NotFound,
    MethodNotAllowed,
    /// The link is invalid, used or expired.
    LinkGone,
    /// The form was made for another user than the one who is signed in.
    OtherUser,
    TooLarge,
    UnsupportedMedia,
    WrongHost,
    Unprocessable,
    TooMany,
    Internal,
    /// The hash queue is full.
    Busy,
    /// The database is unavailable.
    Unavailable,
}

impl PageProblem {
    #[cfg(test)]
    pub const ALL: [PageProblem; 16] = [
        PageProblem::BadRequest,
        PageProblem::Forbidden,
        PageProblem::CrossSite,
        PageProblem::SignupsClosed,
        PageProblem::NotFound,
        PageProblem::MethodNotAllowed,
        PageProblem::LinkGone,
        PageProblem::OtherUser,
        PageProblem::TooLarge,
        PageProblem::UnsupportedMedia,
        PageProblem::WrongHost,
        PageProblem::Unprocessable,
        PageProblem::TooMany,
        PageProblem::Internal,
        PageProblem::Busy,
        PageProblem::Unavailable,
    ];

    /// The problem of a status.
    pub const fn from_status(status: u16) -> Self {
        match status {
            403 => PageProblem::Forbidden,
            404 => PageProblem::NotFound,
            405 => PageProblem::MethodNotAllowed,
            409 => PageProblem::OtherUser,
            410 => PageProblem::LinkGone,
            413 => PageProblem::TooLarge,
            415 => PageProblem::UnsupportedMedia,
            421 => PageProblem::WrongHost,
            422 => PageProblem::Unprocessable,
            429 => PageProblem::TooMany,
            503 => PageProblem::Unavailable,
            400..=499 => PageProblem::BadRequest,
            _ => PageProblem::Internal,
        }
    }

    pub const fn status(self) -> u16 {
        match self {
            PageProblem::BadRequest => 400,
            PageProblem::Forbidden | PageProblem::CrossSite | PageProblem::SignupsClosed => 403,
            PageProblem::NotFound => 404,
            PageProblem::MethodNotAllowed => 405,
            PageProblem::OtherUser => 409,
            PageProblem::LinkGone => 410,
            PageProblem::TooLarge => 413,
            PageProblem::UnsupportedMedia => 415,
            PageProblem::WrongHost => 421,
            PageProblem::Unprocessable => 422,
            PageProblem::TooMany => 429,
            PageProblem::Internal => 500,
            PageProblem::Busy | PageProblem::Unavailable => 503,
        }
    }

    /// The problem's name in the locales: `error-<key>` is the headline, `error-<key>-text` the advice.
    pub const fn key(self) -> &'static str {
        match self {
            PageProblem::BadRequest => "bad-request",
            PageProblem::Forbidden => "forbidden",
            PageProblem::CrossSite => "cross-site",
            PageProblem::SignupsClosed => "signups-closed",
            PageProblem::NotFound => "not-found",
            PageProblem::MethodNotAllowed => "method-not-allowed",
            PageProblem::LinkGone => "link-gone",
            PageProblem::OtherUser => "other-user",
            PageProblem::TooLarge => "too-large",
            PageProblem::UnsupportedMedia => "unsupported-media",
            PageProblem::WrongHost => "wrong-host",
            PageProblem::Unprocessable => "unprocessable",
            PageProblem::TooMany => "too-many",
            PageProblem::Internal => "internal",
            PageProblem::Busy => "busy",
            PageProblem::Unavailable => "unavailable",
        }
    }
}

/// The page of a [`PageProblem`].
#[derive(Debug, Template)]
#[template(path = "errors/problem.html")]
pub struct ProblemPage {
    pub layout: Layout,
    pub problem: PageProblem,
    /// The value of Retry-After.
    pub wait: Option<Duration>,
    /// The incident id, which the log repeats; only for [`PageProblem::Internal`].
    pub id: Option<String>,
}

impl ProblemPage {
    fn title(&self) -> String {
        self.layout.t(&format!("error-{}", self.problem.key()))
    }

    /// True if the same request may succeed later.
    fn may_pass(&self) -> bool {
        matches!(self.problem, PageProblem::TooMany | PageProblem::Busy | PageProblem::Unavailable)
    }

    fn text(&self) -> String {
        self.layout.t(&format!("error-{}-text", self.problem.key()))
    }
}
