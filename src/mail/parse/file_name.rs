//! File names of parts: cleaned, since they reach downloads, and made up for parts without one.

use crate::mail::one_line::is_invisible;

use super::media_type::{self, MadeUpName};

/// Maximum number of characters; a longer name is cut before its extension.
pub(super) const MAX_NAME: usize = 255;
/// Maximum bytes of an extension, with its dot, that is kept then.
const MAX_EXTENSION: usize = 20;

/// The last component of a path; empty if nothing usable is left. A tab is a blank. Other control characters, and what
/// changes the direction of text or ends a line of it, are replaced: `invoice_fdp.exe` is shown as it is.
pub(super) fn clean(name: &str) -> String {
    let last = name.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    let mut out = String::with_capacity(last.len().min(MAX_NAME));
    let (stem, extension) = shortened(last.trim());
    for c in stem.chars().chain(extension.chars()) {
        // Never `..`, which names the folder above.
        if c != '.' || !out.ends_with('.') {
            out.push(match c {
                '\t' => ' ',
                c if is_invisible(c) => '_',
                c => c,
            });
        }
    }
    if out == "." { String::new() } else { out }
}

/// The beginning and the end of a name that are kept, together at most [`MAX_NAME`] characters.
fn shortened(name: &str) -> (&str, &str) {
    if name.char_indices().nth(MAX_NAME).is_none() {
        return (name, "");
    }
    let extension = name.rfind('.').filter(|at| name.len() - at <= MAX_EXTENSION).map_or("", |at| name.split_at(at).1);
    let stem = MAX_NAME - extension.chars().count();
    (name.char_indices().nth(stem).map_or(name, |(end, _)| name.split_at(end).0), extension)
}

/// A name for a part without one, by its type and the part's id.
pub(super) fn made_up(content_type: &str, id: &str) -> String {
    let extension = match media_type::of(content_type).file_name {
        MadeUpName::Whole(name) => return name.to_owned(),
        MadeUpName::Extension(extension) => extension,
        MadeUpName::Guessed(other) => {
            let known = mime_guess::get_mime_extensions_str(content_type).and_then(|known| known.first());
            known.copied().unwrap_or(other)
        }
    };
    format!("part-{id}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_component_of_its_path() {
        for (name, cleaned) in [
            ("C:\\TEMP\\report.pdf", "report.pdf"),
            ("../../etc/notes.pdf", "notes.pdf"),
            ("\\\\server\\share\\a b.txt", "a b.txt"),
            ("folder/", "folder"),
            ("a\0b\r\nc\u{7f}\u{85}.txt", "a_b__c__.txt"),
            ("Annual\treport.pdf\r\n", "Annual report.pdf"),
            ("a..b...c", "a.b.c"),
            ("..", ""),
            ("./.", ""),
            ("/", ""),
            (" .profile ", ".profile"),
            ("보고서.pdf", "보고서.pdf"),
            ("invoice\u{202e}fdp.exe", "invoice_fdp.exe"),
            ("a\u{2028}b\u{2029}c\u{2066}d\u{2069}.txt", "a_b_c_d_.txt"),
            ("a\u{200e}\u{200f}\u{61c}\u{feff}\u{200b}b", "a_____b"),
            ("الفاتورة.pdf", "الفاتورة.pdf"),
            ("می\u{200c}خواهم.txt", "می\u{200c}خواهم.txt"),
        ] {
            assert_eq!(clean(name), cleaned, "{name:?}");
        }
        assert_eq!(clean(&"한".repeat(1_000)).chars().count(), MAX_NAME);
        let long = clean(&format!("{}.tar.gz", "한".repeat(260)));
        assert_eq!((long.chars().count(), long.ends_with("한.gz")), (MAX_NAME, true));
        let no_extension = clean(&format!("{}.{}", "a".repeat(250), "b".repeat(40)));
        assert_eq!((no_extension.len(), no_extension.ends_with(".bbbb")), (MAX_NAME, true));
    }

    #[test]
    fn a_part_without_a_name_gets_one_by_its_type() {
        for (kind, name) in [
            ("text/calendar", "calendar.ics"),
            ("message/rfc822", "message.eml"),
            ("application/pdf", "part-2.pdf"),
            ("image/jpeg", "part-2.jpg"),
            ("image/png", "part-2.png"),
            ("text/csv", "part-2.csv"),
            ("text/x-odd", "part-2.txt"),
            ("application/x-odd", "part-2.bin"),
            ("application/zip", "part-2.zip"),
            ("message/delivery-status", "delivery-status.txt"),
        ] {
            assert_eq!(made_up(kind, "2"), name, "{kind}");
        }
    }
}
