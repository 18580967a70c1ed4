//! Refreshing on a schedule, through restarts of the database, until somebody stops it.

use std::time::{Duration, Instant};

use super::report::RefreshReport;
use super::{RefreshOptions, refresh};
use crate::connect::{Connection, Server};
use crate::deployment::Deployment;
use crate::error::{PgError, Result};
use crate::observer::Event;
use crate::stop::Stop;

/// The pause after the first failure to reach the database; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What an observer hears.
#[derive(Debug)]
#[non_exhaustive]
pub enum Tick<'a> {
    /// Something happened in a run.
    Event(Event<'a>),
    /// A run has ended.
    Ran(&'a RefreshReport),
    /// A run could not be tried; it is again when its time comes.
    Failed(&'a PgError),
    /// The database was not there, or went away.
    Lost {
        /// What was met.
        error: &'a PgError,
        /// After how long it is tried again.
        again_in: Duration,
    },
    /// The run took longer than the interval: so many starts were left out.
    Missed(u128),
}

/// Refreshes at once and then every `every`, counted from start to start, until `stop` is requested. Runs never
/// overlap: a start whose time comes during a run is left out. A run that is stopped ends cleanly, with the view in
/// work as it was before.
///
/// While the database cannot be reached it is tried again after a second, then after two, and so on up to a
/// minute, but never later than the next start would be.
///
/// # Errors
/// When the very first run is refused for what was asked of it, so that a wrong setting is not tried for
/// ever.
pub fn refresh_every(
    server: &Server,
    deployment: &Deployment,
    options: &RefreshOptions,
    every: Duration,
    stop: &Stop,
    observer: &mut dyn FnMut(Tick<'_>),
) -> Result<()> {
    let mut connection: Option<Connection> = None;
    let mut pause = FIRST_PAUSE;
    let mut ever_ran = false;
    let mut due = Instant::now();
    while !stop.wait(due.saturating_duration_since(Instant::now())) {
        let begun = Instant::now();
        let done = once(server, &mut connection, deployment, options, stop, observer);
        match &done {
            Err(error) if is_absence(error) => {
                connection = None;
                let again_in = pause.min(LONGEST_PAUSE).min(every);
                pause = pause.saturating_mul(2);
                observer(Tick::Lost { error, again_in });
                due = Instant::now() + again_in;
                continue;
            }
            Err(PgError::Interrupted) => {}
            Err(error) if !ever_ran && is_refusal(error) => return done.map(drop),
            Err(error) => observer(Tick::Failed(error)),
            Ok(report) => observer(Tick::Ran(report)),
        }
        ever_ran = ever_ran || done.is_ok();
        pause = FIRST_PAUSE;
        let missed = missed(begun.elapsed(), every);
        if missed > 0 && !stop.is_requested() {
            observer(Tick::Missed(missed));
        }
        due = begun + every.saturating_mul(u32::try_from(missed + 1).unwrap_or(u32::MAX));
    }
    Ok(())
}

fn once(
    server: &Server,
    connection: &mut Option<Connection>,
    deployment: &Deployment,
    options: &RefreshOptions,
    stop: &Stop,
    observer: &mut dyn FnMut(Tick<'_>),
) -> Result<RefreshReport> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(server.connect("spectrum refresh")?),
    };
    refresh(connection, deployment, options, stop, &mut |event| observer(Tick::Event(event)))
}

/// How many starts pass while a run goes on: those strictly before its end.
fn missed(took: Duration, every: Duration) -> u128 {
    took.as_nanos().saturating_sub(1) / every.as_nanos().max(1)
}

/// Whether the database is away, which waiting can fix.
fn is_absence(error: &PgError) -> bool {
    matches!(error, PgError::Connect { .. } | PgError::Lost { .. })
}

/// Whether what was asked for is wrong, which waiting does not fix.
fn is_refusal(error: &PgError) -> bool {
    matches!(
        error,
        PgError::Refused(_) | PgError::LockLost { .. } | PgError::Settings(_) | PgError::Deployment(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_that_pass_during_a_run_are_left_out() {
        let missed = |took, every| missed(Duration::from_secs(took), Duration::from_secs(every));
        assert_eq!(missed(0, 300), 0);
        assert_eq!(missed(299, 300), 0);
        // A run that ends just when the next is due makes it in time.
        assert_eq!(missed(300, 300), 0);
        assert_eq!(missed(301, 300), 1);
        assert_eq!(missed(900, 300), 2);
    }
}
