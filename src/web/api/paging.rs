//! Reads numbers, dates and searches of the query string as leniently as Mailpit.

use jiff::tz::TimeZone;
use rocket::Request;
use rocket::form::FromForm;

use crate::clock::Time;
use crate::inbox::{PageRequest, Query};

use super::super::error::WebError;

/// Default number of messages per page, also for an invalid limit.
const PAGE: u64 = 50;

/// The parameters of a list; an invalid value counts as missing.
#[derive(FromForm)]
pub struct Paging<'r> {
    start: Option<&'r str>,
    limit: Option<&'r str>,
    before: Option<&'r str>,
}

impl Paging<'_> {
    pub fn start(&self) -> u64 {
        self.start.and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    fn limit(&self) -> u64 {
        self.limit.and_then(|text| text.parse().ok()).unwrap_or(PAGE)
    }

    /// The page of /messages, where a limit of 0 means all. Refused messages are left out, since Mailpit has none.
    pub fn of_list(&self) -> PageRequest {
        PageRequest { limit: Some(self.limit()).filter(|limit| *limit > 0), arrived: true, ..self.window() }
    }

    /// The page of /search, where a limit of 0 means no messages.
    pub fn of_search(&self) -> PageRequest {
        PageRequest { limit: Some(self.limit()), ..self.window() }
    }

    fn window(&self) -> PageRequest {
        let before = self.before.and_then(date);
        PageRequest { start: self.start(), limit: None, before, ..PageRequest::default() }
    }
}

fn date(text: &str) -> Option<Time> {
    let day = || text.replace('/', "-").parse::<jiff::civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    Time::parse_rfc3339(text).or_else(|| day().map(|zoned| Time::from_millis(zoned.timestamp().as_millisecond())))
}

/// A search and the time zone of its dates.
#[derive(FromForm)]
pub struct Search<'r> {
    query: Option<&'r str>,
    tz: Option<&'r str>,
}

impl<'r> Search<'r> {
    pub fn none() -> Self {
        Search { query: None, tz: None }
    }

    /// The search in the query string of a request.
    pub fn of(request: &'r Request<'_>) -> Self {
        let value = |name| request.query_value::<&str>(name).and_then(Result::ok);
        Search { query: value("query"), tz: value("tz") }
    }

    /// The parsed search; `None` if it is blank.
    ///
    /// # Errors
    /// See [`accepted_query`].
    pub fn query(&self) -> Result<Option<Query>, WebError> {
        accepted_query(self.query.unwrap_or_default(), self.tz)
    }
}

/// A search of the API. It finds refused messages only if it contains `is:refused`.
///
/// # Errors
/// If a term is not understood. Without the term, the search would find other messages than the client means.
pub fn accepted_query(text: &str, tz: Option<&str>) -> Result<Option<Query>, WebError> {
    let Some(query) = query(text, tz) else { return Ok(None) };
    match query.invalid_terms().as_slice() {
        [] => Ok(Some(query.arrived())),
        terms => Err(WebError::bad(format!("Error: not understood in the query: {}", terms.join(" ")))),
    }
}

/// Parses a search. Its dates are in the time zone `tz`, or in the server's without a valid one.
pub fn query(text: &str, tz: Option<&str>) -> Option<Query> {
    let zone = tz.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(TimeZone::system);
    Query::parse(text, &zone)
}

/// The query, if its results may be deleted. Mailpit ignores a term without a value, such as an empty `to:`, and then
/// deletes more than intended.
///
/// # Errors
/// If a term is ignored.
pub fn to_delete(query: Query) -> Result<Query, WebError> {
    match query.ignored_terms() {
        [] => Ok(query),
        terms => {
            let terms = terms.join(" ");
            Err(WebError::bad(format!("Error: the query has a term without a value: {terms}; nothing was deleted")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: &str, limit: &str) -> (PageRequest, PageRequest) {
        let paging = Paging { start: Some(start), limit: Some(limit), before: None };
        (paging.of_list(), paging.of_search())
    }

    #[test]
    fn an_invalid_number_means_the_default() {
        for (start, limit, expected) in
            [("x", "y", (0, 50)), ("-1", "-5", (0, 50)), ("3", "7", (3, 7)), ("", "1.5", (0, 50))]
        {
            let (list, search) = window(start, limit);
            assert_eq!((list.start, list.limit), (expected.0, Some(expected.1)));
            assert_eq!(search.limit, Some(expected.1));
        }
    }

    #[test]
    fn a_limit_of_zero_means_all_in_a_list_and_no_message_in_a_search() {
        let (list, search) = window("0", "0");
        assert_eq!((list.limit, search.limit), (None, Some(0)));
    }

    #[test]
    fn invalid_dates_are_ignored() {
        assert_eq!(date("2026/11/21"), Time::parse_rfc3339("2026-11-21T00:00:00Z"));
        assert!(date("2026-11-21T10:00:00+09:00").is_some());
        assert_eq!(date("yesterday"), None);
    }
}
