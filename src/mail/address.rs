//! Email addresses, parsed strictly (RFC 5321 §4.1.2 dot-string local part, IDNA domain). Code trusts a parsed address.

use std::fmt;
use std::str::FromStr;

/// Longest address that RFC 5321 §4.5.3.1.3 allows in a path, without the angle brackets.
pub const MAX_ADDRESS: usize = 254;
/// Longest local part (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Longest domain (RFC 5321 §4.5.3.1.2, RFC 1035 §2.3.4).
const MAX_DOMAIN: usize = 253;

/// An address as stored and sent to: the local part as typed, the domain in lower-case ASCII (A-labels).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    local: String,
    domain: String,
}

/// Why a text is not a valid address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("empty address")]
    Empty,
    #[error("malformed address: expected one @ with text on both sides")]
    Shape,
    #[error("address too long: at most 254 characters, 64 of them before the @")]
    TooLong,
    #[error("invalid character before the @")]
    Local,
    #[error("invalid domain name after the @")]
    Domain,
}

impl Address {
    /// Parses one bare address; surrounding white space is ignored. Quoted local parts, comments, address literals and
    /// lists are rejected: people do not sign up with such addresses, and parsers disagree about them.
    ///
    /// # Errors
    /// The first rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.len() > 4 * MAX_ADDRESS {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(AddressError::Shape)?;
        if local.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(AddressError::Shape);
        }
        check_local(local)?;
        let domain = ascii_domain(domain)?;
        if local.len() > MAX_LOCAL || domain.len() > MAX_DOMAIN || local.len() + 1 + domain.len() > MAX_ADDRESS {
            return Err(AddressError::TooLong);
        }
        Ok(Address { local: local.to_owned(), domain })
    }

    /// The key that all spellings of one mailbox share: the address in lower-case ASCII. Plus tags and dots are kept,
    /// because only the mailbox's own server knows their meaning.
    pub fn canonical(&self) -> String {
        format!("{}@{}", self.local.to_ascii_lowercase(), self.domain)
    }

    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain in lower-case ASCII (A-labels).
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// True if only a server with SMTPUTF8 (RFC 6531) can accept the address.
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.is_ascii()
    }

    /// The address for logs and unauthenticated clients: recognizable, but not complete.
    pub fn masked(&self) -> String {
        format!("{}***@{}", self.local.chars().next().unwrap_or('*'), self.domain)
    }
}

fn check_local(local: &str) -> Result<(), AddressError> {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_international_char(c);
    let fine = local.split('.').all(|part| !part.is_empty() && part.chars().all(atom));
    if fine { Ok(()) } else { Err(AddressError::Local) }
}

/// True for non-ASCII alphanumerics and marks; false for controls, spaces, bidi overrides and look-alike punctuation.
fn is_international_char(c: char) -> bool {
    !c.is_ascii() && c.is_alphanumeric()
}

fn ascii_domain(domain: &str) -> Result<String, AddressError> {
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| AddressError::Domain)?;
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let numeric = ascii.rsplit('.').next().is_some_and(|top| top.bytes().all(|b| b.is_ascii_digit()));
    if ascii.split('.').all(label) && !numeric { Ok(ascii) } else { Err(AddressError::Domain) }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        Address::parse(text)
    }
}

/// An address with the name shown beside it: `Gatepost <no-reply@example.com>` (RFC 5322 §3.4 name-addr).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    pub name: String,
    pub address: Address,
}

impl FromStr for Mailbox {
    type Err = AddressError;

    /// Parses `Name <address>`, `"Name" <address>` with `\"` and `\\` inside, `<address>` and a bare address. Control
    /// characters in the name are rejected. So is a second address: `a@b.c, d <e@f.g>` has no quotes around its name.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let Some(rest) = text.strip_suffix('>') else {
            return Ok(Mailbox { name: String::new(), address: Address::parse(text)? });
        };
        let (name, address) = rest.rsplit_once('<').ok_or(AddressError::Shape)?;
        let name = name.trim();
        let quoted = name.strip_prefix('"').and_then(|n| n.strip_suffix('"'));
        let name = quoted.map_or_else(|| Some(name.to_owned()), unescaped).ok_or(AddressError::Shape)?;
        if name.chars().any(char::is_control) || quoted.is_none() && name.contains(['@', '<', '>']) {
            return Err(AddressError::Shape);
        }
        Ok(Mailbox { name, address: Address::parse(address)? })
    }
}

/// The content of a quoted string without the backslashes of its quoted pairs (RFC 5322 §3.2.4); `None` if it ends
/// within a pair.
fn unescaped(quoted: &str) -> Option<String> {
    let mut chars = quoted.chars();
    let mut text = String::with_capacity(quoted.len());
    while let Some(c) = chars.next() {
        text.push(if c == '\\' { chars.next()? } else { c });
    }
    Some(text)
}

impl From<Address> for Mailbox {
    fn from(address: Address) -> Self {
        Mailbox { name: String::new(), address }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_quotes_holds_no_second_address() {
        for two in ["A <a@x.org>, B <b@x.org>", "kim@example.org, B <b@x.org>", "a@b.c <d@e.f>"] {
            assert_eq!(two.parse::<Mailbox>(), Err(AddressError::Shape), "{two}");
        }
        for one in ["\"kim@home\" <b@x.org>", "Kim, Lee <b@x.org>"] {
            assert!(one.parse::<Mailbox>().is_ok(), "{one}");
        }
    }

    #[test]
    fn ordinary_and_international_addresses_are_parsed() {
        for (typed, sent) in [
            ("  a.b+tag@Example.COM ", "a.b+tag@example.com"),
            ("o'neil@sub.example.org", "o'neil@sub.example.org"),
            ("kim@한국.한국", "kim@xn--3e0b707e.xn--3e0b707e"),
            ("길동@example.com", "길동@example.com"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(Address::parse(typed).unwrap().to_string(), sent, "{typed}");
        }
    }

    #[test]
    fn malformed_addresses_are_rejected() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long = format!("{}@{}.com", "a".repeat(60), "b.".repeat(120));
        let huge = "x".repeat(1_000_000);
        for bad in [
            "",
            "a",
            "a@",
            "@b.c",
            "a b@c.d",
            "a@b@c.d",
            "a@-b.com",
            "a@b-.com",
            "a@b..c",
            ".a@b.c",
            "a.@b.c",
            "a..b@c.d",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "\"a b\"@c.d",
            "a@b.c\r\nBcc: x@y.z",
            "a\0@b.c",
            "a,b@c.d",
            "<a@b.c>",
            "a@b.c,d@e.f",
            "a\u{202e}b@c.d",
            "a@b_c.d",
            &long_local,
            &long,
            &huge,
        ] {
            assert!(Address::parse(bad).is_err(), "{bad:.40}");
        }
    }

    #[test]
    fn spellings_of_one_mailbox_have_one_canonical_form() {
        let key = |text| Address::parse(text).unwrap().canonical();
        assert_eq!(key("USER@Example.COM"), key("user@example.com"));
        assert_ne!(key("u.ser@example.com"), key("user@example.com"));
        assert_ne!(key("user+a@example.com"), key("user@example.com"));
    }

    #[test]
    fn a_mailbox_is_a_name_and_an_address() {
        let parse = |text: &str| text.parse::<Mailbox>().map(|m| (m.name, m.address.to_string()));
        assert_eq!(parse("Gatepost <no-reply@localhost>").unwrap(), ("Gatepost".into(), "no-reply@localhost".into()));
        assert_eq!(parse("\"A, B\" <a@b.c>").unwrap(), ("A, B".into(), "a@b.c".into()));
        assert_eq!(parse("a@b.c").unwrap(), (String::new(), "a@b.c".into()));
        assert_eq!(parse(r#""Kim \"K\" \\ Lee" <a@b.c>"#).unwrap().0, r#"Kim "K" \ Lee"#);
        assert!(parse(r#""A\" <a@b.c>"#).is_err());
        assert!(parse("A\nB <a@b.c>").is_err());
        assert!(parse("a@b.c>").is_err());
    }
}
