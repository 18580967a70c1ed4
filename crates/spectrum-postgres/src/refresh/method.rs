//! CONCURRENTLY or plain.

use postgres::Client;

use super::report::Method;
use crate::error::{Result, While};

/// How a view is refreshed, and why so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Choice {
    pub(super) method: Method,
    pub(super) reason: String,
}

/// A unique index, as far as CONCURRENTLY asks.
struct UniqueIndex {
    name: String,
    valid: bool,
    partial: bool,
    over_expression: bool,
    deferrable: bool,
    btree: bool,
}

/// Concurrently where the view has what that needs. It needs what `is_usable_unique_index` in PostgreSQL's
/// matview.c asks for, and that the owner, as whom the view is refreshed, may create the temporary table in
/// which the differences are gathered.
pub(super) fn choose(
    client: &mut Client,
    view: u32,
    populated: bool,
    owner_without_temporary: Option<&str>,
) -> Result<Choice> {
    let plain = |reason: String| Ok(Choice { method: Method::Plain, reason });
    if !populated {
        return plain("not populated yet".into());
    }
    let indexes = unique_indexes(client, view)?;
    let Some(usable) = indexes.iter().find(|index| index.obstacle().is_none()) else {
        let first = indexes
            .iter()
            .find_map(|index| Some(format!("unique index {} {}", index.name, index.obstacle()?)));
        return plain(first.unwrap_or_else(|| "no unique index".into()));
    };
    if let Some(owner) = owner_without_temporary {
        return plain(format!("its owner {owner} may not create temporary tables"));
    }
    Ok(Choice { method: Method::Concurrently, reason: format!("unique index {}", usable.name) })
}

impl UniqueIndex {
    /// Why CONCURRENTLY cannot use it.
    fn obstacle(&self) -> Option<&'static str> {
        [
            (self.partial, "is partial"),
            (self.over_expression, "is over an expression"),
            (!self.valid, "is not valid"),
            (self.deferrable, "is deferrable"),
            (!self.btree, "is not a B-tree"),
        ]
        .into_iter()
        .find_map(|(applies, words)| applies.then_some(words))
    }
}

fn unique_indexes(client: &mut Client, view: u32) -> Result<Vec<UniqueIndex>> {
    let rows = client
        .query(
            "SELECT c.relname::text, i.indisvalid, i.indpred IS NOT NULL, 0 = ANY(i.indkey::int2[]), NOT i.indimmediate,
                    m.amname = 'btree'
             FROM pg_catalog.pg_index i
             JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
             JOIN pg_catalog.pg_am m ON m.oid = c.relam
             WHERE i.indrelid = $1 AND i.indisunique
             ORDER BY 1",
            &[&view],
        )
        .while_doing("reading unique indexes")?;
    let index = |row: &postgres::Row| UniqueIndex {
        name: row.get(0),
        valid: row.get(1),
        partial: row.get(2),
        over_expression: row.get(3),
        deferrable: row.get(4),
        btree: row.get(5),
    };
    Ok(rows.iter().map(index).collect())
}
