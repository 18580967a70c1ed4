//! A survey against the plainest reckoning over the same events, whatever their order, format and the number of threads.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use spectrum_core::{AtGap, Gap, IdScheme, Reason, RuleParts, SessionDefinition};
use spectrum_engine::{
    Input, InputOptions, OverTime, Period, PeriodFigures, Summary, SummaryOptions, Survey, SurveyOptions,
    Watch, summarize, survey,
};
use spectrum_generate::{Ids, Order};

use crate::generated::{events, permuted};
use crate::runs::Folder;
use crate::write_inputs;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn definition() -> SessionDefinition {
    SessionDefinition::builder().id(IdScheme::Encoded).build().unwrap()
}

fn options() -> SurveyOptions {
    let mut options = SurveyOptions::default();
    options.gaps = ["1s", "1m", "15m", "30m", "1h", "1d", "30d"].map(|gap| gap.parse().unwrap()).into();
    options
}

fn input(folder: &Folder, name: &str) -> Input {
    let path = folder.path(name).display().to_string();
    Input::find(&[path], &InputOptions::default(), &Watch::default()).unwrap()
}

fn surveyed(folder: &Folder, name: &str, definition: &SessionDefinition, options: &SurveyOptions) -> Survey {
    survey(&input(folder, name), definition, options, &Watch::default()).unwrap()
}

/// The instants of each key, in order.
fn by_key(batch: &RecordBatch) -> BTreeMap<(i64, i64), Vec<i64>> {
    let numbers = |name| batch.column_by_name(name).unwrap().as_primitive::<Int64Type>().values().to_vec();
    let (users, accounts) = (numbers("user_id"), numbers("account_id"));
    let times = batch.column_by_name("occurred_at").unwrap().as_primitive::<TimestampMicrosecondType>();
    let mut keys: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for row in 0..batch.num_rows() {
        keys.entry((users[row], accounts[row])).or_default().push(times.value(row));
    }
    keys.values_mut().for_each(|times| times.sort_unstable());
    keys
}

#[test]
fn every_figure_is_that_of_the_plainest_reckoning() {
    let batch = events(6_000, Ids::Int, Order::Time);
    let folder = Folder::new();
    folder.write("in.csv", write_inputs::csv(std::slice::from_ref(&batch)));
    let found = surveyed(&folder, "in.csv", &definition(), &options());

    let keys = by_key(&batch);
    let pauses: Vec<i64> =
        keys.values().flat_map(|times| times.windows(2).map(|pair| pair[1] - pair[0])).collect();
    let longer = |than: i64| pauses.iter().filter(|pause| **pause > than).count() as u64;
    assert_eq!(found.pauses.count, pauses.len() as u64);
    assert_eq!(found.pauses.none, pauses.iter().filter(|pause| **pause == 0).count() as u64);
    assert_eq!(found.pauses.beyond_gap, longer(30 * MINUTE));
    assert!(found.pauses.bins.len() > 10);
    for bin in &found.pauses.bins {
        let inside = |pause: &&i64| {
            let seconds = **pause as f64 / 1e6;
            **pause > 0 && seconds > bin.above + 1e-9 && seconds <= bin.up_to + 1e-9
        };
        assert_eq!(bin.count, pauses.iter().filter(inside).count() as u64, "{bin:?}");
    }
    for (gap, sessions) in &found.gaps {
        let units = i64::try_from(gap.nanoseconds() / 1000).unwrap();
        assert_eq!(*sessions, keys.len() as u64 + longer(units), "{gap}");
    }

    // Sessions as runs of instants.
    let sessions: BTreeMap<_, Vec<&[i64]>> = keys
        .iter()
        .map(|(key, times)| (*key, times.chunk_by(|one, next| next - one <= 30 * MINUTE).collect()))
        .collect();
    let all: Vec<&[i64]> = sessions.values().flatten().copied().collect();
    let length = |session: &[i64]| session[session.len() - 1] - session[0];
    assert_eq!(found.summary.figures.sessions, all.len() as u64);
    assert_eq!(found.of_one_moment, all.iter().filter(|session| length(session) == 0).count() as u64);
    for bin in &found.lengths {
        let inside = |session: &&&[i64]| {
            let seconds = length(session) as f64 / 1e6;
            seconds > 0.0 && seconds > bin.above + 1e-9 && seconds <= bin.up_to + 1e-9
        };
        assert_eq!(bin.count, all.iter().filter(inside).count() as u64, "{bin:?}");
    }
    for bin in &found.events {
        let inside =
            |session: &&&[i64]| (session.len() as f64) > bin.above && session.len() as f64 <= bin.up_to;
        assert_eq!(bin.count, all.iter().filter(inside).count() as u64, "{bin:?}");
    }
    assert_eq!(found.events.iter().map(|bin| bin.count).sum::<u64>(), all.len() as u64);

    let firsts = keys.len() as u64;
    assert_eq!(found.reasons, [(Reason::First, firsts), (Reason::Gap, all.len() as u64 - firsts)]);

    let mut week = [[0; 24]; 7];
    for time in keys.values().flatten() {
        let weekday = (time.div_euclid(DAY) + 3).rem_euclid(7) as usize;
        week[weekday][(time.rem_euclid(DAY) / (60 * MINUTE)) as usize] += 1;
    }
    assert_eq!(found.week, week);

    let over_time = found.over_time.unwrap();
    let days = |period: Period, periods: usize| {
        let of = |time: &i64| period.of(time.div_euclid(DAY)).unwrap();
        let first = keys.values().flatten().map(of).min().unwrap();
        let count = |at: i64| {
            let in_it = |session: &&[i64]| of(&session[0]) == at;
            let events = keys.values().flatten().filter(|time| of(time) == at).count() as u64;
            let started = all.iter().filter(|session| in_it(session)).count() as u64;
            let of_keys = sessions.values().filter(|of_key| of_key.iter().any(&in_it));
            (started, of_keys.count() as u64, events)
        };
        (0..periods as i64).map(|at| count(first + at)).collect::<Vec<_>>()
    };
    assert_eq!(over_time.period, Period::Day);
    let shown = |over_time: &OverTime| {
        let of = |period: &PeriodFigures| (period.sessions, period.keys, period.events);
        over_time.periods.iter().map(of).collect::<Vec<_>>()
    };
    assert!(over_time.periods.len() > 20);
    assert_eq!(shown(&over_time), days(Period::Day, over_time.periods.len()));
    let mut few = options();
    few.most_periods = 8;
    let by_month = surveyed(&folder, "in.csv", &definition(), &few).over_time.unwrap();
    assert_eq!(by_month.period, Period::Month);
    assert_eq!(shown(&by_month), days(Period::Month, by_month.periods.len()));

    // The keys with most sessions; as many sessions and events are as good.
    let mut ranked: Vec<_> =
        sessions.iter().map(|(key, of_key)| (of_key.len() as u64, keys[key].len() as u64, *key)).collect();
    ranked.sort_by_key(|(sessions, events, key)| (std::cmp::Reverse((*sessions, *events)), keys[key][0]));
    assert_eq!(found.keys.len(), 100.min(ranked.len()));
    for (shown, (sessions_of, events_of, key)) in found.keys.iter().zip(&ranked) {
        let texts = [key.0, key.1].map(|part| Some(part.to_string()));
        let of_key = &sessions[key];
        assert_eq!(shown.key, texts);
        assert_eq!((shown.sessions, shown.events), (*sessions_of, *events_of));
        assert_eq!((shown.first, shown.last), (keys[key][0], keys[key][keys[key].len() - 1]));
        assert_eq!(shown.longest, of_key.iter().map(|session| length(session)).max().unwrap() as u64);
        assert_eq!(shown.total_length, of_key.iter().map(|session| length(session) as u128).sum::<u128>());
    }

    assert_eq!(found.timelines.len(), 5);
    for (timeline, (_, _, key)) in found.timelines.iter().zip(&ranked) {
        let of_key = &sessions[key];
        assert_eq!(timeline.all_sessions, of_key.len() as u64);
        let days: BTreeSet<i64> = keys[key].iter().map(|time| time.div_euclid(DAY)).collect();
        let from = days.iter().rev().nth(13).map_or(i64::MIN, |day| day * DAY);
        let lately = |(_, session): &(usize, &&[i64])| session[session.len() - 1] >= from;
        let shown: Vec<_> = of_key.iter().enumerate().filter(lately).collect();
        assert_eq!(timeline.sessions.len(), shown.len());
        for (session, (nth, expected)) in timeline.sessions.iter().zip(shown) {
            assert_eq!(session.number, nth as u64 + 1);
            assert_eq!((session.start, session.end), (expected[0], expected[expected.len() - 1]));
            assert_eq!(session.events, expected.len() as u64);
            let before = nth.checked_sub(1).map(|before| of_key[before][of_key[before].len() - 1]);
            assert_eq!(session.pause, before.map(|before| (expected[0] - before) as u64));
            let minutes: BTreeSet<i64> =
                expected.iter().filter(|time| **time >= from).map(|time| time.div_euclid(MINUTE)).collect();
            let of_shown: Vec<i64> = session.instants.iter().map(|time| time.div_euclid(MINUTE)).collect();
            assert_eq!(of_shown, minutes.into_iter().collect::<Vec<_>>());
        }
    }
}

/// Only the events decide.
#[test]
fn order_format_and_threads_change_nothing() {
    let batch = events(4_000, Ids::Int, Order::Time);
    let folder = Folder::new();
    folder.write("in.csv", write_inputs::csv(std::slice::from_ref(&batch)));
    let expected = surveyed(&folder, "in.csv", &definition(), &options());
    for (seed, threads) in [(1, 1), (2, 2), (3, 5)] {
        let shuffled = permuted(&batch, seed);
        folder.write("in.ndjson", write_inputs::ndjson(std::slice::from_ref(&shuffled)));
        write_inputs::parquet(&folder.path("in.parquet"), std::slice::from_ref(&shuffled), 333);
        let mut options = options();
        options.threads = threads;
        for name in ["in.ndjson", "in.parquet"] {
            let found = surveyed(&folder, name, &definition(), &options);
            assert_eq!(found, expected, "{name}, {threads} threads");
        }
    }
}

/// Whatever the rule, the summary within is that of a summary, and every event is counted once.
#[test]
fn under_every_rule_the_summary_is_the_same() {
    let batch = events(3_000, Ids::Int, Order::Shuffled);
    let folder = Folder::new();
    write_inputs::parquet(&folder.path("in.parquet"), std::slice::from_ref(&batch), 700);
    let rules = [
        RuleParts::default(),
        RuleParts { at_gap: Some(AtGap::New), gap: Some("10m".parse().unwrap()), ..RuleParts::default() },
        RuleParts { max_duration: Some(Some("20m".parse().unwrap())), ..RuleParts::default() },
        RuleParts { max_events: Some(Some(5)), ..RuleParts::default() },
    ];
    for rule in rules {
        let definition = definition().to_builder().rule(rule.clone()).build().unwrap();
        let found = surveyed(&folder, "in.parquet", &definition, &options());
        let input = input(&folder, "in.parquet");
        let mut summary: Summary =
            summarize(&input, &definition, &SummaryOptions::default(), &Watch::default()).unwrap();
        // A page has the findings of a whole check, and not those of a glance.
        summary.findings.clear();
        assert_eq!(found.summary, summary, "{rule:?}");
        let reasons: u64 = found.reasons.iter().map(|(_, sessions)| sessions).sum();
        assert_eq!(reasons, summary.figures.sessions);
        assert_eq!(found.week.iter().flatten().sum::<u64>(), summary.events);
        let of_days: u64 = found.over_time.unwrap().periods.iter().map(|day| day.sessions).sum();
        assert_eq!(of_days, summary.figures.sessions);
        assert_eq!(found.pauses.count, summary.events - summary.keys);
    }
}

/// A pause of exactly the gap is apart under `at_gap = "new"`, and the curve of gaps knows it.
#[test]
fn gaps_are_counted_as_the_rule_counts_them() {
    let folder = Folder::new();
    folder.write(
        "in.csv",
        "who,at\na,2026-01-01 10:00\na,2026-01-01 10:15\na,2026-01-01 10:45\na,2026-01-01 10:45\n",
    );
    let sessions = |at_gap| {
        let rule = RuleParts { at_gap: Some(at_gap), ..RuleParts::default() };
        let definition =
            SessionDefinition::builder().key(["who"]).time("at").id(IdScheme::Encoded).rule(rule);
        let mut options = SurveyOptions::default();
        options.gaps = vec!["15m".parse::<Gap>().unwrap()];
        let found = surveyed(&folder, "in.csv", &definition.build().unwrap(), &options);
        let gaps: Vec<_> = found.gaps.iter().map(|(gap, sessions)| (gap.to_string(), *sessions)).collect();
        (gaps, found.pauses.beyond_gap, found.pauses.none)
    };
    let gaps = |short, own| vec![("15m".to_owned(), short), ("30m".to_owned(), own)];
    assert_eq!(sessions(AtGap::Same), (gaps(2, 1), 0, 1));
    assert_eq!(sessions(AtGap::New), (gaps(3, 2), 1, 1));
}

/// Keys are asked for by the text of any of their columns.
#[test]
fn keys_are_shown_that_were_asked_for() {
    let folder = Folder::new();
    let mut text = "user_id,account_id,occurred_at\n".to_owned();
    for hour in 0..9 {
        text += &format!("busy,one,2026-01-01 {hour:02}:00\n");
    }
    text += "ann,one,2026-01-01 10:00\nann,two,2026-01-01 10:00\nann,two,2026-01-01 12:00\n,ann,2026-01-02 09:00\n";
    folder.write("in.csv", text);
    let mut options = options();
    options.key_values = vec!["ann".to_owned(), "nobody".to_owned()];
    options.most_timelines = 3;
    let found = surveyed(&folder, "in.csv", &definition(), &options);
    let texts: Vec<_> = found
        .timelines
        .iter()
        .map(|timeline| {
            timeline.key.iter().map(|part| part.as_deref().unwrap_or("NULL")).collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(texts, ["ann two", "ann one", "NULL ann", "busy one"]);
    assert_eq!(found.unknown_values, ["nobody"]);
}

#[test]
fn nothing_and_a_single_event_have_a_survey() {
    let folder = Folder::new();
    folder.write("nothing.csv", "user_id,account_id,occurred_at\n");
    folder.write("one.csv", "user_id,account_id,occurred_at\na,b,1700-01-01T10:00:00Z\n");
    let nothing = surveyed(&folder, "nothing.csv", &definition(), &options());
    assert_eq!((nothing.summary.events, nothing.over_time.clone(), nothing.keys.len()), (0, None, 0));
    assert_eq!((nothing.pauses.count, nothing.lengths.len(), nothing.timelines.len()), (0, 0, 0));
    assert!(nothing.gaps.iter().all(|(_, sessions)| *sessions == 0));
    let one = surveyed(&folder, "one.csv", &definition(), &options());
    assert_eq!((one.of_one_moment, one.lengths.len(), one.pauses.count), (1, 0, 0));
    assert!(one.gaps.iter().all(|(_, sessions)| *sessions == 1));
    assert_eq!(one.over_time.unwrap().periods.len(), 1);
    assert_eq!(one.timelines[0].sessions[0].instants.len(), 1);
}
