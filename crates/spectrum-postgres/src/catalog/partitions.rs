//! What is below a table: its partitions and theirs, or the tables that inherit from it.

use postgres::GenericClient;
use spectrum_sql::TableName;
use spectrum_sql::postgres::tables_below;

use super::relation::Kind;
use crate::error::{Result, While};

/// A table of a partition tree.
#[derive(Clone, Debug)]
pub(crate) struct Partition {
    pub(crate) table: TableName,
    pub(crate) parent: Option<TableName>,
    /// Whether it holds rows itself.
    pub(crate) is_leaf: bool,
}

/// A partitioned table and all that is below it, parents before their partitions; nothing for a plain table.
pub(crate) fn partitions(client: &mut impl GenericClient, table: u32) -> Result<Vec<Partition>> {
    let rows = client
        .query(
            "SELECT n.nspname::text, c.relname::text, pn.nspname::text, p.relname::text, t.isleaf
             FROM pg_partition_tree($1::oid::regclass) t
             JOIN pg_catalog.pg_class c ON c.oid = t.relid
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN pg_catalog.pg_class p ON p.oid = t.parentrelid AND t.level > 0
             LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
             WHERE c.relkind IN ('r', 'p')
             ORDER BY t.level, 1, 2",
            &[&table],
        )
        .while_doing("listing partitions")?;
    let name = |schema: Option<&str>, name: Option<&str>| TableName::new(schema?, name?).ok();
    let partition = |row: &postgres::Row| {
        Some(Partition {
            table: name(row.get(0), row.get(1))?,
            parent: name(row.get(2), row.get(3)),
            is_leaf: row.get(4),
        })
    };
    Ok(rows.iter().filter_map(partition).collect())
}

/// A table below another.
#[derive(Clone, Debug)]
pub(crate) struct Below {
    pub(crate) table: TableName,
    pub(crate) kind: Kind,
    /// Whether the current user is, or may act as, its owner.
    pub(crate) is_ours: bool,
}

/// Everything below a table, whether partitions or tables that inherit from it.
pub(crate) fn below(client: &mut impl GenericClient, table: u32) -> Result<Vec<Below>> {
    let rows = client
        .query(
            &format!(
                "WITH RECURSIVE {}
                 SELECT n.nspname::text, c.relname::text, c.relkind::text, pg_has_role(c.relowner, 'USAGE')
                 FROM below b JOIN pg_catalog.pg_class c ON c.oid = b.inhrelid
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 ORDER BY 1, 2",
                tables_below("$1")
            ),
            &[&table],
        )
        .while_doing("listing partitions")?;
    let below = |row: &postgres::Row| {
        Some(Below {
            table: TableName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)).ok()?,
            kind: Kind::of(row.get(2)),
            is_ours: row.get(3),
        })
    };
    Ok(rows.iter().filter_map(below).collect())
}
