//! Since when it is known what the summary was.

use postgres::GenericClient;
use spectrum_core::Gap;
use spectrum_sql::TableName;

use super::locked::Patience;
use crate::catalog::may_read;
use crate::deployment::Deployment;
use crate::error::{Result, While};
use crate::present::Present;
use crate::role::Role;

/// What is known of what the summary was. Its rows and its size are among those of the relations.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PastSummaries {
    /// For how long it is kept.
    pub keep: Gap,
    /// The first time that can be asked for, in UTC, as in `2026-11-22 10:00:00`; `None` when it could not be read.
    pub since: Option<String>,
}

/// Looks, where it is kept. There is an index that begins with the first time.
pub(super) fn past_summaries(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    present: &Present,
    unseen: &mut Vec<TableName>,
    patience: &mut Patience,
) -> Result<Option<PastSummaries>> {
    let (Some(keep), Some(history)) = (deployment.history, present.get(Role::SessionHistory)) else {
        return Ok(None);
    };
    if !may_read(client, history)? {
        unseen.push(history.name.clone());
        return Ok(Some(PastSummaries { keep, since: None }));
    }
    let since = patience.read(client, (history.oid, &history.name), |client| {
        // The first whole second from then on.
        let sql = format!(
            "SELECT pg_catalog.to_char(pg_catalog.date_trunc('second', MIN(valid_to) + INTERVAL '999999 microseconds') AT TIME ZONE 'UTC',
                                       'YYYY-MM-DD HH24:MI:SS')
             FROM {}",
            history.name
        );
        let row = client.query_one(&sql, &[]).while_doing(format!("reading {}", history.name))?;
        Ok(row.get::<_, Option<String>>(0))
    })?;
    Ok(Some(PastSummaries { keep, since: since.flatten() }))
}
