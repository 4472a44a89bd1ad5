//! Reads pages of the list, single messages and counts.

use std::collections::HashMap;
use std::io;

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::clock::Time;
use crate::inbox::types::compression::decompress;
use crate::inbox::types::{
    CapturedMessage, Counts, ListColumns, MessageId, PageRequest, SessionRecord, Summary, TemplateKey,
};
use crate::mail::parse::ParsedMessage;

pub async fn counts(conn: &mut SqliteConnection) -> Result<Counts, sqlx::Error> {
    let row = sqlx::query(
        "select messages, unread, bytes, deleted, r.refused, r.refused_unread from counters, \
         (select count(*) as refused, coalesce(sum(1 - read), 0) as refused_unread from messages where refused = 1) r",
    )
    .fetch_one(conn)
    .await?;
    let number = |name| row.try_get::<i64, _>(name).map(|n| u64::try_from(n).unwrap_or_default());
    Ok(Counts {
        messages: number("messages")?,
        unread: number("unread")?,
        bytes: number("bytes")?,
        deleted: number("deleted")?,
        refused: number("refused")?,
        refused_unread: number("refused_unread")?,
    })
}

/// Bytes of the database, without its write-ahead log.
pub async fn file_size(conn: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let size: i64 = sqlx::query_scalar("select page_count * page_size from pragma_page_count, pragma_page_size")
        .fetch_one(conn)
        .await?;
    Ok(u64::try_from(size).unwrap_or_default())
}

/// The row ids on a page of the list of all messages.
pub async fn page(conn: &mut SqliteConnection, request: &PageRequest) -> Result<Vec<i64>, sqlx::Error> {
    // Two statements, since SQLite skips to the offset in an index alone only without the condition.
    let sql = match request.arrived {
        true => {
            "select id from messages where id < ? and created < ? and refused = 0 order by id desc limit ? offset ?"
        }
        false => "select id from messages where id < ? and created < ? order by id desc limit ? offset ?",
    };
    sqlx::query_scalar(sql)
        .bind(request.older_than.map_or(i64::MAX, MessageId::row))
        .bind(request.before.map_or(i64::MAX, Time::millis))
        .bind(request.limit.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX)))
        .bind(i64::try_from(request.start).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
}

/// The rows of the messages in `ids` that exist, in the order of `ids`, each once.
pub async fn rows_of(conn: &mut SqliteConnection, ids: &[MessageId]) -> Result<Vec<i64>, sqlx::Error> {
    let list: Vec<i64> = ids.iter().map(|id| id.row()).collect();
    let rows = sqlx::query("select id, token from messages where id in (select value from json_each(?))")
        .bind(serde_json::to_string(&list).unwrap_or_default())
        .fetch_all(conn)
        .await?;
    let mut tokens: HashMap<i64, Vec<u8>> = HashMap::new();
    for row in &rows {
        tokens.insert(row.try_get("id")?, row.try_get("token")?);
    }
    let mut known = Vec::new();
    for id in ids {
        // Removing the token skips an id that occurs twice.
        if tokens.get(&id.row()).is_some_and(|t| t == id.token()) && tokens.remove(&id.row()).is_some() {
            known.push(id.row());
        }
    }
    Ok(known)
}

/// The ids of the messages whose rows are in a JSON list.
pub async fn ids_of(conn: &mut SqliteConnection, list: &str) -> Result<Vec<MessageId>, sqlx::Error> {
    let rows = sqlx::query("select id, token from messages where id in (select value from json_each(?))")
        .bind(list)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok(MessageId::of_columns(row.try_get("id")?, row.try_get("token")?))).collect()
}

/// The summaries of `rows`, in their order, without those of deleted messages. [`ListColumns::damaged`] replaces a
/// damaged summary.
pub async fn summaries(conn: &mut SqliteConnection, rows: &[i64]) -> Result<Vec<Summary>, sqlx::Error> {
    Ok(entries(conn, rows).await?.into_iter().map(|entry| entry.summary).collect())
}

/// A summary; `is_damaged` if it replaces a damaged one.
struct Entry {
    summary: Summary,
    is_damaged: bool,
}

async fn entries(conn: &mut SqliteConnection, rows: &[i64]) -> Result<Vec<Entry>, sqlx::Error> {
    let list = serde_json::to_string(rows).unwrap_or_default();
    let mut tags = tags_of(conn, &list).await?;
    // Without the cast, a damaged value of another type would fail the whole list.
    let found = sqlx::query(
        "select m.id, m.token, m.created, m.size, m.read, m.attachments, m.refused, m.template, \
         cast(c.summary as blob) as summary from json_each(?) j join messages m on m.id = j.value \
         left join contents c on c.message_id = m.id order by j.key",
    )
    .bind(&list)
    .fetch_all(&mut *conn)
    .await?;
    found.iter().map(|row| entry(row, &mut tags)).collect()
}

async fn tags_of(conn: &mut SqliteConnection, list: &str) -> Result<HashMap<i64, Vec<String>>, sqlx::Error> {
    let rows = sqlx::query(
        "select mt.message_id, t.name from message_tags mt join tags t on t.id = mt.tag_id \
         where mt.message_id in (select value from json_each(?)) order by t.key",
    )
    .bind(list)
    .fetch_all(conn)
    .await?;
    let mut tags: HashMap<i64, Vec<String>> = HashMap::new();
    for row in rows {
        tags.entry(row.try_get("message_id")?).or_default().push(row.try_get("name")?);
    }
    Ok(tags)
}

fn entry(row: &SqliteRow, tags: &mut HashMap<i64, Vec<String>>) -> Result<Entry, sqlx::Error> {
    let id: i64 = row.try_get("id")?;
    let number = |name| row.try_get::<i64, _>(name).map(|n| u64::try_from(n).unwrap_or_default());
    let whole: Option<ListColumns> = json(row.try_get("summary")?);
    let is_damaged = whole.is_none();
    let refused = row.try_get("refused")?;
    let listed = whole.unwrap_or_else(|| ListColumns::damaged(refused));
    let summary = Summary {
        id: MessageId::of_columns(id, row.try_get("token")?),
        message_id: listed.message_id,
        read: row.try_get("read")?,
        from: listed.from,
        to: listed.to,
        cc: listed.cc,
        bcc: listed.bcc,
        reply_to: listed.reply_to,
        subject: listed.subject,
        created: Time::from_millis(row.try_get("created")?),
        username: listed.username,
        tags: tags.remove(&id).unwrap_or_default(),
        size: number("size")?,
        line_end_bytes: listed.line_end_bytes,
        attachments: number("attachments")?,
        snippet: listed.snippet,
        source: listed.source,
        purpose: listed.purpose,
        refusal: listed.refusal,
        template: TemplateKey(row.try_get("template")?),
    };
    Ok(Entry { summary, is_damaged })
}

/// `None` if the compressed JSON text is missing or damaged.
pub fn json<T: serde::de::DeserializeOwned>(column: Option<&[u8]>) -> Option<T> {
    serde_json::from_slice(&decompress(column?).ok()?).ok()
}

/// One message with its bytes; `None` if it does not exist. It is readable even if its envelope or summary is damaged:
/// the envelope is then empty, and the summary is parsed from the message again.
///
/// # Errors
/// [`sqlx::Error::Io`] if the bytes of the message are damaged or missing.
pub async fn captured(conn: &mut SqliteConnection, row: i64) -> Result<Option<CapturedMessage>, sqlx::Error> {
    let Some(Entry { summary, is_damaged }) = entries(conn, &[row]).await?.pop() else { return Ok(None) };
    let found = sqlx::query(
        "select cast(c.session as blob) as session, cast(c.raw as blob) as raw \
         from messages m left join contents c on c.message_id = m.id where m.id = ?",
    )
    .bind(row)
    .fetch_optional(conn)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let missing = || io::Error::new(io::ErrorKind::NotFound, "the bytes of the message are missing");
    let raw: &[u8] = found.try_get::<Option<_>, _>("raw")?.ok_or_else(missing)?;
    let bytes = decompress(raw)?;
    let session: Option<SessionRecord> = json(found.try_get("session")?);
    if session.is_none() || is_damaged {
        tracing::warn!(id = %summary.id, "stored message has a damaged envelope or summary");
    }
    let summary = if is_damaged { reparse(summary, &bytes) } else { summary };
    Ok(Some(CapturedMessage { summary, session: session.unwrap_or_default(), bytes }))
}

/// The summary with the fields that can be parsed from the message.
fn reparse(summary: Summary, bytes: &[u8]) -> Summary {
    let ListColumns { message_id, from, to, cc, bcc, reply_to, subject, snippet, .. } =
        ListColumns::of(ParsedMessage::parse_header_and_prefix(bytes));
    Summary { message_id, from, to, cc, bcc, reply_to, subject, snippet, ..summary }
}

/// The rows of the newest messages of a template, newest first.
pub async fn rows_of_template(conn: &mut SqliteConnection, template: i64, limit: i64) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("select id from messages where template = ? order by id desc limit ?")
        .bind(template)
        .bind(limit)
        .fetch_all(conn)
        .await
}

/// The row of the newest accepted message with an id below `below`.
pub async fn latest(conn: &mut SqliteConnection, below: i64) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("select id from messages where refused = 0 and id < ? order by id desc limit 1")
        .bind(below)
        .fetch_optional(conn)
        .await
}
