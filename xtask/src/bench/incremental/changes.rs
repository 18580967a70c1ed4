//! The changes that are refreshed.

/// A kind of change, and how many events it is of.
pub(super) struct Change {
    pub(super) name: &'static str,
    pub(super) events: u32,
    /// The times of the new events, from those of the events `picked`.
    pub(super) time: &'static str,
    /// Which events are picked.
    pub(super) among: &'static str,
    /// Whether the view made by hand is refreshed after it too; it takes as long whatever changed.
    pub(super) beside_the_view: bool,
    /// Rounds; `None` is as many as asked for.
    pub(super) rounds: Option<usize>,
}

const AFTER_ALL: &str =
    "(SELECT MAX(occurred_at) FROM warehouse.fact_events) + random() * INTERVAL '1 second'";
const NEAR_IT: &str = "occurred_at + (random() - 0.5) * INTERVAL '1 hour'";
const ANYWHERE: &str = "occurred_at < '2026-03-31'";

/// What follows one upon the other, ids by sequence. The last takes so long that one round has to do.
pub(super) const CHANGES: [Change; 5] = [
    Change {
        name: "nothing",
        events: 0,
        time: AFTER_ALL,
        among: ANYWHERE,
        beside_the_view: true,
        rounds: None,
    },
    Change {
        name: "100 events appended",
        events: 100,
        time: AFTER_ALL,
        among: ANYWHERE,
        beside_the_view: true,
        rounds: None,
    },
    Change {
        name: "10,000 events appended",
        events: 10_000,
        time: AFTER_ALL,
        among: ANYWHERE,
        beside_the_view: true,
        rounds: None,
    },
    Change {
        name: "10,000 events late by up to two days",
        events: 10_000,
        time: NEAR_IT,
        among: "occurred_at BETWEEN '2026-03-30' AND '2026-03-31 23:00'",
        beside_the_view: false,
        rounds: None,
    },
    Change {
        name: "10,000 events late by up to 90 days",
        events: 10_000,
        time: NEAR_IT,
        among: "occurred_at BETWEEN '2026-01-01 01:00' AND '2026-03-31 23:00'",
        beside_the_view: true,
        rounds: Some(1),
    },
];

/// The last again, for ids by start.
pub(super) const LATE_BY_START: Change = Change {
    name: "10,000 events late by up to 90 days, ids by start",
    events: 10_000,
    time: NEAR_IT,
    among: "occurred_at BETWEEN '2026-01-01 01:00' AND '2026-03-31 23:00'",
    beside_the_view: false,
    rounds: None,
};

impl Change {
    /// The statement that makes it: new events of the keys of events that are there, so that busy keys get more. A
    /// round's seed settles which.
    pub(super) fn sql(&self, seed: usize) -> String {
        format!(
            "SELECT setseed({}::float8 / 1000);
             INSERT INTO warehouse.fact_events (event_id, user_id, account_id, event_type, occurred_at)
             SELECT gen_random_uuid(), user_id, account_id, 'late', {}
             FROM (SELECT user_id, account_id, occurred_at FROM warehouse.fact_events WHERE {}
                   ORDER BY random() LIMIT {}) AS picked;",
            seed % 1000,
            self.time,
            self.among,
            self.events
        )
    }

    /// The statement that deletes as many events instead.
    pub(super) fn deletion(&self, seed: usize) -> String {
        format!(
            "SELECT setseed({}::float8 / 1000);
             DELETE FROM warehouse.fact_events WHERE event_id IN (
               SELECT event_id FROM warehouse.fact_events WHERE {} ORDER BY random() LIMIT {});",
            seed % 1000,
            self.among,
            self.events
        )
    }
}

/// An event an hour before the first of the key with the most events: a session in front of all others, whose numbers
/// shift.
pub(super) const BEFORE_THE_BUSIEST: &str = "\
INSERT INTO warehouse.fact_events (event_id, user_id, account_id, event_type, occurred_at)
SELECT gen_random_uuid(), user_id, account_id, 'late', MIN(occurred_at) - INTERVAL '1 hour'
FROM warehouse.fact_events JOIN (
  SELECT user_id, account_id FROM warehouse.fact_events GROUP BY user_id, account_id ORDER BY COUNT(*) DESC LIMIT 1) AS busiest
USING (user_id, account_id) GROUP BY user_id, account_id;";
