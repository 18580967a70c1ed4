//! What notes changes in mode incremental: functions in the deployment's schema, and triggers on the events.

use postgres::GenericClient;
use spectrum_sql::postgres::{Function, capture_functions_of};
use spectrum_sql::{TableName, identifier};

use crate::catalog::{Kind, unlogged};
use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::record::Record;

/// What is there of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capture {
    /// The functions behind the triggers, and the one that refreshes.
    pub(crate) functions: Vec<TableName>,
    /// The same functions as they are written.
    pub(crate) standing: Vec<Written>,
    pub(crate) triggers: Vec<Trigger>,
    /// Functions that have one of the names and that Spectrum did not make.
    foreign: Vec<TableName>,
}

/// A function as the catalog has it.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) name: TableName,
    body: String,
    pub(crate) config: Vec<String>,
    /// Whether it runs with its owner's rights, in plpgsql.
    is_as_made: bool,
}

impl Written {
    fn is(&self, wanted: &Function) -> bool {
        self.name == wanted.name
            && self.body == wanted.body
            && self.config == wanted.config()
            && self.is_as_made
    }
}

/// A trigger on the events or on a table that was a partition of them.
#[derive(Clone, Debug)]
pub(crate) struct Trigger {
    pub(crate) table: TableName,
    pub(crate) name: String,
    /// When it fires: the letter of `pg_trigger.tgenabled`, which is `D` after ALTER TABLE ... DISABLE TRIGGER.
    pub(crate) fires: char,
    /// Whether its table is below another.
    is_below: bool,
}

impl Capture {
    /// Looks for it.
    pub(crate) fn find(client: &mut impl GenericClient, deployment: &Deployment) -> Result<Self> {
        let wanted: Vec<TableName> = capture_functions_of(&deployment.changes())
            .into_iter()
            .chain([deployment.refresh_function()])
            .collect();
        let names: Vec<&str> = wanted.iter().map(TableName::name).collect();
        let rows = client
            .query(
                "SELECT p.oid, p.proname::text, obj_description(p.oid, 'pg_proc'), p.prosrc,
                        COALESCE(p.proconfig, '{}'), p.prosecdef AND l.lanname = 'plpgsql'
                 FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                 JOIN pg_catalog.pg_language l ON l.oid = p.prolang
                 WHERE n.nspname = $1::text AND p.proname = ANY($2::text[]) AND p.pronargs = 0
                 ORDER BY p.proname",
                &[&deployment.names.schema, &names],
            )
            .while_doing("looking for functions")?;
        let mut capture = Self::default();
        let mut oids = Vec::<u32>::new();
        for row in &rows {
            let name = deployment.changes().beside(row.get::<_, &str>(1));
            let record = row.get::<_, Option<&str>>(2).map(Record::read).transpose();
            match record.map_err(|unread| unread.on(format_args!("{name}()")))?.flatten() {
                Some(_) => {
                    oids.push(row.get(0));
                    capture.functions.push(name.clone());
                    capture.standing.push(Written {
                        name,
                        body: row.get(3),
                        config: row.get(4),
                        is_as_made: row.get(5),
                    });
                }
                None => capture.foreign.push(name),
            }
        }
        capture.triggers = triggers(client, &oids)?;
        Ok(capture)
    }

    /// Whether a function stands there, and is not what `wanted` is: one of another version, or changed by hand.
    pub(crate) fn is_outdated(&self, wanted: &Function) -> bool {
        let same_name = self.standing.iter().find(|written| written.name == wanted.name);
        same_name.is_some_and(|written| !written.is(wanted))
    }

    /// Refuses to take a name that another function has.
    ///
    /// # Errors
    /// [`PgError::Refused`] with the remedy.
    pub(crate) fn refuse_foreign(&self) -> Result<()> {
        match self.foreign.first() {
            None => Ok(()),
            Some(name) => Err(PgError::Refused(format!(
                "{name}() is a function that Spectrum did not make, so it stays as it is; rename it, or choose another \
                 name with refresh_function or changes under [postgres] in spectrum.toml. If it is Spectrum's and lost its comment, \
                 spectrum deploy --adopt looks whether it is what the definition gives, and takes it"
            ))),
        }
    }

    /// The tables with triggers that are below no other table.
    pub(crate) fn roots(&self) -> Vec<TableName> {
        let mut roots: Vec<TableName> =
            self.triggers.iter().filter(|t| !t.is_below).map(|t| t.table.clone()).collect();
        roots.dedup();
        roots
    }

    /// Locks the tables with triggers as dropping these does, with what it does; `None` when there are none. Each table
    /// comes before those below it, as for whoever reads or writes them, so that nobody waits in a circle.
    pub(crate) fn lock(&self) -> Option<(String, String)> {
        let mut tables: Vec<&TableName> = Vec::new();
        for trigger in
            [false, true].iter().flat_map(|below| self.triggers.iter().filter(move |t| t.is_below == *below))
        {
            if !tables.contains(&&trigger.table) {
                tables.push(&trigger.table);
            }
        }
        let first = tables.first()?;
        let does = match tables.len() - 1 {
            0 => format!("locking {first}"),
            1 => format!("locking {first} and one table more"),
            more => format!("locking {first} and {more} tables more"),
        };
        let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
        Some((does, format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", names.join(", "))))
    }

    /// The statements that do away with what notes changes, and leave the function that refreshes.
    pub(crate) fn removal_of_capture(&self, refresh: &TableName) -> Vec<(String, String)> {
        let functions = self.functions.iter().filter(|name| *name != refresh).cloned().collect();
        Self { functions, ..self.clone() }.removal()
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
            "SELECT n.nspname::text, c.relname::text, t.tgname::text, t.tgenabled::text,
                    EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
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
            fires: row.get::<_, &str>(3).chars().next()?,
            is_below: row.get(4),
        })
    };
    Ok(rows.iter().filter_map(trigger).collect())
}

/// The statements that put the triggers on the events table and on all that is below it, each with what it does.
pub(crate) fn capture_triggers(fit: &Fit) -> Vec<(String, String)> {
    let whole = (&fit.events.name, fit.events.kind);
    let tables = [whole].into_iter().chain(fit.below.iter().map(|below| (&below.table, below.kind)));
    tables.map(|(table, kind)| capture_triggers_on(fit, table, kind)).collect()
}

/// The same for one of these tables.
pub(crate) fn capture_triggers_on(fit: &Fit, table: &TableName, kind: Kind) -> (String, String) {
    let events = fit.query();
    let statements = fit.incremental(&events).capture_triggers(table, kind == Kind::Partitioned);
    (format!("watching {table}"), statements.join(";\n"))
}

/// The statement that keeps writers of the events out until triggers are on all tables of them, with what it does. It
/// comes first in its transaction, so that nobody who holds a lesser lock of that is waited for in a circle.
pub(crate) fn lock_writers(fit: &Fit) -> (String, String) {
    let table = &fit.events.name;
    (format!("waiting for writers of {table}"), format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
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
    let unlogged = unlogged(client, events.oid)?;
    let mut obstacles: Vec<String> =
        unlogged.into_iter().map(|table| format!("{table}, or {instead}")).collect();
    if !row.get::<_, bool>(0) {
        let (owner, us) = (identifier(row.get(1)), identifier(row.get(2)));
        obstacles.push(format!(
            "mode incremental puts triggers on {}, which its owner {owner} may and this role may not; connect as {owner}, or \
             GRANT {owner} TO {us}, or {instead}",
            events.name
        ));
    }
    obstacles.extend(unseen(fit).map(|column| {
        format!(
            "column '{column}' of {} is GENERATED ... VIRTUAL, whose values triggers do not see; drop it and add it again as \
             STORED, or {instead}",
            events.name
        )
    }));
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

/// The columns of the deployment that are computed when they are read. To a trigger they are NULL.
fn unseen(fit: &Fit) -> impl Iterator<Item = &str> {
    let definition = &fit.deployment.definition;
    let ours = definition.key().iter().map(String::as_str).chain([definition.time(), definition.event_id()]);
    let ours = ours.chain(fit.deployment.carried.iter().map(String::as_str));
    ours.filter(|name| fit.column(name).is_some_and(|column| column.is_virtual))
}
