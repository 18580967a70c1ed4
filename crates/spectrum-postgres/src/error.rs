//! Why something could not be done in PostgreSQL.

use postgres::error::{DbError, SqlState};

use crate::deployment::DeploymentError;
use crate::message::{Message, message};
use crate::remedy::Remedy;

/// The result of everything here.
pub type Result<T, E = PgError> = std::result::Result<T, E>;

/// An error with its remedy, where there is one. Passwords never stand in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PgError {
    /// The connection's settings cannot be understood.
    #[error("{0}")]
    Settings(String),
    /// The server could not be reached, or did not let us in.
    #[error("cannot connect to {server}: {why}")]
    Connect {
        /// Host, port, user and database.
        server: String,
        /// What went wrong, with a remedy.
        why: String,
    },
    /// The server went away.
    #[error(
        "lost the connection to the server while {doing}; nothing that was not finished is kept. Run the command again"
    )]
    Lost {
        /// What was being done.
        doing: String,
    },
    /// The server refused a statement. What it said is the error's own text and not a cause of it: nobody could do anything
    /// with the half that is left.
    #[error("{doing}: {error}")]
    Statement {
        /// What was being done.
        doing: String,
        /// What the server said.
        error: StatementError,
    },
    /// What was asked for does not fit what is there.
    #[error("{0}")]
    Refused(Message),
    /// The definition was refused.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// Another command is working on the same deployment.
    #[error("{}", self.message())]
    Locked {
        /// Who holds the lock, as in `spectrum refresh (pid 123, user etl)`.
        holder: String,
        /// Since when, with a leading comma; empty when it cannot be known.
        since: String,
    },
    /// The lock was lost before the work was done.
    #[error(
        "the lock on these sessions was lost before the work was done, so others may have been at work on them meanwhile: the \
         connection did not keep its session, as behind a pooler in transaction mode; connect to the server itself, and run \
         spectrum verify{left}"
    )]
    LockLost {
        /// Who holds it now and what frees it, with a leading semicolon; empty when nobody does.
        left: String,
    },
    /// Ctrl-C or SIGTERM.
    #[error("interrupted; nothing that was not finished is kept")]
    Interrupted,
}

/// What the server, or the client that talks to it, said about a statement.
#[derive(Debug, thiserror::Error)]
#[error("{}", said(.0))]
pub struct StatementError(Box<postgres::Error>);

impl StatementError {
    /// The client's error.
    pub fn client_error(&self) -> &postgres::Error {
        &self.0
    }
}

fn said(error: &postgres::Error) -> String {
    error.as_db_error().map_or_else(|| chain(error), words)
}

impl PgError {
    /// An error of the client, in terms of what it means.
    pub(crate) fn of(doing: impl Into<String>, error: postgres::Error) -> Self {
        let doing = doing.into();
        match error.as_db_error() {
            Some(db) if is_shutdown(db) => Self::Lost { doing },
            None if error.is_closed() || is_io(&error) => Self::Lost { doing },
            _ => Self::Statement { doing, error: StatementError(Box::new(error)) },
        }
    }

    /// A refusal.
    pub(crate) fn refused(message: impl Into<Message>) -> Self {
        Self::Refused(message.into())
    }

    /// The text with its remedies as data.
    pub fn message(&self) -> Message {
        match self {
            Self::Refused(message) => message.clone(),
            Self::Deployment(error) => error.message(),
            Self::Locked { holder, since } => message![
                format!(
                    "{holder} is at work on these sessions{since}; run the command again later; spectrum deploy and spectrum \
                     refresh wait for it with "
                ),
                Remedy::Wait
            ],
            other => other.to_string().into(),
        }
    }

    /// The server's code for what went wrong, if it was the server.
    pub fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Statement { error, .. } => error.client_error().code(),
            _ => None,
        }
    }
}

/// Turns the client's errors into [`PgError`]s that say what was being done.
pub(crate) trait While<T> {
    /// Adds what was being done.
    fn while_doing(self, doing: impl Into<String>) -> Result<T>;
}

impl<T> While<T> for std::result::Result<T, postgres::Error> {
    fn while_doing(self, doing: impl Into<String>) -> Result<T> {
        self.map_err(|error| PgError::of(doing, error))
    }
}

/// The server's message with what it adds.
pub(crate) fn words(db: &DbError) -> String {
    let mut words = db.message().to_owned();
    if let Some(detail) = db.detail() {
        words.push_str(&format!(" ({detail})"));
    }
    if let Some(hint) = db.hint() {
        words.push_str(&format!("; {hint}"));
    }
    words
}

fn is_shutdown(db: &DbError) -> bool {
    [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW].contains(db.code())
}

fn is_io(error: &postgres::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<std::io::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words.push_str(&format!(": {more}"));
        }
        cause = error.source();
    }
    words
}
