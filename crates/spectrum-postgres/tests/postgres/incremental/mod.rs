//! Mode incremental on a real server: whatever is done to the events, the maintained tables are what the reference SQL
//! gives.

mod busy;
mod callers;
mod concurrent;
mod counts;
mod generated;
mod history;
mod inherited;
mod isolation;
mod kept;
mod lasting;
mod names;
mod operations;
pub(crate) mod partitions;
mod random;
mod replication;
mod shape;
mod times;
mod types;
mod written;

use spectrum_core::{DefinitionBuilder, SessionDefinition};
use spectrum_postgres::{
    CheckName, Connection, DeployOptions, Deployment, Mode, Stop, VerifyOptions, deploy, verify,
};
use spectrum_sql::TableName;
use spectrum_sql::postgres::{Events, KeyComparison, TimeSubtraction, sessions_query, summary_query};

use crate::refresh::Database;

/// A deployment in mode incremental, and the reference to hold it against.
pub(crate) struct Maintained {
    pub(crate) deployment: Deployment,
    /// Where the events of the reference stand, if not in the events table.
    pub(crate) reference: Option<TableName>,
    time: TimeSubtraction,
    key: Vec<KeyComparison>,
}

/// A deployment of a definition that differs from the default.
pub(crate) fn defined(change: impl FnOnce(DefinitionBuilder) -> DefinitionBuilder) -> Deployment {
    let definition = change(SessionDefinition::builder()).build().unwrap();
    let plain = Deployment::new(SessionDefinition::default()).unwrap();
    Deployment { mode: Mode::Incremental, definition, ..plain }
}

impl Maintained {
    /// Deploys over timestamps and keys that are compared as they are written.
    pub(crate) fn deploy(database: &Database, deployment: Deployment) -> Self {
        let key = vec![KeyComparison::Plain; deployment.definition.key().len()];
        Self::deploy_typed(database, deployment, TimeSubtraction::Timestamp, key)
    }

    /// Deploys.
    pub(crate) fn deploy_typed(
        database: &Database,
        deployment: Deployment,
        time: TimeSubtraction,
        key: Vec<KeyComparison>,
    ) -> Self {
        let options = DeployOptions { create_index: true, ..DeployOptions::default() };
        deploy(&mut database.connect(), &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
        Self { deployment, reference: None, time, key }
    }

    /// A call of the function that refreshes.
    pub(crate) fn refresh_sql(&self) -> String {
        format!("SELECT * FROM {}()", self.deployment.refresh_function())
    }

    /// Refreshes and compares.
    pub(crate) fn refresh(&self, client: &mut Connection) {
        client.batch_execute(&self.refresh_sql()).unwrap();
        assert_eq!(self.differing(client), Vec::<String>::new());
    }

    /// Rows, as text, that only one of the reference and the maintained tables has; a few of each.
    pub(crate) fn differing(&self, client: &mut Connection) -> Vec<String> {
        self.differing_by(client, &self.deployment.definition)
    }

    /// [`Self::differing`] from the reference of another definition.
    pub(crate) fn differing_by(
        &self,
        client: &mut Connection,
        definition: &SessionDefinition,
    ) -> Vec<String> {
        let deployment = &self.deployment;
        if deployment.definition.id().needs_memory() {
            // Which ids follow from what came before, a verification knows.
            let options = VerifyOptions {
                allowed: vec![CheckName::Future, CheckName::Bound],
                ..VerifyOptions::default()
            };
            let report = verify(client, deployment, &options, &mut |_| ()).unwrap();
            let bad = report.checks.iter().filter(|check| !check.holds());
            return bad.map(|check| format!("{}: {}", check.name, check.words)).collect();
        }
        let events = self.events(definition);
        let (sessions, summary) = (deployment.sessions(), deployment.summary());
        let mut differing = Vec::new();
        for (query, relation) in
            [(sessions_query(&events), &sessions), (summary_query(&events, &sessions), &summary)]
        {
            // Rows as text: equal values can look different, and json has no equality at all.
            let (wanted, there) = (
                format!("SELECT wanted_row::text FROM (\n{query}) AS wanted_row"),
                format!("SELECT there_row::text FROM {relation} AS there_row"),
            );
            let sql = format!(
                "(SELECT 'missing ' || x FROM (({wanted}) EXCEPT ALL ({there})) AS missing (x) LIMIT 5)
                 UNION ALL (SELECT 'extra ' || x FROM (({there}) EXCEPT ALL ({wanted})) AS extra (x) LIMIT 5)"
            );
            let rows = client.query(&sql, &[]).unwrap();
            differing.extend(rows.iter().map(|row| format!("{relation}: {}", row.get::<_, &str>(0))));
        }
        differing
    }

    /// The events that the reference reads.
    fn events<'a>(&'a self, definition: &'a SessionDefinition) -> Events<'a> {
        let deployment = &self.deployment;
        let table = self.reference.as_ref().unwrap_or(&deployment.events);
        Events::new(definition, table.clone())
            .typed(self.time, self.key.clone())
            .carrying(&deployment.carried)
            .without_null_times(deployment.without_null_times)
    }

    /// The summary as the view's SQL has it of the events and the sessions.
    pub(crate) fn summary_sql(&self) -> String {
        summary_query(&self.events(&self.deployment.definition), &self.deployment.sessions())
    }

    /// How many notes wait.
    pub(crate) fn notes(&self, client: &mut Connection) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {}", self.deployment.changes());
        client.query_one(&sql, &[]).unwrap().get(0)
    }
}
