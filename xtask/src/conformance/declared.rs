//! What an engine is declared not to do, case by case, before anything runs.

use spectrum_testkit::{Case, ColumnType};

use super::engines::{Engine, How};
use super::sql;

/// Why the engine does not do this case, or `None` when it must. Both its types and its values are looked at, and the
/// dialect is asked for the SQL. Cases that Spectrum itself refuses are no matter of SQL; see [`is_of_sql`].
pub(super) fn refusal(engine: &Engine, case: &Case) -> Option<String> {
    let is_reference = matches!(engine.how, How::Server);
    if !is_reference && case.key_columns().iter().any(|column| column.ty == ColumnType::Float64) {
        return Some("it is not a type of key".to_owned());
    }
    for column in &case.columns {
        if let Err(reason) = (engine.native)(&column.ty) {
            return Some(reason.to_owned());
        }
    }
    let definition = match sql::definition(case) {
        Ok(definition) => definition,
        Err(error) => return Some(format!("{error:#}")),
    };
    let asked =
        sql::summary(engine, &definition, case).and(sql::numbered_sessions(engine, &definition, case));
    if let Err(unsupported) = asked {
        return Some(of_any_rule(unsupported.to_string()));
    }
    (engine.cannot_hold)(case).map(str::to_owned)
}

/// A refusal without what it was asked for first, and by which engine.
fn of_any_rule(refusal: String) -> String {
    let whys = [
        (
            "whose aggregates are not written for it",
            "its SQL does not tell what `[summary.columns]` has; files, PostgreSQL, DuckDB, ClickHouse, Spark and DataFusion do",
        ),
        (
            "for which it matters where a session began",
            "its SQL has no rules for which it matters where a session began; files, PostgreSQL, DuckDB, ClickHouse and Spark have all of them",
        ),
        (
            "because blanks at the end of its texts do not count",
            "blanks at the end of its texts do not count",
        ),
    ];
    let why = whys.into_iter().find(|(part, _)| refusal.contains(part));
    why.map_or(refusal, |(_, why)| why.to_owned())
}

/// Whether the case is about what sessions are. The others are about what Spectrum refuses, which no SQL does.
pub(super) fn is_of_sql(case: &Case) -> bool {
    // Cases have JSON as text, and what an engine has for it is not a type of theirs.
    case.refused.is_empty()
        && !case.columns.iter().any(|column| case.definition.rules.take_members_of(&column.name))
}
