//! The parser for received messages: turns bytes into what a person or a test wants to see. Any bytes give a result;
//! repairs are listed in [`ParsedMessage::warnings`]. Nothing here fetches, stores or renders.

mod address_field;
mod body;
mod boundary;
mod catch_panic;
mod charset;
mod codes;
mod contact;
mod content_type;
mod contents;
mod date;
mod edit;
mod encoded_word;
mod encoding;
mod file_name;
mod flowed;
mod header;
mod html;
mod line_ends;
mod links;
mod media_type;
mod message;
mod part;
mod part_text;
mod sent_header;
mod structure;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod unsubscribe;
mod uuencode;
mod warning;

pub use contact::Contact;
pub use edit::{FieldEdit, ParsedHeader, edit_header};
pub use html::as_browsers_read;
pub use links::{LinkLook, MessageLink, find_urls, is_web_url};
pub use message::ParsedMessage;
pub use part::MessagePart;
pub use sent_header::{SentField, sent_fields};
pub use tree::{PartNode, part_tree};
pub use warning::{ParseWarning, WarningCode};

/// The text of an HTML document for a reader without HTML: blocks become lines, and the URL of a link follows its text.
pub fn html_to_text(html: &str) -> String {
    html::HtmlText::read(html).rendering()
}

/// The one-time codes in a subject and a text, as [`ParsedMessage::codes`] finds them.
pub fn codes_of(subject: &str, text: &str) -> Vec<String> {
    catch_panic::catch_panic(|| codes::read(subject, text))
}
