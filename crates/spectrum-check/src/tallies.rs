//! What is counted of events before anything is judged. Files and databases count the same.
//!
//! Times are microseconds since 1970, days and slots are counted from 1970, in UTC or as times stand.

use crate::finding::Example;

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of an hour.
pub const HOUR: i64 = 3_600 * SECOND;
/// Microseconds of a day.
pub const DAY: i64 = 24 * HOUR;
/// Microseconds of a slot, the shortest stretch in which events are counted.
pub const SLOT: i64 = 600 * SECOND;
/// By so many hours, in either direction, zones differ from one another.
pub const MOST_HOURS: usize = 14;

/// So many of so many, and a few of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sample {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// A few of them; not more than a finding shows are needed.
    pub examples: Vec<Example>,
}

/// Everything that is judged.
///
/// *Ordinary* keys are those that no check of single keys found: neither stand-ins nor outsized, fast, steady,
/// sleepless or with sessions of days. Only their events are counted by days and slots, so that one fault is told once.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tallies {
    /// All events, those without a time or left out for their key among them.
    pub events: u64,
    /// Events with a time and a key that count.
    pub timed: u64,
    /// Distinct keys of these.
    pub keys: u64,
    /// Whether times had a zone; then they are UTC.
    pub zoned: bool,
    /// The first and the last time.
    pub span: Option<(i64, i64)>,
    /// Events without a time.
    pub null_times: Sample,
    /// Events from after now and [`crate::Thresholds::future_after`].
    pub future: Sample,
    /// Events from before [`crate::Thresholds::floor`].
    pub ancient: Sample,
    /// Events under an id that another one has, but for one of each id; `None` where there are no ids.
    pub repeated_ids: Option<Sample>,
    /// Events that are the same as another one in key, time and, where it is known, type, but for one of each. Those that
    /// share their id as well count as one: the others are among [`Tallies::repeated_ids`].
    pub repeated_events: Sample,
    /// How fine times are.
    pub precision: Precision,
    /// Some events at midnight.
    pub midnights: Vec<Example>,
    /// What speaks for times that are whole hours away.
    pub shifts: Vec<Shift>,
    /// Values that stand for nobody, in key columns: each with the events that have it, out of all, and how many values
    /// the column has.
    pub stand_ins: Vec<StandIn>,
    /// Keys with an outsized share, that are no stand-ins, the largest first.
    pub outsized: Sample,
    /// Keys that were too fast at least once.
    pub fast: Sample,
    /// Keys whose pauses are the same.
    pub steady: Sample,
    /// Sessions that are too long, out of all.
    pub long_sessions: Sample,
    /// Keys that were active for too many hours in a row.
    pub sleepless: Sample,
    /// Keys whose clock is wrong, out of those with enough events; `None` where nobody knows when events arrived.
    pub skewed: Option<Sample>,
    /// Events that came late.
    pub late: Late,
    /// Slots in which ordinary keys have events, in order.
    pub slots: Vec<Slot>,
    /// Days on which ordinary keys have events, in order.
    pub days: Vec<Day>,
    /// The types whose events are counted by day, in the order of [`Day::types`].
    pub types: Vec<String>,
    /// Pauses between events of ordinary keys.
    pub pauses: Pauses,
}

/// How many times are whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Precision {
    /// Out of how many.
    pub of: u64,
    /// Times that are whole minutes.
    pub minutes: u64,
    /// Times that are whole hours.
    pub hours: u64,
    /// Times that are midnight.
    pub days: u64,
}

/// What a shift was looked for in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Single events against the others of their key.
    Events,
    /// The events of one type against those of other types of the same key.
    Type(String),
    /// The events of one file against those of other files of the same key.
    File(String),
    /// Events that stand twice in their key, the second time whole hours later.
    Copies,
}

/// Company at whole hours. Of an event at `t`, the company at `h` hours is an event of the same key, outside the stream,
/// within ten minutes of `t - h` hours (for copies, to the microsecond and of the same type).
#[derive(Clone, PartialEq, Debug)]
pub struct Shift {
    /// Whose events.
    pub stream: Stream,
    /// How many these are.
    pub events: u64,
    /// How many of them have company at the same time.
    pub at_home: u64,
    /// How many without company at the same time have it so many hours earlier or later, from minus to plus
    /// [`MOST_HOURS`]; nothing in the middle.
    pub away: [u64; 2 * MOST_HOURS + 1],
    /// Some of those, for each number of hours.
    pub examples: Vec<(i64, Example)>,
    /// Of a file, in how many clock hours its keys have events in it, if they have some in other files as well.
    pub key_hours: u64,
    /// How these lie to the clock hours of the same keys in other files, on whatever day: by so many hours later in the
    /// day, modulo 24.
    pub rhythm: [u64; 24],
}

/// A value of a key column that stands for nobody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StandIn {
    /// The column.
    pub column: String,
    /// Its value; `None` for NULL.
    pub value: Option<String>,
    /// Events that have it.
    pub events: u64,
    /// How many values the column has.
    pub values: u64,
}

/// Events that came long after they happened.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Late {
    /// Those that came late, out of those that could be judged.
    pub late: Sample,
    /// How late the latest came, in seconds.
    pub latest: f64,
    /// Whether it is known when events arrived; otherwise the order of files speaks for it.
    pub by_arrival: bool,
}

/// Ten minutes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Slot {
    /// Which one since 1970.
    pub slot: i64,
    /// Keys that have an event in it.
    pub keys: u64,
    /// Its first event.
    pub first: i64,
    /// Its last event.
    pub last: i64,
}

/// A day.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Day {
    /// Which one since 1970.
    pub day: i64,
    /// Its events.
    pub events: u64,
    /// Keys that have one.
    pub keys: u64,
    /// Sessions that began on it, by the gap alone.
    pub sessions: u64,
    /// Those with a single event.
    pub single: u64,
    /// Its events by type.
    pub types: Vec<u64>,
}

/// Pauses around the gap, on a logarithmic scale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pauses {
    /// All pauses that are longer than nothing.
    pub all: u64,
    /// Those from the gap divided by 1.25 to below the gap.
    pub below: u64,
    /// Those of exactly the gap.
    pub exact: u64,
    /// Those above the gap, up to 1.25 times it.
    pub above: u64,
    /// Those shorter than that, and longer than the gap divided by the cube of 1.25.
    pub shorter: u64,
    /// Those longer than that, and up to the cube of 1.25 times the gap.
    pub longer: u64,
}
