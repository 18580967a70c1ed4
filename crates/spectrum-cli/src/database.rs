//! The flag that says which database, and the settings that stand behind it.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use anyhow::Result;
use clap::Args;
use spectrum_postgres::Server;

use crate::commands::note;

/// Which database.
#[derive(Args, Debug)]
pub(crate) struct DatabaseFlags {
    /// The database, as in postgresql://user@host/database or 'host=... dbname=...' [default: the variable
    /// DATABASE_URL, then PGHOST, PGDATABASE and the others that psql knows]
    ///
    /// Others on this machine can read a password given here in the list of processes; PGPASSWORD, DATABASE_URL
    /// and ~/.pgpass hide it.
    #[arg(long, value_name = "URL", help_heading = "Database")]
    database_url: Option<DatabaseUrl>,
}

/// A URL that may hold a password.
#[derive(Clone)]
struct DatabaseUrl(String);

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl")
    }
}

impl DatabaseFlags {
    /// Whether the flag names a database.
    pub(crate) fn is_given(&self) -> bool {
        self.database_url.is_some()
    }

    /// The server that is meant. Its warnings go to standard error.
    pub(crate) fn server(&self) -> Result<Server> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let from_variable = variable("DATABASE_URL");
        let url = self.database_url.as_ref().map(|url| url.0.as_str()).or(from_variable.as_deref());
        let server = Server::resolve(url, variable)?;
        if self.database_url.is_some() && server.password_in_url() {
            note(
                "note: others can read the password of --database-url in the list of processes; DATABASE_URL, PGPASSWORD \
                 and ~/.pgpass hide it",
            );
        }
        Ok(server.on_warning(|warning| note(&format!("warning from the server: {warning}"))))
    }
}
