//! Every event with its session before an id is made of it, for what is counted of sessions otherwise than in a summary.

use spectrum_core::SessionRule;

use super::Ruled;
use super::condition::condition;
use crate::dialect::Unsupported;
use crate::dialect::columns::Columns;
use crate::dialect::expressions::Expressions;

/// What the steps up to the sessions give.
pub(in crate::dialect) struct Placed {
    /// The steps, with WITH before them.
    pub(in crate::dialect) steps: String,
    /// The last step's name. It has one row per event.
    pub(in crate::dialect) last: String,
    /// The columns with the time as a number, and with the session's number, first instant and reason. The last three are
    /// NULL where an event belongs to no session.
    pub(in crate::dialect) instant: String,
    pub(in crate::dialect) number: String,
    pub(in crate::dialect) first: String,
    pub(in crate::dialect) reason: String,
    /// A condition that holds for events that go with a session and neither begin nor end it; `None` where there are none.
    pub(in crate::dialect) is_ignored: Option<String>,
}

/// The events of a relation, each with its session.
pub(in crate::dialect) fn placed(
    syntax: &dyn Expressions,
    columns: &Columns<'_>,
    from: &str,
    avoided: &[&str],
) -> Result<Placed, Unsupported> {
    let ruled = Ruled::new(syntax, columns, avoided);
    let steps = ruled.steps(from)?;
    let own = ruled.own;
    Ok(Placed {
        steps: steps.with(),
        last: steps.last,
        instant: own.instant,
        number: own.seq,
        first: own.first,
        reason: own.reason,
        is_ignored: ruled.rule.ignore_when().map(|_| format!("{} = 1", own.ignored)),
    })
}

/// A condition that holds for events that take no part in sessions; `None` where all do.
pub(in crate::dialect) fn takes_no_part(
    syntax: &dyn Expressions,
    rule: &SessionRule,
) -> Result<Option<String>, Unsupported> {
    let takes_part = rule.takes_part().map(|takes_part| condition(syntax, takes_part)).transpose()?;
    Ok(takes_part.map(|takes_part| format!("CASE WHEN {takes_part} THEN 0 ELSE 1 END = 1")))
}
