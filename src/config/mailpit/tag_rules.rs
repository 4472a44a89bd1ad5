//! Parses Mailpit's rules of tags: `name=search` of `--tag`, and the YAML file of `--tags-config`.

use jiff::tz::TimeZone;

use crate::inbox::{MAX_TAG_RULES, Query, clean_tag};

/// Why the rules are invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TagRuleError {
    #[error("expected name=search, such as Red=subject:order or \"Big one\"=larger:5M: {0:?}")]
    Form(String),
    #[error("{0:?} has no character of a tag")]
    Name(String),
    #[error("the search {search:?} is not understood: {terms}")]
    Search { search: String, terms: String },
    #[error("more than {MAX_TAG_RULES} rules")]
    TooMany,
    #[error("line {0}: expected `filters:` with items of `match: SEARCH` and `tags: NAME, NAME`")]
    Yaml(usize),
}

/// A tag and its search.
pub(super) type TagRule = (String, Query);

/// Rules such as `Red=subject:order "Big one"="larger:5M has:attachment"`.
pub(super) fn from_text(text: &str) -> Result<Vec<TagRule>, TagRuleError> {
    let mut rules = Vec::new();
    for word in words(text) {
        let (name, search) = word.split_once('=').ok_or_else(|| TagRuleError::Form(word.clone()))?;
        if search.trim().is_empty() {
            return Err(TagRuleError::Form(word.clone()));
        }
        add(&mut rules, unquoted(name), unquoted(search))?;
    }
    Ok(rules)
}

/// The rules of a YAML file: the part of YAML that Mailpit's documents show.
///
/// ```yaml
/// filters:
///   - match: "addressed:@example.com"
///     tags: "Example, External"
/// ```
pub(super) fn from_yaml(text: &str) -> Result<Vec<TagRule>, TagRuleError> {
    let (mut rules, mut in_filters) = (Vec::new(), false);
    let mut item: (Option<String>, Option<String>) = (None, None);
    let mut number = 0;
    for line in text.trim_start_matches('\u{feff}').lines() {
        number += 1;
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') || content == "---" {
            continue;
        }
        if !in_filters {
            in_filters = content == "filters:";
            if in_filters { continue } else { return Err(TagRuleError::Yaml(number)) }
        }
        let is_new = content == "-" || content.starts_with("- ");
        if is_new {
            take(&mut rules, &mut item, number)?;
        }
        let pair = content.strip_prefix('-').unwrap_or(content).trim_start();
        match pair.split_once(':').map(|(key, value)| (key.trim(), scalar(value))) {
            Some(("match", Some(value))) if item.0.is_none() => item.0 = Some(value),
            Some(("tags", Some(value))) if item.1.is_none() => item.1 = Some(value),
            None if is_new && pair.is_empty() => {}
            _ => return Err(TagRuleError::Yaml(number)),
        }
    }
    take(&mut rules, &mut item, number)?;
    Ok(rules)
}

/// Adds the rules of an item, if there is one.
fn take(
    rules: &mut Vec<TagRule>,
    item: &mut (Option<String>, Option<String>),
    line: usize,
) -> Result<(), TagRuleError> {
    match (item.0.take(), item.1.take()) {
        (None, None) => Ok(()),
        (Some(search), Some(names)) => names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .try_for_each(|name| add(rules, name, &search)),
        _ => Err(TagRuleError::Yaml(line)),
    }
}

fn add(rules: &mut Vec<TagRule>, name: &str, search: &str) -> Result<(), TagRuleError> {
    let tag = clean_tag(name).ok_or_else(|| TagRuleError::Name(name.to_owned()))?;
    let query = Query::parse(search, &TimeZone::system()).ok_or_else(|| TagRuleError::Form(search.to_owned()))?;
    // A term that is ignored would let the rule match more than it says.
    if !query.ignored_terms().is_empty() {
        let terms = query.ignored_terms().join(" ");
        return Err(TagRuleError::Search { search: search.to_owned(), terms });
    }
    if rules.len() >= MAX_TAG_RULES {
        return Err(TagRuleError::TooMany);
    }
    rules.push((tag, query));
    Ok(())
}

/// Splits at blanks outside quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        match words.last_mut() {
            Some(word) if quoted || !c.is_whitespace() => word.push(c),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The text inside a pair of quotes around all of it.
fn unquoted(text: &str) -> &str {
    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inside.filter(|inside| !inside.contains('"')).unwrap_or(text)
}

/// A YAML scalar on one line: plain, or in quotes. A comment may follow.
fn scalar(text: &str) -> Option<String> {
    let text = text.trim();
    let quote = text.chars().next().filter(|c| ['"', '\''].contains(c));
    let Some(quote) = quote else {
        let plain = text.split(" #").next().unwrap_or_default().trim();
        return Some(plain.to_owned())
            .filter(|plain| !plain.is_empty() && !plain.starts_with(['[', '{', '&', '|', '>', '*']));
    };
    let (inside, rest) = text.get(1..)?.rsplit_once(quote)?;
    let rest = rest.trim_start();
    let inside =
        if quote == '"' { inside.replace("\\\"", "\"").replace("\\\\", "\\") } else { inside.replace("''", "'") };
    (rest.is_empty() || rest.starts_with('#')).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rules: &[TagRule]) -> Vec<&str> {
        rules.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[test]
    fn rules_are_words_with_quotes_where_a_blank_is_meant() {
        let rules = from_text(r#"Red=subject:order "Big one"="larger:5M has:attachment" a=from:"Kim Lee""#).unwrap();
        assert_eq!(names(&rules), ["Red", "Big one", "a"]);
        let parsed = |text: &str| Query::parse(text, &TimeZone::system()).unwrap();
        assert_eq!(rules[1].1, parsed("larger:5M has:attachment"));
        assert_eq!(rules[2].1, parsed("from:\"Kim Lee\""));
        for bad in ["Red", "=x", "Red=", "!!=x", "Red=larger:huge"] {
            assert!(from_text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_yaml_of_mailpits_documents_is_read() {
        let yaml = "# tags\nfilters:\n  - match: \"addressed:qa@\" # all\n    tags: QA, Internal\n\n  - tags: 'It''s'\n    match: subject:'x'\n  -\n    match: is:tagged\n    tags: T\n";
        assert_eq!(names(&from_yaml(yaml).unwrap()), ["QA", "Internal", "It s", "T"]);
        assert_eq!(from_yaml("filters:\n"), Ok(Vec::new()));
        for (bad, line) in [
            ("rules:\n", 1),
            ("filters:\n - match: x\n", 2),
            ("filters:\n - match: x\n   match: y\n", 3),
            ("filters:\n - match: x\n   tags: [a, b]\n", 3),
            ("filters:\n - match: \"x\n   tags: a\n", 2),
        ] {
            assert_eq!(from_yaml(bad), Err(TagRuleError::Yaml(line)), "{bad}");
        }
    }

    #[test]
    fn the_number_of_rules_is_limited() {
        let rules = |count: usize| from_text(&"a=b ".repeat(count));
        assert_eq!(rules(MAX_TAG_RULES).map(|rules| rules.len()), Ok(MAX_TAG_RULES));
        assert_eq!(rules(MAX_TAG_RULES + 1), Err(TagRuleError::TooMany));
    }
}
