//! Ids in paths and queries. Values that cannot be ids are rejected before they reach the database: PostgreSQL answers
//! a NUL with an error where SQLite finds nothing.

use rocket::request::FromParam;

/// The maximum length of an id; slightly more than any row has.
const MAX: usize = 64;

/// An id of ASCII alphanumerics and hyphens. A path with anything else in its position matches no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id<'r>(pub &'r str);

impl<'r> Id<'r> {
    /// Reads an id; `None` if no row can have it.
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
    fn a_text_that_no_row_can_have_is_not_an_id() {
        assert!(Id::read("0193a000-7b1c-7def-8000-0123456789ab").is_some());
        for other in ["\0", "a b", "길", "../x", &"a".repeat(65)] {
            assert!(Id::read(other).is_none(), "{other:?}");
        }
    }
}
