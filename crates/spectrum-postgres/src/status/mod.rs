//! `spectrum status`: what is deployed, how fresh it is, what it costs, and advice.

mod advice;
mod changed;
mod history;
mod ids;
mod locked;
mod missed;
mod pending;
mod refreshes;

use std::time::Duration;

use postgres::{Client, GenericClient};
use spectrum_sql::TableName;
use spectrum_sql::postgres::table_tree;

use self::locked::Patience;
use crate::catalog::{Index, Kind, Relation, find, indexes_of, may_read, supports};
use crate::connect::Connection;
use crate::deploy::being_built;
use crate::deployment::{Deployment, Mode};
use crate::error::{Result, While};
use crate::message::{Message, message};
use crate::present::{Present, deployed};
use crate::record::Record;
use crate::remedy::Command;
use crate::role::Role;

pub use history::PastSummaries;
pub use ids::PastIds;
pub use locked::Locked;
pub(crate) use missed::missed;
pub use pending::Pending;
pub use refreshes::PastRefresh;

/// A deployment as it stands.
#[derive(Clone, Debug)]
#[non_exhaustive]
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
    /// Where ids last, what became of those that were given.
    pub past_ids: Option<PastIds>,
    /// What is known of what the summary was, where that is kept.
    pub past_summaries: Option<PastSummaries>,
    /// Relations that would show more, if this role were allowed to read them.
    pub unseen: Vec<TableName>,
    /// Relations that would show more, if somebody had not locked them.
    pub locked: Vec<Locked>,
    /// Estimated events in the events table; `None` when they could not be looked at.
    pub events: Option<u64>,
    /// Whether the events have an index on key and time.
    pub events_index: bool,
    /// What the events are; `None` when they are gone.
    pub(crate) events_kind: Option<Kind>,
    /// What to do, in order of weight; empty when all is well.
    pub advice: Vec<Message>,
}

/// One relation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RelationStatus {
    /// Its name.
    pub name: TableName,
    /// Whether it holds anything.
    pub populated: bool,
    /// Whether it has the unique index that lets it be refreshed while it is read.
    pub unique_index: bool,
    /// Estimated rows.
    pub rows: u64,
    /// Bytes of the relation with its indexes; `None` when it could not be looked at.
    pub bytes: Option<u64>,
    /// Bytes of the indexes alone.
    pub index_bytes: Option<u64>,
}

/// How long [`status`] waits for locks, in all.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Reads how a deployment stands. It waits for locks no longer than two seconds, in all.
///
/// # Errors
/// When nothing is deployed under these names.
pub fn status(connection: &mut Connection, wanted: &Deployment) -> Result<Status> {
    status_within(connection, wanted, LOCK_TIMEOUT)
}

/// [`status`] with another limit.
///
/// # Errors
/// When nothing is deployed under these names.
pub fn status_within(
    connection: &mut Connection,
    wanted: &Deployment,
    lock_timeout: Duration,
) -> Result<Status> {
    let client: &mut Client = connection;
    let setting = client
        .query_one("SELECT pg_catalog.current_setting('lock_timeout')", &[])
        .while_doing("reading settings")?;
    let mut patience = Patience::new(lock_timeout);
    patience.set(client)?;
    let found = found(client, wanted, &mut patience);
    let reset = client
        .execute("SELECT pg_catalog.set_config('lock_timeout', $1, false)", &[&setting.get::<_, &str>(0)])
        .while_doing("setting a timeout");
    found.and_then(|found| reset.map(|_| found))
}

fn found(client: &mut impl GenericClient, wanted: &Deployment, patience: &mut Patience) -> Result<Status> {
    let (deployment, present) = deployed(client, wanted)?;
    let mut relations = Vec::new();
    for role in [Role::Sessions, Role::Summary, Role::SessionIds, Role::SessionHistory] {
        if let Some(relation) = present.get(role) {
            relations.push(relation_status(client, relation, patience)?);
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
        Some(events) => {
            patience.read(client, (events.oid, &events.name), |client| estimated_rows(client, events))?
        }
        None => Some(0),
    };
    let mut unseen = Vec::new();
    let refreshes = match readable_log(client, &present, &mut unseen)? {
        Some(log) => patience.read(client, (log.oid, &log.name), |client| {
            let age = refreshes::age(client, &log.name, &deployment.sessions())?;
            Ok((refreshes::past_refreshes(client, &log.name)?, age))
        })?,
        None => None,
    };
    let (refreshes, age_seconds) = refreshes.unwrap_or_default();
    let waiting = match deployment.mode {
        Mode::View => None,
        Mode::Incremental => {
            // While another definition is built, it is for that one that changes are noted.
            let noted = present.record(Role::Changes).and_then(Record::deployment);
            let noted = noted.as_ref().unwrap_or(&deployment);
            Some(pending::pending(client, noted, &present, events.as_ref(), &mut unseen, patience)?)
        }
    };
    let past_ids = ids::past_ids(client, &present, &mut unseen, patience)?;
    let past_summaries = history::past_summaries(client, &deployment, &present, &mut unseen, patience)?;
    let changed = changed::changed(client, &present, &deployment, events.as_ref())?;
    let missed = match present.get(Role::Partitions).or(events.as_ref()) {
        Some(read) => patience
            .read(client, (read.oid, &read.name), |client| {
                missed(client, &deployment, &present, events.as_ref())
            })?
            .unwrap_or_default(),
        None => missed(client, &deployment, &present, None)?,
    };
    let mut status = Status {
        made_by: present.record(Role::Sessions).map(|record| record.spectrum.clone()).unwrap_or_default(),
        relations,
        refreshes,
        age_seconds,
        waiting,
        past_ids,
        past_summaries,
        unseen,
        locked: std::mem::take(&mut patience.locked),
        events: estimated,
        events_index,
        events_kind: events.as_ref().map(|events| events.kind),
        advice: Vec::new(),
        deployment,
    };
    status.advice.extend(changed);
    status.advice.extend(missed);
    status.advice.extend(unfinished(&status.deployment, &present));
    status.advice.extend(advice::advice(&status));
    Ok(status)
}

/// That another definition is being built over the sessions.
fn unfinished(deployment: &Deployment, present: &Present) -> Option<Message> {
    if !present.is_unfinished() {
        return None;
    }
    let sessions = deployment.sessions();
    let wanted = present.record(Role::NewSessions);
    let differences = present.record(Role::Sessions).zip(wanted).map(|(was, is)| was.differences(is));
    let differences: Vec<String> =
        differences.into_iter().flatten().map(|difference| difference.words).collect();
    let what = if differences.is_empty() { String::new() } else { format!(" ({})", differences.join("; ")) };
    let being_built = match deployment.mode {
        Mode::Incremental => being_built(&sessions),
        Mode::View => format!("another {sessions} is being built"),
    };
    Some(message![
        format!("{being_built}{what}; if spectrum deploy is not running, it was interrupted: run "),
        deployment.command(Command::Deploy),
        " again, and it goes on"
    ])
}

fn relation_status(
    client: &mut impl GenericClient,
    relation: &Relation,
    patience: &mut Patience,
) -> Result<RelationStatus> {
    let measured = patience.read(client, (relation.oid, &relation.name), |client| {
        client
            .query_one(
                "SELECT pg_catalog.pg_total_relation_size($1::oid::pg_catalog.regclass),
                        pg_catalog.pg_indexes_size($1::oid::pg_catalog.regclass)",
                &[&relation.oid],
            )
            .while_doing(format!("measuring {}", relation.name))
    })?;
    let bytes = |column| measured.as_ref().map(|row| row.get::<_, i64>(column).unsigned_abs());
    let unique = |index: &Index| index.unique && index.columns.iter().all(Option::is_some);
    Ok(RelationStatus {
        name: relation.name.clone(),
        populated: relation.populated,
        unique_index: indexes_of(client, relation.oid)?.iter().any(unique),
        rows: relation.rows.max(0.0) as u64,
        bytes: bytes(0),
        index_bytes: bytes(1),
    })
}

/// The planner's estimate, summed over partitions; where nobody has counted yet, the size divided by 120
/// bytes per event.
fn estimated_rows(client: &mut impl GenericClient, events: &Relation) -> Result<u64> {
    let row = client
        .query_one(
            &format!(
                "WITH RECURSIVE {}
                 SELECT COALESCE(SUM(CASE WHEN c.reltuples < 0 THEN pg_catalog.pg_relation_size(c.oid) / 120
                                          ELSE c.reltuples END), 0)::float8
                 FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relkind <> 'p'",
                table_tree("$1::oid")
            ),
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
) -> Result<Option<Relation>> {
    let mut hidden = None;
    for role in [Role::RefreshLog, Role::RefreshLogView] {
        if let Some(relation) = present.get(role) {
            if may_read(client, relation)? {
                return Ok(Some(relation.clone()));
            }
            hidden = Some(relation.name.clone());
        }
    }
    unseen.extend(hidden);
    Ok(None)
}
