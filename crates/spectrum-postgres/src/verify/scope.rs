//! Which rows are compared, on both sides: all, or those of sampled keys, without those that wait for the next refresh.

use postgres::{GenericClient, Transaction};
use spectrum_sql::TableName;
use spectrum_sql::postgres::Events;

use super::sample::Sample;
use crate::catalog::IS_WATCHED;
use crate::deployment::Mode;
use crate::error::{PgError, Result, While};
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::present::Present;
use crate::remedy::Remedy;
use crate::role::Role;

/// What is compared.
pub(super) struct Scope {
    /// The condition on the key of sampled rows.
    pub(super) sampled: Option<String>,
    /// That condition, and that no change of the key waits for the next refresh.
    pub(super) compared: Option<String>,
    /// What waits; `None` where nothing is noted, in mode view.
    pub(super) waiting: Option<NotCompared>,
    /// The events of partitions that went, which count on.
    kept: Option<TableName>,
    /// What repairs rows that differ.
    pub(super) remedy: Message,
}

/// What waits for the next refresh.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NotCompared {
    /// Keys with changes that were noted, or that a partition that came or went brings. They are not compared.
    pub keys: u64,
    /// Partitions that came or went since the last refresh.
    pub partitions: u64,
}

impl Scope {
    /// Looks at what waits, in the snapshot of the transaction.
    ///
    /// # Errors
    /// [`PgError::Refused`] when every key may wait.
    pub(super) fn find(
        client: &mut Transaction<'_>,
        fit: &Fit,
        present: &Present,
        sample: Option<Sample>,
    ) -> Result<Self> {
        let mut scope = Self::of_all(fit, present, sample);
        if fit.deployment.mode == Mode::View {
            return Ok(scope);
        }
        let events = fit.query();
        let incremental = fit.incremental(&events);
        let deployment = &fit.deployment;
        let everything = format!(
            "SELECT EXISTS (SELECT FROM {} WHERE {})",
            deployment.changes(),
            events.own_name("everything")
        );
        if client.query_one(&everything, &[]).while_doing("looking at what was noted")?.get(0) {
            return Err(PgError::refused(format!(
                "{} was truncated since the last refresh, so every key waits for the next one and nothing can be compared; \
                 run spectrum refresh first",
                fit.events.name
            )));
        }
        let (came, went) = match present.get(Role::Partitions) {
            Some(_) => partitions(client, fit)?,
            None => (Vec::new(), 0),
        };
        let keys = incremental.waiting_keys(&came, went > 0);
        let count = format!("SELECT COUNT(*) FROM (SELECT DISTINCT * FROM ({keys}) AS keys) AS keys");
        let count: i64 = client.query_one(&count, &[]).while_doing("counting what was noted")?.get(0);
        if count > 0 {
            let none_waits = format!("NOT {}", incremental.key_among(&keys));
            scope.compared = Some(match &scope.sampled {
                Some(sampled) => format!("{sampled} AND {none_waits}"),
                None => none_waits,
            });
        }
        scope.waiting =
            Some(NotCompared { keys: count.unsigned_abs(), partitions: came.len() as u64 + went });
        Ok(scope)
    }

    /// All keys or the sampled ones, whether they wait or not.
    pub(super) fn of_all(fit: &Fit, present: &Present, sample: Option<Sample>) -> Self {
        let sampled = sample.map(|sample| sample.condition(&fit.query()));
        Self {
            compared: sampled.clone(),
            sampled,
            waiting: None,
            kept: present.get(Role::KeptEvents).map(|kept| kept.name.clone()),
            remedy: match fit.deployment.mode {
                Mode::View => "spectrum refresh takes in what was written since the last one".into(),
                Mode::Incremental => message![
                    "nothing was noted of it, so no refresh mends it; ",
                    Remedy::Repair { schema: None },
                    " computes these keys again"
                ],
            },
        }
    }

    /// The events that the reference SQL is to see.
    pub(super) fn reference<'a>(&self, fit: &'a Fit) -> Events<'a> {
        let events = match &self.kept {
            Some(kept) => fit.query().and_those_of(kept.clone()),
            None => fit.query(),
        };
        match &self.compared {
            Some(condition) => events.only(condition),
            None => events,
        }
    }

    /// The condition on the relations, as a clause; empty when there is none.
    pub(super) fn filter(&self) -> String {
        self.compared.as_ref().map(|condition| format!(" WHERE {condition}")).unwrap_or_default()
    }
}

/// The partitions that no refresh knows yet, and how many are known that are not there.
pub(super) fn partitions(client: &mut impl GenericClient, fit: &Fit) -> Result<(Vec<TableName>, u64)> {
    let events = fit.query();
    let there = fit.incremental(&events).partitions_query();
    let known = fit.deployment.partitions();
    let sql = format!(
        "SELECT n.nspname::text, c.relname::text
         FROM (SELECT partition FROM ({there}) p EXCEPT SELECT k.partition FROM {known} k WHERE {IS_WATCHED}) came
         JOIN pg_catalog.pg_class c ON c.oid = came.partition JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         ORDER BY 1, 2"
    );
    let rows = client.query(&sql, &[]).while_doing("looking for new partitions")?;
    let came =
        rows.iter().filter_map(|row| TableName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)).ok());
    let came = came.collect();
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT partition FROM {known} EXCEPT SELECT partition FROM ({there}) p) went"
    );
    let went: i64 = client.query_one(&sql, &[]).while_doing("looking for partitions that went")?.get(0);
    Ok((came, went.unsigned_abs()))
}
