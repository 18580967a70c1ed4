//! `spectrum load` as a process: files of every format into a real database.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::database::Database;
use crate::spectrum::Folder;

/// A database of a test's own, and a folder with files.
struct Loading {
    database: Database,
    folder: Folder,
}

const ID: &str = "00000000-0000-0000-0000-00000000000";

/// Events as CSV, with what CSV can do to them.
const CSV: &str = "\
event_id,user_id,account_id,event_type,occurred_at,page,note
00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-00000000000a,00000000-0000-0000-0000-00000000000b,view,2026-01-31T23:59:59Z,/,\"say \"\"hi\"\",
twice\"
00000000-0000-0000-0000-000000000002,00000000-0000-0000-0000-00000000000a,,click,2026-02-01 01:00:00+01,/größe 🎉,
00000000-0000-0000-0000-000000000003,{00000000-0000-0000-0000-00000000000A},00000000-0000-0000-0000-00000000000b,\"\",2026-02-01,007,\"\"
";

impl Loading {
    fn with(files: &[(&str, &str)]) -> Self {
        Self { database: Database::empty(), folder: Folder::with(files) }
    }

    fn sql(&self, sql: &str) -> String {
        self.database.run(&format!("SET timezone = 'UTC';\n{sql}"))
    }

    fn command(&self, arguments: &str) -> assert_cmd::Command {
        self.database.command(&self.folder, arguments)
    }

    /// What a load prints, without how long it took.
    fn loads(&self, arguments: &str) -> String {
        let output = self.command(&format!("load {arguments}")).assert().success().get_output().clone();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter(|line| !line.starts_with("  took ")).collect::<Vec<_>>().join("\n")
    }

    fn refuses(&self, arguments: &str) -> String {
        let output = self.command(&format!("load {arguments}")).assert().code(1).get_output().clone();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// What CSV looks like is told by the same flags as for a run.
#[test]
fn csv_and_tsv_of_others_are_loaded_as_they_are_meant() {
    let loading = Loading::with(&[
        (
            "spark.csv",
            "event_id,user_id,account_id,occurred_at,query\n1,u,a,2026-01-01,\"say \\\"a\\\"\"\n2,u,a,2026-01-01,\"b\\\"\"\n",
        ),
        ("tracks.tsv", "3\tu\ta\t2026-01-02\t12\" mix\n4\tu\ta\t2026-01-02\t\"Unclosed\n"),
        (
            "array.json",
            "[{\"event_id\": \"5\", \"user_id\": \"u\", \"account_id\": \"a\",\n\"occurred_at\": \"2026-01-03\", \"query\": null}]",
        ),
    ]);
    let refusal = loading.refuses("spark.csv --create-table");
    assert!(refusal.starts_with("error: spark.csv line 2: 'a\\\"\"' follows the quote that closes the field that begins in line 2; say --escape '\\'"), "{refusal}");
    loading.loads("spark.csv --create-table --escape \\");
    loading.loads("tracks.tsv --columns event_id,user_id,account_id,occurred_at,query");
    loading.loads("array.json");
    let rows =
        loading.sql("SELECT event_id, properties->>'query' FROM warehouse.fact_events ORDER BY event_id;");
    assert_eq!(rows.trim(), "1|say \"a\"\n2|b\"\n3|12\" mix\n4|\"Unclosed\n5|");
}

#[test]
fn csv_is_typed_by_the_table() {
    let loading = Loading::with(&[("events.csv", CSV)]);
    assert_snapshot!(loading.loads("events.csv --create-table"), @"
    3 new events into warehouse.fact_events
      read   3 events
      made   warehouse.fact_events
      made   2 partitions, fact_events_2026_01 to fact_events_2026_02
    next: spectrum deploy makes the sessions
    ");
    let rows = loading.sql(
        "SELECT right(event_id::text, 1), right(user_id::text, 1), right(account_id::text, 1), event_type, occurred_at, properties
         FROM warehouse.fact_events ORDER BY event_id;",
    );
    assert_snapshot!(rows, @r#"
    1|a|b|view|2026-01-31 23:59:59+00|{"note": "say \"hi\",\ntwice", "page": "/"}
    2|a||click|2026-02-01 00:00:00+00|{"page": "/größe 🎉"}
    3|a|b||2026-02-01 00:00:00+00|{"note": "", "page": "007"}
    "#);
    assert_snapshot!(loading.loads("events.csv --create-table"), @"
    0 new events into warehouse.fact_events
      read   3 events
      skipped 3 that the table has already, or the files have twice
    ");
}

#[test]
fn every_format_loads_the_same() {
    let loading = Loading::with(&[]);
    loading.folder.prints("generate -o events.parquet --events 20000 --quiet");
    loading.folder.prints("generate -o events.csv.gz --events 20000 --quiet");
    loading.folder.prints("generate -o events.ndjson.zst --events 20000 --quiet");
    let of = |arguments: &str| {
        loading.sql("DROP SCHEMA IF EXISTS warehouse CASCADE;");
        let printed = loading.loads(&format!("{arguments} --create-table --json"));
        let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!((&report["read"], &report["inserted"]), (&20_000.into(), &20_000.into()), "{printed}");
        loading.sql("SELECT md5(string_agg(e::text, ',' ORDER BY event_id)) FROM warehouse.fact_events e;")
    };
    let parquet = of("events.parquet");
    assert_eq!(parquet.len(), 32);
    assert_eq!(of("events.csv.gz"), parquet);
    assert_eq!(of("events.ndjson.zst"), parquet);
    assert_eq!(of("events.ndjson.zst --threads 1"), parquet);
}

#[test]
fn standard_input_folders_and_patterns() {
    let loading = Loading::with(&[]);
    let json = |number: u32, more: &str| {
        format!(
            "{{\"event_id\":\"{ID}{number}\",\"user_id\":\"{ID}7\",\"account_id\":null,\"occurred_at\":\"2026-01-0{number}T00:00:00Z\"{more}}}\n"
        )
    };
    let mut command = loading.command("load - --from ndjson --create-table --quiet");
    command
        .write_stdin(json(1, "") + &json(2, ",\"big\":12345678901234567890,\"deep\":{\"a\":[1,null]}"))
        .assert()
        .success()
        .stdout("");
    std::fs::create_dir_all(loading.folder.path().join("lake/country=nl")).unwrap();
    std::fs::write(loading.folder.path().join("lake/country=nl/a.ndjson"), json(3, "")).unwrap();
    assert_snapshot!(loading.loads("lake"), @"
    1 new event into warehouse.fact_events
      read   1 event
    ");
    assert_snapshot!(loading.sql("SELECT properties FROM warehouse.fact_events ORDER BY occurred_at;"), @r#"
    {}
    {"big": 12345678901234567890, "deep": {"a": [1, null]}}
    {"country": "nl"}
    "#);

    let numbers = format!("id,who,at\n{ID}1,ann,1767225600\n{ID}2,bob,1767225601\n");
    std::fs::write(loading.folder.path().join("clicks.csv"), numbers).unwrap();
    loading.loads(
        "clicks.csv --table app.clicks --key who --time at --event-id id --time-unit s --create-table",
    );
    assert_snapshot!(loading.sql("SELECT who, at FROM app.clicks ORDER BY id;"), @"
    ann|2026-01-01 00:00:00+00
    bob|2026-01-01 00:00:01+00
    ");
}

#[test]
fn what_does_not_fit_is_named_with_its_remedy() {
    let broken = CSV.replace("2026-02-01 01:00", "someday 01:00");
    let loading = Loading::with(&[
        ("events.csv", CSV),
        ("broken.csv", &broken),
        ("ragged.csv", "event_id,user_id\n1\n"),
    ]);
    assert_snapshot!(loading.refuses("events.csv"), @"error: there is no table warehouse.fact_events in this database; --create-table makes it");
    assert_snapshot!(loading.refuses("events.csv broken.csv --create-table"), @"error: broken.csv row 2: column 'occurred_at': 'someday 01:00:00+01' is not a time");
    assert_snapshot!(loading.refuses("ragged.csv --create-table"), @"error: ragged.csv line 2: 1 field where the header has 2; every record needs all of them");
    assert_snapshot!(loading.refuses("events.csv --create-table --key visitor"), @"error: events.csv has no column 'visitor', which the definition names (it has: event_id, user_id, account_id, event_type, occurred_at, page, note)");
    assert_snapshot!(loading.refuses("events.csv --create-table --properties=event_type --event-id event_type"), @"error: warehouse.fact_events has no column for event_id, page, note of events.csv; leave them out with --ignore-columns 'event_id,page,note', or name a jsonb column for them with --properties");
    assert_eq!(loading.sql("SELECT to_regclass('warehouse.fact_events') IS NULL;"), "t");
}

#[test]
fn events_are_not_lost_to_an_id_that_another_has() {
    let event = |user: u32, at: &str| format!("{ID}1,{ID}{user},{ID}9,{at}\n");
    let header = "event_id,user_id,account_id,occurred_at\n";
    let same = event(2, "2026-01-01T10:00:00Z");
    let other = event(3, "2026-01-01T10:00:00Z");
    let loading = Loading::with(&[
        ("a.csv", &format!("{header}{same}{same}")),
        ("b.csv", &format!("{header}{same}{other}")),
        (
            "c.ndjson",
            &format!(
                "{{\"event_id\":\"{ID}1\",\"user_id\":\"{ID}4\",\"account_id\":\"{ID}9\",\"occurred_at\":\"2026-01-01T10:00:00Z\"}}\n"
            ),
        ),
    ]);
    assert_snapshot!(loading.refuses("b.csv --create-table"), @"error: 1 event_id stands for different events: '00000000-0000-0000-0000-000000000001' is user_id 00000000-0000-0000-0000-000000000002, account_id 00000000-0000-0000-0000-000000000009, occurred_at 2026-01-01 10:00:00+00 in b.csv row 1, and user_id 00000000-0000-0000-0000-000000000003, account_id 00000000-0000-0000-0000-000000000009, occurred_at 2026-01-01 10:00:00+00 in b.csv row 2; name the column that tells events apart with --event-id, or keep the first event of each id and lose the others with --on-conflict first");
    assert_snapshot!(loading.loads("a.csv --create-table"), @"
    1 new event into warehouse.fact_events
      read   2 events
      skipped 1 that the table has already, or the files have twice
      made   warehouse.fact_events
      made   partition fact_events_2026_01
    next: spectrum deploy makes the sessions
    ");
    assert_snapshot!(loading.refuses("c.ndjson"), @"error: 1 event_id stands for different events: '00000000-0000-0000-0000-000000000001' is user_id 00000000-0000-0000-0000-000000000002, account_id 00000000-0000-0000-0000-000000000009, occurred_at 2026-01-01 10:00:00+00 in warehouse.fact_events, and user_id 00000000-0000-0000-0000-000000000004, account_id 00000000-0000-0000-0000-000000000009, occurred_at 2026-01-01 10:00:00+00 in c.ndjson row 1; name the column that tells events apart with --event-id, or keep the first event of each id and lose the others with --on-conflict first");
    assert_snapshot!(loading.loads("b.csv --on-conflict first"), @"
    0 new events into warehouse.fact_events
      read   2 events
      skipped 1 that the table has already, or the files have twice
      lost   1 that are not copies, but have the id of another event
    ");
}

#[test]
fn files_without_ids_are_loaded_once() {
    let log =
        "who,at,path\nann,2026-01-01 10:00:00,/\nann,2026-01-01 10:00:00,/\nbob,2026-01-01 10:00:05,/a\n";
    let json = log.lines().skip(1).map(|line| {
        let [who, at, path] = line.split(',').collect::<Vec<_>>()[..] else { unreachable!() };
        format!("{{\"path\":\"{path}\",\"who\":\"{who}\",\"at\":\"{at}Z\"}}\n")
    });
    let json: String = json.collect();
    let loading = Loading::with(&[("log.csv", log), ("log.ndjson", &json)]);
    let flags = "--key who --time at --event-id id --table app.log --create-table";
    assert_snapshot!(loading.refuses(&format!("log.csv {flags}")), @"error: log.csv has no column 'id', which the definition names (it has: who, at, path); name the one that tells events apart with --event-id, or have ids made of the rows with --make-event-id");
    let flags = &format!("{flags} --make-event-id");
    assert_snapshot!(loading.loads(&format!("log.csv {flags}")), @"
    3 new events into app.log
      read   3 events
      made   app.log
      made   partition log_2026_01
    next: spectrum deploy makes the sessions
    ");
    // The same rows are the same events from another format.
    assert_snapshot!(loading.loads(&format!("log.ndjson {flags}")), @"
    0 new events into app.log
      read   3 events
      skipped 3 that the table has already, or the files have twice
    ");
    // A table that makes its ids says what that means.
    loading.sql("CREATE TABLE own (id bigserial, who text, at timestamptz, path text);");
    let output = loading
        .command("load log.csv --key who --time at --event-id id --table public.own")
        .assert()
        .success();
    assert_snapshot!(String::from_utf8_lossy(&output.get_output().stderr), @"note: public.own makes id itself, so copies are not found by it: loading a file again adds its events again");
}

#[test]
fn numbers_stay_numbers_in_a_table_of_numbers_and_give_the_same_sessions() {
    let events: String =
        (0..40_i64).map(|n| format!("{n},u{},{}\n", n % 3, 1_767_225_600_123 + n * n * 61_000)).collect();
    let definition = "[events]\ntable = \"public.clicks\"\nevent_id = \"id\"\nkey = [\"who\"]\ntime = \"at\"\ntime_unit = \"ms\"\n[session]\nid = \"start\"\n";
    let loading =
        Loading::with(&[("clicks.csv", &format!("id,who,at\n{events}")), ("spectrum.toml", definition)]);
    let run = "run clicks.csv -o out.csv --definition spectrum.toml --time-unit ms --digest --json";
    let run: serde_json::Value = serde_json::from_str(&loading.folder.prints(run)).unwrap();
    for mode in ["view", "incremental"] {
        loading.sql(
            "DROP SCHEMA IF EXISTS analytics CASCADE; DROP TABLE IF EXISTS clicks;
             CREATE TABLE clicks (id int PRIMARY KEY, who text, at bigint); CREATE INDEX ON clicks (who, at);",
        );
        loading.loads("clicks.csv --definition spectrum.toml");
        loading.loads("clicks.csv --definition spectrum.toml");
        assert_eq!(loading.sql("SELECT count(*), min(at) FROM clicks;"), "40|1767225600123");
        loading
            .command(&format!("deploy --definition spectrum.toml --mode {mode} --quiet"))
            .assert()
            .success();
        let verified = loading.command("verify --json").assert().success().get_output().stdout.clone();
        let verified: serde_json::Value = serde_json::from_slice(&verified).unwrap();
        assert_eq!(verified["digest"], run["digest"], "{mode}");
        // The deployment remembers the unit, and the printed SQL says it.
        loading.command("refresh --quiet").assert().success();
        let status = loading.command("status").assert().success().get_output().stdout.clone();
        let status = String::from_utf8(status).unwrap();
        assert!(status.contains("ids start, times in milliseconds since 1970\n"), "{status}");
        let sql =
            loading.folder.prints("sql --dialect postgres --definition spectrum.toml --time-type bigint");
        assert!(sql.contains("at is a number of milliseconds since 1970."), "{sql}");
        let rows = loading.sql(&format!(
            "SELECT count(*) FROM ({}) s JOIN analytics.v_sessions v USING (id, session_id);",
            sql.trim().trim_end_matches(';')
        ));
        assert_eq!(rows, "40", "{mode}");
    }
}

#[test]
fn a_dry_run_shows_sql_that_works() {
    let loading = Loading::with(&[("events.csv", CSV)]);
    let script = loading.loads("events.csv --create-table --dry-run");
    assert!(
        script.starts_with("BEGIN;\n\nCREATE SCHEMA warehouse;") && script.ends_with("COMMIT;"),
        "{script}"
    );
    assert_eq!(loading.sql("SELECT to_regclass('warehouse.fact_events') IS NULL;"), "t");
    let without_copy: Vec<&str> =
        script.split("\n\n").filter(|statement| !statement.starts_with("COPY")).collect();
    loading.sql(&without_copy.join("\n"));
    assert_eq!(loading.sql("SELECT count(*) FROM warehouse.fact_events;"), "0");
}

#[test]
fn a_password_on_the_command_line_is_noted_and_never_shown() {
    let loading = Loading::with(&[("events.csv", CSV)]);
    let [(_, folder), (_, user), (_, name)] =
        loading.database.variables().map(|(n, v)| (n, v.to_string_lossy()));
    let url = format!("postgres://{user}:s3cret@{}/{name}", folder.replace('/', "%2F"));
    let done = loading
        .command(&format!("load events.csv --create-table --quiet --database-url {url}"))
        .assert()
        .success();
    assert_snapshot!(String::from_utf8_lossy(&done.get_output().stderr), @"note: others can read the password of --database-url in the list of processes; DATABASE_URL, PGPASSWORD and ~/.pgpass hide it");
    let mut command = loading.command("load events.csv --quiet");
    command.env("DATABASE_URL", &url).assert().success().stderr("");
    let done = loading.command(&format!("load events.csv --database-url {url}_other")).assert().code(1);
    let error = String::from_utf8_lossy(&done.get_output().stderr).replace(&*name, "DB");
    assert!(error.contains("there is no database 'DB_other'") && !error.contains("s3cret"), "{error}");
    let unknown = loading
        .command("load events.csv --database-url postgres://ann:s3cret@h/db?sslmod=x")
        .assert()
        .code(1);
    let error = String::from_utf8_lossy(&unknown.get_output().stderr).into_owned();
    assert!(error.contains("no database setting 'sslmod'") && !error.contains("s3cret"), "{error}");
}

#[test]
fn an_interrupted_load_leaves_nothing() {
    let loading = Loading::with(&[("events.csv", CSV)]);
    loading.loads("events.csv --create-table");
    loading.sql(
        "TRUNCATE warehouse.fact_events;
         CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(120); RETURN NEW; END $$;
         CREATE TRIGGER slow BEFORE INSERT ON warehouse.fact_events FOR EACH ROW EXECUTE FUNCTION slow();",
    );
    let child = Command::new(env!("CARGO_BIN_EXE_spectrum"))
        .args(["load", "events.csv"])
        .current_dir(loading.folder.path())
        .env_remove("DATABASE_URL")
        .envs(loading.database.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let inserting = "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = 'spectrum load' AND wait_event = 'PgSleep';";
    while loading.sql(inserting) != "1" {
        assert!(begun.elapsed() < Duration::from_secs(60), "the load never gets to inserting");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_snapshot!(String::from_utf8_lossy(&output.stderr), @"error: interrupted; nothing that was not finished is kept");
    assert_eq!(loading.sql("SELECT count(*) FROM warehouse.fact_events;"), "0");
}

/// Times are read by the same flags as for a run, from every format.
#[test]
fn times_are_read_as_a_run_reads_them() {
    let event = |number: u32, at: &str| {
        format!("{{\"event_id\":\"{number}\",\"user_id\":\"u\",\"account_id\":\"a\",\"occurred_at\":{at}}}\n")
    };
    let loading = Loading::with(&[
        ("log.csv", "event_id,user_id,account_id,occurred_at\n1,u,a,01/Jan/2026:05:00:00 -0700\n"),
        ("log.ndjson", &event(2, "\"01/Jan/2026:13:00:00 +0100\"")),
        ("fraction.csv", "event_id,user_id,account_id,occurred_at\n3,u,a,1767268800.25\n"),
        ("blank.csv", "event_id,user_id,account_id,occurred_at\n4,u,a,2026-01-01 13:00:00 +0100\n"),
        ("two.csv", "event_id,user_id,account_id,day,clock\n5,u,a,2026-01-01,12:00\n"),
        (
            "two.ndjson",
            "{\"event_id\":\"6\",\"user_id\":\"u\",\"account_id\":\"a\",\"day\":\"01.01.2026\",\"clock\":\"12:00\"}\n",
        ),
    ]);
    for arguments in [
        "log.csv --create-table --time-format '%d/%b/%Y:%H:%M:%S %z'",
        "log.ndjson --time-format '%d/%b/%Y:%H:%M:%S %z'",
        "fraction.csv --time-unit s",
        "blank.csv",
        "two.csv --time day,clock",
        "two.ndjson --time day,clock --time-format '%d.%m.%Y %H:%M'",
    ] {
        let told = loading.loads(arguments);
        assert!(told.starts_with("1 new event into warehouse.fact_events"), "{arguments}: {told}");
    }
    let rows =
        loading.sql("SELECT event_id, occurred_at, properties FROM warehouse.fact_events ORDER BY event_id;");
    assert_snapshot!(rows, @r#"
1|2026-01-01 12:00:00+00|
2|2026-01-01 12:00:00+00|
3|2026-01-01 12:00:00.25+00|
4|2026-01-01 12:00:00+00|
5|2026-01-01 12:00:00+00|{"day": "2026-01-01", "clock": "12:00"}
6|2026-01-01 12:00:00+00|{"day": "01.01.2026", "clock": "12:00"}
"#);
    let refusal = loading.refuses("log.csv --time-format %Y-%m-%d");
    assert!(refusal.starts_with("error: log.csv line 2: '01/Jan/2026:05:00:00 -0700' in column 'occurred_at' is not a time of the form"), "{refusal}");

    // The table's time column is called as the definition file calls it.
    std::fs::write(
        loading.folder.path().join("at.toml"),
        "[events]\ntime = \"at\"\ntable = \"warehouse.visits\"\n",
    )
    .unwrap();
    loading.loads("two.csv --time day,clock --definition at.toml --create-table");
    assert_eq!(loading.sql("SELECT at FROM warehouse.visits;"), "2026-01-01 12:00:00+00");
}

#[test]
fn the_unit_that_magnitudes_tell_and_times_that_nobody_expects() {
    let loading = Loading::with(&[
        ("in.csv", "event_id,user_id,account_id,occurred_at\n1,u,a,1767268800000\n2,u,a,1767268800001\n"),
        ("mixed.csv", "event_id,user_id,account_id,occurred_at\n3,u,a,1767268800000\n4,u,a,1767268800\n"),
        ("old.csv", "event_id,user_id,account_id,occurred_at\n5,u,a,1970-01-21\n"),
        ("spectrum.toml", "[events]\ntime_unit = \"ms\"\n"),
    ]);
    let errors = |arguments: &str| {
        let output = loading.command(&format!("load {arguments}")).assert().success().get_output().clone();
        String::from_utf8(output.stderr).unwrap()
    };
    let refusal = loading.refuses("mixed.csv --create-table --time-unit auto");
    assert!(refusal.contains("do not count the same unit, by their magnitudes"), "{refusal}");
    assert_eq!(loading.sql("SELECT to_regclass('warehouse.fact_events') IS NULL;"), "t");
    assert_eq!(
        errors("in.csv --create-table --time-unit auto"),
        "note: the numbers in 'occurred_at' were taken for milliseconds since 1970, as with --time-unit ms\n"
    );
    assert_eq!(errors("in.csv --definition spectrum.toml"), "");
    let told = loading.sql("SELECT event_id, occurred_at FROM warehouse.fact_events ORDER BY event_id;");
    assert_eq!(told, "1|2026-01-01 12:00:00+00\n2|2026-01-01 12:00:00.001+00");
    // A sliver of the events would be worth no word; here it is all of them.
    let warning = errors("old.csv --quiet");
    assert!(
        warning.starts_with("warning: 1 of 1 event has a time in 'occurred_at' outside of 1990-01-01 to "),
        "{warning}"
    );
    let output = loading.command("load old.csv --json").assert().success().get_output().clone();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["unusual_times"]["events"], 1);
}

/// A table made for a definition has the columns that its rules read, of types that a deployment takes.
#[test]
fn a_table_made_for_rules_can_be_deployed() {
    let loading = Loading::with(&[
        (
            "events.csv",
            "event_id,user_id,account_id,occurred_at,event_type,campaign,is_bot,amount\n\
             e1,u1,a1,2026-01-01T10:00:00Z,view,spring,false,1.50\n\
             e2,u1,a1,2026-01-01T10:01:00Z,view,summer,,20\n\
             e3,u1,a1,2026-01-01T10:02:00Z,buy,,true,\n\
             e4,u1,a1,2026-01-01T11:30:00Z,view,,false,7\n",
        ),
        (
            "events.ndjson",
            "{\"event_id\":\"e5\",\"user_id\":\"u1\",\"account_id\":\"a1\",\"occurred_at\":\"2026-01-02T10:00:00Z\",\"campaign\":\"x\",\
             \"is_bot\":false,\"amount\":2.5,\"other\":1}\n",
        ),
        (
            "spectrum.toml",
            "[events]\nwhere = \"is_bot IS NOT TRUE\"\n[session]\nsplit_on = [\"campaign\"]\n\
             gap_when = [{ when = \"amount > 10\", gap = \"2h\" }]\n",
        ),
    ]);
    loading.loads("events.csv --create-table --definition spectrum.toml");
    loading.loads("events.ndjson --definition spectrum.toml");
    let types = loading.sql(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute
         WHERE attrelid = 'warehouse.fact_events'::regclass AND attname IN ('campaign', 'is_bot', 'amount');",
    );
    assert_eq!(types, "is_bot boolean, amount numeric, campaign text");
    let run = |arguments: &str| loading.command(arguments).assert().success();
    run("deploy --definition spectrum.toml");
    run("verify");
    let sessions = loading.sql(
        "SELECT string_agg(event_id::text || ' ' || coalesce(session_seq::text, '-'), ', ' ORDER BY occurred_at)
         FROM analytics.mv_sessions;",
    );
    assert_eq!(sessions, "e1 1, e2 2, e3 -, e4 2, e5 3");
}
