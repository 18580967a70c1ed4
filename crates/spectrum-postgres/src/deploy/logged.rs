//! A build, written into the refresh log: what was written to the events before it began is in it.

use postgres::Transaction;
use spectrum_sql::postgres::RefreshLog;

use super::stage::{Step, StepKind, Took};
use crate::deployment::Deployment;
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::relations::name_of;
use crate::role::Role;

/// The rows of a build of tables, written before they are exchanged.
pub(super) fn tables(fit: &Fit) -> Step {
    let deployment = &fit.deployment;
    let (sessions, summary) = (deployment.sessions(), deployment.summary());
    let (parts, filled) = (deployment.build_parts(), name_of(deployment, Role::NewSummary));
    let rows = match deployment.definition.is_plain() {
        true => "COALESCE(SUM(events), 0)::bigint".to_owned(),
        // Some events may belong to no session.
        false => format!("(SELECT COUNT(*) FROM {})", name_of(deployment, Role::NewSessions)),
    };
    let sql =
        RefreshLog::new(&deployment.refresh_log()).built_tables(&sessions, &summary, &parts, &filled, &rows);
    Step::new(StepKind::Log, "writing the refresh log", sql)
}

/// Writes the rows of a build of materialized views, from how long each step took.
pub(super) fn log_views(
    transaction: &mut Transaction<'_>,
    deployment: &Deployment,
    took: &[Took],
) -> Result<()> {
    let (sessions, summary) = (deployment.sessions(), deployment.summary());
    let seconds = |steps: &[Took]| steps.iter().map(|step| step.time.as_secs_f64()).sum::<f64>();
    let summary_begins = took.iter().position(|step| step.kind == StepKind::BuildSummary);
    let for_sessions = seconds(&took[..summary_begins.unwrap_or(took.len())]);
    let sql = RefreshLog::new(&deployment.refresh_log()).built_views(&sessions, &summary);
    transaction
        .execute(&sql, &[&sessions.to_string(), &summary.to_string(), &for_sessions, &seconds(took)])
        .while_doing("writing the refresh log")
        .map(drop)
}
