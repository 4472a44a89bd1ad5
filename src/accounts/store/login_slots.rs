//! SQL of the slots that passwords hold while they are checked.

use sqlx::Row as _;

use crate::clock::Time;
use crate::db::Conn;

/// The throttles that a slot counts in: keys as in the counters.
#[derive(Clone, Debug)]
pub struct SlotKeys {
    pub client: String,
    pub pair: String,
    /// `None` for a browser that is exempt from the throttle of the address.
    pub address: Option<String>,
}

/// How many slots are held in each throttle.
#[derive(Clone, Copy, Debug)]
pub struct HeldSlots {
    pub client: i64,
    pub pair: i64,
    pub address: i64,
}

/// Counts the slots that end after `now` and not after `last_end`.
pub async fn count(conn: &mut Conn, keys: &SlotKeys, now: Time, last_end: Time) -> Result<HeldSlots, sqlx::Error> {
    let row = sqlx::query(
        "select count(case when client = $1 then 1 end) as client, count(case when pair = $2 then 1 end) as pair,
           count(case when address = $3 then 1 end) as address
         from login_slots where expires_at > $4 and expires_at <= $5",
    )
    .bind(&keys.client)
    .bind(&keys.pair)
    .bind(&keys.address)
    .bind(now.millis())
    .bind(last_end.millis())
    .fetch_one(conn)
    .await?;
    Ok(HeldSlots { client: row.try_get("client")?, pair: row.try_get("pair")?, address: row.try_get("address")? })
}

pub async fn hold(conn: &mut Conn, id: &str, keys: &SlotKeys, expires_at: Time) -> Result<(), sqlx::Error> {
    sqlx::query("insert into login_slots (id, client, pair, address, expires_at) values ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(&keys.client)
        .bind(&keys.pair)
        .bind(&keys.address)
        .bind(expires_at.millis())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn release(conn: &mut Conn, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from login_slots where id = $1").bind(id).execute(conn).await?;
    Ok(())
}
