//! The row of a build in the log of refreshes: what was written before it began is in it.

use postgres::Transaction;
use spectrum_sql::literal;

use super::stage::{Step, StepKind, Took};
use crate::deployment::Deployment;
use crate::error::{Result, While};
use crate::fit::Fit;
use crate::present::name_of;
use crate::record::Role;

/// The rows of a build of tables, written before they are exchanged.
pub(super) fn built(fit: &Fit) -> Step {
    let deployment = &fit.deployment;
    let (log, parts) = (deployment.refresh_log(), deployment.build_parts());
    let (sessions, summary) = (deployment.sessions(), deployment.summary());
    let rows = name_of(deployment, Role::NewSummary);
    let [of_sessions, of_summary] = [&sessions, &summary].map(|name| literal(&name.to_string()));
    let sql = format!(
        "INSERT INTO {log} (run_id, relation, started_at, finished_at, method, reason, outcome, rows, details)
SELECT latest.run_id + 1, told.relation, told.started_at, pg_catalog.clock_timestamp(), 'incremental', told.reason, 'ok',
       told.rows, told.details
FROM (SELECT COALESCE(MAX(run_id), 0) AS run_id FROM {log}) latest,
     (SELECT COALESCE(MIN(planned_at), NOW()) AS began, COUNT(*) AS parts FROM {parts}) build,
     (SELECT COALESCE(SUM(events), 0)::bigint AS events, COUNT(*) AS sessions FROM {rows}) counted,
     LATERAL (VALUES
       ({of_sessions}, build.began, 'built by spectrum deploy', counted.events,
        pg_catalog.jsonb_build_object('parts', build.parts)),
       ({of_summary}, pg_catalog.clock_timestamp(), 'built with ' || {of_sessions}, counted.sessions, NULL))
       AS told (relation, started_at, reason, rows, details)"
    );
    Step::new(StepKind::Log, "writing the refresh log", sql)
}

/// The rows of a build of materialized views, from how long each step took.
pub(super) fn log_build(
    transaction: &mut Transaction<'_>,
    deployment: &Deployment,
    took: &[Took],
) -> Result<()> {
    let log = deployment.refresh_log();
    let (sessions, summary) = (deployment.sessions(), deployment.summary());
    let seconds = |steps: &[Took]| steps.iter().map(|step| step.time.as_secs_f64()).sum::<f64>();
    let summary_begins = took.iter().position(|step| step.kind == StepKind::BuildSummary);
    let for_sessions = seconds(&took[..summary_begins.unwrap_or(took.len())]);
    let for_both = seconds(took);
    let sql = format!(
        "INSERT INTO {log} (run_id, relation, started_at, finished_at, method, reason, outcome, rows)
         SELECT (SELECT COALESCE(MAX(run_id), 0) + 1 FROM {log}), built.relation,
                NOW() + built.began * INTERVAL '1 second', NOW() + built.ended * INTERVAL '1 second',
                'plain', 'built by spectrum deploy', 'ok', built.rows
         FROM (SELECT $1::text, 0::float8, $3::float8, (SELECT COUNT(*) FROM {sessions})
               UNION ALL SELECT $2::text, $3::float8, $4::float8, (SELECT COUNT(*) FROM {summary}))
           AS built (relation, began, ended, rows)"
    );
    transaction
        .execute(&sql, &[&sessions.to_string(), &summary.to_string(), &for_sessions, &for_both])
        .while_doing("writing the refresh log")
        .map(drop)
}
