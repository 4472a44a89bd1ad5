//! A lenient parser for style sheets and style attributes. It collects rules and declarations; it does not apply the
//! cascade.

/// The contents of a style sheet.
#[derive(Debug, Default, PartialEq)]
pub struct Stylesheet {
    /// Preludes of at-rules without the `@`: `media (hover)`, `font-face`, `import url(x)`.
    pub at_rules: Vec<String>,
    pub rules: Vec<CssRule>,
}

#[derive(Debug, Default, PartialEq)]
pub struct CssRule {
    pub selector: String,
    pub declarations: Vec<Declaration>,
}

/// A declaration. Property and value are trimmed and in lower case.
#[derive(Debug, PartialEq)]
pub struct Declaration {
    pub property: String,
    pub value: String,
}

/// Rules, at-rules and declarations past this many are ignored.
const MAX_ITEMS: usize = 20_000;

/// Parses a style sheet. Malformed input is read to its end too.
pub fn parse_stylesheet(css: &str) -> Stylesheet {
    let css = without_comments(css);
    let mut reader = Reader::default();
    let mut from = 0;
    let mut quote = None;
    for (at, byte) in css.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open || byte == b'\n' => quote = None,
            (Some(_), _) => continue,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{' | b'}' | b';') => {
                reader.read_item(css[from..at].trim(), byte);
                from = at + 1;
            }
            _ => {}
        }
    }
    reader.read_item(css[from..].trim(), b'}');
    reader.stylesheet.rules.append(&mut reader.open);
    reader.stylesheet
}

/// Parses the value of a style attribute.
pub fn declarations(css: &str) -> Vec<Declaration> {
    let css = without_comments(css);
    css.split(';').take(MAX_ITEMS).filter_map(declaration).collect()
}

#[derive(Default)]
struct Reader {
    stylesheet: Stylesheet,
    /// The rules whose braces are open, innermost last.
    open: Vec<CssRule>,
    /// For each open brace, true if a rule opened it and false if an at-rule did.
    braces: Vec<bool>,
    items: usize,
}

impl Reader {
    /// Reads the item `text`, which ends before `sign`.
    fn read_item(&mut self, text: &str, sign: u8) {
        self.items += 1;
        if self.items > MAX_ITEMS {
            return;
        }
        if let Some(prelude) = text.strip_prefix('@') {
            self.stylesheet.at_rules.push(prelude.to_ascii_lowercase());
        }
        if sign == b'{' {
            let rule = !text.starts_with('@');
            if rule {
                self.open.push(CssRule { selector: text.to_owned(), declarations: Vec::new() });
            }
            self.braces.push(rule);
            return;
        }
        if let (Some(rule), Some(declaration)) = (self.open.last_mut(), declaration(text)) {
            rule.declarations.push(declaration);
        }
        if sign == b'}' && self.braces.pop() == Some(true) {
            self.stylesheet.rules.extend(self.open.pop());
        }
    }
}

fn declaration(text: &str) -> Option<Declaration> {
    let (property, value) = text.split_once(':')?;
    let property = property.trim().to_ascii_lowercase();
    let is_name = !property.is_empty() && property.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    is_name.then(|| Declaration { property, value: value.trim().to_ascii_lowercase() })
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("/*") {
        out.push_str(&rest[..start]);
        out.push(' ');
        rest = rest[start + 2..].find("*/").map_or("", |end| &rest[start + 2 + end + 2..]);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(css: &str) -> String {
        let stylesheet = parse_stylesheet(css);
        let rules = stylesheet.rules.iter().map(|rule| {
            let of: Vec<String> = rule.declarations.iter().map(|d| format!("{}={}", d.property, d.value)).collect();
            format!("{}[{}]", rule.selector, of.join(","))
        });
        format!("@{:?} {}", stylesheet.at_rules, rules.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn rules_are_read_with_their_declarations_inside_at_rules_too() {
        assert_eq!(
            shown("@import url(x); .a, p { Color: RED; margin:0 }/* c */@media (hover) { a:hover { top: 1px } }"),
            "@[\"import url(x)\", \"media (hover)\"] .a, p[color=red,margin=0] a:hover[top=1px]"
        );
        assert_eq!(shown("a { b: url(\";}\"); c: d"), "@[] a[b=url(\";}\"),c=d]");
        assert_eq!(shown(".p { color: red; .c { top: 0 } }"), "@[] .c[top=0] .p[color=red]");
    }

    #[test]
    fn malformed_style_sheets_are_read_to_their_end() {
        for css in ["{", "}", "}}}}", "@", "@{", "/*", "a{b", "a{:}", "'", "a{\u{e9}:\u{e9}}", ";;;"] {
            let _ = parse_stylesheet(css);
            let _ = parse_stylesheet(&css.repeat(1000));
        }
        assert!(parse_stylesheet(&"a{b:c}".repeat(MAX_ITEMS)).rules.len() <= MAX_ITEMS);
    }

    #[test]
    fn a_style_attribute_is_a_list_of_declarations() {
        let read = declarations("color:red; Display : Flex;;junk");
        assert_eq!(read.len(), 2);
        assert_eq!((read[1].property.as_str(), read[1].value.as_str()), ("display", "flex"));
    }
}
