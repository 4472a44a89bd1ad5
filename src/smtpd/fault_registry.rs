//! The active fault rules and chaos triggers: one handle for the API, which sets them, and the sessions, which apply
//! them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::inbox::{Inbox, StoreError};

use super::chaos::{ChaosError, ChaosTriggers};
use super::fault_decision::{FaultContext, FaultDecision, Instead, RuleCounters, apply_rule};
use super::faults::{FaultError, FaultRule, FaultRules};

/// The name under which the inbox's file keeps the rules.
const DOCUMENT: &str = "fault_rules";

/// Why the rules were not replaced.
#[derive(Debug, thiserror::Error)]
pub enum FaultUpdateError {
    #[error(transparent)]
    Rules(#[from] FaultError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The active rules and triggers; clones share them.
#[derive(Clone, Debug, Default)]
pub struct FaultRegistry {
    shared: Arc<SharedRules>,
}

#[derive(Debug, Default)]
struct SharedRules {
    /// False while there are no rules and triggers, so that commands need not take the lock.
    active: AtomicBool,
    chaos_enabled: bool,
    state: Mutex<RuleState>,
}

#[derive(Debug, Default)]
struct RuleState {
    rules: FaultRules,
    counters: RuleCounters,
    chaos: ChaosTriggers,
}

impl FaultRegistry {
    /// `chaos` enables Mailpit's chaos triggers.
    pub fn new(chaos: bool) -> Self {
        FaultRegistry { shared: Arc::new(SharedRules { chaos_enabled: chaos, ..SharedRules::default() }) }
    }

    pub fn rules(&self) -> FaultRules {
        self.state().rules.clone()
    }

    /// The rules with the number of times that each was applied since the rules were set.
    pub fn rules_with_hits(&self) -> Vec<(FaultRule, u64)> {
        let state = self.state();
        let hits = |(index, rule): (usize, &FaultRule)| (rule.clone(), state.counters.hits(index));
        state.rules.rules.iter().enumerate().map(hits).collect()
    }

    /// Replaces all rules and keeps them in the inbox's file, from where [`Self::restore`] reads them.
    ///
    /// # Errors
    /// Fails if a rule is invalid or the inbox fails; the old rules stay.
    pub async fn replace_rules(&self, inbox: &Inbox, rules: FaultRules) -> Result<(), FaultUpdateError> {
        rules.check()?;
        let text = serde_json::to_string(&rules).map_err(|e| StoreError::Database(Arc::new(e)))?;
        inbox.save_document(DOCUMENT, &text).await?;
        Ok(self.set_rules(rules)?)
    }

    /// Sets the rules that the inbox's file keeps. A failure is logged; there are no rules then.
    pub async fn restore(&self, inbox: &Inbox) {
        let restored = match inbox.document(DOCUMENT).await {
            Ok(None) => Ok(()),
            Ok(Some(text)) => serde_json::from_str(&text)
                .map_err(|error| error.to_string())
                .and_then(|rules| self.set_rules(rules).map_err(|error| error.to_string())),
            Err(error) => Err(error.to_string()),
        };
        let rules = self.state().rules.rules.len();
        match restored {
            Err(error) => tracing::warn!(%error, "cannot restore the fault rules of the SMTP server"),
            Ok(()) if rules > 0 => tracing::info!(rules, "fault rules of the SMTP server are active"),
            Ok(()) => {}
        }
    }

    /// Replaces all rules and resets the attempt counters.
    ///
    /// # Errors
    /// Fails if a rule does not pass [`FaultRules::check`]; the old rules stay.
    pub fn set_rules(&self, rules: FaultRules) -> Result<(), FaultError> {
        rules.check()?;
        let mut state = self.state();
        state.rules = rules;
        state.counters = RuleCounters::default();
        self.refresh(&state);
        Ok(())
    }

    pub fn chaos_enabled(&self) -> bool {
        self.shared.chaos_enabled
    }

    pub fn chaos(&self) -> ChaosTriggers {
        self.state().chaos
    }

    /// Replaces the chaos triggers.
    ///
    /// # Errors
    /// Fails if a trigger is out of range; the old triggers stay.
    pub fn set_chaos(&self, chaos: ChaosTriggers) -> Result<(), ChaosError> {
        chaos.check()?;
        let mut state = self.state();
        state.chaos = chaos;
        self.refresh(&state);
        Ok(())
    }

    fn active(&self) -> bool {
        self.shared.active.load(Ordering::Acquire)
    }

    /// The combined decision of the matching rules, whose attempts are counted, and of the chaos triggers. `fraction` is
    /// a random number in `0.0..1.0`.
    pub(super) fn decide(&self, context: &FaultContext<'_>, fraction: impl FnOnce() -> f64) -> FaultDecision {
        let mut decision = FaultDecision::default();
        if !self.active() {
            return decision;
        }
        let RuleState { rules, counters, chaos } = &mut *self.state();
        for (index, rule) in rules.rules.iter().enumerate() {
            if rule.applies_at(context.stage) && apply_rule(rule, index, context, counters, &mut decision).is_break() {
                return decision;
            }
        }
        if let Some(reply) = chaos.reply(context.stage, fraction).filter(|_| self.shared.chaos_enabled) {
            decision.instead = Some(Instead::Reply(reply));
            decision.cause = "chaos trigger".to_owned();
        }
        decision
    }

    fn refresh(&self, state: &RuleState) {
        let active = !state.rules.rules.is_empty() || state.chaos != ChaosTriggers::default();
        self.shared.active.store(active, Ordering::Release);
    }

    /// Recovers from a poisoned lock: every intermediate state is valid.
    fn state(&self) -> MutexGuard<'_, RuleState> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
