//! Whether what is written to the events is noted.

use postgres::GenericClient;
use spectrum_sql::identifier;
use spectrum_sql::postgres::{capture_functions_of, capture_triggers_of};

use super::{Check, CheckName};
use crate::capture::Capture;
use crate::catalog::Kind;
use crate::error::Result;
use crate::fit::Fit;
use crate::present::Present;
use crate::record::Role;

/// How many of the triggers that are missing a message names.
const EXAMPLES: usize = 3;

/// Every table of the events has its triggers, and all fire when they should. A partition that the next refresh is going to watch
/// is none of them.
pub(super) fn watched(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Check> {
    let capture = Capture::find(client, &fit.deployment)?;
    let (new, _) = match present.get(Role::Partitions) {
        Some(_) => super::scope::partitions(client, fit)?,
        None => (Vec::new(), 0),
    };
    let mut wrong = Vec::new();
    let functions = capture_functions_of(&fit.deployment.changes());
    for function in functions.iter().chain([&fit.deployment.refresh_function()]) {
        if !capture.functions.contains(function) {
            wrong.push(format!("function {function}() is missing"));
        }
    }
    let whole = [(&fit.events.name, fit.events.kind)];
    let below = fit.below.iter().map(|below| (&below.table, below.kind));
    for (table, kind) in whole.into_iter().chain(below.filter(|(table, _)| !new.contains(table))) {
        for wanted in capture_triggers_of(&fit.deployment.changes(), kind == Kind::Partitioned) {
            let mut on_table = capture.triggers.iter().filter(|trigger| trigger.table == *table);
            let what = match on_table.find(|trigger| trigger.name == wanted.name).map(|trigger| trigger.fires)
            {
                None => "is missing",
                Some('D') => "is disabled",
                // One that fires always fires in ordinary sessions too.
                Some(fires) if fires == wanted.fires || (fires == 'A' && wanted.fires == 'O') => continue,
                Some(_) => "fires in other sessions than it should",
            };
            wrong.push(format!("trigger {} on {table} {what}", identifier(&wanted.name)));
        }
    }
    let words = match wrong.len() {
        0 => "everything that is written to the events is noted".to_owned(),
        n => format!(
            "not all that is written to the events is noted: {}{}; spectrum deploy restores it, and spectrum verify --repair \
             then takes in what was missed",
            wrong[..n.min(EXAMPLES)].join(", "),
            if n > EXAMPLES { format!(" and {} more", n - EXAMPLES) } else { String::new() }
        ),
    };
    Ok(Check::new(CheckName::Watched, wrong.len() as u64, words))
}
