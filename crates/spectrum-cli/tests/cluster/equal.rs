//! What Spark writes equals what the embedded engine writes.

use std::time::Instant;

use spectrum_testkit::engines::ClusterOptions;

use crate::place::{Place, line, many, settled};
use crate::rows::{python_makes, same_rows};

/// Forty files, two machines, one digest.
#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn events_over_forty_files_have_the_same_digest() {
    let place = Place::start(&ClusterOptions::default());
    place.generate("events", many(), 40);
    let embedded = place.done("run events -o embedded.parquet --sessions embedded_sessions.parquet --digest");
    println!("embedded:\n{embedded}");
    for plan in ["window", "merge"] {
        let begun = Instant::now();
        let arguments =
            place.on_cluster(&format!("events -o {plan} --sessions {plan}_sessions --plan {plan} --digest"));
        let report = place.done(&arguments);
        println!("spectrum {arguments}\n{report}({:.0} s)", begun.elapsed().as_secs_f64());
        assert_eq!(line(&report, "digest"), line(&embedded, "digest"));
        assert_eq!(report.lines().next(), embedded.lines().next());
        assert_eq!(line(&report, "span"), line(&embedded, "span"));
        // Of millions of rows the digest says enough, and Python would need all memory to say more.
        if many() <= 1_000_000 {
            same_rows(&place.path(""), plan, "embedded.parquet");
        }
        same_rows(&place.path(""), &format!("{plan}_sessions"), "embedded_sessions.parquet");
    }
    assert_eq!(
        place.names(),
        [
            "embedded.parquet",
            "embedded_sessions.parquet",
            "events",
            "merge",
            "merge_sessions",
            "window",
            "window_sessions"
        ]
    );
}

/// Every kind of column, NULLs in the key, events without a time, folders as columns, and a folder a day.
#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn types_and_nulls_come_out_as_they_went_in() {
    let place = Place::start(&ClusterOptions::default());
    python_makes(&place.path(""), TYPED);
    for (name, flags) in [
        ("ids", "--key user_id,account_id,small,big,flag,country --id encoded"),
        ("start", "--key uuid,country --id start --time naive"),
        ("date", "--key user_id --time day --with-sequence --session-column session"),
        ("sequence", "--key account_id,small --allow-id-collisions"),
    ] {
        let flags = format!("lake {flags} --null-time drop --digest --event-id id");
        let embedded =
            place.done(&format!("run {flags} -o {name}.parquet --sessions {name}_sessions.parquet"));
        for plan in ["window", "merge"] {
            let output = format!("{name}_by_{plan}");
            let report = place.done(
                &place.on_cluster(&format!("{flags} -o {output} --sessions {output}_sessions --plan {plan}")),
            );
            assert_eq!(settled(&report), settled(&embedded), "{output}");
            same_rows(&place.path(""), &output, &format!("{name}.parquet"));
            same_rows(&place.path(""), &format!("{output}_sessions"), &format!("{name}_sessions.parquet"));
        }
    }
    let by_day = "lake --key user_id --id encoded --null-time drop --event-id id -o days --partition-by date";
    place.done(&place.on_cluster(by_day));
    let mut days: Vec<_> = std::fs::read_dir(place.path("days"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains('='))
        .collect();
    days.sort();
    assert_eq!(days, ["date=2026-01-01", "date=2026-01-02", "date=2026-01-03"]);
}

/// Text files: CSV with quotes and line ends in fields, NDJSON, times with and without a zone and as numbers.
#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn text_is_read_as_the_embedded_engine_reads_it() {
    let place = Place::start(&ClusterOptions { workers: 1, ..ClusterOptions::default() });
    let csv = "event_id,user_id,account_id,occurred_at,note\n\
               e1,007,\"a\"\"b\",2026-01-01 10:00,\"two\nlines, one field\"\n\
               e2,007,\"a\"\"b\",2026-01-01T10:30:00,\n\
               e3,,x,2026-01-01,\"\"\n\
               e4,\"\",x,2026-01-01 23:59:59.999999,plain\n";
    let ndjson = "{\"event_id\":\"e1\",\"user_id\":7,\"account_id\":true,\"occurred_at\":1767225600123}\n\
                  {\"event_id\":\"e2\",\"user_id\":7,\"account_id\":true,\"occurred_at\":1767229200124}\n\
                  {\"event_id\":\"e3\",\"account_id\":false,\"occurred_at\":1767229200124}\n";
    let zoned = "event_id\tuser_id\taccount_id\toccurred_at\n\
                 e1\tu\ta\t2026-01-01T10:00:00Z\ne2\tu\ta\t2026-01-01 12:31+0200\ne3\tu\ta\t2026-01-01 10:31:00+00\n";
    std::fs::write(place.path("naive.csv"), csv).unwrap();
    std::fs::write(place.path("numbers.ndjson"), ndjson).unwrap();
    std::fs::write(place.path("zoned.tsv"), zoned).unwrap();
    for (input, flags) in [("naive.csv", ""), ("numbers.ndjson", "--time-unit ms"), ("zoned.tsv", "")] {
        let flags = format!("{input} {flags} --id encoded --digest");
        let embedded = place.done(&format!("run {flags} -o {input}.parquet"));
        let report = place.done(&place.on_cluster(&format!("{flags} -o {input}_out")));
        for word in ["digest", "span", "gap"] {
            assert_eq!(line(&report, word), line(&embedded, word), "{input}");
        }
        assert_eq!(report.lines().next(), embedded.lines().next(), "{input}");
    }
}

const TYPED: &str = "\
import os, uuid, pyarrow as pa, pyarrow.parquet as parquet
count = 3000
for number, country in enumerate(['de', 'a%3Ab', '__HIVE_DEFAULT_PARTITION__']):
    at = [number * count + i for i in range(count)]
    seconds = [(i * 7919) % 259200 for i in at]
    start = 1767225600
    table = pa.table({
        'id': pa.array([uuid.UUID(int=i * 2**70 + 5).bytes for i in at], pa.binary(16)),
        'uuid': pa.array([uuid.UUID(int=i % 19).bytes for i in at], pa.binary(16)).cast(pa.uuid()),
        'user_id': pa.array([None if i % 50 == 0 else f'u{i % 37}' for i in at]),
        'account_id': pa.array([2**64 - 1 - i % 11 for i in at], pa.uint64()),
        'small': pa.array([i % 3 - 1 for i in at], pa.int8()),
        'big': pa.array([i % 4 for i in at], pa.uint32()),
        'flag': pa.array([i % 2 == 0 for i in at]),
        'occurred_at': pa.array([None if i % 100 == 7 else (start + s) * 10**6 + i % 10 for i, s in zip(at, seconds)],
                                pa.timestamp('us', 'Europe/Berlin')),
        'naive': pa.array([(start + s) * 1000 for s in seconds], pa.timestamp('ms')),
        'day': pa.array([20454 + s // 86400 for s in seconds], pa.date32()),
        'note`s \"odd\" name': pa.array([f'n{i}' for i in at]),
    })
    os.makedirs(f'lake/country={country}')
    parquet.write_table(table, f'lake/country={country}/part.parquet')
";
