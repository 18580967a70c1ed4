//! What would break if a relation went away.

use postgres::GenericClient;
use spectrum_sql::TableName;

use super::relation::Kind;
use crate::error::{Result, While};

/// A relation that reads another, directly or through others.
#[derive(Clone, Debug)]
pub(crate) struct Dependent {
    pub(crate) oid: u32,
    pub(crate) name: TableName,
    pub(crate) kind: Kind,
    /// The query behind it.
    pub(crate) query: String,
}

/// The views and materialized views that read any of the relations, those that read others of them last. What reads
/// only the `kept` views is not among them.
pub(crate) fn dependents_of(
    client: &mut impl GenericClient,
    relations: &[u32],
    kept: &[u32],
) -> Result<Vec<Dependent>> {
    let rows = client
        .query(
            "WITH RECURSIVE readers(oid, depth) AS (
               SELECT r.ev_class, 1
               FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
               WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
                 AND d.refobjid = ANY($1) AND r.ev_class <> d.refobjid AND r.ev_class <> ALL($2)
               UNION
               SELECT r.ev_class, readers.depth + 1
               FROM readers
               JOIN pg_catalog.pg_depend d ON d.refobjid = readers.oid
                 AND d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
               JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> d.refobjid AND r.ev_class <> ALL($2)
               WHERE readers.depth < 100)
             SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, pg_get_viewdef(c.oid)
             FROM (SELECT oid, MAX(depth) AS depth FROM readers GROUP BY oid) r
             JOIN pg_catalog.pg_class c ON c.oid = r.oid
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.oid <> ALL($1)
             ORDER BY r.depth, 2, 3",
            &[&relations, &kept],
        )
        .while_doing("reading what depends on the relations")?;
    let mut dependents = Vec::new();
    for row in rows {
        let name = TableName::new(row.get::<_, &str>(1), row.get::<_, &str>(2));
        let name = name.map_err(|error| crate::error::PgError::refused(error.to_string()))?;
        dependents.push(Dependent { oid: row.get(0), name, kind: Kind::of(row.get(3)), query: row.get(4) });
    }
    Ok(dependents)
}
