//! How many ids were given, and what became of them.

use postgres::GenericClient;
use spectrum_sql::TableName;

use super::locked::Patience;
use crate::catalog::may_read;
use crate::error::{Result, While};
use crate::present::Present;
use crate::role::Role;

/// What became of ids that last, where their sessions are no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PastIds {
    /// Those whose sessions are a part of others now.
    pub aliases: u64,
    /// Those of whose sessions no event is left.
    pub gone: u64,
}

/// Counts them, where ids last. There is an index of these alone.
pub(super) fn past_ids(
    client: &mut impl GenericClient,
    present: &Present,
    unseen: &mut Vec<TableName>,
    patience: &mut Patience,
) -> Result<Option<PastIds>> {
    let Some(ids) = present.get(Role::SessionIds) else { return Ok(None) };
    if !may_read(client, ids)? {
        unseen.push(ids.name.clone());
        return Ok(None);
    }
    patience.read(client, (ids.oid, &ids.name), |client| {
        let sql = format!(
            "SELECT COUNT(*) FILTER (WHERE state = 'alias'), COUNT(*) FILTER (WHERE state = 'gone')
             FROM {} WHERE state <> 'current'",
            ids.name
        );
        let row = client.query_one(&sql, &[]).while_doing(format!("counting {}", ids.name))?;
        let count = |at: usize| row.get::<_, i64>(at).unsigned_abs();
        Ok(PastIds { aliases: count(0), gone: count(1) })
    })
}
