//! What to do about a deployment as it stands.

use super::Status;
use crate::catalog::Kind;
use crate::deployment::Mode;
use crate::message::{Message, message};
use crate::remedy::{Command, Remedy};

/// Notes of so many bytes are worth a word.
const MANY_BYTES: u64 = 100_000_000;
/// After this long without a refresh, a schedule may be missing.
const LONG_SECONDS: f64 = 86_400.0;

pub(super) fn advice(status: &Status) -> Vec<Message> {
    let mode = status.deployment.mode;
    let mut advice = Vec::new();
    if mode == Mode::View {
        advice.extend(of_views(status));
    }
    advice.extend(of_failures(status));
    if !status.events_index && status.events_kind.is_some_and(Kind::is_table) {
        let why = match mode {
            Mode::View => "every refresh sorts all events",
            Mode::Incremental => "every refresh reads all events",
        };
        advice.push(message![
            format!("{} has no index on key and time, so {why}; ", status.deployment.events),
            status.deployment.command(Command::Deploy).with(Remedy::CreateIndex),
            " makes one"
        ]);
    }
    match mode {
        Mode::View => advice.extend(of_slow_refreshes(status)),
        Mode::Incremental => {
            advice.extend(of_waiting(status));
            advice.extend(of_retention(status));
        }
    }
    advice
}

fn of_views(status: &Status) -> Vec<Message> {
    let mut advice = Vec::new();
    for relation in &status.relations {
        if !relation.populated {
            let refresh = status.deployment.command(Command::Refresh);
            advice.push(message![format!("{} holds nothing; run ", relation.name), refresh]);
        }
        if !relation.unique_index {
            advice.push(message![
                format!("{} has no unique index, so every refresh keeps readers out; run ", relation.name),
                status.deployment.command(Command::Deploy)
            ]);
        }
    }
    advice
}

/// The last refresh of each relation of the deployment, where it went wrong.
fn of_failures(status: &Status) -> Vec<Message> {
    let own = status.relations.iter().map(|relation| relation.name.to_string());
    let latest = own.filter_map(|name| status.refreshes.iter().find(|past| past.relation == name));
    let failed = latest.filter(|past| past.outcome != "ok").map(|past| {
        let why = past.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
        let ended = if past.outcome == "failed" { "failed" } else { &format!("was {}", past.outcome) };
        format!("the refresh of {} at {} UTC {ended}{why}", past.relation, past.started_at).into()
    });
    failed.take(1).collect()
}

fn of_slow_refreshes(status: &Status) -> Option<Message> {
    let seconds = status.refreshes.iter().filter(|past| past.outcome == "ok").map(|past| past.seconds);
    let longest = seconds.reduce(f64::max).filter(|longest| *longest > 60.0)?;
    // Mode incremental wants a table, and ids that are there once.
    let can_follow = status.events_kind.is_some_and(Kind::is_table) && !status.deployment.deduplicated;
    let incremental = match can_follow {
        true => message![
            status.deployment.command(Command::Deploy).with(Remedy::IncrementalMode),
            " makes tables whose refresh costs what changed; or "
        ],
        false => Message::default(),
    };
    Some(message![
        format!(
            "a refresh takes {longest:.0} s, whatever changed, because a materialized view is computed anew each time; "
        ),
        incremental,
        format!("refresh less often, or keep fewer events in {}", status.deployment.events)
    ])
}

/// What dropping the first partition will do, which is too late to learn afterwards.
fn of_retention(status: &Status) -> Option<Message> {
    let deployment = &status.deployment;
    let renumbers = !deployment.keeps_events(true) && deployment.definition.id().is_numbered();
    (status.events_kind == Some(Kind::Partitioned) && renumbers).then(|| {
        message![
            format!(
                "when a partition of {} is dropped, its sessions go and later sessions of the same keys get other ids; before \
                 that, ",
                deployment.events
            ),
            Remedy::run(Command::Deploy).with(Remedy::KeepOnDetach),
            " keeps both, or ",
            Remedy::StartIds,
            " the ids"
        ]
    })
}

fn of_waiting(status: &Status) -> Option<Message> {
    let waiting = status.waiting.as_ref().filter(|waiting| !waiting.is_nothing())?;
    let (is_large, is_old) =
        (waiting.bytes >= MANY_BYTES, status.age_seconds.is_some_and(|age| age >= LONG_SECONDS));
    let why = match (is_large, is_old) {
        (true, _) => {
            format!("{} has grown to {} MB", status.deployment.changes(), waiting.bytes / 1_000_000)
        }
        (false, true) => "what was written to the events has waited for more than a day".to_owned(),
        (false, false) => return None,
    };
    Some(message![
        format!("{why}, so it seems that nobody refreshes; "),
        status.deployment.command(Command::Refresh).with(Remedy::Every("1m".to_owned())),
        format!(" does, or pg_cron with SELECT * FROM {}()", status.deployment.refresh_function())
    ])
}
