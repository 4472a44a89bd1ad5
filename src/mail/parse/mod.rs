//! The parser for received messages: turns bytes into what a person or a test wants to see. Any bytes give a result;
//! problems are listed in [`ParsedMessage::flaws`]. Nothing here fetches, stores or renders.

mod charset;
mod codes;
mod contact;
mod contents;
mod date;
mod encoding;
mod header;
mod html;
mod links;
mod mask;
mod message;
mod part;
mod structure;
#[cfg(test)]
mod tests;
mod text;
mod unsubscribe;

pub use contact::Contact;
pub use links::MessageLink;
pub use message::ParsedMessage;
pub use part::MessagePart;

/// The text of an HTML document for a reader without HTML: blocks become lines, and the URL of a link follows its text.
pub fn html_to_text(html: &str) -> String {
    html::HtmlText::read(html).rendering()
}
