//! Behind a real PgBouncer. Where it is not installed these tests are skipped; `cargo xtask test` installs it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use spectrum_postgres::{Connection, DeployOptions, Deployment, Mode, Server, Stop, deploy};
use spectrum_testkit::PrivatePostgres;
use spectrum_testkit::postgres::{PrivatePooler, find_pgbouncer};

use crate::certificates::Certificates;
use crate::refresh::Database;

fn program() -> Option<PathBuf> {
    let found = find_pgbouncer();
    if found.is_none() {
        eprintln!("SKIPPED: pgbouncer is missing");
    }
    found
}

/// A pooler in front of the shared server, if there can be one.
fn pooler(settings: &[&str]) -> Option<PrivatePooler> {
    Some(PrivatePooler::start(&program()?, PrivatePostgres::shared().unwrap(), settings).unwrap())
}

fn through(pooler: &PrivatePooler, more: &str) -> String {
    format!("host=localhost port={} user=spectrum dbname=postgres {more}", pooler.port())
}

fn through_socket(pooler: &PrivatePooler) -> String {
    format!("host={} port={} user=spectrum dbname=postgres", pooler.socket_folder().display(), pooler.port())
}

fn connect(url: &str) -> spectrum_postgres::Result<Connection> {
    Server::resolve(Some(url), |_| None)?.connect("spectrum test")
}

/// Cancels a statement and closes the connection at once, again and again, as Ctrl-C does.
fn interrupts(url: &str) {
    for _ in 0..8 {
        let mut client = connect(url).unwrap();
        let canceller = client.canceller();
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            canceller.cancel();
        });
        let error = client.execute("SELECT pg_catalog.pg_sleep(60)", &[]).unwrap_err();
        assert_eq!(error.code().unwrap().code(), "57014", "{error:?}");
        drop(client);
        stopper.join().unwrap();
    }
}

#[test]
fn a_pooler_survives_cancelled_statements() {
    let Some(pooler) = pooler(&["pool_mode = session"]) else { return };
    interrupts(&through(&pooler, "sslmode=prefer"));
    interrupts(&through(&pooler, "sslmode=disable"));
    assert!(pooler.is_running().unwrap(), "{}", pooler.log());
    interrupts(&through_socket(&pooler));
    assert!(pooler.is_running().unwrap(), "{}", pooler.log());
}

#[test]
fn a_pooler_survives_cancelled_statements_of_encrypted_connections() {
    let Some(program) = program() else { return };
    let certificates = Certificates::make();
    let (certificate, key) = (certificates.file("server.crt"), certificates.file("server.key"));
    let settings = ["pool_mode = session"];
    let server = PrivatePostgres::shared().unwrap();
    let pooler = PrivatePooler::start_with(&program, server, &settings, Some((&certificate, &key))).unwrap();
    interrupts(&through(&pooler, "sslmode=require"));
    interrupts(&through(&pooler, "sslmode=prefer"));
    assert!(pooler.is_running().unwrap(), "{}", pooler.log());
}

/// Waits, as a client of the pooler, so that the pool has so many sessions of the server, and lets them go.
fn warmed(pooler: &PrivatePooler, sessions: usize) {
    std::thread::scope(|scope| {
        for _ in 0..sessions {
            scope.spawn(|| ask(pooler, "SELECT pg_catalog.pg_sleep(0.5)"));
        }
    });
}

/// What psql prints through the pooler.
fn ask(pooler: &PrivatePooler, sql: &str) -> String {
    let mut psql = PrivatePostgres::shared().unwrap().psql();
    psql.args([
        "-h",
        &pooler.socket_folder().display().to_string(),
        "-p",
        &pooler.port().to_string(),
        "-c",
        sql,
    ]);
    let output = psql.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn refused(url: &str) {
    let error = connect(url).map(drop).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "a pooler is there that gives each transaction another session of the server (transaction or statement \
             pooling), and Spectrum needs one session for its locks and settings; connect to the server itself, or to a \
             pool in session mode (pool_mode = session in PgBouncer)"
        ),
        "{error}"
    );
}

#[test]
fn pools_that_do_not_keep_sessions_are_refused() {
    for mode in ["pool_mode = transaction", "pool_mode = statement"] {
        for order in ["server_round_robin = 0", "server_round_robin = 1"] {
            let Some(pooler) = pooler(&[mode, order]) else { return };
            refused(&through(&pooler, "sslmode=disable"));
            warmed(&pooler, 4);
            let usual = ask(&pooler, "SHOW search_path");
            for _ in 0..5 {
                refused(&through(&pooler, ""));
                refused(&through_socket(&pooler));
            }
            // Others who get the same sessions of the server find them as they were.
            for _ in 0..5 {
                assert_eq!(ask(&pooler, "SHOW search_path"), usual);
            }
        }
    }
}

#[test]
fn a_busy_pool_that_does_not_keep_sessions_is_refused() {
    let Some(pooler) = pooler(&["pool_mode = transaction", "default_pool_size = 3"]) else { return };
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    ask(&pooler, "SELECT pg_catalog.pg_sleep(0.01)");
                }
            });
        }
        let refused = std::panic::catch_unwind(|| (0..10).for_each(|_| refused(&through(&pooler, ""))));
        done.store(true, Ordering::Relaxed);
        refused.unwrap();
    });
}

#[test]
fn pools_that_keep_sessions_will_do() {
    let Some(pooler) = pooler(&["pool_mode = session"]) else { return };
    warmed(&pooler, 4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for url in [through(&pooler, ""), through_socket(&pooler)] {
                    for _ in 0..5 {
                        connect(&url).unwrap().execute("SELECT 1", &[]).unwrap();
                    }
                }
            });
        }
    });
}

#[test]
fn a_pool_of_one_session_will_do() {
    // Whoever waits for a session there waits for ever.
    let settings = ["pool_mode = session", "default_pool_size = 1", "query_wait_timeout = 0"];
    let Some(pooler) = pooler(&settings) else { return };
    let database = Database::maintained();
    let url = through(&pooler, "").replace("dbname=postgres", &format!("dbname={}", database.name()));
    let (sender, receiver) = channel();
    let mut wanted = Deployment { mode: Mode::Incremental, ..database.deployment() };
    wanted.definition = wanted.definition.to_builder().gap("5m".parse().unwrap()).build().unwrap();
    std::thread::spawn(move || {
        let mut connection = connect(&url).unwrap();
        let options = DeployOptions { connections: 3, ..DeployOptions::default() };
        sender
            .send(deploy(&mut connection, &wanted, &options, &Stop::default(), &mut |_| ()).unwrap().parts)
            .unwrap();
    });
    let parts = receiver.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(parts, Some((1, 1)));
    assert!(pooler.is_running().unwrap());
}
