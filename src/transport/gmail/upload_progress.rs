//! The progress of a resumable upload: whether it advances, when the attempt ends, and whether the message may already
//! have been sent. No I/O; `resumable` makes the requests.

use tokio::time::Instant;

use crate::transport::interface::{Failure, FailureKind};

use super::upload_session::UploadSession;

/// The attempt ends after this many consecutive interruptions without progress.
pub(super) const MAX_STALLS: u32 = 6;
/// The least number of bytes that counts as progress; Google stores uploads in multiples of it.
const STEP: usize = 256 * 1024;

/// The failure of an attempt, and the upload if it can be resumed.
pub(super) struct UploadFailure {
    pub failure: Failure,
    /// The upload, if a later attempt may resume it.
    pub session: Option<Box<UploadSession>>,
}

/// The state of one attempt.
pub(super) struct UploadProgress {
    pub session: UploadSession,
    pub stalls: u32,
    /// Set while the message may have been sent: the failure to report in that case.
    doubt: Option<Failure>,
    pub deadline: Instant,
}

impl UploadProgress {
    pub fn new(session: UploadSession, deadline: Instant) -> Self {
        UploadProgress { session, stalls: 0, doubt: None, deadline }
    }

    /// Records that Gmail has received `had` bytes; returns false if that is no progress. `asked` is true for the answer
    /// to a status request.
    ///
    /// # Errors
    /// When Gmail has fewer bytes than before, or after [`MAX_STALLS`] calls without progress.
    pub fn progressed(&mut self, had: usize, total: usize, asked: bool) -> Result<bool, UploadFailure> {
        let Some(added) = had.checked_sub(self.session.had) else { return Err(self.past_deadline(unexpected_range())) };
        self.session.had = had;
        self.doubt = (had == total).then(|| {
            let reason = "Gmail has the whole message but did not confirm that it was sent; delivery status unknown";
            Failure::new(FailureKind::Ambiguous, reason)
        });
        if had < total && (asked || added >= STEP) {
            // The interruption before a status request has been counted already.
            self.stalls = if added >= STEP { 0 } else { self.stalls };
            return Ok(true);
        }
        let reason = format!(
            "upload stalled: Gmail accepted {had} of {total} bytes; a next attempt can resume there if Gmail still has them"
        );
        self.note_stall(Failure::new(FailureKind::Transient, reason))?;
        Ok(false)
    }

    /// Records a request without a usable answer.
    ///
    /// # Errors
    /// When it was the last request of the attempt, or after [`MAX_STALLS`] calls without progress.
    pub fn ambiguous(&mut self, failure: Failure, is_last: bool) -> Result<(), UploadFailure> {
        if failure.class == FailureKind::Ambiguous {
            self.doubt = Some(failure.clone());
        }
        if is_last { Err(self.end(failure, true)) } else { self.note_stall(failure) }
    }

    /// The failure of an attempt that reached its deadline.
    pub fn timed_out(&mut self, total: usize) -> UploadFailure {
        let reason = format!("upload timed out: Gmail has {} of {total} bytes; ", self.session.had);
        self.end(Failure::new(FailureKind::Transient, reason + "a next attempt can resume there"), true)
    }

    /// Records that Gmail no longer knows the upload.
    ///
    /// # Errors
    /// When the message may have been sent, since the upload that would confirm it is lost.
    pub fn gone(&mut self) -> Result<(), UploadFailure> {
        let failure = Failure::new(FailureKind::Transient, "Gmail lost the upload repeatedly; try again later");
        if self.doubt.is_some() { Err(self.end(failure, false)) } else { self.note_stall(failure) }
    }

    fn note_stall(&mut self, failure: Failure) -> Result<(), UploadFailure> {
        self.stalls += 1;
        if self.stalls < MAX_STALLS { Ok(()) } else { Err(self.end(failure, true)) }
    }

    /// Ends the attempt. The upload stays resumable after a rate limit, a refused token or an unknown outcome.
    pub fn past_deadline(&mut self, failure: Failure) -> UploadFailure {
        let is_temporary = failure.class == FailureKind::Rate || failure.code == Some(401);
        self.end(failure, is_temporary || self.doubt.is_some())
    }

    fn end(&mut self, failure: Failure, resumable: bool) -> UploadFailure {
        let session = resumable.then(|| Box::new(self.session.clone()));
        // The caller renews a refused token and tries again.
        let failure = if failure.code == Some(401) { failure } else { self.doubt.take().unwrap_or(failure) };
        UploadFailure { failure, session }
    }
}

pub(super) fn unexpected_range() -> Failure {
    let reason = "unexpected Range in Gmail's answer; the next attempt uploads the whole message again";
    Failure { code: Some(308), ..Failure::new(FailureKind::Transient, reason) }
}
