//! The judgement of a resumable upload: whether it moves on, when it is given up, and whether the mail may have been
//! sent by then. Pure; the dialogue is in `resumable`.

use tokio::time::Instant;

use crate::transport::{Class, Failure};

use super::session::Session;

/// Interruptions in a row that brought nothing forward, after which the attempt ends.
pub(super) const MAX_STALLS: u32 = 6;
/// What counts as forward: Google stores a mail in multiples of this.
const STEP: usize = 256 * 1024;

/// An attempt that did not end in a message id.
pub(super) struct Missed {
    pub failure: Failure,
    /// The upload, when a later attempt may go on with it.
    pub session: Option<Box<Session>>,
}

/// How an attempt goes.
pub(super) struct Course {
    pub session: Session,
    pub stalls: u32,
    /// Set while the mail may have been sent: why that is not known.
    doubt: Option<Failure>,
    pub deadline: Instant,
}

impl Course {
    pub fn new(session: Session, deadline: Instant) -> Self {
        Course { session, stalls: 0, doubt: None, deadline }
    }

    /// Takes in what Gmail has; false when that is not more than before, which cannot go on for ever.
    pub fn moved(&mut self, had: usize, total: usize, asked: bool) -> Result<bool, Missed> {
        let Some(moved) = had.checked_sub(self.session.had) else { return Err(self.over(nonsense())) };
        self.session.had = had;
        self.doubt = (had == total).then(|| {
            let words = "Gmail has the whole mail but does not say that it is sent; it may have been";
            Failure::new(Class::Ambiguous, words)
        });
        if had < total && (asked || moved >= STEP) {
            // An answer to a question is news, not an interruption: that was counted.
            self.stalls = if moved >= STEP { 0 } else { self.stalls };
            return Ok(true);
        }
        let words = format!(
            "Gmail took {had} of the mail's {total} bytes and no more; the next attempt goes on from there, if Gmail \
             still has them"
        );
        self.stall(Failure::new(Class::Transient, words))?;
        Ok(false)
    }

    pub fn unsure(&mut self, failure: Failure, is_last: bool) -> Result<(), Missed> {
        if failure.class == Class::Ambiguous {
            self.doubt = Some(failure.clone());
        }
        if is_last { Err(self.end(failure, true)) } else { self.stall(failure) }
    }

    pub fn late(&mut self, total: usize) -> Missed {
        let words = format!("the time was up with {} of the mail's {total} bytes at Gmail; ", self.session.had);
        self.end(Failure::new(Class::Transient, words + "the next attempt goes on from there"), true)
    }

    /// Without an answer to the last byte, nobody can say any more whether the mail was sent.
    pub fn gone(&mut self) -> Result<(), Missed> {
        let failure = Failure::new(Class::Transient, "Gmail forgets each upload it opens; will be tried again");
        if self.doubt.is_some() { Err(self.end(failure, false)) } else { self.stall(failure) }
    }

    fn stall(&mut self, failure: Failure) -> Result<(), Missed> {
        self.stalls += 1;
        if self.stalls < MAX_STALLS { Ok(()) } else { Err(self.end(failure, true)) }
    }

    /// A refusal for a reason that may pass leaves the upload as it is.
    pub fn over(&mut self, failure: Failure) -> Missed {
        let passes = failure.class == Class::Rate || failure.code == Some(401);
        self.end(failure, passes || self.doubt.is_some())
    }

    fn end(&mut self, failure: Failure, resumable: bool) -> Missed {
        let session = resumable.then(|| Box::new(self.session.clone()));
        // The caller renews a refused token and comes again.
        let failure = if failure.code == Some(401) { failure } else { self.doubt.take().unwrap_or(failure) };
        Missed { failure, session }
    }
}

pub(super) fn nonsense() -> Failure {
    let words = "Gmail's account of how much of the mail it has makes no sense; all of it is uploaded again";
    Failure { code: Some(308), ..Failure::new(Class::Transient, words) }
}
