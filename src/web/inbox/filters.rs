//! The links above a list that filter it, and the link to older entries below it.

use super::format::encoded;
use super::layout::InboxLayout;

/// A link that filters a list.
pub struct FilterLink {
    pub href: String,
    pub label: String,
    pub chosen: bool,
}

/// A list that one parameter of the query string filters.
#[derive(Clone, Copy)]
pub struct FilteredList<'l> {
    pub layout: &'l InboxLayout,
    /// The path below the inbox, such as `/outbox`.
    pub path: &'static str,
    /// The parameter that filters.
    pub parameter: &'static str,
    /// Its value; empty for the whole list.
    pub chosen: &'l str,
}

impl FilteredList<'_> {
    /// The links, and the URL of the next page. Each link is a value of the parameter with its label, the first one
    /// empty for the whole list; `next` is the parameter of the next page with its value.
    pub fn links(
        &self,
        values: impl IntoIterator<Item = (&'static str, String)>,
        next: Option<(&str, String)>,
    ) -> (Vec<FilterLink>, Option<String>) {
        let link = |(value, label): (&'static str, String)| FilterLink {
            href: self.href(value, None),
            label,
            chosen: value == self.chosen,
        };
        (values.into_iter().map(link).collect(), next.map(|next| self.href(self.chosen, Some(next))))
    }

    fn href(&self, value: &str, position: Option<(&str, String)>) -> String {
        let mut pairs = Vec::new();
        if !value.is_empty() {
            pairs.push(format!("{}={value}", self.parameter));
        }
        pairs.extend(position.map(|(name, value)| format!("{name}={}", encoded(&value))));
        let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
        format!("{}{}{query}", self.layout.base, self.path)
    }
}
