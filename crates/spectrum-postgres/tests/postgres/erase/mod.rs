//! `erase` on a real server: a person's rows go from everywhere, and nobody else's.

mod limits;
mod reach;
mod whom;

use spectrum_postgres::{
    CheckName, Deployment, EraseOptions, Mode, Receipt, RefreshOptions, Stop, VerifyOptions, erase, refresh,
    verify,
};

use crate::deploy::{definition, events};
use crate::incremental::Maintained;
use crate::refresh::Database;

/// Four people, one of them with two accounts, and one who is nobody.
fn people(mode: Mode) -> (Database, Deployment) {
    let database = events();
    database.run(
        "INSERT INTO warehouse.fact_events VALUES
           ('e5', 'u1', 'b', 'view', '2026-01-01 10:00Z'), ('e6', 'u11', 'a', 'view', '2026-01-01 10:00Z'),
           ('e7', NULL, 'a', 'view', '2026-01-01 10:00Z');",
    );
    let deployment = Deployment { mode, ..definition(|d| d) };
    Maintained::deploy(&database, deployment.clone());
    (database, deployment)
}

fn of(key: &[(&str, &str)]) -> EraseOptions {
    let key = key.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect();
    EraseOptions { key, ..EraseOptions::default() }
}

fn with_events(key: &[(&str, &str)]) -> EraseOptions {
    EraseOptions { events: true, ..of(key) }
}

fn erased(database: &Database, deployment: &Deployment, options: &EraseOptions) -> Receipt {
    erase(&mut database.connect(), deployment, options).unwrap()
}

fn refusal(database: &Database, deployment: &Deployment, options: &EraseOptions) -> String {
    let before = contents(database, "true");
    let error = erase(&mut database.connect(), deployment, options).unwrap_err();
    assert_eq!(contents(database, "true"), before, "refused, and something changed: {error}");
    error.to_string()
}

/// The receipt without its time, a line a relation.
fn told(receipt: &Receipt) -> String {
    let at = &receipt.at;
    let is_time = at.len() == 19 && at.chars().all(|c| c.is_ascii_digit() || "- :".contains(c));
    assert!(is_time, "{at}");
    let mut lines = vec![format!("{:?}, {} events found", receipt.key, receipt.events_found)];
    lines.extend(
        receipt.relations.iter().map(|erased| {
            format!("{}: {} removed, {} remain", erased.relation, erased.removed, erased.remain)
        }),
    );
    lines.push(format!("log texts: {}", receipt.log_texts));
    lines.extend(receipt.not_covered.iter().map(|words| format!("not covered: {words}")));
    lines.join("\n")
}

/// All rows, as text, of all that has the column `user_id`, for which a condition holds.
fn contents(database: &Database, condition: &str) -> String {
    let tables = database.run(
        "SELECT a.attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE a.attname = 'user_id' AND c.relkind IN ('r', 'm') AND c.relispopulated ORDER BY 1;",
    );
    let rows = tables.lines().map(|table| {
        let rows = format!("SELECT t::text FROM {table} t WHERE {condition} ORDER BY t::text COLLATE \"C\";");
        format!("{table}\n{}", database.run(&rows))
    });
    let log = database.run("SELECT l::text FROM analytics.spectrum_refresh_log l ORDER BY id;");
    rows.chain([log]).collect::<Vec<_>>().join("\n")
}

/// After a refresh all is as the reference SQL has it.
fn is_sound(database: &Database, deployment: &Deployment) {
    let mut client = database.connect();
    refresh(&mut client, deployment, &RefreshOptions::default(), &Stop::default(), &mut |_| ()).unwrap();
    let allowed = vec![CheckName::NullKeys];
    let report =
        verify(&mut client, deployment, &VerifyOptions { allowed, ..VerifyOptions::default() }, &mut |_| ())
            .unwrap();
    assert!(report.holds(), "{:?}", report.checks);
}
