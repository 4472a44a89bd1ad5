//! Reading a mail back: received bytes → what a person or a test wants to see. Total: any bytes give a view, what
//! was too much or broken is listed in [`Parsed::flaws`]. Nothing here fetches, stores or renders.

mod charset;
mod codes;
mod contact;
mod date;
mod encoding;
mod header;
mod html;
mod links;
mod part;
mod quoted;
mod structure;
#[cfg(test)]
mod tests;
mod text;
mod unsubscribe;
mod view;

pub use contact::Contact;
pub use links::Link;
pub use part::Part;
pub use view::Parsed;
