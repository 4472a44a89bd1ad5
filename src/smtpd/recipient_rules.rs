//! Which recipients the server accepts (Mailpit's `--smtp-allowed-recipients` and `--smtp-ignore-rejected-recipients`).

use regex::{Regex, RegexBuilder};

/// Most bytes of a compiled pattern; larger ones are refused.
const MAX_PATTERN: usize = 256 * 1024;

/// The accepted recipients. By default all are.
#[derive(Clone, Debug, Default)]
pub struct RecipientRules {
    allowed: Option<Regex>,
    ignores_others: bool,
}

/// What happens to a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecipientDecision {
    Accept,
    /// The client gets 250, and the message does not have the recipient.
    Ignore,
    Refuse,
}

impl RecipientRules {
    /// Accepts only addresses that match the regular expression `allowed`. Others are refused, or with `ignores_others`
    /// accepted and left out.
    ///
    /// # Errors
    /// The expression is invalid or too large.
    pub fn new(allowed: &str, ignores_others: bool) -> Result<Self, regex::Error> {
        let allowed = RegexBuilder::new(allowed).size_limit(MAX_PATTERN).build()?;
        Ok(RecipientRules { allowed: Some(allowed), ignores_others })
    }

    pub(super) fn decide(&self, address: &str) -> RecipientDecision {
        match &self.allowed {
            Some(allowed) if !allowed.is_match(address) => match self.ignores_others {
                true => RecipientDecision::Ignore,
                false => RecipientDecision::Refuse,
            },
            Some(_) | None => RecipientDecision::Accept,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_matching_addresses_are_accepted() {
        let all = RecipientRules::default();
        assert_eq!(all.decide("a@x.test"), RecipientDecision::Accept);
        for (ignores_others, other) in [(false, RecipientDecision::Refuse), (true, RecipientDecision::Ignore)] {
            let rules = RecipientRules::new("@(a|b)\\.test$", ignores_others).unwrap();
            assert_eq!(rules.decide("kim@b.test"), RecipientDecision::Accept);
            assert_eq!(rules.decide("kim@b.test.example"), other);
        }
    }

    #[test]
    fn an_invalid_or_huge_expression_is_refused() {
        assert!(RecipientRules::new("(", false).is_err());
        assert!(RecipientRules::new("((a{1000}){1000}){10}", false).is_err());
    }
}
