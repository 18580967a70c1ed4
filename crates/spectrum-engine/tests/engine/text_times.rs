//! Times as texts and as numbers.

use arrow_schema::{DataType, TimeUnit};
use spectrum_core::IdScheme;

use crate::outcome;
use crate::runs::{Folder, Run};

/// Events of one key at the given times, as CSV and as NDJSON.
fn folder(times: &[&str]) -> Folder {
    let folder = Folder::new();
    let csv: String = times.iter().map(|time| format!("k,\"{time}\"\n")).collect();
    folder.write("in.csv", format!("key,at\n{csv}"));
    let ndjson: String = times.iter().map(|time| format!("{{\"key\":\"k\",\"at\":\"{time}\"}}\n")).collect();
    folder.write("in.ndjson", ndjson);
    folder
}

fn run(folder: &Folder, format: &str) -> Run {
    let run = folder.run(&format!("in.{format}"), &format!("out.{format}")).key(["key"]).time("at");
    run.id(IdScheme::Encoded).options(|options| options.force = true).sessions(folder.path("s.parquet"))
}

/// The type of the sessions' times, and every session's start and length.
fn sessions(run: Run, folder: &Folder) -> (DataType, Vec<(String, f64)>) {
    run.done();
    let [table] = &outcome::parquet_batches(&folder.path("s.parquet"))[..] else { panic!("a batch") };
    let data_type = table.column_by_name("started_at").unwrap().data_type().clone();
    let rows = outcome::rows(&folder.path("s.parquet"));
    let session = |row: &outcome::Row| {
        (row["started_at"].clone().unwrap(), row["duration_seconds"].as_ref().unwrap().parse().unwrap())
    };
    (data_type, rows.iter().map(session).collect())
}

fn microseconds(zone: Option<&str>) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into))
}

fn one(start: &str, seconds: f64) -> Vec<(String, f64)> {
    vec![(start.to_owned(), seconds)]
}

#[test]
fn every_spelling_of_an_instant_is_that_instant() {
    let folder = folder(&[
        "2026-01-01T10:00:00Z",
        "2026-01-01 10:00:00+00",
        "2026-01-01 10:00:00.000000+00",
        "2026-01-01T11:00:00+01:00",
        "2026-01-01t10:00:00z",
        "2026-01-01 04:30:00-0530",
        "2026-01-01 10:00:00.5Z",
    ]);
    for format in ["csv", "ndjson"] {
        let (data_type, sessions) = sessions(run(&folder, format), &folder);
        assert_eq!(data_type, microseconds(Some("UTC")));
        assert_eq!(sessions, one("2026-01-01T10:00:00Z", 0.5), "{format}");
    }
}

#[test]
fn times_without_a_zone_are_taken_as_they_stand() {
    let folder = folder(&["2026-03-29 01:45", "2026-03-29T03:10:00", "2026-03-29", "2026-03-29 00:20:00.25"]);
    for format in ["csv", "ndjson"] {
        let (data_type, sessions) = sessions(run(&folder, format), &folder);
        assert_eq!(data_type, microseconds(None));
        let starts: Vec<_> = sessions.iter().map(|(start, _)| start.as_str()).collect();
        // The hour that clocks skip is an hour here, so 25 minutes of some people are 85.
        assert_eq!(starts, ["2026-03-29T00:00:00", "2026-03-29T01:45:00", "2026-03-29T03:10:00"]);
        assert_eq!(sessions[0].1, 1200.25);
    }
}

/// A time that is finer than microseconds may come late; then all are counted in nanoseconds.
#[test]
fn nanoseconds_are_noticed_wherever_they_come() {
    let finer = "2026-01-01 10:30:00.000000001";
    for times in [[finer, "2026-01-01 10:00:00"], ["2026-01-01 10:00:00", finer]] {
        let folder = folder(&times);
        for format in ["csv", "ndjson"] {
            for threads in [1, 3] {
                let run = run(&folder, format).options(|options| options.threads = threads);
                let (data_type, sessions) = sessions(run, &folder);
                assert_eq!(data_type, DataType::Timestamp(TimeUnit::Nanosecond, None));
                let expected = [
                    ("2026-01-01T10:00:00".to_owned(), 0.0),
                    ("2026-01-01T10:30:00.000000001".to_owned(), 0.0),
                ];
                assert_eq!(sessions, expected, "one nanosecond more than the gap");
            }
        }
    }
    let folder = folder(&["3000-01-01 00:00:00", finer]);
    for format in ["csv", "ndjson"] {
        let message = run(&folder, format).refusal();
        for part in ["line", "'3000-01-01 00:00:00'", "1677 to 2262", "which other times in the input need"] {
            assert!(message.contains(part), "{message}");
        }
    }
}

/// A file far behind has the finer time, and everything before it was read in vain.
#[test]
fn nanoseconds_in_the_last_of_many_files_are_noticed() {
    let folder = Folder::new();
    for at in 0..20 {
        folder.write(&format!("in/{at:02}.csv"), "key,at\nk,2026-01-01 10:00:00\n");
    }
    folder.write("in/20.csv", "key,at\nk,2026-01-01 10:00:00.000000001\n");
    let run = folder.run("in", "out.csv").key(["key"]).time("at").sessions(folder.path("s.csv"));
    let report = run.options(|options| options.threads = 4).done();
    assert_eq!((report.events, report.sessions, report.unit), (21, 1, TimeUnit::Nanosecond));
    assert!(folder.text("s.csv").contains(",1e-9,21\n"), "{}", folder.text("s.csv"));
}

#[test]
fn a_mix_of_times_with_and_without_a_zone_is_refused() {
    let folder = folder(&["2026-01-01 10:00:00", "2026-01-01 10:00:00Z"]);
    for (format, lines) in [("csv", ["line 2", "line 3"]), ("ndjson", ["line 1", "line 2"])] {
        let message = run(&folder, format).refusal();
        assert!(
            message.contains(&format!("'2026-01-01 10:00:00Z' in {}", folder.path("in").display())),
            "{message}"
        );
        assert!(lines.iter().all(|line| message.contains(line)), "{message}");
        assert!(message.contains("give all of them a zone or none"), "{message}");
    }
    folder.write("in/1.csv", "key,at\nk,2026-01-01 10:00:00\n");
    folder.write("in/2.csv", "key,at\nk,2026-01-01 10:00:00+01\n");
    let message = folder.run("in", "out/").key(["key"]).time("at").refusal();
    assert!(message.contains("1.csv line 2") && message.contains("2.csv line 2"), "{message}");
}

#[test]
fn numbers_count_what_the_user_says() {
    for (unit, hour) in [
        (TimeUnit::Second, "3600"),
        (TimeUnit::Millisecond, "3600000"),
        (TimeUnit::Microsecond, "3600000000"),
        (TimeUnit::Nanosecond, "3600000000000"),
    ] {
        let folder = Folder::new();
        folder.write("in.csv", format!("key,at\nk,{hour}\nk,-1\nk,\"{hour}\"\nk, {hour} \n"));
        folder.write(
            "in.ndjson",
            format!("{{\"key\":\"k\",\"at\":{hour}}}\n{{\"key\":\"k\",\"at\":\"-1\"}}\n"),
        );
        for format in ["csv", "ndjson"] {
            let run =
                run(&folder, format).input_options(|options| options.text.time_unit = Some(unit.into()));
            let (data_type, sessions) = sessions(run, &folder);
            // Parquet knows no whole seconds.
            let shown = if unit == TimeUnit::Second { TimeUnit::Millisecond } else { unit };
            assert_eq!(data_type, DataType::Timestamp(shown, Some("UTC".into())));
            assert_eq!((sessions.len(), sessions[1].0.as_str()), (2, "1970-01-01T01:00:00Z"), "{format}");
            assert!(sessions[0].0.starts_with("1969-12-31T23:59:59"), "{format}");
        }
    }
}

#[test]
fn what_is_no_time_is_refused_by_file_line_and_value() {
    for (value, unit) in [
        ("yesterday", None),
        ("1767225600", None),
        ("2026-02-30", None),
        ("2026-01-01 25:00:00", None),
        ("2026-01-01 10:00:00 Europe/Berlin", None),
        ("2016-12-31 23:59:60.5", None),
        ("2026-01-01", Some(TimeUnit::Second)),
        ("1.5s", Some(TimeUnit::Second)),
    ] {
        let fine = if unit.is_some() { "1" } else { "2026-01-01" };
        let folder = folder(&[fine, fine, value]);
        for (format, line) in [("csv", 4), ("ndjson", 3)] {
            let run =
                run(&folder, format).input_options(|options| options.text.time_unit = unit.map(Into::into));
            let message = run.refusal();
            let place = format!("in.{format} line {line}: '{value}' in column 'at' is not ");
            assert!(message.contains(&place) && message.contains("unit"), "{message}");
            let remedy = if unit.is_some() { "a number" } else { "RFC 3339" };
            assert!(message.contains(remedy), "{message}");
        }
    }
    let long = "x".repeat(100_000);
    let message = run(&folder(&[&long]), "csv").refusal();
    assert!(message.len() < 500 && message.contains("xxx...'"), "{message}");
}

/// PostgreSQL reads second 60 as the first of the next minute.
#[test]
fn a_leap_second_is_the_next_minutes_first() {
    let folder = folder(&["2016-12-31 23:59:60Z", "2017-01-01 00:00:00Z", "2016-12-31 23:59:59Z"]);
    let (_, sessions) = sessions(run(&folder, "csv"), &folder);
    assert_eq!(sessions, one("2016-12-31T23:59:59Z", 1.0));
}
