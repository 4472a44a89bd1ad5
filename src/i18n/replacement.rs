//! Texts that the operator replaces, for the whole process: the source is Fluent, and each key is a built-in one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use fluent_bundle::{FluentArgs, FluentError, FluentResource};

use super::built_in::{Bundle, load, sources};
use super::locale::Locale;

/// The replaced texts by language, in the order of [`Locale::ALL`].
static REPLACED: [RwLock<Option<Arc<LocaleTexts>>>; Locale::ALL.len()] =
    [const { RwLock::new(None) }; Locale::ALL.len()];
/// True once a text was replaced. Most sites replace none and need no lock for a text.
static ANY_REPLACED: AtomicBool = AtomicBool::new(false);

/// All texts of one language, with those of the operator in place of the built-in ones.
pub struct LocaleTexts {
    pub(super) bundle: Bundle,
    /// The value of `$site`, which every replaced text may use.
    pub(super) site_name: String,
}

impl fmt::Debug for LocaleTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocaleTexts").field("site_name", &self.site_name).finish_non_exhaustive()
    }
}

/// Why a text cannot replace a built-in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextProblem {
    /// From 1.
    pub line: usize,
    pub reason: String,
}

impl Locale {
    /// The texts of this language with those of `source`, in Fluent's syntax, in place of the built-in ones.
    ///
    /// # Errors
    /// Every syntax error, every key that is not built in, every variable that its text does not have, and every reference
    /// to a text, term or function that does not exist.
    pub fn replace_texts(self, source: &str, site_name: &str) -> Result<LocaleTexts, Vec<TextProblem>> {
        let line = |at: usize| source.get(..at).unwrap_or(source).matches('\n').count() + 1;
        let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| {
            let problem = |at, reason: String| TextProblem { line: line(at), reason };
            errors.into_iter().map(|e| problem(e.pos.start, e.kind.to_string())).collect::<Vec<_>>()
        })?;
        let mut bundle = load(self);
        bundle.add_resource_overriding(resource);
        let problems = problems(self, source, &bundle);
        if problems.is_empty() { Ok(LocaleTexts { bundle, site_name: site_name.to_owned() }) } else { Err(problems) }
    }

    /// Uses `texts` in this process from now on; `None`: the built-in ones.
    pub fn use_texts(self, texts: Option<Arc<LocaleTexts>>) {
        let replaced = texts.is_some();
        *slot(self).write().unwrap_or_else(PoisonError::into_inner) = texts;
        if replaced {
            ANY_REPLACED.store(true, Ordering::Release);
        }
    }
}

/// The replaced texts of a language; `None` if there are none.
pub(super) fn current(locale: Locale) -> Option<Arc<LocaleTexts>> {
    if !ANY_REPLACED.load(Ordering::Acquire) {
        return None;
    }
    slot(locale).read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn slot(locale: Locale) -> &'static RwLock<Option<Arc<LocaleTexts>>> {
    let [en, ko] = &REPLACED;
    match locale {
        Locale::En => en,
        Locale::Ko => ko,
    }
}

fn problems(locale: Locale, source: &str, bundle: &Bundle) -> Vec<TextProblem> {
    let mut known = BTreeMap::new();
    sources(locale).for_each(|(_, source)| known.extend(texts(&source).map(|text| (text.key, text.variables))));
    let problem = |text: &SourceText| -> Option<String> {
        let key = &text.key;
        let Some(variables) = known.get(key) else {
            let near = known.keys().min_by_key(|known| strsim::osa_distance(known, key));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Some(format!("unknown text {key}{near}"));
        };
        if bundle.get_message(key).is_none_or(|message| message.value().is_none()) {
            return Some(format!("{key} has no text"));
        }
        let Some(unknown) = text.variables.iter().find(|name| *name != "site" && !variables.contains(*name)) else {
            return unresolved(bundle, text);
        };
        let mut names: Vec<_> = variables.iter().map(|name| format!("${name}")).collect();
        names.retain(|name| name != "$site");
        names.push("$site".to_owned());
        Some(format!("unknown variable ${unknown} in {key}; it has {}", names.join(", ")))
    };
    texts(source).filter_map(|text| Some(TextProblem { line: text.line, reason: problem(&text)? })).collect()
}

/// Why a text cannot be shown although its variables have values: it refers to something that does not exist, or to
/// itself. Of a text with variants, the one for other values is looked at.
fn unresolved(bundle: &Bundle, text: &SourceText) -> Option<String> {
    let mut values = FluentArgs::new();
    text.variables.iter().for_each(|name| values.set(name.as_str(), "x"));
    let mut errors = Vec::new();
    let pattern = bundle.get_message(&text.key)?.value()?;
    bundle.format_pattern(pattern, Some(&values), &mut errors);
    errors.into_iter().find_map(|error| match error {
        FluentError::ResolverError(error) => Some(format!("{}: {error}", text.key)),
        _ => None,
    })
}

/// One text in a Fluent source.
struct SourceText {
    key: String,
    line: usize,
    variables: BTreeSet<String>,
}

/// The texts of a well-formed Fluent source. A key stands at the beginning of its line; every other line belongs to
/// the text before it.
fn texts(source: &str) -> impl Iterator<Item = SourceText> {
    let mut texts: Vec<SourceText> = Vec::new();
    let mut in_text = false;
    for (number, line) in source.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-') {
            // A line that starts with `-` is a term, which only other texts use.
            in_text = !line.starts_with('-');
            let key = line.split(['=', ' ']).next().unwrap_or_default().to_owned();
            texts.extend(in_text.then(|| SourceText { key, line: number + 1, variables: BTreeSet::new() }));
        }
        if let Some(text) = texts.last_mut().filter(|_| in_text) {
            text.variables.extend(variables(line));
        }
    }
    texts.into_iter()
}

fn variables(line: &str) -> impl Iterator<Item = String> {
    let ends = |c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_';
    let name = move |(at, _): (usize, &str)| line.get(at + 1..).and_then(|rest| rest.split(ends).next());
    line.match_indices('$').filter_map(name).filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(source: &str) -> Vec<(usize, String)> {
        let problems = Locale::En.replace_texts(source, "Forum").err().unwrap_or_default();
        problems.into_iter().map(|problem| (problem.line, problem.reason)).collect()
    }

    #[test]
    fn a_replaced_text_may_use_its_own_variables_and_the_site_and_terms() {
        let source = "-brand = Forum\nemail-link-lifetime = { -brand } at { $site }: { $span }\n    or less\n";
        let texts = Locale::En.replace_texts(source, "Forum").unwrap();
        let message = texts.bundle.get_message("email-greeting").and_then(|m| m.value());
        assert!(message.is_some(), "the other texts stay");
        assert_eq!(reasons(source), []);
    }

    #[test]
    fn each_problem_names_its_line() {
        for (source, line, reason) in [
            ("# words\nemail-greting = Hi\n", 2, "unknown text email-greting; did you mean email-greeting?"),
            ("email-greeting = Hi { $name }\n", 1, "unknown variable $name in email-greeting; it has $site"),
            ("email-greeting =\n    .title = Hi\n", 1, "email-greeting has no text"),
            ("\nemail-greeting = Hi { email-nope }\n", 2, "email-greeting: Unknown message: email-nope"),
            ("email-greeting = Hi { -brand }\n", 1, "email-greeting: Unknown term: -brand"),
            ("email-greeting = Hi { FOO($site) }\n", 1, "email-greeting: Unknown function: FOO()"),
            ("email-greeting = { email-greeting } x\n", 1, "email-greeting: Cyclical dependency detected"),
        ] {
            assert_eq!(reasons(source), [(line, reason.to_owned())]);
        }
        let broken = reasons("email-greeting = Hi\nemail-sign = { $site\n");
        assert_eq!(broken.first().map(|(line, _)| *line), Some(3), "{broken:?}");
    }
}
