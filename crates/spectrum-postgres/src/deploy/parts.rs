//! The parts of a build: ranges of keys, each small enough to be done again after a crash, and written down so that it is
//! known which are done.

use postgres::{Client, GenericClient, IsolationLevel};
use spectrum_sql::{identifier, literal};

use crate::catalog::{indexes_of, supports};
use crate::error::{Result, While};
use crate::fit::Fit;

/// About so many events are a part.
const EVENTS_A_PART: u64 = 1_000_000;
/// Fewer events are made several parts too, up to so many, so that several connections can share them ...
const PARTS_OF_FEW: u64 = 4;
/// ... as long as each has so many.
const LEAST_A_PART: u64 = 200_000;
/// Never more parts than this. Keys are spread over the whole table, so each part reads most of its pages.
const MOST_PARTS: u64 = 64;
/// The number of events per part that are looked at to find the ranges.
const SAMPLED_A_PART: u64 = 1_000;

/// The table of parts, empty.
pub(super) fn table(fit: &Fit) -> String {
    format!(
        "CREATE TABLE {} (
  number integer PRIMARY KEY,
  condition text NOT NULL,
  planned_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  sessions bigint,
  done_at timestamptz)",
        fit.deployment.build_parts()
    )
}

/// The columns of the key as a list.
pub(super) fn key_list(fit: &Fit) -> String {
    let key: Vec<String> = fit.deployment.definition.key().iter().map(|name| identifier(name)).collect();
    key.join(", ")
}

/// What every part asks of an event: times that are none are refused before, and such that come during the build are
/// refused by the first refresh.
pub(super) fn has_time(fit: &Fit) -> String {
    fit.is_finite(&identifier(fit.deployment.definition.time()))
}

/// Writes down the parts of so many events, unless that is done already. Returns how many there are, and how many of them
/// are done.
pub(super) fn plan_parts(
    client: &mut Client,
    fit: &Fit,
    events: u64,
    events_a_part: u64,
) -> Result<(u64, u64)> {
    let table = fit.deployment.build_parts();
    let planned = count(client, fit)?;
    if planned.0 > 0 {
        return Ok(planned);
    }
    let conditions = conditions(client, fit, events, events_a_part)?;
    let rows: Vec<String> =
        conditions.iter().enumerate().map(|(at, text)| format!("({}, {})", at + 1, literal(text))).collect();
    let sql = format!("INSERT INTO {table} (number, condition) VALUES {}", rows.join(", "));
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .while_doing("beginning a transaction")?;
    transaction.batch_execute(&sql).while_doing(format!("writing {table}"))?;
    transaction.commit().while_doing("committing")?;
    Ok((rows.len() as u64, 0))
}

/// How many parts there are, and how many are done.
pub(super) fn count(client: &mut impl GenericClient, fit: &Fit) -> Result<(u64, u64)> {
    let table = fit.deployment.build_parts();
    let sql = format!("SELECT COUNT(*), COUNT(done_at) FROM {table}");
    let row = client.query_one(&sql, &[]).while_doing(format!("reading {table}"))?;
    Ok((row.get::<_, i64>(0).unsigned_abs(), row.get::<_, i64>(1).unsigned_abs()))
}

/// Conditions of which exactly one holds for any event with a time, the same for all events of a key.
fn conditions(
    client: &mut impl GenericClient,
    fit: &Fit,
    events: u64,
    events_a_part: u64,
) -> Result<Vec<String>> {
    let has_time = has_time(fit);
    let parts = match events_a_part {
        0 => (events / EVENTS_A_PART).max(PARTS_OF_FEW.min(events / LEAST_A_PART)),
        given => events / given,
    };
    let parts = parts.clamp(1, MOST_PARTS);
    let definition = &fit.deployment.definition;
    let indexes = indexes_of(client, fit.events.oid)?;
    let index = indexes.iter().find(|index| supports(index, definition.key(), definition.time()));
    let leading = index.and_then(|index| index.columns.first().cloned().flatten());
    let (Some(leading), 2..) = (leading, parts) else { return Ok(vec![has_time]) };
    let bounds = bounds(client, fit, &leading, events, parts)?;
    let column = identifier(&leading);
    let operator = |name: &str| fit.column(&leading).map(|found| found.operator(name)).unwrap_or_default();
    let (below, from_on) = (operator("<"), operator(">="));
    let mut ranges: Vec<String> = Vec::new();
    let mut from: Option<String> = None;
    for bound in bounds {
        let bound = literal(&bound);
        ranges.push(match &from {
            None => format!("{column} {below} {bound}"),
            Some(from) => format!("{column} {from_on} {from} AND {column} {below} {bound}"),
        });
        from = Some(bound);
    }
    ranges.push(match from {
        Some(from) => format!("{column} {from_on} {from}"),
        None => format!("{column} IS NOT NULL"),
    });
    ranges.push(format!("{column} IS NULL"));
    Ok(ranges.into_iter().map(|range| format!("{range} AND {has_time}")).collect())
}

/// Values of a column, in its own order, that divide the events into `parts` of about the same size, as text.
fn bounds(
    client: &mut impl GenericClient,
    fit: &Fit,
    column: &str,
    events: u64,
    parts: u64,
) -> Result<Vec<String>> {
    let percent = (100.0 * (parts * SAMPLED_A_PART) as f64 / events as f64).min(100.0);
    let fractions: Vec<String> = (1..parts).map(|at| format!("{}", at as f64 / parts as f64)).collect();
    let column = identifier(column);
    let sql = format!(
        "SELECT d.bound::text FROM (
           SELECT DISTINCT s.bound FROM (
             SELECT pg_catalog.unnest(
               pg_catalog.percentile_disc('{{{}}}'::float8[]) WITHIN GROUP (ORDER BY {column})) AS bound
             FROM {} TABLESAMPLE SYSTEM ({percent})) s
           WHERE s.bound IS NOT NULL) d
         ORDER BY d.bound",
        fractions.join(","),
        fit.events.name
    );
    let rows = client.query(&sql, &[]).while_doing(format!("sampling {}", fit.events.name))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
