//! `spectrum run --engine clickhouse` with ClickHouse from its PyPI package, in the place of its program.

use insta::assert_snapshot;

use crate::place::{line, settled};
use crate::programs::{done, names, refused};
use crate::rows::{python_makes, same_rows};

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn clickhouse_has_the_rows_of_the_embedded_engine() {
    let folder = tempfile::tempdir().unwrap();
    done(&folder, "generate --events 50000 -o made.parquet --quiet");
    done(&folder, "generate --events 50000 --ids int -o integers.parquet --quiet");
    python_makes(folder.path(), TYPED);
    for (input, flags) in [
        ("made.parquet", ""),
        ("integers.parquet", "--id encoded --with-sequence"),
        ("lake", "--key user_id,account_id,small,big,flag --id encoded"),
        ("'lake/*.parquet'", "--key uuid,user_id --id start --session-column 'the `id`'"),
        ("lake/0.parquet lake/1.parquet", "--key user_id --time day --id encoded --with-sequence"),
        ("lake", "--key uuid --time nanoseconds"),
        ("none.parquet", "--key user_id"),
    ] {
        let run = format!("run {input} {flags} --null-time drop --digest --force");
        let embedded =
            done(&folder, &format!("{run} -o embedded.parquet --sessions embedded_sessions.parquet"));
        let report =
            done(&folder, &format!("{run} --engine clickhouse -o out.parquet --sessions sessions.parquet"));
        assert_eq!(settled(&report), settled(&embedded), "{input} {flags}");
        same_rows(folder.path(), "out.parquet", "embedded.parquet");
        same_rows(folder.path(), "sessions.parquet", "embedded_sessions.parquet");
    }
}

/// More files than a query of the usual length can name, and a column that half of them do not have.
#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn clickhouse_reads_many_files() {
    let folder = tempfile::tempdir().unwrap();
    python_makes(folder.path(), MANY);
    let report = done(&folder, "run many --engine clickhouse -o out.parquet --digest");
    let embedded = done(&folder, "run many -o embedded/ --digest");
    assert_eq!(line(&report, "digest"), line(&embedded, "digest"));
    assert!(report.starts_with("4,000 events"), "{report}");
    python_makes(
        folder.path(),
        "import pyarrow.parquet as p; assert p.read_table('out.parquet')['page'].null_count == 2000",
    );
}

#[test]
#[ignore = "cargo xtask conformance --cluster"]
fn what_clickhouse_refuses_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    python_makes(folder.path(), REFUSED);
    std::fs::write(folder.path().join("events.csv"), "event_id\n1\n").unwrap();
    std::fs::write(folder.path().join("broken.parquet"), "PAR1 or so").unwrap();
    let refused = |arguments: &str| {
        let message = refused(&folder, &format!("run --engine clickhouse {arguments}"));
        message.replace(&folder.path().display().to_string(), "FOLDER")
    };
    assert_snapshot!(refused("null_time.parquet -o out.parquet"), @"error: 1 event has no time (column 'occurred_at' is NULL), such as the one with event_id e2; fix them or leave them out with --null-time drop");
    assert_snapshot!(refused("collide.parquet -o out.parquet"), @"error: 1 session id is shared by different sessions: (1, 23) session 1 and (12, 3) session 1 are both 6c14da109e294d1e8155be8aa4b1ce8e; use --id encoded or --id start, or accept it with --allow-id-collisions");
    assert_snapshot!(refused("collide.parquet -o collide.parquet"), @"error: collide.parquet exists; say --force to replace it");
    assert_snapshot!(refused("collide.parquet -o collide.parquet --force --id encoded"), @"error: collide.parquet is an input and cannot be the output as well");
    assert_snapshot!(refused("naive.parquet -o out.parquet"), @"error: column 'occurred_at' (INT64, Timestamp) holds times without a zone, which ClickHouse would write as instants; leave out --engine, take another engine, or write the files without it");
    assert_snapshot!(refused("nested.parquet -o out.parquet"), @"error: column 'items.list.element' (INT64) is nested, and ClickHouse would lose NULLs in it; leave out --engine, take another engine, or write the files without it");
    assert_snapshot!(refused("bytes.parquet -o out.parquet"), @"error: column 'payload' (BYTE_ARRAY) holds bytes, which ClickHouse would write as text; leave out --engine, take another engine, or write the files without it");
    assert_snapshot!(refused("clock.parquet -o out.parquet"), @"error: column 'clock' (INT64, Time) is of a kind that ClickHouse would write as another; leave out --engine, take another engine, or write the files without it");
    assert_snapshot!(refused("decimal.parquet -o out.parquet --key price"), @"error: ClickHouse cannot express key column 'price' of type Nullable(Decimal(20, 2)) with PostgreSQL's text; every engine writes it in its own way, so make it text, integer, boolean or uuid");
    assert_snapshot!(refused("decimal.parquet -o out.parquet --time event_id"), @"error: column 'event_id' is of type Nullable(String), which is not a time; use a timestamp or a date, or name the time with --time");
    assert_snapshot!(refused("decimal.parquet collide.parquet -o out.parquet --key user_id --id encoded"), @"error: ClickHouse failed while looking at the inputs: Automatically inferred type Nullable(Int64) for column 'user_id' in file FOLDER/decimal.parquet differs from type inferred from previous files: Nullable(String): (in file/uri FOLDER/decimal.parquet). (TYPE_MISMATCH)");
    assert_snapshot!(refused("'a,b.parquet' collide.parquet -o out.parquet"), @"error: FOLDER/a,b.parquet has one of the characters { } * ? , in its name, which ClickHouse takes for a pattern; rename it");
    assert_snapshot!(refused("collide.parquet 'col*.parquet' -o out.parquet"), @"error: FOLDER/collide.parquet is named twice; its events would be counted twice");
    assert_snapshot!(refused("'none*.parquet' -o out.parquet"), @"error: none*.parquet matches no file of a known format (.parquet, .csv, .tsv, .ndjson, .jsonl; .gz and .zst after the last four)");
    assert_snapshot!(refused("missing.parquet -o out.parquet"), @"error: missing.parquet does not exist");
    assert_snapshot!(refused("broken.parquet -o out.parquet"), @"error: ClickHouse failed while looking at the inputs: parquet::ParquetInvalidOrCorruptedFileException: Invalid: Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file. (STD_EXCEPTION)");
    assert_snapshot!(refused("events.csv -o out.parquet"), @"error: ClickHouse is given Parquet only; leave out --engine, or write Parquet first");
    assert_snapshot!(refused("collide.parquet -o out.parquet --partition-by date"), @"error: ClickHouse cannot partition its output; Spark and DuckDB can; leave out --partition-by");
    assert_snapshot!(refused("collide.parquet -o out.parquet --plan merge"), @"error: --plan is for --engine spark; leave it out");
    assert_snapshot!(refused("s3://bucket/events.parquet -o out.parquet"), @"error: s3://bucket/events.parquet cannot be read by ClickHouse here; name local files");
    assert_snapshot!(refused("collide.parquet -o nowhere/out.parquet"), @"error: writing nowhere/out.parquet: No such file or directory (os error 2)");
    assert!(!names(folder.path()).iter().any(|name| name.contains("out")));
}

const TYPED: &str = "\
import os, uuid, pyarrow as pa, pyarrow.parquet as parquet
count = 3000
os.mkdir('lake')
def table(at):
    seconds = [(i * 7919) % 259200 for i in at]
    micros = [(1767225600 + s) * 10**6 + i % 10 for i, s in zip(at, seconds)]
    # The first and the last that the calendars of all engines know, and the rest in three days.
    ends = {11: -62135596800000000, 13: 253402300799999999}
    return pa.table({
        'event_id': pa.array([uuid.UUID(int=i * 2**70 + 5).bytes for i in at], pa.binary(16)).cast(pa.uuid()),
        'uuid': pa.array([None if i % 77 == 0 else uuid.UUID(int=i % 19).bytes for i in at], pa.binary(16)).cast(pa.uuid()),
        'user_id': pa.array([None if i % 50 == 0 else 'u\\'ü\\\\' * (i % 37) for i in at], pa.string()),
        'account_id': pa.array([2**64 - 1 - i % 11 for i in at], pa.uint64()),
        'small': pa.array([i % 3 - 1 for i in at], pa.int8()),
        'big': pa.array([i % 4 for i in at], pa.uint32()),
        'flag': pa.array([None if i % 9 == 0 else i % 2 == 0 for i in at], pa.bool_()),
        'occurred_at': pa.array([None if i % 100 == 7 else ends.get(i, t) for i, t in zip(at, micros)],
                                pa.timestamp('us', 'Europe/Berlin')),
        'nanoseconds': pa.array([t * 1000 + t % 999 for t in micros], pa.timestamp('ns', 'UTC')),
        'day': pa.array([20454 + s // 86400 for s in seconds], pa.date32()),
        'price': pa.array([i % 1000 for i in at], pa.decimal128(20, 2)),
        'note`s \"odd\" \\\\ name': pa.array([f'n{i}' for i in at], pa.string()),
    })
for number in range(3):
    parquet.write_table(table(range(number * count, number * count + count)), f'lake/{number}.parquet')
parquet.write_table(table([]), 'none.parquet')
";

const MANY: &str = "\
import os, pyarrow as pa, pyarrow.parquet as parquet
folder = 'many/' + 'with_a_name_that_is_long' * 8
os.makedirs(folder)
for number in range(2000):
    page = {} if number % 2 else {'page': ['/', '/a']}
    parquet.write_table(pa.table({
        **page, 'event_id': [2 * number, 2 * number + 1], 'user_id': [number % 7] * 2, 'account_id': ['a'] * 2,
        'occurred_at': pa.array([number * 10**9, number * 10**9 + 1], pa.timestamp('us', 'UTC')),
    }), f'{folder}/{number}.parquet')
";

const REFUSED: &str = "\
import pyarrow as pa, pyarrow.parquet as parquet
def write(name, user=['1', '12'], account=['23', '3'], times=[0, 0], unit=pa.timestamp('us', 'UTC'), **more):
    table = {'event_id': ['e1', 'e2'], 'user_id': user, 'account_id': account, 'occurred_at': pa.array(times, unit)}
    parquet.write_table(pa.table({**table, **more}), name + '.parquet')
write('collide')
write('a,b')
write('null_time', times=[0, None])
write('naive', unit=pa.timestamp('us'))
write('nested', items=[[1], None])
write('bytes', payload=[b'a', b'b'])
write('clock', clock=pa.array([1, 2], pa.time64('us')))
write('decimal', user=[1, 2], price=pa.array([1, 2], pa.decimal128(20, 2)))
";
