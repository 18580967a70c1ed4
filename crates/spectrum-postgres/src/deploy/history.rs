//! What the summary was, over deployments: it goes on where the columns of the summary stay what they are.

use postgres::GenericClient;
use spectrum_sql::postgres::HISTORY_COLUMNS;
use spectrum_sql::{identifiers, literal};

use super::stage::{Step, StepKind};
use super::views::relation_columns;
use crate::as_of::{AsOf, called};
use crate::catalog::columns_of;
use crate::error::{Result, While};
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
    let Some(history) = present.get(Role::SessionHistory).filter(|_| present.get(Role::Summary).is_some())
    else {
        return Ok(false);
    };
    let is = relation_columns(fit, Role::Summary);
    let was = columns_of(client, history)?.into_iter().map(|column| column.name);
    let mut was: Vec<String> = was.collect();
    was.retain(|name| !HISTORY_COLUMNS.contains(&name.as_str()));
    if !was.iter().eq(is.iter().map(|(name, _)| name)) {
        return Ok(false);
    }
    // The types behind domains, without lengths.
    let mut types = |sql: String| -> Result<Vec<u32>> {
        let prepared =
            client.prepare(&sql).while_doing(format!("comparing {} with the events", history.name))?;
        Ok(prepared.columns().iter().map(|column| column.type_().oid()).collect())
    };
    let nulls: Vec<String> = is.iter().map(|(_, ty)| format!("NULL::{ty}")).collect();
    let is = types(format!("SELECT {}", nulls.join(", ")))?;
    let columns = identifiers(was.iter().map(String::as_str));
    Ok(is == types(format!("SELECT {columns} FROM {}", history.name))?)
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

/// Does away with what is known and does not go on, and with functions that give rows of a view which does not stay.
pub(super) fn ended(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    view_stays: bool,
) -> Result<Vec<Step>> {
    let stays = stays(client, fit, present)?;
    let mut steps = Vec::new();
    if stays && view_stays {
        return Ok(steps);
    }
    for (what, sql) in AsOf::find(client, &fit.deployment)?.removal() {
        steps.push(Step::new(StepKind::Drop, format!("dropping {what}"), sql));
    }
    if let Some(history) = present.get(Role::SessionHistory).filter(|_| !stays) {
        let sql = format!("DROP TABLE {}", history.name);
        steps.push(Step::new(StepKind::Drop, format!("dropping the old {}", history.name), sql));
    }
    Ok(steps)
}

/// Makes what keeps and tells what the summary was, once the summary and its view have their names; what stands of it
/// stays.
pub(super) fn begun(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    view_stays: bool,
) -> Result<Vec<Step>> {
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
        if stays && view_stays && standing.has(&function) {
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
    let ended = ended(client, fit, present, true)?;
    Ok(ended.into_iter().chain(begun(client, fit, present, true)?).collect())
}
