//! A few hundred sessions and some refreshes, known to the test to the microsecond, and a database with them.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use spectrum_grafana_check::clock;
use spectrum_grafana_check::dashboard::folder;
use spectrum_grafana_check::time_range::TimeRange;
use spectrum_testkit::PrivatePostgres;

/// A Wednesday, on no bucket's border.
pub(crate) const NOW: &str = "2026-05-13T10:07:30.25Z";

/// The dashboard's own time range: the last seven days.
pub(crate) fn range() -> TimeRange {
    let to: Timestamp = NOW.parse().unwrap();
    TimeRange { from: to - SignedDuration::from_hours(7 * 24), to }
}

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// A session; times are microseconds since the Unix epoch.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: Option<u64>,
    pub(crate) account: Option<String>,
    pub(crate) started: i64,
    pub(crate) length: i64,
    pub(crate) events: i64,
}

impl Session {
    pub(crate) fn ended(&self) -> i64 {
        self.started + self.length
    }

    /// What the summary tells besides, by the name of its column: all of it follows from the events and the length.
    pub(crate) fn told(&self) -> [(&'static str, Told); 5] {
        let pages = ["/home", "it's \"so\"", "", "back\\slash, tab\there"];
        let page = usize::try_from(self.events).unwrap() % 6;
        [
            ("entry_page", pages.get(page).map_or(Told::Null, |page| Told::Text(page))),
            ("views", Told::Number(self.events * 100)),
            (
                "revenue",
                if self.events % 3 == 0 { Told::Number(self.length % 9973 - 500) } else { Told::Null },
            ),
            ("bought", Told::Truth(self.events > 5)),
            ("large", if self.events % 3 == 0 { Told::Truth(self.events % 2 == 0) } else { Told::Null }),
        ]
    }
}

/// A value that the summary tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Told {
    Null,
    Text(&'static str),
    /// In hundredths.
    Number(i64),
    Truth(bool),
}

impl Told {
    fn copied(self) -> String {
        match self {
            Self::Null => "\\N".to_owned(),
            Self::Text(text) => copied(text),
            Self::Number(hundredths) => (hundredths as f64 / 100.0).to_string(),
            Self::Truth(truth) => truth.to_string(),
        }
    }
}

/// A row of the refresh log.
#[derive(Debug, Clone)]
pub(crate) struct Refresh {
    pub(crate) run: i64,
    pub(crate) relation: &'static str,
    pub(crate) started: i64,
    pub(crate) length: i64,
    pub(crate) outcome: &'static str,
    pub(crate) rows: Option<i64>,
    pub(crate) error: Option<&'static str>,
    /// Late, future and NULL events among those that were taken in.
    pub(crate) unusual: Option<[i64; 3]>,
}

/// Everything that the dashboard reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) sessions: Vec<Session>,
    pub(crate) refreshes: Vec<Refresh>,
}

/// Accounts that make life hard for whoever quotes them.
pub(crate) const QUOTED: &str = "O'Neil & \"Sons\"";
const ACCOUNTS: [Option<&str>; 12] = [
    Some("acme"),
    Some(QUOTED),
    Some("größe"),
    Some("a--b"),
    Some("back\\slash"),
    Some("tab\there"),
    Some(""),
    None,
    Some("ACME north"),
    Some("{curly}, [square] (round)"),
    Some("5.00 $ per seat"),
    Some("100%"),
];

impl World {
    /// Some hundred sessions of nine days, and a refresh every two hours.
    pub(crate) fn new() -> Self {
        let now = range().to.as_microsecond();
        let mut dice = Dice(20_260_513);
        let mut sessions = Vec::new();
        for nth in 0..420 {
            // The first accounts have more sessions than the last, and there are more than a table shows.
            let account = match dice.below(12) * dice.below(12) / 11 {
                busy @ 0..=5 => ACCOUNTS[busy as usize].map(str::to_owned),
                rare if dice.below(2) == 0 => ACCOUNTS[rare as usize].map(str::to_owned),
                _ => Some(format!("account {:02}", dice.below(30))),
            };
            let started = now - dice.below(9 * 24 * 3600) as i64 * SECOND - dice.below(1_000_000) as i64;
            let events = [1, 1, 2, 3, 5, 6, 11, 20, 21, 50, 51, 300][dice.below(12) as usize];
            let longest = [10 * SECOND, 10 * MINUTE, 3 * HOUR][dice.below(3) as usize];
            // Several events can be of one moment; a single one always is.
            let length = if events == 1 || nth % 17 == 0 { 0 } else { dice.below(longest as u64) as i64 };
            let user = (nth % 29 != 0).then(|| dice.below(60));
            let length = length.min(now - started);
            sessions.push(Session { user, account, started, length, events });
        }
        sessions.extend(edges());
        Self { sessions, refreshes: refreshes() }
    }
}

/// Sessions on the edges of the time range, of buckets, of classes and of the gap.
fn edges() -> Vec<Session> {
    let (from, to) = (range().from.as_microsecond(), range().to.as_microsecond());
    let day = 24 * HOUR;
    let midnight = (to - day).div_euclid(day) * day;
    let edge = |started, length, events| Session {
        user: Some(1),
        account: Some("edge".into()),
        started,
        length,
        events,
    };
    let mut edges = vec![
        // The first and the last instant belong to the time range, their neighbours do not.
        edge(from, MINUTE, 2),
        edge(from - 1, MINUTE, 2),
        edge(to, 0, 1),
        // One that starts before the time range and ends in it, and one across a midnight.
        edge(from - HOUR, 2 * HOUR, 40),
        edge(midnight - 1, 2, 2),
        edge(midnight, 0, 1),
        edge(midnight - 20 * MINUTE, HOUR, 9),
        // A pause of exactly the gap is still the same session, a microsecond more is not.
        edge(to - 40 * MINUTE, 10 * MINUTE, 3),
        edge(to - 41 * MINUTE, 11 * MINUTE - 1, 3),
    ];
    for bound in [1, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR] {
        edges.extend([edge(midnight + HOUR, bound - 1, 7), edge(midnight + HOUR, bound, 7)]);
    }
    edges
}

fn refreshes() -> Vec<Refresh> {
    let now = range().to.as_microsecond();
    let mut dice = Dice(7);
    let mut refreshes = Vec::new();
    for run in 0..100 {
        let began = now - 5 * MINUTE - (99 - run) * 2 * HOUR;
        for (nth, relation) in
            ["analytics.mv_sessions", "analytics.mv_session_summary"].into_iter().enumerate()
        {
            let (outcome, error) = match (run + nth as i64) % 23 {
                6 => ("failed", Some("canceling statement due to lock timeout")),
                11 => ("failed", Some("could not\nserialize")),
                13 => ("skipped", None),
                17 => ("cancelled", Some("canceling statement due to user request")),
                _ => ("ok", None),
            };
            refreshes.push(Refresh {
                run,
                relation,
                started: began + nth as i64 * 20 * SECOND,
                length: dice.below(20_000_000) as i64,
                outcome,
                rows: (outcome == "ok").then_some(1000 + run),
                error,
                unusual: (outcome == "ok" && nth == 0).then(|| [run * 3 % 40, run % 9 / 8, run % 5]),
            });
        }
    }
    // Events are refreshed once more, but the summary is not: it still has what the run before gave it.
    let half_done = |relation, started, outcome, error: Option<&'static str>| Refresh {
        run: 100,
        relation,
        started,
        length: 9 * SECOND,
        outcome,
        rows: error.is_none().then_some(1234),
        error,
        unusual: None,
    };
    let lately = now - 2 * MINUTE;
    refreshes.push(half_done("analytics.mv_sessions", lately, "ok", None));
    refreshes.push(half_done(
        "analytics.mv_session_summary",
        lately + MINUTE / 6,
        "failed",
        Some("disk full"),
    ));
    // A relation that was never refreshed well.
    refreshes.push(Refresh {
        run: 101,
        relation: "reports.\"Weekly\"",
        started: now - MINUTE,
        length: SECOND,
        outcome: "failed",
        rows: None,
        error: Some("division by zero"),
        unusual: None,
    });
    refreshes
}

/// The settings of a session of Grafana's, with the clock standing still.
pub(crate) fn settings() -> String {
    format!("SET ROLE grafana_reader; {}", clock::SETTING)
}

/// How the columns that differ from user to user are declared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    pub(crate) schema: &'static str,
    pub(crate) account: &'static str,
    pub(crate) time: &'static str,
    /// Whether the definition declares what [`Session::told`] has.
    pub(crate) tells: bool,
}

pub(crate) const USUAL: Columns =
    Columns { schema: "analytics", account: "text", time: "timestamptz", tells: true };

/// A server with this world, and with the role that `grafana/README.md` tells to make.
pub(crate) fn server(world: &World, columns: Columns) -> PrivatePostgres {
    let server = PrivatePostgres::start().unwrap();
    let Columns { schema, account, time, tells } = columns;
    let told =
        ", started_by text, entry_page text, views bigint, revenue numeric, bought boolean, large boolean";
    let told = if tells { told } else { "" };
    let mut script = format!(
        "{clock}
CREATE SCHEMA \"{schema}\";
SET search_path = \"{schema}\", pg_catalog;
CREATE TABLE mv_session_summary (session_id text, user_id bigint, account_id {account}, session_seq bigint,
  started_at {time}, ended_at {time}, duration interval, events bigint, first_event_id bigint,
  last_event_id bigint{told});
CREATE INDEX ON mv_session_summary (started_at);
CREATE INDEX ON mv_session_summary (ended_at);
CREATE TABLE mv_sessions (user_id bigint, account_id {account}, occurred_at {time}, event_id bigint,
  session_id text);
CREATE TABLE refresh_log (run_id bigint, relation text, started_at timestamptz, finished_at timestamptz,
  duration interval, method text, reason text, outcome text, rows bigint, error text, details jsonb);
CREATE VIEW v_sessions AS SELECT * FROM mv_sessions;
CREATE VIEW v_session_summary AS SELECT * FROM mv_session_summary;
CREATE VIEW v_refresh_log AS SELECT * FROM refresh_log;
COPY mv_session_summary FROM STDIN;
",
        clock = clock::stopped_at(NOW)
    );
    let time = |micros: i64| Timestamp::from_microsecond(micros).unwrap();
    for (nth, session) in world.sessions.iter().enumerate() {
        let Session { user, account, started, length, events } = session;
        let user = user.map_or("\\N".to_owned(), |user| user.to_string());
        // As the reference formula has it: no id where a column of the key is NULL.
        let id = if user == "\\N" || account.is_none() { "\\N".to_owned() } else { format!("{nth:032x}") };
        let account = account.as_deref().map_or("\\N".to_owned(), copied);
        let (first, last, length) = (time(*started), time(session.ended()), interval(*length));
        let told = session.told().map(|(_, value)| value.copied()).join("\t");
        let told = if tells { format!("\tgap\t{told}") } else { String::new() };
        writeln!(script, "{id}\t{user}\t{account}\t{nth}\t{first}\t{last}\t{length}\t{events}\t1\t2{told}")
            .unwrap();
    }
    script.push_str("\\.\nCOPY refresh_log FROM STDIN;\n");
    for Refresh { run, relation, started, length, outcome, rows, error, unusual } in &world.refreshes {
        let (began, ended, length) = (time(*started), time(started + length), interval(*length));
        let rows = rows.map_or("\\N".to_owned(), |rows| rows.to_string());
        let error = error.map_or("\\N".to_owned(), copied);
        let details = unusual.map_or("\\N".to_owned(), |[late, future, null_key]| {
            format!(
                "{{\"events_added\": 50, \"events_late\": {late}, \"events_future\": {future}, \"events_null_key\": {null_key}}}"
            )
        });
        writeln!(
            script,
            "{run}\t{relation}\t{began}\t{ended}\t{length}\tconcurrently\tmanual\t{outcome}\t{rows}\t\
             {error}\t{details}"
        )
        .unwrap();
    }
    script.push_str("\\.\n");
    let role = role_of_the_readme().replace("analytics", &format!("\"{schema}\""));
    server.run_script(&format!("{script}{role}\nANALYZE;")).unwrap();
    server
}

/// Microseconds as PostgreSQL reads an interval; before version 15 it takes no more than 2^31 of one unit.
fn interval(micros: i64) -> String {
    format!("{}.{:06} seconds", micros / SECOND, micros % SECOND)
}

/// A text as COPY reads it.
fn copied(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")
}

/// The SQL that `grafana/README.md` tells to run for the role.
pub(crate) fn role_of_the_readme() -> String {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let (_, after) = readme.split_once("```sql\n").unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

/// Numbers that look like chance and are the same each time (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
