//! The page of the keys that the inbox's pages understand, and the switch that turns them off.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;

use super::super::error::WebError;
use super::layout::InboxLayout;
use super::page_context::{PageContext, rendered};

/// Keys of one kind: the end of the key of their title's text, then each with the end of its text's key.
type KeyGroup = (&'static str, &'static [(&'static str, &'static str)]);

/// All keys, as `static/keys.js` reads them.
const GROUPS: [KeyGroup; 4] = [
    (
        "move",
        &[
            ("j k ↓ ↑", "move"),
            ("Enter", "read"),
            ("Esc u", "back"),
            ("[ ]", "pages"),
            ("g i", "inbox"),
            ("g o l s f a", "go"),
            ("/", "search"),
            ("⌘K Ctrl K", "palette"),
            ("?", "help"),
        ],
    ),
    (
        "select",
        &[("x", "tick"), ("⇧ j k", "extend"), ("a", "all"), ("# Del", "delete"), ("z", "undo"), ("⇧ u", "unread")],
    ),
    (
        "message",
        &[
            ("c", "code"),
            ("o", "open"),
            ("y", "link"),
            ("1–8", "tabs"),
            ("w", "width"),
            ("d", "dark"),
            ("i", "pictures"),
            ("t", "tag"),
            ("r", "release"),
        ],
    ),
    ("list", &[("=", "group"), ("v", "table"), ("f", "follow"), ("m", "compare")]),
];

#[derive(Template)]
#[template(path = "inbox/keys.html")]
struct KeysPage {
    layout: InboxLayout,
    groups: [KeyGroup; 4],
}

#[get("/keys")]
pub async fn keys(context: PageContext<'_>) -> Result<RawHtml<String>, WebError> {
    rendered(&KeysPage { layout: context.plain_layout().await?, groups: GROUPS })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn every_key_has_a_text_in_every_language() {
        for (group, keys) in GROUPS {
            let texts = keys.iter().map(|(_, text)| format!("key-{text}")).chain([format!("key-group-{group}")]);
            for text in texts {
                assert!(Locale::ALL.iter().all(|locale| locale.has(&text)), "{text}");
            }
        }
    }
}
