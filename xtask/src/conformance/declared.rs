//! What an engine is declared not to do, case by case, before anything runs.

use spectrum_testkit::Case;

use super::engines::Engine;
use super::sql;

/// Why the engine does not do this case, or `None` when it must. Both its types and its values are looked at, and the
/// dialect is asked for the SQL. Cases that Spectrum itself refuses are no matter of SQL; see [`is_of_sql`].
pub(super) fn refusal(engine: &Engine, case: &Case) -> Option<String> {
    if let Some(reason) = rules(engine, case) {
        return Some(reason);
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
        sql::numbered_sessions(engine, &definition, case).and(sql::summary(engine, &definition, case));
    if let Err(unsupported) = asked {
        return Some(unsupported.to_string());
    }
    (engine.cannot_hold)(case).map(str::to_owned)
}

/// Why a dialect does not have the case's rules beyond the gap, without which of them it was asked for first.
fn rules(engine: &Engine, case: &Case) -> Option<String> {
    let names = case.definition.rules.names();
    let definition = sql::definition(case).ok().filter(|_| !names.is_empty())?;
    let refused = sql::numbered_sessions(engine, &definition, case).err()?.to_string();
    let is_of_rules = names.iter().any(|name| refused.contains(&format!("the rule {name} ")));
    is_of_rules
        .then(|| "its SQL has no rules beyond the gap yet; files and PostgreSQL have all of them".to_owned())
}

/// Whether the case is about what sessions are. The others are about what Spectrum refuses, which no SQL does.
pub(super) fn is_of_sql(case: &Case) -> bool {
    // Cases have JSON as text, and what an engine has for it is not a type of theirs.
    case.refused.is_empty()
        && !case.columns.iter().any(|column| case.definition.rules.take_members_of(&column.name))
}
