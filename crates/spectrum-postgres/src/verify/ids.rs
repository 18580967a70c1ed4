//! Whether ids that last keep their promises.

use postgres::Transaction;

use super::scope::Scope;
use super::{Check, CheckName};
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::message::message;

/// Sessions, ids and anchors that are not to one another what they promise to be; `None` where ids do not last.
pub(super) fn ids(client: &mut Transaction<'_>, fit: &Fit, scope: &Scope) -> Result<Option<Check>> {
    if !fit.deployment.definition.id().needs_memory() {
        return Ok(None);
    }
    let events = fit.query();
    let why = events.own_name("why");
    let broken = fit.incremental(&events).broken_ids(&scope.filter());
    let sql = format!(
        "WITH broken AS MATERIALIZED ({broken})
         SELECT COUNT(*), (ARRAY_AGG(session_id || ' ' || {why} ORDER BY session_id, {why}))[1:3] FROM broken"
    );
    let row = client.query_one(&sql, &[]).while_doing("comparing sessions with their ids")?;
    let found = row.get::<_, i64>(0).unsigned_abs();
    let words = match found {
        0 => "every id that was given resolves to one session, or is gone".into(),
        _ => message![
            format!(
                "ids that do not resolve as {} says: {found}; {}; ",
                fit.deployment.session_ids(),
                row.get::<_, Vec<String>>(1).join(", ")
            ),
            scope.remedy.clone()
        ],
    };
    Ok(Some(Check::new(CheckName::Ids, found, words)))
}
