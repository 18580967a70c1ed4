//! Columns of the events that are not what they were when the sessions were deployed: renamed, dropped, of another type.
//!
//! A writer must not fail for it, and a refresh must not go on as if nothing had happened: values of another type would
//! be rounded, cut, or compared as something else.

use spectrum_core::SessionDefinition;

use super::Incremental;
use crate::postgres::ruled_columns;
use crate::quote::{identifier, literal};

/// A column of the events as the triggers read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventColumn {
    /// Its name.
    pub name: String,
    /// Its type's oid.
    pub type_oid: u32,
    /// Its type's name with its schema, as SQL.
    pub type_name: String,
}

/// What a trigger function looks at to know the columns.
#[derive(Clone, Copy)]
pub(super) enum Written<'a> {
    /// The row of the trigger.
    Row,
    /// A transition table, which must have these columns besides.
    Rows(&'a str, &'a [String]),
    /// A transition table, and the statement that notes all of it where it is one row, `met`.
    Perhaps(&'a str, &'a str),
}

/// Oids from here on are given anew when a database is restored.
const FIRST_OF_USERS: u32 = 16_384;

impl Incremental<'_> {
    /// Notes that every key has to be looked at, and ends the function, where what was `written` does not have the columns of
    /// the types that they had. It looks no name up but in `pg_catalog`.
    ///
    /// The types of the columns say enough. It costs a single insert some three microseconds of 85, and the row that is read
    /// on this occasion spares it more. The block's subtransaction writes nothing, so it takes no number of its own, of which
    /// a transaction should not have many.
    pub(super) fn unless_understood(&self, written: Written<'_>) -> String {
        if self.columns.is_empty() {
            return String::new();
        }
        let own = &self.own;
        let names = |others: &[String]| {
            let names = self.columns.iter().map(|column| &column.name).chain(others);
            names.map(|name| identifier(name)).collect::<Vec<_>>().join(", ")
        };
        let more = self.events.own_name("more");
        let typed = self.columns.iter().map(|column| {
            let ty = match column.type_oid {
                oid if oid < FIRST_OF_USERS => format!("{oid}::pg_catalog.oid"),
                _ => format!("pg_catalog.to_regtype({})", literal(&column.type_name)),
            };
            format!("pg_catalog.pg_typeof(met.{}) OPERATOR(pg_catalog.=) {ty}", identifier(&column.name))
        });
        let typed: Vec<String> = typed.collect();
        format!(
            "  DECLARE
    met record;
    is_known boolean := false;
  BEGIN
    BEGIN
      {meet}
      is_known := {typed};
    EXCEPTION WHEN undefined_column OR datatype_mismatch THEN is_known := false;
    END;
    IF is_known IS NOT TRUE THEN
      INSERT INTO {changes} ({everything}, {timeless}) VALUES (true, true);
      RETURN NULL;
    END IF;
{one}  END;
",
            meet = match written {
                Written::Row => "IF TG_OP = 'DELETE' THEN met := OLD; ELSE met := NEW; END IF;".to_owned(),
                Written::Rows(table, others) =>
                    format!("SELECT {} INTO met FROM {table} LIMIT 0;", names(others)),
                Written::Perhaps(table, _) => format!(
                    "SELECT {}, EXISTS (SELECT FROM {table} OFFSET 1) AS {more} INTO met FROM {table} LIMIT 1;",
                    names(&[])
                ),
            },
            one = match written {
                Written::Row | Written::Rows(..) => String::new(),
                Written::Perhaps(_, note) => format!(
                    "    IF NOT met.{more} THEN
      {note}
      RETURN NULL;
    END IF;
"
                ),
            },
            typed = typed.join("\n        AND "),
            changes = self.names.changes,
            everything = own.everything,
            timeless = own.timeless,
        )
    }

    /// Refuses to refresh where a column of the events has another name or type than that of the sessions, or than it had
    /// when the rule that reads it was deployed.
    pub(super) fn refuse_changed_columns(&self) -> String {
        let (events, sessions) =
            (literal(&self.events.table.to_string()), literal(&self.names.sessions.to_string()));
        let compared = changed_columns(&events, &sessions, self.events.definition);
        let was = "pg_catalog.format_type(s.atttypid, s.atttypmod)";
        let mut checks = vec![self.refuse_misfit("s.attname", was, &compared)];
        if !self.rule_columns.is_empty() {
            let known =
                self.rule_columns.iter().map(|(name, ty)| format!("({}, {})", literal(name), literal(ty)));
            let compared = format!(
                "(VALUES {}) AS r (name, type)
  LEFT JOIN pg_catalog.pg_attribute e
    ON e.attrelid = {events}::pg_catalog.regclass AND e.attname = r.name AND e.attnum > 0 AND NOT e.attisdropped
  WHERE e.attname IS NULL OR pg_catalog.format_type(e.atttypid, e.atttypmod) <> r.type",
                known.collect::<Vec<_>>().join(", ")
            );
            checks.push(self.refuse_misfit("r.name", "r.type", &compared));
        }
        checks.join("\n")
    }

    /// Refuses to refresh where `compared` finds a `column` of the events (`e`) that `was` otherwise.
    fn refuse_misfit(&self, column: &str, was: &str, compared: &str) -> String {
        let events = self.events.table.to_string();
        format!(
            "  SELECT CASE WHEN e.attname IS NULL THEN {gone} || pg_catalog.quote_ident({column})
              ELSE pg_catalog.format({changed}, {column}, pg_catalog.format_type(e.atttypid, e.atttypmod),
                                     {was}) END INTO misfit
  FROM {compared} LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = misfit,
      DETAIL = 'The sessions stay as they were, and what was noted waits.',
      HINT = 'Run spectrum deploy, which rebuilds them from the columns as they are now.';
  END IF;",
            gone = literal(&format!("{events} no longer has a column ")),
            changed = literal(&format!(
                "column %I of {} is now %s, and was %s when the sessions were deployed",
                events.replace('%', "%%")
            )),
        )
    }
}

/// What follows FROM, with WHERE and ORDER BY, for the columns of the sessions (`s`) that the events (`e`) no
/// longer have or have with another type, both from `pg_attribute`. `events` and `sessions` are SQL of
/// `regclass`; the sessions were `made_by` a definition.
pub fn changed_columns(events: &str, sessions: &str, made_by: &SessionDefinition) -> String {
    let of_rule = ruled_columns(made_by).iter().map(|(name, _)| *name);
    let added: Vec<String> = std::iter::once("session_id").chain(of_rule).map(literal).collect();
    let added = match added.as_slice() {
        [id] => format!("<> {id}"),
        several => format!("NOT IN ({})", several.join(", ")),
    };
    format!(
        "pg_catalog.pg_attribute s
  LEFT JOIN pg_catalog.pg_attribute e
    ON e.attrelid = {events}::pg_catalog.regclass AND e.attname = s.attname AND e.attnum > 0 AND NOT e.attisdropped
  WHERE s.attrelid = {sessions}::pg_catalog.regclass AND s.attnum > 0 AND NOT s.attisdropped AND s.attname {added}
    AND (e.attname IS NULL OR e.atttypid <> s.atttypid OR e.atttypmod <> s.atttypmod OR e.attcollation <> s.attcollation)
  ORDER BY s.attnum"
    )
}
