//! Mail that nobody can render again: composed once, its bytes kept in the outbox until it is delivered.

use crate::clock::Time;
use crate::db::{Conn, Db};
use crate::mail::{Address, Envelope, Mail, from_header};
use crate::secret::Entropy;

use super::row::{Composed, Draft, Row};
use super::store;

/// A mail of ours: the headers that depend on the attempt come in front of the kept bytes.
const MAIL: &str = "mail";
/// A captured mail let go: its bytes leave as they came in.
const RELEASE: &str = "release";

/// Whether rows of this kind keep their bytes here.
pub(super) fn is_own_kind(kind: &str) -> bool {
    kind == MAIL || kind == RELEASE
}

/// Promises a mail whose `body` is RFC 5322 without From, Date and Message-ID: those are the transport's and the
/// row's, and are put in front of it at hand-over.
///
/// # Errors
/// When the database refuses.
pub async fn enqueue_mail(
    conn: &mut Conn,
    to: Vec<Address>,
    body: &[u8],
    expires_at: Time,
    now: Time,
    entropy: &Entropy,
) -> Result<String, sqlx::Error> {
    keep(conn, MAIL, to, serde_json::Value::Null, body, expires_at, now, entropy).await
}

/// Promises captured bytes as they are to other recipients; `from` is the envelope's sender.
///
/// # Errors
/// When the database refuses.
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
    keep(conn, RELEASE, to, payload, bytes, expires_at, now, entropy).await
}

#[expect(clippy::too_many_arguments, reason = "one private function behind the two above")]
async fn keep(
    conn: &mut Conn,
    kind: &str,
    to: Vec<Address>,
    payload: serde_json::Value,
    bytes: &[u8],
    expires_at: Time,
    now: Time,
    entropy: &Entropy,
) -> Result<String, sqlx::Error> {
    let draft = Draft { kind: kind.to_owned(), to, payload, about: None, supersedes: None, expires_at };
    let id = store::enqueue(conn, &draft, now, entropy).await?;
    store::keep_body(conn, &id, bytes).await?;
    Ok(id)
}

/// The author of these rows.
pub(super) async fn compose(db: &Db, row: &Row) -> Result<Composed, sqlx::Error> {
    let Some(body) = store::body(&mut *db.read().await?, &row.id).await? else {
        return Ok(Composed::Moot("its content is not kept any more"));
    };
    let (from, bytes) = if row.kind == MAIL {
        (Some(row.from.address.clone()), [head(row).into_bytes(), body].concat())
    } else {
        let from = row.payload.get("from").and_then(serde_json::Value::as_str);
        (from.and_then(|from| Address::parse(from).ok()), body)
    };
    Ok(Composed::Mail(Mail {
        id: row.id.clone(),
        purpose: None,
        envelope: Envelope { from, to: row.to.clone() },
        message_id: row.message_id.clone(),
        bytes,
    }))
}

fn head(row: &Row) -> String {
    let from = from_header(&row.from);
    format!("{from}Date: {}\r\nMessage-ID: <{}>\r\n", row.date.rfc5322(), row.message_id)
}
