//! The end of an account: whatever held its address is gone with it.

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

    pub(super) async fn remove_user(&self, user: &User) -> Result<(), Error> {
        let mut tx = self.db.write().await?;
        store::users::delete(&mut tx, &user.id).await?;
        store::signups::delete_address(&mut tx, &user.email.canonical()).await?;
        Ok(tx.commit().await?)
    }
}
