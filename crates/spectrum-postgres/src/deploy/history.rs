//! What the summary was, over deployments: it goes on where the columns of the summary stay what they are.

use postgres::GenericClient;
use spectrum_sql::literal;
use spectrum_sql::postgres::HISTORY_COLUMNS;

use super::stage::{Step, StepKind};
use super::views::relation_columns;
use crate::as_of::{AsOf, called};
use crate::catalog::{Column, columns_of};
use crate::error::Result;
use crate::fit::Fit;
use crate::present::Present;
use crate::record::Record;
use crate::relations::name_of;
use crate::role::Role;

/// Whether what the summary was is kept.
pub(super) fn is_kept(fit: &Fit) -> bool {
    fit.deployment.history.is_some()
}

/// Whether what is known goes on, because it is of a summary with the same columns.
pub(super) fn stays(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<bool> {
    if !is_kept(fit) {
        return Ok(false);
    }
    let (Some(history), Some(summary)) = (present.get(Role::SessionHistory), present.get(Role::Summary))
    else {
        return Ok(false);
    };
    let listed = |columns: Vec<Column>| {
        let columns = columns.into_iter().map(|column| (column.name, column.ty));
        columns.collect::<Vec<(String, String)>>()
    };
    let (mut was, is) = (listed(columns_of(client, history)?), listed(columns_of(client, summary)?));
    was.retain(|(name, _)| !HISTORY_COLUMNS.contains(&name.as_str()));
    Ok(was == is && is == relation_columns(fit, Role::Summary))
}

/// What goes with what is known, in words, where it does not go on.
pub(super) fn lost(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Option<String>> {
    let is_lost =
        is_kept(fit) && present.get(Role::SessionHistory).is_some() && !stays(client, fit, present)?;
    Ok(is_lost.then(|| {
        format!(
            "the columns of {} change, so its history in {} begins anew",
            fit.deployment.summary(),
            fit.deployment.session_history()
        )
    }))
}

/// Keeps what the new summary has different, before it takes the place of that which stands.
pub(super) fn settled(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Vec<Step>> {
    let Some(before) = present.get(Role::Summary).filter(|_| is_kept(fit)) else { return Ok(Vec::new()) };
    if !stays(client, fit, present)? {
        return Ok(Vec::new());
    }
    let (events, deployment) = (fit.query(), &fit.deployment);
    let (sessions, summary) = (name_of(deployment, Role::NewSessions), name_of(deployment, Role::NewSummary));
    let sql = fit.incremental_at(&events, sessions, summary).keep_exchanged(&before.name);
    let does = format!("keeping what {} was in {}", before.name, deployment.session_history());
    Ok(vec![Step::new(StepKind::Note, does, sql)])
}

/// Does away with what is known and does not go on.
pub(super) fn ended(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Vec<Step>> {
    if stays(client, fit, present)? {
        return Ok(Vec::new());
    }
    let mut steps = Vec::new();
    for (what, sql) in AsOf::find(client, &fit.deployment)?.removal() {
        steps.push(Step::new(StepKind::Drop, format!("dropping {what}"), sql));
    }
    if let Some(history) = present.get(Role::SessionHistory) {
        let sql = format!("DROP TABLE {}", history.name);
        steps.push(Step::new(StepKind::Drop, format!("dropping the old {}", history.name), sql));
    }
    Ok(steps)
}

/// Makes what keeps and tells what the summary was, once the summary and its view have their names; what stands of it
/// stays.
pub(super) fn begun(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Vec<Step>> {
    if !is_kept(fit) {
        return Ok(Vec::new());
    }
    let events = fit.query();
    let incremental = fit.incremental(&events);
    let stays = stays(client, fit, present)?;
    let mut steps = Vec::new();
    if !stays {
        let name = fit.deployment.session_history();
        let sql = incremental.history_table().join(";\n");
        steps.push(Step::new(StepKind::Make, format!("making {name}"), sql));
    }
    let standing = AsOf::find(client, &fit.deployment)?;
    let comment = literal(&Record::new(&fit.deployment, Role::AsOfFunction).to_string());
    for function in incremental.as_of_functions(&fit.deployment.summary_view()) {
        if stays && standing.has(&function) {
            continue;
        }
        let name = called(&function.name);
        let sql = format!("{};\nCOMMENT ON FUNCTION {name} IS {comment}", function.replace());
        steps.push(Step::new(StepKind::Make, format!("making {name}"), sql));
    }
    Ok(steps)
}

/// What is missing beside a deployment that stands, or is there and should not be.
pub(super) fn completed(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Vec<Step>> {
    let ended = ended(client, fit, present)?;
    Ok(ended.into_iter().chain(begun(client, fit, present)?).collect())
}
