//! Deploying in mode incremental: tables that are built in parts while others read and write.

mod built;
mod interrupted;
mod kept;
mod modes;
mod refused;
mod restored;
mod switched;

use crate::hearing;
use spectrum_postgres::{Connection, DeployOptions, DeployReport, Deployment, Mode, PgError, Stop, deploy};
use spectrum_sql::postgres::{Events, sessions_query, summary_query};
use spectrum_testkit::PrivatePostgres;

use super::{Database, definition};
use crate::refresh::until;

/// 6,000 events of 61 users, some without a user, with the index that mode incremental needs.
pub(crate) fn many_events() -> Database {
    let database = Database::empty(PrivatePostgres::shared().unwrap());
    database.run(MANY_EVENTS);
    database
}

pub(crate) const MANY_EVENTS: &str = "CREATE SCHEMA warehouse;
    CREATE TABLE warehouse.fact_events (event_id text PRIMARY KEY, user_id text, account_id text, event_type text,
                                        occurred_at timestamptz);
    INSERT INTO warehouse.fact_events
    SELECT 'e' || n, 'u' || NULLIF(n * n % 61, 0), 'a' || n % 2, 'view',
           TIMESTAMPTZ '2026-01-01Z' + n * n % 9973 * INTERVAL '7 minutes'
    FROM generate_series(1, 6000) n;
    CREATE INDEX ON warehouse.fact_events (user_id, account_id, occurred_at);";

pub(crate) fn incremental() -> Deployment {
    in_mode(definition(|d| d.id("encoded".parse().unwrap())), Mode::Incremental)
}

pub(crate) fn in_mode(deployment: Deployment, mode: Mode) -> Deployment {
    Deployment { mode, ..deployment }
}

/// Small parts, so that there are some.
pub(crate) fn in_parts() -> DeployOptions {
    DeployOptions { events_a_part: 1_000, connections: 2, ..DeployOptions::default() }
}

impl Database {
    pub(crate) fn try_deploy_in_parts(
        &self,
        deployment: &Deployment,
        observe: impl FnMut(&str),
    ) -> Result<DeployReport, PgError> {
        deploy(&mut self.connect(), deployment, &in_parts(), &Stop::default(), &mut hearing(observe))
    }

    pub(crate) fn deploy_in_parts(&self, deployment: &Deployment) -> DeployReport {
        self.try_deploy_in_parts(deployment, |_| ()).unwrap()
    }

    /// How many rows of the relations are not what the reference SQL gives, and the other way round.
    pub(crate) fn differing(&self, deployment: &Deployment) -> String {
        differing(&mut self.connect(), deployment)
    }
}

pub(crate) fn differing(client: &mut Connection, deployment: &Deployment) -> String {
    let table = deployment.events.clone();
    let events = Events::new(&deployment.definition, table).carrying(&deployment.carried);
    let (sessions, summary) = (deployment.sessions(), deployment.summary());
    let mut counts = |query: String, relation| {
        let sql = format!(
            "SELECT (SELECT COUNT(*) FROM (({query}) EXCEPT ALL TABLE {relation}) missing),
                    (SELECT COUNT(*) FROM (TABLE {relation} EXCEPT ALL ({query})) extra)"
        );
        let row = client.query_one(&sql, &[]).unwrap();
        format!("{} missing, {} extra", row.get::<_, i64>(0), row.get::<_, i64>(1))
    };
    format!(
        "events: {}; sessions: {}",
        counts(sessions_query(&events), &sessions),
        counts(summary_query(&events, &sessions), &summary)
    )
}

pub(crate) const NONE: &str = "events: 0 missing, 0 extra; sessions: 0 missing, 0 extra";

/// Makes every part after the second wait until [`Self::release`], from when the parts are about to be filled.
pub(crate) struct Held {
    holder: Connection,
}

impl Held {
    /// When `observe` hears what comes before the parts: the second look at the events.
    pub(crate) fn is_time(does: &str, looks: &mut u32) -> bool {
        *looks += u32::from(does.starts_with("looking at"));
        *looks == 2 && does.starts_with("looking at")
    }

    pub(crate) fn after_two_parts(database: &Database) -> Self {
        let mut holder = database.connect();
        holder.batch_execute("SELECT pg_advisory_lock(7)").unwrap();
        database.run(
            "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
               IF (SELECT COUNT(done_at) FROM analytics.spectrum_changes_build_parts) >= 2 THEN
                 PERFORM pg_advisory_lock_shared(7);
                 PERFORM pg_advisory_unlock_shared(7);
               END IF;
               RETURN NULL;
             END $$;
             CREATE TRIGGER hold BEFORE INSERT ON analytics.mv_sessions_spectrum_new FOR EACH STATEMENT EXECUTE FUNCTION public.hold();",
        );
        Self { holder }
    }

    /// Waits until the build cannot go on.
    pub(crate) fn until_held(database: &Database) {
        until("a part waits", || database.run(WAITING) != "0");
    }

    pub(crate) fn release(mut self) {
        self.holder.batch_execute("SELECT pg_advisory_unlock(7)").unwrap();
    }
}

const WAITING: &str =
    "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted;";
