//! Lenient numbers, dates and searches of the query string, as Mailpit reads them.

use jiff::tz::TimeZone;
use rocket::form::FromForm;

use crate::capture::{Query, Window};
use crate::clock::Time;

use super::reply::Refusal;

/// Items of a page when nothing (or nonsense) was asked.
const PAGE: u64 = 50;

/// The parameters of lists; whatever cannot be read counts as left out.
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

    /// Of /messages, where 0 means all. For a client of Mailpit refused mail did not arrive.
    pub fn of_list(&self) -> Window {
        Window { limit: Some(self.limit()).filter(|limit| *limit > 0), arrived: true, ..self.window() }
    }

    /// Of /search, where 0 means none.
    pub fn of_search(&self) -> Window {
        Window { limit: Some(self.limit()), ..self.window() }
    }

    fn window(&self) -> Window {
        let before = self.before.and_then(date);
        Window { start: self.start(), limit: None, before, ..Window::default() }
    }
}

fn date(text: &str) -> Option<Time> {
    let day = || text.replace('/', "-").parse::<jiff::civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok();
    Time::parse_rfc3339(text).or_else(|| day().map(|zoned| Time::from_millis(zoned.timestamp().as_millisecond())))
}

/// A search and the zone of its dates.
#[derive(FromForm)]
pub struct Search<'r> {
    query: Option<&'r str>,
    tz: Option<&'r str>,
}

impl Search<'_> {
    pub fn none() -> Self {
        Search { query: None, tz: None }
    }

    /// `None` when blank; see [`arrived`].
    pub fn query(&self) -> Option<Query> {
        arrived(self.query.unwrap_or_default(), self.tz)
    }
}

/// A search of the API: refused mail is found by those who name it alone (`is:refused`).
pub fn arrived(text: &str, tz: Option<&str>) -> Option<Query> {
    query(text, tz).map(Query::arrived)
}

/// Reads a search; its dates are in the zone called `tz`, else in the server's.
pub fn query(text: &str, tz: Option<&str>) -> Option<Query> {
    let zone = tz.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(TimeZone::system);
    Query::parse(text, &zone)
}

/// The words of a search that nobody understands.
pub fn passed_over(text: &str) -> Vec<String> {
    Query::passed_over(text, &TimeZone::system())
}

/// A search whose finds are going to be deleted: Mailpit passes over terms it cannot read, such as a date or an empty
/// `to:`, and so deletes more than was meant.
///
/// # Errors
/// When not every term could be read.
pub fn doomed(query: Query) -> Result<Query, Refusal> {
    match query.is_whole() {
        true => Ok(query),
        false => {
            Err(Refusal::bad("Error: a term of the query has no meaning, or there are too many; nothing was deleted"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: &str, limit: &str) -> (Window, Window) {
        let paging = Paging { start: Some(start), limit: Some(limit), before: None };
        (paging.of_list(), paging.of_search())
    }

    #[test]
    fn nonsense_means_the_default() {
        for (start, limit, expected) in
            [("x", "y", (0, 50)), ("-1", "-5", (0, 50)), ("3", "7", (3, 7)), ("", "1.5", (0, 50))]
        {
            let (list, search) = window(start, limit);
            assert_eq!((list.start, list.limit), (expected.0, Some(expected.1)));
            assert_eq!(search.limit, Some(expected.1));
        }
    }

    #[test]
    fn no_limit_is_everything_in_a_list_and_nothing_in_a_search() {
        let (list, search) = window("0", "0");
        assert_eq!((list.limit, search.limit), (None, Some(0)));
    }

    #[test]
    fn dates_that_cannot_be_read_are_passed_over() {
        assert_eq!(date("2026/11/21"), Time::parse_rfc3339("2026-11-21T00:00:00Z"));
        assert!(date("2026-11-21T10:00:00+09:00").is_some());
        assert_eq!(date("yesterday"), None);
    }
}
