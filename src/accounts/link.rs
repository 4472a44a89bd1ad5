//! Links and the letters that carry them: rows written in the transaction of what they announce.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::db::Conn;
use crate::i18n::Locale;
use crate::mail::Address;
use crate::outbox::{self, Draft};

use super::token::Purpose;
use super::{Accounts, Error, store};

/// A mailed permission.
#[derive(Clone, Debug)]
pub struct Link {
    pub id: String,
    pub signup_id: Option<String>,
    pub user_id: Option<String>,
    pub new_email: Option<Address>,
    /// `None` until its letter is first handed over.
    pub expires_at: Option<Time>,
    pub used_at: Option<Time>,
}

impl Link {
    pub fn is_alive(&self, now: Time) -> bool {
        self.used_at.is_none() && self.expires_at.is_some_and(|end| end > now)
    }
}

/// Whom a link is for.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    Signup(&'a str),
    User(&'a str),
    /// Nobody: the same rows are written for an address that no one has.
    Nobody,
}

/// A letter's kind in the outbox that nobody gets: see [`Holder::Nobody`].
pub const DECOY: &str = "decoy";

/// What the author of letters finds in a row of the outbox: ids, no secrets, no names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LetterData {
    pub locale: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// email-changed and its announcement: the address the letter speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_email: Option<String>,
}

/// A letter to be promised.
pub(super) struct NewLetter<'a> {
    pub kind: &'a str,
    pub to: Option<&'a Address>,
    pub locale: Locale,
    pub link: Option<String>,
    pub user: Option<&'a str>,
    pub new_email: Option<&'a Address>,
    /// Letters of one kind to one holder supersede each other when they carry a link.
    pub supersedes: Option<String>,
    pub expires_at: Time,
}

impl Accounts {
    /// A link that stands nowhere yet.
    pub(super) fn new_link(&self, holder: Holder<'_>, new_email: Option<Address>) -> Link {
        let (signup_id, user_id) = match holder {
            Holder::Signup(id) => (Some(id.to_owned()), None),
            Holder::User(id) => (None, Some(id.to_owned())),
            Holder::Nobody => (None, None),
        };
        Link { id: self.id(), signup_id, user_id, new_email, expires_at: None, used_at: None }
    }

    /// Writes a letter and the row of its link; without a purpose that permits nothing. The outbox first: whoever
    /// takes rows of both takes them in this order, as the worker does, so that nobody waits in a circle.
    pub(super) async fn promise_linked(
        &self,
        conn: &mut Conn,
        letter: NewLetter<'_>,
        link: &Link,
        purpose: Option<Purpose>,
    ) -> Result<(), Error> {
        self.promise(conn, letter).await?;
        Ok(store::links::insert(conn, link, purpose, self.clock.now()).await?)
    }

    async fn promise(&self, conn: &mut Conn, letter: NewLetter<'_>) -> Result<(), Error> {
        let data = LetterData {
            locale: letter.locale.tag().to_owned(),
            link: letter.link,
            user: letter.user.map(str::to_owned),
            new_email: letter.new_email.map(ToString::to_string),
        };
        let draft = Draft {
            kind: letter.kind.to_owned(),
            to: letter.to.into_iter().cloned().collect(),
            payload: serde_json::to_value(data).map_err(|e| Error::Internal(Box::new(e)))?,
            about: letter.user.map(str::to_owned),
            supersedes: letter.supersedes,
            expires_at: letter.expires_at,
        };
        outbox::enqueue(conn, &draft, self.clock.now(), &self.entropy).await?;
        Ok(())
    }

    /// The rows of a letter that nobody gets, so that an unknown address costs what a known one does.
    pub(super) async fn promise_nothing(&self, conn: &mut Conn) -> Result<(), Error> {
        let link = self.new_link(Holder::Nobody, None);
        let letter = NewLetter {
            kind: DECOY,
            to: None,
            locale: Locale::En,
            link: Some(link.id.clone()),
            user: None,
            new_email: None,
            supersedes: None,
            expires_at: self.letter_end(),
        };
        self.promise_linked(conn, letter, &link, None).await
    }

    /// A letter about a user's account without a link.
    pub(super) async fn promise_notice(
        &self,
        conn: &mut Conn,
        kind: &str,
        user: &super::user::User,
        to: &Address,
        new_email: Option<&Address>,
    ) -> Result<(), Error> {
        let letter = NewLetter {
            kind,
            to: Some(to),
            locale: user.locale,
            link: None,
            user: Some(&user.id),
            new_email,
            supersedes: None,
            expires_at: self.letter_end(),
        };
        self.promise(conn, letter).await
    }

    pub(super) fn letter_end(&self) -> Time {
        self.clock.now() + self.settings.letter_life
    }
}
