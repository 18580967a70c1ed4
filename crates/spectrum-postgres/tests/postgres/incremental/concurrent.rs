//! Writers and refreshers at once, while backends are killed and the server stops.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use postgres::error::SqlState;
use spectrum_postgres::Connection;

use super::{Maintained, defined};
use crate::refresh::{Database, until};
use spectrum_testkit::PrivatePostgres;

const WRITERS: usize = 5;
const REFRESHERS: usize = 2;

/// How many transactions a writer tries at least.
const TRANSACTIONS: usize = 100;

/// How many refreshes there are between one disaster and the next.
const REFRESHES: usize = 25;

/// What is counted while it goes on.
#[derive(Default)]
struct Work {
    refreshes: AtomicUsize,
    commits: AtomicUsize,
    rollbacks: AtomicUsize,
    lost: AtomicUsize,
    /// Ends writers that have done their transactions.
    enough: AtomicBool,
    /// Ends refreshers.
    written: AtomicBool,
    /// A thread has panicked, so that nobody waits for it.
    failed: AtomicBool,
}

/// Sets a flag when dropped, so that a thread that fails ends the others.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Tells of a panic.
struct Telling<'a>(&'a AtomicBool);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.fetch_or(std::thread::panicking(), Ordering::SeqCst);
    }
}

/// Numbers that a seed settles (Steele and others' SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    /// A statement of a writer whose next event has this id.
    fn statement(&mut self, id: u64) -> String {
        let at = |slot: u64| format!("TIMESTAMPTZ '2026-01-05Z' + {slot} * INTERVAL '10 minutes'");
        let (slot, other) = (self.below(96), self.below(96));
        let key = format!("{}, {}", self.of(&["'u1'", "'u2'", "'u3'", "NULL"]), self.of(&["'a1'", "NULL"]));
        let table = self.of(&["fact_events", "fact_events", "fact_events_early"]);
        let some = format!("MOD(event_id, {}) = {}", 20 + self.below(20), self.below(20));
        match self.below(10) {
            0..5 => {
                let slot = if table == "fact_events" { slot } else { slot % 48 };
                format!("INSERT INTO warehouse.{table} VALUES ({id}, {key}, {})", at(slot))
            }
            5..7 => format!("UPDATE warehouse.fact_events SET occurred_at = {} WHERE {some}", at(other)),
            7 => format!("UPDATE warehouse.fact_events SET (user_id, account_id) = ROW({key}) WHERE {some}"),
            8 => format!("DELETE FROM warehouse.fact_events WHERE {some}"),
            _ => format!("DELETE FROM warehouse.{table} WHERE occurred_at = {}", at(slot % 48)),
        }
    }
}

/// Whether the connection is gone, rather than a statement refused.
fn is_lost(error: &postgres::Error) -> bool {
    let gone = [&SqlState::CRASH_SHUTDOWN, &SqlState::ADMIN_SHUTDOWN, &SqlState::CANNOT_CONNECT_NOW];
    error.is_closed() || error.code().is_none_or(|code| gone.contains(&code))
}

fn connection(database: &Database) -> Connection {
    let mut connected = None;
    until("the server answers", || {
        connected = database.server().connect("spectrum test").ok();
        connected.is_some()
    });
    connected.unwrap()
}

fn write(database: &Database, writer: usize, work: &Work) {
    let _telling = Telling(&work.failed);
    let mut random = Random(writer as u64);
    let mut client = connection(database);
    let mut tried = 0;
    while tried < TRANSACTIONS || !work.enough.load(Ordering::SeqCst) {
        tried += 1;
        let isolation = random.of(&["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]);
        let mut sql = format!("BEGIN ISOLATION LEVEL {isolation};");
        for statement in 0..=random.below(3) {
            let id = (writer * 100_000 + tried) as u64 * 10 + statement;
            let pause = random.below(8);
            sql.push_str(&format!("{}; SELECT pg_sleep(0.00{pause});", random.statement(id)));
        }
        let commits = random.below(5) > 0;
        sql.push_str(if commits { "COMMIT" } else { "ROLLBACK" });
        let Err(error) = client.batch_execute(&sql) else {
            if commits { &work.commits } else { &work.rollbacks }.fetch_add(1, Ordering::SeqCst);
            continue;
        };
        if is_lost(&error) {
            work.lost.fetch_add(1, Ordering::SeqCst);
            client = connection(database);
            continue;
        }
        // What writers do to each other, and their server to them.
        let expected = [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED];
        assert!(error.code().is_some_and(|code| expected.contains(&code)), "{sql}\n{error:?}");
        if let Err(error) = client.batch_execute("ROLLBACK") {
            assert!(is_lost(&error), "{error:?}");
            client = connection(database);
        }
    }
}

fn refresh(database: &Database, maintained: &Maintained, work: &Work) {
    let _telling = Telling(&work.failed);
    let mut client = connection(database);
    while !work.written.load(Ordering::SeqCst) {
        match client.batch_execute(&maintained.refresh_sql()) {
            Ok(()) => {
                work.refreshes.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) => {
                assert!(is_lost(&error), "{error:?}");
                work.lost.fetch_add(1, Ordering::SeqCst);
                client = connection(database);
            }
        }
    }
}

/// Kills the backend of a refresh that is at work; the server then ends all others and recovers.
fn kill_a_refresh(database: &Database) {
    let mut client = connection(database);
    let mut pid = None;
    until("a refresh is at work", || {
        let sql =
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%refresh_sessions%' AND state = 'active'
                   AND pid <> pg_backend_pid() AND wait_event_type IS DISTINCT FROM 'Lock' LIMIT 1";
        pid = client.query_opt(sql, &[]).unwrap().map(|row| row.get::<_, i32>(0));
        pid.is_some()
    });
    let killed = Command::new("kill").args(["-9", &pid.unwrap().to_string()]).status().unwrap();
    assert!(killed.success());
    until("the server ends its connections", || client.batch_execute("SELECT 1").is_err());
}

#[test]
fn nothing_is_lost_between_writers_refreshers_and_crashes() {
    let (database, server) = {
        let server: &'static PrivatePostgres = Box::leak(Box::new(PrivatePostgres::start().unwrap()));
        (Database::empty(server), server)
    };
    let database = &database;
    database.run(
        "CREATE SCHEMA warehouse;
         CREATE TABLE warehouse.fact_events (event_id bigint, user_id text, account_id text, occurred_at timestamptz)
           PARTITION BY RANGE (occurred_at);
         CREATE TABLE warehouse.fact_events_early PARTITION OF warehouse.fact_events
           FOR VALUES FROM (MINVALUE) TO ('2026-01-05 08:00Z');
         CREATE TABLE warehouse.fact_events_late PARTITION OF warehouse.fact_events DEFAULT;",
    );
    let maintained = &Maintained::deploy(database, defined(|definition| definition));
    let work = &Work::default();
    let more_refreshes = |what: &str| {
        let before = work.refreshes.load(Ordering::SeqCst);
        until(what, || {
            work.refreshes.load(Ordering::SeqCst) >= before + REFRESHES || work.failed.load(Ordering::SeqCst)
        });
    };
    std::thread::scope(|scope| {
        let written = Ending(&work.written);
        let enough = Ending(&work.enough);
        let writers: Vec<_> =
            (0..WRITERS).map(|writer| scope.spawn(move || write(database, writer, work))).collect();
        for _ in 0..REFRESHERS {
            scope.spawn(|| refresh(database, maintained, work));
        }
        more_refreshes("refreshes before a backend is killed");
        kill_a_refresh(database);
        more_refreshes("refreshes before the server stops");
        server.stop().unwrap();
        server.start_again().unwrap();
        more_refreshes("refreshes after it");
        drop(enough);
        for writer in writers {
            writer.join().unwrap();
        }
        drop(written);
    });
    let counted = |count: &AtomicUsize| count.load(Ordering::SeqCst);
    assert!(
        counted(&work.commits) >= 100 && counted(&work.rollbacks) >= 10,
        "the writers did next to nothing"
    );
    assert!(counted(&work.lost) >= 2, "no connection was lost");
    let mut client = database.connect();
    maintained.refresh(&mut client);
    assert_eq!(maintained.notes(&mut client), 0);
    let events: i64 = client.query_one("SELECT COUNT(*) FROM warehouse.fact_events", &[]).unwrap().get(0);
    assert!(events >= 20, "{events} events are no test");
}
