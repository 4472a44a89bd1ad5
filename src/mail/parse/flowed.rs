//! Joins the lines of `format=flowed` (RFC 3676), in which a line that ends in a blank goes on in the next one.

/// The paragraphs of a flowed text. `deletes_space` is the parameter `DelSp=yes`: the blank at the end of a line then only
/// marks it, as in scripts without blanks and within long URLs.
pub(super) fn unfold(text: &str, deletes_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The depth of quotes of the line that goes on, and its line end.
    let mut open: Option<(usize, &str)> = None;
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        let end = line.get(content.len()..).unwrap_or_default();
        let unquoted = content.trim_start_matches('>');
        let depth = content.len() - unquoted.len();
        // A blank in front protects `>`, `From ` and blanks.
        let unstuffed = unquoted.strip_prefix(' ').unwrap_or(unquoted);
        let is_signature = unstuffed == "-- ";
        match open.take() {
            Some((other, _)) if other == depth && !is_signature => {}
            joined => {
                // The line before ends here, since this one is no part of its paragraph.
                out.push_str(joined.map_or("", |(_, end)| end));
                out.push_str(content.get(..depth).unwrap_or_default());
                if depth > 0 && !unstuffed.is_empty() {
                    out.push(' ');
                }
            }
        }
        let flows = unstuffed.ends_with(' ') && !is_signature && !end.is_empty();
        let kept = if flows && deletes_space { unstuffed.strip_suffix(' ') } else { None };
        out.push_str(kept.unwrap_or(unstuffed));
        if flows {
            open = Some((depth, end));
        } else {
            out.push_str(end);
        }
    }
    out.push_str(open.map_or("", |(_, end)| end));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_end_in_a_blank_go_on() {
        for (text, spaced, deleted) in [
            ("one \r\ntwo\r\nthree\r\n", "one two\r\nthree\r\n", "onetwo\r\nthree\r\n"),
            ("인증번\r\n", "인증번\r\n", "인증번\r\n"),
            (
                "https://a.test/verify?t= \nabc \ndef\n",
                "https://a.test/verify?t= abc def\n",
                "https://a.test/verify?t=abcdef\n",
            ),
            ("one  \ntwo\n", "one  two\n", "one two\n"),
            (" From me\n >x\n", "From me\n>x\n", "From me\n>x\n"),
            ("> a \n> b\n>> c \n> d\n", "> a b\n>> c \n> d\n", "> ab\n>> c\n> d\n"),
            ("> a \r\n>> b \r\n", "> a \r\n>> b \r\n", "> a\r\n>> b\r\n"),
            ("x \n-- \nKim\n", "x \n-- \nKim\n", "x\n-- \nKim\n"),
            ("end ", "end ", "end "),
            ("end \n", "end \n", "end\n"),
            ("\n\n", "\n\n", "\n\n"),
        ] {
            assert_eq!(unfold(text, false), spaced, "{text:?}");
            assert_eq!(unfold(text, true), deleted, "{text:?}");
        }
    }
}
