//! Whether what was made is what this version makes, and uses nothing that somebody else may have put in the way of a name.

use postgres::GenericClient;

use super::{Check, CheckName};
use crate::as_of::{AsOf, called};
use crate::bound::foreign_bindings;
use crate::deployment::Mode;
use crate::error::Result;
use crate::fit::Fit;
use crate::present::Present;
use crate::triggers::Triggers;

/// How many of the bindings a message names.
const EXAMPLES: usize = 3;

/// Relations and functions are bound to PostgreSQL's own functions, operators and types and to no others, and functions
/// are written as this version writes them.
pub(super) fn bound(client: &mut impl GenericClient, fit: &Fit, present: &Present) -> Result<Check> {
    let triggers = Triggers::find(client, &fit.deployment)?;
    let foreign = foreign_bindings(client, present, &triggers)?;
    let who = match foreign.is_empty() {
        true => "",
        false => "; what is not PostgreSQL's own runs with the owner's rights, so find out who made it",
    };
    let mut found: Vec<String> = foreign.iter().map(ToString::to_string).collect();
    // While another definition is built, functions are those of that one.
    if fit.deployment.mode == Mode::Incremental && !present.is_unfinished() {
        let events = fit.query();
        let incremental = fit.incremental(&events);
        let made = incremental.functions_of_triggers().into_iter().chain([incremental.refresh_function()]);
        let outdated = made.filter(|made| triggers.is_outdated(made));
        if fit.deployment.history.is_some() {
            let as_of = AsOf::find(client, &fit.deployment)?;
            let wanted = incremental.as_of_functions(&fit.deployment.summary_view());
            let others = wanted.iter().filter(|made| !as_of.has(made));
            found.extend(
                others.map(|made| {
                    format!("{} is not as this version of Spectrum makes it", called(&made.name))
                }),
            );
        }
        found.extend(
            outdated.map(|made| format!("{}() is not as this version of Spectrum makes it", made.name)),
        );
    }
    let words = match found.len() {
        0 => "everything is bound to PostgreSQL's own functions and operators".to_owned(),
        n => format!(
            "{}{}; spectrum deploy makes it anew{who}",
            found[..n.min(EXAMPLES)].join(", "),
            if n > EXAMPLES { format!(" and {} more", n - EXAMPLES) } else { String::new() }
        ),
    };
    Ok(Check::new(CheckName::Bound, found.len() as u64, words))
}
