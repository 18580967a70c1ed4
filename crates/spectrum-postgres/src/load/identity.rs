//! What events are told apart by: copies of an event, and different events that share an id.
//!
//! A copy has the key and the time of the other event too, and may be left out. An event of another key or at another
//! time is lost if it is left out, so it is named.

use postgres::GenericClient;
use spectrum_sql::{identifier, literal};

use super::LoadOptions;
use super::counted::Counted;
use super::events_table::{Column, EventsTable, STAGING};
use crate::error::{PgError, Result, While};
use crate::message::message;
use crate::remedy::{ColumnRole, Remedy};

/// How many examples a message shows.
const EXAMPLES: usize = 2;

/// The columns that events are compared by.
pub(super) struct Identity<'a> {
    table: &'a EventsTable,
    id: &'a Column,
    /// Two events that are equal in these are one to the table: those of its unique index, or the id alone.
    same: Vec<&'a Column>,
    /// The key and the time, as far as the files have them.
    compared: Vec<&'a Column>,
}

impl<'a> Identity<'a> {
    /// `given` tells which columns any file had. `None` where none had the id, so that the server makes it.
    pub(super) fn of(table: &'a EventsTable, options: &LoadOptions, given: &[bool]) -> Option<Self> {
        let definition = &options.definition;
        let column = |name: &str| {
            let place = table.place(name)?;
            given[place].then(|| &table.columns[place])
        };
        let id = column(definition.event_id())?;
        let own = match (&table.unique, table.is_new) {
            // The primary key that it gets in the end.
            (_, true) => Some(vec![id, column(definition.time())?]),
            (Some(unique), false) => unique.iter().map(|name| column(name)).collect(),
            (None, false) => None,
        };
        let compared = definition.key().iter().map(String::as_str).chain([definition.time()]);
        Some(Self {
            table,
            id,
            same: own.unwrap_or_else(|| vec![id]),
            compared: compared.filter_map(column).collect(),
        })
    }

    /// Takes all but the first of the events that are one to the table out of the staging table. Events without an id are
    /// not copies of each other. It gives how many went, and how many of these were not copies.
    pub(super) fn take_copies_out(&self) -> String {
        let list: Vec<String> = self.same.iter().map(|column| identifier(&column.name)).collect();
        let list = list.join(", ");
        let equal: Vec<String> = self
            .same
            .iter()
            .map(|column| {
                let name = identifier(&column.name);
                format!("s.{name} = copies.{name}")
            })
            .collect();
        let returned: String = self
            .compared
            .iter()
            .enumerate()
            .map(|(at, column)| format!(", {} AS c{at}", column.comparable("s")))
            .collect();
        let differs = self.differs(|at, _| format!("gone.c{at}"), |_, column| column.comparable("kept"));
        format!(
            "WITH gone AS (\n  DELETE FROM {STAGING} AS s USING (\n    SELECT {list}, (array_agg(ctid ORDER BY ctid))[1] AS \
             first\n    FROM {STAGING} WHERE {} IS NOT NULL GROUP BY {list} HAVING count(*) > 1) AS copies\n  WHERE {} AND \
             s.ctid <> copies.first\n  RETURNING copies.first{returned})\nSELECT count(*), count(*) FILTER (WHERE {differs})\n\
             FROM gone JOIN {STAGING} AS kept ON kept.ctid = gone.first",
            identifier(&self.id.name),
            equal.join(" AND "),
        )
    }

    /// The staged events that the table has not got: their id, what they are, and how many there are.
    pub(super) fn lost(&self) -> String {
        let (name, id) = (&self.table.relation.name, self.id);
        format!(
            "SELECT s.{}::text, {}, count(*) OVER ()\nFROM {}\nWHERE s.{0} IS NOT NULL AND NOT EXISTS (\n  SELECT FROM {name} AS \
             t WHERE {} = {} AND NOT ({}))\nLIMIT {EXAMPLES}",
            identifier(&id.name),
            self.described("s"),
            self.table.staged(),
            id.comparable("t"),
            id.comparable("s"),
            self.differs(|_, column| column.comparable("t"), |_, column| column.comparable("s")),
        )
    }

    /// Why a load would lose events. The staging table holds all of them, and the table those from before.
    pub(super) fn refusal(
        &self,
        client: &mut impl GenericClient,
        counted: &Counted,
        lost: &[(String, String)],
        lost_in_all: u64,
    ) -> Result<PgError> {
        let (name, id) = (&self.table.relation.name, &self.id.name);
        let rows = client.query(&self.different(), &[]).while_doing("looking for ids of different events")?;
        let at = |number: Option<i64>| match number {
            Some(number) => counted.place(Some(number.unsigned_abs())),
            None => name.to_string(),
        };
        let examples: Vec<String> = rows
            .iter()
            .map(|row| {
                format!(
                    "'{}' is {} in {}, and {} in {}",
                    row.get::<_, &str>(0),
                    row.get::<_, &str>(4),
                    at(row.get(3)),
                    row.get::<_, &str>(2),
                    at(row.get(1))
                )
            })
            .collect();
        let Some(first) = rows.first() else {
            let examples: Vec<String> = lost.iter().map(|(id, what)| format!("'{id}' ({what})")).collect();
            return Ok(PgError::refused(message![
                format!(
                    "{name} did not take {lost_in_all} of the events, and has none like them, such as {}; another unique index \
                     or a trigger keeps them out; ",
                    examples.join(" and ")
                ),
                Remedy::KeepFirst,
                " loads the others"
            ]));
        };
        let ids = match first.get::<_, i64>(5) {
            1 => format!("1 {id} stands"),
            ids => format!("{ids} {id} values stand"),
        };
        let such_as = if first.get::<_, i64>(5) > examples.len() as i64 { ", such as" } else { ":" };
        Ok(PgError::refused(message![
            format!(
                "{ids} for different events{such_as} {}; name the column that tells events apart with ",
                examples.join("; ")
            ),
            Remedy::NameColumn(ColumnRole::EventId),
            ", or keep the first event of each id and lose the others with ",
            Remedy::KeepFirst
        ]))
    }

    /// Ids that stand for different events: the id, the number of its staged row and what that is, the number of the
    /// other's row, which is NULL for the table's, and what that is; and how many such ids there are.
    fn different(&self) -> String {
        let name = &self.table.relation.name;
        let list = |of: &str| {
            let same = self
                .same
                .iter()
                .enumerate()
                .map(|(at, column)| format!("{} AS m{at}", column.comparable(of)));
            let compared = self
                .compared
                .iter()
                .enumerate()
                .map(|(at, column)| format!("{} AS c{at}", column.comparable(of)));
            let columns: Vec<String> = same.chain(compared).collect();
            format!(
                "{of}.{}::text AS id, {}, {} AS what",
                identifier(&self.id.name),
                columns.join(", "),
                self.described(of)
            )
        };
        let same = |one: &str, other: &str| {
            let equal: Vec<String> =
                (0..self.same.len()).map(|at| format!("{one}.m{at} = {other}.m{at}")).collect();
            equal.join(" AND ")
        };
        let differs = |one: &str, other: &str| {
            self.differs(|at, _| format!("{one}.c{at}"), |at, _| format!("{other}.c{at}"))
        };
        let keys: Vec<String> = (0..self.same.len()).map(|at| format!("m{at}")).collect();
        let keys = keys.join(", ");
        format!(
            "WITH staged AS (
               SELECT row_number() OVER (ORDER BY s.ctid) AS number, {} FROM {}),
             present AS NOT MATERIALIZED (SELECT NULL::bigint AS number, {} FROM {name} AS t),
             firsts AS (SELECT DISTINCT ON ({keys}) * FROM staged WHERE id IS NOT NULL ORDER BY {keys}, number),
             different AS (
               SELECT s.id, s.number, s.what, o.number AS other, o.what AS other_what
               FROM staged AS s JOIN present AS o ON {} WHERE ({})
                 AND NOT EXISTS (SELECT FROM present AS p WHERE {} AND NOT ({}))
               UNION ALL
               SELECT s.id, s.number, s.what, o.number, o.what
               FROM staged AS s JOIN firsts AS o ON {} AND s.number > o.number WHERE {})
             SELECT id, number, what, other, other_what, (SELECT count(DISTINCT id) FROM different)
             FROM (SELECT DISTINCT ON (id) * FROM different ORDER BY id, number, other NULLS FIRST) AS examples
             ORDER BY number LIMIT {EXAMPLES}",
            list("s"),
            self.table.staged(),
            list("t"),
            same("s", "o"),
            differs("s", "o"),
            same("s", "p"),
            differs("s", "p"),
            same("s", "o"),
            differs("s", "o"),
        )
    }

    /// Whether two events of one id are different ones.
    fn differs(
        &self,
        one: impl Fn(usize, &Column) -> String,
        other: impl Fn(usize, &Column) -> String,
    ) -> String {
        let columns = self.compared.iter().enumerate();
        let differ: Vec<String> = columns
            .map(|(at, column)| format!("{} IS DISTINCT FROM {}", one(at, column), other(at, column)))
            .collect();
        if differ.is_empty() { "false".to_owned() } else { differ.join(" OR ") }
    }

    /// Key and time as people read them.
    fn described(&self, of: &str) -> String {
        let parts: Vec<String> = self
            .compared
            .iter()
            .map(|column| {
                let told = literal(&format!("{} ", column.name));
                format!("{told} || COALESCE({of}.{}::text, 'NULL')", identifier(&column.name))
            })
            .collect();
        format!("concat_ws(', ', {})", parts.join(", "))
    }
}

impl Column {
    /// Its value as it is compared, whatever the search path is: values of one text are equal, and of `citext` those that
    /// only differ in case.
    fn comparable(&self, of: &str) -> String {
        let name = identifier(&self.name);
        match self.compares {
            Compares::AsItIs => format!("{of}.{name}"),
            Compares::AsText => format!("{of}.{name}::text"),
            Compares::WithoutCase => format!("lower({of}.{name}::text)"),
        }
    }
}

/// How values of a column are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Compares {
    AsItIs,
    AsText,
    WithoutCase,
}
