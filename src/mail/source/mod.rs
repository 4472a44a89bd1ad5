//! The source of a message for a reader: numbered lines with marked spans, as sent or decoded. A page of lines bounds
//! what is shown of a large message; the lines before it are only counted.

mod decoded;
mod highlight;
mod lines;

pub use decoded::decode_source;
pub use highlight::SpanKind;
pub use lines::{LINES_PER_PAGE, SourceLine, SourcePage, first_line_of_page, source_page};
