//! Maintained tables against the reference SQL, after every one of many random changes.

use spectrum_core::SessionDefinition;
use spectrum_postgres::{DeployOptions, Deployment, Mode, deploy};
use spectrum_sql::TableName;
use spectrum_sql::postgres::{Events, sessions_query, summary_query};
use spectrum_testkit::PrivatePostgres;

use crate::refresh::Database;

/// A generator of numbers that a seed settles (Steele and others' SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }

    /// A key of few, with NULLs among them.
    fn key(&mut self) -> String {
        let mut part = |values: u64| match self.below(values) {
            0 => "NULL".to_owned(),
            n => format!("'k{n}'"),
        };
        format!("{}, {}", part(5), part(3))
    }

    /// A time in two days, mostly on a grid of ten minutes, so that ties, gaps of exactly 30 minutes and bridges abound.
    fn time(&mut self) -> String {
        let micros = if self.below(4) == 0 { self.below(3) as i64 - 1 } else { 0 };
        format!(
            "TIMESTAMPTZ '2026-01-01Z' + {} * INTERVAL '10 minutes' + {micros} * INTERVAL '1 microsecond'",
            self.below(288)
        )
    }
}

/// One change as SQL. `next` is the number of the next new event.
fn change(random: &mut Random, next: &mut u64, partitioned: bool) -> String {
    let some = |random: &mut Random| format!("MOD(event_id, {}) = 0", 2 + random.below(40));
    match random.below(20) {
        0..10 => {
            let rows: Vec<String> = (0..=random.below(12))
                .map(|_| {
                    *next += 1;
                    format!("({next}, {}, {}, 'a')", random.key(), random.time())
                })
                .collect();
            let table = if partitioned && random.below(4) == 0 { "fact_events_rest" } else { "fact_events" };
            format!("INSERT INTO warehouse.{table} VALUES {};", rows.join(", "))
        }
        10..13 => format!("DELETE FROM warehouse.fact_events WHERE {};", some(random)),
        13..16 => {
            let time = random.time();
            format!("UPDATE warehouse.fact_events SET occurred_at = {time} WHERE {};", some(random))
        }
        16..18 => {
            let key = random.key();
            format!(
                "UPDATE warehouse.fact_events SET (user_id, account_id) = ROW({key}) WHERE {};",
                some(random)
            )
        }
        18 => format!("UPDATE warehouse.fact_events SET event_type = 'b' WHERE {};", some(random)),
        _ if random.below(6) == 0 => "TRUNCATE warehouse.fact_events;".to_owned(),
        _ => format!("BEGIN; DELETE FROM warehouse.fact_events WHERE {}; ROLLBACK;", some(random)),
    }
}

fn maintained(id: &str, partitioned: bool, rounds: u32, seed: u64) {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    let columns = "event_id bigint, user_id text, account_id text, occurred_at timestamptz, event_type text";
    database.run(&match partitioned {
        false => format!("CREATE SCHEMA warehouse; CREATE TABLE warehouse.fact_events ({columns});"),
        true => format!(
            "CREATE SCHEMA warehouse; CREATE TABLE warehouse.fact_events ({columns}) PARTITION BY RANGE (occurred_at);
             CREATE TABLE warehouse.fact_events_first PARTITION OF warehouse.fact_events FOR VALUES FROM (MINVALUE) TO ('2026-01-01 12:00Z');
             CREATE TABLE warehouse.fact_events_rest PARTITION OF warehouse.fact_events DEFAULT;"
        ),
    });
    let definition = SessionDefinition::builder().id_named(id).build().unwrap();
    let mut deployment = Deployment::new(definition.clone()).unwrap();
    deployment.carried = vec!["event_type".to_owned()];
    deployment.mode = Mode::Incremental;
    let mut client = database.connect();
    let options = DeployOptions { create_index: true, ..DeployOptions::default() };
    deploy(&mut client, &deployment, &options, |_| ()).unwrap();
    let table = TableName::parse(definition.table()).unwrap();
    let events = Events::new(&definition, table).carrying(&deployment.carried);
    let (sessions, summary) = (deployment.sessions(), deployment.summary());

    let differing = |query: &str, relation: &TableName| {
        format!(
            "SELECT (SELECT COUNT(*) FROM ({query} EXCEPT ALL TABLE {relation}) missing)
                  + (SELECT COUNT(*) FROM (TABLE {relation} EXCEPT ALL ({query})) extra)"
        )
    };
    let of_events = differing(&format!("({})", sessions_query(&events)), &sessions);
    let of_sessions = differing(&format!("({})", summary_query(&events, &sessions)), &summary);
    let (mut random, mut next, mut history) = (Random(seed), 0, Vec::new());
    for round in 0..rounds {
        for _ in 0..=random.below(3) {
            let sql = change(&mut random, &mut next, partitioned);
            // What goes into a partition by itself must fit it.
            if client.batch_execute(&sql).is_ok() {
                history.push(sql);
            }
        }
        client.query_one("SELECT * FROM analytics.refresh_sessions()", &[]).unwrap();
        history.push("SELECT * FROM analytics.refresh_sessions();".to_owned());
        let events: i64 = client.query_one(&of_events, &[]).unwrap().get(0);
        let sessions: i64 = client.query_one(&of_sessions, &[]).unwrap().get(0);
        assert_eq!((events, sessions), (0, 0), "seed {seed}, round {round}, after\n{}", history.join("\n"));
    }
    let left: i64 = client.query_one("SELECT COUNT(*) FROM analytics.spectrum_changes", &[]).unwrap().get(0);
    assert_eq!(left, 0);
}

#[test]
fn sequence_ids_follow_the_reference() {
    maintained("sequence", false, 400, 1);
}

#[test]
fn encoded_ids_follow_the_reference() {
    maintained("encoded", false, 300, 2);
}

#[test]
fn start_ids_follow_the_reference() {
    maintained("start", false, 300, 3);
}

#[test]
fn partitions_written_directly_are_noticed() {
    maintained("sequence", true, 300, 4);
}
