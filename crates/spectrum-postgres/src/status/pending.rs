//! What waits for the next refresh in mode incremental.

use postgres::GenericClient;
use spectrum_sql::TableName;
use spectrum_sql::postgres::{Events, pending_query, tables_below};

use super::locked::Patience;
use crate::catalog::{IS_WATCHED, Relation, may_read};
use crate::deployment::Deployment;
use crate::error::{Result, While};
use crate::present::Present;
use crate::role::Role;

/// Notes of no more bytes than this are counted; they are some millions.
const COUNTED: u64 = 256 << 20;

/// What was noted, or will be seen, and is not in the sessions yet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Pending {
    /// The keys of whose events something was written. `None` when there are too many notes to count, or this role may
    /// not read them.
    pub keys: Option<u64>,
    /// Whether the events were truncated.
    pub truncated: bool,
    /// Partitions that are not watched yet; the next refresh takes them in.
    pub new_partitions: Vec<TableName>,
    /// Partitions that were detached or dropped since.
    pub gone_partitions: u64,
    /// Bytes of the notes, with those that were taken in and are not cleared away yet; zero when they could not be looked at.
    pub bytes: u64,
}

impl Pending {
    /// Whether it is certain that the sessions have all that is committed.
    pub fn is_nothing(&self) -> bool {
        self.keys == Some(0) && !self.truncated && self.new_partitions.is_empty() && self.gone_partitions == 0
    }
}

/// Looks for it. Relations that this role may not read are added to `unseen`.
pub(super) fn pending(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    present: &Present,
    events: Option<&Relation>,
    unseen: &mut Vec<TableName>,
    patience: &mut Patience,
) -> Result<Pending> {
    let mut pending = Pending::default();
    if let Some(changes) = present.get(Role::Changes) {
        let readable = may_read(client, changes)?;
        if !readable {
            unseen.push(changes.name.clone());
        }
        patience.read(client, (changes.oid, &changes.name), |client| {
            notes(client, deployment, changes, readable, &mut pending)
        })?;
    }
    if let (Some(known), Some(events)) = (present.get(Role::Partitions), events) {
        match may_read(client, known)? {
            true => {
                patience.read(client, (known.oid, &known.name), |client| {
                    partitions(client, &known.name, events, &mut pending)
                })?;
            }
            false => unseen.push(known.name.clone()),
        }
    }
    Ok(pending)
}

fn notes(
    client: &mut impl GenericClient,
    deployment: &Deployment,
    changes: &Relation,
    readable: bool,
    pending: &mut Pending,
) -> Result<()> {
    let measured = client
        .query_one("SELECT pg_catalog.pg_total_relation_size($1::oid::pg_catalog.regclass)", &[&changes.oid])
        .while_doing(format!("measuring {}", changes.name))?;
    pending.bytes = measured.get::<_, i64>(0).unsigned_abs();
    if readable && pending.bytes <= COUNTED {
        let events = Events::new(&deployment.definition, deployment.events.clone());
        let sql = pending_query(&events.carrying(&deployment.carried), &changes.name);
        let row = client.query_one(&sql, &[]).while_doing("counting what waits")?;
        pending.keys = Some(row.get::<_, i64>(0).unsigned_abs());
        pending.truncated = row.get(1);
    }
    Ok(())
}

/// The partitions that the next refresh is going to watch; `None` when this role may not read which are known.
pub(super) fn new_partitions(
    client: &mut impl GenericClient,
    present: &Present,
    events: &Relation,
) -> Result<Option<Vec<TableName>>> {
    let Some(known) = present.get(Role::Partitions) else { return Ok(Some(Vec::new())) };
    if !may_read(client, known)? {
        return Ok(None);
    }
    let mut pending = Pending::default();
    partitions(client, &known.name, events, &mut pending)?;
    Ok(Some(pending.new_partitions))
}

fn partitions(
    client: &mut impl GenericClient,
    known: &TableName,
    events: &Relation,
    pending: &mut Pending,
) -> Result<()> {
    let below = format!("WITH RECURSIVE {}", tables_below("$1"));
    let new = format!(
        "{below} SELECT n.nspname::text, c.relname::text
         FROM below b JOIN pg_catalog.pg_class c ON c.oid = b.inhrelid AND c.relkind = 'r'
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.oid NOT IN (SELECT k.partition FROM {known} k WHERE {IS_WATCHED}) ORDER BY 1, 2"
    );
    let rows = client.query(&new, &[&events.oid]).while_doing("looking for new partitions")?;
    let name = |row: &postgres::Row| TableName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)).ok();
    pending.new_partitions = rows.iter().filter_map(name).collect();
    let gone =
        format!("{below} SELECT COUNT(*) FROM {known} WHERE partition NOT IN (SELECT inhrelid FROM below)");
    let row = client.query_one(&gone, &[&events.oid]).while_doing("looking for partitions that went")?;
    pending.gone_partitions = row.get::<_, i64>(0).unsigned_abs();
    Ok(())
}
