//! Running text on one line: the snippet for lists, the words for search.

use crate::mail::has_no_width;

/// Bytes of decoded text or HTML that are read for links, codes, snippet and search.
pub(super) const MAX_TEXT: usize = 1024 * 1024;
/// Maximum size of a snippet in bytes, as in Mailpit; it is cut at a character.
const SNIPPET: usize = 200;

/// The beginning of a text on one line.
pub(super) fn snippet(text: &str) -> String {
    let mut out = String::with_capacity(SNIPPET + 8);
    for word in text.split_whitespace().filter(|word| !word.chars().all(is_filler)) {
        let blank = (!out.is_empty()).then_some(' ');
        for c in blank.into_iter().chain(word.chars().filter(|c| !is_filler(*c))) {
            if out.len() + c.len_utf8() > SNIPPET {
                out.push_str("...");
                return out;
            }
            out.push(c);
        }
    }
    out
}

fn is_filler(c: char) -> bool {
    has_no_width(c) || c.is_control()
}

/// `text` with each run of white space as one blank, at most `limit` bytes.
pub(super) fn collapse_white_space(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    for word in text.split_whitespace() {
        if out.len() + word.len() + 1 > limit {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_one_line_cut_at_a_character() {
        assert_eq!(snippet(" a \r\n\t b\u{200b} "), "a b");
        // Senders fill the preview line like this.
        assert_eq!(snippet(&["a", &"\u{200c}\u{a0}".repeat(300), "b"].concat()), "a b");
        let long = snippet(&"한".repeat(300));
        assert_eq!(long.len(), 198 + 3);
        assert!(long.ends_with("한..."));
        assert_eq!(snippet(&format!("{} b", "a".repeat(200))), "a".repeat(200) + "...");
    }
}
