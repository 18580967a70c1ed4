//! `deploy` on a real server: a database a test.

mod adopted;
mod exchanged;
pub(crate) mod incremental;
mod index;
mod interrupted;
mod misfits;
mod names;
mod numbers;
mod published;
mod reference;
mod rules;
mod summary_columns;
mod swapped;
mod types;

use spectrum_core::SessionDefinition;
use spectrum_postgres::{DeployOptions, DeployReport, Deployment, PgError, Stop, deploy};
use spectrum_sql::TableName;
use spectrum_testkit::PrivatePostgres;

pub(crate) use crate::refresh::Database;

/// A database with some events and nothing deployed. Users u1 and u2, in three sessions.
pub(crate) fn events() -> Database {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, event_type text,
                                             occurred_at timestamptz);
         INSERT INTO warehouse.fact_events VALUES
           ('e1', 'u1', 'a', 'view', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', 'click', '2026-01-01 10:10Z'),
           ('e3', 'u1', 'a', 'view', '2026-01-01 12:00Z'), ('e4', 'u2', 'a', 'view', '2026-01-01 10:00Z');",
    );
    database
}

pub(crate) fn definition(
    change: impl FnOnce(spectrum_core::DefinitionBuilder) -> spectrum_core::DefinitionBuilder,
) -> Deployment {
    Deployment::new(change(SessionDefinition::builder()).build().unwrap()).unwrap()
}

/// The same over another events table.
pub(crate) fn on_table(table: &str, deployment: Deployment) -> Deployment {
    Deployment { events: TableName::parse(table).unwrap(), ..deployment }
}

impl Database {
    pub(crate) fn try_deploy(&self, deployment: &Deployment) -> Result<DeployReport, PgError> {
        deploy(&mut self.connect(), deployment, &DeployOptions::default(), &Stop::default(), &mut |_| ())
    }

    pub(crate) fn deploy(&self, deployment: &Deployment) -> DeployReport {
        self.try_deploy(deployment).unwrap()
    }

    /// Why a deployment is refused; nothing of it must be there afterwards.
    pub(crate) fn refusal(&self, deployment: &Deployment) -> String {
        let before = self.everything();
        let refusal = self.try_deploy(deployment).unwrap_err().to_string();
        assert_eq!(self.everything(), before, "a refused deployment left something");
        refusal
    }

    /// All relations and schemas that are not PostgreSQL's own.
    pub(crate) fn everything(&self) -> String {
        self.run(
            "SELECT n.nspname, c.relname, c.relkind, c.oid FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid
             WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2, 3;",
        )
    }
}
