//! One delivery attempt: composes the message and passes it to the transport. It does not decide what follows.

use std::time::Duration;

use crate::db::Db;
use crate::transport::{Failure, FailureKind, FailureScope, Transport};

use super::disposition::AttemptOutcome;
use super::job::{Composed, Composer, Job, is_stored_kind};
use super::stored_message;

/// The longest a delivery may take. Transports have shorter limits for each stage; this one keeps a faulty transport
/// from holding a row for ever.
const LONGEST: Duration = Duration::from_secs(15 * 60);

pub(super) async fn attempt(db: &Db, author: &dyn Composer, transport: &dyn Transport, row: &Job) -> AttemptOutcome {
    let composed = if is_stored_kind(&row.kind) {
        stored_message::compose(db, row).await.map_err(Into::into)
    } else {
        author.compose(row).await
    };
    let mail = match composed {
        Ok(Composed::Mail(mail)) => mail,
        Ok(Composed::Skipped(reason)) => return AttemptOutcome::Skipped(reason),
        Err(error) => return AttemptOutcome::NotComposed(error.to_string()),
    };
    // A released message keeps its original sender: a rejection of that sender says nothing about the configured one.
    let is_foreign = mail.envelope.from.as_ref() != Some(&row.from.address);
    match tokio::time::timeout(LONGEST, transport.deliver(&mail)).await {
        Ok(Ok(mut receipt)) => {
            let suspects = receipt.refused.iter_mut().filter(|one| one.class == FailureKind::Configuration);
            suspects.filter(|_| is_foreign).for_each(|one| one.class = FailureKind::Permanent);
            AttemptOutcome::Taken(receipt)
        }
        Ok(Err(failure)) if is_foreign && matches!(failure.scope, FailureScope::Sender | FailureScope::Suspect) => {
            AttemptOutcome::Failed(Failure { class: FailureKind::Permanent, scope: FailureScope::Mail, ..failure })
        }
        Ok(Err(failure)) => AttemptOutcome::Failed(failure),
        Err(_) => AttemptOutcome::Failed(Failure::new(
            FailureKind::Ambiguous,
            "timed out after 15 minutes; delivery status unknown",
        )),
    }
}
