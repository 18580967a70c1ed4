//! Indexes of a relation.

use postgres::GenericClient;

use crate::error::{Result, While};

/// An index.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// The columns in order; an expression is `None`.
    pub(crate) columns: Vec<Option<String>>,
    /// Whether it is unique, valid and over all rows.
    pub(crate) unique: bool,
    /// Whether it is a valid B-tree over all rows.
    pub(crate) ordered: bool,
}

/// The indexes of a relation; of a partitioned table those that all partitions have.
pub(crate) fn indexes_of(client: &mut impl GenericClient, relation: u32) -> Result<Vec<Index>> {
    let rows = client
        .query(
            "SELECT ARRAY(SELECT a.attname::text
                          FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, at)
                          LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                          WHERE k.at <= i.indnkeyatts ORDER BY k.at),
                    i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL,
                    i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'
             FROM pg_catalog.pg_index i
             JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
             JOIN pg_catalog.pg_am m ON m.oid = c.relam
             WHERE i.indrelid = $1
             ORDER BY c.relname",
            &[&relation],
        )
        .while_doing("reading indexes")?;
    let index = |row: &postgres::Row| Index { columns: row.get(0), unique: row.get(1), ordered: row.get(2) };
    Ok(rows.iter().map(index).collect())
}

/// Whether an index hands out the events by key and, within it, by time: the key columns first, in any order, then
/// the time.
pub(crate) fn supports(index: &Index, key: &[String], time: &str) -> bool {
    let Some((first, rest)) = index.columns.split_at_checked(key.len()) else { return false };
    let in_key = |column: &Option<String>| column.as_ref().is_some_and(|name| key.contains(name));
    index.ordered && first.iter().all(in_key) && rest.first().is_some_and(|c| c.as_deref() == Some(time))
}
