//! Behind a real PgBouncer. Where it is not installed these tests are skipped; `cargo xtask test` installs it.

use std::path::PathBuf;
use std::time::Duration;

use spectrum_postgres::{Connection, Server};
use spectrum_testkit::PrivatePostgres;
use spectrum_testkit::postgres::{PrivatePooler, find_pgbouncer};

use crate::certificates::Certificates;

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
