//! Taking in what was written during the build, before readers see the tables.

use std::time::{Duration, Instant};

use postgres::{Client, IsolationLevel};
use spectrum_sql::TableName;
use spectrum_sql::postgres::IncrementalNames;

use super::stage::{Step, StepKind};
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::relations::name_of;
use crate::role::Role;
use crate::stop::Stop;

/// Changes that are taken in so fast can wait for the exchange, which takes in the rest.
const SHORT: Duration = Duration::from_secs(1);

/// The steps: the function with a log of its own, both of which go with the connection, and the call of it.
pub(super) fn steps(fit: &Fit) -> Vec<Step> {
    let events = fit.query();
    // A name in the schema of temporary things cannot be refused here.
    let temporary =
        |name: &str| TableName::new("pg_temp", name).unwrap_or_else(|_| fit.events.name.beside(name));
    let names = IncrementalNames {
        sessions: name_of(&fit.deployment, Role::NewSessions),
        summary: name_of(&fit.deployment, Role::NewSummary),
        refresh: temporary("spectrum_catch_up"),
        log: temporary("spectrum_catch_up_log"),
        ..fit.names()
    };
    let (log, of) = (&names.log, fit.deployment.refresh_log());
    let incremental = fit.incremental_named(&events, names.clone()).without_settled_ids().without_history();
    // That of a build which an older version began.
    let completed = incremental.completed_partitions();
    let make = [
        format!("DROP FUNCTION IF EXISTS {}()", names.refresh),
        format!("DROP TABLE IF EXISTS {log}"),
        format!(
            "CREATE TEMPORARY TABLE {} (LIKE {of} INCLUDING IDENTITY)",
            spectrum_sql::identifier(log.name())
        ),
        incremental.refresh_function().create(),
    ];
    let make: Vec<String> = completed.into_iter().chain(make).collect();
    vec![Step::new(StepKind::CatchUp, "preparing to catch up", make.join(";\n")), call(fit)]
}

/// The call.
pub(super) fn call(fit: &Fit) -> Step {
    let does = format!("taking in what was written to {} meanwhile", fit.events.name);
    Step::new(StepKind::CatchUp, does, "SELECT * FROM pg_temp.spectrum_catch_up()")
}

/// Calls it until little is left, or as much comes in the time a call takes as it takes in.
pub(super) fn catch_up(client: &mut Client, call: &Step, stop: &Stop) -> Result<()> {
    let mut longest = Duration::MAX;
    loop {
        let begun = Instant::now();
        if stop.is_requested() {
            return Err(PgError::Interrupted);
        }
        let mut transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .start()
            .while_doing("beginning a transaction")?;
        transaction.batch_execute(&call.sql).while_doing(&call.does)?;
        transaction.commit().while_doing("committing")?;
        let took = begun.elapsed();
        if took < SHORT || took > longest / 2 {
            return Ok(());
        }
        longest = took;
    }
}
