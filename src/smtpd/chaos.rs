//! Mailpit's chaos triggers: random SMTP errors. The fault rules of [`super::faults`] are deterministic.

use serde::{Deserialize, Serialize};

use super::faults::FaultStage;

/// The three triggers, in Mailpit's JSON shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChaosTriggers {
    pub sender: Trigger,
    pub recipient: Trigger,
    pub authentication: Trigger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Trigger {
    /// The reply code, 400 to 599.
    pub error_code: u16,
    /// In percent, 0 to 100.
    pub probability: u8,
}

/// Why triggers are invalid. The messages are Mailpit's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChaosError {
    #[error("error code must be between 400 and 599")]
    Code,
    #[error("probability must be between 0 and 100")]
    Probability,
}

impl Default for ChaosTriggers {
    fn default() -> Self {
        let disabled = |error_code| Trigger { error_code, probability: 0 };
        ChaosTriggers { sender: disabled(451), recipient: disabled(451), authentication: disabled(535) }
    }
}

impl ChaosTriggers {
    /// # Errors
    /// Fails on the first trigger that is out of range.
    pub fn check(&self) -> Result<(), ChaosError> {
        for trigger in [self.sender, self.recipient, self.authentication] {
            if !(400..=599).contains(&trigger.error_code) {
                return Err(ChaosError::Code);
            }
            if trigger.probability > 100 {
                return Err(ChaosError::Probability);
            }
        }
        Ok(())
    }

    /// The error reply at `stage` if its trigger fires for the random number `fraction` in `0.0..1.0`.
    pub(super) fn reply(&self, stage: FaultStage, fraction: impl FnOnce() -> f64) -> Option<String> {
        let (trigger, what) = match stage {
            FaultStage::Mail => (self.sender, "sender"),
            FaultStage::Rcpt => (self.recipient, "recipient"),
            FaultStage::Auth => (self.authentication, "authentication"),
            FaultStage::Connect | FaultStage::Ehlo | FaultStage::Data | FaultStage::AfterData => return None,
        };
        trigger.fires(fraction()).then(|| format!("{} Chaos {what} error", trigger.error_code))
    }
}

impl Trigger {
    /// True if the trigger fires for the random number `fraction` in `0.0..1.0`.
    fn fires(self, fraction: f64) -> bool {
        fraction * 100.0 < f64::from(self.probability)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_have_mailpits_shape_and_limits() {
        let text = serde_json::to_string(&ChaosTriggers::default()).unwrap();
        assert_eq!(
            text,
            r#"{"Sender":{"ErrorCode":451,"Probability":0},"Recipient":{"ErrorCode":451,"Probability":0},"Authentication":{"ErrorCode":535,"Probability":0}}"#
        );
        let with = |error_code, probability| ChaosTriggers {
            recipient: Trigger { error_code, probability },
            ..ChaosTriggers::default()
        };
        assert_eq!(with(399, 0).check(), Err(ChaosError::Code));
        assert_eq!(with(600, 0).check(), Err(ChaosError::Code));
        assert_eq!(with(400, 101).check(), Err(ChaosError::Probability));
        assert_eq!(with(599, 100).check(), Ok(()));
    }

    #[test]
    fn probability_is_in_percent() {
        let trigger = |probability| Trigger { error_code: 451, probability };
        assert!(!trigger(0).fires(0.0) && trigger(100).fires(0.999_999));
        assert!(trigger(25).fires(0.24) && !trigger(25).fires(0.25));
    }
}
