//! `gatepost users …`: manages accounts by email address or id. No command sets a password.

use std::io::Write;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::accounts::{Accounts, AdminError, Error, Name, UserInfo, account_address};
use crate::clock::Time;
use crate::i18n::Locale;

/// The subcommands of `gatepost users`.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// List all users, oldest first
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show one user
    Show {
        #[command(flatten)]
        selector: UserSelector,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Create a user and send an invitation to choose a password
    Create(CreateArgs),
    /// Send a password reset email
    Reset(UserSelector),
    /// Send the verification email of a signup, or the invitation of a user, again
    Resend(UserSelector),
    /// Disable a user: end the sessions and invalidate the links
    Disable(UserSelector),
    /// Enable a disabled user
    Enable(UserSelector),
    /// End all sessions of a user
    EndSessions(UserSelector),
    /// Delete a user and all of their data
    Delete(UserSelector),
}

#[derive(Debug, Args)]
pub struct UserSelector {
    /// Email address or id
    #[arg(value_name = "USER")]
    user: String,
}

#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Email address
    email: String,
    /// Display name
    #[arg(long, default_value = "")]
    name: String,
    /// Language of the emails: en or ko
    #[arg(long, value_parser = locale)]
    locale: Option<Locale>,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    #[error("invalid email address {0:?}: {1}")]
    Address(String, crate::mail::AddressError),
    #[error("invalid name: {0}")]
    Name(#[from] crate::accounts::NameError),
    #[error("{0}")]
    Admin(#[from] AdminError),
    #[error("{0}")]
    Accounts(#[from] Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
}

/// Runs a subcommand; prints its result to `out`.
///
/// # Errors
/// When the user does not exist, a value is invalid or the database fails.
pub async fn run(
    command: &UsersCommand,
    accounts: &Accounts,
    default_locale: Locale,
    out: &mut impl Write,
) -> Result<(), UsersError> {
    match command {
        UsersCommand::List { json } => list(accounts, *json, out).await?,
        UsersCommand::Show { selector, json } => show(&accounts.show_user(&selector.user).await?, *json, out)?,
        UsersCommand::Create(create) => {
            let refused = |error| UsersError::Address(create.email.clone(), error);
            let email = account_address(&create.email).map_err(refused)?;
            if !accounts.takes_domain(&email) {
                return Err(refused(crate::mail::AddressError::Domain));
            }
            let name = Name::parse(&create.name)?;
            let user = accounts.create_user(&email, &name, create.locale.unwrap_or(default_locale)).await?;
            writeln!(out, "{} created; an invitation to choose a password will be sent to {}", user.id, user.email)?;
        }
        UsersCommand::Reset(selector) => {
            accounts.start_reset(&selector.user).await?;
            writeln!(out, "a password reset email will be sent")?;
        }
        UsersCommand::Resend(selector) => {
            accounts.resend_email(&selector.user).await?;
            writeln!(out, "the email will be sent again")?;
        }
        UsersCommand::Disable(selector) => {
            accounts.disable_user(&selector.user).await?;
            writeln!(out, "disabled; all sessions ended")?;
        }
        UsersCommand::Enable(selector) => {
            accounts.enable_user(&selector.user).await?;
            writeln!(out, "enabled")?;
        }
        UsersCommand::EndSessions(selector) => {
            writeln!(out, "{} sessions ended", accounts.end_sessions(&selector.user).await?)?;
        }
        UsersCommand::Delete(selector) => {
            accounts.delete_user(&selector.user).await?;
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
struct UserRow<'a> {
    id: &'a str,
    email: &'a str,
    name: &'a str,
    locale: &'static str,
    created_at: String,
    verified_at: Option<String>,
    disabled_at: Option<String>,
}

impl<'a> From<&'a UserInfo> for UserRow<'a> {
    fn from(user: &'a UserInfo) -> Self {
        UserRow {
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

/// Prints the users page by page, so that memory use does not grow with their number.
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
                write!(out, "{}{}", if first { "\n" } else { ",\n" }, serde_json::to_string(&UserRow::from(user))?)?;
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
    let row = UserRow::from(user);
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
