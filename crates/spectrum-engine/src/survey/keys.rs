//! The keys with most sessions, and those with a value that was asked for.

use std::cmp::{Ordering, Reverse};

use spectrum_core::{SessionIndex, Sessions};

use super::SurveyOptions;

/// A key and what its sessions come to.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct KeyFigures {
    /// The texts of its columns; `None` for NULL.
    pub key: Vec<Option<String>>,
    /// How many sessions it has.
    pub sessions: u64,
    /// How many events they have.
    pub events: u64,
    /// The first instant of the first.
    pub first: i64,
    /// The last instant of any.
    pub last: i64,
    /// The length of the longest.
    pub longest: u64,
    /// How long all of them are together.
    pub total_length: u128,
}

/// The sessions of a key, which stand together.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfKey {
    pub(super) first: SessionIndex,
    pub(super) sessions: u64,
    events: u64,
}

impl OfKey {
    pub(super) fn all(self, sessions: &Sessions) -> impl Iterator<Item = SessionIndex> + use<'_> {
        std::iter::successors(Some(self.first), |session| sessions.after(*session))
    }

    pub(super) fn texts(self, sessions: &Sessions, columns: usize) -> Vec<Option<String>> {
        (0..columns).map(|column| sessions.key_text(self.first, column)).collect()
    }

    /// Whether it comes before another in a list of keys: it has more sessions, or more events in as many, or began earlier.
    /// The texts decide if nothing else does, so that the list does not depend on the order of events.
    fn rank(self, other: Self, sessions: &Sessions, columns: usize) -> Ordering {
        let figures = |key: Self| (Reverse(key.sessions), Reverse(key.events), sessions.start(key.first));
        figures(self)
            .cmp(&figures(other))
            .then_with(|| self.texts(sessions, columns).cmp(&other.texts(sessions, columns)))
    }
}

/// The keys to list, those of which it is to be shown what happened, and values that no key has.
pub(super) fn of(
    sessions: &Sessions,
    columns: usize,
    options: &SurveyOptions,
) -> (Vec<KeyFigures>, Vec<OfKey>, Vec<String>) {
    let mut keys = all_keys(sessions);
    let mut chosen: Vec<OfKey> = Vec::new();
    let mut unknown = Vec::new();
    for value in &options.key_values {
        let mut with_value: Vec<OfKey> = keys
            .iter()
            .copied()
            .filter(|key| {
                (0..columns).any(|column| sessions.key_text(key.first, column).as_ref() == Some(value))
            })
            .collect();
        if with_value.is_empty() {
            unknown.push(value.clone());
        }
        with_value.sort_unstable_by(|one, other| one.rank(*other, sessions, columns));
        chosen.extend(with_value.iter().take(options.most_timelines.max(1)));
    }
    if keys.len() > options.most_keys && options.most_keys > 0 {
        keys.select_nth_unstable_by(options.most_keys - 1, |one, other| one.rank(*other, sessions, columns));
    }
    keys.truncate(options.most_keys);
    keys.sort_unstable_by(|one, other| one.rank(*other, sessions, columns));
    chosen.extend(keys.iter().take(options.most_timelines));
    let mut seen: Vec<SessionIndex> = Vec::new();
    chosen.retain(|key| {
        let is_new = !seen.contains(&key.first);
        seen.push(key.first);
        is_new
    });
    let listed = keys.iter().map(|key| figures(*key, sessions, columns)).collect();
    (listed, chosen, unknown)
}

fn all_keys(sessions: &Sessions) -> Vec<OfKey> {
    let mut keys: Vec<OfKey> = Vec::with_capacity(sessions.keys());
    for session in sessions.all() {
        let events = sessions.events(session);
        match keys.last_mut() {
            Some(key) if sessions.before(session).is_some() => {
                key.sessions += 1;
                key.events += events;
            }
            _ => keys.push(OfKey { first: session, sessions: 1, events }),
        }
    }
    keys
}

fn figures(key: OfKey, sessions: &Sessions, columns: usize) -> KeyFigures {
    let lengths = || key.all(sessions).map(|session| sessions.end(session).abs_diff(sessions.start(session)));
    KeyFigures {
        key: key.texts(sessions, columns),
        sessions: key.sessions,
        events: key.events,
        first: sessions.start(key.first),
        last: key.all(sessions).map(|session| sessions.end(session)).max().unwrap_or_default(),
        longest: lengths().max().unwrap_or_default(),
        total_length: lengths().map(u128::from).sum(),
    }
}
