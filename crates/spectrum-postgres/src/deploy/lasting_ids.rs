//! The table of ids that last, over deployments: what is remembered stays, whatever the rule is now.

use postgres::GenericClient;
use spectrum_sql::{TableName, identifiers};

use super::DeployOptions;
use super::stage::{Step, StepKind};
use crate::catalog::columns_of;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::message;
use crate::present::Present;
use crate::record::Record;
use crate::relations::name_of;
use crate::remedy::Remedy;
use crate::role::Role;

/// What holds the ids, and what reads that.
pub(super) const ROLES: [Role; 2] = [Role::SessionIds, Role::SessionAliasesView];

/// Whether ids last in this deployment.
pub(super) fn last(fit: &Fit) -> bool {
    fit.deployment.definition.id().needs_memory()
}

/// Whether the ids that were given are remembered over the deployment: where the key and the type of the time are the same.
pub(super) fn stay(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<bool> {
    let Some(ids) = present.get(Role::SessionIds).filter(|_| last(fit)) else { return Ok(false) };
    let columns = columns_of(client, ids)?;
    let definition = &fit.deployment.definition;
    if !definition.key().iter().all(|name| columns.iter().any(|column| column.name == *name)) {
        return Ok(false);
    }
    let key = identifiers(definition.key().iter().map(String::as_str));
    let time = spectrum_sql::identifier(definition.time());
    let mut types = |sql: String| -> Result<Vec<u32>> {
        let prepared = client.prepare(&sql).while_doing(format!("comparing {} with the events", ids.name))?;
        Ok(prepared.columns().iter().map(|column| column.type_().oid()).collect())
    };
    let of_events = types(format!("SELECT {key}, {time} FROM {}", fit.events.name))?;
    Ok(of_events == types(format!("SELECT {key}, anchored_at FROM {}", ids.name))?)
}

/// What goes with ids that were given, in words, where they cannot be remembered for another reason than the key.
pub(super) fn lost(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Option<String>> {
    let same_key = present
        .recorded()
        .and_then(Record::deployment)
        .is_some_and(|was| was.definition.key() == fit.deployment.definition.key());
    let is_lost =
        last(fit) && same_key && present.get(Role::SessionIds).is_some() && !stay(client, fit, present)?;
    Ok(is_lost.then(|| {
        format!(
            "columns of {} have other types than in {}, which changes ids of sessions",
            fit.events.name,
            fit.deployment.session_ids()
        )
    }))
}

/// Refuses to keep ids that cannot be kept.
pub(super) fn check_kept(fit: &Fit, present: &Present, options: &DeployOptions) -> Result<()> {
    if !options.keep_ids {
        return Ok(());
    }
    if !last(fit) {
        return Err(PgError::refused(message![
            format!(
                "ids of the scheme {} follow from the events alone, so the present ones cannot be kept; deploy with ",
                fit.deployment.definition.id()
            ),
            Remedy::PersistentIds
        ]));
    }
    let Some(was) = present.recorded().and_then(Record::deployment) else { return Ok(()) };
    let (was, is) = (&was.definition, &fit.deployment.definition);
    if was.key() != is.key() {
        return Err(PgError::refused(format!(
            "the present ids are of sessions by {}, and those by {} are other ones, so they cannot be kept; deploy one change \
             after the other",
            was.key().join(", "),
            is.key().join(", ")
        )));
    }
    Ok(())
}

/// Gives the sessions that were built their ids, before they take the place of those that stand.
pub(super) fn settled(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
    options: &DeployOptions,
) -> Result<Vec<Step>> {
    if !last(fit) {
        return Ok(Vec::new());
    }
    let events = fit.query();
    let deployment = &fit.deployment;
    let (sessions, summary) = (name_of(deployment, Role::NewSessions), name_of(deployment, Role::NewSummary));
    let incremental = fit.incremental_at(&events, sessions, summary);
    let stay = stay(client, fit, present)?;
    let was = present.recorded().and_then(Record::deployment);
    let before = present.get(Role::Sessions).zip(was.as_ref());
    let mut steps = Vec::new();
    if !stay {
        steps.extend(dropped(present));
        steps.push(made(fit));
        if let (true, Some(summary)) = (options.keep_ids, present.get(Role::Summary)) {
            let does = format!("keeping the ids of {}", summary.name);
            steps.push(Step::new(StepKind::Make, does, incremental.adopt_ids(&summary.name)));
        }
    }
    if !stay || present.get(Role::SessionAliasesView).is_none() {
        steps.push(view(fit));
    }
    let before = before.filter(|_| stay || options.keep_ids);
    let before = before.map(|(relation, was)| (&relation.name, was.definition.time()));
    steps.push(Step::new(
        StepKind::Make,
        format!("giving the sessions the ids of {}", deployment.session_ids()),
        incremental.settle_all_ids(before),
    ));
    Ok(steps)
}

/// What is missing of a deployment that stands. Ids that it has are taken for those that were given first.
pub(super) fn missing(fit: &Fit, present: &Present) -> Vec<Step> {
    let mut steps = Vec::new();
    if !last(fit) {
        return steps;
    }
    let table_is_missing = present.get(Role::SessionIds).is_none();
    if table_is_missing {
        let (events, summary) = (fit.query(), fit.deployment.summary());
        steps.push(made(fit));
        let does = format!("writing down the ids of {summary}");
        steps.push(Step::new(StepKind::Make, does, fit.incremental(&events).adopt_ids(&summary)));
    }
    if table_is_missing || present.get(Role::SessionAliasesView).is_none() {
        steps.push(view(fit));
    }
    steps
}

/// Does away with what is remembered.
pub(super) fn dropped(present: &Present) -> impl Iterator<Item = Step> {
    let relations = ROLES.into_iter().rev().filter_map(|role| present.get(role));
    relations.map(|relation| {
        Step::new(
            StepKind::Drop,
            format!("dropping the old {}", relation.name),
            format!("DROP {} {}", relation.kind.sql(), relation.name),
        )
    })
}

fn made(fit: &Fit) -> Step {
    let events = fit.query();
    let sql = fit.incremental(&events).ids_table().join(";\n");
    Step::new(StepKind::Make, format!("making {}", fit.deployment.session_ids()), sql)
}

fn view(fit: &Fit) -> Step {
    let events = fit.query();
    let name: TableName = fit.deployment.session_aliases_view();
    Step::new(StepKind::Make, format!("making {name}"), fit.incremental(&events).aliases_view(&name))
}
