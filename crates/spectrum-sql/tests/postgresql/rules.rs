//! Random rules over random events with ties and NULLs: the queries give every event the session that the core gives it.

use std::sync::Arc;

use proptest::prelude::*;
use spectrum_core::arrow_array::{
    ArrayRef, BooleanArray, Int64Array, StringArray, TimestampMillisecondArray,
};
use spectrum_core::arrow_schema::TimeUnit;
use spectrum_core::{EpochUnit, Label, Labeller, SessionDefinition, resolve};
use spectrum_sql::postgres::{Events, TimeSubtraction, sessions_query, summary_query};
use spectrum_sql::{TableName, literal};
use spectrum_testkit::{Definition, PrivatePostgres, Scheme, SomeRules};

#[derive(Clone, Debug)]
struct Event {
    key: Option<i64>,
    /// Seconds from the beginning of the day.
    at: i64,
    kind: Option<&'static str>,
    bot: Option<bool>,
    campaign: Option<&'static str>,
    plan: Option<i64>,
}

/// How the table has the time.
#[derive(Clone, Copy, Debug)]
enum Clock {
    Instant,
    Civil,
    Seconds,
    Milliseconds,
}

fn event() -> impl Strategy<Value = Event> {
    let kind = prop::sample::select(SomeRules::KINDS.to_vec());
    let campaign = prop::sample::select(SomeRules::CAMPAIGNS.to_vec());
    let plan = prop::option::weighted(0.6, 9..12_i64);
    let key = prop::option::weighted(0.85, 0..2_i64);
    (key, 0..70_i64, kind, prop::option::of(any::<bool>()), campaign, plan).prop_map(
        |(key, at, kind, bot, campaign, plan)| Event {
            key,
            at: SomeRules::SPLIT - 35 + at,
            kind,
            bot,
            campaign,
            plan,
        },
    )
}

fn rules() -> impl Strategy<Value = SomeRules> {
    any::<u64>()
        .prop_map(SomeRules::from_bits)
        .prop_filter("beyond the gap", |rules| !definition(*rules, Clock::Seconds).rule().is_plain_gap())
}

fn definition(rules: SomeRules, clock: Clock) -> SessionDefinition {
    // Civil times have no zone.
    let rules = SomeRules { timezone: rules.timezone && !matches!(clock, Clock::Civil), ..rules };
    let definition = Definition { id: Scheme::Start, ..rules.definition() };
    SessionDefinition::from_toml(&definition.to_toml()).unwrap()
}

/// The number and reason of every event's session.
type OfEvents = Vec<Option<(u64, String)>>;
/// Key, number, start, end, events and reason of every session.
type OfSessions = Vec<(Option<i64>, u64, i64, i64, u64, String)>;

fn core(events: &[Event], definition: &SessionDefinition) -> (OfEvents, OfSessions) {
    let mut labeller = Labeller::new(1, definition.rule(), TimeUnit::Millisecond);
    let time: ArrayRef =
        Arc::new(TimestampMillisecondArray::from_iter_values(events.iter().map(|event| event.at * 1_000)));
    let key: ArrayRef = Arc::new(events.iter().map(|event| event.key).collect::<Int64Array>());
    let of_rule = definition.rule().columns().iter().map(|column| -> ArrayRef {
        match column.column.name.as_str() {
            "kind" => Arc::new(events.iter().map(|event| event.kind).collect::<StringArray>()),
            "campaign" => Arc::new(events.iter().map(|event| event.campaign).collect::<StringArray>()),
            "bot" => Arc::new(events.iter().map(|event| event.bot).collect::<BooleanArray>()),
            _ => Arc::new(events.iter().map(|event| event.plan).collect::<Int64Array>()),
        }
    });
    let columns: Vec<ArrayRef> = std::iter::once(key).chain(of_rule).collect();
    let mut labels: Vec<Label> = Vec::new();
    labeller.observe(&columns, &time, &mut labels).unwrap();
    let resolution = resolve(vec![labeller], definition.id(), 1).unwrap();
    let sessions = &resolution.sessions;
    let found: Vec<_> = labels.iter().map(|label| resolution.session(0, *label)).collect();
    let of_events = found
        .iter()
        .map(|session| session.map(|of| (sessions.number(of), sessions.started_by(of).name().to_owned())));
    let key_of = |session| events[found.iter().position(|found| *found == Some(session)).unwrap()].key;
    let mut of_sessions: OfSessions = sessions
        .all()
        .map(|of| {
            let times = (sessions.start(of) / 1_000, sessions.end(of) / 1_000);
            let reason = sessions.started_by(of).name().to_owned();
            (key_of(of), sessions.number(of), times.0, times.1, sessions.events(of), reason)
        })
        .collect();
    of_sessions.sort();
    (of_events.collect(), of_sessions)
}

fn postgresql(events: &[Event], definition: &SessionDefinition, clock: Clock) -> (OfEvents, OfSessions) {
    let server = PrivatePostgres::shared().unwrap();
    let text = |value: Option<String>| value.map_or("NULL".to_owned(), |value| literal(&value));
    let rows: Vec<String> = events
        .iter()
        .enumerate()
        .map(|(id, event)| {
            let at = match clock {
                Clock::Instant | Clock::Civil => format!("TO_TIMESTAMP({})", event.at),
                Clock::Seconds => event.at.to_string(),
                Clock::Milliseconds => (event.at * 1_000).to_string(),
            };
            let bot = text(event.bot.map(|bot| bot.to_string()));
            let plan = text(event.plan.map(|plan| plan.to_string()));
            let key = text(event.key.map(|key| key.to_string()));
            let (kind, campaign) =
                (text(event.kind.map(str::to_owned)), text(event.campaign.map(str::to_owned)));
            format!("({id}, {key}, {at}, {kind}, {bot}, {campaign}, {plan})")
        })
        .collect();
    let (ty, subtraction, second) = match clock {
        Clock::Instant => ("TIMESTAMPTZ", TimeSubtraction::Timestamp, ""),
        Clock::Civil => ("TIMESTAMP", TimeSubtraction::Timestamp, ""),
        Clock::Seconds => ("BIGINT", TimeSubtraction::Epoch(EpochUnit::Second), " / 1"),
        Clock::Milliseconds => ("BIGINT", TimeSubtraction::Epoch(EpochUnit::Millisecond), " / 1000"),
    };
    let table = |name: &str| TableName::parse(&format!("pg_temp.{name}")).unwrap();
    let query = Events::new(definition, table("events"))
        .typed(subtraction, vec![Default::default()])
        .zoned(matches!(clock, Clock::Instant));
    let insert = match rows.is_empty() {
        true => String::new(),
        false => format!("INSERT INTO events VALUES {};", rows.join(", ")),
    };
    let seconds = |time: &str| match second {
        "" => format!("EXTRACT(EPOCH FROM {time})::BIGINT"),
        per => format!("{time}{per}"),
    };
    let script = format!(
        "SET timezone = 'Asia/Tokyo'; SET search_path = pg_catalog, pg_temp;
         CREATE TEMP TABLE events (id INT, \"user\" BIGINT, at {ty}, kind TEXT, bot BOOLEAN, campaign TEXT, plan BIGINT);
         SET timezone = 'UTC'; {insert} SET timezone = 'Asia/Tokyo';
         CREATE TEMP TABLE sessions AS\n{};
         CREATE TEMP TABLE summary AS\n{};
         COPY (SELECT id, session_seq, started_by, session_id IS NULL FROM sessions ORDER BY id) TO STDOUT;
         SELECT '--';
         COPY (SELECT \"user\", session_seq, {}, {}, events, started_by FROM summary ORDER BY 1 NULLS FIRST, 2) TO STDOUT;",
        sessions_query(&query),
        summary_query(&query, &table("sessions")),
        seconds("started_at"),
        seconds("ended_at"),
    );
    let printed = server.run_script(&script).map_err(|error| format!("{error}\n{script}")).unwrap();
    let (of_events, of_sessions) = printed.split_once("--\n").unwrap();
    let fields = |line: &str| -> Vec<String> { line.split('\t').map(str::to_owned).collect() };
    let of_events = of_events.lines().map(fields).enumerate().map(|(id, row)| {
        assert_eq!(row[0], id.to_string());
        let session = (row[1] != "\\N").then(|| (row[1].parse().unwrap(), row[2].clone()));
        assert_eq!(row[3] == "t", session.is_none());
        session
    });
    let of_sessions = of_sessions.lines().map(fields).map(|row| {
        let number = |at: usize| row[at].parse::<i64>().unwrap();
        let key = (row[0] != "\\N").then(|| number(0));
        let count = |at: usize| number(at).unsigned_abs();
        (key, count(1), number(2), number(3), count(4), row[5].clone())
    });
    (of_events.collect(), of_sessions.collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_event_has_the_session_that_the_core_gives_it(
        events in prop::collection::vec(event(), 0..60), rules in rules(),
        clock in prop::sample::select(vec![Clock::Instant, Clock::Civil, Clock::Seconds, Clock::Milliseconds]),
    ) {
        let definition = definition(rules, clock);
        let (of_events, of_sessions) = core(&events, &definition);
        let (events_there, sessions_there) = postgresql(&events, &definition, clock);
        prop_assert_eq!(events_there, of_events);
        prop_assert_eq!(sessions_there, of_sessions);
    }
}
