//! Which recipients the server accepts (Mailpit's `--smtp-allowed-recipients` and `--smtp-ignore-rejected-recipients`).

use regex::{Regex, RegexBuilder};

/// Most bytes of a compiled pattern; larger ones are refused.
const MAX_PATTERN: usize = 256 * 1024;

/// The accepted recipients. By default all are.
#[derive(Clone, Debug, Default)]
pub struct RecipientRules {
    allowed: Option<Regex>,
    /// True if other recipients get 250 and are left out; false if they are refused.
    pub(super) ignores_others: bool,
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

    pub(super) fn accept(&self, address: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.is_match(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_matching_addresses_are_accepted() {
        assert!(RecipientRules::default().accept("a@x.test"));
        let rules = RecipientRules::new("@(a|b)\\.test$", false).unwrap();
        assert!(rules.accept("kim@b.test") && !rules.accept("kim@b.test.example"));
    }

    #[test]
    fn an_invalid_or_huge_expression_is_refused() {
        assert!(RecipientRules::new("(", false).is_err());
        assert!(RecipientRules::new("((a{1000}){1000}){10}", false).is_err());
    }
}
