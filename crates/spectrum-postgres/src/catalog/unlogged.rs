//! Tables that a crash of the server empties.

use postgres::GenericClient;
use spectrum_sql::postgres::table_tree;

use crate::error::{Result, While};

/// Those among a table and all that is below it, each with what to do about it. Nothing notes that a crash emptied them.
pub(crate) fn unlogged(client: &mut impl GenericClient, table: u32) -> Result<Vec<String>> {
    let rows = client
        .query(
            &format!(
                "WITH RECURSIVE {}
                 SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
                 FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid
                 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND c.relpersistence <> 'p' ORDER BY 1",
                table_tree("$1::oid")
            ),
            &[&table],
        )
        .while_doing("looking for unlogged tables")?;
    let words = |row: &postgres::Row| {
        let table: &str = row.get(0);
        format!(
            "{table} is unlogged, so a crash of the server empties it and nothing notes that; ALTER TABLE {table} SET LOGGED"
        )
    };
    Ok(rows.iter().map(words).collect())
}
