//! The triggers on the events and on what is below them.

use super::Incremental;
use super::capture::{APPLIED, STATEMENTS};
use crate::name::TableName;
use crate::quote::{identifier, literal};

/// A trigger as it was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaptureTrigger {
    /// Its name.
    pub name: String,
    /// When it fires, in the letters of `pg_trigger.tgenabled`: `O` for ordinary sessions, `R` for those that apply what
    /// another server did, `A` for both.
    pub fires: char,
}

/// The triggers on one table that note changes in the table `changes`.
pub fn capture_triggers_of(changes: &TableName, partitioned: bool) -> Vec<CaptureTrigger> {
    let statements =
        STATEMENTS.iter().map(|(what, ..)| (*what, if *what == "truncated" { 'A' } else { 'O' }));
    let rows = (!partitioned).then_some((APPLIED, 'R'));
    let all = statements.chain(rows);
    all.map(|(what, fires)| CaptureTrigger { name: trigger_name(changes, what), fires }).collect()
}

impl Incremental<'_> {
    /// The triggers on one table, a statement each: the events, or a partition of them. A statement on a partitioned
    /// table fires the triggers of that table and not those of its partitions, so nothing is noted twice.
    ///
    /// Changes that a replica applies fire no statement triggers except TRUNCATE's (PostgreSQL's manual,
    /// "Logical Replication", "Architecture"), so there a row trigger notes them. `partitioned` tables hold
    /// no rows of their own.
    pub fn capture_triggers(&self, table: &TableName, partitioned: bool) -> Vec<String> {
        let triggers = self.capture_statements(table).into_iter();
        triggers.filter(|(what, _)| !partitioned || *what != APPLIED).flat_map(|(_, made)| made).collect()
    }

    /// The triggers on one table, each by its kind with the statements that make it.
    fn capture_statements(&self, table: &TableName) -> Vec<(&'static str, Vec<String>)> {
        let mut triggers = Vec::new();
        for (what, statement, referencing) in STATEMENTS {
            let trigger = identifier(&self.trigger_name(what));
            let mut statements = vec![format!(
                "CREATE TRIGGER {trigger} AFTER {statement} ON {table} {referencing}FOR EACH STATEMENT EXECUTE FUNCTION {}()",
                self.capture_function_name(what)
            )];
            if what == "truncated" {
                statements.push(format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"));
            }
            triggers.push((what, statements));
        }
        let trigger = identifier(&self.trigger_name(APPLIED));
        let applied = vec![
            format!(
                "CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {}()",
                self.capture_function_name(APPLIED)
            ),
            format!("ALTER TABLE {table} ENABLE REPLICA TRIGGER {trigger}"),
        ];
        triggers.push((APPLIED, applied));
        triggers
    }

    /// The triggers on one table, by their names.
    pub fn trigger_names(&self, partitioned: bool) -> Vec<String> {
        let statements = STATEMENTS.iter().map(|(what, ..)| *what);
        let rows = (!partitioned).then_some(APPLIED);
        statements.chain(rows).map(|what| self.trigger_name(what)).collect()
    }

    /// Triggers of several deployments can stand on one table.
    fn trigger_name(&self, what: &str) -> String {
        trigger_name(&self.names.changes, what)
    }

    /// Whether the table in a `regclass` variable has all its triggers.
    pub(super) fn is_captured(&self, variable: &str) -> String {
        let names = |partitioned| {
            let names: Vec<String> =
                self.trigger_names(partitioned).iter().map(|name| literal(name)).collect();
            (names.len(), names.join(", "))
        };
        let ((all, every), (of_statements, _)) = (names(false), names(true));
        format!(
            "(SELECT COUNT(*) FROM pg_catalog.pg_trigger WHERE tgrelid = {variable} AND tgname IN ({every}))
        >= CASE WHEN (SELECT relkind FROM pg_catalog.pg_class WHERE oid = {variable}) = 'p' THEN {of_statements} ELSE {all} END"
        )
    }

    /// The statements inside a function that make [`Self::capture_triggers`] on the table in a `regclass` variable. Those
    /// that it has stay: a table that was a partition once, and is one again, has them all.
    pub(super) fn capture_on(&self, variable: &str) -> String {
        // A name no table has, put in the variable's place.
        const STANDS_FOR_TABLE: &str = "spectrum_stands_for_table";
        let stand_in = self.names.changes.beside(STANDS_FOR_TABLE);
        let mut lines = Vec::new();
        for (what, statements) in self.capture_statements(&stand_in) {
            let has_rows = match what {
                APPLIED => {
                    format!(" AND (SELECT relkind FROM pg_catalog.pg_class WHERE oid = {variable}) = 'r'")
                }
                _ => String::new(),
            };
            lines.push(format!(
                "IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = {variable} AND tgname = {}){has_rows} THEN",
                literal(&self.trigger_name(what))
            ));
            for statement in statements {
                let text = literal(&formatted(&statement, &stand_in.to_string()));
                lines.push(format!("  EXECUTE pg_catalog.format({text}, {variable});"));
            }
            lines.push("END IF;".to_owned());
        }
        lines.join("\n      ")
    }
}

/// A statement as the template of `format()`, whose first argument stands for `table`.
pub(super) fn formatted(statement: &str, table: &str) -> String {
    let parts: Vec<String> = statement.split(table).map(|part| part.replace('%', "%%")).collect();
    parts.join("%1$s")
}

fn trigger_name(changes: &TableName, what: &str) -> String {
    let schema = changes.schema().unwrap_or_default();
    changes.beside(format!("{schema}_{}", changes.name())).derived(what)
}
