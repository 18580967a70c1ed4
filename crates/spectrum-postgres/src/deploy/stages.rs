//! The stages of a build, in either mode.

use postgres::GenericClient;

use super::exchange::refresh_log;
use super::missing_indexes::missing_log_indexes;
use super::schema::schema;
use super::stage::{Stage, StageKind, Step, StepKind};
use super::standing::Standing;
use super::{build, catch_up, logged, materialized, noting, parts};
use crate::error::Result;
use crate::fit::Fit;
use crate::present::Present;
use crate::relations::name_of;
use crate::role::Role;
use crate::triggers::Triggers;

/// Materialized views: built and exchanged in one transaction. Triggers that noted changes before are removed
/// after it, so that no writer of events waits for a build.
pub(super) fn at_once(
    client: &mut impl GenericClient,
    fit: &Fit,
    standing: &Standing,
    exchange: Vec<Step>,
) -> Result<Vec<Stage>> {
    let Standing { present, triggers } = standing;
    let mut steps: Vec<Step> = schema(client, fit)?.into_iter().collect();
    // They have the names under which the new relations are built.
    steps.extend(noting::unfinished(present));
    steps.extend(materialized::build(fit, present));
    let leftovers = without_triggers(&present.without_unfinished(), triggers);
    let mut stages: Vec<Stage> = log_indexes(client, fit, present)?.into_iter().collect();
    stages.push(Stage::exchanging(StageKind::Together, steps, exchange));
    stages.extend(Stage::locking(leftovers));
    Ok(stages)
}

/// Does away with everything that only tables need that are kept by triggers.
pub(super) fn without_triggers(present: &Present, triggers: &Triggers) -> Vec<Step> {
    let lock = triggers.lock().map(|(does, sql)| Step::new(StepKind::Lock, does, sql));
    lock.into_iter().chain(noting::without_triggers(triggers, present, false)).collect()
}

/// Tables: watched first, then built in parts, caught up, and exchanged. `goes_on` leaves out what a build that was
/// interrupted has done for sure.
pub(super) fn maintained(
    client: &mut impl GenericClient,
    fit: &Fit,
    standing: &Standing,
    goes_on: bool,
    settled: Vec<Step>,
    exchange: Vec<Step>,
) -> Result<Vec<Stage>> {
    let watch = match goes_on {
        true => Vec::new(),
        false => noting::steps(client, fit, &standing.present, &standing.triggers)?,
    };
    let deployment = &fit.deployment;
    let fill = Step::new(
        StepKind::BuildSessions,
        format!("building {}", deployment.sessions()),
        build::fill(fit, &parts::has_time(fit)),
    );
    let (sessions, summary) = (name_of(deployment, Role::NewSessions), name_of(deployment, Role::NewSummary));
    let events = fit.query();
    let incremental = fit.incremental_at(&events, sessions.clone(), summary.clone());
    let identified = Step::new(
        StepKind::Identify,
        format!("giving {} and {} replica identities", deployment.sessions(), deployment.summary()),
        incremental.identified().join(";\n"),
    );
    let analyze = Step::new(
        StepKind::Analyze,
        format!("analyzing {} and {}", deployment.sessions(), deployment.summary()),
        format!("ANALYZE {sessions}, {summary}"),
    );
    let all = [
        (StageKind::Parts, vec![fill]),
        (StageKind::Indexes, build::index_steps(fit)),
        (StageKind::Apart, vec![identified, analyze]),
        (StageKind::CatchUp, catch_up::steps(fit)),
    ];
    let stages = all.into_iter().filter_map(|(kind, steps)| Stage::of(kind, steps));
    let watch = log_indexes(client, fit, &standing.present)?.into_iter().chain(Stage::locking(watch));
    Ok(watch.chain(stages).chain([self::exchange(fit, settled, exchange)]).collect())
}

/// The stage that exchanges the tables, once what was written until then is in them and their ids are `settled`.
pub(super) fn exchange(fit: &Fit, settled: Vec<Step>, exchange: Vec<Step>) -> Stage {
    let first = [catch_up::call(fit), logged::tables(fit)].into_iter().chain(settled);
    Stage::exchanging(StageKind::Exchange, first.collect(), exchange)
}

/// Gives a log of an older version its indexes. One that is long takes its time, in which nobody waits for locks yet.
fn log_indexes(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Option<Stage>> {
    Ok(match missing_log_indexes(client, present)? {
        true => Stage::of(StageKind::Together, vec![refresh_log(fit)]),
        false => None,
    })
}
