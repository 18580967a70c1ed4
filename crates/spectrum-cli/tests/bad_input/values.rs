//! Values in the events that cannot be used: times that are none or missing, and ids that collide.

use insta::assert_snapshot;

use crate::spectrum::{EVENTS, Folder};

#[test]
fn events_without_a_time() {
    let csv = format!("{EVENTS}e4,u,a,\ne5,\"u\n\",a,\ne6,u,a,\ne7,u,a,\n");
    let folder = Folder::with(&[("in.csv", &csv)]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: 4 events have no time (column 'occurred_at' is NULL), the first at in.csv line 5, in.csv line 6, in.csv line 8; fix them or leave them out with --null-time drop");
    folder.done("run in.csv -o out.parquet --null-time drop");
    // From Parquet, where rows are counted.
    folder.write("one.csv", format!("{EVENTS}e4,u,a,\n"));
    folder.write("all.csv", EVENTS.replace("2026-01-01 10:", "x").replace("x00", "").replace("x10", ""));
    assert_snapshot!(folder.refusal("run one.csv -o out.csv"), @"error: 1 event has no time (column 'occurred_at' is NULL), the first at one.csv line 5; fix them or leave them out with --null-time drop");
    assert_snapshot!(folder.refusal("run one.csv all.csv -o out.csv --threads 3"), @"error: 3 events have no time (column 'occurred_at' is NULL), the first at one.csv line 5, all.csv line 2, all.csv line 3; fix them or leave them out with --null-time drop");
    let ndjson = "{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":null}\n\n{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":\"2026-01-01\"}\n{\"user_id\":\"u\"}\n";
    folder.write("in.ndjson", ndjson);
    assert_snapshot!(folder.refusal("run in.ndjson -o out.csv"), @"error: 2 events have no time (column 'occurred_at' is NULL), the first at in.ndjson line 1, in.ndjson line 4; fix them or leave them out with --null-time drop");
}

#[test]
fn a_text_that_is_no_time() {
    let folder = Folder::with(&[("in.csv", &EVENTS.replace("2026-01-01 12:00", "noon"))]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: in.csv line 4: 'noon' in column 'occurred_at' is not a time; write RFC 3339 or YYYY-MM-DD HH:MM:SS[.fraction][zone], say what a number counts with --time-unit s, ms, us or ns, or name its form with --time-format, as in '%d/%m/%Y %H:%M:%S'");
    folder.write("in.ndjson", "{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":1767225600}\n");
    assert_snapshot!(folder.refusal("run in.ndjson -o out.csv"), @"error: in.ndjson line 1: '1767225600' in column 'occurred_at' is not a time; write RFC 3339 or YYYY-MM-DD HH:MM:SS[.fraction][zone], say what a number counts with --time-unit s, ms, us or ns, or name its form with --time-format, as in '%d/%m/%Y %H:%M:%S'");
    folder.done("run in.ndjson -o out.csv --time-unit s");
    folder.write("in.ndjson", "{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":\"2026-01-01\"}\n");
    assert_snapshot!(folder.refusal("run in.ndjson -o out2.csv --time-unit s"), @"error: in.ndjson line 1: '2026-01-01' in column 'occurred_at' is not a number; leave out --time-unit, or time_unit of the definition file, for times as text");
    folder.write("in.ndjson", "{\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":1767225600.25}\n");
    assert_snapshot!(folder.refusal("run in.ndjson -o out2.csv"), @"error: in.ndjson line 1: '1767225600.25' in column 'occurred_at' is not a time; write RFC 3339 or YYYY-MM-DD HH:MM:SS[.fraction][zone], say what a number counts with --time-unit s, ms, us or ns, or name its form with --time-format, as in '%d/%m/%Y %H:%M:%S'");
    folder.done("run in.ndjson -o out2.csv --time-unit s");
    folder.write("in.csv", EVENTS.replace("2026-01-01 12:00", "02.01.2026 12:00"));
    assert_snapshot!(folder.refusal("run in.csv -o out3.csv --time-format '%Y-%m-%d %H:%M' --time-format rfc2822"), @"error: in.csv line 4: '02.01.2026 12:00' in column 'occurred_at' is not a time of the form '%Y-%m-%d %H:%M' or 'rfc2822'; correct it, or name its form too with another --time-format");
    folder.done("run in.csv -o out3.csv --time-format '%Y-%m-%d %H:%M' --time-format '%d.%m.%Y %H:%M'");
}

#[test]
fn a_text_that_two_formats_fit() {
    let folder =
        Folder::with(&[("in.csv", "user_id,account_id,occurred_at\nu,a,31/12/2025\nu,a,02/01/2026\n")]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --time-format %d/%m/%Y --time-format %m/%d/%Y"), @"error: in.csv line 3: '02/01/2026' in column 'occurred_at' is 2026-01-02 00:00:00 by '%d/%m/%Y' and 2026-02-01 00:00:00 by '%m/%d/%Y'; leave out the --time-format that is not meant");
    folder.done("run in.csv -o out.csv --time-format %d/%m/%Y");
}

#[test]
fn a_comma_for_a_decimal_point() {
    let folder = Folder::with(&[("in.csv", "user_id;account_id;occurred_at\nu;a;1700000000,25\n")]);
    let command = "run in.csv -o out.csv --delimiter ';' --time-unit";
    assert_snapshot!(folder.refusal(&format!("{command} s")), @"error: in.csv line 2: '1700000000,25' in column 'occurred_at' is not a number with a decimal point; write a point where the comma is");
    assert_snapshot!(folder.refusal(&format!("{command} auto")), @"error: in.csv line 2: '1700000000,25' in column 'occurred_at' is not a number with a decimal point; write a point where the comma is");
}

/// What the definition file says of numbers holds for files, and a flag counts more.
#[test]
fn a_unit_in_the_definition_file_that_the_values_contradict() {
    let folder = Folder::with_events("in.csv");
    folder.write("spectrum.toml", "[events]\ntime_unit = \"ms\"\n");
    for command in ["run in.csv -o out.csv", "summary in.csv", "explain in.csv --event e1"] {
        let refused = folder.refusal(&format!("{command} --definition spectrum.toml"));
        assert_eq!(
            refused,
            "error: in.csv line 2: '2026-01-01 10:00' in column 'occurred_at' is not a number; leave out --time-unit, or time_unit of the definition file, for times as text"
        );
        folder.done(&format!("{command} --definition spectrum.toml --time-format '%Y-%m-%d %H:%M'"));
        std::fs::remove_file(folder.path("out.csv")).ok();
    }
    assert_snapshot!(folder.refusal("run in.csv -o out.parquet --engine duckdb --definition spectrum.toml --time-unit ns"), @"error: numbers of nanoseconds (ns) are finer than the engine's times, which end at microseconds; leave out --engine");
}

#[test]
fn a_zone_for_times_that_have_none() {
    let folder = Folder::with(&[("in.csv", EVENTS)]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --timezone Europe/Berlin"), @"error: timezone is the zone of split_at, and there is no split_at: times without a zone are taken as they stand, and sessions are the same in any zone whose clocks do not change; where they do, give the events a zone");
}

#[test]
fn a_format_that_is_none() {
    let folder = Folder::with(&[("in.csv", EVENTS)]);
    assert_snapshot!(folder.misunderstanding("run in.csv -o out.csv --time-format %H:%M"), @"
error: invalid value '%H:%M' for '--time-format <FORMAT>': '%H:%M' is not a format for times: it does not give a date; write one as in '%d/%b/%Y:%H:%M:%S %z', or rfc2822 or rfc3339

For more information, try '--help'.
");
    assert_snapshot!(folder.misunderstanding("run in.csv -o out.csv --time-format %d.%m.%Y --time-unit s"), @"
error: the argument '--time-format <FORMAT>' cannot be used with '--time-unit <UNIT>'

Usage: spectrum run --output <OUT> --time-format <FORMAT> <INPUT>...

For more information, try '--help'.
");
}

#[test]
fn numbers_whose_unit_nobody_can_tell() {
    let csv = "user_id,account_id,occurred_at\nu,a,1700000000\nu,a,1700000000000\n";
    let folder = Folder::with(&[("in.csv", csv)]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --time-unit auto"), @"error: '1700000000' in in.csv line 2 and '1700000000000' in in.csv line 3 do not count the same unit, by their magnitudes; say what a number counts with --time-unit s, ms, us or ns");
    folder.write("in.csv", csv.replace("1700000000000", "86400"));
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --time-unit auto"), @"error: in.csv line 3: '86400' in column 'occurred_at' could count seconds as well as any other unit; say what a number counts with --time-unit s, ms, us or ns");
    folder.write("in.csv", csv.replace("1700000000000", "1700000000.5"));
    folder.done("run in.csv -o out.csv --time-unit auto");
    assert_snapshot!(folder.refusal("run --engine duckdb in.csv -o out.parquet --time-unit auto"), @"error: --time-unit auto is for files that spectrum itself reads; say s, ms or us with --engine");
    assert_snapshot!(folder.refusal("run --engine duckdb in.csv -o out.parquet --time-format %d.%m.%Y"), @"error: --time-format is for files that spectrum itself reads; leave out --engine, or convert the events with a run of its own");
}

#[test]
fn times_that_no_unit_holds_together() {
    let csv = EVENTS
        .replace("2026-01-01 12:00", "2026-01-01 12:00:00.000000001")
        .replace("2026-01-01 10:10", "3026-01-01");
    let folder = Folder::with(&[("in.csv", &csv)]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: in.csv line 3: time '3026-01-01' is out of the range of nanoseconds in 64 bits (years 1677 to 2262), which other times in the input need");
}

#[test]
fn times_with_and_without_a_zone() {
    let folder = Folder::with(&[("in.csv", &EVENTS.replace("12:00", "12:00Z"))]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv --threads 1"), @"error: some times have a zone ('2026-01-01 12:00Z' in in.csv line 4) and some have none ('2026-01-01 10:00' in in.csv line 2), so they cannot be compared; give all of them a zone or none");
}

#[test]
fn a_time_that_the_output_cannot_hold() {
    let folder = Folder::with(&[("in.csv", &EVENTS.replace("2026-01-01 12:00", "-002026-01-01 12:00"))]);
    folder.done("run in.csv -o out.csv"); // lines are passed on as they are
    folder.done("run in.csv -o out.parquet");
    assert_snapshot!(folder.refusal("run in.csv -o out.ndjson"), @"error: column 'occurred_at' has the time -126101534400000000 as a Timestamp(µs), and out.ndjson cannot hold it: text has the years 0 to 9999; write Parquet");
}

const COLLIDING: &str = "\
event_id,user_id,account_id,occurred_at
e1,1,23,2026-01-01
e2,12,3,2026-01-02
e3,4,56,2026-01-01
e4,45,6,2026-01-02
";

#[test]
fn different_sessions_with_one_id() {
    let folder = Folder::with(&[("in.csv", COLLIDING)]);
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: 2 session ids are shared by different sessions: (1, 23) session 1 and (12, 3) session 1 are both 6c14da109e294d1e8155be8aa4b1ce8e; use --id encoded or --id start, or accept it with --allow-id-collisions");
    folder.write("in.csv", COLLIDING.lines().take(3).collect::<Vec<_>>().join("\n"));
    assert_snapshot!(folder.refusal("run in.csv -o out.csv"), @"error: 1 session id is shared by different sessions: (1, 23) session 1 and (12, 3) session 1 are both 6c14da109e294d1e8155be8aa4b1ce8e; use --id encoded or --id start, or accept it with --allow-id-collisions");

    let report = folder.done("run in.csv -o out.csv --allow-id-collisions");
    assert!(report.contains("1 session id stands for more than one session"), "{report}");
    let text = folder.text("out.csv");
    let ids: Vec<_> = text.lines().skip(1).map(|line| line.rsplit_once(',').unwrap().1).collect();
    assert_eq!(ids, ["6c14da109e294d1e8155be8aa4b1ce8e"; 2]);
    for scheme in ["encoded", "start"] {
        folder.done(&format!("run in.csv -o {scheme}.csv --id {scheme}"));
    }
}
