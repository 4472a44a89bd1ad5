//! What the user gave: the flags of the command line, and the `MP_` variables of the environment. A flag takes
//! precedence over its variable, as in Mailpit.

use std::collections::BTreeMap;

use super::options::{
    self, MailpitOption, OptionKind, OptionSupport, RELAY_HOSTS, RELAY_PREFIXES, SENDMAIL_VARIABLES, by_flag, by_short,
    by_variable,
};

/// Why the command line is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailpitUsageError {
    #[error("unknown flag {flag}{hint}")]
    Unknown { flag: String, hint: String },
    #[error("{0} needs a value")]
    NoValue(String),
    #[error("{flag}: {value:?} is neither true nor false")]
    Switch { flag: String, value: String },
    #[error("unexpected argument {0:?}; `gatepost mailpit --help` lists flags and commands")]
    Argument(String),
}

/// The given options.
#[derive(Clone, Debug, Default)]
pub struct GivenOptions {
    /// By the option's variable.
    values: BTreeMap<&'static str, GivenValue>,
    /// One line for each option that has no effect, or is not known.
    pub notices: Vec<String>,
    pub help: bool,
}

/// A value and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
struct GivenValue {
    text: String,
    /// The flag or variable as it was written.
    origin: String,
}

/// True if a variable counts as not given. Blanks alone do too, except for logins, which would then be open to everybody.
pub(super) fn is_unset(name: &str, value: &str) -> bool {
    let names_logins = name.ends_with("_AUTH") || name.ends_with("_AUTH_FILE");
    value.is_empty() || !names_logins && value.trim().is_empty()
}

impl GivenOptions {
    /// Reads the variables, then the flags.
    ///
    /// # Errors
    /// A flag is unknown or lacks its value. An unknown variable is only a notice.
    pub fn read(
        arguments: impl IntoIterator<Item = String>,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, MailpitUsageError> {
        let mut given = GivenOptions::default();
        given.read_variables(variables);
        given.read_flags(arguments)?;
        given.name_unsupported();
        Ok(given)
    }

    /// The value of an option, by its variable, and its source. Empty values count as not given.
    pub fn text(&self, variable: &str) -> Option<(&str, &str)> {
        let value = self.values.get(variable)?;
        Some((value.text.as_str(), value.origin.as_str())).filter(|(text, _)| !text.is_empty())
    }

    /// True if a switch is on.
    pub fn switch(&self, variable: &str) -> bool {
        self.text(variable).is_some_and(|(text, _)| is_on(text))
    }

    /// True if the value comes from the command line.
    pub fn is_flag(&self, variable: &str) -> bool {
        self.values.get(variable).is_some_and(|value| value.origin.starts_with('-'))
    }

    fn read_variables(&mut self, variables: &BTreeMap<String, String>) {
        let mut relay = Vec::new();
        for (name, value) in variables.iter().filter(|(name, value)| name.starts_with("MP_") && !is_unset(name, value))
        {
            match by_variable(name) {
                // Mailpit's own name counts more than its former name.
                Some(option) if option.variable != name && variables.contains_key(option.variable) => {}
                Some(option) if value.trim().is_empty() => self.set(option, value, name.clone()),
                Some(option) => self.set(option, value.trim(), name.clone()),
                None if SENDMAIL_VARIABLES.contains(&name.as_str()) => {}
                None if RELAY_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => relay.push(name.clone()),
                None => {
                    self.notices.push(format!("{name} is not known{}", hint(name, &options::variables())));
                }
            }
        }
        if relay.iter().any(|name| RELAY_HOSTS.contains(&name.as_str())) {
            self.notices.push(format!("{}: {LATER}", relay.join(", ")));
        }
    }

    fn read_flags(&mut self, arguments: impl IntoIterator<Item = String>) -> Result<(), MailpitUsageError> {
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            if let Some(long) = argument.strip_prefix("--").filter(|long| !long.is_empty()) {
                self.long(long, &mut rest)?;
            } else if let Some(shorts) = argument.strip_prefix('-').filter(|shorts| !shorts.is_empty()) {
                self.shorts(shorts, &mut rest)?;
            } else {
                return Err(MailpitUsageError::Argument(argument));
            }
        }
        Ok(())
    }

    /// `--flag value`, `--flag=value` or `--switch`.
    fn long(&mut self, text: &str, rest: &mut impl Iterator<Item = String>) -> Result<(), MailpitUsageError> {
        let (name, attached) =
            text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
        let flag = format!("--{name}");
        match (by_flag(name), name) {
            (Some(option), _) => self.flag(option, flag, attached, rest),
            (None, "help") => {
                self.help = true;
                Ok(())
            }
            (None, _) => {
                let hint = hint(&flag, &options::flags());
                Err(MailpitUsageError::Unknown { flag, hint })
            }
        }
    }

    /// `-m 500`, `-m500`, `-m=500` or switches such as `-qv`.
    fn shorts(&mut self, text: &str, rest: &mut impl Iterator<Item = String>) -> Result<(), MailpitUsageError> {
        let mut flags = text.chars();
        while let Some(short) = flags.next() {
            let flag = format!("-{short}");
            if short == 'h' {
                self.help = true;
                continue;
            }
            let option =
                by_short(short).ok_or(MailpitUsageError::Unknown { flag: flag.clone(), hint: String::new() })?;
            let attached = flags.as_str();
            match option.kind {
                OptionKind::Switch if !attached.starts_with('=') => self.set(option, "true", flag),
                _ => {
                    let attached = Some(attached.strip_prefix('=').unwrap_or(attached).to_owned());
                    return self.flag(option, flag, attached.filter(|value| !value.is_empty()), rest);
                }
            }
        }
        Ok(())
    }

    fn flag(
        &mut self,
        option: &'static MailpitOption,
        flag: String,
        attached: Option<String>,
        rest: &mut impl Iterator<Item = String>,
    ) -> Result<(), MailpitUsageError> {
        let value = match (option.kind, attached) {
            (OptionKind::Switch, None) => "true".to_owned(),
            (OptionKind::Switch, Some(value)) if is_on(&value) => value,
            (OptionKind::Switch, Some(value)) if is_off(&value) => value,
            (OptionKind::Switch, Some(value)) => return Err(MailpitUsageError::Switch { flag, value }),
            (OptionKind::Text(_), Some(value)) => value,
            (OptionKind::Text(_), None) => rest.next().ok_or_else(|| MailpitUsageError::NoValue(flag.clone()))?,
        };
        self.set(option, &value, flag);
        Ok(())
    }

    fn set(&mut self, option: &'static MailpitOption, text: &str, origin: String) {
        self.values.insert(option.variable, GivenValue { text: text.to_owned(), origin });
    }

    /// One line for each given option without an effect.
    fn name_unsupported(&mut self) {
        for option in options::OPTIONS {
            let reason = match option.support {
                OptionSupport::Supported | OptionSupport::Accepted => continue,
                OptionSupport::Later => LATER,
                OptionSupport::Missing => MISSING,
            };
            let Some((text, origin)) = self.text(option.variable) else { continue };
            // Presets set these switches to `false`, and a relay to nowhere.
            let is_idle = option.kind == OptionKind::Switch && !is_on(text) || option.variable == "MP_SMTP_RELAY_ALL";
            if !is_idle || self.is_flag(option.variable) && is_on(text) {
                self.notices.push(format!("{origin} ({}): {reason}", option.meaning));
            }
        }
    }
}

/// Only the first bytes of an unknown name count, which bounds the work.
const MAX_NAME: usize = 80;

/// The known name that is nearest to `unknown`, as a question.
pub(super) fn hint(unknown: &str, known: &[String]) -> String {
    let unknown: String = unknown.chars().take(MAX_NAME).collect();
    let nearest = known.iter().min_by_key(|known| strsim::osa_distance(&unknown, known));
    nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

pub(super) const LATER: &str = "has no effect; it comes later";
pub(super) const MISSING: &str = "has no effect; Gatepost does not have it";

/// Mailpit's words for a switch that is on.
pub(super) fn is_on(text: &str) -> bool {
    ["1", "t", "true", "yes", "on"].contains(&text.trim().to_ascii_lowercase().as_str())
}

/// Mailpit's words for a switch that is off.
pub(super) fn is_off(text: &str) -> bool {
    ["0", "f", "false", "no", "off"].contains(&text.trim().to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str], variables: &[(&str, &str)]) -> Result<GivenOptions, MailpitUsageError> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        GivenOptions::read(line.iter().map(|word| (*word).to_owned()), &variables)
    }

    #[test]
    fn flags_are_read_in_every_form_and_win_over_variables() {
        for line in [&["--max", "7"][..], &["--max=7"], &["-m", "7"], &["-m7"], &["-m=7"], &["-qm7"]] {
            let given = read(line, &[("MP_MAX_MESSAGES", "9")]).unwrap();
            assert_eq!(given.text("MP_MAX_MESSAGES").map(|(text, _)| text), Some("7"), "{line:?}");
        }
        let given = read(&["-qv", "--db-file", "x.db", "--enable-chaos=false"], &[("MP_ENABLE_CHAOS", "on")]).unwrap();
        assert!(given.switch("MP_QUIET") && given.switch("MP_VERBOSE") && !given.switch("MP_ENABLE_CHAOS"));
        assert_eq!(given.text("MP_DATABASE"), Some(("x.db", "--db-file")));
    }

    #[test]
    fn wrong_flags_are_named_with_the_nearest_one() {
        let said = |line: &[&str]| read(line, &[]).unwrap_err().to_string();
        assert_eq!(said(&["--listn", ":1"]), "unknown flag --listn; did you mean --listen?");
        assert_eq!(said(&["-x"]), "unknown flag -x");
        assert_eq!(said(&["--smtp"]), "--smtp needs a value");
        assert_eq!(said(&["--quiet=maybe"]), "--quiet: \"maybe\" is neither true nor false");
        assert!(said(&["serve"]).contains("\"serve\""));
    }

    #[test]
    fn unknown_and_unsupported_variables_are_named_once() {
        let variables = [
            ("MP_MAX_MESAGES", "1"),
            ("MP_WEBHOOK_URL", "http://x"),
            ("MP_SMTP_RELAY_HOST", "mail.test"),
            ("MP_SMTP_RELAY_PORT", "25"),
            ("MP_SENDMAIL_FROM", "a@x.test"),
            ("MP_LABEL", ""),
        ];
        let notices = read(&[], &variables).unwrap().notices;
        assert_eq!(notices.len(), 3, "{notices:?}");
        assert!(notices[0].contains("did you mean MP_MAX_MESSAGES?"), "{notices:?}");
        assert!(notices[1].contains("MP_SMTP_RELAY_HOST, MP_SMTP_RELAY_PORT") && notices[1].contains("later"));
        assert!(notices[2].starts_with("MP_WEBHOOK_URL"), "{notices:?}");
    }

    #[test]
    fn the_relay_variables_that_quarkus_always_sets_are_silent() {
        let variables = [
            ("MP_SMTP_RELAY_PORT", "25"),
            ("MP_SMTP_RELAY_STARTTLS", "false"),
            ("MP_SMTP_RELAY_TLS", "false"),
            ("MP_SMTP_RELAY_ALLOW_INSECURE", "false"),
            ("MP_SMTP_RELAY_AUTH", "none"),
            ("MP_SMTP_RELAY_ALL", "false"),
        ];
        assert_eq!(read(&[], &variables).unwrap().notices, Vec::<String>::new());
        assert_eq!(read(&["--smtp-relay-all"], &[]).unwrap().notices.len(), 1);
    }
}
