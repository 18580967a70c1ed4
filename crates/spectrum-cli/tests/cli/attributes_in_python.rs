//! What the sessions tell, of files and of a view in PostgreSQL, against a second reckoning in Python.

use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};

use spectrum_testkit::{ATTRIBUTES, attributes_agree};

use crate::database::Database;
use crate::spectrum::Folder;

/// A number in this variable repeats the run that printed it.
const SEED: &str = "SPECTRUM_TEST_SEED";

/// How many files of random events a test tries, which this variable multiplies.
const TIMES: &str = "SPECTRUM_TEST_TIMES";

/// Numbers below a bound, the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len() as u64) as usize]
    }
}

/// Events of few keys in any order, with ties, NULLs, and amounts of so many parts of one.
fn events(random: &mut Random, parts: u64) -> String {
    let mut text = "event_id,user_id,account_id,occurred_at,event_type,campaign,amount\n".to_owned();
    let mut ids: Vec<u64> = (1..=1 + random.below(400)).collect();
    for last in (1..ids.len()).rev() {
        ids.swap(last, random.below(last as u64 + 1) as usize);
    }
    for id in ids {
        let (user, account) = (random.pick(&["ann", "bob", "", "ä"]), random.pick(&["a", "b"]));
        let minutes = random.below(3 * 24 * 6) * 10;
        let (day, hour, minute) = (1 + minutes / 1440, minutes / 60 % 24, minutes % 60);
        let fraction = random.pick(&["000000", "000001", "500000"]);
        let event_type = random.pick(&["t0", "t1", "t2", "t3", "t4", ""]);
        let campaign = random.pick(&["spring", "", "Summer", "été", "a b"]);
        let eighths = random.below(4_000) as i64 - 1_000;
        let amount = match random.below(3) {
            0 => String::new(),
            _ => format!("{}", eighths as f64 / parts as f64),
        };
        let _ = writeln!(
            text,
            "{id},{user},{account},2026-01-{day:02}T{hour:02}:{minute:02}:00.{fraction}Z,{event_type},{campaign},{amount}"
        );
    }
    text
}

#[test]
fn attributes_follow_python() {
    let seed = match std::env::var(SEED) {
        Ok(given) => given.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(0),
    };
    let rounds: u64 = 4 * std::env::var(TIMES).map_or(1, |given| given.parse::<u64>().unwrap());
    let mut reckoned = 0;
    for round in 0..rounds {
        let seed = seed.wrapping_add(round);
        // Tenths are exact in text and in PostgreSQL; eighths are so in the doubles that Parquet gets.
        let parts = [10, 8][round as usize % 2];
        let events = events(&mut Random(seed.max(1)), parts);
        let folder = Folder::with(&[("events.csv", &events), ("told.toml", ATTRIBUTES)]);
        let mut agree = |what: &str, sessions: String| match attributes_agree(&events, &[&sessions]) {
            Ok(sessions) => reckoned += sessions,
            Err(error) => panic!("{what} and Python differ: {error:#}\n{SEED}={seed} repeats this"),
        };
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        for to in ["parquet", "ndjson"] {
            folder.prints(&format!(
                "run events.csv -o events.{to} --types amount=float --sessions sessions.csv --definition told.toml --quiet \
                 --force"
            ));
            agree("sessions of CSV", read("sessions.csv"));
            if parts == 8 {
                folder.prints(&format!(
                    "run events.{to} -o again.{to} --session-column again --sessions of.csv --definition told.toml \
                     --quiet --force --threads 3"
                ));
                agree(&format!("sessions of {to}"), read("of.csv"));
            }
        }
        let database = Database::empty();
        database.run(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id bigint PRIMARY KEY, user_id text, account_id text,
               occurred_at timestamptz, event_type text, campaign text, amount numeric);",
        );
        database.prints(&folder, "load events.csv", 0);
        database.prints(&folder, "deploy --yes --definition told.toml", 0);
        let copied = "COPY (SELECT * FROM analytics.v_session_summary) TO STDOUT (FORMAT csv, HEADER);";
        agree("the view", database.run(copied));
    }
    assert!(reckoned > rounds);
    println!("{rounds} files, {reckoned} sessions reckoned in Python, none told otherwise");
}
