//! Parses sendmail's argument syntax, which argument libraries do not support:
//! `-t -i -fme@example.com -F"My Name" -oi to@…`.

/// The parsed arguments.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// `-t`: take the recipients from To, Cc and Bcc.
    pub from_headers: bool,
    /// `-i`, `-oi`: a line with a single dot does not end the message.
    pub ignore_dots: bool,
    /// `-f`, `-r`: the envelope sender; `<>` is the null sender.
    pub sender: Option<String>,
    /// `-F`: the name in an added From field.
    pub name: Option<String>,
    /// `-bs`: speak SMTP on standard input and output.
    pub speak_smtp: bool,
    /// `-S`, `--smtp-addr`: another server than in the settings, as in the sendmail of Mailpit and MailHog.
    pub server: Option<String>,
    pub help: bool,
    pub recipients: Vec<String>,
}

/// Why the arguments are invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    #[error("{0} needs a value")]
    Value(String),
    #[error("{0} is not supported; supported: -t -i -f -F -bs -S, other common options are ignored")]
    Unknown(String),
}

/// Options with a value, which are ignored.
const IGNORED_WITH_VALUE: &str = "BCDLNORVXhp";
/// Ignored options without a value or with an attached one.
const IGNORED: &str = "AGUedmnoqsv";

impl Arguments {
    /// Parses the arguments.
    ///
    /// # Errors
    /// Names the first argument that is unknown or incomplete.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, UsageError> {
        let mut parsed = Arguments::default();
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--" => parsed.recipients.extend(rest.by_ref()),
                "--help" => parsed.help = true,
                _ if argument.starts_with("--") => parsed.long(&argument, &mut rest)?,
                _ => match argument.strip_prefix('-').filter(|flags| !flags.is_empty()) {
                    Some(flags) => parsed.short(flags, &mut rest)?,
                    None => parsed.recipients.push(argument),
                },
            }
        }
        Ok(parsed)
    }

    /// Fills in missing arguments from the environment variables of Mailpit's sendmail.
    pub fn or(mut self, variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.trim().is_empty());
        self.server = self.server.or_else(|| set("MP_SENDMAIL_SMTP_ADDR"));
        self.sender = self.sender.or_else(|| set("MP_SENDMAIL_FROM"));
        self
    }

    /// Parses one of Mailpit's long options.
    fn long(&mut self, argument: &str, rest: &mut impl Iterator<Item = String>) -> Result<(), UsageError> {
        if argument == "--verbose" {
            return Ok(());
        }
        let (name, value) = argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value)));
        let value = value.map(str::to_owned).or_else(|| rest.next()).ok_or_else(|| UsageError::Value(name.to_owned()));
        match name {
            "--smtp-addr" => self.server = Some(value?),
            "--from" => self.sender = Some(value?),
            "--from-name" => self.name = Some(value?),
            "--bits" | "--errors" => drop(value?),
            _ => return Err(UsageError::Unknown(name.to_owned())),
        }
        Ok(())
    }

    /// Parses short options: they may be joined (`-ti`); a value may be attached (`-fme`) or follow (`-f me`).
    fn short(&mut self, flags: &str, rest: &mut impl Iterator<Item = String>) -> Result<(), UsageError> {
        let mut flags = flags.chars();
        while let Some(flag) = flags.next() {
            let attached = flags.as_str();
            match flag {
                't' => self.from_headers = true,
                'i' => self.ignore_dots = true,
                'f' | 'r' | 'F' | 'S' => {
                    let value = Some(attached.to_owned()).filter(|value| !value.is_empty()).or_else(|| rest.next());
                    let value = Some(value.ok_or_else(|| UsageError::Value(format!("-{flag}")))?);
                    match flag {
                        'F' => self.name = value,
                        'S' => self.server = value,
                        _ => self.sender = value,
                    }
                    return Ok(());
                }
                'b' if attached == "s" => {
                    self.speak_smtp = true;
                    return Ok(());
                }
                // `-bm` delivers a message, which is the default.
                'b' if attached == "m" => return Ok(()),
                'o' if attached == "i" => {
                    self.ignore_dots = true;
                    return Ok(());
                }
                flag if IGNORED_WITH_VALUE.contains(flag) => {
                    if attached.is_empty() {
                        rest.next().ok_or_else(|| UsageError::Value(format!("-{flag}")))?;
                    }
                    return Ok(());
                }
                flag if IGNORED.contains(flag) && !"Aoedqm".contains(flag) => {}
                flag if IGNORED.contains(flag) => return Ok(()),
                _ => return Err(UsageError::Unknown(format!("-{flag}{attached}"))),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, UsageError> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_arguments_of_php_cron_git_and_django_are_supported() {
        let php = parse("-t -i").unwrap();
        assert!(php.from_headers && php.ignore_dots && php.recipients.is_empty());
        let cron = parse("-FCronDaemon -i -B8BITMIME -oem root").unwrap();
        assert_eq!((cron.name.as_deref(), cron.ignore_dots), (Some("CronDaemon"), true));
        assert_eq!(cron.recipients, ["root"]);
        let git = parse("-i -f me@a.test you@b.test other@b.test").unwrap();
        assert_eq!((git.sender.as_deref(), git.recipients.len()), (Some("me@a.test"), 2));
        let symfony = parse("-bs").unwrap();
        assert!(symfony.speak_smtp);
        let rails = parse("-ti -fme@a.test -oi -oem -odi -- -odd@b.test").unwrap();
        assert!(rails.from_headers && rails.ignore_dots);
        assert_eq!(
            (rails.sender.as_deref(), rails.recipients.as_slice()),
            (Some("me@a.test"), &["-odd@b.test".into()][..])
        );
        let mailpit = parse("-S localhost:2025 -t").unwrap();
        assert_eq!(mailpit.server.as_deref(), Some("localhost:2025"));
        let long = parse("--verbose --from me@a.test --from-name=Me --bits 8 -Ac -Am a@b").unwrap();
        assert_eq!((long.sender.as_deref(), long.name.as_deref()), (Some("me@a.test"), Some("Me")));
        assert_eq!(long.recipients, ["a@b"]);
        assert_eq!(parse("--smtp-addr=a:1 -N never -O x=y a@b").unwrap().recipients, ["a@b"]);
    }

    #[test]
    fn mailpits_variables_apply_where_no_option_is_given() {
        let variable = |name: &str| match name {
            "MP_SENDMAIL_SMTP_ADDR" => Some("mail:1025".to_owned()),
            "MP_SENDMAIL_FROM" => Some("app@x.test".to_owned()),
            _ => None,
        };
        let filled = parse("-t").unwrap().or(variable);
        assert_eq!((filled.server.as_deref(), filled.sender.as_deref()), (Some("mail:1025"), Some("app@x.test")));
        let given = parse("-S other:1 -f me@x.test").unwrap();
        assert_eq!(parse("-S other:1 -f me@x.test").unwrap().or(variable), given);
        assert_eq!(parse("-t").unwrap().or(|_| Some(" ".into())), parse("-t").unwrap());
    }

    #[test]
    fn unknown_and_incomplete_arguments_are_named() {
        assert_eq!(parse("-f"), Err(UsageError::Value("-f".into())));
        assert_eq!(parse("--smtp-addr"), Err(UsageError::Value("--smtp-addr".into())));
        for unknown in ["-bp", "-Z", "--verbose=1", "-tz"] {
            assert!(matches!(parse(unknown), Err(UsageError::Unknown(_))), "{unknown}");
        }
    }
}
