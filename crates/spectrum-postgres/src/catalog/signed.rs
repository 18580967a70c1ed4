//! What carries a comment of Spectrum's, wherever it is.

use postgres::GenericClient;
use spectrum_sql::TableName;

use crate::error::{Result, While};
use crate::record::{MADE_BY, Record};

/// The relations of some kinds (letters of `pg_class.relkind`) that Spectrum made, by name. What another version made may
/// have a record that this one does not understand; it is left out.
pub(crate) fn signed(client: &mut impl GenericClient, kinds: &[&str]) -> Result<Vec<(TableName, Record)>> {
    let rows = client
        .query(
            "SELECT n.nspname::text, c.relname::text, obj_description(c.oid, 'pg_class')
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind::text = ANY($1::text[]) AND obj_description(c.oid, 'pg_class') LIKE $2::text || '%'
             ORDER BY 1, 2",
            &[&kinds, &MADE_BY],
        )
        .while_doing("looking for what Spectrum made")?;
    let signed = |row: &postgres::Row| {
        let name = TableName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)).ok()?;
        Some((name, Record::read(row.get(2)).ok()??))
    };
    Ok(rows.iter().filter_map(signed).collect())
}
