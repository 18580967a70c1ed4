//! Rules beyond the gap: the kernel against the row-by-row oracle and against PostgreSQL, over random rules and events with
//! ties and NULLs.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Int64Array, RecordBatch, StringArray, TimestampSecondArray,
    types::Int32Type,
};
use arrow_schema::TimeUnit;
use proptest::prelude::*;
use spectrum_core::internals::{RuledBy, RuledEvent, sessions_by_rule};
use spectrum_core::{
    IdScheme, Label, Labeller, Reason, RuleParts, SessionDefinition, SessionIndex, resolve, resolve_as_of,
};
use spectrum_testkit::{PostgresEngine, PrivatePostgres, SomeRules};

#[derive(Clone, Debug)]
struct Event {
    key: u8,
    /// Seconds from the beginning of a day.
    at: i64,
    kind: Option<&'static str>,
    bot: Option<bool>,
    campaign: Option<&'static str>,
    plan: Option<i64>,
}

const DAY: i64 = 86_400;
/// Sessions end at this second of every day; instants lie around it.
const SPLIT: i64 = SomeRules::SPLIT;

fn event() -> impl Strategy<Value = Event> {
    let kind = prop::sample::select(SomeRules::KINDS.to_vec());
    let campaign = prop::sample::select(SomeRules::CAMPAIGNS.to_vec());
    let plan = prop::option::weighted(0.6, 9..12_i64);
    (0..3_u8, 0..70_i64, kind, prop::option::of(any::<bool>()), campaign, plan).prop_map(
        |(key, at, kind, bot, campaign, plan)| Event { key, at: SPLIT - 35 + at, kind, bot, campaign, plan },
    )
}

fn rules() -> impl Strategy<Value = SomeRules> {
    any::<u64>().prop_map(SomeRules::from_bits)
}

fn definition(rules: &SomeRules) -> SessionDefinition {
    SessionDefinition::from_toml(&rules.definition().to_toml()).unwrap()
}

/// In half seconds, because gaps are such.
fn oracle(rules: &SomeRules, events: &[Event]) -> Vec<Option<(u64, &'static str)>> {
    let by = RuledBy {
        new_at_gap: rules.new_at_gap,
        cuts: if rules.split_at { vec![SPLIT * 2, (SPLIT + DAY) * 2] } else { Vec::new() },
        null_splits: rules.null_splits,
        max_duration: rules.max_duration,
        max_events: rules.max_events,
    };
    let is = |there: bool, event: &Event, part: fn(&str) -> bool| there && event.kind.is_some_and(part);
    let ruled = events.iter().map(|event| {
        let is_long = is(rules.gap_when, event, |kind| kind.ends_with("video"));
        RuledEvent {
            key: event.key.into(),
            instant: event.at * 2,
            takes_part: !(rules.takes_part && event.bot == Some(true)),
            starts: is(rules.start_when, event, |kind| kind.ends_with("login")),
            ends: is(rules.end_when, event, |kind| kind.ends_with("logout")),
            passive: is(rules.passive_when, event, |kind| kind.starts_with("beat")),
            ignored: is(rules.ignore_when, event, |kind| kind.starts_with("note")),
            gap: if is_long { SomeRules::LONG_GAP } else { rules.gap },
            values: [event.campaign.map(str::to_owned), event.plan.map(|plan| plan.to_string())]
                [..rules.split_on]
                .to_vec(),
        }
    });
    sessions_by_rule(&ruled.collect::<Vec<_>>(), &by)
}

/// The columns that the definition reads, in its order.
fn columns(events: &[Event], definition: &SessionDefinition, dictionary: bool) -> Vec<ArrayRef> {
    let texts = |of: fn(&Event) -> Option<&'static str>| -> ArrayRef {
        match dictionary {
            true => Arc::new(events.iter().map(of).collect::<DictionaryArray<Int32Type>>()),
            false => Arc::new(events.iter().map(of).collect::<StringArray>()),
        }
    };
    let key: ArrayRef =
        Arc::new(events.iter().map(|event| Some(i64::from(event.key))).collect::<Int64Array>());
    let of_rule = definition.rule().columns().iter().map(|column| -> ArrayRef {
        match column.column.name.as_str() {
            "kind" => texts(|event| event.kind),
            "campaign" => texts(|event| event.campaign),
            "bot" => Arc::new(events.iter().map(|event| event.bot).collect::<BooleanArray>()),
            _ => Arc::new(events.iter().map(|event| event.plan).collect::<Int64Array>()),
        }
    });
    std::iter::once(key).chain(of_rule).collect()
}

/// The number and reason of every event's session, after checks of what the sessions say of themselves.
fn kernel(
    events: &[Event],
    definition: &SessionDefinition,
    labellers: usize,
    threads: usize,
) -> Vec<Option<(u64, &'static str)>> {
    let share = events.len().div_ceil(labellers).max(1);
    let mut labels: Vec<(usize, Label)> = Vec::new();
    let labellers: Vec<Labeller> = events
        .chunks(share)
        .enumerate()
        .map(|(at, events)| {
            let mut labeller = Labeller::new(1, definition.rule(), TimeUnit::Second);
            let mut of_share = Vec::new();
            for (batch, events) in events.chunks(23).enumerate() {
                let time: ArrayRef =
                    Arc::new(TimestampSecondArray::from_iter_values(events.iter().map(|event| event.at)));
                let columns = columns(events, definition, (at + batch) % 2 == 1);
                labeller.observe(&columns, &time, &mut of_share).unwrap();
            }
            labels.extend(of_share.into_iter().map(|label| (at, label)));
            labeller
        })
        .collect();
    let resolution = resolve(labellers, IdScheme::Encoded, threads).unwrap();
    let sessions = &resolution.sessions;
    let of_event: Vec<Option<SessionIndex>> =
        labels.iter().map(|(labeller, label)| resolution.session(*labeller, *label)).collect();
    for session in sessions.all() {
        let members =
            || of_event.iter().zip(events).filter(|(of, _)| **of == Some(session)).map(|(_, event)| event.at);
        assert_eq!(members().count() as u64, sessions.events(session));
        assert_eq!(members().min(), Some(sessions.start(session)));
        assert!(members().max() >= Some(sessions.end(session)));
    }
    let answer = |session: SessionIndex| (sessions.number(session), sessions.started_by(session).name());
    of_event.into_iter().map(|session| session.map(answer)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_is_the_oracle(
        events in prop::collection::vec(event(), 0..60), rules in rules(), labellers in 1..4_usize, threads in 1..4_usize,
        order in any::<prop::sample::Index>(),
    ) {
        let definition = definition(&rules);
        let expected = oracle(&rules, &events);
        prop_assert_eq!(&kernel(&events, &definition, labellers, threads), &expected);
        // In another order every event gets the same.
        let mut turned: Vec<usize> = (0..events.len()).rev().collect();
        turned.rotate_left(order.index(events.len() + 1).min(events.len()));
        let reordered: Vec<Event> = turned.iter().map(|at| events[*at].clone()).collect();
        let wanted: Vec<_> = turned.iter().map(|at| expected[*at]).collect();
        prop_assert_eq!(kernel(&reordered, &definition, 1, 1), wanted);
    }
}

/// What a session could do is what it does: those are open that one event more of each key would join, which no rule but the
/// gap and the limits takes for anything.
fn open_by_trying(events: &[Event], rules: &SomeRules, as_of: i64) -> Vec<u8> {
    let probe = |key| Event { key, at: as_of, kind: Some("click"), bot: None, campaign: None, plan: None };
    let with_probes: Vec<Event> = events.iter().cloned().chain((0..3).map(probe)).collect();
    let found = oracle(rules, &with_probes);
    let (of_events, of_probes) = found.split_at(events.len());
    let last = |key: u8| {
        let of_key = of_events.iter().zip(events).filter(|(_, event)| event.key == key);
        of_key.filter_map(|(of, _)| of.map(|(number, _)| number)).max()
    };
    (0..3)
        .filter(|key| last(*key).is_some() && of_probes[usize::from(*key)].map(|of| of.0) == last(*key))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn sessions_are_open_that_an_event_would_join(
        events in prop::collection::vec(event(), 1..40), rules in rules(), later in 1..40_i64, labellers in 1..4_usize,
        threads in 1..4_usize,
    ) {
        // Under `split` an event without a value has another one.
        let rules = SomeRules { null_splits: false, ..rules };
        let definition = definition(&rules);
        let latest = events.iter().map(|event| event.at).max().unwrap();
        let labellers: Vec<Labeller> = events
            .chunks(events.len().div_ceil(labellers))
            .map(|events| {
                let mut labeller = Labeller::new(1, definition.rule(), TimeUnit::Second);
                let time: ArrayRef = Arc::new(TimestampSecondArray::from_iter_values(events.iter().map(|event| event.at)));
                labeller.count(&columns(events, &definition, false), &time).unwrap();
                labeller
            })
            .collect();
        let sessions = resolve_as_of(labellers, IdScheme::Encoded, threads, latest + later).unwrap().sessions;
        let mut open: Vec<u8> = sessions
            .all()
            .filter(|session| sessions.is_open(*session))
            .map(|session| sessions.key_text(session, 0).unwrap().parse().unwrap())
            .collect();
        open.sort_unstable();
        prop_assert_eq!(open, open_by_trying(&events, &rules, latest + later));
        let taking_part = oracle(&rules, &events).iter().any(Option::is_some);
        prop_assert!(sessions.latest() <= Some(latest) && (sessions.latest().is_some() || !taking_part));
    }
}

/// The number and reason of every event's session as PostgreSQL finds them, which is told of the rules in SQL and of nothing
/// else.
fn postgresql(events: &[Event], rules: &SomeRules) -> Vec<Option<(u64, String)>> {
    let definition = rules.definition();
    let texts = |of: fn(&Event) -> Option<&'static str>| -> ArrayRef {
        Arc::new(events.iter().map(of).collect::<StringArray>())
    };
    let numbers = |of: fn(&Event) -> Option<i64>| -> ArrayRef {
        Arc::new(events.iter().map(of).collect::<Int64Array>())
    };
    let batch = RecordBatch::try_from_iter_with_nullable([
        (
            "id",
            Arc::new(StringArray::from_iter_values((0..events.len()).map(|row| row.to_string()))) as _,
            true,
        ),
        ("user", numbers(|event| Some(event.key.into())), true),
        (
            "at",
            Arc::new(TimestampSecondArray::from_iter_values(events.iter().map(|event| event.at))) as _,
            true,
        ),
        ("kind", texts(|event| event.kind), true),
        ("bot", Arc::new(events.iter().map(|event| event.bot).collect::<BooleanArray>()) as _, true),
        ("campaign", texts(|event| event.campaign), true),
        ("plan", numbers(|event| event.plan), true),
    ]);
    let labels = PostgresEngine::new(PrivatePostgres::shared().unwrap()).label(&batch.unwrap(), &definition);
    labels.unwrap().into_iter().map(|label| Some((label.session_seq?, label.started_by?))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_is_what_postgresql_walks(events in prop::collection::vec(event(), 1..200), rules in rules()) {
        // Its times have no zone.
        let rules = SomeRules { timezone: false, ..rules };
        // Of a gap alone it tells no reasons.
        prop_assume!(!rules.words().is_empty());
        let expected = postgresql(&events, &rules);
        let got = kernel(&events, &definition(&rules), 2, 2).into_iter();
        let got: Vec<_> = got.map(|of| of.map(|(number, reason)| (number, reason.to_owned()))).collect();
        prop_assert_eq!(got, expected);
    }
}

/// So many events and keys that they come in many blocks and fall into many runs, in the order of time as in any other, some
/// without a time and some that take no part.
#[test]
fn many_keys_in_many_blocks_agree_with_the_oracle() {
    const EVENTS: u64 = 100_003; // a prime, so that a stride visits every event once
    const KEYS: u64 = 5_000;
    let definition = SessionDefinition::from_toml(
        "[events]\nkey = ['user']\ntime = 'at'\nwhere = 'bot IS NOT TRUE'\n[session]\ngap = '40s'\n\
         start_when = \"kind = 'login'\"\nsplit_on = ['campaign']\nmax_events = 7\n",
    )
    .unwrap();
    let by = RuledBy {
        new_at_gap: false,
        cuts: Vec::new(),
        null_splits: false,
        max_duration: None,
        max_events: Some(7),
    };
    let campaigns = [None, Some("spring"), None, None, Some("Summer")];
    let event = |at: u64| {
        let hash = at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        Event {
            key: 0,
            at: (at / 600) as i64 + if hash.is_multiple_of(50) { 35 } else { 0 },
            kind: Some(if hash.is_multiple_of(11) { "login" } else { "click" }),
            bot: Some(hash.is_multiple_of(13)),
            campaign: campaigns[(hash / 13 % 40).min(4) as usize],
            plan: None,
        }
    };
    for (stride, labellers, batch) in [(1, 2, 1_000), (1, 1, 70_000), (48_611, 3, 20_000)] {
        // Of every event its key, what it is, and whether it has a time.
        let events: Vec<(u32, Event, bool)> = (0..EVENTS)
            .map(|at| at * stride % EVENTS)
            .map(|at| ((at * 7_919 % KEYS) as u32, event(at), at % 97 != 5))
            .collect();
        let timed = events.iter().filter(|(.., has_time)| *has_time);
        let ruled = timed.map(|(key, event, _)| RuledEvent {
            key: *key,
            instant: event.at,
            takes_part: event.bot != Some(true),
            starts: event.kind == Some("login"),
            ends: false,
            passive: false,
            ignored: false,
            gap: 40,
            values: vec![event.campaign.map(str::to_owned)],
        });
        let expected = sessions_by_rule(&ruled.collect::<Vec<_>>(), &by);

        let mut labels = Vec::new();
        let share = events.len().div_ceil(labellers);
        let of_shares = events.chunks(share).enumerate().map(|(at, events)| {
            let mut labeller = Labeller::new(1, definition.rule(), TimeUnit::Second);
            for rows in events.chunks(batch) {
                let of_batch: Vec<Event> = rows.iter().map(|(_, event, _)| event.clone()).collect();
                let mut columns = columns(&of_batch, &definition, true);
                columns[0] =
                    Arc::new(rows.iter().map(|(key, ..)| Some(i64::from(*key))).collect::<Int64Array>());
                let times = rows.iter().map(|(_, event, has_time)| has_time.then_some(event.at));
                let time: ArrayRef = Arc::new(times.collect::<TimestampSecondArray>());
                labeller.defer(&columns, &time).unwrap();
            }
            labels.extend(labeller.settle().into_iter().map(|label| (at, label)));
            labeller
        });
        let of_shares: Vec<Labeller> = of_shares.collect();
        let without_time: u64 = of_shares.iter().map(Labeller::null_times).sum();
        assert_eq!(without_time as usize, events.len() - expected.len());
        let outside: u64 = of_shares.iter().map(Labeller::not_taking_part).sum();
        assert_eq!(outside as usize, expected.iter().filter(|answer| answer.is_none()).count());
        assert_eq!(
            labels.iter().filter(|(at, label)| of_shares[*at].is_outside(*label)).count() as u64,
            outside
        );
        let resolution = resolve(of_shares, IdScheme::Start, 3).unwrap();
        let sessions = &resolution.sessions;
        let got: Vec<_> = labels
            .iter()
            .filter(|(_, label)| *label != Label::NONE)
            .map(|(labeller, label)| resolution.session(*labeller, *label))
            .map(|session| session.map(|of| (sessions.number(of), sessions.started_by(of).name())))
            .collect();
        assert!(got == expected, "{stride} {labellers} {batch}");
        let reasons: std::collections::BTreeSet<_> =
            got.iter().flatten().map(|(_, reason)| *reason).collect();
        assert_eq!(reasons.len(), 5, "{reasons:?}");
    }
}

/// A condition that reads no column is a rule like any other.
#[test]
fn constant_conditions_hold_for_all_events() {
    let event = |at| Event { key: 1, at, kind: None, bot: None, campaign: None, plan: None };
    let events = [event(0), event(1), event(1), event(2)];
    let numbers = |rules: &str| -> Vec<Option<u64>> {
        let definition = SessionDefinition::from_toml(&format!("{rules}[session]\ngap = '10s'\n")).unwrap();
        let definition = definition.to_builder().key(["user"]).time("at").build().unwrap();
        kernel(&events, &definition, 2, 1).into_iter().map(|answer| answer.map(|answer| answer.0)).collect()
    };
    assert_eq!(numbers("[events]\nwhere = 'false'\n"), [None; 4]);
    assert_eq!(numbers("[events]\nwhere = '1 = 1'\n"), [Some(1); 4]);
    let session = |rule: &str| -> Vec<Option<u64>> {
        let definition = SessionDefinition::from_toml(&format!("[session]\ngap = '10s'\n{rule}")).unwrap();
        let definition = definition.to_builder().key(["user"]).time("at").build().unwrap();
        kernel(&events, &definition, 2, 1).into_iter().map(|answer| answer.map(|answer| answer.0)).collect()
    };
    assert_eq!(session("passive_when = 'true'"), [None; 4]);
    assert_eq!(session("ignore_when = 'not false'"), [None; 4]);
    assert_eq!(session("start_when = 'true'"), [Some(1), Some(2), Some(2), Some(3)]);
    assert_eq!(session("end_when = '2 > 1'"), [Some(1), Some(2), Some(2), Some(3)]);
}

/// What a setting that is turned off brings along goes with it.
#[test]
fn none_takes_companions_along() {
    let file = SessionDefinition::from_toml(
        "[session]\nsplit_at = '04:00'\ntimezone = 'Europe/Paris'\nsplit_on = 'plan'\nsplit_on_null = 'split'",
    )
    .unwrap();
    let mut parts = RuleParts { split_on: Some(Vec::new()), ..RuleParts::default() };
    parts.set_split_at(Some("none"));
    let definition = SessionDefinition::builder().rule(parts).or(&file).build().unwrap();
    assert!(definition.rule().is_plain_gap());
}

/// What people are told of a beginning: all that was true, and how values changed.
#[test]
fn beginnings_are_kept_where_they_are_asked_for() {
    let definition = SessionDefinition::from_toml(
        "[events]\nkey = ['user']\ntime = 'at'\n[session]\ngap = '10s'\nsplit_on = ['campaign', 'plan']\nstart_when = \"kind = 'login'\"",
    )
    .unwrap();
    let event = |at, kind, campaign, plan| Event { key: 1, at, kind: Some(kind), bot: None, campaign, plan };
    let events = [
        event(0, "click", Some("spring"), None),
        event(5, "login", Some("Summer"), Some(9)),
        event(6, "click", None, Some(10)),
        event(60, "click", None, None),
    ];
    let mut labeller = Labeller::new(1, definition.rule(), TimeUnit::Second);
    labeller.keep_beginnings();
    let time: ArrayRef =
        Arc::new(TimestampSecondArray::from_iter_values(events.iter().map(|event| event.at)));
    labeller.count(&columns(&events, &definition, false), &time).unwrap();
    let sessions = resolve(vec![labeller], IdScheme::Encoded, 1).unwrap().sessions;
    let told: Vec<String> = sessions
        .all()
        .map(|session| {
            let reasons: Vec<_> = sessions.reasons(session).iter().map(Reason::name).collect();
            let changes = sessions.changes(session).iter().map(|change| {
                let text = |value: &Option<String>| value.clone().unwrap_or("NULL".to_owned());
                format!(" {}: {} -> {}", change.column, text(&change.before), text(&change.now))
            });
            reasons.join(",") + &changes.collect::<String>()
        })
        .collect();
    // A column that had no value before, or has none now, has not changed.
    assert_eq!(told, ["first", "start_when,split_on 0: spring -> Summer", "split_on 1: 9 -> 10", "gap"]);
}

#[test]
fn every_reason_comes_up() {
    let event = |at, kind, campaign| Event { key: 1, at, kind: Some(kind), bot: None, campaign, plan: None };
    let rules = SomeRules {
        gap: 200,
        split_at: true,
        start_when: true,
        end_when: true,
        split_on: 1,
        max_duration: Some(100),
        max_events: Some(2),
        ..SomeRules::default()
    };
    let events = [
        event(SPLIT - 300, "click", Some("spring")),
        event(SPLIT - 290, "click", Some("Summer")),
        event(SPLIT - 280, "login", None),
        event(SPLIT - 270, "logout", None),
        event(SPLIT - 260, "click", None),
        event(SPLIT - 200, "click", None),
        event(SPLIT - 199, "click", None),
        event(SPLIT - 198, "click", None),
        event(SPLIT - 20, "click", None),
        event(SPLIT, "click", None),
    ];
    let reasons: Vec<_> =
        kernel(&events, &definition(&rules), 1, 1).into_iter().map(|answer| answer.unwrap().1).collect();
    let expected = [
        "first",
        "split_on",
        "start_when",
        "start_when",
        "end_when",
        "max_duration",
        "max_duration",
        "max_events",
        "gap",
        "split_at",
    ];
    assert_eq!(reasons, expected);
    assert_eq!(Reason::ALL.map(Reason::name).iter().filter(|name| !expected.contains(name)).count(), 0);
}
