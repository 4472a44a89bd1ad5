//! minijinja with the limits of a template that nobody has reviewed: values are escaped, undefined names are errors, and
//! work is bounded.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::sync::Arc;

use minijinja::value::{Kwargs, StringInput};
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter};

use super::files::SiteFiles;
use super::problem::SiteProblem;

/// Steps of one rendering: an instruction, or 64 bytes. It bounds the output to about 3 MB.
const FUEL: u64 = 50_000;
/// An include counts 10, a macro 4.
const MAX_RECURSION: usize = 160;
/// Largest output, in bytes.
const MAX_OUTPUT: usize = 1024 * 1024;

/// All templates, once for HTML and once for plain text. The kind of the email's part decides what is escaped, not the
/// included file: a value that an included `.txt` prints into HTML is escaped too.
#[derive(Debug, Default)]
pub(super) struct Engine {
    html: Environment<'static>,
    text: Environment<'static>,
}

impl Engine {
    /// # Errors
    /// Every template with a syntax error.
    pub(super) fn new(files: &SiteFiles) -> Result<Self, Vec<SiteProblem>> {
        let templates = || files.iter().filter(|(name, _)| name.starts_with("emails/") && !name.ends_with(".json"));
        let names: Arc<BTreeSet<String>> = Arc::new(templates().map(|(name, _)| name.clone()).collect());
        let (mut html, mut text) = (environment(&names, AutoEscape::Html), environment(&names, AutoEscape::None));
        let mut problems = Vec::new();
        for (name, source) in templates() {
            if let Err(error) = html.add_template_owned(name.clone(), source.clone()) {
                problems.push(problem(name, &error));
            } else if let Err(error) = text.add_template_owned(name.clone(), source.clone()) {
                problems.push(problem(name, &error));
            }
        }
        if problems.is_empty() { Ok(Engine { html, text }) } else { Err(problems) }
    }

    /// Renders `file`; the values of a `.html` are escaped.
    ///
    /// # Errors
    /// The first fault, with its file and line.
    pub(super) fn render(&self, file: &str, values: &Value) -> Result<String, SiteProblem> {
        let environment = if file.ends_with(".html") { &self.html } else { &self.text };
        let rendered = environment.get_template(file).and_then(|template| template.render(values.clone()));
        let rendered = rendered.map_err(|error| problem(file, &error))?;
        if rendered.len() > MAX_OUTPUT {
            let size = rendered.len();
            return Err(SiteProblem::new(file, None, format!("prints {size} bytes, at most {MAX_OUTPUT} are allowed")));
        }
        Ok(rendered)
    }

    /// The names that are no variables, such as `range`.
    pub(super) fn globals(&self) -> impl Iterator<Item = &str> {
        self.text.globals().map(|(name, _)| name)
    }
}

fn environment(names: &Arc<BTreeSet<String>>, escape: AutoEscape) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.set_formatter(print);
    environment.add_filter("join", join);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(MAX_RECURSION);
    // Errors then name the variable.
    environment.set_debug(true);
    let names = names.clone();
    environment.set_path_join_callback(move |name, parent| Cow::Owned(resolve(&names, name, parent)));
    environment
}

/// The template that `name` means in `parent`: in the folder of `parent`, or in one above it, up to the site's folder.
/// A file does not mean itself, so that a language's own `body.html` can extend the general one.
fn resolve(names: &BTreeSet<String>, name: &str, parent: &str) -> String {
    let mut folder = parent;
    while let Some((above, _)) = folder.rsplit_once('/') {
        let candidate = format!("{above}/{name}");
        if candidate != parent && names.contains(&candidate) {
            return candidate;
        }
        folder = above;
    }
    name.to_owned()
}

/// The filter `join` for items of at most [`MAX_OUTPUT`] bytes in total. minijinja checks the size of the text only after
/// it has joined all items.
fn join(
    state: &mut State,
    list: &Value,
    joiner: Option<StringInput<'_>>,
    attribute: Option<&str>,
    options: Kwargs,
) -> Result<Value, minijinja::Error> {
    let path = attribute.or(options.get("attribute")?).unwrap_or_default();
    let mut size = 0;
    let mut items = Vec::new();
    for item in list.try_iter().into_iter().flatten() {
        let keys = path.split('.').filter(|key| !key.is_empty());
        let text = keys.fold(item.clone(), |value, key| value.get_attr(key).unwrap_or_default());
        size += text.as_str().map_or(0, str::len);
        if size > MAX_OUTPUT {
            return Err(ErrorKind::OutOfFuel.into());
        }
        items.push(item);
    }
    // Without items it may be no list, which the filter reports.
    let list = if items.is_empty() { list.clone() } else { Value::from(items) };
    minijinja::filters::join(state, &list, joiner, attribute, options)
}

/// Prints a value. Like minijinja's own formatter, but `/` stays: the source of a link remains readable.
fn print(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    let text = match (state.auto_escape(), value.as_str()) {
        (AutoEscape::Html, Some(text)) if !value.is_safe() => text,
        _ => return escape_formatter(out, state, value),
    };
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, tail) = rest.split_at(at);
        let escaped = match tail.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(b'>') => "&gt;",
            Some(b'"') => "&quot;",
            _ => "&#39;",
        };
        out.write_str(before)?;
        out.write_str(escaped)?;
        rest = tail.get(1..).unwrap_or_default();
    }
    Ok(out.write_str(rest)?)
}

/// What is wrong, with its file and line: an error in an included file is the source of the including one's.
fn problem(file: &str, error: &minijinja::Error) -> SiteProblem {
    let mut all = vec![error];
    let mut next = error.source();
    while let Some(source) = next {
        all.extend(source.downcast_ref::<minijinja::Error>());
        next = source.source();
    }
    let innermost = all.iter().skip(1).rfind(|error| error.line().is_some()).copied().unwrap_or(error);
    if let Some(problem) = round(&all) {
        return problem;
    }
    let detail = innermost.detail().unwrap_or_default();
    let place = innermost.name().unwrap_or(file);
    let reason = match innermost.kind() {
        ErrorKind::UndefinedError => format!("unknown variable: {}", expression(innermost).unwrap_or(detail)),
        ErrorKind::OutOfFuel => "does too much work, or makes too long a text or list".to_owned(),
        ErrorKind::TemplateNotFound if is_itself(place, detail) => "includes itself".to_owned(),
        ErrorKind::TemplateNotFound => format!("a file that is not in the folder: {detail}"),
        kind if detail.is_empty() => kind.to_string(),
        kind => format!("{kind}: {detail}"),
    };
    SiteProblem::new(place, innermost.line(), reason)
}

/// True if the name that was not found, which `detail` quotes, is that of the file itself: [`resolve`] passes it over.
fn is_itself(file: &str, detail: &str) -> bool {
    quoted(detail).is_some_and(|name| file == name || file.ends_with(&format!("/{name}")))
}

/// minijinja quotes names in both ways.
fn quoted(detail: &str) -> Option<&str> {
    detail.split(['"', '\'']).nth(1)
}

/// An include that comes back to the place where it stands.
fn round(all: &[&minijinja::Error]) -> Option<SiteProblem> {
    let includes: Vec<_> = all.iter().filter(|error| error.kind() == ErrorKind::BadInclude).collect();
    let is_same = |a: &minijinja::Error, b: &minijinja::Error| (a.name(), a.line()) == (b.name(), b.line());
    let repeated = |n: usize, one: &minijinja::Error| includes.iter().skip(n + 1).any(|other| is_same(one, other));
    let (_, first) = includes.iter().enumerate().find(|(n, one)| repeated(*n, one))?;
    let by = first.detail().and_then(quoted).unwrap_or("another file");
    Some(SiteProblem::new(first.name()?, first.line(), format!("includes itself by way of {by}")))
}

/// The source of the expression that failed.
fn expression(error: &minijinja::Error) -> Option<&str> {
    let source = error.template_source()?.get(error.range()?)?;
    Some(source.trim_matches(|c: char| c.is_whitespace() || c == '{' || c == '}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_in_the_folder_of_its_template_and_then_above() {
        let names: BTreeSet<String> =
            ["emails/a/ko/body.html", "emails/a/body.html", "emails/a/foot.html", "emails/layout.html"]
                .map(str::to_owned)
                .into();
        for (name, parent, expected) in [
            ("body.html", "emails/a/ko/body.html", "emails/a/body.html"),
            ("foot.html", "emails/a/ko/body.html", "emails/a/foot.html"),
            ("layout.html", "emails/a/ko/body.html", "emails/layout.html"),
            ("emails/layout.html", "emails/a/body.html", "emails/layout.html"),
            ("a/foot.html", "emails/layout.html", "emails/a/foot.html"),
            ("../layout.html", "emails/a/body.html", "../layout.html"),
            ("/etc/passwd", "emails/a/body.html", "/etc/passwd"),
        ] {
            assert_eq!(resolve(&names, name, parent), expected, "{name} in {parent}");
        }
    }
}
