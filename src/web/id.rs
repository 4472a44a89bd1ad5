//! Ids in paths and queries, told from what cannot be one before a database sees it: PostgreSQL answers a NUL with an
//! error where SQLite finds nothing.

use rocket::request::FromParam;

/// Longest id that any row of ours has, and a little more.
const MAX: usize = 64;

/// The text of an id, of letters, digits and hyphens. A path with anything else in its place fits no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<'r>(pub &'r str);

impl<'r> Id<'r> {
    /// `None` when no row can have it.
    pub fn read(text: &'r str) -> Option<Self> {
        let fine = text.len() <= MAX && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fine.then_some(Id(text))
    }
}

impl<'r> FromParam<'r> for Id<'r> {
    type Error = &'r str;

    fn from_param(text: &'r str) -> Result<Self, &'r str> {
        Id::read(text).ok_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_row_can_have_is_no_id() {
        assert!(Id::read("0193a000-7b1c-7def-8000-0123456789ab").is_some());
        for other in ["\0", "a b", "길", "../x", &"a".repeat(65)] {
            assert!(Id::read(other).is_none(), "{other:?}");
        }
    }
}
