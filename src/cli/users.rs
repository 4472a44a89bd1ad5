//! `gatepost users …`: accounts, by address or id. Nothing here sets a password.

use std::io::Write;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::accounts::{Accounts, AdminError, Error, Name, UserInfo, account_address};
use crate::clock::Time;
use crate::i18n::Locale;

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// All users, oldest first
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// One user
    Show {
        #[command(flatten)]
        whom: Whom,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make a user and send a letter in which to choose the password
    Create(Create),
    /// Send a letter with a link to a new password
    Reset(Whom),
    /// Send the letter again that a signup or an invited user waits for
    Resend(Whom),
    /// Keep a user out: sessions end, links die
    Disable(Whom),
    /// Let a disabled user in again
    Enable(Whom),
    /// End all sessions of a user
    EndSessions(Whom),
    /// Delete a user and everything of his
    Delete(Whom),
}

#[derive(Debug, Args)]
pub struct Whom {
    /// E-mail address or id
    #[arg(value_name = "USER")]
    user: String,
}

#[derive(Debug, Args)]
pub struct Create {
    /// E-mail address
    email: String,
    /// What the user is called
    #[arg(long, default_value = "")]
    name: String,
    /// Language of the letters: en or ko
    #[arg(long, value_parser = locale)]
    locale: Option<Locale>,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    #[error("{0:?} is no e-mail address that an account may have: {1}")]
    Address(String, crate::mail::AddressError),
    #[error("the name is refused: {0}")]
    Name(#[from] crate::accounts::NameError),
    #[error("{0}")]
    Admin(#[from] AdminError),
    #[error("{0}")]
    Accounts(#[from] Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("the answer could not be written: {0}")]
    Output(#[from] std::io::Error),
}

/// # Errors
/// No such user, a refused value, the database.
pub async fn run(
    command: &UsersCommand,
    accounts: &Accounts,
    default_locale: Locale,
    out: &mut impl Write,
) -> Result<(), UsersError> {
    match command {
        UsersCommand::List { json } => list(accounts, *json, out).await?,
        UsersCommand::Show { whom, json } => show(&accounts.show_user(&whom.user).await?, *json, out)?,
        UsersCommand::Create(create) => {
            let refused = |error| UsersError::Address(create.email.clone(), error);
            let email = account_address(&create.email).map_err(refused)?;
            if !accounts.takes_domain(&email) {
                return Err(refused(crate::mail::AddressError::Domain));
            }
            let name = Name::parse(&create.name)?;
            let user = accounts.create_user(&email, &name, create.locale.unwrap_or(default_locale)).await?;
            writeln!(out, "created {}; an email to choose a password is on its way to {}", user.id, user.email)?;
        }
        UsersCommand::Reset(whom) => {
            accounts.start_reset(&whom.user).await?;
            writeln!(out, "an email to choose a new password is on its way")?;
        }
        UsersCommand::Resend(whom) => {
            accounts.resend_letter(&whom.user).await?;
            writeln!(out, "a new email is on its way")?;
        }
        UsersCommand::Disable(whom) => {
            accounts.disable_user(&whom.user).await?;
            writeln!(out, "disabled; all sessions have ended")?;
        }
        UsersCommand::Enable(whom) => {
            accounts.enable_user(&whom.user).await?;
            writeln!(out, "enabled")?;
        }
        UsersCommand::EndSessions(whom) => {
            writeln!(out, "{} sessions ended", accounts.end_sessions(&whom.user).await?)?;
        }
        UsersCommand::Delete(whom) => {
            accounts.delete_user(&whom.user).await?;
            writeln!(out, "deleted")?;
        }
    }
    Ok(())
}

fn locale(text: &str) -> Result<Locale, &'static str> {
    Locale::ALL.into_iter().find(|l| l.tag() == text).ok_or("expected en or ko")
}

/// A user as JSON.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    email: &'a str,
    name: &'a str,
    locale: &'static str,
    created_at: String,
    verified_at: Option<String>,
    disabled_at: Option<String>,
}

impl<'a> From<&'a UserInfo> for Row<'a> {
    fn from(user: &'a UserInfo) -> Self {
        Row {
            id: &user.id,
            email: &user.email,
            name: &user.name,
            locale: user.locale.tag(),
            created_at: user.created_at.rfc3339(),
            verified_at: user.verified_at.map(Time::rfc3339),
            disabled_at: user.disabled_at.map(Time::rfc3339),
        }
    }
}

/// Reads page by page, so that a million users need no memory.
async fn list(accounts: &Accounts, json: bool, out: &mut impl Write) -> Result<(), UsersError> {
    let (mut after, mut first) = (String::new(), true);
    if json {
        write!(out, "[")?;
    }
    loop {
        let page = accounts.list_users(&after).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for user in &page {
            if json {
                write!(out, "{}{}", if first { "\n" } else { ",\n" }, serde_json::to_string(&Row::from(user))?)?;
            } else {
                writeln!(out, "{}  {}  {}  {}", user.id, user.created_at.rfc3339(), user.email, state(user))?;
            }
            first = false;
        }
    }
    if json {
        writeln!(out, "{}]", if first { "" } else { "\n" })?;
    }
    Ok(())
}

fn show(user: &UserInfo, json: bool, out: &mut impl Write) -> Result<(), UsersError> {
    let row = Row::from(user);
    if json {
        writeln!(out, "{}", serde_json::to_string(&row)?)?;
        return Ok(());
    }
    writeln!(
        out,
        "id           {}\nemail        {}\nname         {}\nlocale       {}",
        row.id, row.email, row.name, row.locale
    )?;
    writeln!(out, "created_at   {}", row.created_at)?;
    writeln!(out, "verified_at  {}", row.verified_at.as_deref().unwrap_or("never: invited, no password chosen yet"))?;
    writeln!(out, "disabled_at  {}", row.disabled_at.as_deref().unwrap_or("-"))?;
    Ok(())
}

fn state(user: &UserInfo) -> &'static str {
    match (user.disabled_at, user.verified_at) {
        (Some(_), _) => "disabled",
        (None, Some(_)) => "active",
        (None, None) => "invited",
    }
}
