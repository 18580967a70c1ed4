//! `spectrum refresh` as a process: what it prints, its exit codes, signals and metrics.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::database::{Database, others};

impl Database {
    /// A database with sessions of four events.
    fn new() -> Self {
        Self::deployed("deploy --quiet")
    }

    /// The same sessions, maintained.
    fn maintained() -> Self {
        Self::deployed("deploy --quiet --mode incremental --create-index")
    }

    fn deployed(command: &str) -> Self {
        let database = Self::empty();
        database.run(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
             INSERT INTO warehouse.fact_events VALUES
               ('e1', 'u1', 'a', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', '2026-01-01 10:10Z'),
               ('e3', 'u1', 'a', '2026-01-01 12:00Z'), ('e4', 'u2', 'a', '2026-01-01 10:00Z');",
        );
        let deployed = database.spectrum(command).output().unwrap();
        assert!(deployed.status.success(), "{deployed:?}");
        database
    }

    /// With a view that sleeps once there is a fifth event, which there is.
    fn with_a_slow_view() -> Self {
        let database = Self::new();
        database.run(
            "CREATE MATERIALIZED VIEW analytics.slow AS
               SELECT COUNT(*) AS events, CASE WHEN COUNT(*) > 4 THEN pg_sleep(120)::text END AS slept
               FROM analytics.mv_sessions;
             INSERT INTO warehouse.fact_events VALUES ('e5', 'u3', 'a', '2026-01-01 10:00Z');",
        );
        database
    }

    /// `spectrum` with arguments, and with the database in its variables.
    fn spectrum(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spectrum"));
        for name in others() {
            command.env_remove(name);
        }
        command
            .envs(self.variables())
            .args(arguments.split_whitespace())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What a command prints on standard output and error; it must end with `code`.
    fn ends(&self, arguments: &str, code: i32) -> (String, String) {
        texts(&self.spectrum(arguments).output().unwrap(), code)
    }

    fn wait_for_the_slow_view(&self) {
        until("the slow view is in work", || {
            self.run(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'REFRESH%slow' AND state = 'active'
                 AND datname = current_database()",
            ) == "1"
        });
    }
}

fn texts(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{stdout}\n{stderr}");
    (stdout, stderr)
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A process that a failing test does not leave behind.
struct Process {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Process {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// The next line of the log that holds a text.
    fn line_with(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.log.read_line(&mut line).unwrap() > 0, "the log ended without '{text}'");
            if line.contains(text) {
                return line.trim_end().to_owned();
            }
        }
    }

    /// Sends a signal, and returns the rest of the log; the process must end with `code`.
    fn ends_after(&mut self, signal: &str, code: i32) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(code), "{rest}");
        rest
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long something took, and when it was, is not the same twice; neither is the width of a column with it.
fn steady(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut kept = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let unit = |at: usize| {
                words
                    .get(at)
                    .is_some_and(|w| ["s", "s,", "s:", "ms", "ms,", "ms:", "µs", "µs,", "µs:"].contains(w))
            };
            match word {
                _ if word.parse::<f64>().is_ok() && unit(at + 1) => kept.push("#"),
                _ if word.ends_with('Z') && word.starts_with("20") => kept.push("<time>"),
                _ if word.starts_with('─') => kept.push("───"),
                _ => kept.push(word.trim_end_matches("ms").trim_end_matches("ms,")),
            }
        }
        let unit =
            |word: &&str| ["s", "ms", "µs", "s,", "ms,", "µs,", "s:", "ms:", "µs:", "", ","].contains(word);
        kept.retain(|word| !unit(word));
        lines.push(kept.join(" "));
    }
    lines.join("\n")
}

#[test]
fn a_table_of_what_was_done() {
    let database = Database::new();
    database.run(
        "CREATE MATERIALIZED VIEW analytics.fails AS SELECT 1 / (5 - COUNT(*)) AS n FROM analytics.mv_sessions;
         CREATE MATERIALIZED VIEW analytics.reads_it AS SELECT n FROM analytics.fails;
         CREATE MATERIALIZED VIEW analytics.unrelated AS SELECT COUNT(*) AS events FROM analytics.mv_sessions;",
    );
    let (table, errors) = database.ends("refresh --schema analytics", 0);
    assert_snapshot!(steady(&table), @"
    5 of 5 views refreshed
    view outcome method because took rows
    ───
    analytics.mv_sessions ok concurrently unique index mv_sessions_event_id_key # 4
    analytics.mv_session_summary ok concurrently unique index mv_session_summary_key_seq_key # 3
    analytics.fails ok plain no unique index # 1
    analytics.reads_it ok plain no unique index # 1
    analytics.unrelated ok plain no unique index # 1
    ");
    assert_eq!(errors, "");
    database.run("INSERT INTO warehouse.fact_events VALUES ('e5', 'u3', 'a', '2026-01-01 10:00Z');");
    let (table, errors) = database.ends("refresh --schema analytics", 3);
    assert_snapshot!(steady(&table), @"
    3 of 5 views refreshed
    view outcome method because took rows
    ───
    analytics.mv_sessions ok concurrently unique index mv_sessions_event_id_key # 5
    analytics.mv_session_summary ok concurrently unique index mv_session_summary_key_seq_key # 4
    analytics.fails failed plain no unique index # -
    analytics.reads_it skipped - it reads analytics.fails, which failed - -
    analytics.unrelated ok plain no unique index # 1
    analytics.fails failed: division by zero
    ");
    assert_snapshot!(errors, @"error: 2 of 5 views were not refreshed");
    // Quiet does not mean silent when something is wrong.
    let (table, errors) = database.ends("refresh --schema analytics --quiet", 3);
    assert_eq!(table, "");
    assert_snapshot!(errors, @"
    analytics.fails failed: division by zero
    error: 2 of 5 views were not refreshed
    ");
    assert_eq!(database.ends("refresh --quiet", 0), (String::new(), String::new()));
}

/// How long steps took is not the same twice, in the lines of what was taken in.
fn untimed(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once("took ") {
        Some((before, times)) if times.contains("taking ") => {
            let words = times.split_whitespace().filter(|word| word.parse::<f64>().is_err());
            let units = ["s", "ms", "µs", "s:", "ms:", "µs:", "s,", "ms,", "µs,"];
            format!(
                "{before}took {}",
                words.filter(|word| !units.contains(word)).collect::<Vec<_>>().join(" ")
            )
        }
        _ => line.to_owned(),
    });
    steady(&lines.collect::<Vec<_>>().join("\n"))
}

/// A late event, a bridge between two sessions, a new key, a deletion, and nothing.
#[test]
fn maintained_sessions_tell_what_came_of_what_was_written() {
    let database = Database::maintained();
    database.run(
        "INSERT INTO warehouse.fact_events VALUES
           ('e5', 'u1', 'a', '2026-01-01 10:35Z'), ('e6', 'u1', 'a', '2026-01-01 11:05Z'), ('e7', 'u1', 'a', '2026-01-01 11:35Z'),
           ('e8', 'u3', 'a', '2026-01-01 10:00Z');
         DELETE FROM warehouse.fact_events WHERE event_id = 'e4';
         CREATE MATERIALIZED VIEW analytics.daily AS SELECT COUNT(*) AS n FROM analytics.v_session_summary;",
    );
    let (table, errors) = database.ends("refresh --view analytics.daily", 0);
    assert_eq!(errors, "");
    assert_snapshot!(untimed(&table), @r"
    3 of 3 relations refreshed
    relation outcome method because took rows
    ───
    analytics.mv_sessions ok incremental 3 keys touched # -
    analytics.mv_session_summary ok incremental maintained with analytics.mv_sessions - -
    analytics.daily ok plain no unique index # 1
    analytics.mv_sessions:
    4 events added (3 late), 1 removed, of 3 keys
    1 session created, 1 merged, 1 dropped
    1 session id changed, on 1 event that was there before
    took taking comparing writing
    ");
    let (table, _) = database.ends("refresh --concurrently never", 0);
    assert_snapshot!(untimed(&table), @r"
    2 of 2 relations refreshed
    relation outcome method because took rows
    ───
    analytics.mv_sessions ok incremental nothing was noted # -
    analytics.mv_session_summary ok incremental maintained with analytics.mv_sessions - -
    analytics.mv_sessions:
    nothing changed
    ");
    assert_eq!(database.ends("refresh --quiet", 0), (String::new(), String::new()));

    database.run("DELETE FROM warehouse.fact_events WHERE event_id = 'e6'");
    let (text, _) = database.ends("refresh --json", 0);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sessions = &report["views"][0];
    assert_eq!((&sessions["method"], &sessions["rows"]), (&"incremental".into(), &serde_json::Value::Null));
    let counts = sessions["counts"].as_object().unwrap();
    let told: Vec<String> = counts
        .iter()
        .filter(|(_, count)| count.as_u64().is_some_and(|count| count > 0))
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    assert_snapshot!(told.join(", "), @"events_removed 1, events_renamed 2, ids_changed 1, keys 1, largest_session 3, sessions_split 1");
    assert!(counts["events_late"] == 0 && counts["steps"]["taking"].as_f64() > Some(0.0), "{counts:?}");
    assert_eq!(report["views"][1]["counts"], serde_json::Value::Null);

    let (status, _) = database.ends("status", 0);
    let header: Vec<&str> = status.lines().take_while(|line| !line.is_empty()).collect();
    assert_snapshot!(untimed(&header.join("\n")), @r"
    analytics.mv_sessions over warehouse.fact_events, by Spectrum 0.1.0
    key user_id, account_id; gap 30m, ids sequence
    events about 4, with an index on key and time
    mode incremental: tables, which a refresh changes where events changed
    old sessions go with their events, and later ones of the same keys get other numbers and ids
    fresh as of # ago
    waits nothing
    last 1 event removed, of 1 key
    1 session split
    1 session id changed, on 2 events that were there before
    took taking comparing writing
    ");
    // Both are written by one function, whose time stands with the sessions.
    let took = |relation: &str| {
        let lines = status.lines().filter(|line| line.contains(" incremental "));
        let lines = lines.filter(|line| line.contains(&format!(" {relation} ")));
        lines.filter(|line| line.split_whitespace().any(|word| word == "-")).count()
    };
    assert_eq!(took("analytics.mv_sessions"), 0, "{status}");
    assert!(took("analytics.mv_session_summary") > 0, "{status}");
    let (status, _) = database.ends("status --json", 0);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert_eq!((&status["mode"], &status["waiting"]["keys"]), (&"incremental".into(), &0.into()));
    let past = status["refreshes"].as_array().unwrap();
    let last = past.iter().find(|past| past["relation"] == "analytics.mv_sessions").unwrap();
    assert_eq!(last["counts"], sessions["counts"]);
}

#[test]
fn maintained_sessions_that_cannot_be_made_end_with_three_until_they_are_mended() {
    let database = Database::maintained();
    database.run("INSERT INTO warehouse.fact_events VALUES ('e4', 'u1', 'a', '2026-01-02Z');");
    let (table, errors) = database.ends("refresh", 3);
    assert_snapshot!(steady(&table), @r"
    0 of 2 relations refreshed
    relation outcome method because took rows
    ───
    analytics.mv_sessions failed incremental maintained # -
    analytics.mv_session_summary skipped - it reads analytics.mv_sessions, which failed - -
    analytics.mv_sessions failed: more than one event has event_id e4 (u2, a at 2026-01-01 10:00:00+00; u1, a at 2026-01-02 00:00:00+00), so the sessions stay as they were and what was noted waits; remove the copies, which spectrum verify finds, and keep new ones out with a unique index on event_id
    ");
    assert_snapshot!(errors, @"error: 2 of 2 relations were not refreshed");
    database.run("DELETE FROM warehouse.fact_events WHERE event_id = 'e4' AND user_id = 'u1';");
    database.ends("refresh", 0);
}

#[test]
fn maintained_sessions_on_a_schedule() {
    let database = Database::maintained();
    let mut process = Process::start(database.spectrum("refresh --every 300ms --metrics 127.0.0.1:0"));
    let line = process.line_with("metrics are on http://");
    let address = line.split("http://").nth(1).unwrap().strip_suffix("/metrics").unwrap().to_owned();
    assert_snapshot!(steady(&process.line_with("refreshed")), @"<time> analytics.mv_sessions refreshed in # nothing changed");
    database.run(
        "INSERT INTO warehouse.fact_events VALUES ('e5', 'u1', 'a', '2026-01-01 10:35Z'), ('e0', 'u1', 'a', '2026-01-01 08:00Z');",
    );
    assert_snapshot!(steady(&process.line_with("added")), @"<time> analytics.mv_sessions refreshed in # 2 events added (2 late); 2 session ids changed");
    database.run("DELETE FROM warehouse.fact_events WHERE event_id = 'e5';");
    assert_snapshot!(steady(&process.line_with("removed")), @"<time> analytics.mv_sessions refreshed in # 1 event removed");
    let scrape = || samples(&get(&address, "GET /metrics").1);
    until("the third is counted", || scrape()["spectrum_refresh_events_removed_total"] == 1.0);
    let now = scrape();
    let of = |name: &str| now[&format!("spectrum_refresh_{name}_total")];
    assert_eq!(
        ["keys", "events_added", "events_late", "events_removed", "sessions_created", "ids_changed"].map(of),
        [2.0, 2.0, 2.0, 1.0, 1.0, 2.0]
    );
    assert!(now["spectrum_refresh_step_seconds{step=\"writing\"}"] > 0.0);
    assert!(now.contains_key("spectrum_refresh_lag_seconds"));
    assert!(now.contains_key(
        "spectrum_refresh_last_success_timestamp_seconds{relation=\"analytics.mv_session_summary\"}"
    ));
    let rest = process.ends_after("-TERM", 0);
    // The summary has no lines of its own.
    assert!(!rest.contains("mv_session_summary"), "{rest}");
}

#[test]
fn the_report_as_json() {
    let database = Database::new();
    let (text, _) = database.ends("refresh --json --concurrently never", 0);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let views = report["views"].as_array().unwrap();
    assert_eq!(views.len(), 2);
    assert_eq!(views[0]["relation"], "analytics.mv_sessions");
    assert_eq!(views[0]["outcome"], "ok");
    assert_eq!(views[0]["method"], "plain");
    assert_eq!(views[0]["reason"], "concurrently was ruled out");
    assert_eq!((&views[0]["rows"], &views[1]["rows"]), (&4.into(), &3.into()));
    assert!(views[0]["seconds"].as_f64().unwrap() > 0.0);
    assert!(views[0]["started_at"].as_str() < views[0]["finished_at"].as_str());
    let logged = database.run("SELECT MAX(run_id) FROM analytics.v_refresh_log");
    assert_eq!(report["run_id"].to_string(), logged);
}

#[test]
fn views_from_the_definition_file_and_refusals() {
    let database = Database::new();
    database.run("CREATE MATERIALIZED VIEW filed AS SELECT 1 AS one");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spectrum.toml");
    std::fs::write(&file, "[refresh]\nviews = [\"public.filed\"]").unwrap();
    let (text, _) = database.ends(&format!("refresh --json --definition {}", file.display()), 0);
    assert!(text.contains("\"public.filed\""), "{text}");

    let refusal = |arguments: &str, code| database.ends(arguments, code).1;
    assert_snapshot!(refusal("refresh --view public.file", 1), @"error: there is no materialized view public.file in this database; did you mean public.filed?");
    assert_snapshot!(refusal("refresh --schema elsewhere", 1), @"error: there is no schema elsewhere in this database");
    assert_snapshot!(refusal("refresh --every 0s", 2), @"
    error: invalid value '0s' for '--every <DURATION>': it must be longer than zero

    For more information, try '--help'.
    ");
    assert_snapshot!(refusal("refresh --every often", 2), @"
    error: invalid value 'often' for '--every <DURATION>': write a number and a unit, such as 30s, 5m or 1h30m

    For more information, try '--help'.
    ");
    assert_snapshot!(refusal("refresh --view a.b.c", 2), @r#"
    error: invalid value 'a.b.c' for '--view <NAME>': 'a.b.c' is not a table's name; write schema.table, and quote parts that hold a dot, as in "my.schema".events

    For more information, try '--help'.
    "#);
    assert_snapshot!(refusal("refresh --every 5m --metrics 9187", 1), @"error: cannot listen on '9187': invalid socket address; give --metrics an address and a free port, as in 127.0.0.1:9187");
}

#[test]
fn a_second_refresher_has_its_own_exit_code() {
    let database = Database::with_a_slow_view();
    let mut first = Process::start(database.spectrum("refresh --schema analytics"));
    database.wait_for_the_slow_view();
    let (_, error) = database.ends("refresh", 4);
    assert!(error.starts_with("error: spectrum refresh (pid "), "{error}");
    // Interrupted before its end, with what was not finished as it was.
    let rest = first.ends_after("-INT", 130);
    assert_eq!(rest, "error: interrupted; nothing that was not finished is kept\n");
    assert_eq!(database.run("SELECT events FROM analytics.slow"), "4");
    assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions"), "5");
    database.ends("refresh", 0);
}

#[test]
fn sigterm_between_two_runs_ends_the_schedule_at_once() {
    let database = Database::new();
    let mut process = Process::start(database.spectrum("refresh --every 1h"));
    assert_snapshot!(steady(&process.line_with("mv_sessions")), @"<time> analytics.mv_sessions refreshed concurrently (unique index mv_sessions_event_id_key) in # 4 rows");
    process.line_with("mv_session_summary");
    assert_snapshot!(steady(&process.ends_after("-TERM", 0)), @"<time> stopped");
}

#[test]
fn sigterm_during_a_run_cancels_the_view_and_ends_the_schedule() {
    let database = Database::with_a_slow_view();
    let mut process = Process::start(database.spectrum("refresh --every 1h --schema analytics"));
    database.wait_for_the_slow_view();
    let rest = process.ends_after("-TERM", 0);
    assert!(
        rest.contains("analytics.slow cancelled: the run was stopped; the view holds what it held before"),
        "{rest}"
    );
    assert_eq!(database.run("SELECT events FROM analytics.slow"), "4");
    assert_eq!(
        database.run("SELECT outcome FROM analytics.v_refresh_log WHERE relation LIKE '%slow'"),
        "cancelled"
    );
    // Nothing of it goes on in the server.
    until("its connection is gone", || {
        database.run(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'spectrum refresh'
                      AND datname = current_database()",
        ) == "0"
    });
}

/// The status line and the body of a page.
fn get(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: test\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

/// The values of a page in Prometheus's format, whose every sample must have its type before it.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let (mut samples, mut known) = (BTreeMap::new(), Vec::new());
    for line in page.lines() {
        match line.strip_prefix("# ") {
            Some(comment) => {
                known.extend(comment.strip_prefix("TYPE ").map(|rest| rest.split(' ').next().unwrap()))
            }
            None => {
                let (name, value) = line.rsplit_once(' ').unwrap();
                assert!(known.contains(&name.split('{').next().unwrap()), "{name} has no type");
                assert_eq!(samples.insert(name.to_owned(), value.parse().unwrap()), None, "{name} twice");
            }
        }
    }
    samples
}

#[test]
fn metrics_tell_what_was_done_and_slow_readers_hold_up_nothing() {
    let database = Database::new();
    database.run(
        r#"CREATE MATERIALIZED VIEW analytics."say ""hi\" AS SELECT 1 / (5 - COUNT(*)) AS n FROM analytics.mv_sessions"#,
    );
    let mut process =
        Process::start(database.spectrum("refresh --every 300ms --schema analytics --metrics 127.0.0.1:0"));
    let line = process.line_with("metrics are on http://");
    let address = line.split("http://").nth(1).unwrap().strip_suffix("/metrics").unwrap().to_owned();
    // Some who connect and say nothing, or not enough.
    let mut hanging: Vec<TcpStream> = (0..5).map(|_| TcpStream::connect(&address).unwrap()).collect();
    hanging.iter_mut().take(2).for_each(|stream| stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap());
    assert_eq!(get(&address, "GET /healthz"), ("HTTP/1.1 200 OK".into(), "ok\n".into()));
    // They were not given up for that: they wait still.
    hanging[0].set_nonblocking(true).unwrap();
    let waiting = hanging[0].read(&mut [0]).unwrap_err();
    assert_eq!(waiting.kind(), std::io::ErrorKind::WouldBlock);
    let scrape = || samples(&get(&address, "GET /metrics").1);
    until("the first run", || scrape().get("spectrum_refresh_runs_total").is_some_and(|runs| *runs >= 1.0));
    let first = scrape();
    let of = |name: &str, relation: &str| format!("spectrum_{name}{{relation=\"{relation}\"}}");
    let odd = r#"analytics.\"say \"\"hi\\\""#;
    assert_eq!(first["spectrum_up"], 1.0);
    assert_eq!(first["spectrum_refresh_failures_total"], 0.0);
    assert_eq!(first[&of("sessions_rows", "analytics.mv_sessions")], 4.0);
    assert_eq!(first[&of("sessions_rows", "analytics.mv_session_summary")], 3.0);
    assert_eq!(first[&of("sessions_rows", odd)], 1.0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let success = of("refresh_last_success_timestamp_seconds", "analytics.mv_sessions");
    assert!((now - 600.0..=now).contains(&first[&success]), "{} at {now}", first[&success]);
    assert!(first[&of("refresh_duration_seconds", "analytics.mv_sessions")] > 0.0);
    assert!((0.0..600.0).contains(&first["spectrum_refresh_lag_seconds"]));

    // Rows come in, and the odd view fails.
    database.run("INSERT INTO warehouse.fact_events VALUES ('e5', 'u3', 'a', '2026-01-01 10:00Z');");
    until("e5 is counted, and the failure", || {
        let now = scrape();
        now[&of("sessions_rows", "analytics.mv_sessions")] == 5.0
            && now[&of("refresh_view_failures_total", odd)] >= 1.0
            && now["spectrum_refresh_failures_total"] >= 1.0
    });
    let second = scrape();
    assert!(second["spectrum_refresh_runs_total"] > first["spectrum_refresh_runs_total"]);
    assert!(second[&success] > first[&success]);
    assert_eq!(second[&of("refresh_view_failures_total", "analytics.mv_sessions")], 0.0);

    assert_eq!(get(&address, "HEAD /metrics"), ("HTTP/1.1 200 OK".into(), String::new()));
    assert_eq!(get(&address, "GET /other").0, "HTTP/1.1 404 Not Found");
    assert_eq!(get(&address, "POST /metrics").0, "HTTP/1.1 405 Method Not Allowed");
    process.ends_after("-TERM", 0);
    drop(hanging);
}
