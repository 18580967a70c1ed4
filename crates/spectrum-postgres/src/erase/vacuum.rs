//! Away with the dead row versions and the statistics that an erasure leaves.

use postgres::Client;
use spectrum_sql::TableName;

use super::Receipt;
use crate::catalog::find;
use crate::connect::Connection;
use crate::error::{Result, While};

/// Since this version MAINTAIN can be granted.
const MAINTAIN: i32 = 170_000;

/// Runs VACUUM (ANALYZE) on the relations of a receipt, which cannot stand in its transaction, and says of each whether it
/// was done. What another role owns the server would pass over with no more than a warning.
///
/// # Errors
/// When a statement fails. What was erased stays erased.
pub fn vacuum_erased(connection: &mut Connection, receipt: &Receipt) -> Result<Vec<(TableName, bool)>> {
    let client: &mut Client = connection;
    let mut done = Vec::new();
    for name in receipt.relations.iter().map(|erased| &erased.relation) {
        let Some(relation) = find(client, name)? else { continue };
        let row = client
            .query_one(
                "SELECT pg_has_role(c.relowner, 'USAGE'), current_setting('server_version_num')::int4
                 FROM pg_catalog.pg_class c WHERE c.oid = $1",
                &[&relation.oid],
            )
            .while_doing(format!("looking at {name}"))?;
        let may = row.get::<_, bool>(0)
            || row.get::<_, i32>(1) >= MAINTAIN
                && client
                    .query_one("SELECT has_table_privilege($1::oid, 'MAINTAIN')", &[&relation.oid])
                    .while_doing(format!("looking at {name}"))?
                    .get(0);
        if may {
            let sql = format!("VACUUM (ANALYZE) {name}");
            client.batch_execute(&sql).while_doing(format!("vacuuming {name}"))?;
        }
        done.push((name.clone(), may));
    }
    Ok(done)
}
