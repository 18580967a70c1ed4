//! `refresh` on a real server: a database a test.

mod every;
mod failures;
mod incremental;
mod locks;
mod log;
mod methods;
mod missed;
mod order;
mod privileges;
mod restart;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postgres::Client;
use spectrum_core::SessionDefinition;
use spectrum_postgres::{
    Connection, DeployOptions, Deployment, Mode, Outcome, PgError, RefreshOptions, RefreshReport, Server,
    Stop, deploy, refresh,
};
use spectrum_sql::TableName;
use spectrum_testkit::PrivatePostgres;

/// A database with events and the sessions of them, deployed.
pub(crate) struct Database {
    name: String,
    postgres: &'static PrivatePostgres,
}

impl Database {
    /// Four events of two users, in three sessions.
    pub(crate) fn new() -> Self {
        Self::on(PrivatePostgres::shared().unwrap())
    }

    /// The same on a server that a test may stop. The end of the process ends it for good.
    pub(crate) fn on_its_own_server() -> (Self, &'static PrivatePostgres) {
        let postgres = Box::leak(Box::new(PrivatePostgres::start().unwrap()));
        (Self::on(postgres), postgres)
    }

    /// The same sessions in tables that triggers and a function maintain.
    pub(crate) fn maintained() -> Self {
        let database = Self::with_events(PrivatePostgres::shared().unwrap());
        database.deploy_maintained();
        database.run("DELETE FROM analytics.spectrum_refresh_log");
        database
    }

    pub(crate) fn deploy_maintained(&self) {
        let deployment = Deployment { mode: Mode::Incremental, ..self.deployment() };
        let options = DeployOptions { create_index: true, ..DeployOptions::default() };
        deploy(&mut self.connect(), &deployment, &options, &Stop::default(), &mut |_| ()).unwrap();
    }

    fn on(postgres: &'static PrivatePostgres) -> Self {
        let database = Self::with_events(postgres);
        deploy(
            &mut database.connect(),
            &database.deployment(),
            &DeployOptions::default(),
            &Stop::default(),
            &mut |_| (),
        )
        .unwrap();
        // The deployment is in the log itself; a test's own runs count from one.
        database.run("DELETE FROM analytics.spectrum_refresh_log");
        database
    }

    fn with_events(postgres: &'static PrivatePostgres) -> Self {
        let database = Self::empty(postgres);
        database.run(
            "CREATE SCHEMA warehouse;
             CREATE TABLE warehouse.fact_events (event_id text, user_id text, account_id text, occurred_at timestamptz);
             INSERT INTO warehouse.fact_events VALUES
               ('e1', 'u1', 'a', '2026-01-01 10:00Z'), ('e2', 'u1', 'a', '2026-01-01 10:10Z'),
               ('e3', 'u1', 'a', '2026-01-01 12:00Z'), ('e4', 'u2', 'a', '2026-01-01 10:00Z');",
        );
        database
    }

    /// A database of its own on a server.
    pub(crate) fn empty(postgres: &'static PrivatePostgres) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("refresh_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        postgres.run_script(&format!("CREATE DATABASE {name};")).unwrap();
        Self { name, postgres }
    }

    /// What a dump of it and psql make of it, in a database where other things have the numbers that its tables have here.
    pub(crate) fn restored(&self) -> Self {
        let database = Self::empty(self.postgres);
        database.run(
            "DO $$ BEGIN FOR n IN 1..50 LOOP EXECUTE format('CREATE TABLE public.other_%s (a int)', n); END LOOP; END $$;",
        );
        database.run(&self.postgres.dump(&self.name).unwrap());
        database
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn deployment(&self) -> Deployment {
        Deployment::new(SessionDefinition::default()).unwrap()
    }

    /// Runs SQL and returns what it prints.
    pub(crate) fn run(&self, sql: &str) -> String {
        let printed = self.postgres.run_script(&format!("\\connect {}\n{sql}\n", self.name)).unwrap();
        printed.trim_end().to_owned()
    }

    /// What leads a role here.
    pub(crate) fn settings(&self, user: &str) -> String {
        format!("host={} user={user} dbname={}", self.postgres.socket_folder().display(), self.name)
    }

    pub(crate) fn server_as(&self, user: &str) -> Server {
        Server::resolve(Some(&self.settings(user)), |_| None).unwrap()
    }

    pub(crate) fn server(&self) -> Server {
        self.server_as(self.postgres.user())
    }

    pub(crate) fn connect(&self) -> Connection {
        self.server().connect("spectrum refresh").unwrap()
    }

    /// One more event of u1, an hour after the last of its own and before any other new one.
    pub(crate) fn add_event(&self, id: &str) {
        self.run(&format!(
            "INSERT INTO warehouse.fact_events
             SELECT '{id}', 'u1', 'a', MAX(occurred_at) + INTERVAL '1 hour' FROM warehouse.fact_events;"
        ));
    }

    pub(crate) fn try_refresh(&self, options: &RefreshOptions) -> Result<RefreshReport, PgError> {
        refresh(&mut self.connect(), &self.deployment(), options, &Stop::default(), &mut |_| ())
    }

    pub(crate) fn refresh(&self, options: &RefreshOptions) -> RefreshReport {
        self.try_refresh(options).unwrap()
    }

    /// A refresh of everything in schema analytics.
    pub(crate) fn refresh_all(&self) -> RefreshReport {
        self.refresh(&all())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A test that has failed may have sessions open; the server's end removes the database too.
        let _ = self.postgres.run_script(&format!("DROP DATABASE {} WITH (FORCE);", self.name));
    }
}

pub(crate) fn all() -> RefreshOptions {
    RefreshOptions { schema: Some("analytics".into()), ..RefreshOptions::default() }
}

pub(crate) fn view(name: &str) -> TableName {
    TableName::parse(name).unwrap()
}

/// `relation method outcome rows: reason / error`, a line a view.
pub(crate) fn told(report: &RefreshReport) -> String {
    let line = |view: &spectrum_postgres::Refreshed| {
        let method = view.method.map_or("-", |method| method.name());
        let rows = view.rows.map_or("-".to_owned(), |rows| rows.to_string());
        let error = view.error.as_ref().map(|error| format!(" / {error}")).unwrap_or_default();
        format!("{} {method} {} {rows}: {}{error}", view.relation, view.outcome.name(), view.reason)
    };
    report.views.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// How the view of this name ended.
pub(crate) fn outcome(report: &RefreshReport, name: &str) -> Outcome {
    report.views.iter().find(|view| view.relation.name() == name).unwrap().outcome
}

/// Requests a stop when dropped, so that a test that fails ends too.
pub(crate) struct Stopping<'a>(pub(crate) &'a Stop);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.request();
    }
}

/// Holds the lock of the deployments in a schema, as a command of Spectrum does. Its key is what commands of different
/// versions agree on, so it stands here once more.
pub(crate) fn hold_lock(client: &mut Client, schema: &str) {
    let lock = "SELECT pg_try_advisory_lock(x'53504543'::int4, hashtext($1))";
    assert!(client.query_one(lock, &[&schema]).unwrap().get::<_, bool>(0), "somebody has it already");
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
