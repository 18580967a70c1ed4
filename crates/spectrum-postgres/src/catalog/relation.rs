//! Relations by their name.

use postgres::GenericClient;
use spectrum_sql::TableName;

use crate::connect::session_schemas;
use crate::error::{PgError, Result, While};
use crate::message::{Message, message};
use crate::record::Record;
use crate::remedy::{Command, Remedy};
use spectrum_core::internals::or_near;

/// A relation as the catalog has it.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    pub(crate) oid: u32,
    /// With its schema.
    pub(crate) name: TableName,
    pub(crate) kind: Kind,
    /// Whether a materialized view holds anything; true for all others.
    pub(crate) populated: bool,
    pub(crate) comment: Option<String>,
    /// An estimate, below zero when nobody ever counted.
    pub(crate) rows: f32,
}

/// What a relation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Table,
    Partitioned,
    View,
    MaterializedView,
    ForeignTable,
    Other,
}

impl Relation {
    /// What Spectrum wrote on it, if it did.
    ///
    /// # Errors
    /// [`PgError::Refused`] when this version does not understand it.
    pub(crate) fn record(&self) -> Result<Option<Record>> {
        let Some(comment) = self.comment.as_deref() else { return Ok(None) };
        Record::read(comment).map_err(|unread| unread.on(&self.name))
    }
}

impl Kind {
    pub(crate) fn of(relkind: &str) -> Self {
        match relkind {
            "r" => Self::Table,
            "p" => Self::Partitioned,
            "v" => Self::View,
            "m" => Self::MaterializedView,
            "f" => Self::ForeignTable,
            _ => Self::Other,
        }
    }

    /// Whether it can have indexes and triggers on its rows.
    pub(crate) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Partitioned)
    }

    /// As in `a view`.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Table => "a table",
            Self::Partitioned => "a partitioned table",
            Self::View => "a view",
            Self::MaterializedView => "a materialized view",
            Self::ForeignTable => "a foreign table",
            Self::Other => "something else",
        }
    }

    /// As DROP and COMMENT call it.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::View => "VIEW",
            Self::MaterializedView => "MATERIALIZED VIEW",
            Self::ForeignTable => "FOREIGN TABLE",
            Self::Table | Self::Partitioned | Self::Other => "TABLE",
        }
    }
}

/// The relation of a name; without a schema, what the session's own search path leads to.
pub(crate) fn find(client: &mut impl GenericClient, name: &TableName) -> Result<Option<Relation>> {
    let row = client
        .query_opt(
            &format!(
                "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relispopulated,
                        obj_description(c.oid, 'pg_class'), c.reltuples
                 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relname = $1::text
                   AND CASE WHEN $2::text IS NULL THEN n.nspname = ANY ({schemas}) ELSE n.nspname = $2 END
                 ORDER BY array_position({schemas}, n.nspname) LIMIT 1",
                schemas = session_schemas()
            ),
            &[&name.name(), &name.schema()],
        )
        .while_doing(format!("looking for {name}"))?;
    let Some(row) = row else { return Ok(None) };
    let found = TableName::new(row.get::<_, &str>(1), row.get::<_, &str>(2));
    Ok(Some(Relation {
        oid: row.get(0),
        name: found.map_err(|error| PgError::refused(error.to_string()))?,
        kind: Kind::of(row.get(3)),
        populated: row.get(4),
        comment: row.get(5),
        rows: row.get(6),
    }))
}

/// The relation of a name, or an error with names like it.
pub(crate) fn require(client: &mut impl GenericClient, name: &TableName, role: &str) -> Result<Relation> {
    if let Some(relation) = find(client, name)? {
        return Ok(relation);
    }
    let rows = client
        .query(
            "SELECT n.nspname::text, c.relname::text
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
               AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
             LIMIT 10000",
            &[],
        )
        .while_doing("listing tables")?;
    let names =
        rows.iter().filter_map(|row| TableName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)).ok());
    let all: Vec<(String, String)> = names.map(|name| (name.name().to_owned(), name.to_string())).collect();
    // The same name in another schema is the likeliest of all.
    let elsewhere: Vec<&str> =
        all.iter().filter(|(bare, _)| bare == name.name()).map(|(_, full)| full.as_str()).collect();
    let hint: Message = match elsewhere[..] {
        [] => match or_near(&name.to_string(), all.iter().map(|(_, full)| full.as_str())) {
            hint if hint.is_empty() && role == "events table" => {
                let made = Remedy::run(Command::Load).with(Remedy::CreateTable);
                message!["; name it with ", Remedy::NameTable, ", or make it with ", made]
            }
            hint => hint.into(),
        },
        ref found => format!("; did you mean {}?", found.join(" or ")).into(),
    };
    Err(PgError::refused(message![format!("there is no {role} {name} in this database"), hint]))
}

/// A schema's comment, if there is such a schema: `Some(None)` is a schema without one.
pub(crate) fn schema_comment(
    client: &mut impl GenericClient,
    schema: &str,
) -> Result<Option<Option<String>>> {
    let row = client
        .query_opt(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = $1::text",
            &[&schema],
        )
        .while_doing("looking for the schema")?;
    Ok(row.map(|row| row.get(0)))
}

/// What others may do with a relation, as GRANT statements for a relation that takes its place.
pub(crate) fn grants_on(client: &mut impl GenericClient, oid: u32, now: &TableName) -> Result<Vec<String>> {
    let rows = client
        .query(
            "SELECT a.privilege_type, COALESCE(r.rolname::text, ''), a.grantee = 0, a.is_grantable
             FROM pg_catalog.pg_class c, aclexplode(c.relacl) a
             LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
             WHERE c.oid = $1 AND a.grantee <> c.relowner
             ORDER BY 2, 1",
            &[&oid],
        )
        .while_doing("reading privileges")?;
    let grant = |row: &postgres::Row| {
        let (privilege, role): (&str, &str) = (row.get(0), row.get(1));
        let to = if row.get(2) { "PUBLIC".to_owned() } else { spectrum_sql::identifier(role) };
        let option = if row.get(3) { " WITH GRANT OPTION" } else { "" };
        format!("GRANT {privilege} ON {now} TO {to}{option}")
    };
    Ok(rows.iter().map(grant).collect())
}

/// Whether this role may read a relation.
pub(crate) fn may_read(client: &mut impl GenericClient, relation: &Relation) -> Result<bool> {
    let row = client
        .query_one(
            "SELECT has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE')
             FROM pg_catalog.pg_class c WHERE c.oid = $1",
            &[&relation.oid],
        )
        .while_doing("reading privileges")?;
    Ok(row.get(0))
}
