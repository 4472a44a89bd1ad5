//! The widths of the sidebar and of the list that a reader has chosen by moving the dividers between the panes. A policy
//! forbids styles in the page, so a stylesheet of its own carries them, and the page never jumps.

use std::ops::RangeInclusive;

use rocket::http::{ContentType, Header};
use rocket::{Responder, Route, get, routes};

use super::super::static_files::IMMUTABLE;

/// The widths in pixels that fit: of the sidebar, and of the list.
pub const SIDE: RangeInclusive<u16> = 160..=420;
pub const LIST: RangeInclusive<u16> = 260..=900;

/// Widths in pixels; `None` leaves them to the stylesheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaneWidths {
    pub side: Option<u16>,
    pub list: Option<u16>,
}

impl PaneWidths {
    /// The widths after a choice: `side-240`, or `side-0` to forget it. `None` if `word` is not one.
    pub fn with(self, word: &str) -> Option<Self> {
        let (pane, width) = word.split_once('-')?;
        let width: u16 = width.parse().ok()?;
        let fits = |range: RangeInclusive<u16>| (width > 0).then(|| width.clamp(*range.start(), *range.end()));
        match pane {
            "side" => Some(PaneWidths { side: fits(SIDE), ..self }),
            "list" => Some(PaneWidths { list: fits(LIST), ..self }),
            _ => None,
        }
    }

    /// The words of the cookie.
    pub fn words(self) -> impl Iterator<Item = String> {
        let pairs = [("side", self.side), ("list", self.list)];
        pairs.into_iter().filter_map(|(pane, width)| Some(format!("{pane}-{}", width?)))
    }

    /// The URL of the stylesheet below `base`; `None` if the reader has not moved a divider.
    pub fn href(self, base: &str) -> Option<String> {
        let words: Vec<String> = self.words().collect();
        (!words.is_empty()).then(|| format!("{}/static/panes.css?{}", base, words.join("&").replace('-', "=")))
    }

    fn css(self) -> String {
        let all: String = self.words().map(|word| format!("--{}px;", word.replace('-', ":"))).collect();
        format!(":root{{{all}}}")
    }
}

/// The stylesheet with the widths of its own URL.
#[derive(Responder)]
struct PanesCss {
    css: String,
    kind: ContentType,
    cache: Header<'static>,
}

/// The route of the stylesheet, for the static files.
pub fn pane_routes() -> Vec<Route> {
    routes![panes]
}

#[get("/static/panes.css?<side>&<list>")]
fn panes(side: Option<u16>, list: Option<u16>) -> PanesCss {
    let words = [side.map(|width| format!("side-{width}")), list.map(|width| format!("list-{width}"))];
    let widths = words.into_iter().flatten().fold(PaneWidths::default(), |all, word| all.with(&word).unwrap_or(all));
    PanesCss { css: widths.css(), kind: ContentType::CSS, cache: Header::new("Cache-Control", IMMUTABLE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_clamped_and_zero_forgets_it() {
        let both = PaneWidths::default().with("side-9").unwrap().with("list-9999").unwrap();
        assert_eq!(both, PaneWidths { side: Some(160), list: Some(900) });
        assert_eq!(both.css(), ":root{--side:160px;--list:900px;}");
        assert_eq!(both.with("side-0").unwrap().side, None);
        for other in ["side", "side-", "side--1", "read-300", "side-99999", ""] {
            assert_eq!(both.with(other), None, "{other}");
        }
    }
}
