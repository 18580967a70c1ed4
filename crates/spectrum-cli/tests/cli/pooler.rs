//! Commands behind a real PgBouncer. Where it is not installed these tests are skipped; `cargo xtask test` installs it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use spectrum_testkit::postgres::{PrivatePooler, PrivatePostgres, find_pgbouncer};

use crate::database::{Database, others};
use crate::spectrum::Folder;

fn pooler(mode: &str) -> Option<PrivatePooler> {
    let Some(program) = find_pgbouncer() else {
        eprintln!("SKIPPED: pgbouncer is missing");
        return None;
    };
    let mode = format!("pool_mode = {mode}");
    Some(PrivatePooler::start(&program, PrivatePostgres::shared().unwrap(), &[&mode]).unwrap())
}

/// `spectrum` whose variables lead to a database through a pooler.
fn command(database: &Database, folder: &Folder, pooler: &PrivatePooler, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spectrum"));
    command.args(arguments.split_whitespace()).current_dir(folder.path());
    for name in others() {
        command.env_remove(name);
    }
    command.envs(database.variables());
    command.env("PGHOST", "127.0.0.1").env("PGPORT", pooler.port().to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

const EVENTS: &str = "event_id,user_id,account_id,occurred_at\ne1,u1,a,2026-01-01T10:00:00Z\n";

#[test]
fn no_command_works_where_sessions_are_not_kept() {
    for mode in ["transaction", "statement"] {
        let Some(pooler) = pooler(mode) else { return };
        let (database, folder) = (Database::empty(), Folder::with(&[("events.csv", EVENTS)]));
        database.prints(&folder, "load events.csv --create-table", 0);
        database.prints(&folder, "deploy --mode incremental --create-index", 0);
        for arguments in [
            "load events.csv",
            "deploy --gap 5m",
            "deploy --dry-run",
            "refresh",
            "refresh --every 1s",
            "verify",
            "verify --repair",
            "status",
            "erase --key user_id=u1 --events --yes",
            "drop --yes",
        ] {
            let mut command = assert_cmd::Command::from_std(command(&database, &folder, &pooler, arguments));
            let done = command.timeout(Duration::from_secs(60)).assert().code(1);
            let error = String::from_utf8_lossy(&done.get_output().stderr).into_owned();
            assert!(error.contains("connect to the server itself, or to a pool in session mode"), "{error}");
        }
        let left = "SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                    WHERE l.locktype = 'advisory' AND d.datname = current_database();";
        assert_eq!(database.run(left), "0");
        assert_eq!(database.run("SELECT COUNT(*) FROM analytics.mv_sessions;"), "1");
    }
}

#[test]
fn an_interrupted_command_leaves_the_pooler_alone() {
    let Some(pooler) = pooler("session") else { return };
    let (database, folder) = (Database::empty(), Folder::with(&[("events.csv", EVENTS)]));
    database.prints(&folder, "load events.csv --create-table", 0);
    database.prints(&folder, "deploy", 0);
    database.run(
        "CREATE TABLE warehouse.slowness AS SELECT 0 AS seconds;
         CREATE MATERIALIZED VIEW analytics.slow AS SELECT pg_sleep(seconds)::text FROM warehouse.slowness;
         UPDATE warehouse.slowness SET seconds = 120;",
    );
    let sleeping = "SELECT COUNT(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND query LIKE 'REFRESH%slow%' AND wait_event = 'PgSleep';";
    for _ in 0..6 {
        let child = command(&database, &folder, &pooler, "refresh --view analytics.slow").spawn().unwrap();
        let begun = Instant::now();
        while database.run(sleeping) != "1" {
            assert!(begun.elapsed() < Duration::from_secs(60), "the refresh never gets to sleep");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert!(pooler.is_running().unwrap(), "{}", pooler.log());
    }
}
