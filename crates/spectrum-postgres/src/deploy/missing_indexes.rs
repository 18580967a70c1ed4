//! Indexes of sessions that stand which somebody dropped.

use postgres::GenericClient;
use spectrum_sql::identifier;
use spectrum_sql::postgres::RefreshLog;

use super::materialized;
use super::stage::{Step, StepKind};
use crate::catalog::indexes_of;
use crate::deployment::Mode;
use crate::error::Result;
use crate::fit::Fit;
use crate::present::Present;
use crate::relations::name_of;
use crate::role::Role;

/// The statements that make those that are missing; readers and refreshes wait for them.
pub(super) fn missing_indexes(
    client: &mut impl GenericClient,
    fit: &Fit,
    present: &Present,
) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for role in [Role::Sessions, Role::Summary] {
        let Some(relation) = present.get(role) else { continue };
        let name = name_of(&fit.deployment, role);
        let there = indexes_of(client, relation.oid)?;
        for (suffix, unique, columns) in wanted(fit, role) {
            let list: Vec<Option<String>> = there
                .iter()
                .filter(|index| index.ordered && (index.unique || !unique))
                .map(|i| listed(&i.columns))
                .collect();
            if list.iter().flatten().any(|there| *there == columns) {
                continue;
            }
            let unique = if unique { "UNIQUE " } else { "" };
            let index = identifier(&name.derived(suffix));
            steps.push(Step::new(
                StepKind::Index,
                format!("indexing {name} on ({columns})"),
                format!("CREATE {unique}INDEX {index} ON {name} ({columns})"),
            ));
        }
    }
    Ok(steps)
}

/// Whether the log of refreshes lacks an index, as one of an older version does.
pub(super) fn missing_log_indexes(client: &mut impl GenericClient, present: &Present) -> Result<bool> {
    let Some(log) = present.get(Role::RefreshLog) else { return Ok(false) };
    let there = indexes_of(client, log.oid)?;
    let is_there = |columns: &[&str]| {
        there.iter().any(|index| {
            index.columns.iter().map(Option::as_deref).eq(columns.iter().map(|name| Some(*name)))
        })
    };
    Ok(!RefreshLog::indexes().all(is_there))
}

/// Suffix, uniqueness and columns of the indexes that a relation has in its mode.
fn wanted(fit: &Fit, role: Role) -> Vec<(&'static str, bool, String)> {
    match fit.deployment.mode {
        Mode::View => materialized::indexes(fit, role),
        Mode::Incremental => {
            let events = fit.query();
            let table = name_of(&fit.deployment, role);
            let indexes = fit.incremental(&events).indexes().into_iter();
            indexes.filter(|i| i.table == table).map(|i| (i.suffix, i.unique, i.columns)).collect()
        }
    }
}

/// The columns as SQL, unless one is an expression.
fn listed(columns: &[Option<String>]) -> Option<String> {
    let names: Option<Vec<String>> = columns.iter().map(|column| column.as_deref().map(identifier)).collect();
    names.map(|names| names.join(", "))
}
