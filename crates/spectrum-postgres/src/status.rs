//! `spectrum status`: what stands there, how fresh it is, what it costs, and what would suit.

use postgres::GenericClient;
use spectrum_sql::TableName;

use crate::catalog::{Index, Relation, find, indexes_of, supports};
use crate::deployment::Deployment;
use crate::error::{Result, While};
use crate::present::deployed;
use crate::record::Role;

/// How many past refreshes are shown.
const SHOWN: i64 = 10;

/// A deployment as it stands.
#[derive(Clone, Debug)]
pub struct Status {
    /// What is deployed.
    pub deployment: Deployment,
    /// The version of Spectrum that deployed it.
    pub made_by: String,
    /// The relations with rows of their own.
    pub relations: Vec<RelationStatus>,
    /// The last refreshes, the latest first.
    pub refreshes: Vec<PastRefresh>,
    /// When the last refresh that brought the sessions up to date began, in seconds before now.
    pub age_seconds: Option<f64>,
    /// Estimated events in the events table.
    pub events: u64,
    /// Whether the events have an index on key and time.
    pub events_index: bool,
    /// What to do, in order of weight; empty when all is well.
    pub advice: Vec<String>,
}

/// One relation.
#[derive(Clone, Debug)]
pub struct RelationStatus {
    /// Its name.
    pub name: TableName,
    /// Whether it holds anything.
    pub populated: bool,
    /// Whether it has the unique index that lets it be refreshed while it is read.
    pub unique_index: bool,
    /// Estimated rows.
    pub rows: u64,
    /// Bytes of the relation with its indexes.
    pub bytes: u64,
    /// Bytes of the indexes alone.
    pub index_bytes: u64,
}

/// A row of the refresh log.
#[derive(Clone, PartialEq, Debug)]
pub struct PastRefresh {
    /// What was refreshed.
    pub relation: String,
    /// When it began, in UTC.
    pub started_at: String,
    /// How long it took.
    pub seconds: f64,
    /// `concurrently` or `plain`.
    pub method: String,
    /// `ok`, `failed`, `skipped` or `cancelled`.
    pub outcome: String,
    /// Rows afterwards.
    pub rows: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// Reads how a deployment stands.
///
/// # Errors
/// When nothing is deployed under these names.
pub fn status(client: &mut impl GenericClient, wanted: &Deployment) -> Result<Status> {
    let (deployment, present) = deployed(client, wanted)?;
    let mut relations = Vec::new();
    for role in [Role::Sessions, Role::Summary] {
        if let Some(relation) = present.get(role) {
            relations.push(relation_status(client, relation)?);
        }
    }
    let events = find(client, &deployment.events)?;
    let events_index = match &events {
        Some(events) => {
            let definition = &deployment.definition;
            let indexes = indexes_of(client, events.oid)?;
            indexes.iter().any(|index| supports(index, definition.key(), definition.time()))
        }
        None => false,
    };
    let estimated = match &events {
        Some(events) => estimated_rows(client, events)?,
        None => 0,
    };
    let refreshes = match present.get(Role::RefreshLog) {
        Some(log) => past_refreshes(client, &log.name)?,
        None => Vec::new(),
    };
    let age_seconds = match present.get(Role::RefreshLog) {
        Some(log) => age(client, &log.name, &deployment.sessions())?,
        None => None,
    };
    let mut status = Status {
        made_by: present.record(Role::Sessions).map(|record| record.spectrum.clone()).unwrap_or_default(),
        relations,
        refreshes,
        age_seconds,
        events: estimated,
        events_index,
        advice: Vec::new(),
        deployment,
    };
    if events.is_none() {
        status.advice.push(format!("the events table {} is gone", status.deployment.events));
    }
    status.advice.extend(advice(&status));
    Ok(status)
}

fn relation_status(client: &mut impl GenericClient, relation: &Relation) -> Result<RelationStatus> {
    let row = client
        .query_one(
            "SELECT pg_total_relation_size($1::oid::regclass), pg_indexes_size($1::oid::regclass)",
            &[&relation.oid],
        )
        .while_doing(format!("measuring {}", relation.name))?;
    let unique = |index: &Index| index.unique && index.columns.iter().all(Option::is_some);
    Ok(RelationStatus {
        name: relation.name.clone(),
        populated: relation.populated,
        unique_index: indexes_of(client, relation.oid)?.iter().any(unique),
        rows: relation.rows.max(0.0) as u64,
        bytes: row.get::<_, i64>(0).unsigned_abs(),
        index_bytes: row.get::<_, i64>(1).unsigned_abs(),
    })
}

/// The planner's estimate, summed over partitions; where nobody has counted yet, what 120 bytes an event come to.
fn estimated_rows(client: &mut impl GenericClient, events: &Relation) -> Result<u64> {
    let row = client
        .query_one(
            "SELECT COALESCE(SUM(CASE WHEN c.reltuples < 0 THEN pg_relation_size(c.oid) / 120 ELSE c.reltuples END), 0)::float8
             FROM pg_catalog.pg_class c
             WHERE c.oid = $1 OR c.oid IN (SELECT relid FROM pg_partition_tree($1::oid::regclass) WHERE isleaf)",
            &[&events.oid],
        )
        .while_doing("estimating the events")?;
    Ok(row.get::<_, f64>(0) as u64)
}

fn past_refreshes(client: &mut impl GenericClient, log: &TableName) -> Result<Vec<PastRefresh>> {
    let sql = format!(
        "SELECT relation, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                COALESCE(EXTRACT(EPOCH FROM finished_at - started_at), 0)::float8, COALESCE(method, ''), outcome, rows, error
         FROM {log} ORDER BY started_at DESC, id DESC LIMIT {SHOWN}"
    );
    let rows = client.query(&sql, &[]).while_doing("reading past refreshes")?;
    let past = |row: &postgres::Row| PastRefresh {
        relation: row.get(0),
        started_at: row.get(1),
        seconds: row.get(2),
        method: row.get(3),
        outcome: row.get(4),
        rows: row.get(5),
        error: row.get(6),
    };
    Ok(rows.iter().map(past).collect())
}

/// Seconds since the last refresh of the sessions began that came to its end.
fn age(client: &mut impl GenericClient, log: &TableName, sessions: &TableName) -> Result<Option<f64>> {
    let sql = format!(
        "SELECT EXTRACT(EPOCH FROM NOW() - MAX(started_at))::float8 FROM {log} WHERE relation = $1 AND outcome = 'ok'"
    );
    let row = client.query_one(&sql, &[&sessions.to_string()]).while_doing("reading past refreshes")?;
    Ok(row.get(0))
}

fn advice(status: &Status) -> Vec<String> {
    let mut advice = Vec::new();
    for relation in &status.relations {
        if !relation.populated {
            advice.push(format!("{} holds nothing; run spectrum refresh", relation.name));
        }
        if !relation.unique_index {
            advice.push(format!(
                "{} has no unique index, so every refresh keeps readers out; run spectrum deploy",
                relation.name
            ));
        }
    }
    let failed = status.refreshes.iter().take(2).find(|past| past.outcome != "ok");
    if let Some(past) = failed {
        let why = past.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
        let ended = if past.outcome == "failed" { "failed" } else { &format!("was {}", past.outcome) };
        advice.push(format!("the refresh of {} at {} UTC {ended}{why}", past.relation, past.started_at));
    }
    if !status.events_index {
        advice.push(format!(
            "{} has no index on key and time, so every refresh sorts all events; spectrum deploy --create-index makes one",
            status.deployment.events
        ));
    }
    let seconds = status.refreshes.iter().filter(|past| past.outcome == "ok").map(|past| past.seconds);
    if let Some(longest) = seconds.reduce(f64::max).filter(|longest| *longest > 60.0) {
        advice.push(format!(
            "a refresh takes {longest:.0} s, whatever changed, because a materialized view is computed anew each time; \
             refresh less often, or keep fewer events in {}",
            status.deployment.events
        ));
    }
    advice
}
