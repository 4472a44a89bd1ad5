//! Checks `theme.css`: values for the colour tokens of `static/app.css`, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::SiteProblem;

const FILE: &str = "theme.css";
const STYLESHEET: &str = include_str!("../../static/app.css");
/// The functions that a colour may use.
const FUNCTIONS: [&str; 12] =
    ["rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "color-mix", "light-dark"];

/// Reads the stylesheet: `:root { --token: colour; }`, also inside `@media (prefers-color-scheme: dark)`. Returns the
/// colours that count in the light scheme.
///
/// # Errors
/// The first thing that is not a colour of a token.
pub(super) fn read(css: &str) -> Result<BTreeMap<String, String>, SiteProblem> {
    let css = without_comments(css);
    let mut reader = ThemeReader { css: &css, at: 0, colours: BTreeMap::new() };
    reader.rules()?;
    Ok(reader.colours)
}

/// The names of the tokens that are colours, without `--`.
fn tokens() -> BTreeSet<&'static str> {
    let lines = STYLESHEET.lines().filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
    lines.map(|(name, _)| name).collect()
}

/// Comments become spaces, so that lines keep their numbers.
fn without_comments(css: &str) -> String {
    let mut text = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        let (inside, after) = comment.split_once("*/").unwrap_or((comment, ""));
        text.push_str(before);
        text.extend(inside.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = after;
    }
    text.push_str(rest);
    text
}

struct ThemeReader<'a> {
    css: &'a str,
    at: usize,
    colours: BTreeMap<String, String>,
}

impl<'a> ThemeReader<'a> {
    fn rest(&self) -> &'a str {
        self.css.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn problem(&self, reason: String) -> SiteProblem {
        let line = self.css.get(..self.at).unwrap_or(self.css).matches('\n').count() + 1;
        SiteProblem::new(FILE, Some(line), reason)
    }

    /// Everything up to `end`, which is skipped.
    fn until(&mut self, end: char) -> Result<&'a str, SiteProblem> {
        self.skip_space();
        let Some((text, _)) = self.rest().split_once(end) else { return Err(self.problem(format!("missing {end}"))) };
        self.at += text.len() + end.len_utf8();
        Ok(text.trim())
    }

    fn rules(&mut self) -> Result<(), SiteProblem> {
        self.skip_space();
        while !self.rest().is_empty() {
            let start = self.at;
            let head: Vec<&str> = self.until('{')?.split_whitespace().collect();
            match head.join(" ").as_str() {
                ":root" => self.declarations(true)?,
                media @ ("@media (prefers-color-scheme: dark)" | "@media (prefers-color-scheme: light)") => {
                    self.media(media.contains("light"))?;
                }
                _ => {
                    self.at = start;
                    let expected = ":root { … } or @media (prefers-color-scheme: dark) { :root { … } }";
                    return Err(self.problem(format!("expected {expected}")));
                }
            }
            self.skip_space();
        }
        Ok(())
    }

    fn media(&mut self, is_light: bool) -> Result<(), SiteProblem> {
        self.skip_space();
        while !self.rest().starts_with('}') {
            if self.until('{')? != ":root" {
                return Err(self.problem("expected :root { … }".to_owned()));
            }
            self.declarations(is_light)?;
            self.skip_space();
        }
        self.at += 1;
        Ok(())
    }

    fn declarations(&mut self, is_light: bool) -> Result<(), SiteProblem> {
        let tokens = tokens();
        loop {
            self.skip_space();
            if let Some(rest) = self.rest().strip_prefix('}') {
                self.at = self.css.len() - rest.len();
                return Ok(());
            }
            let end = self.rest().find([';', '}']).ok_or_else(|| self.problem("missing }".to_owned()))?;
            let declaration = self.rest().get(..end).unwrap_or_default();
            let (name, value) = declaration.split_once(':').unwrap_or((declaration, ""));
            let (name, value) = (name.trim(), value.trim());
            let token = name.strip_prefix("--").filter(|name| tokens.contains(name)).ok_or_else(|| {
                let known: Vec<_> = tokens.iter().map(|name| format!("--{name}")).collect();
                self.problem(format!("{name:?} is not a colour token; there are {}", known.join(", ")))
            })?;
            if !is_colour(value) {
                return Err(self.problem(format!("{value:?} is not a colour")));
            }
            if is_light {
                self.colours.insert(token.to_owned(), value.to_owned());
            }
            self.at += end + usize::from(self.rest().get(end..).is_some_and(|rest| rest.starts_with(';')));
        }
    }
}

/// True for `#rrggbb` and the like, a named colour, or one of [`FUNCTIONS`]: nothing that loads a file.
fn is_colour(value: &str) -> bool {
    if let Some(digits) = value.strip_prefix('#') {
        return [3, 4, 6, 8].contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || " #(),.%/+-\n".contains(c);
    let called = value.match_indices('(').map(|(at, _)| {
        let before = value.get(..at).unwrap_or_default();
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '-').map_or(0, |at| at + 1);
        before.get(start..).unwrap_or_default().to_ascii_lowercase()
    });
    let mut called = called.peekable();
    let is_word = value.chars().all(|c| c.is_ascii_alphabetic());
    let is_shaped = !value.is_empty() && value.chars().all(allowed) && (is_word || called.peek().is_some());
    is_shaped && called.all(|name| FUNCTIONS.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_the_tokens_are_read_for_both_schemes() {
        let css = "/* ours\n */\n:root { --accent: #123456; --link: rgb(1 2 3 / 50%); --ink:black }\n\
                   @media (prefers-color-scheme: dark) {\n  :root { --accent: oklch(70% 0.1 200); }\n}\n";
        let colours = read(css).unwrap();
        let found: Vec<_> = colours.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, ["accent=#123456", "ink=black", "link=rgb(1 2 3 / 50%)"]);
        assert_eq!(read(" \n").unwrap(), BTreeMap::new());
    }

    #[test]
    fn anything_else_is_refused_with_its_line() {
        for (css, line, reason) in [
            (":root { --accent: #123456; }\nbody { color: red }", 2, "expected :root"),
            ("@import url(https://example.com/x.css);\n:root{}", 1, "expected :root"),
            (":root {\n  --acent: #123456;\n}", 2, "not a colour token"),
            (":root {\n\n  color: red;\n}", 3, "not a colour token"),
            (":root { --accent: url(https://example.com/) }", 1, "not a colour"),
            (":root { --accent: URL(x) }", 1, "not a colour"),
            (":root { --accent: var(--x) }", 1, "not a colour"),
            (":root { --accent: #12345 }", 1, "not a colour"),
            (":root { --accent: ; }", 1, "not a colour"),
            (":root { --accent: red\\3b }", 1, "not a colour"),
            (":root {\n --accent: #123456;", 2, "missing }"),
            ("@media print {\n :root { --accent: #123456; } }", 1, "expected :root"),
            ("@media (prefers-color-scheme: dark) {\n body { --accent: #123456; } }", 2, "expected :root"),
        ] {
            let problem = read(css).unwrap_err();
            assert_eq!(problem.line, Some(line), "{css}: {problem}");
            assert!(problem.reason.contains(reason), "{css}: {problem}");
        }
    }
}
