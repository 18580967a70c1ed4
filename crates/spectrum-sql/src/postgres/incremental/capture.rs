//! Triggers that note which keys a statement touched, and from which time on.

use super::super::events::KeyType;
use super::Incremental;
use crate::name::TableName;
use crate::quote::{identifier, literal};

/// What is noted, and for which statements: suffix of the names, event, transition tables.
const STATEMENTS: [(&str, &str, &str); 4] = [
    ("inserted", "INSERT", "REFERENCING NEW TABLE AS added "),
    ("deleted", "DELETE", "REFERENCING OLD TABLE AS removed "),
    ("updated", "UPDATE", "REFERENCING OLD TABLE AS removed NEW TABLE AS added "),
    ("truncated", "TRUNCATE", ""),
];

impl Incremental<'_> {
    /// The trigger functions, a statement each. They run with the rights of their owner, so that writers of events
    /// need none on the notes.
    pub fn capture_functions(&self) -> Vec<String> {
        let own = self.own();
        let (key, time) = (self.events.key_list(), self.events.time_name());
        let changes = &self.names.changes;
        // An event without a time is in no session. Where that is not what was asked for, a refresh has to look.
        let (filter, timeless) = match self.events.without_null_times {
            true => (format!(" WHERE {time} IS NOT NULL"), format!("NOT pg_catalog.isfinite({time})")),
            false => (String::new(), format!("({time} IS NULL OR NOT pg_catalog.isfinite({time}))")),
        };
        let note = |rows: &str| {
            format!(
                "INSERT INTO {changes} ({key}, {}, {})
  SELECT {key}, pg_catalog.min({time}), pg_catalog.bool_or({timeless}) FROM {rows}{filter} GROUP BY {key}",
                own.since, own.timeless
            )
        };
        let compared = self.compared();
        let changed = format!(
            "(((SELECT {compared} FROM removed) EXCEPT ALL (SELECT {compared} FROM added))
        UNION ALL ((SELECT {compared} FROM added) EXCEPT ALL (SELECT {compared} FROM removed))) AS changed"
        );
        let everything = format!("INSERT INTO {changes} ({}) VALUES (true)", own.everything);
        let mut functions: Vec<String> = [
            ("inserted", note("added")),
            ("deleted", note("removed")),
            ("updated", note(&changed)),
            ("truncated", everything),
        ]
        .iter()
        .map(|(what, statement)| self.capture_function(what, statement))
        .collect();
        let row = |row: &str| format!("SELECT {}, {row}.{time}", self.key_of(row));
        functions.push(self.capture_function(
            "applied",
            &format!(
                "IF TG_OP <> 'INSERT' THEN
    {};
  END IF;
  IF TG_OP <> 'DELETE' THEN
    {};
  END IF",
                note(&format!("({}) AS removed", row("OLD"))),
                note(&format!("({}) AS added", row("NEW"))),
            ),
        ));
        functions
    }

    /// What makes an updated event another one. As text where equal values can look different, or do not compare at all
    /// as json does not.
    fn compared(&self) -> String {
        let events = self.events;
        let folded = events
            .definition
            .key()
            .iter()
            .zip(&events.key)
            .filter(|(_, ty)| **ty == KeyType::CaseInsensitive);
        let key_texts = folded.map(|(name, _)| format!(", {}::text", identifier(name)));
        let carried = events.carried.iter().map(|name| format!(", {}::text", identifier(name)));
        let texts: String = key_texts.chain(carried).collect();
        format!("{}, {}, {}{texts}", events.key_list(), events.time_name(), events.event_id_name())
    }

    fn capture_function(&self, what: &str, statement: &str) -> String {
        let path = self.search_path();
        format!(
            "\
CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = {path} AS $note$
#variable_conflict use_column
BEGIN
  {statement};
  RETURN NULL;
END $note$",
            self.capture_function_name(what)
        )
    }

    /// The triggers on one table, a statement each: the events, or a partition of them. A statement on a partitioned
    /// table fires the triggers of that table and not those of its partitions, so nothing is noted twice.
    ///
    /// What a replica applies fires no triggers of statements but TRUNCATE's (PostgreSQL's manual, "Logical
    /// Replication", "Architecture"), so there a trigger a row notes it. `partitioned` tables hold no rows of their own.
    pub fn capture_triggers(&self, table: &TableName, partitioned: bool) -> Vec<String> {
        let mut statements = Vec::new();
        for (what, statement, referencing) in STATEMENTS {
            let trigger = identifier(&self.trigger_name(what));
            statements.push(format!(
                "CREATE TRIGGER {trigger} AFTER {statement} ON {table} {referencing}FOR EACH STATEMENT EXECUTE FUNCTION {}()",
                self.capture_function_name(what)
            ));
            if what == "truncated" {
                statements.push(format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"));
            }
        }
        if !partitioned {
            let trigger = identifier(&self.trigger_name("applied"));
            statements.push(format!(
                "CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {}()",
                self.capture_function_name("applied")
            ));
            statements.push(format!("ALTER TABLE {table} ENABLE REPLICA TRIGGER {trigger}"));
        }
        statements
    }

    /// The triggers on one table, by their names.
    pub fn trigger_names(&self, partitioned: bool) -> Vec<String> {
        let statements = STATEMENTS.iter().map(|(what, ..)| *what);
        let rows = (!partitioned).then_some("applied");
        statements.chain(rows).map(|what| self.trigger_name(what)).collect()
    }

    /// The function behind the triggers of one kind.
    fn capture_function_name(&self, what: &str) -> TableName {
        function_name(&self.names.changes, what)
    }

    /// Triggers of several deployments can stand on one table.
    fn trigger_name(&self, what: &str) -> String {
        let changes = &self.names.changes;
        let schema = changes.schema().unwrap_or_default();
        changes.beside(format!("{schema}_{}", changes.name())).derived(what)
    }

    /// The statement inside a function that makes [`Self::capture_triggers`] on the table in a `regclass` variable.
    pub(super) fn capture_on(&self, variable: &str) -> String {
        // A name no table has, put in the variable's place.
        const STANDS_FOR_TABLE: &str = "spectrum_stands_for_table";
        let stand_in = self.names.changes.beside(STANDS_FOR_TABLE);
        let statements: Vec<String> = self
            .capture_triggers(&stand_in, false)
            .iter()
            .map(|statement| {
                let text = statement.replace('%', "%%").replace(&stand_in.to_string(), "%1$s");
                format!("EXECUTE pg_catalog.format({}, {variable});", literal(&text))
            })
            .collect();
        statements.join("\n      ")
    }
}

/// The names of the functions behind the triggers that note changes in the table `changes`.
pub fn capture_functions_of(changes: &TableName) -> Vec<TableName> {
    let all = STATEMENTS.iter().map(|(what, ..)| *what).chain(["applied"]);
    all.map(|what| function_name(changes, what)).collect()
}

fn function_name(changes: &TableName, what: &str) -> TableName {
    changes.beside(changes.derived(what))
}
