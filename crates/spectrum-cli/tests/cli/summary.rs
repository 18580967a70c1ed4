//! `spectrum summary`.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::generated::{Session, events, sessions};
use crate::spectrum::Folder;

/// Three keys, one of them NULL in part. Under 30 minutes there are five sessions: of 40, 0, 0, 0 and 10 minutes
/// with 3, 1, 2, 1 and 2 events.
const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at
e1,ann,acme,2026-01-05 10:00:00
e2,ann,acme,2026-01-05 10:30:00
e3,ann,acme,2026-01-05 10:40:00
e4,ann,acme,2026-01-05 11:10:00.000001
e5,bob,acme,2026-01-07 23:59:59
e6,bob,acme,2026-01-07 23:59:59
e7,,acme,2026-01-06 09:10:00
e8,ann,acme,2026-01-07 08:00:00
e9,,acme,2026-01-06 09:00:00
";

#[test]
fn a_few_events_by_eye() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    assert_snapshot!(folder.prints("summary events.csv"), @"
    9 events of 3 keys in 5 sessions
      gap      30m
      span     2026-01-05T10:00:00 to 2026-01-07T23:59:59
      length   10m 00s on average, median 0 s, 95 % up to 40m 00s, longest 40m 00s
      events   1.8 per session on average, median 2, 95 % up to 3, most 3
      single   2 sessions (40.0 %) with a single event
      NULL key in 2 events; NULL counts as a value like any other

    Sessions by day
      Mon 2026-01-05  ██████████████████████████████████████████████████████████ 2
      Tue 2026-01-06  █████████████████████████████                              1
      Wed 2026-01-07  ██████████████████████████████████████████████████████████ 2
    ");
}

#[test]
fn gaps_stand_side_by_side_and_the_definitions_is_marked() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    assert_snapshot!(folder.prints("summary events.csv --gaps 2d,10m,1h,60m,9m59s999ms --gap 45m"), @"
    9 events of 3 keys in 4 sessions
      gap      45m
      span     2026-01-05T10:00:00 to 2026-01-07T23:59:59
      length   20m 00s on average, median 5m 00s, 95 % up to 1h 10m, longest 1h 10m
      events   2.3 per session on average, median 2, 95 % up to 4, most 4
      single   1 session (25.0 %) with a single event
      NULL key in 2 events; NULL counts as a value like any other

    Sessions by day
      Mon 2026-01-05  █████████████████████████████                              1
      Tue 2026-01-06  █████████████████████████████                              1
      Wed 2026-01-07  ██████████████████████████████████████████████████████████ 2

    Sessions by gap
      Gap         Sessions  Average   Median  Events per  Single-event
                             length   length     session      sessions
      ──────────────────────────────────────────────────────────────────
      9m59s999ms         8      0 s      0 s         1.1        87.5 %
      10m                6   3m 20s      0 s         1.5        50.0 %
      45m *              4  20m 00s   5m 00s         2.3        25.0 %
      1h                 4  20m 00s   5m 00s         2.3        25.0 %
      2d                 3  15h 23m  10m 00s         3.0         0.0 %
      * the gap of the definition
    ");
}

#[test]
fn json_has_the_same_numbers() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    let spread = |average: f64, median: f64, p95: f64, max: f64| json!({ "average": average, "median": median, "p95": p95, "max": max });
    assert_eq!(
        folder.json("summary events.csv --gaps 2d --json"),
        json!({
            "events": 9,
            "keys": 3,
            "sessions": 5,
            "first": "2026-01-05T10:00:00",
            "last": "2026-01-07T23:59:59",
            "dropped_null_time": 0,
            "dropped_null_key": 0,
            "rules": [],
            "not_taking_part": 0,
            "without_session": 0,
            "null_key_events": 2,
            "findings": [],
            "unusual_times": null,
            "gap": "30m",
            "gap_seconds": 1800.0,
            "length_seconds": spread(600.0, 0.0, 2400.0, 2400.0),
            "events_per_session": spread(1.8, 2.0, 3.0, 3.0),
            "single_event_sessions": 2,
            "single_event_share": 0.4,
            "days": [
                { "day": "2026-01-05", "days_since_1970": 20458, "sessions": 2 },
                { "day": "2026-01-06", "days_since_1970": 20459, "sessions": 1 },
                { "day": "2026-01-07", "days_since_1970": 20460, "sessions": 2 },
            ],
            "gaps": [
                {
                    "gap": "30m",
                    "gap_seconds": 1800.0,
                    "is_definition": true,
                    "sessions": 5,
                    "length_seconds": spread(600.0, 0.0, 2400.0, 2400.0),
                    "events_per_session": spread(1.8, 2.0, 3.0, 3.0),
                    "single_event_sessions": 2,
                    "single_event_share": 0.4,
                },
                {
                    "gap": "2d",
                    "gap_seconds": 172800.0,
                    "is_definition": false,
                    "sessions": 3,
                    "length_seconds": spread(165_600.0 / 3.0 + 200.0, 600.0, 165_600.0, 165_600.0),
                    "events_per_session": spread(3.0, 2.0, 5.0, 5.0),
                    "single_event_sessions": 0,
                    "single_event_share": 0.0,
                },
            ],
        })
    );
}

#[test]
fn no_events_are_no_error() {
    let folder = Folder::with(&[("none.csv", "user_id,account_id,occurred_at\n")]);
    assert_snapshot!(folder.prints("summary none.csv --gaps 1h"), @"
    0 events of 0 keys in 0 sessions
      gap      30m

    Sessions by gap
      Gap    Sessions  Average  Median  Events per  Single-event
                        length  length     session      sessions
      ────────────────────────────────────────────────────────────
      30m *         0        -       -           -             -
      1h            0        -       -           -             -
      * the gap of the definition
    ");
    let summary = folder.json("summary none.csv --json");
    assert_eq!(
        (&summary["sessions"], &summary["length_seconds"], &summary["days"]),
        (&json!(0), &Value::Null, &json!([]))
    );
}

#[test]
fn events_without_a_time_are_refused_or_dropped() {
    let text = "user_id,account_id,occurred_at\na,b,2026-01-05\na,b,\nc,d,\n";
    let folder = Folder::with(&[("events.csv", text)]);
    assert_snapshot!(folder.refuses("summary events.csv"), @"
    error: 2 events have no time (column 'occurred_at' is NULL), the first at events.csv line 3, events.csv line 4; fix them or leave them out with --null-time drop
    ");
    let dropped = folder.prints("summary events.csv --null-time drop");
    assert!(dropped.starts_with("1 event of 1 key in 1 session\n"), "{dropped}");
    assert!(dropped.contains("\n  dropped  2 events without a time\n"), "{dropped}");
}

#[test]
fn long_spans_are_charted_by_longer_times() {
    let rows = (0..40).map(|n| format!("{},a,20{:02}-06-{:02}T00:00:00Z\n", n % 7, n / 3, n % 28 + 1));
    let text = format!("user_id,account_id,occurred_at\n{}", rows.collect::<String>());
    let folder = Folder::with(&[("events.csv", &text)]);
    assert_snapshot!(folder.prints("summary events.csv"), @"
    40 events of 7 keys in 40 sessions
      gap      30m
      span     2000-06-01T00:00:00Z to 2013-06-12T00:00:00Z
      length   0 s on average, median 0 s, 95 % up to 0 s, longest 0 s
      events   1 per session on average, median 1, 95 % up to 1, most 1
      single   40 sessions (100.0 %) with a single event

    Sessions by year (UTC)
      2000  █████████████████████████████████████████████████████ 3  214 of 366 days
      2001  █████████████████████████████████████████████████████ 3
      2002  █████████████████████████████████████████████████████ 3
      2003  █████████████████████████████████████████████████████ 3
      2004  █████████████████████████████████████████████████████ 3
      2005  █████████████████████████████████████████████████████ 3
      2006  █████████████████████████████████████████████████████ 3
      2007  █████████████████████████████████████████████████████ 3
      2008  █████████████████████████████████████████████████████ 3
      2009  █████████████████████████████████████████████████████ 3
      2010  █████████████████████████████████████████████████████ 3
      2011  █████████████████████████████████████████████████████ 3
      2012  █████████████████████████████████████████████████████ 3
      2013  █████████████████▋                                    1  163 of 365 days
    ");
}

/// Every number of every gap, against the plainest way to count, on events that are full of exact gaps, ties and
/// late arrivals. One session of the gaps below is bound to be a joint of several of the shortest.
#[test]
fn every_gap_agrees_with_the_oracle() {
    let count = 20_000;
    let folder = Folder::with(&[]);
    folder.prints(&format!("generate -o events.parquet --events {count} --seed 3 --ids int"));
    folder
        .prints(&format!("generate -o shuffled.csv.gz --events {count} --seed 3 --ids int --order shuffled"));
    let minutes: [u64; 6] = [1, 5, 10, 30, 60, 1440];
    let summary = folder.json("summary events.parquet --gaps 1h,1m,10m,5m,24h --json");
    let gaps = summary["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), minutes.len());

    let events = events(count, 3);
    for (row, minutes) in gaps.iter().zip(minutes) {
        let sessions = sessions(&events, minutes * 60_000_000);
        assert_figures(row, sessions.values());
        assert_eq!(row["gap_seconds"], json!(minutes as f64 * 60.0));
        assert_eq!(row["is_definition"], json!(minutes == 30));
        if minutes == 30 {
            assert_figures(&summary, sessions.values());
            let mut days: BTreeMap<i64, u64> = BTreeMap::new();
            sessions
                .values()
                .for_each(|s| *days.entry(s.times[0].div_euclid(86_400_000_000)).or_default() += 1);
            let expected: Vec<_> = days.into_iter().collect();
            let shown = summary["days"].as_array().unwrap().iter();
            let shown: Vec<_> = shown
                .map(|day| (day["days_since_1970"].as_i64().unwrap(), day["sessions"].as_u64().unwrap()))
                .collect();
            assert_eq!(shown, expected);
            let keys: std::collections::BTreeSet<_> = sessions.keys().map(|(key, _)| key).collect();
            assert_eq!(summary["keys"], json!(keys.len()));
        }
    }
    assert_ne!(gaps[0]["sessions"], gaps[5]["sessions"]);

    for other in ["events.parquet --threads 3", "shuffled.csv.gz --threads 1", "shuffled.csv.gz --threads 2"]
    {
        assert_eq!(
            folder.json(&format!("summary {other} --gaps 1h,1m,10m,5m,24h --json")),
            summary,
            "{other}"
        );
    }
}

fn assert_figures<'a>(figures: &Value, sessions: impl Iterator<Item = &'a Session>) {
    let (lengths, sizes): (Vec<f64>, Vec<f64>) =
        sessions.map(|session| (session.length() as f64 / 1e6, session.times.len() as f64)).unzip();
    let single = sizes.iter().filter(|size| **size == 1.0).count();
    assert_eq!(figures["sessions"], json!(sizes.len()));
    assert_eq!(figures["single_event_sessions"], json!(single));
    assert_near(&figures["single_event_share"], single as f64 / sizes.len() as f64);
    for (spread, mut values) in
        [(&figures["length_seconds"], lengths), (&figures["events_per_session"], sizes)]
    {
        values.sort_by(f64::total_cmp);
        let n = values.len();
        assert_near(&spread["average"], values.iter().sum::<f64>() / n as f64);
        assert_near(&spread["median"], (values[(n - 1) / 2] + values[n / 2]) / 2.0);
        let covers = |value: f64| values.iter().filter(|v| **v <= value).count() as f64 >= 0.95 * n as f64;
        assert_near(&spread["p95"], *values.iter().find(|value| covers(**value)).unwrap());
        assert_near(&spread["max"], values[n - 1]);
    }
}

/// Equal but for what adding up in another order may change.
fn assert_near(shown: &Value, expected: f64) {
    let shown = shown.as_f64().unwrap();
    assert!((shown - expected).abs() <= expected.abs() * 1e-9, "{shown} instead of {expected}");
}

#[test]
fn a_gap_that_is_none_is_refused_by_name() {
    let folder = Folder::with(&[("events.csv", EVENTS)]);
    let done = folder.command("summary events.csv --gaps 5m,0s").assert().code(2);
    let error = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
    assert!(error.contains("'0s' for '--gaps <DURATIONS>': gap '0s' must be longer than zero"), "{error}");
}
