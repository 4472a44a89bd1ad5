//! Checks the syntax of a DKIM-Signature (RFC 6376 §3.5). It does not verify the signature, which needs the signer's
//! key.

use super::finding::{Code, LintFinding};

/// The findings for one DKIM-Signature of a message from `from_domain`.
pub fn check(value: &str, from_domain: &str) -> Vec<LintFinding> {
    let mut tags = Vec::new();
    for pair in value.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return vec![syntax(format!("“{pair}” is not a tag"))];
        };
        let name = name.trim();
        if tags.iter().any(|(known, _)| *known == name) {
            return vec![syntax(format!("{name}= occurs twice"))];
        }
        tags.push((name, value.split_whitespace().collect::<String>()));
    }
    let tag = |name: &str| tags.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    let mut findings = Vec::new();
    for name in ["v", "a", "b", "bh", "d", "h", "s"] {
        if tag(name).is_none_or(str::is_empty) {
            findings.push(syntax(format!("{name}= is missing")));
        }
    }
    if tag("v").is_some_and(|version| version != "1") {
        findings.push(syntax("v= is not 1"));
    }
    if tag("a").is_some_and(|algorithm| !["rsa-sha256", "ed25519-sha256"].contains(&algorithm)) {
        findings.push(syntax("a= is neither rsa-sha256 nor ed25519-sha256"));
    }
    if tag("h").is_some_and(|headers| !headers.split(':').any(|name| name.eq_ignore_ascii_case("from"))) {
        findings.push(syntax("h= does not sign From"));
    }
    let base64 = |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    for name in ["b", "bh"] {
        if tag(name).is_some_and(|value| !base64(value)) {
            findings.push(syntax(format!("{name}= is not base64")));
        }
    }
    if let Some(domain) = tag("d").filter(|domain| !aligned(domain, from_domain)) {
        findings.push(LintFinding::new(Code::DkimAlignment, domain));
    }
    findings
}

fn syntax(detail: impl Into<String>) -> LintFinding {
    LintFinding::new(Code::DkimSyntax, detail)
}

/// True if the domains are aligned in relaxed mode (RFC 7489 §3.1.1): equal, or one below the other. Public suffixes
/// are not considered.
fn aligned(signer: &str, from: &str) -> bool {
    let (signer, from) = (signer.to_ascii_lowercase(), from.to_ascii_lowercase());
    let under = |inner: &str, outer: &str| inner == outer || inner.ends_with(&format!(".{outer}"));
    from.is_empty() || under(&from, &signer) || under(&signer, &from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(value: &str) -> Vec<String> {
        check(value, "example.com").into_iter().map(|f| format!("{}: {}", f.code.name(), f.detail)).collect()
    }

    #[test]
    fn a_valid_signature_has_no_findings() {
        let value = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.example.com; s=2026; h=From:To:Subject; \
                     bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AuUo EyIr\t=";
        assert_eq!(codes(value), Vec::<String>::new());
    }

    #[test]
    fn each_fault_has_its_finding() {
        let rest = "a=rsa-sha256; d=example.com; s=x; h=from; bh=a; b=a";
        for (value, expected) in [
            (rest.to_owned(), "dkim-syntax: v= is missing"),
            (format!("v=1; v=1; {rest}"), "dkim-syntax: v= occurs twice"),
            (format!("v=1; {}", rest.replace("rsa-sha256", "rsa-sha1")), "dkim-syntax: a= is neither rsa-sha256"),
            (format!("v=1; {}", rest.replace("h=from", "h=to")), "dkim-syntax: h= does not sign From"),
            (format!("v=1; {}", rest.replace("b=a", "b=<")), "dkim-syntax: b= is not base64"),
            (format!("v=1; {}", rest.replace("d=example.com", "d=ample.com")), "dkim-alignment: ample.com"),
            ("nonsense".to_owned(), "dkim-syntax: “nonsense” is not a tag"),
        ] {
            assert!(codes(&value).iter().any(|found| found.starts_with(expected)), "{value}: {:?}", codes(&value));
        }
    }
}
