//! Every type that a key or a time may have.

use spectrum_postgres::{VerifyOptions, verify};
use spectrum_testkit::PrivatePostgres;

use super::{Database, definition, on_table};

#[test]
fn key_and_time_types() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run("CREATE DOMAIN word AS varchar(20); CREATE TYPE mood AS ENUM ('glad');");
    let keys = [
        ("uuid", "'00000000-0000-0000-0000-0000000000AB'", "00000000-0000-0000-0000-0000000000ab"),
        ("bigint", "9007199254740993", "9007199254740993"),
        ("int", "-1", "-1"),
        ("smallint", "7", "7"),
        ("text", "'Ünï ''x'", "Ünï 'x"),
        ("varchar(10)", "'abc'", "abc"),
        ("citext", "'ABC'", "abc"),
        ("boolean", "true", "true"),
        ("word", "'abc'", "abc"),
        ("numeric(20, 0)", "18446744073709551615", "18446744073709551615"),
    ];
    let times = [
        ("timestamptz", "'2026-01-01 10:00Z'", "'2026-01-01 10:30Z'"),
        ("timestamp", "'2026-01-01 10:00'", "'2026-01-01 10:30'"),
        ("date", "'2026-01-01'", "'2026-01-01'"),
    ];
    let citext = database.has_citext();
    for (at, (key, value, text)) in
        keys.iter().enumerate().filter(|(_, (key, ..))| citext || *key != "citext")
    {
        for (time, first, second) in times {
            let table = format!("t{at}_{time}");
            database.run(&format!(
                "CREATE TABLE {table} (event_id int, user_id {key}, occurred_at {time});
                 INSERT INTO {table} VALUES (1, {value}, {first}), (2, {value}, {second}), (3, {value}, '2026-02-01');"
            ));
            let deployment = on_table(&format!("public.{table}"), definition(|d| d.key(["user_id"])));
            let report = database.deploy(&deployment);
            assert_eq!((report.rows, report.sessions), (3, 2), "{key} {time}");
            let ids = database.run("SELECT session_id FROM analytics.v_sessions ORDER BY event_id;");
            let expected = database.run(&format!(
                "SELECT MD5({0} || '1') UNION ALL SELECT MD5({0} || '1') UNION ALL SELECT MD5({0} || '2');",
                spectrum_sql::literal(text)
            ));
            assert_eq!(ids, expected, "{key} {time}");
            let verified =
                verify(&mut database.connect(), &deployment, &VerifyOptions::default(), &mut |_| ()).unwrap();
            assert!(verified.holds(), "{key} {time}: {:?}", verified.checks);
        }
    }
}

#[test]
fn citext_keys_that_differ_in_case_are_one_key() {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    if !database.has_citext() {
        return;
    }
    database.run(
        "CREATE TABLE events (event_id int, user_id citext, occurred_at timestamptz);
         INSERT INTO events VALUES (1, 'Bob', '2026-01-01 10:00Z'), (2, 'BOB', '2026-01-01 10:10Z');",
    );
    for id in ["sequence", "encoded"] {
        let deployment =
            on_table("public.events", definition(|d| d.key(["user_id"]).id(id.parse().unwrap())));
        assert_eq!(database.deploy(&deployment).sessions, 1);
        assert_eq!(database.run("SELECT COUNT(DISTINCT session_id) FROM analytics.v_sessions;"), "1");
        let verified =
            verify(&mut database.connect(), &deployment, &VerifyOptions::default(), &mut |_| ()).unwrap();
        assert!(verified.holds(), "{id}: {:?}", verified.checks);
    }
}

impl Database {
    /// Makes the extension, if this PostgreSQL comes with it; not every build does.
    fn has_citext(&self) -> bool {
        let there = self.run("SELECT COUNT(*) FROM pg_available_extensions WHERE name = 'citext';") == "1";
        if there {
            self.run("SET client_min_messages = error; CREATE EXTENSION IF NOT EXISTS citext;");
        } else {
            eprintln!("this PostgreSQL has no citext: not tried");
        }
        there
    }
}
