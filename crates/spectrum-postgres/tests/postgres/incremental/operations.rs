//! Everything that can be done to events, as values that proptest makes and shrinks.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};

/// How many times ten minutes the events are spread over: 8 hours, which lie on three days.
const SLOTS: u8 = 48;

/// After so many of them come two days without events, so that one statement can touch times that are far apart.
const SLOTS_A_DAY: u8 = 16;

/// One of few keys, 0 for NULL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Key(pub(super) u8, pub(super) u8);

/// Mostly a multiple of ten minutes, so that ties and pauses of exactly the gap abound; or a microsecond beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct At {
    pub(super) slot: u8,
    pub(super) micros: i8,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Event {
    pub(super) key: Key,
    pub(super) at: At,
}

impl At {
    /// Microseconds since the first instant.
    pub(super) fn microseconds(self) -> i64 {
        let empty_days = 2 * i64::from(self.slot / SLOTS_A_DAY);
        (empty_days * 24 * 60 + i64::from(self.slot) * 10) * 60_000_000 + i64::from(self.micros)
    }
}

/// A time apart, mostly of the gap, to the microsecond.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Distance {
    pub(super) slots: i8,
    pub(super) micros: i8,
}

/// Which events.
#[derive(Clone, Debug)]
pub(super) enum Which {
    All,
    /// Those whose id leaves this remainder.
    Every {
        modulus: u8,
        remainder: u8,
    },
    Of(Key),
    /// A span of time.
    Within {
        from: u8,
        slots: u8,
    },
}

/// What an update changes.
#[derive(Clone, Debug)]
pub(super) enum Set {
    Time(At),
    /// By so many times ten minutes.
    Later(i8),
    Key(Key),
    Type(u8),
    /// To another text of the same JSON.
    Payload(bool),
    /// To an id that no event has.
    Id,
    /// To what it is.
    Nothing,
}

/// A partition, or the whole table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Table(pub(super) Option<u8>);

#[derive(Clone, Debug)]
pub(super) enum Operation {
    Insert(Table, Vec<Event>),
    /// One each so far from up to three existing events of the same key.
    Beside(Which, Distance),
    Copy(Table, Vec<Event>),
    /// `INSERT ... ON CONFLICT DO UPDATE` of existing events and new ones.
    Upsert(Which, Key, Vec<Event>),
    /// `MERGE` that deletes every third, updates others and inserts.
    Merge(Which, i8, Vec<Event>),
    /// Deletes and inserts again in one statement, under another key and new ids.
    Rewrite(Which, Key),
    Update(Table, Which, Set),
    Delete(Table, Which),
    Truncate(Table),
    Detach(u8),
    Attach(u8),
    /// `true` commits.
    Transaction(Vec<Operation>, bool),
    /// A savepoint that is rolled back.
    Undone(Vec<Operation>),
    Refresh,
}

/// What the events table and the server can do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Able {
    pub(super) partitioned: bool,
    pub(super) merge: bool,
}

/// Sequences of operations, a few at a time between refreshes.
pub(super) fn operations(able: Able) -> impl Strategy<Value = Vec<Operation>> {
    vec(prop_oneof![3 => operation(able), 1 => Just(Operation::Refresh)], 1..32)
}

fn key() -> impl Strategy<Value = Key> {
    (0..4_u8, 0..3_u8).prop_map(|(user, account)| Key(user, account))
}

fn at() -> impl Strategy<Value = At> {
    let micros = prop_oneof![6 => Just(0_i8), 1 => Just(1), 1 => Just(-1)];
    (0..SLOTS, micros).prop_map(|(slot, micros)| At { slot, micros })
}

fn distance() -> impl Strategy<Value = Distance> {
    let slots = prop_oneof![3 => Just(3_i8), 2 => Just(-3), 2 => -7..8_i8];
    let micros = prop_oneof![4 => Just(0_i8), 1 => Just(1), 1 => Just(-1)];
    (slots, micros).prop_map(|(slots, micros)| Distance { slots, micros })
}

/// Some anywhere, and some of one key, each a little after the one before: sessions, and what comes at their end.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let anywhere = vec((key(), at()).prop_map(|(key, at)| Event { key, at }), 1..8);
    let in_order = (key(), 0..SLOTS, vec(0..5_u8, 1..8)).prop_map(|(key, begin, steps)| {
        let mut slot = begin;
        let event = |step: u8| {
            slot = (slot + step).min(SLOTS);
            Event { key, at: At { slot, micros: 0 } }
        };
        steps.into_iter().map(event).collect()
    });
    prop_oneof![anywhere, in_order]
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![
        1 => Just(Which::All),
        4 => (1..9_u8, any::<u8>()).prop_map(|(modulus, n)| Which::Every { modulus, remainder: n % modulus }),
        2 => key().prop_map(Which::Of),
        2 => (0..SLOTS, 0..6_u8).prop_map(|(from, slots)| Which::Within { from, slots }),
    ]
}

fn set() -> impl Strategy<Value = Set> {
    prop_oneof![
        2 => at().prop_map(Set::Time),
        3 => (-12..13_i8).prop_map(Set::Later),
        3 => key().prop_map(Set::Key),
        3 => (0..8_u8).prop_map(Set::Type),
        1 => any::<bool>().prop_map(Set::Payload),
        1 => Just(Set::Id),
        1 => Just(Set::Nothing),
    ]
}

fn table(able: Able) -> impl Strategy<Value = Table> {
    let part = if able.partitioned { 0.3 } else { f64::MIN_POSITIVE };
    weighted(part, 0..3_u8).prop_map(Table)
}

fn simple(able: Able) -> BoxedStrategy<Operation> {
    let table = move || table(able);
    let changes = prop_oneof![
        6 => (table(), events()).prop_map(|(table, events)| Operation::Insert(table, events)),
        6 => (which(), distance()).prop_map(|(which, distance)| Operation::Beside(which, distance)),
        2 => (table(), events()).prop_map(|(table, events)| Operation::Copy(table, events)),
        1 => (which(), key(), events()).prop_map(|(which, key, new)| Operation::Upsert(which, key, new)),
        1 => (which(), -12..13_i8, events()).prop_map(|(which, slots, new)| Operation::Merge(which, slots, new)),
        1 => (which(), key()).prop_map(|(which, key)| Operation::Rewrite(which, key)),
        4 => (table(), which(), set()).prop_map(|(table, which, set)| Operation::Update(table, which, set)),
        3 => (table(), which()).prop_map(|(table, which)| Operation::Delete(table, which)),
    ];
    let rare = match able.partitioned {
        false => Just(Operation::Truncate(Table(None))).boxed(),
        true => prop_oneof![
            1 => table().prop_map(Operation::Truncate),
            2 => (0..2_u8).prop_map(Operation::Detach),
            3 => (0..2_u8).prop_map(Operation::Attach),
        ]
        .boxed(),
    };
    prop_oneof![if able.partitioned { 6 } else { 20 } => changes, 1 => rare].boxed()
}

fn operation(able: Able) -> BoxedStrategy<Operation> {
    let several = move || vec(simple(able), 1..4);
    let undone = several().prop_map(Operation::Undone);
    let parts = vec(prop_oneof![4 => simple(able), 1 => undone], 1..5);
    prop_oneof![
        8 => simple(able),
        1 => (parts, any::<bool>()).prop_map(|(parts, commits)| Operation::Transaction(parts, commits)),
    ]
    .boxed()
}
