//! Extracts the address from the text between brackets, or from a word without brackets.

/// The address between brackets, without comments and route, and without blanks around its `@` and dots. Other blanks stay:
/// `Foo at x.test` is no address.
pub(super) fn bare_address(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    let mut has_blank = false;
    let has_comment = text.contains('(') && text.contains(')');
    for c in text.trim().trim_start_matches('<').chars() {
        match c {
            _ if escaped => {}
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted && has_comment => depth += 1,
            ')' if !quoted && depth > 0 => depth -= 1,
            _ => {}
        }
        let is_comment = !quoted && has_comment && (depth > 0 || c == ')');
        escaped = c == '\\' && !escaped;
        if is_comment || !quoted && c.is_whitespace() {
            has_blank |= !is_comment;
            continue;
        }
        if std::mem::take(&mut has_blank) && !out.is_empty() && !is_joint(c) && !out.ends_with(is_joint) {
            out.push(' ');
        }
        out.push(c);
    }
    without_route(&out).to_owned()
}

/// True for what joins the words of an address (RFC 5322 §4.4), and the hosts of a route.
fn is_joint(c: char) -> bool {
    matches!(c, '@' | '.' | ',' | ':')
}

/// `d@e.f` for `@a.b,@b.c:d@e.f`: a source route is obsolete and not part of the address (RFC 5322 §4.4).
pub(super) fn without_route(address: &str) -> &str {
    let mailbox = address.strip_prefix('@').and_then(|route| route.split_once(':')).map(|(_, mailbox)| mailbox);
    mailbox.filter(|mailbox| mailbox.contains('@')).unwrap_or(address)
}
