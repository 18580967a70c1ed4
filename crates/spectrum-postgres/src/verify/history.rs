//! Whether what the summary was can have been so.

use postgres::Transaction;

use super::scope::Scope;
use super::{Check, CheckName};
use crate::error::{Result, While};
use crate::fit::Fit;

/// Rows of the history that fit neither one another nor the summary, which is what is valid now; `None` where none is kept.
pub(super) fn history(client: &mut Transaction<'_>, fit: &Fit, scope: &Scope) -> Result<Option<Check>> {
    if fit.deployment.history.is_none() {
        return Ok(None);
    }
    let events = fit.query();
    let why = events.own_name("why");
    let filter = scope.sampled.as_ref().map(|sampled| format!(" WHERE {sampled}")).unwrap_or_default();
    let broken = fit.incremental(&events).broken_history(&filter);
    let keys: Vec<String> = fit
        .deployment
        .definition
        .key()
        .iter()
        .map(|name| format!("COALESCE({}::text, 'NULL')", spectrum_sql::identifier(name)))
        .collect();
    let sql = format!(
        "WITH broken AS MATERIALIZED (SELECT pg_catalog.concat_ws(', ', {}) || ': ' || {why} AS told FROM ({broken}) b)
         SELECT COUNT(*), (ARRAY_AGG(told ORDER BY told))[1:3] FROM broken",
        keys.join(", ")
    );
    let row = client.query_one(&sql, &[]).while_doing("comparing the summary with its history")?;
    let found = row.get::<_, i64>(0).unsigned_abs();
    let (history, as_of) = (fit.deployment.session_history(), fit.deployment.sessions_as_of());
    let words = match found {
        0 => format!("what {history} keeps leads to the summary"),
        _ => format!(
            "rows that {history} and the summary tell differently: {found}; {}; they were changed by hand, so {as_of}() is wrong \
             of them before now. DROP TABLE {history}, and spectrum deploy begins it anew",
            row.get::<_, Vec<String>>(1).join("; ")
        ),
    };
    Ok(Some(Check::new(CheckName::History, found, words)))
}
