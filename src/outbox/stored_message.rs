//! Messages that cannot be composed again: their bytes are stored in the outbox until they are delivered.

use crate::clock::Time;
use crate::db::{Conn, Db};
use crate::mail::{Address, Envelope, Message, from_header};
use crate::random::Entropy;

use super::job::{Composed, Job, MAIL, NewJob, RELEASE};
use super::store;

/// Enqueues a message. `body` is an RFC 5322 message without From, Date and Message-ID, which depend on the transport
/// and the row and are added at each attempt.
///
/// # Errors
/// When the database fails.
pub async fn enqueue_mail(
    conn: &mut Conn,
    to: Vec<Address>,
    body: &[u8],
    expires_at: Time,
    now: Time,
    entropy: &Entropy,
) -> Result<String, sqlx::Error> {
    insert(conn, MAIL, to, serde_json::Value::Null, body, expires_at, now, entropy).await
}

/// Enqueues captured bytes, unchanged, for other recipients; `from` is the sender in the envelope.
///
/// # Errors
/// When the database fails.
pub async fn enqueue_release(
    conn: &mut Conn,
    from: Option<&Address>,
    to: Vec<Address>,
    bytes: &[u8],
    expires_at: Time,
    now: Time,
    entropy: &Entropy,
) -> Result<String, sqlx::Error> {
    let payload = serde_json::json!({ "from": from.map(Address::to_string) });
    insert(conn, RELEASE, to, payload, bytes, expires_at, now, entropy).await
}

#[expect(clippy::too_many_arguments, reason = "private helper of the two functions above")]
async fn insert(
    conn: &mut Conn,
    kind: &str,
    to: Vec<Address>,
    payload: serde_json::Value,
    bytes: &[u8],
    expires_at: Time,
    now: Time,
    entropy: &Entropy,
) -> Result<String, sqlx::Error> {
    let draft = NewJob { kind: kind.to_owned(), to, payload, user_id: None, supersedes: None, expires_at };
    let id = store::enqueue(conn, &draft, now, entropy).await?;
    store::keep_body(conn, &id, bytes).await?;
    Ok(id)
}

/// Composes rows of these kinds.
pub(super) async fn compose(db: &Db, row: &Job) -> Result<Composed, sqlx::Error> {
    let Some(body) = store::body(&mut *db.read().await?, &row.id).await? else {
        return Ok(Composed::Skipped("its content was deleted"));
    };
    let (from, bytes) = if row.kind == MAIL {
        (Some(row.from.address.clone()), [head(row).into_bytes(), body].concat())
    } else {
        let from = row.payload.get("from").and_then(serde_json::Value::as_str);
        (from.and_then(|from| Address::parse(from).ok()), body)
    };
    Ok(Composed::Mail(Message {
        id: row.id.clone(),
        purpose: None,
        envelope: Envelope { from, to: row.to.clone() },
        message_id: row.message_id.clone(),
        bytes,
    }))
}

fn head(row: &Job) -> String {
    let from = from_header(&row.from);
    format!("{from}Date: {}\r\nMessage-ID: <{}>\r\n", row.date.rfc5322(), row.message_id)
}
