//! The events table as a load sees it.

use postgres::GenericClient;
use spectrum_sql::identifier;

use super::LoadOptions;
use super::identity::Compares;
use super::target::Target;
use crate::catalog::{Kind, Relation, indexes_of, or_near};
use crate::error::{PgError, Result, While};
use crate::message::{Message, message};
use crate::remedy::{ColumnRole, Remedy};

/// Where events wait until all of them have arrived.
pub(super) const STAGING: &str = "pg_temp.spectrum_staging";

/// The table and its columns.
pub(super) struct EventsTable {
    pub(super) relation: Relation,
    /// Those that can be given values, in their order.
    pub(super) columns: Vec<Column>,
    /// Those whose values the database makes.
    generated: Vec<String>,
    /// Whether this load made it; then it has its indexes only in the end.
    pub(super) is_new: bool,
    /// The columns of a unique index with the event id among them, by which the server knows a copy.
    pub(super) unique: Option<Vec<String>>,
}

/// A column that can be given values.
pub(super) struct Column {
    pub(super) name: String,
    /// As format_type prints it.
    pub(super) ty: String,
    /// The type's name with its schema, and without the length or scale that format_type prints.
    cast: String,
    pub(super) target: Target,
    pub(super) compares: Compares,
    pub(super) not_null: bool,
    pub(super) has_default: bool,
}

impl EventsTable {
    /// Reads a table's columns, and refuses one that is not an events table.
    pub(super) fn read(
        client: &mut impl GenericClient,
        relation: Relation,
        options: &LoadOptions,
    ) -> Result<Self> {
        let name = &relation.name;
        if !matches!(relation.kind, Kind::Table | Kind::Partitioned | Kind::ForeignTable) {
            return Err(PgError::refused(format!(
                "{name} is {}; events are loaded into tables",
                relation.kind.words()
            )));
        }
        let rows = client
            .query(
                "WITH RECURSIVE base AS (
                   SELECT oid AS of, oid, typtype, typbasetype, typname FROM pg_catalog.pg_type
                   UNION ALL
                   SELECT base.of, t.oid, t.typtype, t.typbasetype, t.typname
                   FROM base JOIN pg_catalog.pg_type t ON base.typtype = 'd' AND t.oid = base.typbasetype)
                 SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), base.typname::text, base.typtype = 'e',
                        a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> '' OR a.attidentity = 'a',
                        n.nspname::text, own.typname::text
                 FROM pg_catalog.pg_attribute a
                 JOIN base ON base.of = a.atttypid AND base.typtype <> 'd'
                 JOIN pg_catalog.pg_type own ON own.oid = a.atttypid
                 JOIN pg_catalog.pg_namespace n ON n.oid = own.typnamespace
                 WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
                 ORDER BY a.attnum",
                &[&relation.oid],
            )
            .while_doing(format!("reading the columns of {name}"))?;
        let (mut columns, mut generated) = (Vec::new(), Vec::new());
        for row in &rows {
            let target = Target::of(row.get(2), row.get(3));
            let column = Column {
                name: row.get(0),
                ty: row.get(1),
                cast: format!("{}.{}", identifier(row.get(7)), identifier(row.get(8))),
                target,
                compares: match target {
                    Target::Text if row.get::<_, &str>(2) == "citext" => Compares::WithoutCase,
                    Target::Json | Target::ByServer => Compares::AsText,
                    _ => Compares::AsItIs,
                },
                not_null: row.get(4),
                has_default: row.get(5),
            };
            if row.get(6) { generated.push(column.name) } else { columns.push(column) }
        }
        let id = options.definition.event_id();
        let unique = indexes_of(client, relation.oid)?.into_iter().filter(|index| index.unique);
        // Of several, the one with the fewest columns leaves out the most.
        let unique = unique
            .filter_map(|index| index.columns.into_iter().collect::<Option<Vec<String>>>())
            .filter(|columns| columns.iter().any(|column| column == id))
            .min_by_key(Vec::len);
        let table = Self { relation, columns, generated, is_new: false, unique };
        table.check(options)?;
        Ok(table)
    }

    /// Refuses a table without the columns of the definition.
    fn check(&self, options: &LoadOptions) -> Result<()> {
        let definition = &options.definition;
        let key = definition.key().iter().map(|name| (name.as_str(), ColumnRole::Key));
        let own = [(definition.event_id(), ColumnRole::EventId), (definition.time(), ColumnRole::Time)];
        for (name, role) in own.into_iter().chain(key) {
            if self.place(name).is_none() && !self.generated.iter().any(|generated| generated == name) {
                let near = or_near(name, self.columns.iter().map(|column| column.name.as_str()));
                let table = &self.relation.name;
                return Err(PgError::refused(message![
                    format!("{table} has no column '{name}'{near}; name the {role} with "),
                    Remedy::NameColumn(role),
                    ", or the table with ",
                    Remedy::NameTable
                ]));
            }
        }
        Ok(())
    }

    /// Whether the server knows a copy of an event.
    pub(super) fn knows_copies(&self) -> bool {
        self.unique.is_some()
    }

    /// Where ids that are made of the rows go.
    pub(super) fn place_of_made_id(&self, options: &LoadOptions) -> Result<usize> {
        let (id, name) = (options.definition.event_id(), &self.relation.name);
        let Some(place) = self.place(id) else {
            return Err(PgError::refused(message![
                format!(
                    "column '{id}' of {name} is made by the database, so no other id can be made for it; leave out "
                ),
                Remedy::MakeEventIds
            ]));
        };
        let column = &self.columns[place];
        if !matches!(column.target, Target::Uuid | Target::Text) {
            return Err(PgError::refused(format!(
                "column '{id}' of {name} is {}, which cannot hold an id of 128 bits that is made of a row; make it uuid or text",
                column.ty
            )));
        }
        Ok(place)
    }

    /// What a load cannot promise where the server makes the ids, because the files have none. `given` tells which columns
    /// any file had.
    pub(super) fn on_ids_of_the_server(&self, options: &LoadOptions, given: &[bool]) -> Option<Message> {
        let (id, name) = (options.definition.event_id(), &self.relation.name);
        let place = self.place(id);
        if place.is_some_and(|place| given[place] || !self.columns[place].has_default) {
            return None;
        }
        let mut note = message![format!(
            "{name} makes {id} itself, so copies are not found by it: loading a file again adds its events again"
        )];
        if self.place_of_made_id(options).is_ok() {
            note.push("; ");
            note.push(Remedy::MakeEventIds);
            note.push(" makes ids by which they are");
        }
        Some(note)
    }

    /// Where a column stands among those that can be given values.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    pub(super) fn is_generated(&self, name: &str) -> bool {
        self.generated.iter().any(|generated| generated == name)
    }

    /// The columns with their types, as the staging table has them.
    pub(super) fn staging_sql(&self) -> String {
        let typed = |column: &Column| {
            let ty = if column.target == Target::ByServer { "text" } else { &column.ty };
            format!("{} {ty}", identifier(&column.name))
        };
        let columns: Vec<String> = self.columns.iter().map(typed).collect();
        format!("CREATE TEMPORARY TABLE spectrum_staging ({}) ON COMMIT DROP", columns.join(", "))
    }

    /// COPY into the staging table, whole rows.
    pub(super) fn copy_sql(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| identifier(&column.name)).collect();
        format!("COPY {STAGING} ({}) FROM STDIN (FORMAT binary)", columns.join(", "))
    }

    /// The staged rows with the table's types, under the name `s`.
    pub(super) fn staged(&self) -> String {
        if self.columns.iter().all(|column| column.target != Target::ByServer) {
            return format!("{STAGING} AS s");
        }
        let columns: Vec<String> = self.columns.iter().map(Column::staged).collect();
        format!("(SELECT s.ctid, {} FROM {STAGING} AS s) AS s", columns.join(", "))
    }
}

impl Column {
    /// Its staged value with its own type. The length of a type is left to the insertion, which refuses a value that is
    /// too long where a cast would cut it.
    fn staged(&self) -> String {
        let name = identifier(&self.name);
        match self.target {
            Target::ByServer => format!("CAST(s.{name} AS {}) AS {name}", self.cast),
            _ => format!("s.{name}"),
        }
    }

    /// Whether a row cannot do without a value for it.
    pub(super) fn is_required(&self) -> bool {
        self.not_null && !self.has_default
    }
}
