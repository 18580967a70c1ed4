//! `spectrum status`: what stands there, how fresh it is, what it costs, and what would suit.

mod advice;
mod changed;
mod refreshes;
mod waiting;
mod watched;

use postgres::{Client, GenericClient};
use spectrum_sql::TableName;

use crate::catalog::{Index, Kind, Relation, find, indexes_of, supports};
use crate::connect::Connection;
use crate::deployment::{Deployment, Mode};
use crate::error::{Result, While};
use crate::present::{Present, deployed};
use crate::record::Role;

pub use refreshes::PastRefresh;
pub use waiting::Pending;

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
    /// In [`Mode::Incremental`], what waits for the next refresh.
    pub waiting: Option<Pending>,
    /// Relations that would tell more, if this role were allowed to read them.
    pub unseen: Vec<TableName>,
    /// Estimated events in the events table.
    pub events: u64,
    /// Whether the events are in partitions.
    pub partitioned: bool,
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

/// Reads how a deployment stands.
///
/// # Errors
/// When nothing is deployed under these names.
pub fn status(connection: &mut Connection, wanted: &Deployment) -> Result<Status> {
    let client: &mut Client = connection;
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
    let mut unseen = Vec::new();
    let (refreshes, age_seconds) = match readable_log(client, &present, &mut unseen)? {
        Some(log) => {
            (refreshes::past_refreshes(client, &log)?, refreshes::age(client, &log, &deployment.sessions())?)
        }
        None => (Vec::new(), None),
    };
    let waiting = match deployment.mode {
        Mode::View => None,
        Mode::Incremental => {
            Some(waiting::waiting(client, &deployment, &present, events.as_ref(), &mut unseen)?)
        }
    };
    let unwatched = match (&waiting, &events) {
        (Some(waiting), Some(events)) => {
            watched::watched(client, &deployment, events, &waiting.new_partitions)?
        }
        _ => Vec::new(),
    };
    let changed = changed::changed(client, &present, &deployment, events.as_ref())?;
    let mut status = Status {
        made_by: present.record(Role::Sessions).map(|record| record.spectrum.clone()).unwrap_or_default(),
        relations,
        refreshes,
        age_seconds,
        waiting,
        unseen,
        events: estimated,
        partitioned: events.as_ref().is_some_and(|events| events.kind == Kind::Partitioned),
        events_index,
        advice: Vec::new(),
        deployment,
    };
    if events.is_none() {
        status.advice.push(format!("the events table {} is gone", status.deployment.events));
    }
    status.advice.extend(changed);
    status.advice.extend(unwatched);
    status.advice.extend(advice::advice(&status));
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

/// The refresh log, or its view for those who may only read that. When there is a log and this role may read neither, the
/// view is added to `unseen`.
fn readable_log(
    client: &mut impl GenericClient,
    present: &Present,
    unseen: &mut Vec<TableName>,
) -> Result<Option<TableName>> {
    let mut hidden = None;
    for role in [Role::RefreshLog, Role::RefreshLogView] {
        if let Some(relation) = present.get(role) {
            if may_read(client, relation)? {
                return Ok(Some(relation.name.clone()));
            }
            hidden = Some(relation.name.clone());
        }
    }
    unseen.extend(hidden);
    Ok(None)
}

/// Whether this role may read a relation.
fn may_read(client: &mut impl GenericClient, relation: &Relation) -> Result<bool> {
    let row = client
        .query_one(
            "SELECT has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(c.relnamespace, 'USAGE')
             FROM pg_catalog.pg_class c WHERE c.oid = $1",
            &[&relation.oid],
        )
        .while_doing("reading privileges")?;
    Ok(row.get(0))
}
