//! Rules beyond the gap on other engines: the rows, the digest and the report of the embedded engine.

use std::path::Path;

use insta::assert_snapshot;
use spectrum_testkit::engines::ClusterOptions;

use crate::place::{Place, settled};
use crate::programs::{done, refused};
use crate::rows::{python_makes, same_rows, same_sessions};

/// Definitions whose times have a zone, by their names.
const DEFINITIONS: [(&str, &str); 8] = [
    (
        "free",
        "[session]\ngap = \"10s\"\nat_gap = \"new\"\nsplit_at = \"06:00\"\ntimezone = \"Europe/Berlin\"\nid = \"start\"\n",
    ),
    (
        "parting",
        "[events]\nwhere = \"bot is not true\"\n[session]\ngap = \"10s\"\nstart_when = \"kind = 'login'\"\n\
         end_when = \"kind in ('logout', 'it''s') or price >= 9.5\"\n",
    ),
    (
        "outside",
        "[session]\ngap = \"5s\"\ngap_when = [{ when = \"kind like 'v%'\", gap = \"20s\" }]\n\
         passive_when = \"kind = 'ping'\"\nignore_when = \"share < 0.1\"\nsplit_on = [\"campaign\"]\nid = \"encoded\"\n",
    ),
    (
        "split",
        "[events]\nkey = [\"user_id\", \"campaign\"]\n[session]\ngap = \"1m\"\nsplit_on = [\"plan\"]\n\
         split_on_null = \"split\"\nend_when = \"amount > 18446744073709551614\"\nid = \"start\"\n",
    ),
    ("nobody", "[events]\nwhere = \"kind = 'nothing'\"\n[session]\ngap = \"10s\"\n"),
    (
        "some",
        "[session]\ngap = \"10s\"\nignore_when = \"bot\"\npassive_when = \"plan is null\"\nat_gap = \"new\"\n\
         start_when = \"share = 0.1 and plan <> 3\"\nsplit_at = \"midnight\"\n",
    ),
    (
        "long",
        "[session]\ngap = \"10s\"\nmax_duration = \"25s\"\nend_when = \"kind = 'logout'\"\npassive_when = \"kind = 'ping'\"\n",
    ),
    (
        "many",
        "[session]\ngap = \"10s\"\nmax_events = 4\nsplit_on = [\"campaign\", \"plan\"]\nignore_when = \"bot\"\nid = \"encoded\"\n",
    ),
];

/// Keys with a few dozen events within minutes, about six o'clock in Berlin, many of them at one instant. A number of single
/// precision that is one tenth is more than 0.1.
const EVENTS: &str = "\
import random, pyarrow as pa, pyarrow.parquet as parquet, pyarrow.csv as csv
chance = random.Random(7)
count = 6000
start = 1767243600
pick = lambda values: [chance.choice(values) for _ in range(count)]
seconds = [start + chance.randrange(-60, 60) for _ in range(count)]
columns = {
    'event_id': pa.array(range(count), pa.int64()),
    'user_id': pa.array(pick([None] + [f'u{i}' for i in range(200)])),
    'occurred_at': pa.array([None if i % 500 == 7 else s * 10**6 for i, s in enumerate(seconds)], pa.timestamp('us', 'UTC')),
    'kind': pa.array(pick([None, 'login', 'logout', \"it's\", 'view', 'video', 'ping', ''])),
    'bot': pa.array(pick([None, True, False, False])),
    'price': pa.array(pick([None, 1.0, 9.5, 12.25, float('nan')]), pa.float64()),
    'share': pa.array(pick([None, 0.1, 0.05, 0.5, 0.75, 1.5]), pa.float32()),
    'campaign': pa.array(pick([None, None, 'a', 'B', 'b'])),
    'plan': pa.array(pick([None, 1, 2, 3]), pa.int8()),
    'amount': pa.array(pick([None, 0, 2**64 - 1, 2**63]), pa.uint64()),
}
table = pa.table(columns)
parquet.write_table(table, 'events.parquet')
";

/// The same where nothing has a type, and no number that only floating point has.
const TEXTS: &str = "\
import pyarrow.parquet as parquet, pyarrow.compute as pc, pyarrow as pa
table = parquet.read_table('events.parquet')
words = {True: 'yes', False: ' F', None: None}
at = [None if v is None else v // 10**6 for v in table['occurred_at'].cast(pa.int64()).to_pylist()]
text = lambda v: '' if v is None else '0.1' if str(v) == 'nan' else '\"\"' if v == '' else str(v)
with open('events.csv', 'w') as out:
    out.write(','.join(table.column_names) + '\\n')
    for row, second in zip(table.to_pylist(), at):
        row['bot'] = words[row['bot']]
        row['share'] = None if row['share'] is None else round(row['share'], 3)
        row['occurred_at'] = second
        out.write(','.join(text(v) for v in row.values()) + '\\n')
";

fn write_definitions(folder: &Path) {
    for (name, definition) in DEFINITIONS {
        // The key is one column unless it says something else.
        let definition = match definition.split_once("[events]\n") {
            Some((_, rest)) if rest.starts_with("key") => definition.to_owned(),
            Some((before, rest)) => format!("{before}[events]\nkey = [\"user_id\"]\n{rest}"),
            None => format!("[events]\nkey = [\"user_id\"]\n{definition}"),
        };
        std::fs::write(folder.join(format!("{name}.toml")), definition).unwrap();
    }
}

/// What a run says and how it is said.
fn flags(input: &str, definition: &str) -> String {
    let unit = if input == "events.csv" { " --time-unit s" } else { "" };
    format!("{input} --definition {definition}.toml --null-time drop --digest --allow-id-collisions{unit}")
}

/// Runs these definitions with both, and compares all that comes out.
fn compare(
    folder: &Path,
    runs: &[(&str, &[&str])],
    embedded: &dyn Fn(&str) -> String,
    other: &dyn Fn(&str) -> String,
) {
    for (input, names) in runs {
        for name in *names {
            let run = flags(input, name);
            let ours =
                embedded(&format!("{run} -o embedded.parquet --sessions embedded_sessions.parquet --force"));
            let theirs = other(&format!("{run} -o out.parquet --sessions sessions.parquet --force"));
            assert_eq!(settled(&theirs), settled(&ours), "{input} {name}");
            println!("{input} {name}:\n{theirs}");
            // Of text files the embedded engine writes what the file has, and another engine text.
            if *input == "events.parquet" {
                same_rows(folder, "out.parquet", "embedded.parquet");
            }
            same_sessions(folder, "sessions.parquet", "embedded_sessions.parquet");
        }
    }
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn rules_on_duckdb_and_clickhouse() {
    let folder = tempfile::tempdir().unwrap();
    python_makes(folder.path(), EVENTS);
    python_makes(folder.path(), TEXTS);
    write_definitions(folder.path());
    let all = DEFINITIONS.map(|(name, _)| name);
    let both = [("events.parquet", &all[..]), ("events.csv", &all[..])];
    for (engine, inputs) in [("duckdb", &both[..]), ("clickhouse", &both[..1])] {
        let embedded = |arguments: &str| done(&folder, &format!("run {arguments}"));
        let other = |arguments: &str| done(&folder, &format!("run --engine {engine} {arguments}"));
        compare(folder.path(), inputs, &embedded, &other);
    }
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn rules_on_a_cluster() {
    let place = Place::start(&ClusterOptions { workers: 1, ..ClusterOptions::default() });
    python_makes(&place.path(""), EVENTS);
    python_makes(&place.path(""), TEXTS);
    write_definitions(&place.path(""));
    let embedded = |arguments: &str| place.done(&format!("run {arguments}"));
    let other = |arguments: &str| place.done(&place.on_cluster(arguments));
    // An application of Spark each, so not all.
    let runs: [(&str, &[&str]); 2] =
        [("events.parquet", &["outside", "split"]), ("events.csv", &["parting"])];
    compare(&place.path(""), &runs, &embedded, &other);
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn rules_that_an_engine_refuses_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let text = "event_id,user_id,account_id,occurred_at,price,page\n\
                e1,u,a,2026-01-01 10:00,1e3,home\ne2,u,a,2026-01-01 10:01,7,\n";
    std::fs::write(folder.path().join("in.csv"), text).unwrap();
    let refused =
        |arguments: &str| refused(&folder, &format!("run --engine duckdb in.csv -o out.parquet {arguments}"));
    assert_snapshot!(refused("--end-when 'price > 5'"), @"error: in column 'price', which the rule uses as a number of at most 20 digits and 18 behind a dot, 1 of the texts cannot be read as one, such as '1e3'; leave out --engine, or write Parquet first");
    assert_snapshot!(refused("--end-when 'prise > 5'"), @"error: column 'prise' is not in the events; did you mean price? (they have: event_id, user_id, account_id, occurred_at, price, page); correct the name in the rule (--where, --split-on and the others, the definition file, or the preset as spectrum presets prints it), or put it in single quotes if it is a text");
    assert_snapshot!(refused("--end-when 'account_id > 5'"), @"error: column 'account_id' is a part of the key and used as a number by the rule, which other engines cannot read of a text file; leave out --engine, or write Parquet first");
    assert_snapshot!(refused("--end-when 'page' --split-on page"), @"error: column 'page' is a value of split_on and used as a boolean by the rule, which other engines cannot read of a text file; leave out --engine, or write Parquet first");
    let told = "[summary.columns]\na = { max = 'price' }\n";
    std::fs::write(folder.path().join("told.toml"), told).unwrap();
    assert_snapshot!(refused("--sessions s.parquet --definition told.toml"), @"error: summary column 'a' reads column 'price', and its type is VARCHAR, whose values may be numbers, of which only spectrum itself finds the least and the greatest; leave out --engine, or take it out of [summary.columns]");
    assert_snapshot!(refused("--split-at midnight --timezone Europe/Paris"), @"error: DuckDB cannot express the zone Europe/Paris of split_at for times without a zone; take timezone out, or say that the time is timestamptz");
}

/// What the summary tells, of the events above: every measure, with ties, NULLs and conditions.
const TOLD: &str = "\
[events]
key = [\"user_id\"]
[session]
gap = \"10s\"
ignore_when = \"kind = 'ping'\"
[summary.columns]
entry = { first = \"kind\" }
exit = { last = \"kind\", where = \"bot is not true\" }
campaign = { first = \"campaign\", skip_null = true }
logins = { count = \"kind like 'log%'\" }
campaigns = { count_distinct = \"campaign\" }
bought = { any = \"kind = 'it''s'\" }
plans = { sum = \"plan\" }
";

/// What only columns with types tell.
const TOLD_OF_TYPES: &str = "\
amounts = { sum = \"amount\" }
prices = { sum = \"price\", where = \"price < 100\" }
paid = { sum = \"paid\" }
shares = { sum = \"share\" }
dearest = { max = \"price\" }
least = { min = \"campaign\" }
cheapest = { min = \"paid\" }
different = { count_distinct = \"price\" }
rich = { when = \"amounts > 9223372036854775808 or (logins >= 2 and duration_seconds > 9.5)\" }
";

const WITH_DECIMALS: &str = "\
import decimal, pyarrow as pa, pyarrow.parquet as parquet
table = parquet.read_table('events.parquet')
values = [None, decimal.Decimal('-10.50'), decimal.Decimal('0.25'), decimal.Decimal('9999999999.99')]
paid = pa.array([values[i * 7 % 4] for i in range(table.num_rows)], pa.decimal128(12, 2))
parquet.write_table(table.append_column('paid', paid), 'events.parquet')
";

fn write_told(folder: &Path) {
    python_makes(folder, EVENTS);
    python_makes(folder, TEXTS);
    python_makes(folder, WITH_DECIMALS);
    std::fs::write(folder.join("told.toml"), format!("{TOLD}{TOLD_OF_TYPES}")).unwrap();
    std::fs::write(folder.join("told_of_texts.toml"), TOLD).unwrap();
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn rules_on_duckdb_and_clickhouse_tell_what_files_do() {
    let folder = tempfile::tempdir().unwrap();
    write_told(folder.path());
    let both: [(&str, &[&str]); 2] = [("events.parquet", &["told"]), ("events.csv", &["told_of_texts"])];
    for (engine, inputs) in [("duckdb", &both[..]), ("clickhouse", &both[..1])] {
        let embedded = |arguments: &str| done(&folder, &format!("run {arguments}"));
        let other = |arguments: &str| done(&folder, &format!("run --engine {engine} {arguments}"));
        compare(folder.path(), inputs, &embedded, &other);
    }
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn rules_on_a_cluster_tell_what_files_do() {
    let place = Place::start(&ClusterOptions { workers: 1, ..ClusterOptions::default() });
    write_told(&place.path(""));
    let embedded = |arguments: &str| place.done(&format!("run {arguments}"));
    let other = |arguments: &str| place.done(&place.on_cluster(arguments));
    let runs: [(&str, &[&str]); 2] = [("events.parquet", &["told"]), ("events.csv", &["told_of_texts"])];
    compare(&place.path(""), &runs, &embedded, &other);
}
