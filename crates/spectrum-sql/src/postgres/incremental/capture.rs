//! Triggers that note which keys a statement touched, and from which time on.

use super::Incremental;
use crate::name::TableName;
use crate::quote::identifier;

impl Incremental<'_> {
    /// The trigger functions. They run with the rights of their owner, so that writers of events need none on the notes.
    pub fn capture_functions(&self) -> String {
        let (key, time) = (self.events.key_list(), self.events.time_name());
        let changes = &self.changes;
        let columns = format!("{key}, {time}, {}{}", self.events.event_id_name(), self.events.carried_list());
        // An event without a time is in no session.
        let note = |rows: &str| {
            format!(
                "INSERT INTO {changes} SELECT {key}, MIN({time}), false FROM {rows} WHERE {time} IS NOT NULL GROUP BY {key}"
            )
        };
        let changed = format!(
            "((SELECT {columns} FROM removed EXCEPT ALL SELECT {columns} FROM added)
         UNION ALL (SELECT {columns} FROM added EXCEPT ALL SELECT {columns} FROM removed)) AS changed"
        );
        [
            ("inserted", note("added")),
            ("deleted", note("removed")),
            ("updated", note(&changed)),
            ("truncated", format!("INSERT INTO {changes} (everything) VALUES (true)")),
        ]
        .iter()
        .map(|(what, statement)| {
            format!(
                "\
CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $note$
BEGIN
  {statement};
  RETURN NULL;
END $note$",
                self.capture_function(what)
            )
        })
        .collect::<Vec<_>>()
        .join(";\n")
    }

    /// The triggers on one table: the events, or a partition of them. A statement on a partitioned table fires the
    /// triggers of that table and not those of its partitions, so nothing is noted twice.
    pub fn capture_triggers(&self, table: &TableName) -> String {
        [
            ("inserted", "INSERT", "REFERENCING NEW TABLE AS added "),
            ("deleted", "DELETE", "REFERENCING OLD TABLE AS removed "),
            ("updated", "UPDATE", "REFERENCING OLD TABLE AS removed NEW TABLE AS added "),
            ("truncated", "TRUNCATE", ""),
        ]
        .iter()
        .map(|(what, statement, referencing)| {
            let trigger = identifier(&format!("spectrum_{what}"));
            // ALWAYS: also when a replica applies what a publisher sends.
            format!(
                "CREATE TRIGGER {trigger} AFTER {statement} ON {table} {referencing}FOR EACH STATEMENT EXECUTE FUNCTION {}();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}",
                self.capture_function(what)
            )
        })
        .collect::<Vec<_>>()
        .join(";\n")
    }

    fn capture_function(&self, what: &str) -> TableName {
        self.changes.beside(format!("spectrum_note_{what}"))
    }
}
