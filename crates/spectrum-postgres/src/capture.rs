//! What notes changes in mode incremental: functions in the deployment's schema, and triggers on the events.

use postgres::GenericClient;
use spectrum_sql::postgres::capture_functions_of;
use spectrum_sql::{TableName, identifier};

use crate::catalog::Kind;
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::record::Record;

/// What is there of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capture {
    /// The functions behind the triggers, and the one that refreshes.
    pub(crate) functions: Vec<TableName>,
    pub(crate) triggers: Vec<Trigger>,
}

/// A trigger on the events or on a table that was a partition of them.
#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    pub(crate) table: TableName,
    pub(crate) name: String,
    /// False after ALTER TABLE ... DISABLE TRIGGER.
    pub(crate) enabled: bool,
}

impl Capture {
    /// Looks for it.
    ///
    /// # Errors
    /// [`PgError::Refused`] when a function that Spectrum did not make has one of the names.
    pub(crate) fn find(client: &mut impl GenericClient, deployment: &Deployment) -> Result<Self> {
        let wanted: Vec<TableName> = capture_functions_of(&deployment.changes())
            .into_iter()
            .chain([deployment.refresh_function()])
            .collect();
        let names: Vec<&str> = wanted.iter().map(TableName::name).collect();
        let rows = client
            .query(
                "SELECT p.oid, p.proname::text, obj_description(p.oid, 'pg_proc')
                 FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                 WHERE n.nspname = $1::text AND p.proname = ANY($2::text[]) AND p.pronargs = 0
                 ORDER BY p.proname",
                &[&deployment.names.schema, &names],
            )
            .while_doing("looking for functions")?;
        let mut functions = Vec::new();
        for row in &rows {
            let name = deployment.changes().beside(row.get::<_, &str>(1));
            if row.get::<_, Option<&str>>(2).and_then(Record::read).is_none() {
                return Err(PgError::Refused(format!(
                    "{name}() is a function that Spectrum did not make, so it stays as it is; rename it, or choose another \
                     name with refresh_function or changes under [postgres] in spectrum.toml"
                )));
            }
            functions.push(name);
        }
        let oids: Vec<u32> = rows.iter().map(|row| row.get(0)).collect();
        Ok(Self { functions, triggers: triggers(client, &oids)? })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }

    /// The statements that do away with it, triggers first, each with what goes.
    pub(crate) fn removal(&self) -> Vec<(String, String)> {
        let triggers = self.triggers.iter().map(|trigger| {
            let (name, table) = (identifier(&trigger.name), &trigger.table);
            (format!("trigger {name} on {table}"), format!("DROP TRIGGER {name} ON {table}"))
        });
        let functions = self
            .functions
            .iter()
            .map(|name| (format!("function {name}()"), format!("DROP FUNCTION {name}()")));
        triggers.chain(functions).collect()
    }
}

fn triggers(client: &mut impl GenericClient, functions: &[u32]) -> Result<Vec<Trigger>> {
    let rows = client
        .query(
            "SELECT n.nspname::text, c.relname::text, t.tgname::text, t.tgenabled <> 'D'
             FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE t.tgfoid = ANY($1) ORDER BY 1, 2, 3",
            &[&functions],
        )
        .while_doing("looking for triggers")?;
    let trigger = |row: &postgres::Row| {
        Some(Trigger {
            table: TableName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)).ok()?,
            name: row.get(2),
            enabled: row.get(3),
        })
    };
    Ok(rows.iter().filter_map(trigger).collect())
}

/// The statements that put the triggers on the events table and on all that is below it, each with what it does.
pub(crate) fn capture_triggers(fit: &Fit) -> Vec<(String, String)> {
    let events = fit.query();
    let incremental = fit.incremental(&events);
    let whole = (&fit.events.name, fit.events.kind);
    let tables = [whole].into_iter().chain(fit.below.iter().map(|below| (&below.table, below.kind)));
    tables
        .map(|(table, kind)| {
            let statements = incremental.capture_triggers(table, kind == Kind::Partitioned);
            (format!("watching {table}"), statements.join(";\n"))
        })
        .collect()
}

/// What stands in the way of triggers, in words; nothing when they can be made.
pub(crate) fn obstacles(client: &mut impl GenericClient, fit: &Fit) -> Result<Vec<String>> {
    let events = &fit.events;
    let instead = "deploy with --mode view";
    if !matches!(events.kind, Kind::Table | Kind::Partitioned) {
        return Ok(vec![format!(
            "{} is {}, and mode incremental needs triggers that only tables have; deploy on the table, or {instead}",
            events.name,
            events.kind.words()
        )]);
    }
    let row = client
        .query_one(
            "SELECT pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner)::text, current_user::text
             FROM pg_catalog.pg_class c WHERE c.oid = $1",
            &[&events.oid],
        )
        .while_doing("reading privileges")?;
    let mut obstacles = Vec::new();
    if !row.get::<_, bool>(0) {
        let (owner, us) = (identifier(row.get(1)), identifier(row.get(2)));
        obstacles.push(format!(
            "mode incremental puts triggers on {}, which its owner {owner} may and this role may not; connect as {owner}, or \
             GRANT {owner} TO {us}, or {instead}",
            events.name
        ));
    }
    let foreign = fit.below.iter().filter(|below| !matches!(below.kind, Kind::Table | Kind::Partitioned));
    obstacles.extend(foreign.map(|below| {
        format!(
            "{} is {}, on which nothing notes changes; detach it, or {instead}",
            below.table,
            below.kind.words()
        )
    }));
    let others = fit.below.iter().filter(|below| !below.is_ours && row.get::<_, bool>(0));
    obstacles.extend(others.map(|below| {
        format!(
            "{} belongs to another role than {}; ALTER TABLE {0} OWNER TO that of {1}",
            below.table, events.name
        )
    }));
    Ok(obstacles)
}
