//! What a refresh has to tell, counted from the events before and after it: the rule row by row, without SQL.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use spectrum_postgres::{Connection, Deployment};

/// How long a pause is within a session, in microseconds.
const GAP: i64 = 30 * 60 * 1_000_000;

/// An event as the sessions relation has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    key: (Option<String>, Option<String>),
    /// Microseconds since 1970.
    time: i64,
    carried: Vec<Option<String>>,
    session_id: Option<String>,
    /// The number of its session, where the relation has it.
    session_seq: Option<i64>,
}

/// The events by their ids.
pub(super) type Snapshot = BTreeMap<i64, Seen>;

/// Reads the sessions relation.
pub(super) fn snapshot(client: &mut Connection, deployment: &Deployment) -> Snapshot {
    let carried: Vec<String> = deployment.carried.iter().map(|name| format!("{name}::text")).collect();
    let number = if deployment.definition.is_plain() { "NULL::bigint" } else { "session_seq" };
    let sql = format!(
        "SELECT event_id, user_id, account_id, (EXTRACT(EPOCH FROM occurred_at) * 1000000)::bigint,
                ARRAY[{}]::text[], session_id, {number} FROM {}",
        carried.join(", "),
        deployment.sessions()
    );
    let seen = |row: postgres::Row| {
        let event = Seen {
            key: (row.get(1), row.get(2)),
            time: row.get(3),
            carried: row.get(4),
            session_id: row.get(5),
            session_seq: row.get(6),
        };
        (row.get(0), event)
    };
    client.query(&sql, &[]).unwrap().into_iter().map(seen).collect()
}

/// The number of each event's session, as the relation has it; an event can belong to none.
fn numbered(events: &Snapshot) -> HashMap<i64, usize> {
    let mut sessions: HashMap<_, usize> = HashMap::new();
    let in_sessions = events.iter().filter_map(|(id, event)| Some((*id, (&event.key, event.session_seq?))));
    in_sessions
        .map(|(id, session)| {
            let next = sessions.len();
            (id, *sessions.entry(session).or_insert(next))
        })
        .collect()
}

/// The number of each event's session, by the gap.
fn by_gap(events: &Snapshot) -> HashMap<i64, usize> {
    let mut in_order: Vec<(&Seen, i64)> = events.iter().map(|(id, event)| (event, *id)).collect();
    in_order.sort_by(|(a, _), (b, _)| (&a.key, a.time).cmp(&(&b.key, b.time)));
    let mut session = 0;
    let mut previous: Option<&Seen> = None;
    let mut numbered = HashMap::new();
    for (event, id) in in_order {
        if previous.is_none_or(|was| was.key != event.key || event.time - was.time > GAP) {
            session += 1;
        }
        numbered.insert(id, session);
        previous = Some(event);
    }
    numbered
}

/// The events of each session.
fn members(sessions: &HashMap<i64, usize>) -> BTreeMap<usize, BTreeSet<i64>> {
    let mut members: BTreeMap<usize, BTreeSet<i64>> = BTreeMap::new();
    for (event, session) in sessions {
        members.entry(*session).or_default().insert(*event);
    }
    members
}

/// The counts of `REFRESH_COUNTS` after the first, by their names.
pub(super) fn counts(
    deployment: &Deployment,
    before: &Snapshot,
    after: &Snapshot,
) -> Vec<(&'static str, i64)> {
    let sessions = if deployment.definition.is_plain() { by_gap } else { numbered };
    let (old, new) = (sessions(before), sessions(after));
    let (old_members, new_members) = (members(&old), members(&new));
    let count = |number: usize| i64::try_from(number).unwrap();
    let mut last: HashMap<_, i64> = HashMap::new();
    for event in before.values() {
        let latest = last.entry(&event.key).or_insert(event.time);
        *latest = (*latest).max(event.time);
    }
    let added: Vec<&Seen> =
        after.iter().filter(|(id, _)| !before.contains_key(id)).map(|(_, event)| event).collect();
    let late = added.iter().filter(|event| last.get(&event.key).is_some_and(|last| event.time < *last));
    let stayed: Vec<(i64, &Seen, &Seen)> =
        before.iter().filter_map(|(id, was)| Some((*id, was, after.get(id)?))).collect();
    let changed = stayed
        .iter()
        .filter(|(_, was, is)| (&was.key, was.time, &was.carried) != (&is.key, is.time, &is.carried));
    let renamed = stayed.iter().filter(|(_, was, is)| was.session_id != is.session_id).map(|(id, ..)| *id);
    // One that comes into a session, or out of one, had no id that changed.
    let renamed: Vec<i64> = renamed.filter(|id| old.contains_key(id) && new.contains_key(id)).collect();
    // The sessions in which the events of one were, or are.
    let others = |events: &BTreeSet<i64>, side: &HashMap<i64, usize>| {
        events.iter().filter_map(|event| side.get(event).copied()).collect::<BTreeSet<usize>>()
    };
    let mut told = vec![
        ("events_added", count(added.len())),
        ("events_late", count(late.count())),
        (
            "events_null_key",
            count(added.iter().filter(|event| event.key.0.is_none() || event.key.1.is_none()).count()),
        ),
        ("events_changed", count(changed.count())),
        ("events_removed", count(before.keys().filter(|id| !after.contains_key(id)).count())),
    ];
    let (mut created, mut extended, mut merged) = (0, 0, 0);
    for events in new_members.values() {
        let sources = others(events, &old);
        match sources.first() {
            None => created += 1,
            Some(_) if sources.len() > 1 => merged += 1,
            Some(source) if old_members[source].is_subset(events) && old_members[source] != *events => {
                extended += 1
            }
            Some(_) => {}
        }
    }
    let (mut split, mut dropped) = (0, 0);
    for events in old_members.values() {
        match others(events, &new).len() {
            0 => dropped += 1,
            1 => {}
            _ => split += 1,
        }
    }
    told.extend([
        ("sessions_created", created),
        ("sessions_extended", extended),
        ("sessions_merged", merged),
        ("sessions_split", split),
        ("sessions_dropped", dropped),
        ("ids_changed", count(renamed.iter().map(|id| old[id]).collect::<BTreeSet<_>>().len())),
        ("events_renamed", count(renamed.len())),
    ]);
    told
}

/// What the summary tells of sessions, by their key, bounds and number of events: all of it as one text.
pub(super) type Tales = BTreeMap<(Option<String>, Option<String>, String, String, i64), String>;

/// Reads the summary, where it tells anything.
pub(super) fn tales(client: &mut Connection, deployment: &Deployment) -> Tales {
    if deployment.definition.is_plain() {
        return Tales::new();
    }
    let told = deployment.definition.summary().iter().map(|told| format!("\"{}\"", told.name));
    let told: Vec<String> = ["started_by".to_owned()].into_iter().chain(told).collect();
    let sql = format!(
        "SELECT user_id, account_id, started_at::text, ended_at::text, events, ROW({})::text FROM {}",
        told.join(", "),
        deployment.summary()
    );
    let tale =
        |row: postgres::Row| ((row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)), row.get(5));
    client.query(&sql, &[]).unwrap().into_iter().map(tale).collect()
}

/// Of how many the summary told something else before.
pub(super) fn retold(before: &Tales, after: &Tales) -> i64 {
    let other = after.iter().filter(|(session, tale)| before.get(session).is_some_and(|was| was != *tale));
    i64::try_from(other.count()).unwrap()
}
