//! Whether what is written to the events is noted.

use postgres::GenericClient;
use spectrum_sql::identifier;

use super::{Check, CheckName};
use crate::error::Result;
use crate::fit::Fit;
use crate::message::{Message, message};
use crate::present::Present;
use crate::remedy::Remedy;
use crate::role::Role;
use crate::triggers::{Health, Triggers};

/// How many of the triggers that are missing a message names.
const EXAMPLES: usize = 3;

/// Every table of the events has its triggers, and all fire when they should. A partition that the next refresh is going to watch
/// is none of them.
pub(super) fn watched(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Check> {
    let triggers = Triggers::find(client, &fit.deployment)?;
    let (new, _) = match present.get(Role::Partitions) {
        Some(_) => super::scope::partitions(client, fit)?,
        None => (Vec::new(), 0),
    };
    let mut wrong = Vec::new();
    for function in triggers.missing_functions(&fit.deployment) {
        wrong.push(format!("function {function}() is missing"));
    }
    let whole = [(&fit.events.name, fit.events.kind)];
    let below = fit.below.iter().map(|below| (&below.table, below.kind));
    for (table, kind) in whole.into_iter().chain(below.filter(|(table, _)| !new.contains(table))) {
        for (trigger, health) in triggers.health(&fit.deployment, table, kind) {
            let what = match health {
                Health::AsMade => continue,
                Health::Missing => "is missing",
                Health::Disabled => "is disabled",
                Health::Otherwise => "fires in other sessions than it should",
            };
            wrong.push(format!("trigger {} on {table} {what}", identifier(&trigger.name)));
        }
    }
    let words: Message = match wrong.len() {
        0 => "everything that is written to the events is noted".into(),
        n => message![
            format!(
                "not all that is written to the events is noted: {}{}; spectrum deploy restores it, and ",
                wrong[..n.min(EXAMPLES)].join(", "),
                if n > EXAMPLES { format!(" and {} more", n - EXAMPLES) } else { String::new() }
            ),
            Remedy::Repair { schema: None },
            " then takes in what was missed"
        ],
    };
    Ok(Check::new(CheckName::Watched, wrong.len() as u64, words))
}
