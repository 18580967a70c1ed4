//! Whoever may create objects where others look for theirs must not have them run by Spectrum.

mod captured;

use spectrum_postgres::{Connection, Server};

use crate::deploy::events;
use crate::refresh::Database;

/// A database with events in which somebody has put something in the way of every name.
pub(super) struct Hostile {
    pub(super) database: Database,
    /// Who made all of it: a role without any rights but CREATE on schema public, TEMPORARY, and writing events.
    pub(super) maker: String,
}

impl Hostile {
    pub(super) fn new() -> Self {
        let database = events();
        let maker = format!("maker_of_{}", database.name());
        database.run(&format!(
            "CREATE ROLE {maker} LOGIN;
             GRANT CREATE, USAGE ON SCHEMA public TO {maker};
             GRANT USAGE ON SCHEMA warehouse TO {maker};
             GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON warehouse.fact_events TO {maker};
             GRANT TEMPORARY ON DATABASE {database} TO {maker};
             ALTER DATABASE {database} SET hostile.maker = '{maker}';
             SET hostile.maker = '{maker}';
             SET SESSION AUTHORIZATION {maker};
             {}",
            include_str!("hostile.sql"),
            database = database.name(),
        ));
        Self { database, maker }
    }

    /// A connection that looks in schema public before PostgreSQL's own, which is the worst that a path can do.
    pub(super) fn connect(&self, user: &str) -> Connection {
        let settings = self.database.settings(user) + " options='-c search_path=public,pg_catalog'";
        Server::resolve(Some(&settings), |_| None).unwrap().connect("spectrum").unwrap()
    }

    /// One that has the path of every new database.
    pub(super) fn connect_by_default(&self, user: &str) -> Connection {
        self.database.server_as(user).connect("spectrum").unwrap()
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        // The role is the server's, and outlives the database. A test that has failed may have sessions open.
        if !std::thread::panicking() {
            self.database.run(&format!("DROP OWNED BY {0} CASCADE; DROP ROLE {0};", self.maker));
        }
    }
}
