//! `spectrum run --engine duckdb` with DuckDB's program from its PyPI package.

use insta::assert_snapshot;

use crate::place::line;
use crate::programs::{done, names, refused};

const EVENTS: &str = "\
event_id,user_id,account_id,occurred_at,note
e1,007,\"a\"\"b\",2026-01-01 10:00,\"two\nlines, one field\"
e2,007,\"a\"\"b\",2026-01-01T10:30:00,
e3,,x,2026-01-01,\"\"
e4,\"\",x,2026-01-01 23:59:59.999999,plain
";

/// Quotes as Spark escapes them.
const ESCAPED: &str = "\
event_id,user_id,account_id,occurred_at
e1,\"a\\\"\",\"b,\\\\\",2026-01-01 10:00
e2,\"a\\\"\",\"b,\\\\\",2026-01-01 11:00
";

/// TSV, in which a quote is text.
const TRACKS: &str = "\
event_id\tuser_id\taccount_id\toccurred_at
e1\t12\" mix\t\"\"\t2026-01-01 10:00
e2\t\"Unclosed\ta\t2026-01-01 10:10
e3\t\"Unclosed\ta\t2026-01-01 10:20
";

const ZONED: &str = "\
event_id,user_id,account_id,occurred_at
e1,u,a,2026-01-01T10:00:00Z
e2,u,a,2026-01-01 12:31+0200
e3,u,a,2026-01-01 10:31:00+00
";

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn duckdb_has_the_digest_of_the_embedded_engine() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("naive.csv"), EVENTS).unwrap();
    std::fs::write(folder.path().join("zoned.csv"), ZONED).unwrap();
    std::fs::write(folder.path().join("escaped.csv"), ESCAPED).unwrap();
    std::fs::write(folder.path().join("tracks.tsv"), TRACKS).unwrap();
    done(&folder, "generate --events 50000 -o made.parquet --quiet");
    done(&folder, "generate --events 50000 --ids int -o integers.parquet --quiet");
    for (input, flags) in [
        ("naive.csv", "--id encoded"),
        ("zoned.csv", "--id start"),
        ("escaped.csv", "--id encoded --escape \\"),
        ("tracks.tsv", "--id encoded"),
        ("made.parquet", ""),
        ("integers.parquet", "--id encoded --with-sequence"),
    ] {
        let run = format!("run {input} {flags} --digest");
        let embedded =
            done(&folder, &format!("{run} -o embedded.parquet --sessions embedded_sessions.parquet --force"));
        let report = done(
            &folder,
            &format!("{run} --engine duckdb -o out.parquet --sessions sessions.parquet --force"),
        );
        for word in ["digest", "span", "gap"] {
            assert_eq!(line(&report, word), line(&embedded, word), "{input}");
        }
        assert_eq!(report.lines().next(), embedded.lines().next(), "{input}");
        // What DuckDB wrote is read by the embedded engine, and has the same sessions.
        let again = "--session-column again --key user_id,account_id --digest";
        let again = |of: &str| {
            done(&folder, &format!("run {of}.parquet {again} --id encoded -o again.parquet --force"))
        };
        assert_eq!(line(&again("out"), "digest"), line(&again("embedded"), "digest"), "{input}");
    }
    done(&folder, "run made.parquet --engine duckdb -o days --partition-by date");
    assert!(names(&folder.path().join("days")).iter().all(|name| name.starts_with("date=2026-")));
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn what_duckdb_refuses_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("null_time.csv", &format!("{EVENTS}e5,u,a,,\n"));
    write("collide.csv", "event_id,user_id,account_id,occurred_at\ne1,1,23,2026-01-01\ne2,12,3,2026-01-01\n");
    write("events.ndjson", "{}\n");
    write("in.csv", EVENTS);
    let refused = |arguments: &str| refused(&folder, &format!("run --engine duckdb {arguments}"));
    assert_snapshot!(refused("null_time.csv -o out.parquet"), @"error: 1 event has no time (column 'occurred_at' is NULL), such as the one with event_id e5; fix them or leave them out with --null-time drop");
    assert_snapshot!(refused("collide.csv -o out.parquet"), @"error: 1 session id is shared by different sessions: (1, 23) session 1 and (12, 3) session 1 are both 6c14da109e294d1e8155be8aa4b1ce8e; use --id encoded or --id start, or accept it with --allow-id-collisions");
    assert_snapshot!(refused("in.csv -o in.csv"), @"error: in.csv exists; say --force to replace it");
    let is_input = "error: in.csv is an input and cannot be the output as well";
    assert_eq!(refused("in.csv -o in.csv --force --id encoded"), is_input);
    assert_eq!(refused("'*.csv' -o in.csv --force --id encoded"), is_input);
    assert_snapshot!(refused("in.csv -o nowhere/out.parquet"), @"error: writing nowhere/out.parquet: No such file or directory (os error 2)");
    assert_snapshot!(refused("in.csv -o out.parquet --key note,user"), @"error: column 'user' is not in the events; did you mean user_id? (they have: event_id, user_id, account_id, occurred_at, note); name the key with --key");
    assert_snapshot!(refused("events.ndjson -o out.parquet"), @"error: DuckDB would guess the types of NDJSON; leave out --engine, or write Parquet first");
    assert_snapshot!(refused("in.csv -o out.parquet --master local"), @"error: --master is for --engine spark; leave it out");
    assert_snapshot!(refused("in.csv -o s3://bucket/out"), @"error: s3://bucket/out cannot be written aside and renamed by DuckDB; name a local file");
}
