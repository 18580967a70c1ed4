//! A place for every event: partitions that are missing are made, or named.

use postgres::GenericClient;
use spectrum_sql::identifier;

use super::LoadOptions;
use super::create::{Month, partition};
use super::table::Table;
use crate::catalog::Kind;
use crate::error::{PgError, Result, While};

/// More months than this are a sign of times that are wrong.
const MOST_MONTHS: usize = 240;

/// Makes sure that every staged event has a partition, and returns the names of those that were made.
pub(super) fn make_room(
    client: &mut impl GenericClient,
    table: &Table,
    options: &LoadOptions,
) -> Result<Vec<String>> {
    if table.relation.kind != Kind::Partitioned {
        return Ok(Vec::new());
    }
    let mut lost = Lost::find(client, table, options)?;
    if lost.events == 0 {
        return Ok(Vec::new());
    }
    let name = &table.relation.name;
    let is_ours =
        table.relation.comment.as_deref().is_some_and(|comment| comment.starts_with("Made by Spectrum "));
    if !is_ours {
        return Err(lost.refusal(client, table)?);
    }
    // Another load may be making the same months; then it is waited for, and what it made is seen.
    client
        .batch_execute(&format!("LOCK TABLE ONLY {name} IN SHARE UPDATE EXCLUSIVE MODE"))
        .while_doing(format!("locking {name} to add partitions"))?;
    lost = Lost::find(client, table, options)?;
    let months = lost.months(client, table, options)?;
    if months.len() > MOST_MONTHS {
        return Err(PgError::Refused(format!(
            "the events would need {} new monthly partitions, from {} to {}; are the times right? (numbers need --time-unit)",
            months.len(),
            lost.first,
            lost.last
        )));
    }
    for month in &months {
        for statement in partition(name, month) {
            client
                .batch_execute(&statement)
                .while_doing(format!("making the partition for {}", month.from))?;
        }
    }
    Ok(months.iter().map(|month| name.derived(&month.suffix)).collect())
}

/// Events that no partition takes.
struct Lost {
    events: i64,
    first: String,
    last: String,
    /// Which they are, as SQL.
    condition: String,
}

impl Lost {
    fn find(client: &mut impl GenericClient, table: &Table, options: &LoadOptions) -> Result<Self> {
        let rows = client
            .query(
                "SELECT pg_get_partition_constraintdef(relid::oid)
                 FROM pg_partition_tree($1::oid::regclass) WHERE isleaf AND relid::oid <> $1",
                &[&table.relation.oid],
            )
            .while_doing("reading the partitions")?;
        // A default partition without others takes everything and has no constraint.
        let taken: Vec<Option<String>> = rows.iter().map(|row| row.get(0)).collect();
        let condition = match taken.iter().cloned().collect::<Option<Vec<String>>>() {
            None => "FALSE".to_owned(),
            Some(taken) if taken.is_empty() => "TRUE".to_owned(),
            Some(taken) => format!("(({})) IS NOT TRUE", taken.join(") OR (")),
        };
        let time = identifier(options.definition.time());
        let row = client
            .query_one(
                &format!(
                    "SELECT count(*), COALESCE(min(s.{time})::text, 'NULL'), COALESCE(max(s.{time})::text, 'NULL')
                     FROM {} WHERE {condition}",
                    table.staged()
                ),
                &[],
            )
            .while_doing("looking for partitions")?;
        Ok(Self { events: row.get(0), first: row.get(1), last: row.get(2), condition })
    }

    fn months(
        &self,
        client: &mut impl GenericClient,
        table: &Table,
        options: &LoadOptions,
    ) -> Result<Vec<Month>> {
        let time = identifier(options.definition.time());
        // The session keeps time in UTC, so months do too.
        let rows = client
            .query(
                &format!(
                    "SELECT to_char(month, 'YYYY_MM'), to_char(month, 'YYYY-MM-DD'),
                            to_char(month + INTERVAL '1 month', 'YYYY-MM-DD'), month < '0001-01-01'
                     FROM (SELECT DISTINCT date_trunc('month', s.{time}) AS month FROM {} WHERE {}) AS months
                     ORDER BY month",
                    table.staged(),
                    self.condition
                ),
                &[],
            )
            .while_doing("looking for months without a partition")?;
        let month = |row: &postgres::Row| {
            if row.get::<_, Option<bool>>(3) != Some(false) {
                return Err(PgError::Refused(format!(
                    "some events are without a month to put them into: their times reach from {} to {}",
                    self.first, self.last
                )));
            }
            let instant = |column| format!("{} 00:00:00+00", row.get::<_, &str>(column));
            Ok(Month { suffix: row.get(0), from: instant(1), to: instant(2) })
        };
        rows.iter().map(month).collect()
    }

    fn refusal(&self, client: &mut impl GenericClient, table: &Table) -> Result<PgError> {
        let name = &table.relation.name;
        let row = client
            .query_one("SELECT pg_get_partkeydef($1)", &[&table.relation.oid])
            .while_doing("reading how the table is partitioned")?;
        let by: String = row.get(0);
        let events = match self.events {
            1 => "1 event falls".to_owned(),
            many => format!("{many} events fall"),
        };
        Ok(PgError::Refused(format!(
            "{events} into no partition of {name} (by {by}), with times from {} to {}; Spectrum adds partitions only to tables \
             that it made, so make them first",
            self.first, self.last
        )))
    }
}
