//! Checks List-Unsubscribe (RFC 2369, RFC 8058). The error texts are Mailpit's, since its clients compare them.

/// Both fields and the contents of the first; all empty without a List-Unsubscribe header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListUnsubscribe {
    pub header: String,
    /// The well-formed links. A correct header has at most one `mailto:` and one `http(s)://`.
    pub links: Vec<String>,
    /// Joined by `, `; empty if the header is correct.
    pub errors: String,
    /// The List-Unsubscribe-Post header.
    pub header_post: String,
}

pub(super) fn read(header: &str, header_post: &str) -> ListUnsubscribe {
    let (links, errors) = if header.is_empty() { Default::default() } else { check(header) };
    ListUnsubscribe { header: header.to_owned(), links, errors: errors.join(", "), header_post: header_post.to_owned() }
}

fn check(header: &str) -> (Vec<String>, Vec<String>) {
    let value = without_comments(header).trim().to_owned();
    let (inside, between) = brackets(&value);
    let mut errors = Vec::new();
    if inside.is_empty() {
        return (vec![], vec![format!("\"{value}\" no valid unsubscribe links found")]);
    }
    if !value.starts_with('<') || !value.ends_with('>') {
        errors.push(format!("\"{value}\" should be enclosed in <>"));
    }
    if inside.len() > 2 {
        errors.push(format!("\"{value}\" should include a maximum of one email and one HTTP link"));
    }
    if between.iter().any(|b| b.trim() != ",") {
        errors.push(format!("\"{value}\" <> should be split with a comma and optional spaces"));
    }
    let links = each(&inside, &mut errors);
    (links, errors)
}

fn each(inside: &[&str], errors: &mut Vec<String>) -> Vec<String> {
    let mut links = Vec::new();
    let (mut mail, mut web) = (false, false);
    for link in inside {
        let lower = link.to_ascii_lowercase();
        if link.contains(char::is_whitespace) {
            errors.push(format!("\"{link}\" should not contain spaces"));
        } else if lower.starts_with("mailto:") {
            if std::mem::replace(&mut mail, true) {
                errors.push(format!("\"{link}\" should only contain one mailto:"));
            } else {
                links.push((*link).to_owned());
            }
        } else if lower.starts_with("http://") || lower.starts_with("https://") {
            if std::mem::replace(&mut web, true) {
                errors.push(format!("\"{link}\" should only contain one HTTP link"));
            } else {
                links.push((*link).to_owned());
            }
        } else {
            errors.push(format!("\"{link}\" should start with either http(s):// or mailto:"));
        }
    }
    links
}

/// The text inside each `<…>`, and the text between two of them.
fn brackets(value: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut inside, mut between) = (Vec::new(), Vec::new());
    let mut rest = value;
    while let Some((before, tail)) = rest.split_once('<') {
        let Some((link, tail)) = tail.split_once('>') else { break };
        if !inside.is_empty() {
            between.push(before);
        }
        inside.push(link.trim());
        rest = tail;
    }
    (inside, between)
}

fn without_comments(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut depth = 0_usize;
    for c in value.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correct_header_lists_its_links() {
        let read = read("(use this) <mailto:u@a.example>, <https://a.example/u>", "List-Unsubscribe=One-Click");
        assert_eq!(read.links, ["mailto:u@a.example", "https://a.example/u"]);
        assert_eq!((read.errors.as_str(), read.header_post.as_str()), ("", "List-Unsubscribe=One-Click"));
        assert_eq!(super::read("", ""), ListUnsubscribe::default());
    }

    #[test]
    fn each_fault_gives_mailpits_error_text() {
        for (header, errors) in [
            ("https://a.example", "\"https://a.example\" no valid unsubscribe links found"),
            ("x <https://a.example>", "\"x <https://a.example>\" should be enclosed in <>"),
            (
                "<https://a.example> <mailto:a@b.c>",
                "\"<https://a.example> <mailto:a@b.c>\" <> should be split with a comma and optional spaces",
            ),
            ("<https://a.ex ample>", "\"https://a.ex ample\" should not contain spaces"),
            ("<mailto:a@b.c>, <mailto:d@b.c>", "\"mailto:d@b.c\" should only contain one mailto:"),
            ("<http://a>, <http://b>", "\"http://b\" should only contain one HTTP link"),
            ("<ftp://a>", "\"ftp://a\" should start with either http(s):// or mailto:"),
            (
                "<http://a>, <mailto:b@c>, <http://d>",
                "\"<http://a>, <mailto:b@c>, <http://d>\" should include a maximum of one email and one HTTP link, \"http://d\" should only contain one HTTP link",
            ),
        ] {
            assert_eq!(read(header, "").errors, errors);
        }
    }
}
