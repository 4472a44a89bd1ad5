//! Deletes an account and everything stored for its address.

use crate::db::Conn;
use crate::outbox;

use super::profile::CurrentPasswordError;
use super::session::LoginSession;
use super::user::User;
use super::{Accounts, Error, store};

impl Accounts {
    /// Deletes the account of a session.
    ///
    /// # Errors
    /// When the current password is wrong.
    pub async fn delete_account(
        &self,
        session: &LoginSession,
        current: &str,
        client: &str,
    ) -> Result<(), CurrentPasswordError> {
        let user = self.check_current(&session.user_id, current, client).await?;
        let mut tx = self.db.write().await.map_err(Error::from)?;
        let checked = user.password_hash.as_deref().unwrap_or_default();
        if !store::users::lock_with_password(&mut tx, &user.id, checked).await.map_err(Error::from)? {
            return Err(CurrentPasswordError::Wrong);
        }
        self.remove(&mut tx, &user).await?;
        tx.commit().await.map_err(Error::from)?;
        tracing::info!(user = user.id, "a user deleted their account");
        Ok(())
    }

    pub(super) async fn remove_user(&self, user: &User) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        store::users::lock(&mut tx, &user.id).await?;
        self.remove(&mut tx, user).await?;
        Ok(tx.commit().await?)
    }

    /// Deletes all rows of the user. The caller holds the user's lock. Throttle counters stay until their windows end:
    /// they contain no address, and clearing them would make deletion a way around the throttles.
    async fn remove(&self, conn: &mut Conn, user: &User) -> Result<(), Error> {
        // The outbox comes first, as in `enqueue_linked`. Sessions and links are deleted by foreign keys.
        outbox::delete_recipient(conn, &user.id, &user.email).await?;
        store::users::delete(conn, &user.id).await?;
        store::signups::delete_address(conn, &user.email.canonical()).await?;
        Ok(store::signups::delete_decoys(conn, &user.id).await?)
    }
}
