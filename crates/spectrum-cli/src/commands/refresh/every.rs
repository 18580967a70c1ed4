//! The schedule as its log on standard error tells it, and as the metrics do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use spectrum_postgres::{Deployment, Event, Outcome, PgError, RefreshOptions, Server, Tick, refresh_every};

use super::endpoint::Endpoint;
use super::metrics::Metrics;
use super::{Arguments, report};
use crate::commands::{note, print};
use crate::interrupt;
use crate::numbers::{counted, seconds};
use crate::postgres_remedy::{all_told, told};

pub(super) fn run(
    arguments: &Arguments,
    server: &Server,
    deployment: &Deployment,
    options: &RefreshOptions,
    every: Duration,
) -> Result<()> {
    let stop = interrupt::stoppable();
    let metrics = Arc::new(Mutex::new(Metrics::new(deployment.sessions().to_string())));
    if let Some(address) = &arguments.metrics {
        let endpoint = Endpoint::bind(address)?;
        if !arguments.quiet {
            say(&format!("metrics are on http://{}/metrics", endpoint.address()));
        }
        if !endpoint.address().ip().is_loopback() {
            say(
                "note: whoever can reach that address can read the metrics; 127.0.0.1 keeps them on this machine",
            );
        }
        let metrics = Arc::clone(&metrics);
        endpoint.serve(move || metrics.lock().unwrap_or_else(PoisonError::into_inner).render());
    }
    let mut printed = Ok(());
    let mut noted = String::new();
    let mut missed = Vec::new();
    refresh_every(server, deployment, options, every, &stop, &mut |tick| {
        metrics.lock().unwrap_or_else(PoisonError::into_inner).note(&tick);
        if let Tick::Ran(report) = &tick
            && arguments.json
            && let Err(error) = print(&report::as_json(report).to_string())
        {
            printed = Err(error);
            stop.request(); // nobody reads on
        }
        if let Tick::Ran(report) = &tick
            && report.missed != missed
        {
            report.missed.iter().for_each(|what| say(&told(what)));
            missed.clone_from(&report.missed);
        }
        if let Tick::Ran(report) = &tick {
            // The same thing again and again is no news.
            let notes = all_told(&report.notes).join("; ");
            if !notes.is_empty() && notes != noted && !arguments.quiet {
                say(&format!("note: {notes}"));
            }
            noted = notes;
        }
        if let Some((line, matters)) = line(&tick, every)
            && (matters || !arguments.quiet)
        {
            say(&line);
        }
    })?;
    if !arguments.quiet {
        say("stopped");
    }
    Ok(printed?)
}

/// What there is to say, and whether it is something that went wrong.
fn line(tick: &Tick<'_>, every: Duration) -> Option<(String, bool)> {
    Some(match tick {
        Tick::Event(Event::Waiting { holder, since }) => (format!("waiting for {holder}{since}"), false),
        Tick::Ran(_) => return None,
        Tick::Event(Event::RefreshEnded(view)) if report::is_along(view) => return None,
        Tick::Event(Event::RefreshEnded(view)) => (report::ended(view), view.outcome != Outcome::Ok),
        Tick::Failed(error) => (format!("not refreshed: {}", told(&error.message())), true),
        Tick::Lost { error, again_in } => {
            let what = match error {
                PgError::Lost { doing } => format!("lost the connection to the server while {doing}"),
                error => told(&error.message()),
            };
            (format!("{what}; trying again in {}", seconds(again_in.as_secs_f64())), true)
        }
        Tick::Missed(starts) => {
            let starts = counted(u64::try_from(*starts).unwrap_or(u64::MAX), "start", "starts");
            let every = seconds(every.as_secs_f64());
            (format!("the run took longer than {every}: {starts} left out"), true)
        }
        _ => return None,
    })
}

/// A line of the log.
fn say(text: &str) {
    note(&format!("{:.0} {text}", Timestamp::now()));
}
