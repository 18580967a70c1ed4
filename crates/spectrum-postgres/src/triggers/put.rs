//! The statements that put triggers on the events.

use spectrum_sql::TableName;

use crate::catalog::Kind;
use crate::fit::Fit;

/// The statements that put the triggers on the events table and on all that is below it, each with what it does.
pub(crate) fn triggers_on_all(fit: &Fit) -> Vec<(String, String)> {
    let whole = (&fit.events.name, fit.events.kind);
    let tables = [whole].into_iter().chain(fit.below.iter().map(|below| (&below.table, below.kind)));
    tables.map(|(table, kind)| triggers_on(fit, table, kind)).collect()
}

/// The same for one of these tables.
pub(crate) fn triggers_on(fit: &Fit, table: &TableName, kind: Kind) -> (String, String) {
    let events = fit.query();
    let statements = fit.incremental(&events).capture_triggers(table, kind == Kind::Partitioned);
    (format!("watching {table}"), statements.join(";\n"))
}

/// The statement that keeps writers of the events out until triggers are on all tables of them, with what it does. It
/// comes first in its transaction, so that there is no deadlock with a holder of a lesser lock.
pub(crate) fn lock_writers(fit: &Fit) -> (String, String) {
    let table = &fit.events.name;
    (format!("waiting for writers of {table}"), format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
}
