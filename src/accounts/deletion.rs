//! The end of an account: whatever held its address is gone with it.

use crate::outbox;

use super::session::Session;
use super::settings::CurrentPasswordError;
use super::user::User;
use super::{Accounts, Error, store};

impl Accounts {
    /// Ends the account of a session.
    ///
    /// # Errors
    /// A wrong current password.
    pub async fn delete_account(
        &self,
        session: &Session,
        current: &str,
        client: &str,
    ) -> Result<(), CurrentPasswordError> {
        let user = self.check_current(&session.user_id, current, client).await?;
        self.remove_user(&user).await?;
        tracing::info!(user = user.id, "an account was deleted by its owner");
        Ok(())
    }

    /// Counters stay until their windows end: they hold no address, and a deletion that emptied them would be a way
    /// around them.
    pub(super) async fn remove_user(&self, user: &User) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        // Outbox first, as in `promise_linked`; sessions and links go with the user.
        outbox::forget(&mut tx, &user.id, &user.email).await?;
        store::users::delete(&mut tx, &user.id).await?;
        store::signups::delete_address(&mut tx, &user.email.canonical()).await?;
        store::signups::delete_decoys(&mut tx, &user.id).await?;
        Ok(tx.commit().await?)
    }
}
