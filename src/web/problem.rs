//! Error pages: a fixed list of problems, each with its status, its text and a link to continue.

use std::time::Duration;

use askama::Template;

use super::page::Frame;

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    BadRequest,
    Forbidden,
    /// Rejected because another site sent it.
    CrossSite,
    SignupsClosed,
    NotFound,
    MethodNotAllowed,
    /// The link is invalid, used or expired.
    LinkGone,
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

impl Problem {
    #[cfg(test)]
    pub const ALL: [Problem; 15] = [
        Problem::BadRequest,
        Problem::Forbidden,
        Problem::CrossSite,
        Problem::SignupsClosed,
        Problem::NotFound,
        Problem::MethodNotAllowed,
        Problem::LinkGone,
        Problem::TooLarge,
        Problem::UnsupportedMedia,
        Problem::WrongHost,
        Problem::Unprocessable,
        Problem::TooMany,
        Problem::Internal,
        Problem::Busy,
        Problem::Unavailable,
    ];

    /// The problem of a status.
    pub const fn from_status(status: u16) -> Self {
        match status {
            403 => Problem::Forbidden,
            404 => Problem::NotFound,
            405 => Problem::MethodNotAllowed,
            410 => Problem::LinkGone,
            413 => Problem::TooLarge,
            415 => Problem::UnsupportedMedia,
            421 => Problem::WrongHost,
            422 => Problem::Unprocessable,
            429 => Problem::TooMany,
            503 => Problem::Unavailable,
            400..=499 => Problem::BadRequest,
            _ => Problem::Internal,
        }
    }

    pub const fn status(self) -> u16 {
        match self {
            Problem::BadRequest => 400,
            Problem::Forbidden | Problem::CrossSite | Problem::SignupsClosed => 403,
            Problem::NotFound => 404,
            Problem::MethodNotAllowed => 405,
            Problem::LinkGone => 410,
            Problem::TooLarge => 413,
            Problem::UnsupportedMedia => 415,
            Problem::WrongHost => 421,
            Problem::Unprocessable => 422,
            Problem::TooMany => 429,
            Problem::Internal => 500,
            Problem::Busy | Problem::Unavailable => 503,
        }
    }

    /// The problem's name in the locales: `error-<key>` is the headline, `error-<key>-text` the advice.
    pub const fn key(self) -> &'static str {
        match self {
            Problem::BadRequest => "bad-request",
            Problem::Forbidden => "forbidden",
            Problem::CrossSite => "cross-site",
            Problem::SignupsClosed => "signups-closed",
            Problem::NotFound => "not-found",
            Problem::MethodNotAllowed => "method-not-allowed",
            Problem::LinkGone => "link-gone",
            Problem::TooLarge => "too-large",
            Problem::UnsupportedMedia => "unsupported-media",
            Problem::WrongHost => "wrong-host",
            Problem::Unprocessable => "unprocessable",
            Problem::TooMany => "too-many",
            Problem::Internal => "internal",
            Problem::Busy => "busy",
            Problem::Unavailable => "unavailable",
        }
    }
}

/// The page of a [`PageProblem`].
#[derive(Debug, Template)]
#[template(path = "errors/problem.html")]
pub struct ProblemPage {
    pub frame: Frame,
    pub problem: Problem,
    /// The value of Retry-After.
    pub wait: Option<Duration>,
    /// The incident id, which the log repeats; only for [`PageProblem::Internal`].
    pub id: Option<String>,
}

impl ProblemPage {
    fn title(&self) -> String {
        self.frame.t(&format!("error-{}", self.problem.key()))
    }

    fn text(&self) -> String {
        self.frame.t(&format!("error-{}-text", self.problem.key()))
    }
}
