//! Generated events, and their sessions in the plainest way, row by row.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use spectrum_core::internals::session_numbers;
use spectrum_generate::{Generate, Ids, Order, generate};

/// An event of `spectrum generate --ids int`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    pub(crate) id: i64,
    pub(crate) key: (i64, i64),
    /// In microseconds.
    pub(crate) time: i64,
}

/// A session, with the times of its events in order.
pub(crate) struct Session {
    pub(crate) number: u64,
    pub(crate) times: Vec<i64>,
}

impl Session {
    pub(crate) fn length(&self) -> i64 {
        self.times[self.times.len() - 1] - self.times[0]
    }
}

/// The events that `spectrum generate` makes with `--ids int`, this seed and this many events.
pub(crate) fn events(events: u64, seed: u64) -> Vec<Event> {
    let options = Generate { events, seed, order: Order::Time, ids: Ids::Int };
    let mut all = Vec::new();
    for batch in generate(&options, 1000).unwrap() {
        let numbers =
            |name| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().values().to_vec();
        let time = batch.column_by_name("occurred_at").unwrap().as_primitive::<TimestampMicrosecondType>();
        let (ids, users, accounts) = (numbers("event_id"), numbers("user_id"), numbers("account_id"));
        all.extend((0..ids.len()).map(|row| Event {
            id: ids[row],
            key: (users[row], accounts[row]),
            time: time.value(row),
        }));
    }
    all
}

/// The sessions under a gap in microseconds, by key and number.
pub(crate) fn sessions(events: &[Event], gap: u64) -> BTreeMap<((i64, i64), u64), Session> {
    let keyed: Vec<_> = events.iter().map(|event| (event.key, event.time)).collect();
    let mut sessions = BTreeMap::new();
    for (event, number) in events.iter().zip(session_numbers(&keyed, gap)) {
        let session = sessions.entry((event.key, number)).or_insert(Session { number, times: Vec::new() });
        session.times.push(event.time);
    }
    sessions.values_mut().for_each(|session| session.times.sort_unstable());
    sessions
}
