//! What changes around a deployment that stands: columns of the events, policies, what views are bound to.

mod bound;
mod columns;
mod policies;
mod retention;

use crate::messages;
use spectrum_postgres::{
    Connection, Deployment, Mode, Outcome, PgError, RefreshOptions, Stop, VerifyOptions, refresh, status,
    verify,
};

use crate::refresh::Database;

/// What a refresh says, by its error where it failed.
pub(crate) fn refreshed(database: &Database, deployment: &Deployment) -> String {
    let report = refresh(
        &mut database.connect(),
        deployment,
        &RefreshOptions::default(),
        &Stop::default(),
        &mut |_| (),
    )
    .unwrap();
    match report.views.iter().find(|view| view.outcome != Outcome::Ok) {
        Some(view) => view.error.as_ref().map(ToString::to_string).unwrap_or_default(),
        None => "ok".to_owned(),
    }
}

/// What status advises.
pub(crate) fn advice(database: &Database, deployment: &Deployment) -> Vec<String> {
    messages(&status(&mut database.connect(), deployment).unwrap().advice)
}

/// What verify finds, a line a check; or why it compares nothing.
pub(crate) fn found(connection: &mut Connection, deployment: &Deployment) -> String {
    match verify(connection, deployment, &VerifyOptions::default(), &mut |_| ()) {
        Ok(report) => {
            let bad = report.checks.iter().filter(|check| !check.holds());
            let lines: Vec<String> = bad.map(|check| format!("{}: {}", check.name, check.words)).collect();
            if lines.is_empty() { "everything holds".to_owned() } else { lines.join("\n") }
        }
        Err(PgError::Refused(why)) => why.to_string(),
        Err(error) => panic!("{error}"),
    }
}

pub(crate) fn in_mode(mode: Mode) -> Deployment {
    Deployment { mode, ..crate::deploy::definition(|d| d) }
}
