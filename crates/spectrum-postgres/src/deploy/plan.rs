//! What a deployment has to do, decided before anything is done.

use postgres::GenericClient;
use spectrum_sql::{identifier, literal};

use super::events_index::events_index;
use super::{DeployOptions, exchange};
use crate::capture::obstacles;
use crate::catalog::{Dependent, dependents_of, schema_comment};
use crate::deployment::Mode;
use crate::error::{PgError, Result};
use crate::fit::Fit;
use crate::present::{Present, roles_of};
use crate::record::{Record, Role};

/// One statement, or several that belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What it does, as in `building analytics.mv_sessions`.
    pub does: String,
    /// Its SQL, without a semicolon at the end.
    pub sql: String,
}

/// What there is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// How what is there relates to what is wanted.
    pub change: Change,
    /// Statements that cannot stand in a transaction, before it.
    pub before: Vec<Step>,
    /// The statements of the one transaction.
    pub steps: Vec<Step>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// How what is there relates to what is wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Nothing is there yet.
    New,
    /// All is there as it should be.
    Unchanged,
    /// The sessions are there; something beside them is missing.
    Completed,
    /// Another definition is there; what differs, in words.
    Exchanged(Vec<String>),
}

impl Plan {
    /// Whether the sessions are built.
    pub fn builds(&self) -> bool {
        matches!(self.change, Change::New | Change::Exchanged(_))
    }
}

pub(super) fn plan(client: &mut impl GenericClient, fit: &Fit, options: &DeployOptions) -> Result<Plan> {
    let deployment = &fit.deployment;
    let present = Present::find(client, deployment)?;
    let wanted = Record::new(deployment, Role::Sessions);
    let same = |role| present.record(role).is_some_and(|record| record.same_relations(&wanted));
    let complete = roles_of(deployment).iter().all(|role| present.get(*role).is_some());
    let change = if present.is_empty() {
        Change::New
    } else if same(Role::Sessions) && same(Role::Summary) && populated(&present) {
        if complete { Change::Unchanged } else { Change::Completed }
    } else {
        Change::Exchanged(differences(&present, &wanted))
    };
    let index = events_index(client, fit, options.create_index)?;
    if deployment.mode == Mode::Incremental {
        let missing = index.note.iter().map(|note| format!("{note}; mode incremental cannot do without it"));
        let obstacles: Vec<String> = obstacles(client, fit)?.into_iter().chain(missing).collect();
        if !obstacles.is_empty() {
            return Err(PgError::Refused(obstacles.join("\n")));
        }
    }
    let mut notes: Vec<String> = index.note.into_iter().collect();
    let mut steps = Vec::new();
    let builds = matches!(change, Change::New | Change::Exchanged(_));
    if change != Change::Unchanged {
        let kept = exchange::kept_views(client, fit, &present)?;
        let dropped = if builds { others(client, &present, &kept, options.cascade)? } else { Vec::new() };
        notes.extend(dropped.iter().map(|gone| {
            format!("{} goes, because it reads what is exchanged; it was: {}", gone.name, gone.query.trim())
        }));
        steps.extend(schema(client, fit)?);
        steps.extend(exchange::steps(client, fit, &present, &kept, &dropped, builds)?);
    }
    Ok(Plan { change, before: index.steps, steps, notes })
}

/// A materialized view that somebody emptied is built anew.
fn populated(present: &Present) -> bool {
    [Role::Sessions, Role::Summary].iter().all(|role| present.get(*role).is_some_and(|found| found.populated))
}

fn differences(present: &Present, wanted: &Record) -> Vec<String> {
    let mut differences =
        present.record(Role::Sessions).map(|was| was.differences(wanted)).unwrap_or_default();
    for (role, what) in [(Role::Sessions, "the sessions relation"), (Role::Summary, "the summary relation")] {
        match present.get(role) {
            None => differences.push(format!("{what} is missing")),
            Some(relation) if !relation.populated => differences.push(format!("{what} is not populated")),
            Some(_) => {}
        }
    }
    differences
}

/// Views of other people that read what is exchanged.
fn others(
    client: &mut impl GenericClient,
    present: &Present,
    kept: &[u32],
    cascade: bool,
) -> Result<Vec<Dependent>> {
    let log = [Role::RefreshLog, Role::RefreshLogView];
    let replaced =
        present.iter().filter(|(role, relation)| !log.contains(role) && !kept.contains(&relation.oid));
    let replaced: Vec<u32> = replaced.map(|(_, relation)| relation.oid).collect();
    let others = dependents_of(client, &replaced, kept)?;
    if others.is_empty() || cascade {
        return Ok(others);
    }
    let names: Vec<String> =
        others.iter().map(|other| format!("{} ({})", other.name, other.kind.words())).collect();
    Err(PgError::Refused(format!(
        "the relations that would be exchanged are read by {}, which Spectrum did not make; drop what reads them first, or \
         let it go too with --cascade (its definition is printed)",
        names.join(", ")
    )))
}

/// Makes the schema where there is none.
fn schema(client: &mut impl GenericClient, fit: &Fit) -> Result<Option<Step>> {
    let schema = &fit.deployment.names.schema;
    if schema_comment(client, schema)?.is_some() {
        return Ok(None);
    }
    let comment = literal(&Record::new(&fit.deployment, Role::Schema).to_string());
    let name = identifier(schema);
    Ok(Some(Step {
        does: format!("making schema {name}"),
        sql: format!("CREATE SCHEMA {name};\nCOMMENT ON SCHEMA {name} IS {comment}"),
    }))
}
