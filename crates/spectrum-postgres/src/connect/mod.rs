//! How to reach a server, and a connection to it.
//!
//! Settings are libpq's, so that what works for psql works here: URLs and `name=value` pairs, the `PG*` variables,
//! and password files. Unsupported settings are refused, not ignored.

mod attempts;
mod cancel;
mod given;
mod hosts;
mod key;
mod names;
mod passfile;
mod pinned;
mod pooled;
mod refusal;
mod session;
mod setting;
mod settings;
#[cfg_attr(not(unix), path = "no_socket.rs")]
mod socket;
mod text;
mod tls;
mod url;
mod verifier;
mod wire;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use postgres::Client;

pub use self::cancel::Canceller;
use self::cancel::{Requests, Way};
use self::given::Origin;
use self::pinned::pin;
pub(crate) use self::pinned::{session_schemas, under_session_path};
use self::settings::Settings;
use crate::error::{PgError, Result, While};

/// Where the database is and who asks. Neither its Debug nor its Display shows the password.
#[derive(Clone)]
pub struct Server {
    settings: Settings,
    on_warning: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Server {
    /// Reads the settings: `database_url` (a URL or `name=value` pairs) first, then the `PG*` variables, which
    /// `variable` looks up, then libpq's defaults.
    ///
    /// # Errors
    /// [`PgError::Settings`] when a setting is not known, not supported or not understood.
    pub fn resolve(database_url: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let settings = Settings::resolve(database_url, variable).map_err(PgError::Settings)?;
        Ok(Self { settings, on_warning: Arc::new(|_| {}) })
    }

    /// Hands the server's warnings to `heed`. Its notices say nothing new and are dropped.
    #[must_use]
    pub fn on_warning(self, heed: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { on_warning: Arc::new(heed), ..self }
    }

    /// Whether the URL itself holds the password, which others can then see in the list of processes.
    pub fn password_in_url(&self) -> bool {
        self.settings.password.as_ref().is_some_and(|password| password.from == Origin::Text)
    }

    /// Connects to the first host that will do. `program` is what `pg_stat_activity` shows, as in `spectrum refresh`.
    ///
    /// # Errors
    /// [`PgError::Connect`] with every host's reason and a remedy, without the password; [`PgError::Refused`] when a pooler
    /// is there that does not keep sessions.
    pub fn connect(&self, program: &str) -> Result<Connection> {
        let mut connection = self.open(program)?;
        connection.behind_pooler = pooled::check(&mut connection)?;
        connection.pinned()
    }

    /// Connects, whatever is there, and sets nothing.
    fn open(&self, program: &str) -> Result<Connection> {
        let connected = attempts::connect(&self.settings, &|config| {
            let on_warning = Arc::clone(&self.on_warning);
            config.application_name(program).notice_callback(move |notice| {
                // The word is the same in every language of the server.
                if notice.parsed_severity() == Some(postgres::error::Severity::Warning) {
                    on_warning(&crate::error::words(&notice));
                }
            });
        });
        let (client, way) = connected.map_err(|why| PgError::Connect { server: self.to_string(), why })?;
        let requests = Arc::default();
        let (server, program) = (self.clone(), program.to_owned());
        Ok(Connection { client, way, requests, behind_pooler: false, server, program })
    }
}

/// As in `database events on db:5432 as user ann`.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { hosts, user, database, .. } = &self.settings;
        let hosts: Vec<String> = hosts.iter().map(|host| host.to_string()).collect();
        write!(f, "database {database} on {} as user {user}", hosts.join(","))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

/// A connection. It is used like the client it holds.
pub struct Connection {
    client: Client,
    way: Option<Way>,
    requests: Arc<Requests>,
    behind_pooler: bool,
    /// Where it came from, and as whom.
    server: Server,
    program: String,
}

impl Connection {
    /// Something that stops what this connection is doing, from another thread.
    pub fn canceller(&self) -> Canceller {
        Canceller {
            way: self.way.clone(),
            token: self.client.cancel_token(),
            requests: Arc::clone(&self.requests),
        }
    }

    /// One more connection with the same settings, of which one was found good. Where these name several hosts it may
    /// lead to another server.
    ///
    /// # Errors
    /// As [`Server::connect`]; and [`PgError::Connect`] when a pool has none to give.
    pub(crate) fn another(&self) -> Result<Self> {
        let (server, program) = (self.server.clone(), self.program.clone());
        let open = move || server.open(&program)?.pinned();
        match self.behind_pooler {
            true => pooled::at_once(&self.server, open),
            false => open(),
        }
    }

    /// The connection as all commands want it.
    fn pinned(mut self) -> Result<Self> {
        pin(&mut self.client).while_doing("setting the search path")?;
        Ok(self)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.requests.close();
    }
}

impl Deref for Connection {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_shown_without_its_password() {
        let server = Server::resolve(Some("postgres://ann:secret@db1,db2:6000/events"), |_| None).unwrap();
        assert_eq!(server.to_string(), "database events on db1:5432,db2:6000 as user ann");
        assert!(server.password_in_url() && !format!("{server:?} {:?}", server.settings).contains("secret"));
        let server =
            Server::resolve(Some("host=db"), |name| (name == "PGPASSWORD").then(|| "secret".into())).unwrap();
        assert!(!server.password_in_url());
    }
}
