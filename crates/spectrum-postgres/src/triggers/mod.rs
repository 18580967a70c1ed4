//! What notes changes in mode incremental: functions in the deployment's schema, and triggers on the events.

mod health;
mod obstacles;
mod put;

use postgres::GenericClient;
use spectrum_sql::postgres::{Function, capture_functions_of};
use spectrum_sql::{TableName, identifier};

use crate::deployment::Deployment;
use crate::error::{PgError, Result, While};
use crate::message::message;
use crate::record::Record;
use crate::remedy::{Command, Remedy};

pub(crate) use health::Health;
pub(crate) use obstacles::obstacles;
pub(crate) use put::{lock_writers, triggers_on, triggers_on_all};

/// What is there of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Triggers {
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

impl Triggers {
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
        let mut found = Self::default();
        let mut oids = Vec::<u32>::new();
        for row in &rows {
            let name = deployment.changes().beside(row.get::<_, &str>(1));
            let record = row.get::<_, Option<&str>>(2).map(Record::read).transpose();
            match record.map_err(|unread| unread.on(format_args!("{name}()")))?.flatten() {
                Some(_) => {
                    oids.push(row.get(0));
                    found.functions.push(name.clone());
                    found.standing.push(Written {
                        name,
                        body: row.get(3),
                        config: row.get(4),
                        is_as_made: row.get(5),
                    });
                }
                None => found.foreign.push(name),
            }
        }
        found.triggers = triggers(client, &oids)?;
        Ok(found)
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
            Some(name) => Err(PgError::refused(message![
                format!(
                    "{name}() is a function that Spectrum did not make, so it stays as it is; rename it, or choose another name \
                     with refresh_function or changes under [postgres] in spectrum.toml. If it is Spectrum's and lost its \
                     comment, "
                ),
                Remedy::run(Command::Deploy).with(Remedy::Adopt),
                " looks whether it is what the definition gives, and takes it"
            ])),
        }
    }

    /// The tables with triggers that are below no other table.
    pub(crate) fn roots(&self) -> Vec<TableName> {
        let mut roots: Vec<TableName> =
            self.triggers.iter().filter(|t| !t.is_below).map(|t| t.table.clone()).collect();
        roots.dedup();
        roots
    }

    /// Locks the tables with triggers as dropping these does, with what it does; `None` when there are none.
    /// Each table comes before those below it, as for its readers and writers, so that there is no deadlock.
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
    pub(crate) fn removal_of_triggers(&self, refresh: &TableName) -> Vec<(String, String)> {
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
